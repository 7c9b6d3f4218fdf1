-- Landing pages have every valid click of a campaign's day, what it reached and sold, as fct_ads__daily has them.
{{ config(enabled=ad_funnel.has_landing_pages()) }}

with every_row as (

    select
        date_day,
        platform,
        campaign_id,
        clicks,
        landing_measurable_clicks,
        landed_clicks,
        converted_clicks,
        conversions,
        conversion_value,
        1 as sign
    from {{ ref('fct_ads__landing_daily') }}

    union all

    select
        date_day,
        platform,
        campaign_id,
        clicks,
        landing_measurable_clicks,
        landed_clicks,
        converted_clicks,
        conversions,
        conversion_value,
        -1 as sign
    from {{ ref('fct_ads__daily') }}

)

select
    date_day,
    platform,
    campaign_id,
    sum(sign * clicks) as clicks_too_many,
    sum(sign * landing_measurable_clicks) as landing_measurable_clicks_too_many,
    sum(sign * landed_clicks) as landed_clicks_too_many,
    sum(sign * converted_clicks) as converted_clicks_too_many,
    sum(sign * conversions) as conversions_too_many,
    sum(sign * conversion_value) as conversion_value_too_many
from every_row
group by date_day, platform, campaign_id
having
    sum(sign * clicks) <> 0
    or sum(sign * landing_measurable_clicks) <> 0
    or sum(sign * landed_clicks) <> 0
    or sum(sign * converted_clicks) <> 0
    or sum(sign * conversions) <> 0
    or sum(sign * conversion_value) <> 0
