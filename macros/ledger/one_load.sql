{#-
    Seconds. Loaders stamp rows of one load seconds or minutes apart: a row begins another load when nothing of its
    account, day and level (of spend: of its key) was loaded so shortly before it.
-#}
{%- macro load_gap() -%}
    {{- return(600) -}}
{%- endmacro -%}


{#-
    A post-hook of a ledger: stops the build where rows of one key and one load report other numbers. Only one of them
    can be kept, so most often the key is too coarse: the table has a row per device or hour, and no column that says
    so is mapped. The error has the money that would be lost and the columns that tell the rows apart.
      key      the columns of the ledger that make a line
      amount   its column of money
      segment  the contract's column that the map can name more columns for
-#}
{%- macro stop_where_one_load_conflicts(ledger, table, key, amount, segment='segment') -%}
    {%- if not execute -%}{{- return('') -}}{%- endif -%}
    {%- set found = ad_funnel.rows_of(
        "select
            platform,
            currency,
            count(*) as row_count,
            sum(case when disposition in ('accepted', 'unplaced') then 1 else 0 end) as lines,
            sum(case when disposition = 'conflict' then " ~ amount ~ " end) as lost
        from " ~ ledger ~ "
        where disposition in ('accepted', 'unplaced', 'duplicate', 'conflict')
        group by platform, currency
        having max(case when disposition = 'conflict' then 1 else 0 end) = 1
        order by platform asc nulls last, currency asc nulls last"
    ) -%}
    {%- if found | length == 0 -%}{{- return('') -}}{%- endif -%}

    {%- set losses = [] -%}
    {%- for row in found -%}
        {%- set lost = (row.lost if row.lost is not none else 0) | string -%}
        {%- set lost = lost.rstrip('0').rstrip('.') if '.' in lost else lost -%}
        {%- do losses.append(
            row.platform ~ ': ' ~ row.row_count ~ ' rows are ' ~ row.lines ~ ' lines, ' ~ (lost or '0') ~ ' '
            ~ row.currency ~ ' would be lost'
        ) -%}
    {%- endfor -%}

    {%- set columns = ad_funnel.columns_that_tell_apart(ledger, table, key) -%}
    {%- if columns -%}
        {%- set mapped = ad_funnel.raw_table(table).columns[segment].sources | map(attribute='name') | list -%}
        {%- set cure -%}
            Such rows differ in {{ columns | join(', ') }}. Cure: make these part of the key, ad_funnel__{{ table
            }}_columns: {% raw %}{{% endraw %}{{ segment }}: [{{ (mapped + columns) | join(', ') }}]}. Where the later row
            replaces the earlier one, map loaded_at.
        {%- endset -%}
    {%- else -%}
        {%- set cure -%}
            No other column tells such rows apart. Cure: where the later row replaces the earlier one, map loaded_at;
            else add them up, or number them, in a model of your own and map that.
        {%- endset -%}
    {%- endif -%}
    {%- do exceptions.raise_compiler_error(
        'The table ' ~ table ~ ' has rows of one key (' ~ key | join(', ') ~ ') and one load with other numbers, and '
        ~ 'only one of them can count. ' ~ losses | join('; ') ~ '. ' ~ cure.split() | join(' ')
    ) -%}
{%- endmacro -%}


{#-
    The columns of the user's table that differ between rows of one key: those of words and times first, then, as far
    as those do not tell the rows apart, those of numbers. Looks at the first hundred keys.
-#}
{%- macro columns_that_tell_apart(ledger, table, key) -%}
    {%- set raw = ad_funnel.raw_table(table) -%}
    {#- A time that is mapped as the day may have the hour, too. -#}
    {%- set mapped = [] -%}
    {%- for name, column in raw.columns.items() if name != 'date_day' -%}
        {%- do mapped.extend(column.sources | map(attribute='name') | list) -%}
    {%- endfor -%}

    {%- set same_key, key_text = [], [] -%}
    {%- for column in key -%}
        {%- set text = 'cast(' ~ column ~ ' as ' ~ dbt.type_string() ~ ')' -%}
        {%- do key_text.append("coalesce(" ~ text ~ ", '')") -%}
    {%- endfor -%}
    {%- set key_text = key_text | join(" || '|' || ") -%}
    {%- set rows = [] -%}
    {%- for row in ad_funnel.rows_of(
        'with keys as (
            select distinct ' ~ key_text ~ ' as key_text
            from ' ~ ledger ~ "
            where disposition = 'conflict'
            order by key_text asc nulls last
            limit 100
        ),
        staged as (
            select " ~ key_text ~ ' as key_text, ' ~ ad_funnel.row_json('raw_record') ~ ' as record
            from ' ~ ref('stg_ads__' ~ table) ~ '
            where reject_reason is null
        )
        select staged.key_text, staged.record
        from staged
        inner join keys on staged.key_text = keys.key_text'
    ) -%}
        {%- do rows.append({'key': row.key_text, 'record': fromjson(row.record)}) -%}
    {%- endfor -%}

    {%- set words, numbers = [], [] -%}
    {%- for column in raw.source_columns if column.name not in mapped -%}
        {%- set all = namespace(numbers=true) -%}
        {%- for row in rows if row.record.get(column.name) is not none -%}
            {%- if not modules.re.fullmatch('[+-]?[0-9.]*([eE][+-]?[0-9]+)?', row.record.get(column.name) | string) -%}
                {%- set all.numbers = false -%}
            {%- endif -%}
        {%- endfor -%}
        {%- do (numbers if all.numbers else words).append(column.name) -%}
    {%- endfor -%}

    {%- set kept = namespace(columns=[], apart=ad_funnel.distinct_records(rows, [])) -%}
    {%- set keys = kept.apart -%}
    {%- for column in words if ad_funnel.distinct_records(rows, [column]) > keys -%}
        {%- set kept.columns = kept.columns + [column] -%}
    {%- endfor -%}
    {%- set kept.apart = ad_funnel.distinct_records(rows, kept.columns) -%}
    {%- for column in numbers if kept.apart < rows | length -%}
        {%- set apart = ad_funnel.distinct_records(rows, kept.columns + [column]) -%}
        {%- if apart > kept.apart -%}
            {%- set kept.columns = kept.columns + [column] -%}
            {%- set kept.apart = apart -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(kept.columns) -}}
{%- endmacro -%}


{#- How many of the rows differ in their key or in one of the columns. -#}
{%- macro distinct_records(rows, columns) -%}
    {%- set seen = {} -%}
    {%- for row in rows -%}
        {%- set values = namespace(text=row.key) -%}
        {%- for column in columns -%}
            {%- set values.text = values.text ~ '|' ~ row.record.get(column) -%}
        {%- endfor -%}
        {%- do seen.update({values.text: true}) -%}
    {%- endfor -%}
    {{- return(seen | length) -}}
{%- endmacro -%}
