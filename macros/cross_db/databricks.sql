{#-
    What Databricks has beyond Spark, whose macros dbt takes for it where there is none here: tables of Delta, which
    know update, delete and more. Compiled and parsed, never run.
-#}

{%- macro databricks__stored_by_day(column) -%}{{- return(ad_funnel.default__stored_by_day(column)) -}}{%- endmacro -%}

{#- One statement takes the days out and puts the rows in. It goes by the order of columns, not by their names. -#}
{%- macro databricks__replace_days(table, built, columns) -%}
    {%- set stored = adapter.get_columns_in_relation(table) | map(attribute='quoted') | join(', ') -%}
    insert into {{ table }} replace where {{ ad_funnel.replaced_rows() }}
    select {{ stored }} from {{ built }}
{%- endmacro -%}

{#- The setting that Spark must have is not one of Databricks' own SQL warehouses. -#}
{%- macro databricks__check_session() -%}{{- return('') -}}{%- endmacro -%}

{%- macro databricks__change_rows(table, columns, changes, condition) -%}
    {%- do ad_funnel.default__change_rows(table, columns, changes, condition) -%}
{%- endmacro -%}
{%- macro databricks__delete_rows(table, condition) -%}
    {%- do ad_funnel.default__delete_rows(table, condition) -%}
{%- endmacro -%}

{#- dbt's own macro for that is not for others to call. -#}
{%- macro databricks__names_in(schema) -%}
    {{- return(ad_funnel.rows_of('show tables in ' ~ schema) | map(attribute='tablename') | list) -}}
{%- endmacro -%}

{%- macro databricks__longest_name() -%}{{- return({'limit': 255, 'unit': 'characters'}) -}}{%- endmacro -%}
