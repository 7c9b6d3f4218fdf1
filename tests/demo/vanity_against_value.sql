-- The demo's campaigns A and B: the same click-through rate, and A is first by what looks good, B by what sells.
{{ config(enabled=ad_funnel.is_demo()) }}

with campaigns as (

    select
        max(case when campaign_id = 'camp-a' then impressions end) as a_impressions,
        max(case when campaign_id = 'camp-a' then clicks end) as a_clicks,
        max(case when campaign_id = 'camp-a' then conversions end) as a_conversions,
        max(case when campaign_id = 'camp-a' then ctr end) as a_ctr,
        max(case when campaign_id = 'camp-a' then roas end) as a_roas,
        max(case when campaign_id = 'camp-b' then impressions end) as b_impressions,
        max(case when campaign_id = 'camp-b' then clicks end) as b_clicks,
        max(case when campaign_id = 'camp-b' then conversions end) as b_conversions,
        max(case when campaign_id = 'camp-b' then ctr end) as b_ctr,
        max(case when campaign_id = 'camp-b' then roas end) as b_roas
    from {{ ref('mart_ads__campaign') }}

)

select *
from campaigns
where not coalesce(
    a_impressions = 5 * b_impressions
    and a_clicks = 5 * b_clicks
    and a_ctr = 0.05
    and b_ctr = 0.05
    and b_conversions = 5 * a_conversions
    and b_roas > a_roas,
    false
)
