-- One row per reporting day on which orders were first reported. An order that several platforms claim is one order.
{{ config(contract=ad_funnel.contract()) }}

with conversions as (

    select * from {{ ref('fct_ads__conversions') }}
    where
        order_id is not null
        and not is_invalid
        and not is_adjustment
        and not is_retracted

),

freshness as (

    select * from {{ ref('fct_ads__freshness') }}

),

-- An order stands on the day of its earliest conversion, so that orders add up over days.
orders as (

    select
        order_id,
        min(date_day) as date_day,
        count(distinct platform) as claiming_platforms
    from conversions
    group by order_id

),

by_day as (

    select
        date_day,
        cast(count(*) as bigint) as orders,
        cast(sum(claiming_platforms) as bigint) as claimed_orders
    from orders
    group by date_day

)

select
    by_day.date_day,
    by_day.orders,
    by_day.claimed_orders,
    freshness.data_through,
    freshness.built_at
from by_day
cross join freshness
