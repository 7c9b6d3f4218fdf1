-- One row per first or last touch and number of days from it to the conversion.
{{ config(enabled=ad_funnel.has_attribution(), contract=ad_funnel.contract()) }}

with touchpoints as (

    select *
    from {{ ref('fct_ads__touchpoints') }}
    where touches > 0

),

freshness as (

    select * from {{ ref('fct_ads__freshness') }}

),

-- Whole days of 24 hours: the first is 0.
lags as (

    {% for measured_from, number in {'first_touch': '1', 'last_touch': 'touches'}.items() %}
    select
        '{{ measured_from }}' as measured_from,
        cast(floor(
            ({{ ad_funnel.microseconds('converted_at') }} - {{ ad_funnel.microseconds('touched_at') }}) / 86400000000.0
        ) as integer) as days_to_convert,
        conversion_value
    from touchpoints
    where touch_number = {{ number }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

sums as (

    select
        measured_from,
        days_to_convert,
        count(*) as conversions,
        sum(conversion_value) as conversion_value
    from lags
    group by measured_from, days_to_convert

),

digits as (

    {% for digit in range(10) %}
    select {{ digit }} as digit
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

-- Up to 27 years.
numbers as (

    select ones.digit + 10 * tens.digit + 100 * hundreds.digit + 1000 * thousands.digit as day_number
    from digits as ones
    cross join digits as tens
    cross join digits as hundreds
    cross join digits as thousands

),

-- Days on which nobody converted are rows too.
days as (

    select
        last_days.measured_from,
        numbers.day_number as days_to_convert
    from (
        select
            measured_from,
            max(days_to_convert) as last_day
        from sums
        group by measured_from
    ) as last_days
    inner join numbers
        on last_days.last_day >= numbers.day_number

),

measured as (

    select
        days.measured_from,
        days.days_to_convert,
        coalesce(sums.conversions, 0) as conversions,
        case when sums.conversions > 0 then sums.conversion_value else 0 end as conversion_value
    from days
    left join sums
        on
            days.measured_from = sums.measured_from
            and days.days_to_convert = sums.days_to_convert

),

totals as (

    select
        *,
        sum(conversions) over (partition by measured_from) as all_conversions,
        sum(conversions) over (
            partition by measured_from order by days_to_convert asc nulls last
            rows between unbounded preceding and current row
        ) as conversions_so_far
    from measured

)

select
    totals.measured_from,
    cast(totals.days_to_convert as integer) as days_to_convert,
    cast(totals.conversions as bigint) as conversions,
    cast(totals.conversion_value as {{ ad_funnel.type_money_sum() }}) as conversion_value,
    {{ ad_funnel.ratio('totals.conversions', 'totals.all_conversions') }} as share,
    {{ ad_funnel.ratio('totals.conversions_so_far', 'totals.all_conversions') }} as cumulative_share,
    freshness.data_through,
    freshness.built_at
from totals
cross join freshness
