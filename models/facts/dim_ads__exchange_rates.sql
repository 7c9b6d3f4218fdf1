-- One row per day and currency: the latest rate to the reporting currency that is not too old.
{% set max_age_days = (ad_funnel.seconds('ad_funnel__exchange_rate_max_age') / 86400) | round(0, 'ceil') | int %}

with rates as (

    select
        date_day as rate_day,
        currency,
        cast(max(rate) as {{ ad_funnel.type_event_money() }}) as rate
    from {{ ref('stg_ads__exchange_rates') }}
    where date_day is not null and currency is not null and rate > 0
    group by date_day, currency

),

lasting as (

    select
        *,
        {{ ad_funnel.add_days('rate_day', max_age_days - 1) }} as oldest_use,
        {{ ad_funnel.add_days('lead(rate_day) over (partition by currency order by rate_day)', -1) }} as day_before_next
    from rates

)

select
    {{ ad_funnel.each_period(
        'day', 'rate_day', 'least(oldest_use, coalesce(day_before_next, oldest_use))'
    ) }} as date_day,
    currency,
    rate,
    rate_day
from lasting
