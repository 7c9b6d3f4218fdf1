-- One row per accepted click, matched to the impression that it names, invalid traffic included and marked.
with clicks as (

    select *
    from {{ ref('ledger_ads__clicks') }}
    where disposition = 'accepted'

),

impressions as (

    select
        *,
        {{ ad_funnel.add_seconds('impression_at', -ad_funnel.seconds('ad_funnel__clock_skew')) }} as clickable_from,
        {{ ad_funnel.add_seconds('impression_at', ad_funnel.seconds('ad_funnel__match_window')) }} as clickable_until
    from {{ ref('fct_ads__impressions') }}

),

ads as (

    select * from {{ ref('dim_ads__ads') }}

),

rates as (

    select * from {{ ref('dim_ads__exchange_rates') }}

)

select
    clicks.platform,
    clicks.click_id,
    clicks.clicked_at,
    clicks.date_day,
    clicks.impression_id,
    impressions.impression_id is not null as is_matched,
    impressions.date_day as impression_day,
    -- A matched click belongs where its impression stands, or a rate could exceed 1.
    coalesce(impressions.campaign_id, clicks.campaign_id, ads.campaign_id, 'unknown') as campaign_id,
    coalesce(impressions.ad_id, clicks.ad_id, 'unknown') as ad_id,
    coalesce(impressions.traffic_type, 'unknown') as traffic_type,
    coalesce(impressions.placement, 'unknown') as placement,
    coalesce(impressions.device_type, clicks.device_type, 'unknown') as device_type,
    coalesce(impressions.country, clicks.country, 'unknown') as country,
    clicks.user_id,
    clicks.landing_url,
    clicks.is_landed,
    clicks.cost,
    clicks.currency,
    {{ ad_funnel.in_reporting_currency(
        'clicks.cost', 'clicks.currency', 'rates.rate', ad_funnel.type_event_money()
    ) }} as event_cost,
    clicks.clicked_at < impressions.impression_at and impressions.impression_id is not null as is_clock_skewed,
    impressions.impression_id is not null
    and (
        coalesce(clicks.ad_id <> impressions.ad_id, false)
        or coalesce(clicks.campaign_id <> impressions.campaign_id, false)
    ) as is_dimension_mismatch,
    clicks.is_invalid,
    clicks.invalid_reason,
    clicks.repeats_click_id
from clicks
left join impressions
    on
        clicks.platform = impressions.platform
        and clicks.impression_id = impressions.impression_id
        and clicks.clicked_at >= impressions.clickable_from
        and clicks.clicked_at < impressions.clickable_until
left join ads
    on
        clicks.platform = ads.platform
        and clicks.ad_id = ads.ad_id
        and clicks.date_day >= ads.valid_from
        and clicks.date_day < ads.valid_to
left join rates
    on
        clicks.date_day = rates.date_day
        and clicks.currency = rates.currency
