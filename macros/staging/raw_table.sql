{#-
    A raw table as staging reads it:
      relation        what to select from: the mapped table, the demo's seed, or nothing where the user has no such
                      table
      columns         for each column of the contract: its kind, and `source` (the user's column, none where it is
                      absent; `sources` are all where the map names several), `type` (text, timestamp, timestamptz,
                      date, number, float, boolean) and what the column map says of it
      source_columns  all columns of the relation: name and type
    Asks the database which columns there are, so the table must have been built; dbt sees to that by the `ref()`.
-#}
{%- macro raw_table(table) -%}
    {%- set relation_setting = 'ad_funnel__' ~ table -%}
    {%- set contract = ad_funnel.raw_contract()[table] -%}
    {%- set map = ad_funnel.setting(relation_setting ~ '_columns') -%}

    {%- if ad_funnel.is_demo() -%}
        {%- set relation = ref('raw_ad_' ~ table) -%}
    {%- else -%}
        {%- set relation = ad_funnel.setting(relation_setting) -%}
        {%- if relation is none and table in ad_funnel.mapped_tables() -%}
            {%- do ad_funnel.bad_setting(relation_setting, 'nothing', 'a relation, or be left out') -%}
        {%- endif -%}
    {%- endif -%}

    {%- set found = {} -%}
    {%- if relation is not none and execute -%}
        {%- do ad_funnel.check_relation_exists(relation, relation_setting) -%}
        {%- for column in ad_funnel.columns_of(relation) -%}
            {%- do found.update({column.name | lower: column}) -%}
        {%- endfor -%}
    {%- endif -%}

    {%- set source_columns = [] -%}
    {%- for column in found.values() -%}
        {%- do source_columns.append({'name': column.name, 'type': ad_funnel.type_class(column)}) -%}
    {%- endfor -%}

    {%- set columns = {} -%}
    {%- for name, kind in contract.items() -%}
        {%- set about = map.get(name, {}) -%}
        {%- set about = about if about is mapping else {'column': about} -%}
        {%- set wanted = about.get('column', name) -%}
        {%- set sources = [] -%}
        {%- for wanted in ([wanted] if wanted is string else wanted) -%}
            {%- set column = found.get(wanted | lower) -%}
            {%- if found and column is none and (name in map or kind.endswith(' required')) -%}
                {%- do exceptions.raise_compiler_error(
                    'The table ' ~ relation ~ ' has no column ' ~ wanted ~ ', which ad_funnel reads as ' ~ name
                    ~ '. It has ' ~ found.keys() | join(', ') ~ '. Cure: name the right one in the setting '
                    ~ relation_setting ~ '_columns, such as {' ~ name ~ ': your_column}.'
                ) -%}
            {%- endif -%}
            {%- if column is not none -%}
                {%- do sources.append({'name': column.name, 'type': ad_funnel.type_class(column)}) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- do columns.update({name: {
            'kind': kind.split(' required')[0],
            'source': sources[0].name if sources else none,
            'sources': sources,
            'type': sources[0].type if sources else 'text',
            'format': about.get('format', 'iso'),
            'time_zone': about.get('time_zone', 'UTC'),
            'divide_by': about.get('divide_by', 1),
            'null_values': about.get('null_values', []),
            'setting': relation_setting ~ '_columns[' ~ name ~ ']',
        }}) -%}
    {%- endfor -%}

    {{- return({
        'relation': relation if relation is not none else '(select 1 as ' ~ ad_funnel.quoted('nothing') ~ ' limit 0) as no_such_table',
        'columns': columns,
        'source_columns': source_columns,
    }) -}}
{%- endmacro -%}


{#-
    A clear word for a table that is not there. `ref()` and `source()` arrive as rendered text: a name of three parts is
    looked up (in any case, as engines do); anything else, such as a file, is left to the engine.
-#}
{%- macro check_relation_exists(relation, setting_name) -%}
    {%- set name = '["`]?[^"`().\']+["`]?' -%}
    {%- if modules.re.fullmatch(name ~ '[.]' ~ name ~ '[.]' ~ name, relation | string) -%}
        {%- set database, schema, identifier = (relation | string).replace('"', '').replace('`', '').split('.') -%}
        {%- set neighbours = ad_funnel.names_in(api.Relation.create(database=database, schema=schema)) -%}
        {%- if identifier | lower not in neighbours | map('lower') -%}
            {%- do exceptions.raise_compiler_error(
                'The table ' ~ relation ~ ', named by the setting ' ~ setting_name ~ ', does not exist. Cure: load or '
                ~ 'build it first, or correct the setting.'
            ) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro -%}


{#- The column list that renames a raw table to the contract's names. -#}
{%- macro raw_columns(raw) -%}
    {%- set columns = [] -%}
    {%- for name in raw.columns -%}
        {%- do columns.append(ad_funnel.raw_column(raw, name) ~ ' as ' ~ name) -%}
    {%- endfor -%}
    {{- columns | join(',\n        ') -}}
{%- endmacro -%}


{#-
    One column of a raw table: text trimmed, blank text and the column map's null values made NULL; typed columns as
    they are; absent ones NULL text.
-#}
{%- macro raw_column(raw, name) -%}
    {%- set column = raw.columns[name] -%}
    {%- if column.source is none -%}
        {%- set expression = 'cast(null as ' ~ dbt.type_string() ~ ')' -%}
    {%- elif column.sources | length > 1 -%}
        {%- set expression = ad_funnel.joined_texts(column) -%}
    {%- elif column.type == 'text' or column.kind in ['text', 'texts', 'id', 'code', 'word'] -%}
        {%- set expression = ad_funnel.plain_text(column, column.source, column.type) -%}
        {%- if column.kind == 'word' -%}
            {%- set expression = ad_funnel.lower_case(expression) -%}
        {%- elif column.kind == 'code' -%}
            {%- set expression = ad_funnel.upper_case(expression) -%}
        {%- endif -%}
    {%- else -%}
        {%- set expression = ad_funnel.quoted(column.source) -%}
        {%- if column.null_values -%}
            {%- set text = ad_funnel.value_text(expression, column.type) -%}
            {%- set nulls = "'" ~ column.null_values | join("', '") ~ "'" -%}
            {%- set expression = 'case when ' ~ text ~ ' not in (' ~ nulls ~ ') then ' ~ expression ~ ' end' -%}
        {%- endif -%}
    {%- endif -%}
    {{- return(expression) -}}
{%- endmacro -%}


{#- One of the user's columns as text; NULL where it is blank or one of the map's null values. -#}
{%- macro plain_text(column, source, type) -%}
    {%- set text = ad_funnel.value_text(ad_funnel.quoted(source), type) -%}
    {#- The user's null values are compared as they are written, before our spelling takes their place. -#}
    {%- set trimmed = ad_funnel.trimmed_id(text) if column.kind == 'id' else ad_funnel.trimmed(text) -%}
    {%- set sql = namespace(text='nullif(' ~ trimmed ~ ", '')") -%}
    {%- for null_value in column.null_values -%}
        {%- set sql.text = 'nullif(' ~ sql.text ~ ", '" ~ null_value ~ "')" -%}
    {%- endfor -%}
    {{- return(sql.text) -}}
{%- endmacro -%}

{#-
    Several columns as one text, `phone | search`. A | inside a value is doubled, so other values never give the same
    text. NULL where all of them are.
-#}
{%- macro joined_texts(column) -%}
    {%- set texts, blank = [], [] -%}
    {%- for source in column.sources -%}
        {%- set text = ad_funnel.plain_text(column, source.name, source.type) -%}
        {%- do texts.append("coalesce(replace(" ~ text ~ ", '|', '||'), '')") -%}
        {%- do blank.append('') -%}
    {%- endfor -%}
    {{- return('nullif(' ~ texts | join(" || ' | ' || ") ~ ", '" ~ blank | join(' | ') ~ "')") -}}
{%- endmacro -%}


{#- Expressions that read one renamed column; NULL where it cannot be read. -#}

{#- A UTC timestamp. Text and numbers are read in the column map's format; a time without an offset is in its zone. -#}
{%- macro read_time(raw, name) -%}
    {%- set column = raw.columns[name] -%}
    {%- if column.type == 'timestamptz' -%}
        {{- ad_funnel.timestamptz_to_utc(name) -}}
    {%- elif column.type in ['timestamp', 'date'] -%}
        {{- ad_funnel.local_to_utc('cast(' ~ name ~ ' as ' ~ ad_funnel.type_time() ~ ')', column.time_zone) -}}
    {%- elif column.format.startswith('epoch') -%}
        {{- ad_funnel.epoch_to_utc(name, column.type, column.format) -}}
    {%- elif column.type in ['number', 'float'] -%}
        {%- do exceptions.raise_compiler_error(
            'The setting ' ~ column.setting ~ ' reads the number column ' ~ column.source ~ ' as a time. Cure: say how '
            ~ 'it counts, such as {column: ' ~ column.source ~ ', format: epoch_seconds}; formats are '
            ~ ad_funnel.time_formats() | join(', ') ~ '.'
        ) -%}
    {%- else -%}
        {{- ad_funnel.text_to_utc(ad_funnel.iso_text(name, column.format), column.time_zone) -}}
    {%- endif -%}
{%- endmacro -%}


{#- A time that no row is rejected for, such as when it was loaded: NULL where it is infinite, too. -#}
{%- macro read_optional_time(raw, name) -%}
    {%- if raw.columns[name].type in ['timestamp', 'timestamptz', 'date'] -%}
        case when {{ ad_funnel.is_finite(name) }} then {{ ad_funnel.read_time(raw, name) }} end
    {%- else -%}
        nullif({{ ad_funnel.read_time(raw, name) }}, {{ ad_funnel.no_time() }})
    {%- endif -%}
{%- endmacro -%}


{#- Text with its date put in ISO order: 03/04/2025 is 4 March or 3 April, and only the column map can say which. -#}
{%- macro iso_text(text, format) -%}
    {%- set places = {'day_first': [4, 1], 'month_first': [1, 4]} -%}
    {%- if format in places -%}
        {%- set month, day = places[format] -%}
        case
            when {{ ad_funnel.fits_pattern(text, '[0-9]{2}[/.-][0-9]{2}[/.-][0-9]{4}.*') }}
                then substr({{ text }}, 7, 4) || '-' || substr({{ text }}, {{ month }}, 2) || '-'
                    || substr({{ text }}, {{ day }}, 2) || substr({{ text }}, 11)
            else {{ text }}
        end
    {%- else -%}
        {{- text -}}
    {%- endif -%}
{%- endmacro -%}


{#- A calendar date, the reporting zone's by definition: no zone is applied (a typed time with zone: its UTC date). -#}
{%- macro read_date(raw, name) -%}
    {%- set column = raw.columns[name] -%}
    {%- if column.type == 'text' -%}
        {{- ad_funnel.text_to_date(ad_funnel.iso_text(name, column.format)) -}}
    {%- elif column.type in ['number', 'float'] -%}
        {%- do exceptions.raise_compiler_error(
            'The setting ' ~ column.setting ~ ' reads the number column ' ~ column.source ~ ' as a date. Cure: make a '
            ~ 'date of it in a model of your own and map that.'
        ) -%}
    {%- elif column.type == 'timestamptz' -%}
        {{- 'cast(' ~ ad_funnel.timestamptz_to_utc(name) ~ ' as date)' -}}
    {%- else -%}
        {{- 'cast(' ~ name ~ ' as date)' -}}
    {%- endif -%}
{%- endmacro -%}


{#- Money or a number as DECIMAL(p, 9), rounded half away from zero. -#}
{%- macro read_decimal(raw, name) -%}
    {%- set column = raw.columns[name] -%}
    {%- set type = ad_funnel.type_money() -%}
    {%- if column.kind in ['event money', 'rate'] -%}
        {%- set type = ad_funnel.type_event_money() -%}
    {%- endif -%}
    {%- if column.divide_by == 1 -%}
        {{- ad_funnel.try_decimal(name, column.type, type) -}}
    {%- else -%}
        {%- if column.divide_by == 'minor_unit' -%}
            {%- set factor = ad_funnel.minor_unit('currency') -%}
        {%- else -%}
            {%- set zeros = '0' * ((column.divide_by | string | length) - 2) -%}
            {%- set factor = ad_funnel.decimal_literal('0.' ~ zeros ~ '1') -%}
        {%- endif -%}
        {{- ad_funnel.try_decimal(
            ad_funnel.try_decimal(name, column.type, ad_funnel.type_money()) ~ ' * ' ~ factor, 'number', type
        ) -}}
    {%- endif -%}
{%- endmacro -%}


{#-
    What one minor unit of a row's currency is worth, by ISO 4217: a cent 0.01, a yen 1, a fils of Kuwait 0.001. All
    literals have the same decimals, so that engines find one type for them.
-#}
{%- macro minor_unit(currency) -%}
    {%- set decimals = {
        '1.0000': ['BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI', 'VND', 'VUV',
                   'XAF', 'XOF', 'XPF'],
        '0.0010': ['BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND'],
        '0.0001': ['CLF', 'UYW'],
    } -%}
    {%- set known = 'coalesce(' ~ currency ~ ", '" ~ ad_funnel.default_currency() ~ "')" -%}
    {%- set cases = [] -%}
    {%- for unit, currencies in decimals.items() -%}
        {%- do cases.append(
            'when ' ~ known ~ " in ('" ~ currencies | join("', '") ~ "') then " ~ ad_funnel.decimal_literal(unit)
        ) -%}
    {%- endfor -%}
    {{- return('(case ' ~ cases | join(' ') ~ ' else ' ~ ad_funnel.decimal_literal('0.0100') ~ ' end)') -}}
{%- endmacro -%}


{%- macro read_whole(raw, name) -%}
    {{- ad_funnel.try_whole(name, raw.columns[name].type) -}}
{%- endmacro -%}


{%- macro read_boolean(raw, name) -%}
    {%- if raw.columns[name].type == 'boolean' -%}
        {{- name -}}
    {%- elif raw.columns[name].type in ['number', 'float'] -%}
        case {{ name }} when 1 then true when 0 then false end
    {%- else -%}
        {%- set text = 'lower(cast(' ~ name ~ ' as ' ~ dbt.type_string() ~ '))' -%}
        case
            when {{ text }} in ('true', 't', 'yes', 'y', '1') then true
            when {{ text }} in ('false', 'f', 'no', 'n', '0') then false
        end
    {%- endif -%}
{%- endmacro -%}


{#- Whether the user's table has a column for ours. -#}
{%- macro has_column(raw, name) -%}
    {{- return(raw.columns[name].source is not none) -}}
{%- endmacro -%}


{#- The user's row as it came, all its columns; the ledger makes JSON of it where a row is not accepted. -#}
{%- macro raw_record(raw) -%}
    {{- ad_funnel.row_value(raw.source_columns or [{'name': 'nothing', 'type': 'text'}]) -}}
{%- endmacro -%}


{#- What tells two copies of an id apart: everything the contract reads but when it was loaded, and where to. -#}
{%- macro payload(table) -%}
    {{- ad_funnel.row_text(ad_funnel.raw_contract()[table] | reject('in', ['loaded_at', 'partition_day']) | list) -}}
{%- endmacro -%}


{#-
    What one row adds to the stamp of its day (macros/increments/days.sql): a number that differs when the row differs,
    as far as the stamp looks. One that does not look at the content differs for another table, too.
-#}
{%- macro row_stamp(table, raw) -%}
    {%- set name = 'ad_funnel__' ~ table ~ '_stamp' -%}
    {%- set has_load_time = ad_funnel.has_column(raw, 'loaded_at') -%}
    {%- set stamp = ad_funnel.setting(name) or ('loaded_at' if has_load_time else 'fingerprint') -%}
    {%- if stamp == 'loaded_at' and execute and raw.source_columns and not has_load_time -%}
        {%- do ad_funnel.bad_setting(
            name, stamp, 'counts or fingerprint: the table ' ~ raw.relation ~ ' has no column that is read as loaded_at'
        ) -%}
    {%- endif -%}
    {%- set of_table = local_md5(raw.relation | string)[:7] | int(base=16) -%}
    {%- if stamp == 'fingerprint' -%}
        {{- ad_funnel.fingerprint('raw_record') -}}
    {%- elif stamp == 'loaded_at' -%}
        {{- 'coalesce(' ~ ad_funnel.microseconds('loaded_at') ~ ', 0) + ' ~ of_table -}}
    {%- else -%}
        {{- 'cast(' ~ of_table ~ ' as bigint)' -}}
    {%- endif -%}
{%- endmacro -%}
