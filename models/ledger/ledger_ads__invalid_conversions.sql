-- One row per accepted conversion that is invalid because it comes after invalid traffic, with the reason.
{{ config(materialized='table') }}

with conversions as (

    select
        platform,
        conversion_id,
        is_platform_known,
        click_id,
        impression_id
    from {{ ref('ledger_ads__conversions') }}
    where disposition = 'accepted'

),

clicks as (

    select
        platform,
        click_id
    from {{ ref('ledger_ads__clicks') }}
    where disposition = 'accepted'

),

invalid_clicks as (

    select * from {{ ref('ledger_ads__invalid_clicks') }}

),

invalid_impressions as {{ ad_funnel.read_once() }} (

    select
        platform,
        impression_id
    from {{ ref('ledger_ads__impressions') }}
    where disposition = 'accepted' and is_invalid

),

valid_impressions as (

    select impression_id
    from {{ ref('ledger_ads__impressions') }}
    where disposition = 'accepted' and not is_invalid

),

-- A repeat click is as valid as the click that it repeats: a double click is one person's honest click. Without a
-- platform a conversion may mean several clicks; then it is invalid only if all of them are.
named_clicks as (

    select
        conversions.platform,
        conversions.conversion_id,
        count(*) = count(meant.click_id) as is_invalid
    from conversions
    inner join clicks
        on
            conversions.click_id = clicks.click_id
            and (conversions.platform = clicks.platform or not conversions.is_platform_known)
    left join invalid_clicks as repeated
        on
            clicks.platform = repeated.platform
            and clicks.click_id = repeated.click_id
    left join invalid_clicks as meant
        on
            clicks.platform = meant.platform
            and coalesce(repeated.repeats_click_id, clicks.click_id) = meant.click_id
    group by conversions.platform, conversions.conversion_id

),

without_click as (

    select conversions.*
    from conversions
    left join named_clicks
        on
            conversions.platform = named_clicks.platform
            and conversions.conversion_id = named_clicks.conversion_id
    where conversions.impression_id is not null and named_clicks.conversion_id is null

),

-- Invalid impressions are few, so they are looked up first; whether a conversion without a platform also means a valid
-- one is asked of the rest only.
named_invalid_impressions as (

    select distinct
        without_click.platform,
        without_click.conversion_id,
        without_click.is_platform_known,
        without_click.impression_id
    from without_click
    inner join invalid_impressions
        on
            without_click.impression_id = invalid_impressions.impression_id
            and (without_click.platform = invalid_impressions.platform or not without_click.is_platform_known)

),

named_valid_impressions as (

    select distinct
        named.platform,
        named.conversion_id
    from named_invalid_impressions as named
    inner join valid_impressions
        on named.impression_id = valid_impressions.impression_id
    where not named.is_platform_known

)

select
    platform,
    conversion_id,
    'invalid_click' as invalid_reason
from named_clicks
where is_invalid

union all

select
    named.platform,
    named.conversion_id,
    'invalid_impression' as invalid_reason
from named_invalid_impressions as named
left join named_valid_impressions as valid_ones
    on
        named.platform = valid_ones.platform
        and named.conversion_id = valid_ones.conversion_id
where valid_ones.conversion_id is null
