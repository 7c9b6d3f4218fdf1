-- One row per platform and campaign, over all its days.
{{ config(contract=ad_funnel.contract()) }}

with daily as (

    select * from {{ ref('fct_ads__daily') }}

),

campaigns as (

    select *
    from {{ ref('dim_ads__campaigns') }}
    where is_current

),

freshness as (

    select * from {{ ref('fct_ads__freshness') }}

),

sums as (

    select
        platform,
        campaign_id,
        min(date_day) as first_day,
        max(date_day) as last_day,
        max(max(spend)) over (partition by platform) is not null as has_spend,
        {{ ad_funnel.measure_sums() }}
    from daily
    group by platform, campaign_id

),

measured as (

    select
        sums.platform,
        sums.campaign_id,
        sums.first_day,
        sums.last_day,
        {{ ad_funnel.measure_values() }},
        sums.cost_source
    from sums
    cross join freshness

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
    platform,
    campaign_id,
    {{ ad_funnel.campaign_key() }} as campaign_key,
    campaign_name,
    objective,
    targeting_segment,
    first_day,
    last_day,
    {{ ad_funnel.measures() | join(',\n    ') }},
    cost_source,
    is_cost_complete,
    is_value_complete,
    {{ ad_funnel.metric_columns() }},
    {{ ad_funnel.freshness_columns(ad_funnel.add_days('last_day', 1)) }},
    data_through,
    built_at
from complete
