-- One row per period (day, ISO week, month) and what it is compared with: the period before (previous), the same one a
-- year before (last_year). Both hold a day of the data.

with days as (

    select
        date_day,
        week_start,
        month_start,
        -- A year has 365 days or more, so this is never in the month before.
        {{ ad_funnel.period_start('month', ad_funnel.add_days('month_start', -365)) }} as month_last_year,
        -- A week is of the year that its Thursday is of.
        {{ ad_funnel.period_start('year', ad_funnel.add_days('week_start', 3)) }} as year_start
    from {{ ref('dim_ads__days') }}

),

extent as (

    select min(date_day) as first_day
    from {{ ref('fct_ads__daily') }}

),

-- The first week of a year is the one of 4 January.
years as (

    select
        *,
        {{ ad_funnel.period_start('week', ad_funnel.add_days('year_start', 3)) }} as first_week,
        {{ ad_funnel.period_start('week', ad_funnel.add_days(
            ad_funnel.period_start('year', ad_funnel.add_days('year_start', -1)), 3
        )) }} as first_week_last_year,
        case
            when {{ ad_funnel.add_days('month_start', -365) }} = month_last_year
                then {{ ad_funnel.add_days('date_day', -365) }}
            else {{ ad_funnel.add_days('date_day', -366) }}
        end as day_last_year
    from days

),

-- The same date last year, the week of the same number, the same month. 29 February and week 53 have none: counted
-- back, they come to 1 March, and to a week of their own year.
periods as (

    select
        'day' as period,
        date_day as period_start,
        {{ ad_funnel.add_days('date_day', 1) }} as next_start,
        1 as days,
        {{ ad_funnel.add_days('date_day', -1) }} as previous_start,
        case when {{ ad_funnel.period_start('month', 'day_last_year') }} = month_last_year then day_last_year end
            as last_year_start
    from years

    union all

    select
        'week' as period,
        week_start as period_start,
        {{ ad_funnel.add_days('week_start', 7) }} as next_start,
        7 as days,
        {{ ad_funnel.add_days('week_start', -7) }} as previous_start,
        case
            when {{ ad_funnel.add_days('first_week', -371) }} = first_week_last_year
                then {{ ad_funnel.add_days('week_start', -371) }}
            when {{ ad_funnel.add_days('week_start', -364) }} < first_week
                then {{ ad_funnel.add_days('week_start', -364) }}
        end as last_year_start
    from years
    where date_day = week_start

    union all

    select
        'month' as period,
        month_start as period_start,
        {{ ad_funnel.next_month('month_start') }} as next_start,
        case {{ ad_funnel.next_month('month_start') }}
            when {{ ad_funnel.add_days('month_start', 28) }} then 28
            when {{ ad_funnel.add_days('month_start', 29) }} then 29
            when {{ ad_funnel.add_days('month_start', 30) }} then 30
            else 31
        end as days,
        {{ ad_funnel.period_start('month', ad_funnel.add_days('month_start', -1)) }} as previous_start,
        month_last_year as last_year_start
    from years
    where date_day = month_start

)

{% for compared_with in ['previous', 'last_year'] %}
select
    periods.period,
    periods.period_start,
    periods.next_start,
    periods.days,
    '{{ compared_with }}' as compared_with,
    base.period_start as base_start,
    base.days as base_days,
    base.period_start >= extent.first_day as is_base_whole
from periods
inner join periods as base
    on
        periods.period = base.period
        and periods.{{ compared_with }}_start = base.period_start
cross join extent
where base.next_start > extent.first_day
{{ 'union all' if not loop.last }}
{% endfor %}
