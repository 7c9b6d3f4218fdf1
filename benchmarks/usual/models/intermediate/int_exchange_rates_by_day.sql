with rates as (
    select
        date_day as rate_day,
        currency,
        rate,
        lead(date_day, 1, date '9999-12-31') over (partition by currency order by date_day) as next_day
    from {{ ref('stg_exchange_rates') }}
)

select
    cast(unnest(
        range(cast(rate_day as timestamp), cast(least(next_day, rate_day + 7) as timestamp), interval 1 day)
    ) as date) as date_day,
    currency,
    rate
from rates
