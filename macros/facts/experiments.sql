{#- Experiments: whether they are built, what is compared, and what was planned. The statistics: macros/metrics/. -#}

{%- macro has_experiments() -%}
    {{- return(ad_funnel.setting('ad_funnel__experiments')) -}}
{%- endmacro -%}


{#-
    What variants are compared by: each a ratio of two measures of macros/metrics/metrics.sql. `is_share`: of the
    denominator's rows. `less_is_better`: a cost.
-#}
{%- macro experiment_metrics() -%}
    {{- return({
        'ctr': {'numerator': 'clicked_impressions', 'denominator': 'impressions', 'is_share': true},
        'cvr': {'numerator': 'converted_clicks', 'denominator': 'clicks', 'is_share': true},
        'conversion_per_impression':
            {'numerator': 'converted_impressions', 'denominator': 'impressions', 'is_share': true},
        'value_per_click': {'numerator': 'conversion_value', 'denominator': 'clicks'},
        'cpa': {'numerator': 'spend', 'denominator': 'conversions', 'less_is_better': true},
        'roas': {'numerator': 'conversion_value', 'denominator': 'spend'},
    }) -}}
{%- endmacro -%}

{%- macro is_experiment_metric_measured(about) -%}
    {%- set measures = ad_funnel.measures() -%}
    {{- return(ad_funnel.is_measured(measures[about.numerator].tables + measures[about.denominator].tables)) -}}
{%- endmacro -%}

{#- The measures that they are made of. -#}
{%- macro experiment_measures() -%}
    {{- return([
        'impressions', 'clicked_impressions', 'converted_impressions', 'clicks', 'converted_clicks', 'conversions',
        'conversion_value', 'spend',
    ]) -}}
{%- endmacro -%}

{#- Sums of them over rows: NULL where the raw tables are absent, or no money was reported. -#}
{%- macro experiment_measure_sum(measure) -%}
    {%- if not ad_funnel.is_measured(ad_funnel.measures()[measure].tables) -%}
        cast(null as {{ ad_funnel.type_money_sum() }})
    {%- else -%}
        cast(sum({{ measure }}) as {{ ad_funnel.type_money_sum() }})
    {%- endif -%}
{%- endmacro -%}

{#- Money that could not be converted, by the measure that lacks it. -#}
{%- macro unknown_of_measure(measure) -%}
    {{- return({
        'conversion_value': 'unknown_value_conversions', 'spend': 'unknown_cost_events',
    }.get(measure, '0')) -}}
{%- endmacro -%}


{#- The days of an experiment, where its plan sets any. -#}
{%- macro within_plan(date_day, experiment) -%}
    {{ date_day }} >= {{ experiment }}.starts_on
            and {{ date_day }} <= {{ experiment }}.ends_on
{%- endmacro -%}


{#-
    A measure as a factor of products: in millionths, and NULL beyond ten thousand millions: of the squares of what is
    less, the sum has room for a million.
-#}
{%- macro factor(measure) -%}
    case when abs({{ measure }}) < 10000000000 then cast({{ measure }} as decimal(18, 6)) end
{%- endmacro -%}

{#- What the days' units add to the sum of products of their totals; NULL where one of them is too large. -#}
{%- macro sum_of_products(left, right) -%}
    {%- set product -%}
        cast({{ left }}_total as {{ ad_funnel.type_factor() }}) * {{ right }}_total
        - cast({{ left }}_before as {{ ad_funnel.type_factor() }}) * {{ right }}_before
    {%- endset -%}
    case when count(*) = count({{ product }}) then cast(sum({{ product }}) as {{ ad_funnel.type_product_sum() }}) end
{%- endmacro -%}


{#-
    What is wrong with a comparison: `distrust` where its numbers may lie, `hindrance` where they leave something
    untold. Each NULL where there is nothing. (A mismatch is looked for each day, so a thousandth.)
-#}
{%- macro experiment_faults() -%}
    {%- set untold = 'not is_control and has_control and z is null and is_told and lacking_amounts = 0' -%}
    {%- set too_few = 'fewer than ' ~ ad_funnel.setting('ad_funnel__min_experiment_events') ~ ' events on one side' -%}
    {{ ad_funnel.texts_where([
        ('sample_ratio_p_value < 0.001',
            'sample ratio mismatch: the units are not split as planned, so something but chance chose them'),
        ('not is_planned', 'a variant is not in the shares of ad_funnel__experiment_plans'),
        ('is_contaminated', 'more than 1 % of the users are in several variants, left out: ', 'contaminated_users'),
        ('is_of_users', 'users see one variant each, but rows are counted as if each had been given its own: plan the '
            ~ 'unit user in ad_funnel__experiment_plans'),
    ]) }} as distrust,
        {{ ad_funnel.texts_where([
        ('variants < 2', 'there is one variant only'),
        ('variants > 1 and not has_control', 'no variant is the control: ad_funnel__experiment_plans can name it'),
        ('lacking_amounts > 0', 'amounts that could not be converted: ', 'lacking_amounts'),
        ('unreadable_assignments > 0', 'assignments that could not be read: ', 'unreadable_assignments'),
        ('contaminated_users > 0 and not is_contaminated', 'users in several variants, left out: ',
            'contaminated_users'),
        (untold ~ ' and is_share', too_few),
        (untold ~ ' and not is_share', too_few ~ ', or a few large amounts that outweigh the rest'),
    ]) }} as hindrance
{%- endmacro -%}

{#- Of texts, each with its condition and perhaps a count behind it, those that hold, with semicolons; NULL if none. -#}
{%- macro texts_where(cases) -%}
    nullif(substr(
            {%- for case in cases %}
            {{ '|| ' if not loop.first }}case
                when {{ case[0] }} then '; {{ case[1] }}'
                {%- if case[2] %} || cast({{ case[2] }} as {{ dbt.type_string() }}){% endif %}
                else ''
            end
            {%- endfor %}, 3
        ), '')
{%- endmacro -%}
