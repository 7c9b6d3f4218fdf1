-- One row per experiment and variant, found in the assignments or the ads, or planned.
{{ config(enabled=ad_funnel.has_experiments()) }}
{% set plans = ad_funnel.setting('ad_funnel__experiment_plans') %}
{# Texts of the plan are compared with those that staging has read, so they are as it makes them. #}
{% set no_text = ad_funnel.trimmed('cast(null as ' ~ dbt.type_string() ~ ')') %}

with plans as (

    {% for experiment, plan in plans.items() %}
    select
        {{ ad_funnel.trimmed("'" ~ experiment ~ "'") }} as experiment,
        {{ ad_funnel.trimmed("'" ~ plan.control ~ "'") if plan.control is defined else no_text }} as control,
        '{{ plan.unit or 'row' }}' as unit,
        date '{{ plan.starts or '1900-01-01' }}' as starts_on,
        date '{{ plan.ends or '9999-12-31' }}' as ends_on,
        {{ 'true' if plan.shares is defined else 'false' }} as has_shares
    union all
    {% endfor %}
    select
        {{ no_text }} as experiment,
        {{ no_text }} as control,
        cast(null as {{ dbt.type_string() }}) as unit,
        cast(null as date) as starts_on,
        cast(null as date) as ends_on,
        false as has_shares
    from {{ ref('stg_ads__assignments') }}
    where 1 = 0

),

shares as (

    {% for experiment, plan in plans.items() if plan.shares is defined %}
    {% for variant, share in plan.shares.items() %}
    select
        {{ ad_funnel.trimmed("'" ~ experiment ~ "'") }} as experiment,
        {{ ad_funnel.trimmed("'" ~ variant ~ "'") }} as variant,
        cast({{ share }} as {{ ad_funnel.type_double() }})
        / cast({{ plan.shares.values() | sum }} as {{ ad_funnel.type_double() }}) as planned_share
    union all
    {% endfor %}
    {% endfor %}
    select
        {{ no_text }} as experiment,
        {{ no_text }} as variant,
        cast(null as {{ ad_funnel.type_double() }}) as planned_share
    from {{ ref('stg_ads__assignments') }}
    where 1 = 0

),

assigned as (

    select
        experiment,
        variant
    from {{ ref('stg_ads__assignments') }}
    where reject_reason is null
    group by experiment, variant

),

-- An experiment with assignments is read from them alone: they say who was to see what, the ads only who saw it.
of_ads as (

    select
        experiment,
        variant
    from {{ ref('dim_ads__ads') }}
    where
        experiment is not null
        and variant is not null
        and experiment not in (select assigned.experiment from assigned)
    group by experiment, variant

),

named as (

    select
        experiment,
        variant
    from assigned

    union all

    select
        experiment,
        variant
    from of_ads

    union all

    select
        experiment,
        variant
    from shares

),

variants as (

    select
        experiment,
        variant
    from named
    group by experiment, variant

),

sources as (

    select
        experiment,
        true as is_assigned
    from assigned
    group by experiment

    union all

    select
        experiment,
        false as is_assigned
    from of_ads
    group by experiment

),

described as (

    select
        variants.experiment,
        variants.variant,
        sources.is_assigned,
        case when sources.is_assigned then 'user' else coalesce(plans.unit, 'row') end as unit,
        coalesce(plans.starts_on, date '1900-01-01') as starts_on,
        coalesce(plans.ends_on, date '9999-12-31') as ends_on,
        coalesce(variants.variant = plans.control, {{ ad_funnel.lower_case('variants.variant') }} = 'control')
            as may_be_control,
        case
            when plans.has_shares then shares.planned_share
            else 1e0 / count(*) over (partition by variants.experiment)
        end as planned_share
    from variants
    inner join sources
        on variants.experiment = sources.experiment
    left join plans
        on variants.experiment = plans.experiment
    left join shares
        on
            variants.experiment = shares.experiment
            and variants.variant = shares.variant

)

select
    experiment,
    variant,
    case when is_assigned then 'assignments' else 'ads' end as source_table,
    unit,
    -- Spelt in several ways there could be several.
    may_be_control
    and row_number() over (
        partition by experiment, may_be_control order by variant asc nulls last
    ) = 1 as is_control,
    cast(planned_share as {{ ad_funnel.type_double() }}) as planned_share,
    starts_on,
    ends_on
from described
