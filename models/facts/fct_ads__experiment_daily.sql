-- One row per experiment, variant, reporting day and metric: the sums that all statistics are made of. They add up over
-- days, from an experiment's first day on: the squares of a user's total are stored as what the day adds to them,
-- (total so far)^2 - (total before)^2, since the squares of single days would not add up to those of totals.
{{ config(enabled=ad_funnel.has_experiments()) }}
{% set measures = ad_funnel.experiment_measures() %}
{% set metrics = ad_funnel.experiment_metrics() %}

with counted as (

    select
        experiment,
        variant,
        unit,
        user_id,
        date_day,
        {%- for measure in measures %}
        {{ measure }},
        {%- endfor %}
        unknown_value_conversions,
        unknown_cost_events
    from {{ ref('fct_ads__experiment_rows') }}

),

user_days as (

    select
        experiment,
        variant,
        user_id,
        date_day,
        {%- for measure in measures %}
        sum({{ measure }}) as {{ measure }},
        {%- endfor %}
        sum(unknown_value_conversions) as unknown_value_conversions,
        sum(unknown_cost_events) as unknown_cost_events
    from counted
    where unit = 'user'
    group by experiment, variant, user_id, date_day

),

-- What each unit has come to by the end of the day. A row has its one day.
units as (

    select
        experiment,
        variant,
        date_day,
        {%- for measure in measures %}
        {{ measure }},
        coalesce({{ measure }}, 0) as {{ measure }}_total,
        0 as {{ measure }}_before,
        {%- endfor %}
        unknown_value_conversions,
        unknown_cost_events
    from counted
    where unit = 'row'

    union all

    select
        experiment,
        variant,
        date_day,
        {%- for measure in measures %}
        {{ measure }},
        coalesce(sum({{ measure }}) over (
            partition by experiment, user_id order by date_day asc nulls last
            rows unbounded preceding
        ), 0) as {{ measure }}_total,
        coalesce(sum({{ measure }}) over (
            partition by experiment, user_id order by date_day asc nulls last
            rows between unbounded preceding and 1 preceding
        ), 0) as {{ measure }}_before,
        {%- endfor %}
        unknown_value_conversions,
        unknown_cost_events
    from user_days

),

-- Products of amounts are made of millionths, so that they are exact and have room.
rounded as (

    select
        experiment,
        variant,
        date_day,
        {%- for measure in measures %}
        {{ measure }},
        {{ ad_funnel.factor(measure ~ '_total') }} as {{ measure }}_total,
        {{ ad_funnel.factor(measure ~ '_before') }} as {{ measure }}_before,
        {%- endfor %}
        unknown_value_conversions,
        unknown_cost_events
    from units

),

sums as (

    select
        experiment,
        variant,
        date_day,
        {%- for measure in measures %}
        {{ ad_funnel.experiment_measure_sum(measure) }} as {{ measure }},
        {%- endfor %}
        {%- for metric, about in metrics.items() %}
        {{ ad_funnel.sum_of_products(about.numerator, about.numerator) }} as {{ metric }}_numerator_squares,
        {{ ad_funnel.sum_of_products(about.numerator, about.denominator) }} as {{ metric }}_products,
        {{ ad_funnel.sum_of_products(about.denominator, about.denominator) }} as {{ metric }}_denominator_squares,
        {%- endfor %}
        sum(case when conversion_value is null then coalesce(conversions, 0) else 0 end) as unvalued_conversions,
        sum(unknown_value_conversions) as unknown_value_conversions,
        sum(unknown_cost_events) as unknown_cost_events
    from rounded
    group by experiment, variant, date_day

),

-- Joined rather than united, so that all of the above is made once on engines that make a CTE anew for each reader.
metrics as (

    {% for metric in metrics %}
    select '{{ metric }}' as metric
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select
    sums.experiment,
    sums.variant,
    sums.date_day,
    metrics.metric,
    {%- for column in ['numerator', 'denominator'] %}
    case metrics.metric
        {%- for metric, about in metrics.items() %}
        when '{{ metric }}' then sums.{{ about[column] }}
        {%- endfor %}
    end as {{ column }},
    {%- endfor %}
    {%- for column in ['numerator_squares', 'products', 'denominator_squares'] %}
    case metrics.metric
        {%- for metric in metrics %}
        when '{{ metric }}' then sums.{{ metric }}_{{ column }}
        {%- endfor %}
    end as {{ column }},
    {%- endfor %}
    cast(case metrics.metric
        {%- for metric, about in metrics.items() %}
        when '{{ metric }}'
            then
                {{ ad_funnel.unknown_of_measure(about.numerator) }}
                + {{ ad_funnel.unknown_of_measure(about.denominator) }}
        {%- endfor %}
    end as bigint) as unknown_amounts,
    cast(case
        when metrics.metric in ('value_per_click', 'roas') then sums.unvalued_conversions
    end as bigint) as unvalued_conversions
from sums
cross join metrics
