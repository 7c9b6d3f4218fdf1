select
    spend.date_day,
    spend.platform,
    coalesce(spend.campaign_id, 'unknown') as campaign_id,
    spend.ad_id,
    spend.is_credit,
    spend.amount,
    spend.currency,
    cast(spend.amount * rates.rate as decimal(28, 9)) as spend
from {{ ref('int_spend_deduplicated') }} as spend
left join {{ ref('int_exchange_rates_by_day') }} as rates
    on
        spend.date_day = rates.date_day
        and spend.currency = rates.currency
