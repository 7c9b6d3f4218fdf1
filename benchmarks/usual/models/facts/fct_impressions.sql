with clicked as (
    select
        platform,
        impression_id,
        count(*) as clicks
    from {{ ref('fct_clicks') }}
    where is_matched and not is_invalid
    group by platform, impression_id
),

converted as (
    select
        credited_platform as platform,
        clicked_impression_id as impression_id,
        count(*) as conversions
    from {{ ref('fct_conversions') }}
    where is_primary and is_matched
    group by credited_platform, clicked_impression_id
)

select
    impressions.*,
    clicked.clicks,
    clicked.clicks is not null as is_clicked,
    converted.conversions,
    converted.conversions is not null as is_converted
from {{ ref('int_impressions_enriched') }} as impressions
left join clicked
    on
        impressions.platform = clicked.platform
        and impressions.impression_id = clicked.impression_id
left join converted
    on
        impressions.platform = converted.platform
        and impressions.impression_id = converted.impression_id
