{#-
    The additive measures: what type each has, and which raw tables must be there for it to be measured at all.
    `unless` names the count whose absence makes money 0 rather than unknown: no conversions are worth nothing, but
    three conversions that told no value are worth nobody knows what. `told`: NULL where no row tells, never made 0.
    What each counts: models/measures_and_metrics.md.
-#}
{%- macro measures() -%}
    {{- return({
        'gross_impressions': {'tables': ['impressions']},
        'impressions': {'tables': ['impressions']},
        'measurable_impressions': {'tables': ['impressions'], 'told': true},
        'viewable_impressions': {'tables': ['impressions'], 'told': true},
        'clicked_impressions': {'tables': ['impressions', 'clicks']},
        'converted_impressions': {'tables': ['impressions', 'clicks', 'conversions']},
        'gross_clicks': {'tables': ['clicks']},
        'clicks': {'tables': ['clicks']},
        'unmatched_clicks': {'tables': ['impressions', 'clicks']},
        'landing_measurable_clicks': {'tables': ['clicks'], 'told': true},
        'landed_clicks': {'tables': ['clicks'], 'told': true},
        'converted_clicks': {'tables': ['clicks', 'conversions']},
        'conversions': {'tables': ['clicks', 'conversions']},
        'conversion_value': {'tables': ['clicks', 'conversions'], 'unless': 'conversions'},
        'view_through_conversions': {'tables': ['impressions', 'conversions']},
        'view_through_value': {'tables': ['impressions', 'conversions'], 'unless': 'view_through_conversions'},
        'conversions_by_conversion_date': {'tables': ['clicks', 'conversions']},
        'conversion_value_by_conversion_date':
            {'tables': ['clicks', 'conversions'], 'unless': 'conversions_by_conversion_date'},
        'all_conversions': {'tables': ['conversions']},
        'all_conversion_value': {'tables': ['conversions'], 'unless': 'all_conversions'},
        'unattributed_conversions': {'tables': ['conversions']},
        'spend': {'tables': [], 'unless': 'shown or clicked'},
        'unknown_cost_events': {'tables': []},
        'unknown_value_conversions': {'tables': []},
    }) -}}
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
    {{- return(ad_funnel.type_money_sum() if 'unless' in measure else 'bigint') -}}
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
    `has_spend`: whether any row of the same campaign (ad, platform) tells of money; then a row on which nothing was
    shown or clicked cost nothing. `names`: only some of them; `prefix`: that of the sums and of the measures.
-#}
{%- macro measure_values(names=none, prefix='') -%}
    {%- for name, measure in ad_funnel.measures().items() if names is none or name in names -%}
        {%- set value = prefix ~ name -%}
        {%- if not ad_funnel.is_measured(measure.tables) -%}
            cast(null as {{ ad_funnel.measure_type(measure) }}) as {{ value }}
        {%- elif name == 'spend' -%}
            {%- set shown, clicked = prefix ~ 'gross_impressions', prefix ~ 'gross_clicks' -%}
            case
            when {{ value }} is null and coalesce({{ shown }} + {{ clicked }}, {{ shown }}, {{ clicked }}, 0) = 0
                and {{ prefix }}cost_source is null and has_spend then cast(0 as {{ ad_funnel.type_money_sum() }})
            else {{ value }}
        end as {{ value }}
        {%- elif 'unless' in measure -%}
            case
            when coalesce({{ prefix ~ measure.unless }}, 0) = 0 then cast(0 as {{ ad_funnel.type_money_sum() }})
            else {{ value }}
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
