-- One row per day, without a hole, from the month before the first day of the data to its last day.
{{ config(contract=ad_funnel.contract()) }}

with days as (

    select * from {{ ref('dim_ads__days') }}

),

active_days as (

    select distinct date_day
    from {{ ref('fct_ads__daily') }}

),

freshness as (

    select * from {{ ref('fct_ads__freshness') }}

),

calendar as (

    select
        days.date_day,
        days.week_start,
        days.month_start,
        {{ ad_funnel.period_start('quarter', 'days.date_day') }} as quarter_start,
        {{ ad_funnel.period_start('year', 'days.date_day') }} as year_start,
        days.date_day >= {{ ad_funnel.add_days('days.week_start', 5) }} as is_weekend,
        active_days.date_day is not null as has_data,
        freshness.data_through,
        freshness.built_at
    from days
    left join active_days on days.date_day = active_days.date_day
    cross join freshness

)

select
    date_day,
    week_start,
    month_start,
    quarter_start,
    year_start,
    is_weekend,
    has_data,
    {{ ad_funnel.freshness_columns(ad_funnel.add_days('date_day', 1)) }},
    data_through,
    built_at
from calendar
