-- The daily sums that are stored are those of the impressions themselves, for each day inside the look-back.
{% set in_look_back = ad_funnel.in_look_back_of('impressions', 'date_day') %}

with one_by_one as (

    select
        date_day,
        count(*) as gross_impressions,
        sum(case when is_invalid then 0 else 1 end) as impressions,
        coalesce(sum(event_cost), 0) as event_cost
    from {{ ref('fct_ads__impressions') }}
    where {{ in_look_back }}
    group by date_day

),

by_day as (

    select
        date_day,
        sum(gross_impressions) as gross_impressions,
        sum(impressions) as impressions,
        coalesce(sum(event_cost), 0) as event_cost
    from {{ ref('fct_ads__impressions_by_day') }}
    where {{ in_look_back }}
    group by date_day

),

-- Each day is one row on either side, or is missing there.
not_stored as (

    select
        date_day,
        gross_impressions,
        impressions,
        event_cost
    from one_by_one
    {{ dbt.except() }}
    select
        date_day,
        gross_impressions,
        impressions,
        event_cost
    from by_day

),

not_there as (

    select
        date_day,
        gross_impressions,
        impressions,
        event_cost
    from by_day
    {{ dbt.except() }}
    select
        date_day,
        gross_impressions,
        impressions,
        event_cost
    from one_by_one

)

select
    'in the impressions only' as found,
    not_stored.*
from not_stored

union all

select
    'in the daily sums only' as found,
    not_there.*
from not_there
