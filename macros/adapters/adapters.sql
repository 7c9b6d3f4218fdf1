{#-
    What every adapter shares: the check of a loader's table before SQL runs, and expressions that read its columns.

    An adapter is one SELECT in the columns of a raw table over relations that the caller passes. It is the one place
    where a macro is a whole query. All its columns are text, as the loader wrote the value, so that `union all` of
    any two adapters works and the package rejects, with the value, what it cannot read. Times of events are the
    exception: they are UTC timestamps, since each loader has a time zone and an epoch of its own.
-#}

{#-
    The columns of a loader's table: name -> SQL text expression, qualified by `alias`.
      required, optional  names; `a|b` takes the first that there is, and is called a
      null_values         texts that mean nothing, such as the word NULL
    A name finds its column by its letters and digits alone, in any case: `metrics.cost_micros`, `metrics__costMicros`
    and `metrics_cost_micros` are one, and a byte order mark before it is nothing. An optional column that is absent is
    NULL, never 0. The entry `columns_found` has the columns themselves, for expressions that need the type.
-#}
{%- macro adapter_table(adapter_name, alias, relation, required, optional=[], null_values=[]) -%}
    {%- if relation is none -%}
        {%- do exceptions.raise_compiler_error(
            'The adapter ' ~ adapter_name ~ ' needs the table ' ~ alias ~ '. Cure: pass it, such as ' ~ alias
            ~ "=source('your_source', '" ~ alias ~ "')."
        ) -%}
    {%- endif -%}
    {%- set there, squeezed, names = {}, {}, [] -%}
    {%- if execute -%}
        {%- for column in ad_funnel.columns_of(relation) -%}
            {%- set name = column.name | lower -%}
            {%- do names.append(name) -%}
            {%- do there.update({name: column}) -%}
            {%- do squeezed.update({modules.re.sub('[^a-z0-9]', '', name): column}) -%}
        {%- endfor -%}
    {%- endif -%}

    {#- A server cuts the names that are longer than it takes, and some of Google's are. -#}
    {%- set longest_name = ad_funnel.longest_name().get('limit', 1000) -%}
    {%- set table, found, missing = {}, {}, [] -%}
    {%- for entry in required + optional -%}
        {%- set choices = entry.split('|') -%}
        {%- set column = namespace(found=none) -%}
        {%- for choice in choices if column.found is none -%}
            {%- set name = (choice | lower)[:longest_name] -%}
            {%- set column.found = there.get(name, squeezed.get(modules.re.sub('[^a-z0-9]', '', name))) -%}
        {%- endfor -%}
        {%- if column.found is not none -%}
            {%- set name = alias ~ '.' ~ ad_funnel.quoted(column.found.name) -%}
            {%- set sql = namespace(text=ad_funnel.value_text(name, ad_funnel.type_class(column.found))) -%}
            {%- for null_value in null_values -%}
                {%- set sql.text = 'nullif(' ~ sql.text ~ ', ' ~ ad_funnel.text_literal(null_value) ~ ')' -%}
            {%- endfor -%}
            {%- do table.update({choices[0]: sql.text}) -%}
            {%- do found.update({choices[0]: {'name': name, 'column': column.found}}) -%}
        {%- else -%}
            {%- do table.update({choices[0]: ad_funnel.no_text()}) -%}
            {%- if entry in required and choices | join(' or ') not in missing -%}
                {%- do missing.append(choices | join(' or ')) -%}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if execute and missing -%}
        {%- set them = 'column ' if missing | length == 1 else 'columns ' -%}
        {%- do exceptions.raise_compiler_error(
            'The adapter ' ~ adapter_name ~ ' reads ' ~ alias ~ ' from ' ~ relation ~ ', which has no ' ~ them
            ~ missing | join(', ') ~ '. It has ' ~ names | join(', ') ~ '. Cure: pass the table that the adapter is '
            ~ 'for (docs/adapters.md), or a model that selects your columns by these names.'
        ) -%}
    {%- endif -%}
    {%- do table.update({'columns_found': found}) -%}
    {{- return(table) -}}
{%- endmacro -%}


{#- An argument of several that has to be there, one at least. -#}
{%- macro adapter_needs_one_of(adapter_name, arguments) -%}
    {%- if arguments.values() | reject('none') | list | length == 0 -%}
        {%- do exceptions.raise_compiler_error(
            'The adapter ' ~ adapter_name ~ ' was given no table. Cure: pass one or more of '
            ~ arguments | join(', ') ~ '.'
        ) -%}
    {%- endif -%}
{%- endmacro -%}


{#-
    Rows of a table with some of its columns, by the first name of each entry, as what stands in a `from`; of a table
    that was not passed, no row.
-#}
{%- macro adapter_rows(adapter_name, alias, relation, required, optional=[]) -%}
    {%- set table = {} if relation is none
        else ad_funnel.adapter_table(adapter_name, alias, relation, required, optional) -%}
    {%- set columns = [] -%}
    {%- for entry in required + optional -%}
        {%- set name = entry.split('|')[0] -%}
        {%- do columns.append(table.get(name, ad_funnel.no_text()) ~ ' as ' ~ name) -%}
    {%- endfor -%}
    {%- set rows = 'limit 0' if relation is none else 'from ' ~ relation ~ ' as ' ~ alias -%}
    {{- return('(select ' ~ columns | join(', ') ~ ' ' ~ rows ~ ')') -}}
{%- endmacro -%}


{#-
    The latest version of each row of a history table, as what stands in a `from`; of a table that was not passed, no
    row. A join to all versions would multiply the money (10 versions of one campaign: observed). The columns are text
    and have the first name of each entry; `version` are names of those that say which row is later.
-#}
{%- macro adapter_latest(adapter_name, alias, relation, key, version, required=[], optional=[]) -%}
    {%- set names = [] -%}
    {%- for entry in [key] + required + optional -%}
        {%- do names.append(entry.split('|')[0]) -%}
    {%- endfor -%}
    {%- if relation is none -%}
        {{- return(ad_funnel.adapter_rows(adapter_name, alias, relation, [key] + required, optional)) -}}
    {%- endif -%}
    {%- set history = ad_funnel.adapter_table(adapter_name, alias, relation, [key] + required, optional + version) -%}
    {%- set columns, latest_first = [], [] -%}
    {%- for name in names -%}
        {%- do columns.append(history[name] ~ ' as ' ~ name) -%}
    {%- endfor -%}
    {%- for entry in version -%}
        {%- set found = history.columns_found.get(entry.split('|')[0]) -%}
        {%- if found is not none -%}
            {%- do latest_first.append(found.name ~ ' desc nulls last') -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for name in names[1:] -%}
        {%- do latest_first.append(history[name] ~ ' asc nulls last') -%}
    {%- endfor -%}
    {%- set sql -%}
(
    select {{ names | join(', ') }}
    from (
        select
            {{ columns | join(',\n            ') }},
            row_number() over (
                partition by {{ history[key.split('|')[0]] }}
                order by {{ (latest_first or [history[key.split('|')[0]] ~ ' asc nulls last']) | join(', ') }}
            ) as version_number
        from {{ relation }} as {{ alias }}
    ) as versions
    where version_number = 1
)
    {%- endset -%}
    {{- return(sql) -}}
{%- endmacro -%}


{#- NULL, as every column that a source lacks. -#}
{%- macro no_text() -%}{{- return('cast(null as ' ~ dbt.type_string() ~ ')') -}}{%- endmacro -%}

{#- Text that the caller gave as an argument, or NULL. -#}
{%- macro text_or_null(text) -%}
    {{- return(ad_funnel.no_text() if text is none else ad_funnel.text_literal(text | string)) -}}
{%- endmacro -%}

{#- What tells report lines of one key apart, as one text; NULL where the table has none of the columns. -#}
{%- macro adapter_segment(table, names) -%}
    {%- set parts = [] -%}
    {%- for name in names if name in table.columns_found or not execute -%}
        {%- do parts.append('coalesce(' ~ table[name] ~ ", '')") -%}
    {%- endfor -%}
    {{- return(parts | join(" || ' / ' || ") if parts else ad_funnel.no_text()) -}}
{%- endmacro -%}

{#-
    Text of an amount in `divide_by`ths, exactly: 231330000 millionths are 231.330000000. A union of adapters has one
    column map, and so one `divide_by`, for Google's micros and Meta's units alike; hence each adapter divides, as the
    package does, by a product of decimals (a quotient would be a float on some engines: 231.33000000000004). What is no
    number is handed on as it is, for the package to reject.
-#}
{%- macro adapter_quotient(text, divide_by) -%}
    {%- set factor = ad_funnel.decimal_literal('0.' ~ '0' * ((divide_by | string | length) - 2) ~ '1') -%}
    {%- set number = ad_funnel.try_decimal(text, 'text', ad_funnel.type_money()) -%}
    {%- set quotient = ad_funnel.try_decimal(number ~ ' * ' ~ factor, 'number', ad_funnel.type_money()) -%}
    {{- return('coalesce(' ~ ad_funnel.value_text(quotient, 'number') ~ ', ' ~ text ~ ')') -}}
{%- endmacro -%}

{#- A UTC timestamp of a loader's column; `time_zone` is that of times without an offset. -#}
{%- macro adapter_time(table, name, time_zone='UTC', format='iso') -%}
    {%- set found = table.columns_found.get(name) -%}
    {%- if found is none -%}
        {{- return('cast(null as ' ~ ad_funnel.type_time() ~ ')') -}}
    {%- endif -%}
    {%- set type_class = ad_funnel.type_class(found.column) -%}
    {%- if format != 'iso' -%}
        {{- return(ad_funnel.epoch_to_utc(found.name, type_class, format)) -}}
    {%- elif type_class == 'timestamptz' -%}
        {{- return(ad_funnel.timestamptz_to_utc(found.name)) -}}
    {%- elif type_class in ['timestamp', 'date'] -%}
        {{- return(ad_funnel.local_to_utc('cast(' ~ found.name ~ ' as ' ~ ad_funnel.type_time() ~ ')', time_zone)) -}}
    {%- endif -%}
    {{- return(ad_funnel.text_to_utc(ad_funnel.trimmed(table[name]), time_zone)) -}}
{%- endmacro -%}

{#- Whether a text says yes; NULL says no. -#}
{%- macro adapter_is_true(text) -%}
    {{- return("coalesce(lower(" ~ text ~ ") in ('true', 't', 'yes', '1'), false)") -}}
{%- endmacro -%}

{#- Text of a member of a column of structs or JSON, by its path, and of an element of a list of them; or NULL. -#}
{%- macro adapter_member(table, name, path) -%}
    {%- set found = table.columns_found.get(name) -%}
    {{- return(
        ad_funnel.no_text() if found is none
        else ad_funnel.json_member(ad_funnel.json_of(found.name, found.column), path)
    ) -}}
{%- endmacro -%}

{%- macro adapter_keyed_value(table, name, key_name, key, paths) -%}
    {%- set found = table.columns_found.get(name) -%}
    {{- return(
        ad_funnel.no_text() if found is none
        else ad_funnel.keyed_value(ad_funnel.json_of(found.name, found.column), key_name, key, paths)
    ) -}}
{%- endmacro -%}


{#-
    Visits made of events, as what stands in a `from`. `events` is a SELECT with visit_id, user_id, event_at, the six
    utm columns, landing_url, user_agent and loaded_at. A visit begins with its first event and is of the first event
    that has a source: its six utm columns are that event's, and no other's.
-#}
{%- macro adapter_visits(events) -%}
    {%- set utm = ['utm_source', 'utm_medium', 'utm_campaign', 'utm_content', 'utm_term', 'utm_id'] -%}
select
    visit_id,
    min(event_at) as visited_at,
    min(user_id) as user_id,
    {{ ad_funnel.no_text() }} as channel,
    {%- for name in utm %}
    max(case when source_place = 1 then {{ name }} end) as {{ name }},
    {%- endfor %}
    {#- (Click ids are read from landing_url.) #}
    {%- for name in ad_funnel.click_id_columns() %}
    {{ ad_funnel.no_text() }} as {{ name }},
    {%- endfor %}
    max(case when page_place = 1 then landing_url end) as landing_url,
    min(user_agent) as user_agent,
    max(loaded_at) as loaded_at,
    {{ ad_funnel.no_text() }} as partition_day
from (
    select
        events.*,
        row_number() over (
            partition by visit_id
            order by
                case
                    when coalesce(utm_source, utm_medium, utm_campaign, utm_id) is null then 1 else 0
                end asc nulls last,
                event_at asc nulls last,
                utm_source asc nulls last,
                utm_medium asc nulls last,
                utm_campaign asc nulls last,
                utm_content asc nulls last,
                utm_term asc nulls last,
                utm_id asc nulls last
        ) as source_place,
        row_number() over (
            partition by visit_id
            order by
                case when landing_url is null then 1 else 0 end asc nulls last,
                event_at asc nulls last,
                landing_url asc nulls last
        ) as page_place
    from (
        {{- events }}
    ) as events
    where visit_id is not null
) as placed
group by visit_id
{%- endmacro -%}


{#-
    Several raw tables as one, so that one model holds all that a loader's table gives: rows of each of `parts` (raw
    table -> SELECT in its columns), with the columns of all. `ad_funnel_raw_table` says which table a row is of, and
    each setting reads its own rows (macros/staging/raw_table.sql).
-#}
{%- macro adapter_together(parts) -%}
    {%- set contract, columns = ad_funnel.raw_contract(), {} -%}
    {%- for table in parts -%}
        {%- do columns.update(contract[table]) -%}
    {%- endfor -%}
    {%- for table, rows in parts.items() %}
        {%- if not loop.first %}
union all
        {%- endif %}
select
    {{ ad_funnel.text_literal(table) }} as ad_funnel_raw_table
        {%- for name, kind in columns.items() %},
            {%- set is_time = kind.startswith('time') and name != 'loaded_at' %}
    {{ name if name in contract[table]
        else 'cast(null as ' ~ ad_funnel.type_time() ~ ') as ' ~ name if is_time
        else ad_funnel.no_text() ~ ' as ' ~ name }}
        {%- endfor %}
from (
    {{- rows }}
) as {{ table }}
    {%- endfor -%}
{%- endmacro -%}
