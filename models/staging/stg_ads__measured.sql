-- One row: for each measure that needs optional columns, whether the raw tables have them. The database is asked here,
-- once; what reads it later, from fct_ads__freshness, neither asks again nor depends on the raw tables.
{% set raw_tables = {} %}
{% for table in ['impressions', 'clicks', 'conversions'] %}
{% do raw_tables.update({table: ad_funnel.raw_table(table)}) %}
{% endfor %}
{% set measures = ad_funnel.measures() %}

select
    {%- for name in ad_funnel.measures_of_columns() %}
    {{ 'true' if ad_funnel.has_columns_of(measures[name], raw_tables) else 'false' }} as has_{{ name }}
    {{- ',' if not loop.last }}
    {%- endfor %}
