-- One row per ISO week (Monday to Sunday of the reporting time zone), platform and campaign.
{{ config(contract=ad_funnel.contract()) }}

with daily as (

    select * from {{ ref('fct_ads__daily') }}

),

campaigns as (

    select *
    from {{ ref('dim_ads__campaigns') }}
    where is_current

),

days as (

    select * from {{ ref('dim_ads__days') }}

),

freshness as (

    select * from {{ ref('fct_ads__freshness') }}

),

sums as (

    select
        {{ ad_funnel.period_start('week', 'date_day') }} as week_start,
        platform,
        campaign_id,
        {{ ad_funnel.measure_sums() }}
    from daily
    group by {{ ad_funnel.period_start('week', 'date_day') }}, platform, campaign_id

),

lifetimes as (

    select
        platform,
        campaign_id,
        min(week_start) as first_week,
        max(week_start) as last_week,
        max(max(spend)) over (partition by platform) is not null as has_spend
    from sums
    group by platform, campaign_id

),

-- Weeks without events are rows too, from the first week that tells of a campaign to the last.
spine as (

    select
        lifetimes.platform,
        lifetimes.campaign_id,
        days.date_day as week_start,
        lifetimes.has_spend
    from lifetimes
    inner join days
        on
            lifetimes.first_week <= days.date_day
            and lifetimes.last_week >= days.date_day
            and days.date_day = days.week_start

),

measured as (

    select
        spine.week_start,
        spine.platform,
        spine.campaign_id,
        {{ ad_funnel.measure_values() }},
        sums.cost_source
    from spine
    cross join freshness
    left join sums
        on
            spine.week_start = sums.week_start
            and spine.platform = sums.platform
            and spine.campaign_id = sums.campaign_id

),

complete as (

    select
        measured.*,
        coalesce(campaigns.campaign_name, measured.campaign_id) as campaign_name,
        campaigns.objective,
        campaigns.targeting_segment,
        freshness.data_through,
        freshness.built_at,
        {{ ad_funnel.completeness_columns() }}
    from measured
    left join campaigns
        on
            measured.platform = campaigns.platform
            and measured.campaign_id = campaigns.campaign_id
    cross join freshness

)

select
    week_start,
    platform,
    campaign_id,
    {{ ad_funnel.campaign_key() }} as campaign_key,
    campaign_name,
    objective,
    targeting_segment,
    {{ ad_funnel.measures() | join(',\n    ') }},
    cost_source,
    is_cost_complete,
    is_value_complete,
    {{ ad_funnel.metric_columns() }},
    {{ ad_funnel.freshness_columns(ad_funnel.add_days('week_start', 7)) }},
    data_through,
    built_at
from complete
