-- One row per reporting day, platform and campaign.
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
        date_day,
        platform,
        campaign_id,
        {{ ad_funnel.measure_sums() }}
    from daily
    group by date_day, platform, campaign_id

),

active_days as (

    select
        platform,
        campaign_id,
        date_day,
        lead(date_day) over (partition by platform, campaign_id order by date_day asc nulls last) as next_active_day,
        max(spend) over (partition by platform) is not null as has_spend
    from sums

),

gaps as (

    select
        platform,
        campaign_id,
        {{ ad_funnel.add_days('date_day', 1) }} as first_day,
        least(
            {{ ad_funnel.add_days('date_day', ad_funnel.setting('ad_funnel__idle_days')) }},
            {{ ad_funnel.add_days('next_active_day', -1) }}
        ) as last_day,
        has_spend
    from active_days
    where next_active_day > {{ ad_funnel.add_days('date_day', 1) }}

),

-- Days without events are rows too, between a campaign's first day and its last; of a long gap only its first days.
spine as (

    select
        platform,
        campaign_id,
        date_day,
        has_spend
    from active_days

    union all

    select
        gaps.platform,
        gaps.campaign_id,
        days.date_day,
        gaps.has_spend
    from gaps
    inner join days
        on
            gaps.first_day <= days.date_day
            and gaps.last_day >= days.date_day

),

measured as (

    select
        spine.date_day,
        spine.platform,
        spine.campaign_id,
        {{ ad_funnel.measure_values() }},
        sums.cost_source
    from spine
    cross join freshness
    left join sums
        on
            spine.date_day = sums.date_day
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
    date_day,
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
    {{ ad_funnel.freshness_columns(ad_funnel.add_days('date_day', 1)) }},
    data_through,
    built_at
from complete
