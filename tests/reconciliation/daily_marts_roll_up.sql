-- Every measure and metric of a daily mart, rolled up by the one rule of docs/marts.md ("Roll up by sums"), is what the
-- coarser mart has, NULL included. (A coarser row may be of days on which nothing happened; those are not looked for.)
{% set measures = ad_funnel.measures() %}
-- noqa: disable=LT02
{% set entities = {
    'campaign': 'platform, campaign_id',
    'platform': 'platform',
} %}
{% set periods = {
    'daily': 'date_day',
    'weekly': ad_funnel.period_start('week', 'date_day'),
    'monthly': ad_funnel.period_start('month', 'date_day'),
} %}
{% set roll_ups = [
    ('ad_daily', 'campaign', 'daily'), ('ad_daily', 'campaign', 'weekly'), ('ad_daily', 'campaign', 'monthly'),
    ('ad_daily', 'campaign', none), ('ad_daily', 'platform', 'daily'),
    ('campaign_daily', 'campaign', 'weekly'), ('campaign_daily', 'campaign', 'monthly'),
    ('campaign_daily', 'campaign', none), ('campaign_daily', 'platform', 'daily'),
] %}
{% set period_columns = {'daily': 'date_day', 'weekly': 'week_start', 'monthly': 'month_start'} %}
{% set row %}
    {%- for name in measures %}
    {{ name }},
    {%- endfor %}
    {{ ad_funnel.metric_columns() }}
{% endset %}

with

{% for finer, entity, period in roll_ups %}
rolled_{{ loop.index }} as (

    select
        {{ periods[period] if period else 'cast(null as date)' }} as period_start,
        {{ entities[entity] }},
        {%- for name, measure in measures.items() %}
        cast({{ ad_funnel.roll_up(name) }} as {{ ad_funnel.measure_type(measure) }}) as {{ name }},
        {%- endfor %}
        sum(unknown_cost_events) = 0 as is_cost_complete,
        sum(unknown_value_conversions) = 0 as is_value_complete
    from {{ ref('mart_ads__' ~ finer) }}
    group by {{ (periods[period] ~ ', ') if period }}{{ entities[entity] }}

),

coarser_{{ loop.index }} as (

    select * from {{ ref('mart_ads__' ~ entity ~ ('_' ~ period if period else '')) }}

),

differences_{{ loop.index }} as (

    select
        '{{ finer }}, by {{ entity }}{{ ' ' ~ period if period }}' as rolled_up,
        period_start,
        {{ entities[entity] }}{{ ", 'every campaign' as campaign_id" if entity == 'platform' }}
    from (
        select
            period_start,
            {{ entities[entity] }},
            {{ row }}
        from rolled_{{ loop.index }}
        {{ dbt.except() }}
        select
            {{ period_columns[period] if period else 'cast(null as date)' }} as period_start,
            {{ entities[entity] }},
            {{ row }}
        from coarser_{{ loop.index }}
    ) as unequal

){{ ',' if not loop.last }}

{% endfor %}

{% for roll_up in roll_ups %}
select * from differences_{{ loop.index }}
{{ 'union all' if not loop.last }}
{% endfor %}
