{#-
    Values that are there and cannot be read, in columns for which no row is rejected. Staging lists them by row in
    `unreadable_columns`: `landed_at: soon; loaded_at: 5 Jan; `. The ledger keeps the list, and two tests count it:
    tests/warnings/optional_values_can_be_read.sql says which there are, and
    tests/reconciliation/values_that_rules_need_can_be_read.sql stops a build where they decide what counts.
-#}

{#-
    The columns of a raw table that a row may leave out, and that hold more than text. `all`: the others, too. (Money is
    none of them, but for what a platform says that conversions are worth.)
-#}
{%- macro read_columns(table, all=false) -%}
    {%- set names = [] -%}
    {%- set claims = ['conversion_value', 'view_through_value'] if table == 'reports' else [] -%}
    {%- for name, kind in ad_funnel.raw_contract()[table].items() -%}
        {%- if kind in ['time', 'date', 'boolean', 'whole', 'decimal'] or name in claims
            or all and kind in ['date required', 'rate required'] -%}
            {%- do names.append(name) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(names) -}}
{%- endmacro -%}


{#- Those of them whose values here might not be read: what has the right type always can. -#}
{%- macro may_be_unreadable(raw, table, all=false) -%}
    {%- set names = [] -%}
    {%- for name in ad_funnel.read_columns(table, all) -%}
        {%- set column = raw.columns[name] -%}
        {%- if column.source is not none and column.type in ['text', 'number', 'float'] -%}
            {%- do names.append(name) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(names) -}}
{%- endmacro -%}


{#-
    The list, made beside columns of the same names that hold what was read, and `written_` ones that hold what was
    written. `read_as`: those that are read under another name.
-#}
{%- macro unreadable_columns(raw, table, read_as={}) -%}
    {%- set values = {} -%}
    {%- for name in ad_funnel.may_be_unreadable(raw, table) -%}
        {%- do values.update({name: ['written_' ~ name, read_as.get(name, name)]}) -%}
    {%- endfor -%}
    {{- return(ad_funnel.list_of_unreadable(raw, values)) -}}
{%- endmacro -%}

{#- The same for small tables that have no CTE between: made where the columns are read. -#}
{%- macro unreadable_columns_of(raw, table) -%}
    {%- set values = {} -%}
    {%- for name in ad_funnel.may_be_unreadable(raw, table, all=true) -%}
        {%- set kind = raw.columns[name].kind -%}
        {%- if kind == 'time' -%}
            {%- do values.update({name: [name, ad_funnel.read_optional_time(raw, name)]}) -%}
        {%- elif kind == 'date' -%}
            {%- do values.update({name: [name, ad_funnel.read_date(raw, name)]}) -%}
        {%- else -%}
            {%- do values.update({name: [name, ad_funnel.read_decimal(raw, name)]}) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(ad_funnel.list_of_unreadable(raw, values)) -}}
{%- endmacro -%}

{%- macro list_of_unreadable(raw, values) -%}
    {%- if not values -%}
        {{- return('cast(null as ' ~ dbt.type_string() ~ ')') -}}
    {%- endif -%}
    {%- set conditions, texts = [], [] -%}
    {%- for name, pair in values.items() -%}
        {%- set is_unreadable = pair[0] ~ ' is not null and ' ~ pair[1] ~ ' is null' -%}
        {%- set written = ad_funnel.value_text(pair[0], raw.columns[name].type) -%}
        {%- set text = "'" ~ name ~ ": ' || left(" ~ written ~ ", 40) || '; '" -%}
        {%- do conditions.append('(' ~ is_unreadable ~ ')') -%}
        {%- do texts.append('case when ' ~ is_unreadable ~ ' then ' ~ text ~ " else '' end") -%}
    {%- endfor -%}
    case
            when {{ conditions | join(' or ') }}
                then {{ texts | join('\n                    || ') }}
        end
{%- endmacro -%}


{#-
    For tests: the columns with values that cannot be read, how many there are, the first of them, and what to do.
    `basis_points`: only columns on which a rule depends, and of which more than so many in ten thousand rows cannot be
    read, of all rows or of the days in the look-back.
-#}
{%- macro unreadable_values(basis_points=none) -%}
    {%- set needed = ['loaded_at', 'partition_day', 'valid_from', 'valid_to', 'is_credit', 'date_day', 'rate'] -%}
    {%- set columns, rows_read, rows_counted = [], [], [] -%}
    {%- for table in ad_funnel.ledger_tables() + ['ads', 'campaigns', 'exchange_rates']
        if ad_funnel.is_measured([table]) -%}
        {%- set has_ledger = table in ad_funnel.ledger_tables() -%}
        {%- set relation = ref(('ledger_ads__' if has_ledger else 'stg_ads__') ~ table) -%}
        {%- set scopes = {'all rows': 'true'} -%}
        {%- if basis_points is not none and has_ledger -%}
            {%- set is_recent = 'date_day is not null and ' ~ ad_funnel.in_look_back_of(table, 'date_day') -%}
            {%- do scopes.update({'look-back': is_recent}) -%}
        {%- endif -%}
        {%- for name in ad_funnel.read_columns(table, all=not has_ledger)
            if basis_points is none or name in needed -%}
            {%- do columns.append(
                "select '" ~ table ~ "' as source_table, '" ~ name ~ "' as column_name, '%" ~ name ~ ": %' as is_listed"
            ) -%}
        {%- endfor -%}
        {%- for scope, condition in scopes.items() -%}
            {%- set named = "select '" ~ table ~ "' as source_table, '" ~ scope ~ "' as scope, " -%}
            {%- set rows = ' from ' ~ relation ~ ' where ' ~ condition -%}
            {%- do rows_read.append(
                named ~ 'unreadable_columns' ~ rows ~ ' and unreadable_columns is not null'
            ) -%}
            {%- do rows_counted.append(named ~ 'count(*) as row_count' ~ rows) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- if not columns -%}
        {{- return('select nothing.one from (select 1 as one) as nothing where 1 = 0') -}}
    {%- endif -%}
with read_columns as (

    {{ columns | join('\n    union all ') }}

),

rows_with_unreadable as (

    {{ rows_read | join('\n    union all ') }}

),
{% if basis_points is not none %}
row_counts as (

    {{ rows_counted | join('\n    union all ') }}

),
{% endif %}
unreadable as (

    select
        read_columns.source_table,
        read_columns.column_name,
        rows_with_unreadable.scope,
        count(*) as unreadable_rows,
        min(rows_with_unreadable.unreadable_columns) as example
    from rows_with_unreadable
    inner join read_columns
        on rows_with_unreadable.source_table = read_columns.source_table
        and rows_with_unreadable.unreadable_columns like read_columns.is_listed
    group by 1, 2, 3

)

select
    unreadable.source_table,
    unreadable.column_name,
    unreadable.scope,
    unreadable.unreadable_rows,
    unreadable.example,
    'Say how it is written in ad_funnel__' || unreadable.source_table || '_columns, such as ' || unreadable.column_name
    || ': (format, null_values).' as fix
from unreadable
{%- if basis_points is not none %}
inner join row_counts
    on unreadable.source_table = row_counts.source_table and unreadable.scope = row_counts.scope
where unreadable.unreadable_rows * 10000 > {{ basis_points }} * row_counts.row_count
{%- endif %}
{%- endmacro -%}
