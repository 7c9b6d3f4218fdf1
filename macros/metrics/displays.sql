{#-
    How a reader sees each measure and metric: its name, its unit and its number format. One list for the report, for the
    `meta` of the marts' columns (a test holds them to this list) and for BI tools.

    A kind has one unit and one format (in the notation of spreadsheets, which BI tools read). `share` is a fraction in
    [0, 1], `ratio` a number without a unit, `money` an amount of the reporting currency, `price` one that may be small.
-#}
{%- macro displays() -%}
    {%- set kinds = ad_funnel.display_kinds() -%}
    {%- set displays = {} -%}
    {%- for name, (label, kind) in {
        'gross_impressions': ('Gross impressions', 'count'),
        'impressions': ('Impressions', 'count'),
        'measurable_impressions': ('Measurable impressions', 'count'),
        'viewable_impressions': ('Viewable impressions', 'count'),
        'clicked_impressions': ('Clicked impressions', 'count'),
        'converted_impressions': ('Converted impressions', 'count'),
        'gross_clicks': ('Gross clicks', 'count'),
        'clicks': ('Clicks', 'count'),
        'unmatched_clicks': ('Unmatched clicks', 'count'),
        'landing_measurable_clicks': ('Clicks with known landing', 'count'),
        'landed_clicks': ('Landed clicks', 'count'),
        'converted_clicks': ('Converted clicks', 'count'),
        'conversions': ('Conversions', 'count'),
        'conversion_value': ('Conversion value', 'money'),
        'valued_conversions': ('Conversions with known value', 'count'),
        'view_through_conversions': ('View-through conversions', 'count'),
        'view_through_value': ('View-through value', 'money'),
        'valued_view_through_conversions': ('View-through conversions with known value', 'count'),
        'conversions_by_conversion_date': ('Conversions by their own day', 'count'),
        'conversion_value_by_conversion_date': ('Conversion value by its own day', 'money'),
        'valued_conversions_by_conversion_date': ('Conversions by their own day with known value', 'count'),
        'all_conversions': ('All conversions', 'count'),
        'all_conversion_value': ('Value of all conversions', 'money'),
        'valued_all_conversions': ('All conversions with known value', 'count'),
        'unattributed_conversions': ('Unattributed conversions', 'count'),
        'spend': ('Spend', 'money'),
        'costed_events': ('Events with known cost', 'count'),
        'uncosted_events': ('Events without cost', 'count'),
        'unknown_cost_events': ('Events of unknown cost', 'count'),
        'unknown_value_conversions': ('Conversions of unknown value', 'count'),
        'ctr': ('CTR', 'share'),
        'cvr': ('CVR', 'share'),
        'conversion_per_impression': ('Conversion per impression', 'share'),
        'viewability_rate': ('Viewability', 'share'),
        'landing_rate': ('Landing rate', 'share'),
        'invalid_impression_rate': ('Invalid impressions', 'share'),
        'invalid_click_rate': ('Invalid clicks', 'share'),
        'clicks_per_impression': ('Clicks per impression', 'ratio'),
        'conversions_per_click': ('Conversions per click', 'ratio'),
        'cost_per_impression': ('Cost per impression', 'price'),
        'cpm': ('CPM', 'money'),
        'vcpm': ('vCPM', 'money'),
        'cpc': ('CPC', 'money'),
        'cpa': ('CPA', 'money'),
        'roas': ('ROAS', 'ratio'),
        'roi': ('ROI', 'ratio'),
        'average_conversion_value': ('Average conversion value', 'money'),
        'value_per_click': ('Value per click', 'money'),
    }.items() -%}
        {%- do displays.update({name: {
            'label': label, 'kind': kind, 'unit': kinds[kind].unit, 'format': kinds[kind].format
        }}) -%}
    {%- endfor -%}
    {{- return(displays) -}}
{%- endmacro -%}

{%- macro display_kinds() -%}
    {{- return({
        'count': {'unit': 'count', 'format': '#,##0'},
        'money': {'unit': 'reporting currency', 'format': '#,##0.00'},
        'price': {'unit': 'reporting currency', 'format': '#,##0.000000'},
        'share': {'unit': 'fraction', 'format': '0.00%'},
        'ratio': {'unit': 'ratio', 'format': '#,##0.00'},
    }) -}}
{%- endmacro -%}
