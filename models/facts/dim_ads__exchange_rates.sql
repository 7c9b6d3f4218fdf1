-- One row per day that events tell of and currency: the latest rate to the reporting currency that is not too old.
{% set max_age_days = (ad_funnel.seconds('ad_funnel__exchange_rate_max_age') / 86400) | round(0, 'ceil') | int %}

with rates as (

    select
        date_day as rate_day,
        currency,
        cast(max(rate) as {{ ad_funnel.type_event_money() }}) as rate
    from {{ ref('stg_ads__exchange_rates') }}
    where date_day < date '2200-01-01' and currency is not null and rate > 0
    group by date_day, currency

),

lasting as (

    select
        *,
        {{ ad_funnel.add_days('rate_day', max_age_days - 1) }} as oldest_use,
        {{ ad_funnel.add_days(
            'lead(rate_day) over (partition by currency order by rate_day asc nulls last)', -1
        ) }} as day_before_next
    from rates

)

select
    days.date_day,
    lasting.currency,
    lasting.rate,
    lasting.rate_day
from lasting
inner join {{ ref('dim_ads__days') }} as days
    on
        lasting.rate_day <= days.date_day
        and lasting.oldest_use >= days.date_day
        and coalesce(lasting.day_before_next, lasting.oldest_use) >= days.date_day
