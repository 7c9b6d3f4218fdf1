select
    date_day,
    platform,
    campaign_id,
    ad_id,
    case when is_credit then -abs(amount) else amount end as amount,
    currency,
    is_credit,
    loaded_at
from {{ source('raw', 'spend') }}
where
    ad_id is not null
    and date_day >= date '2000-01-01'
    and date_day <= cast(timestamp '{{ var("as_of") }}' as date)
    and (amount >= 0 or is_credit)
