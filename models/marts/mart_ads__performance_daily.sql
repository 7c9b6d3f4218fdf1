-- One row per day, platform, account, campaign, ad and series (measured, reported). Reports of whole periods are in
-- mart_ads__performance alone.
{{ config(enabled=ad_funnel.reads_reports(), contract=ad_funnel.contract()) }}

with performance as (

    select *
    from {{ ref('fct_ads__performance') }}
    where last_day = date_day

),

campaigns as (

    select *
    from {{ ref('dim_ads__campaigns') }}
    where is_current

),

ads as (

    select *
    from {{ ref('dim_ads__ads') }}
    where is_current

),

named as (

    select
        performance.*,
        coalesce(campaigns.campaign_name, performance.campaign_id) as campaign_name,
        coalesce(ads.ad_name, performance.ad_id) as ad_name,
        performance.unknown_cost_events = 0 as is_cost_complete,
        performance.unknown_value_conversions = 0 as is_value_complete
    from performance
    left join campaigns
        on
            performance.platform = campaigns.platform
            and performance.campaign_id = campaigns.campaign_id
    left join ads
        on
            performance.platform = ads.platform
            and performance.ad_id = ads.ad_id

)

select
    date_day,
    platform,
    account_id,
    campaign_id,
    {{ ad_funnel.campaign_key() }} as campaign_key,
    campaign_name,
    ad_id,
    {{ ad_funnel.ad_key() }} as ad_key,
    ad_name,
    series,
    is_best,
    {{ ad_funnel.performance_measures() | reject('equalto', 'period_lines') | join(',\n    ') }},
    is_cost_complete,
    is_value_complete,
    {{ ad_funnel.performance_metrics() }},
    {{ ad_funnel.performance_is_mature(ad_funnel.add_days('date_day', 1)) }} as is_mature,
    data_through,
    built_at
from named
