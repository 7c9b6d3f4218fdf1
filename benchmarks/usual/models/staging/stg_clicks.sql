select
    nullif(trim(click_id), '') as click_id,
    clicked_at,
    cast(clicked_at as date) as date_day,
    platform,
    impression_id,
    campaign_id,
    ad_id,
    user_id,
    try_cast(cost as decimal(18, 9)) as cost,
    coalesce(currency, 'USD') as currency,
    landing_url,
    landed_at,
    case when landed_at is not null then true when landing_url is not null then false end as is_landed,
    user_agent,
    coalesce(
        lower(user_agent) like '%bot%'
        or lower(user_agent) like '%spider%'
        or lower(user_agent) like '%crawl%'
        or lower(user_agent) like '%headless%',
        false
    ) as is_bot,
    device_type,
    country,
    loaded_at
from {{ source('raw', 'clicks') }}
where
    nullif(trim(click_id), '') is not null
    and clicked_at >= timestamp '2000-01-01'
    and clicked_at <= timestamp '{{ var("as_of") }}' + interval 5 minutes
    and (cost is null or try_cast(cost as decimal(18, 9)) >= 0)
