{#-
    The additive measures: what type each has, and which raw tables, and which of their columns, must be there for it to
    be measured at all. What each counts: models/measures_and_metrics.md.

    `columns`: each of these must be there; ` or ` separates alternatives, ` + ` what one alternative needs together.
    `money`: money is NULL where there was something to pay and nothing says what. `known`: the measure that counts the
    amounts in the sum. `of`: the measure that counts what should have an amount; where that is 0, the money is 0 (no
    conversions are worth nothing, but three conversions without a value are worth nobody knows what).
    `told`: NULL where no row says, never made 0.
-#}
{%- macro measures() -%}
    {%- set by_click = 'conversions.click_id or conversions.user_id + clicks.user_id' -%}
    {%- set by_view = 'conversions.impression_id or conversions.user_id + impressions.user_id' -%}
    {%- set by_any = 'conversions.click_id or conversions.impression_id or conversions.user_id' -%}
    {{- return({
        'gross_impressions': {'tables': ['impressions']},
        'impressions': {'tables': ['impressions']},
        'measurable_impressions': {'tables': ['impressions'], 'told': true},
        'viewable_impressions': {'tables': ['impressions'], 'told': true, 'columns': ['impressions.is_viewable']},
        'clicked_impressions': {'tables': ['impressions', 'clicks'], 'columns': ['clicks.impression_id']},
        'converted_impressions':
            {'tables': ['impressions', 'clicks', 'conversions'], 'columns': ['clicks.impression_id', by_click]},
        'gross_clicks': {'tables': ['clicks']},
        'clicks': {'tables': ['clicks']},
        'unmatched_clicks': {'tables': ['impressions', 'clicks'], 'columns': ['clicks.impression_id']},
        'landing_measurable_clicks': {'tables': ['clicks'], 'told': true},
        'landed_clicks': {'tables': ['clicks'], 'told': true},
        'converted_clicks': {'tables': ['clicks', 'conversions'], 'columns': [by_click]},
        'conversions': {'tables': ['clicks', 'conversions'], 'columns': [by_click]},
        'conversion_value': {
            'tables': ['clicks', 'conversions'], 'columns': [by_click, 'conversions.value'],
            'money': true, 'known': 'valued_conversions', 'of': 'conversions',
        },
        'valued_conversions': {'tables': ['clicks', 'conversions'], 'columns': [by_click, 'conversions.value']},
        'view_through_conversions': {'tables': ['impressions', 'conversions'], 'columns': [by_view]},
        'view_through_value': {
            'tables': ['impressions', 'conversions'], 'columns': [by_view, 'conversions.value'],
            'money': true, 'known': 'valued_view_through_conversions', 'of': 'view_through_conversions',
        },
        'valued_view_through_conversions':
            {'tables': ['impressions', 'conversions'], 'columns': [by_view, 'conversions.value']},
        'conversions_by_conversion_date': {'tables': ['clicks', 'conversions'], 'columns': [by_click]},
        'conversion_value_by_conversion_date': {
            'tables': ['clicks', 'conversions'], 'columns': [by_click, 'conversions.value'],
            'money': true, 'known': 'valued_conversions_by_conversion_date', 'of': 'conversions_by_conversion_date',
        },
        'valued_conversions_by_conversion_date':
            {'tables': ['clicks', 'conversions'], 'columns': [by_click, 'conversions.value']},
        'all_conversions': {'tables': ['conversions']},
        'all_conversion_value': {
            'tables': ['conversions'], 'columns': ['conversions.value'],
            'money': true, 'known': 'valued_all_conversions', 'of': 'all_conversions',
        },
        'valued_all_conversions': {'tables': ['conversions'], 'columns': ['conversions.value']},
        'unattributed_conversions': {'tables': ['conversions'], 'columns': [by_any]},
        'spend': {'tables': [], 'money': true, 'known': 'costed_events', 'of': 'uncosted_events'},
        'costed_events': {'tables': []},
        'uncosted_events': {'tables': []},
        'unknown_cost_events': {'tables': []},
        'unknown_value_conversions': {'tables': []},
    }) -}}
{%- endmacro -%}


{#-
    The measures that are not measured where a raw table lacks a column. fct_ads__freshness has a flag `has_<measure>`
    for each, which no model but staging has to ask the raw tables for.
-#}
{%- macro measures_of_columns() -%}
    {%- set names = [] -%}
    {%- for name, measure in ad_funnel.measures().items() if measure.columns -%}
        {%- do names.append(name) -%}
    {%- endfor -%}
    {{- return(names) -}}
{%- endmacro -%}


{#- Whether raw tables have what `columns` of a measure asks for. `raw_tables`: name -> what raw_table() says of it. -#}
{%- macro has_columns_of(measure, raw_tables) -%}
    {%- set missing = [] -%}
    {%- for alternatives in measure.columns -%}
        {%- set found = [] -%}
        {%- for alternative in alternatives.split(' or ') -%}
            {%- set absent = [] -%}
            {%- for name in alternative.split(' + ') -%}
                {%- set table, column = name.split('.') -%}
                {%- if not ad_funnel.has_column(raw_tables[table], column) -%}
                    {%- do absent.append(name) -%}
                {%- endif -%}
            {%- endfor -%}
            {%- if not absent -%}{%- do found.append(alternative) -%}{%- endif -%}
        {%- endfor -%}
        {%- if not found -%}{%- do missing.append(alternatives) -%}{%- endif -%}
    {%- endfor -%}
    {{- return(missing | length == 0) -}}
{%- endmacro -%}


{#- What a row of fct_ads__daily is: `day` and `platform` may be other columns of the table that is rolled up. -#}
{%- macro daily_grain(day='date_day', platform='platform', select=true, prefix=none) -%}
    {%- set columns = [] -%}
    {%- for name, expression in [('date_day', day), ('platform', platform)] -%}
        {%- do columns.append(expression ~ ' as ' ~ name if select and expression != name else expression) -%}
    {%- endfor -%}
    {%- do columns.extend(['campaign_id', 'ad_id', 'traffic_type'] + ad_funnel.setting('ad_funnel__breakdowns')) -%}
    {%- if prefix -%}
        {{- prefix ~ '.' ~ columns | join(', ' ~ prefix ~ '.') -}}
    {%- else -%}
        {{- columns | join(', ') -}}
    {%- endif -%}
{%- endmacro -%}


{#- A daily aggregate's columns in the order of fct_ads__daily, NULL for what it does not count. -#}
{%- macro daily_columns(counted) -%}
    {%- set types = {'cost_source': dbt.type_string(), 'superseded_event_cost': ad_funnel.type_money_sum()} -%}
    {%- for name, measure in ad_funnel.measures().items() -%}
        {%- do types.update({name: ad_funnel.measure_type(measure)}) -%}
    {%- endfor -%}
    {{- ad_funnel.daily_grain() -}}
    {%- for name, type in types.items() -%}
        , {{ name if name in counted else 'cast(null as ' ~ type ~ ') as ' ~ name }}
    {%- endfor -%}
{%- endmacro -%}


{%- macro measure_type(measure) -%}
    {{- return(ad_funnel.type_money_sum() if measure.money else 'bigint') -}}
{%- endmacro -%}


{#- The sums of every measure over rows of fct_ads__daily: the only way to roll up. NULL where it is not measured. -#}
{%- macro measure_sums() -%}
    {%- for name, measure in ad_funnel.measures().items() -%}
        {%- set sum = 'sum(' ~ name ~ ')' if ad_funnel.is_measured(measure.tables) else 'null' -%}
        cast({{ sum }} as {{ ad_funnel.measure_type(measure) }}) as {{ name }},
    {% endfor -%}
    case
            when min(cost_source) = max(cost_source) then min(cost_source)
            when min(cost_source) <> max(cost_source) then 'mixed'
        end as cost_source
{%- endmacro -%}


{#-
    Every measure of a mart's row, from its sums: 0 where it was measured and nothing happened, NULL where it was not.
    Reads, beside the sums, the row of fct_ads__freshness and `has_spend`: whether any row of the platform has a cost.
    `names`: only some of the measures; `prefix`: that of the sums and of the measures.
-#}
{%- macro measure_values(names=none, prefix='') -%}
    {%- for name, measure in ad_funnel.measures().items() if names is none or name in names -%}
        {%- set value = prefix ~ name -%}
        {%- if not ad_funnel.is_measured(measure.tables) -%}
            cast(null as {{ ad_funnel.measure_type(measure) }}) as {{ value }}
        {%- elif measure.money or measure.columns -%}
            case
            {%- if measure.columns %}
            when not has_{{ name }} then cast(null as {{ ad_funnel.measure_type(measure) }})
            {%- endif %}
            {%- if measure.money %}
            when {{ value }} is null and coalesce({{ prefix ~ measure.of }}, 0) = 0
                {{- ' and has_spend' if name == 'spend' }} then cast(0 as {{ ad_funnel.type_money_sum() }})
            {%- endif %}
            else {{ value if measure.money or measure.told else 'coalesce(' ~ value ~ ', 0)' }}
        end as {{ value }}
        {%- elif measure.told -%}
            {{ value }}
        {%- else -%}
            coalesce({{ value }}, 0) as {{ value }}
        {%- endif -%}
        {%- if not loop.last %},
        {% endif -%}
    {%- endfor -%}
{%- endmacro -%}


{#-
    A measure of a mart rolled up over rows of that mart, as the coarser mart has it, NULL included: a sum; of money
    only where some of it is known or there was nothing to pay. `complete`: what cost and value metrics are made of,
    NULL where part of the money is in an unknown currency.

        select
            campaign_id,
            {{ ad_funnel.roll_up('spend') }} as spend,
            {{ ad_funnel.cpm(ad_funnel.roll_up('spend', complete=true), 'sum(impressions)') }} as cpm
        from {{ ref('mart_ads__campaign_daily') }}
        group by campaign_id
-#}
{%- macro roll_up(name, complete=false) -%}
    {%- set measure = ad_funnel.measures()[name] -%}
    {%- if measure.money -%}
        (case
            when (sum({{ measure.known }}) > 0 or sum({{ measure.of }}) = 0)
                {%- if complete and not ad_funnel.setting('ad_funnel__partial_money_metrics') %}
                and sum({{ 'unknown_cost_events' if name == 'spend' else 'unknown_value_conversions' }}) = 0
                {%- endif %}
                then sum({{ name }})
        end)
    {%- else -%}
        sum({{ name }})
    {%- endif -%}
{%- endmacro -%}
