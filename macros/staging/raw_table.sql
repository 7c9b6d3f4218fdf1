{#-
    A raw table as staging reads it:
      relation        what to select from: the mapped table (of one that holds several raw tables, its own rows), the
                      demo's seed, or nothing where the user has no such table
      name            the mapped table, for messages
      columns         for each column of the contract: its kind, and `source` (the user's column, none where it is
                      absent; `sources` are all where the map names several), `source_type` (text, json, timestamp,
                      timestamptz, date, number, float, boolean), `type` (the same, once it is trimmed: text, where it
                      is read as text) and what the column map says of it
      source_columns  all columns of the relation: name and type
    Asks the database which columns there are, so the table must have been built; dbt sees to that by the `ref()`.
-#}
{%- macro raw_table(table) -%}
    {#- (dbt 2 renders no hook while it parses.) -#}
    {%- do ad_funnel.check_dbt() -%}
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

    {#- By name in any case; of two names that differ in their case alone, the one as it is written. -#}
    {%- set found, exact, source_columns = {}, {}, [] -%}
    {%- if relation is not none and execute -%}
        {%- do ad_funnel.check_relation_exists(relation, relation_setting) -%}
        {%- for column in ad_funnel.columns_of(relation) -%}
            {%- do found.update({column.name | lower: column}) -%}
            {%- do exact.update({column.name: column}) -%}
            {%- do source_columns.append({'name': column.name, 'type': ad_funnel.type_class(column)}) -%}
        {%- endfor -%}
    {%- endif -%}

    {%- set columns = {} -%}
    {%- set null_ids = ad_funnel.setting('ad_funnel__null_ids') -%}
    {#- Events may be numbered from 0 on: of 0 and -1 only ids that name something else are none. -#}
    {%- set null_own_ids = null_ids | reject('in', ['0', '0.0', '-1']) | list -%}
    {%- for name, kind in contract.items() -%}
        {%- set about = map.get(name, {}) -%}
        {%- set about = about if about is mapping else {'column': about} -%}
        {%- set wanted = about.get('column', name) -%}
        {%- set sources = [] -%}
        {%- for wanted in ([wanted] if wanted is string else wanted) -%}
            {%- set column = exact.get(wanted, found.get(wanted | lower)) -%}
            {%- if found and column is none and (name in map or kind.endswith(' required')) -%}
                {%- do exceptions.raise_compiler_error(
                    'The table ' ~ relation ~ ' has no column ' ~ wanted ~ ', which ad_funnel reads as ' ~ name
                    ~ '. It has ' ~ found.keys() | join(', ') ~ '. Cure: name the right one in the setting '
                    ~ relation_setting ~ '_columns, such as {' ~ name ~ ': your_column}.'
                ) -%}
            {%- endif -%}
            {%- if column is not none -%}
                {%- do sources.append({
                    'name': column.name, 'type': ad_funnel.type_class(column),
                    'is_decimal': ad_funnel.is_decimal(column),
                }) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- set source_type = sources[0].type if sources else 'text' -%}
        {%- set of_kind = kind.split(' required')[0] -%}
        {%- set is_id = name.endswith('_id') -%}
        {#- A date that is a number is written 20250131. -#}
        {%- set is_text = source_type in ['text', 'json'] or of_kind in ['text', 'texts', 'id', 'code', 'word']
            or of_kind == 'date' and source_type in ['number', 'float'] -%}
        {%- do columns.update({name: {
            'kind': of_kind,
            'is_id': is_id,
            'source': sources[0].name if sources else none,
            'sources': sources,
            'source_type': source_type,
            'has_fraction': sources | length > 0 and is_id and (
                source_type == 'float' or source_type == 'number' and sources[0].is_decimal
            ),
            'type': 'text' if is_text else source_type,
            'format': about.get('format', 'iso'),
            'time_zone': about.get('time_zone', 'UTC'),
            'divide_by': about.get('divide_by', 1),
            'null_values': about.get(
                'null_values', [] if not is_id
                else null_own_ids if kind == 'id required' and name != 'user_id' else null_ids
            ),
            'setting': relation_setting ~ '_columns[' ~ name ~ ']',
        }}) -%}
    {%- endfor -%}

    {%- set mapped = relation -%}
    {%- if 'ad_funnel_raw_table' in found -%}
        {%- set relation = '(select * from ' ~ relation ~ ' where ' ~ ad_funnel.quoted(found.ad_funnel_raw_table.name)
            ~ ' = ' ~ ad_funnel.text_literal(table) ~ ') as rows_of_' ~ table -%}
    {%- endif -%}

    {{- return({
        'relation': relation if relation is not none else '(select 1 as ' ~ ad_funnel.quoted('nothing') ~ ' limit 0) as no_such_table',
        'name': mapped,
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


{#-
    A raw column becomes one of the contract's in two steps, a CTE each: so the second names a column, not a long
    expression, which engines would work out again at each mention.
    First: the contract's name, and text without white space around it; absent columns are NULL text.
-#}
{%- macro trimmed_columns(raw) -%}
    {%- set columns = [] -%}
    {%- for name in raw.columns -%}
        {%- do columns.append(ad_funnel.trimmed_column(raw, name) ~ ' as ' ~ name) -%}
    {%- endfor -%}
    {{- columns | join(',\n        ') -}}
{%- endmacro -%}

{%- macro trimmed_column(raw, name) -%}
    {%- set column = raw.columns[name] -%}
    {%- if column.source is none -%}
        {{- return('cast(null as ' ~ dbt.type_string() ~ ')') -}}
    {%- endif -%}
    {%- if column.sources | length > 1 -%}
        {{- return(ad_funnel.joined_texts(column)) -}}
    {%- endif -%}
    {%- set value = ad_funnel.quoted(column.source) -%}
    {%- if column.type != 'text' -%}
        {{- return(value) -}}
    {%- endif -%}
    {%- set text = ad_funnel.value_text(value, column.source_type) -%}
    {%- if column.kind in ['text', 'texts', 'code', 'word', 'boolean'] -%}
        {{- return(ad_funnel.trimmed(text)) -}}
    {%- endif -%}
    {{- return(ad_funnel.trimmed_id(text)) -}}
{%- endmacro -%}

{#-
    Second: what means nothing becomes NULL (blank text, the column map's null values, of ids those of the setting), and
    what is one value becomes one text: words in lower case, codes in upper case, dates and times in ISO form, ids that
    went through a float without their `.0`. What has no such form stays as it is, to be counted as unreadable.
-#}
{%- macro raw_columns(raw) -%}
    {%- set columns = [] -%}
    {%- for name in raw.columns -%}
        {%- set expression = ad_funnel.raw_column(raw, name) -%}
        {%- do columns.append(expression ~ (' as ' ~ name if expression != name else '')) -%}
    {%- endfor -%}
    {{- columns | join(',\n        ') -}}
{%- endmacro -%}

{%- macro raw_column(raw, name) -%}
    {%- set column = raw.columns[name] -%}
    {%- if column.source is none -%}
        {{- return(name) -}}
    {%- elif column.type != 'text' -%}
        {%- if not column.null_values -%}{{- return(name) -}}{%- endif -%}
        {%- set is_null = ad_funnel.is_one_of(ad_funnel.value_text(name, column.type), column.null_values) -%}
        {{- return('case when not ' ~ is_null ~ ' then ' ~ name ~ ' end') -}}
    {%- endif -%}
    {%- set is_null = name ~ " = ''" -%}
    {%- if column.null_values -%}
        {%- set is_null = ad_funnel.is_one_of(name, [''] + column.null_values) -%}
    {%- endif -%}
    {%- if column.is_id and (column.source_type in ['text', 'json'] or column.has_fraction) -%}
        {{- return(
            'case when ' ~ is_null ~ ' then null when ' ~ ad_funnel.is_whole_with_point(name, column) ~ ' then '
            ~ ad_funnel.split_part(name, '.', 1) ~ ' else ' ~ name ~ ' end'
        ) -}}
    {%- elif column.kind in ['time', 'date'] and not column.format.startswith('epoch') -%}
        {{- return(ad_funnel.iso_text(name, column.format, is_null)) -}}
    {%- endif -%}
    {%- set expression = 'case when not ' ~ is_null ~ ' then ' ~ name ~ ' end' -%}
    {%- if column.kind == 'word' -%}
        {{- return(ad_funnel.lower_case(expression)) -}}
    {%- elif column.kind == 'code' -%}
        {{- return(ad_funnel.upper_case(expression)) -}}
    {%- endif -%}
    {{- return(expression) -}}
{%- endmacro -%}


{#-
    Several columns as one text, `phone | search`. A | inside a value is doubled, so other values never give the same
    text. NULL where all of them are.
-#}
{%- macro joined_texts(column) -%}
    {%- set texts, blank = [], [] -%}
    {%- for source in column.sources -%}
        {%- set text = ad_funnel.trimmed(ad_funnel.value_text(ad_funnel.quoted(source.name), source.type)) -%}
        {%- set is_null = ad_funnel.is_one_of(text, [''] + column.null_values) -%}
        {%- do texts.append(
            'coalesce(case when not ' ~ is_null ~ ' then replace(' ~ text ~ ", '|', '||') end, '')"
        ) -%}
        {%- do blank.append('') -%}
    {%- endfor -%}
    {{- return('nullif(' ~ texts | join(" || ' | ' || ") ~ ", '" ~ blank | join(' | ') ~ "')") -}}
{%- endmacro -%}


{#-
    An id that went through a float or a decimal: 111.0 and 111.00 are 111. Of a column of text that is believed only
    where the text is exactly what pandas and JSON loaders make of a whole number as soon as one id of the column is
    missing: one zero behind the point, none before the first digit, and no more digits than a float keeps.
-#}
{%- macro is_whole_with_point(id, column) -%}
    {%- if column.has_fraction -%}
        {{- return(ad_funnel.fits_pattern(id, '-?[0-9]{1,15}[.]0+')) -}}
    {%- endif -%}
    {{- return(id ~ " like '%.0' and " ~ ad_funnel.fits_pattern(id, '[1-9][0-9]{0,14}[.]0')) -}}
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
            ~ (ad_funnel.date_formats() + ad_funnel.epoch_formats()) | join(', ') ~ '.'
        ) -%}
    {%- else -%}
        {{- ad_funnel.text_to_utc(name, column.time_zone) -}}
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


{#- A calendar date, the reporting zone's by definition: no zone is applied (a typed time with zone: its UTC date). -#}
{%- macro read_date(raw, name) -%}
    {%- set column = raw.columns[name] -%}
    {%- if column.type == 'text' -%}
        {{- ad_funnel.text_to_date(name) -}}
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
            {%- set factor = ad_funnel.decimal_literal(ad_funnel.decimal_of_power(column.divide_by)) -%}
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


{#- One divided by a power of ten, written out: 0.001 of 1000. -#}
{%- macro decimal_of_power(power) -%}
    {{- return('0.' ~ '0' * ((power | string | length) - 2) ~ '1') -}}
{%- endmacro -%}


{%- macro read_whole(raw, name) -%}
    {{- ad_funnel.try_whole_number(name, raw.columns[name].type) -}}
{%- endmacro -%}


{%- macro read_boolean(raw, name) -%}
    {%- if raw.columns[name].type == 'boolean' -%}
        {{- name -}}
    {%- elif raw.columns[name].type in ['number', 'float'] -%}
        case {{ name }} when 1 then true when 0 then false end
    {%- else -%}
        {%- set text = 'lower(cast(' ~ name ~ ' as ' ~ dbt.type_string() ~ '))' -%}
        case
            when {{ ad_funnel.is_one_of(text, ['true', 't', 'yes', 'y', '1', '1.0']) }} then true
            when {{ ad_funnel.is_one_of(text, ['false', 'f', 'no', 'n', '0', '0.0']) }} then false
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
    as far as the stamp looks. One that does not look at the content differs for another table, too. Any differs once
    the row's time has come: its day then has to be built again, though nobody has touched the row.
-#}
{%- macro row_stamp(table, raw, is_in_future) -%}
    {%- set name = 'ad_funnel__' ~ table ~ '_stamp' -%}
    {%- set has_load_time = ad_funnel.has_column(raw, 'loaded_at') -%}
    {%- set stamp = ad_funnel.setting(name) or ('loaded_at' if has_load_time else 'fingerprint') -%}
    {%- if stamp == 'loaded_at' and execute and raw.source_columns and not has_load_time -%}
        {%- do ad_funnel.bad_setting(
            name, stamp, 'counts or fingerprint: the table ' ~ raw.name ~ ' has no column that is read as loaded_at'
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
    {#- More than three thousand years of microseconds: no other load time comes to the same. -#}
    {{- ' + case when ' ~ is_in_future ~ ' then 100000000000000000 else 0 end' -}}
{%- endmacro -%}
