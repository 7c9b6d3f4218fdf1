-- One row per month of the reporting time zone, platform and campaign.
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
        {{ ad_funnel.period_start('month', 'date_day') }} as month_start,
        platform,
        campaign_id,
        {{ ad_funnel.measure_sums() }}
    from daily
    group by {{ ad_funnel.period_start('month', 'date_day') }}, platform, campaign_id

),

lifetimes as (

    select
        platform,
        campaign_id,
        min(month_start) as first_month,
        max(month_start) as last_month,
        max(max(spend)) over (partition by platform) is not null as has_spend
    from sums
    group by platform, campaign_id

),

-- Months without events are rows too, from the first month that tells of a campaign to the last.
spine as (

    select
        lifetimes.platform,
        lifetimes.campaign_id,
        days.date_day as month_start,
        lifetimes.has_spend
    from lifetimes
    inner join days
        on
            lifetimes.first_month <= days.date_day
            and lifetimes.last_month >= days.date_day
            and days.date_day = days.month_start

),

measured as (

    select
        spine.month_start,
        spine.platform,
        spine.campaign_id,
        {{ ad_funnel.measure_values() }},
        sums.cost_source
    from spine
    cross join freshness
    left join sums
        on
            spine.month_start = sums.month_start
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
    month_start,
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
    {{ ad_funnel.freshness_columns(ad_funnel.next_month('month_start')) }},
    data_through,
    built_at
from complete
