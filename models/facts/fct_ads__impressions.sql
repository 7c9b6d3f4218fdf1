-- One row per accepted impression, invalid traffic included and marked.
{{ config(materialized='view') }}

with impressions as (

    select *
    from {{ ref('ledger_ads__impressions') }}
    where disposition = 'accepted'

),

ads as (

    select * from {{ ref('dim_ads__ads') }}

),

rates as (

    select * from {{ ref('dim_ads__exchange_rates') }}

)

select
    impressions.platform,
    impressions.impression_id,
    impressions.impression_at,
    impressions.date_day,
    coalesce(impressions.campaign_id, ads.campaign_id, 'unknown') as campaign_id,
    coalesce(impressions.ad_id, 'unknown') as ad_id,
    impressions.user_id,
    impressions.traffic_type,
    coalesce(impressions.placement, 'unknown') as placement,
    coalesce(impressions.device_type, 'unknown') as device_type,
    coalesce(impressions.country, 'unknown') as country,
    {{ ad_funnel.reporting_hour('impressions.impression_at') }} as hour_of_day,
    impressions.is_measurable,
    impressions.is_viewable,
    impressions.cost,
    impressions.currency,
    {{ ad_funnel.in_reporting_currency(
        'impressions.cost', 'impressions.currency', 'rates.rate', ad_funnel.type_event_money()
    ) }} as event_cost,
    impressions.is_invalid,
    impressions.invalid_reason
from impressions
left join ads
    on
        impressions.platform = ads.platform
        and impressions.ad_id = ads.ad_id
        and impressions.date_day >= ads.valid_from
        and impressions.date_day < ads.valid_to
left join rates
    on
        impressions.date_day = rates.date_day
        and impressions.currency = rates.currency
