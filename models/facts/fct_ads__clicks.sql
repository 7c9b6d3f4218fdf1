-- One row per accepted click, matched to the impression that it names, invalid traffic included and marked.
with clicks as (

    select *
    from {{ ref('ledger_ads__clicks') }}
    where disposition = 'accepted'

),

matches as (

    select *
    from {{ ref('fct_ads__click_matches') }}
    where impression_id is not null

),

invalid_clicks as (

    select * from {{ ref('ledger_ads__invalid_clicks') }}

),

ads as (

    select * from {{ ref('dim_ads__ads') }}

),

rates as (

    select * from {{ ref('dim_ads__exchange_rates') }}

),

-- A matched click belongs where its impression stands, or a rate could exceed 1. Another stands where it says itself.
placed as (

    select
        clicks.platform,
        clicks.click_id,
        true as is_matched,
        matches.impression_at,
        matches.impression_day,
        matches.impression_day as ad_day,
        matches.campaign_id,
        matches.ad_id,
        matches.traffic_type,
        matches.placement,
        matches.device_type,
        matches.country
    from clicks
    inner join matches
        on
            clicks.platform = matches.platform
            and clicks.click_id = matches.click_id

    union all

    select
        clicks.platform,
        clicks.click_id,
        false as is_matched,
        cast(null as {{ ad_funnel.type_time() }}) as impression_at,
        cast(null as date) as impression_day,
        clicks.date_day as ad_day,
        clicks.campaign_id,
        clicks.ad_id,
        cast(null as {{ dbt.type_string() }}) as traffic_type,
        cast(null as {{ dbt.type_string() }}) as placement,
        clicks.device_type,
        clicks.country
    from clicks
    left join matches
        on
            clicks.platform = matches.platform
            and clicks.click_id = matches.click_id
    where matches.click_id is null

),

named as (

    select
        placed.*,
        coalesce(placed.campaign_id, ads.campaign_id, 'unknown') as known_campaign_id,
        coalesce(placed.ad_id, 'unknown') as known_ad_id
    from placed
    left join ads
        on
            placed.platform = ads.platform
            and placed.ad_id = ads.ad_id
            and placed.ad_day >= ads.valid_from
            and placed.ad_day < ads.valid_to

)

select
    clicks.platform,
    clicks.click_id,
    clicks.clicked_at,
    clicks.date_day,
    clicks.impression_id,
    named.is_matched,
    named.impression_day,
    named.known_campaign_id as campaign_id,
    named.known_ad_id as ad_id,
    coalesce(named.traffic_type, 'unknown') as traffic_type,
    coalesce(named.placement, 'unknown') as placement,
    coalesce(named.device_type, 'unknown') as device_type,
    coalesce(named.country, 'unknown') as country,
    {{ ad_funnel.reporting_hour('coalesce(named.impression_at, clicks.clicked_at)') }} as hour_of_day,
    clicks.user_id,
    clicks.landing_url,
    clicks.is_landed,
    clicks.cost,
    clicks.currency,
    {{ ad_funnel.in_reporting_currency(
        'clicks.cost', 'clicks.currency', 'rates.rate', ad_funnel.type_event_money()
    ) }} as event_cost,
    named.is_matched and clicks.clicked_at < named.impression_at as is_clock_skewed,
    named.is_matched
    and (
        coalesce(clicks.ad_id <> named.known_ad_id, false)
        or coalesce(clicks.campaign_id <> named.known_campaign_id, false)
    ) as is_dimension_mismatch,
    invalid_clicks.click_id is not null as is_invalid,
    invalid_clicks.invalid_reason,
    invalid_clicks.repeats_click_id
from clicks
inner join named
    on
        clicks.platform = named.platform
        and clicks.click_id = named.click_id
left join invalid_clicks
    on
        clicks.platform = invalid_clicks.platform
        and clicks.click_id = invalid_clicks.click_id
left join rates
    on
        clicks.date_day = rates.date_day
        and clicks.currency = rates.currency
