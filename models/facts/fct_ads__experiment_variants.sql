-- One row per experiment and variant: how many units it has, and whether they were split as planned.
{{ config(enabled=ad_funnel.has_experiments()) }}
{% set min_users = ad_funnel.setting('ad_funnel__min_cell_users') %}

with variants as (

    select * from {{ ref('dim_ads__experiments') }}

),

users as (

    select
        experiment,
        variant,
        is_contaminated,
        count(*) as users
    from {{ ref('fct_ads__experiment_users') }}
    group by experiment, variant, is_contaminated

),

shown as (

    select
        experiment,
        variant,
        sum(denominator) as impressions
    from {{ ref('fct_ads__experiment_daily') }}
    where metric = 'ctr'
    group by experiment, variant

),

unreadable as (

    select
        experiment,
        count(*) as assignments
    from {{ ref('stg_ads__assignments') }}
    where reject_reason <> 'erased'
    group by experiment

),

counted as (

    select
        variants.*,
        cast(
            case variants.unit
                when 'user' then coalesce(users.users, 0)
                else {{ 'coalesce(shown.impressions, 0)' if ad_funnel.is_measured(['impressions']) else 'null' }}
            end as bigint
        ) as units,
        cast(coalesce(contaminated.users, 0) as bigint) as contaminated_users,
        cast(coalesce(unreadable.assignments, 0) as bigint) as unreadable_assignments
    from variants
    left join users
        on
            variants.experiment = users.experiment
            and variants.variant = users.variant
    left join users as contaminated
        on
            variants.experiment = contaminated.experiment
            and contaminated.is_contaminated
    left join shown
        on
            variants.experiment = shown.experiment
            and variants.variant = shown.variant
    left join unreadable
        on variants.experiment = unreadable.experiment

),

-- Where rows are said to be randomised, a user who sees several of them sees several variants, sooner or later.
users_of_rows as (

    select
        experiment,
        user_id,
        min(variant) <> max(variant) as saw_several
    from {{ ref('fct_ads__experiment_rows') }}
    where unit = 'row' and impressions = 1 and user_id is not null
    group by experiment, user_id
    having count(*) > 1

),

split_users as (

    select
        experiment,
        count(*) as users,
        sum(case when saw_several then 1 else 0 end) as users_of_several
    from users_of_rows
    group by experiment

),

{%- if min_users > 0 %}

small_variants as (

    select
        experiment,
        variant
    from {{ ref('fct_ads__experiment_rows') }}
    group by experiment, variant
    having count(distinct user_id) between 1 and {{ min_users - 1 }}

),
{%- endif %}

totals as (

    select
        experiment,
        count(*) as variants,
        max(case when is_control then 1 else 0 end) = 1 as has_control,
        count(*) = count(planned_share) as is_planned,
        cast(sum(units) as {{ ad_funnel.type_double() }}) as units,
        min(planned_share) as least_share
    from counted
    group by experiment

),

distances as (

    select
        counted.experiment,
        sum(
            (counted.units - totals.units * counted.planned_share)
            * (counted.units - totals.units * counted.planned_share)
            / (totals.units * counted.planned_share)
        ) as chi_square,
        max(totals.variants) - 1 as degrees_of_freedom
    from counted
    inner join totals
        on
            counted.experiment = totals.experiment
            -- With fewer than five expected anywhere, chi-square is no distribution of the distances.
            and totals.is_planned
            and totals.units * totals.least_share >= 5
    group by counted.experiment

),

mismatches as (

    select
        experiment,
        {{ ad_funnel.chi_square_tail('chi_square', 'degrees_of_freedom') }} as p_value
    from distances

)

select
    counted.experiment,
    counted.variant,
    counted.source_table,
    counted.unit,
    counted.is_control,
    counted.planned_share,
    counted.starts_on,
    counted.ends_on,
    counted.units,
    counted.contaminated_users,
    counted.unreadable_assignments,
    totals.has_control,
    totals.variants,
    totals.is_planned,
    mismatches.p_value as sample_ratio_p_value,
    coalesce(counted.contaminated_users > 0.01 * (totals.units + counted.contaminated_users), false) as is_contaminated,
    coalesce(split_users.users >= 30 and split_users.users_of_several < 0.05 * split_users.users, false)
        as is_of_users,
    {{ 'small_variants.variant is not null' if min_users > 0 else 'false' }} as is_small
from counted
inner join totals
    on counted.experiment = totals.experiment
left join mismatches
    on counted.experiment = mismatches.experiment
left join split_users
    on counted.experiment = split_users.experiment
{%- if min_users > 0 %}
left join small_variants
    on
        counted.experiment = small_variants.experiment
        and counted.variant = small_variants.variant
{%- endif %}
