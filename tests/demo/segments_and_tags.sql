-- What docs/guides/segments.md says of Summer Reach: all its clicks come from desktops, and its hours differ by chance
-- alone. And what the demo's tags are made for: six spellings of one page and campaign, and one tag without spend.
{{ config(enabled=ad_funnel.is_demo()) }}

with reach as (

    select
        sum(case when segment = 'desktop' then impressions end) as desktop_impressions,
        sum(case when segment = 'desktop' then clicked_impressions end) as desktop_clicks,
        sum(case when segment_type = 'device_type' then clicked_impressions end) as clicks,
        min(case when segment_type = 'hour_of_day' then ctr end) as least_hour,
        max(case when segment_type = 'hour_of_day' then ctr end) as best_hour,
        min(case when segment_type = 'hour_of_day' then ctr_shrunk end) as least_hour_shrunk,
        max(case when segment_type = 'hour_of_day' then ctr_shrunk end) as best_hour_shrunk
    from {{ ref('mart_ads__segment') }}
    where campaign_id = 'camp-a'

),

pages as (

    select
        count(distinct landing_page) as sale_pages,
        sum(clicks) as sale_clicks
    from {{ ref('mart_ads__landing_page') }}
    where campaign_id = 'camp-b' and utm_medium = 'cpc'

),

tags as (

    select
        sum(case when utm_campaign = 'winter sale' and finding = 'in order' then tagged_clicks end) as sale_tags,
        sum(case when utm_campaign = 'winter_2023' and finding = 'tags without spend' then 1 end) as unpaid_tags
    from {{ ref('mart_ads__utm_hygiene') }}

),

told as (

    select
        reach.*,
        pages.*,
        tags.*
    from reach
    cross join pages
    cross join tags

)

select *
from told
where not coalesce(
    desktop_impressions = 240
    and desktop_clicks = 30
    and clicks = 30
    and least_hour < 0.001
    and best_hour > 0.09
    and abs(least_hour_shrunk - 0.05) < 0.000001
    and abs(best_hour_shrunk - 0.05) < 0.000001
    and sale_pages = 1
    and sale_clicks = 6
    and sale_tags = 6
    and unpaid_tags = 1,
    false
)
