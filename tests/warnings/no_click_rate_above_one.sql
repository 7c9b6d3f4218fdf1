-- More clicks than impressions, or more conversions than clicks, over a campaign's whole life: seldom true. Most often
-- an impression log is incomplete, or `every` counts what should count once. Cure: load the missing impressions; or set
-- ad_funnel__conversion_counting to one_per_click.
{{ config(severity='warn') }}

select
    platform,
    campaign_id,
    clicks_per_impression,
    conversions_per_click
from {{ ref('mart_ads__campaign') }}
where clicks_per_impression > 1 or conversions_per_click > 1
