-- One row per accepted conversion and valid impression that it may be credited to: those that it names, and the latest
-- that its user saw, inside the view window. A conversion without any has one row without an impression.
{{ config(**ad_funnel.stored_by_day('date_day')) }}
{% set windows = ad_funnel.conversion_windows() %}
{% set before = ad_funnel.days_reached(windows.longest.view) %}
{% set inputs = ad_funnel.days_around(ref('ledger_ads__conversions'), before, 0) %}
{% set days = ad_funnel.changed_days(inputs) %}
{{ ad_funnel.replaces_days(days) }}
with inputs as (

    {{ inputs }}

),

conversions as (

    select
        *,
        {{ ad_funnel.add_seconds('converted_at', ad_funnel.window_of_type(windows, 'view', sign=-1)) }} as view_after
    from {{ ref('ledger_ads__conversions') }}
    where disposition = 'accepted' and {{ ad_funnel.in_days(days) }}

),

impressions as (

    select
        platform as impression_platform,
        impression_id,
        impression_at,
        date_day as impression_day,
        campaign_id,
        ad_id,
        traffic_type,
        placement,
        device_type,
        country,
        user_id as shown_to
    from {{ ref('ledger_ads__impressions') }}
    where
        disposition = 'accepted'
        and not is_invalid
        and {{ ad_funnel.in_days(days, before=before) }}
        -- Most impressions are nobody's who converted: what is not asked for need not be kept.
        and (
            impression_id in (select conversions.impression_id from conversions)
            or user_id in (select conversions.user_id from conversions)
        )

),

named as (

    select
        conversions.platform,
        conversions.conversion_id,
        'named_impression' as credit_rule,
        impressions.*,
        1 as view_number
    from conversions
    inner join impressions
        on
            conversions.impression_id = impressions.impression_id
            and (conversions.platform = impressions.impression_platform or not conversions.is_platform_known)
    where
        impressions.impression_at <= conversions.converted_at
        and impressions.impression_at > conversions.view_after

),

seen as (

    select
        conversions.platform,
        conversions.conversion_id,
        'user_impression' as credit_rule,
        impressions.*,
        row_number() over (
            partition by conversions.platform, conversions.conversion_id
            order by
                impressions.impression_at desc nulls last,
                impressions.impression_id desc nulls last,
                impressions.impression_platform desc nulls last
        ) as view_number
    from conversions
    inner join impressions
        on
            conversions.user_id = impressions.shown_to
            and (conversions.platform = impressions.impression_platform or not conversions.is_platform_known)
            and conversions.converted_at >= impressions.impression_at
            and conversions.view_after < impressions.impression_at

),

matches as (

    select * from named
    union all
    select * from seen
    where view_number = 1

)

select
    conversions.date_day,
    conversions.platform,
    conversions.conversion_id,
    matches.credit_rule,
    matches.impression_platform,
    matches.impression_id,
    matches.impression_at,
    matches.impression_day,
    matches.campaign_id,
    matches.ad_id,
    matches.traffic_type,
    matches.placement,
    matches.device_type,
    matches.country,
    inputs.built_from
from conversions
left join matches
    on
        conversions.platform = matches.platform
        and conversions.conversion_id = matches.conversion_id
left join inputs
    on conversions.date_day = inputs.date_day
