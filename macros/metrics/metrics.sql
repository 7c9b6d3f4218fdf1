{#-
    The formula sheet: every metric of the package, each a macro that others can call from their own models.

        select campaign_id, {{ ad_funnel.ctr() }} as ctr from {{ ref('mart_ads__campaign') }}
        select country, {{ ad_funnel.cpm('sum(spend)', 'sum(impressions)') }} as cpm from ... group by country

    Arguments are SQL expressions, by default the columns of that name. Roll up first, divide last: give sums, never
    averages of ratios. All are ratios of one kind: NULL where the denominator is NULL, 0 or negative; NULL where the
    numerator is NULL; otherwise a DOUBLE fraction (never a percentage) or an amount of the reporting currency.
-#}

{%- macro ratio(numerator, denominator) -%}
    {%- set double = ad_funnel.type_double() -%}
    case
        when {{ denominator }} > 0
            then cast({{ numerator }} as {{ double }}) / cast({{ denominator }} as {{ double }})
    end
{%- endmacro -%}


{#- Rates: shares of the denominator's own rows, in [0, 1] by construction. -#}

{%- macro ctr(clicked_impressions='clicked_impressions', impressions='impressions') -%}
    {{- ad_funnel.ratio(clicked_impressions, impressions) -}}
{%- endmacro -%}

{%- macro cvr(converted_clicks='converted_clicks', clicks='clicks') -%}
    {{- ad_funnel.ratio(converted_clicks, clicks) -}}
{%- endmacro -%}

{%- macro conversion_per_impression(converted_impressions='converted_impressions', impressions='impressions') -%}
    {{- ad_funnel.ratio(converted_impressions, impressions) -}}
{%- endmacro -%}

{%- macro viewability_rate(
    viewable_impressions='viewable_impressions', measurable_impressions='measurable_impressions'
) -%}
    {{- ad_funnel.ratio(viewable_impressions, measurable_impressions) -}}
{%- endmacro -%}

{%- macro landing_rate(landed_clicks='landed_clicks', landing_measurable_clicks='landing_measurable_clicks') -%}
    {{- ad_funnel.ratio(landed_clicks, landing_measurable_clicks) -}}
{%- endmacro -%}

{%- macro invalid_impression_rate(gross_impressions='gross_impressions', impressions='impressions') -%}
    {{- ad_funnel.ratio('(' ~ gross_impressions ~ ' - ' ~ impressions ~ ')', gross_impressions) -}}
{%- endmacro -%}

{%- macro invalid_click_rate(gross_clicks='gross_clicks', clicks='clicks') -%}
    {{- ad_funnel.ratio('(' ~ gross_clicks ~ ' - ' ~ clicks ~ ')', gross_clicks) -}}
{%- endmacro -%}


{#- What platforms print as CTR and conversion rate: counts over counts, which may exceed 1. -#}

{%- macro clicks_per_impression(clicks='clicks', impressions='impressions') -%}
    {{- ad_funnel.ratio(clicks, impressions) -}}
{%- endmacro -%}

{%- macro conversions_per_click(conversions='conversions', clicks='clicks') -%}
    {{- ad_funnel.ratio(conversions, clicks) -}}
{%- endmacro -%}


{#- Costs, in the reporting currency. -#}

{%- macro cost_per_impression(spend='spend', impressions='impressions') -%}
    {{- ad_funnel.ratio(spend, impressions) -}}
{%- endmacro -%}

{%- macro cpm(spend='spend', impressions='impressions') -%}
    {{- ad_funnel.ratio('(1000 * ' ~ spend ~ ')', impressions) -}}
{%- endmacro -%}

{%- macro vcpm(spend='spend', viewable_impressions='viewable_impressions') -%}
    {{- ad_funnel.ratio('(1000 * ' ~ spend ~ ')', viewable_impressions) -}}
{%- endmacro -%}

{%- macro cpc(spend='spend', clicks='clicks') -%}
    {{- ad_funnel.ratio(spend, clicks) -}}
{%- endmacro -%}

{%- macro cpa(spend='spend', conversions='conversions') -%}
    {{- ad_funnel.ratio(spend, conversions) -}}
{%- endmacro -%}


{#- Returns. -#}

{%- macro roas(conversion_value='conversion_value', spend='spend') -%}
    {{- ad_funnel.ratio(conversion_value, spend) -}}
{%- endmacro -%}

{%- macro roi(conversion_value='conversion_value', spend='spend') -%}
    {{- ad_funnel.ratio('(' ~ conversion_value ~ ' - ' ~ spend ~ ')', spend) -}}
{%- endmacro -%}

{%- macro average_conversion_value(conversion_value='conversion_value', conversions='conversions') -%}
    {{- ad_funnel.ratio(conversion_value, conversions) -}}
{%- endmacro -%}

{%- macro value_per_click(conversion_value='conversion_value', clicks='clicks') -%}
    {{- ad_funnel.ratio(conversion_value, clicks) -}}
{%- endmacro -%}


{#-
    Every metric of a mart's row. Where some money is not known, what would be made from the rest is NULL rather than
    wrong (a setting shows it all the same).
-#}
{%- macro metric_columns() -%}
    {%- set spend = '(case when is_cost_complete then spend end)' -%}
    {%- set value = '(case when is_value_complete then conversion_value end)' -%}
    {%- if ad_funnel.setting('ad_funnel__partial_money_metrics') -%}
        {%- set spend = 'spend' -%}
        {%- set value = 'conversion_value' -%}
    {%- endif -%}
    {{ ad_funnel.ctr() }} as ctr,
    {{ ad_funnel.cvr() }} as cvr,
    {{ ad_funnel.conversion_per_impression() }} as conversion_per_impression,
    {{ ad_funnel.viewability_rate() }} as viewability_rate,
    {{ ad_funnel.landing_rate() }} as landing_rate,
    {{ ad_funnel.invalid_impression_rate() }} as invalid_impression_rate,
    {{ ad_funnel.invalid_click_rate() }} as invalid_click_rate,
    {{ ad_funnel.clicks_per_impression() }} as clicks_per_impression,
    {{ ad_funnel.conversions_per_click() }} as conversions_per_click,
    {{ ad_funnel.cost_per_impression(spend) }} as cost_per_impression,
    {{ ad_funnel.cpm(spend) }} as cpm,
    {{ ad_funnel.vcpm(spend) }} as vcpm,
    {{ ad_funnel.cpc(spend) }} as cpc,
    {{ ad_funnel.cpa(spend) }} as cpa,
    {{ ad_funnel.roas(value, spend) }} as roas,
    {{ ad_funnel.roi(value, spend) }} as roi,
    {{ ad_funnel.average_conversion_value(value) }} as average_conversion_value,
    {{ ad_funnel.value_per_click(value) }} as value_per_click
{%- endmacro -%}


{#- Whether all money of a row is known. -#}
{%- macro completeness_columns() -%}
    measured.unknown_cost_events = 0 as is_cost_complete,
        measured.unknown_value_conversions = 0 as is_value_complete
{%- endmacro -%}


{#-
    How fresh a row is and whether it can still change. `next_day`: the day after the row's last. A click can still be
    credited until the longest click window has passed; an impression also waits for its click.
-#}
{%- macro freshness_columns(next_day) -%}
    {%- set windows = ad_funnel.conversion_windows().longest -%}
    {%- set lateness = ad_funnel.seconds('ad_funnel__allowed_lateness') -%}
    {%- set match = ad_funnel.seconds('ad_funnel__match_window') -%}
    {%- set conversion = [windows.click, windows.view] | max -%}
    {%- set end = ad_funnel.reporting_day_start(next_day) -%}
    coalesce({{ ad_funnel.add_seconds(end, windows.click + lateness) }} <= data_through, false) as is_click_mature,
    coalesce({{ ad_funnel.add_seconds(end, match + conversion + lateness) }} <= data_through, false) as is_mature
{%- endmacro -%}
