select
    nullif(trim(conversion_id), '') as conversion_id,
    converted_at,
    cast(converted_at as date) as date_day,
    conversion_type,
    coalesce(platform, 'unknown') as platform,
    platform is not null as is_platform_known,
    click_id,
    impression_id,
    user_id,
    cast(value as decimal(28, 9)) as value,
    coalesce(currency, 'USD') as currency,
    order_id,
    adjusts_conversion_id,
    adjustment_type,
    adjusts_conversion_id is not null as is_adjustment,
    loaded_at
from {{ source('raw', 'conversions') }}
where
    nullif(trim(conversion_id), '') is not null
    and converted_at >= timestamp '2000-01-01'
    and converted_at <= timestamp '{{ var("as_of") }}' + interval 5 minutes
    and (value is null or value >= 0 or adjusts_conversion_id is not null)
    and (adjustment_type is null or adjustment_type <> 'restate' or value is not null)
