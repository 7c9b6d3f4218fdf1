-- One row per platform: its name and what it counts as an impression and as a click.
select
    platform,
    max(platform_name) as platform_name,
    max(impression_definition) as impression_definition,
    max(click_definition) as click_definition
from {{ ref('stg_ads__platforms') }}
where platform is not null
group by platform
