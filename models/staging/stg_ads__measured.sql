-- One row: for each measure that needs optional columns, whether the raw tables have them. The database is asked here,
-- once; what reads it later, from fct_ads__freshness, neither asks again nor depends on the raw tables.
{% set raw_tables = {} %}
{% for table in ['impressions', 'clicks', 'conversions'] %}
{% do raw_tables.update({table: ad_funnel.raw_table(table)}) %}
{% endfor %}
{% set flags = [] %}
{% for name in ad_funnel.measures_of_columns() %}
{% set has_columns = ad_funnel.has_columns_of(ad_funnel.measures()[name], raw_tables) %}
{% do flags.append(('true' if has_columns else 'false') ~ ' as has_' ~ name) %}
{% endfor %}

select
    {{ flags | join(',\n    ') }}
