{#- What segments there are, and what their rates are of: models/facts/fct_ads__segment_daily.sql and the two marts. -#}

{#- Whether there are any: breakdowns, or audiences, where there is a table of campaigns. -#}
{%- macro has_segments() -%}
    {{- return(ad_funnel.setting('ad_funnel__breakdowns') | length > 0 or ad_funnel.is_measured(['campaigns'])) -}}
{%- endmacro -%}

{#- Their types: one at least, since models must be SQL where they are off, too. -#}
{%- macro segment_types() -%}
    {%- set breakdowns = ad_funnel.setting('ad_funnel__breakdowns') -%}
    {%- set has_audiences = ad_funnel.is_measured(['campaigns']) or not breakdowns -%}
    {{- return(breakdowns + (['targeting_segment'] if has_audiences else [])) -}}
{%- endmacro -%}

{%- macro segment_rates() -%}
    {{- return({'ctr': ['clicked_impressions', 'impressions'], 'cvr': ['converted_clicks', 'clicks']}) -}}
{%- endmacro -%}
