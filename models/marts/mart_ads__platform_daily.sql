-- One row per reporting day and platform.
{{ config(contract=ad_funnel.contract()) }}

with daily as (

    select * from {{ ref('fct_ads__daily') }}

),

platforms as (

    select * from {{ ref('dim_ads__platforms') }}

),

days as (

    select * from {{ ref('dim_ads__days') }}

),

freshness as (

    select * from {{ ref('fct_ads__freshness') }}

),

sums as (

    select
        date_day,
        platform,
        {{ ad_funnel.measure_sums() }}
    from daily
    group by date_day, platform

),

lifetimes as (

    select
        platform,
        min(date_day) as first_day,
        max(date_day) as last_day,
        max(spend) is not null as has_spend
    from sums
    group by platform

),

-- Days without events are rows too, from the first day that tells of a platform to the last.
spine as (

    select
        lifetimes.platform,
        days.date_day,
        lifetimes.has_spend
    from lifetimes
    inner join days
        on
            lifetimes.first_day <= days.date_day
            and lifetimes.last_day >= days.date_day

),

measured as (

    select
        spine.date_day,
        spine.platform,
        {{ ad_funnel.measure_values() }},
        sums.cost_source
    from spine
    cross join freshness
    left join sums
        on
            spine.date_day = sums.date_day
            and spine.platform = sums.platform

),

complete as (

    select
        measured.*,
        coalesce(platforms.platform_name, measured.platform) as platform_name,
        freshness.data_through,
        freshness.built_at,
        {{ ad_funnel.completeness_columns() }}
    from measured
    left join platforms
        on measured.platform = platforms.platform
    cross join freshness

)

select
    date_day,
    platform,
    platform_name,
    {{ ad_funnel.measures() | join(',\n    ') }},
    cost_source,
    is_cost_complete,
    is_value_complete,
    {{ ad_funnel.metric_columns() }},
    {{ ad_funnel.freshness_columns(ad_funnel.add_days('date_day', 1)) }},
    data_through,
    built_at
from complete
