-- One row per accepted click: the impression that it names, where that lies in the match window, as its own log has it.
{{ config(**ad_funnel.stored_by_day('date_day')) }}
{% set match_seconds = ad_funnel.seconds('ad_funnel__match_window') %}
{% set skew_seconds = ad_funnel.seconds('ad_funnel__clock_skew') %}
{% set before = ad_funnel.days_reached(match_seconds) %}
{% set after = ad_funnel.days_reached(skew_seconds) %}
{% set inputs = ad_funnel.days_around(ref('ledger_ads__clicks'), before, after) %}
{% set days = ad_funnel.changed_days(inputs) %}
{{ ad_funnel.replaces_days(days) }}
with inputs as (

    {{ inputs }}

),

clicks as (

    select *
    from {{ ref('ledger_ads__clicks') }}
    where disposition = 'accepted' and {{ ad_funnel.in_days(days) }}

),

impressions as (

    select
        *,
        {{ ad_funnel.add_seconds('impression_at', -skew_seconds) }} as clickable_from,
        {{ ad_funnel.add_seconds('impression_at', match_seconds) }} as clickable_until
    from {{ ref('ledger_ads__impressions') }}
    where disposition = 'accepted' and {{ ad_funnel.in_days(days, before=before, after=after) }}

)

select
    clicks.date_day,
    clicks.platform,
    clicks.click_id,
    impressions.impression_id,
    impressions.impression_at,
    impressions.date_day as impression_day,
    impressions.campaign_id,
    impressions.ad_id,
    impressions.traffic_type,
    impressions.placement,
    impressions.device_type,
    impressions.country,
    inputs.built_from
from clicks
left join impressions
    on
        clicks.platform = impressions.platform
        and clicks.impression_id = impressions.impression_id
        and clicks.clicked_at >= impressions.clickable_from
        and clicks.clicked_at < impressions.clickable_until
left join inputs
    on clicks.date_day = inputs.date_day
