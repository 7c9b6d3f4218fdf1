-- One row per day from the first to the last that accepted events and spend lines tell of, and from the month before:
-- the week and the month of the first day begin earlier.

with told as (

    select
        min(date_day) as first_day,
        max(date_day) as last_day
    from {{ ref('ledger_ads__impressions_by_day') }}
    where disposition = 'accepted'

    {% for table in ['clicks', 'conversions', 'spend'] + (['reports'] if ad_funnel.reads_reports() else []) %}
    union all

    select
        min(date_day) as first_day,
        max(date_day) as last_day
    from {{ ref('ledger_ads__' ~ table) }}
    where disposition = 'accepted'
    {% endfor %}

),

extent as (

    select
        {{ ad_funnel.add_days('min(first_day)', -31) }} as first_day,
        max(last_day) as last_day
    from told

),

digits as (

    {% for digit in range(10) %}
    select {{ digit }} as digit
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

-- Whole thousands of days first: mostly there is one.
thousands as (

    select
        {{ ad_funnel.add_days('extent.first_day', '1000 * (ones.digit + 10 * tens.digit + 100 * hundreds.digit)') }}
            as first_day,
        extent.last_day
    from extent
    cross join digits as ones
    cross join digits as tens
    cross join digits as hundreds

),

days as (

    select
        {{ ad_funnel.add_days('thousands.first_day', '(ones.digit + 10 * tens.digit + 100 * hundreds.digit)') }}
            as date_day,
        thousands.last_day
    from thousands
    cross join digits as ones
    cross join digits as tens
    cross join digits as hundreds
    where thousands.first_day <= thousands.last_day

)

select
    date_day,
    {{ ad_funnel.period_start('week', 'date_day') }} as week_start,
    {{ ad_funnel.period_start('month', 'date_day') }} as month_start
from days
where date_day <= last_day
