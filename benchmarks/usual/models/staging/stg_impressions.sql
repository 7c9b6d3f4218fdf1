select
    nullif(trim(impression_id), '') as impression_id,
    impression_at,
    cast(impression_at as date) as date_day,
    platform,
    campaign_id,
    ad_id,
    user_id,
    try_cast(cost as decimal(18, 9)) as cost,
    coalesce(currency, 'USD') as currency,
    placement,
    device_type,
    country,
    traffic_type,
    is_measurable,
    is_viewable,
    user_agent,
    coalesce(
        lower(user_agent) like '%bot%'
        or lower(user_agent) like '%spider%'
        or lower(user_agent) like '%crawl%'
        or lower(user_agent) like '%headless%',
        false
    ) as is_bot,
    loaded_at
from {{ source('raw', 'impressions') }}
where
    nullif(trim(impression_id), '') is not null
    and impression_at >= timestamp '2000-01-01'
    and impression_at <= timestamp '{{ var("as_of") }}' + interval 5 minutes
    and (cost is null or try_cast(cost as decimal(18, 9)) >= 0)
