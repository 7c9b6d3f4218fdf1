-- One row per user of an experiment that gave users, not rows, their variant. Who was given several has no variant:
-- what such a user did cannot be told apart, so none of it counts.
{{ config(enabled=ad_funnel.has_experiments()) }}

with experiments as (

    select distinct
        experiment,
        source_table,
        unit,
        starts_on,
        ends_on
    from {{ ref('dim_ads__experiments') }}
    where unit = 'user'

),

ads as (

    select * from {{ ref('dim_ads__ads') }}

),

shown as (

    select
        platform,
        ad_id,
        user_id,
        date_day,
        impression_at as shown_at
    from {{ ref('fct_ads__impressions') }}
    where user_id is not null and not is_invalid

    union all

    select
        platform,
        ad_id,
        user_id,
        date_day,
        clicked_at as shown_at
    from {{ ref('fct_ads__clicks') }}
    where user_id is not null and not is_invalid and not is_matched

),

-- A user who is assigned anew to the same variant was assigned the first time.
assigned as (

    select
        assignments.experiment,
        assignments.user_id,
        assignments.variant,
        min(assignments.assigned_at) as assigned_at,
        min(assignments.date_day) as date_day
    from {{ ref('stg_ads__assignments') }} as assignments
    inner join experiments
        on
            assignments.experiment = experiments.experiment
            and {{ ad_funnel.within_plan('assignments.date_day', 'experiments') }}
    where assignments.reject_reason is null
    group by assignments.experiment, assignments.user_id, assignments.variant

    union all

    select
        ads.experiment,
        shown.user_id,
        ads.variant,
        min(shown.shown_at) as assigned_at,
        min(shown.date_day) as date_day
    from shown
    inner join ads
        on
            shown.platform = ads.platform
            and shown.ad_id = ads.ad_id
            and shown.date_day >= ads.valid_from
            and shown.date_day < ads.valid_to
    inner join experiments
        on
            ads.experiment = experiments.experiment
            and experiments.source_table = 'ads'
            and {{ ad_funnel.within_plan('shown.date_day', 'experiments') }}
    where ads.variant is not null
    group by ads.experiment, shown.user_id, ads.variant

)

select
    experiment,
    user_id,
    case when count(*) = 1 then min(variant) end as variant,
    count(*) > 1 as is_contaminated,
    min(assigned_at) as assigned_at,
    min(date_day) as date_day
from assigned
group by experiment, user_id
