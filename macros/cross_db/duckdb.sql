{#- What is DuckDB's own, of the macros that cross_db.sql describes. -#}

{#- Of two factors of 18 digits the product has no more, and overflows (seen). -#}
{%- macro duckdb__type_factor() -%}{{- return('decimal(19, 6)') -}}{%- endmacro -%}

{#-
    By the engine's own names: dbt 2 tells of times with and without zone as one type, and dbt-duckdb takes a column of
    structs apart, into columns that no query can name.
-#}
{%- macro duckdb__columns_of(relation) -%}
    {%- set columns = [] -%}
    {%- for column in run_query('describe select * from ' ~ relation).rows -%}
        {%- do columns.append(api.Column(column[0], column[1])) -%}
    {%- endfor -%}
    {{- return(columns) -}}
{%- endmacro -%}

{%- macro duckdb__type_class(column) -%}
    {%- set type = column.dtype | upper -%}
    {%- if type.startswith('TIMESTAMPTZ') or type.endswith('WITH TIME ZONE') -%}{{- return('timestamptz') -}}
    {%- elif type.startswith('TIMESTAMP') or type == 'DATETIME' -%}{{- return('timestamp') -}}
    {%- elif type == 'DATE' -%}{{- return('date') -}}
    {%- elif type == 'BOOLEAN' -%}{{- return('boolean') -}}
    {%- elif type == 'JSON' -%}{{- return('json') -}}
    {%- elif type in ['DOUBLE', 'FLOAT', 'REAL'] -%}{{- return('float') -}}
    {%- elif modules.re.fullmatch('(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DECIMAL.*)$', type) -%}{{- return('number') -}}
    {%- else -%}{{- return('text') -}}
    {%- endif -%}
{%- endmacro -%}

{%- macro duckdb__value_text(value, type_class) -%}
    {%- if type_class == 'json' -%}{{- return('json_extract_string(' ~ value ~ ", '$')") -}}{%- endif -%}
    {{- return('cast(' ~ value ~ ' as varchar)') -}}
{%- endmacro -%}

{%- macro duckdb__trimmed(text) -%}
    {{- return('trim(' ~ text ~ ", e' \\t\\n\\r\\f\\x0b')") -}}
{%- endmacro -%}

{#- Texts that do repeat are trimmed once each: DuckDB reads them as a dictionary. -#}
{%- macro duckdb__trimmed_id(text) -%}
    {{- return(
        'case when ' ~ text ~ " >= '!' and array_extract(" ~ text ~ ", -1) >= '!' then " ~ text
        ~ ' else ' ~ ad_funnel.duckdb__trimmed(text) ~ ' end'
    ) -}}
{%- endmacro -%}

{#-
    Constants behind `in`, or in a list, become a join, which is carried out where nobody asks for the column, too (seen
    in plans). The keys of a map do not, and are found in 20 nanoseconds.
-#}
{%- macro duckdb__is_one_of(text, literals) -%}
    {{- return('map_contains(map {' ~ literals | join(': 1, ') ~ ': 1}, ' ~ text ~ ')') -}}
{%- endmacro -%}

{%- macro duckdb__fits_pattern(text, pattern) -%}
    {{- return("regexp_full_match(" ~ text ~ ", '" ~ pattern ~ "')") -}}
{%- endmacro -%}

{#-
    Casts alone take 1_000 for a thousand and, on older versions, 0x10 for sixteen (seen). Of floats cast directly,
    12345678901234.5 becomes ….500632576 (seen). Numbers with an exponent are first read with more room: cast directly,
    7602648550530e-6 finds none, and 23929709.33164105825477e+2 loses digits (seen).
-#}
{%- macro duckdb__try_decimal(value, type_class, type) -%}
    {%- if type_class == 'number' -%}
        {{- return('try_cast(' ~ value ~ ' as ' ~ type ~ ')') -}}
    {%- endif -%}
    {%- set value = value if type_class == 'text' else 'cast(' ~ value ~ ' as varchar)' -%}
    {%- set number = ad_funnel.number_pattern() -%}
    {%- set sql -%}
        case
            when {{ ad_funnel.fits_pattern(value, number) }} then try_cast({{ value }} as {{ type }})
            when {{ ad_funnel.fits_pattern(value, ad_funnel.exponent_pattern()) }}
                then try_cast(try_cast({{ value }} as decimal(38, 9)) as {{ type }})
        end
    {%- endset -%}
    {{- return(sql) -}}
{%- endmacro -%}

{#- The multiplication itself is an error where it finds no room (seen). -#}
{%- macro duckdb__try_product(left, right, type) -%}
    {{- return('try_cast(try(' ~ left ~ ' * ' ~ right ~ ') as ' ~ type ~ ')') -}}
{%- endmacro -%}

{#-
    A plain cast dropped or applied the offset depending on the version (seen). Before DuckDB 2.0 there is none behind a
    time without seconds (seen): so where the cast fails, it is tried with them.
-#}
{%- macro duckdb__text_to_utc(text, time_zone) -%}
    {%- set forms = ad_funnel.time_patterns() -%}
    {%- set local = 'try_cast(' ~ text ~ ' as timestamp)' -%}
    {%- set with_seconds = 'left(' ~ text ~ ", 16) || ':00' || substr(" ~ text ~ ', 17)' -%}
    {%- set instant = (
        'coalesce(try_cast(' ~ text ~ ' as timestamptz), try_cast(' ~ with_seconds ~ ' as timestamptz))'
    ) -%}
    {%- set sql -%}
        case
            when {{ ad_funnel.fits_pattern(text, forms.day ~ '([T ]' ~ forms.clock ~ ')?') }}
                then {{ ad_funnel.local_to_utc(local, time_zone) }}
            when {{ ad_funnel.fits_pattern(text, forms.day ~ '[T ]' ~ forms.clock ~ forms.offset) }}
                then {{ ad_funnel.timestamptz_to_utc(instant) }}
            when lower({{ text }}) in ('infinity', '-infinity') then {{ ad_funnel.no_time() }}
        end
    {%- endset -%}
    {{- return(sql) -}}
{%- endmacro -%}

{%- macro duckdb__epoch_to_utc(value, type_class, format) -%}
    {#- Larger numbers would be an error, not a NULL. -#}
    {%- set number = 'try_cast(' ~ value ~ ' as decimal(28, 6))' -%}
    {%- if type_class == 'text' -%}
        {%- set number = ad_funnel.try_decimal(value, type_class, 'decimal(28, 6)') -%}
    {%- endif -%}
    {%- set number = number ~ ' * ' ~ ad_funnel.microseconds_in(format) -%}
    {{- return(
        'case when ' ~ number ~ ' between ' ~ ad_funnel.range_of_microseconds()
        ~ ' then make_timestamp(cast(' ~ number ~ ' as bigint)) end'
    ) -}}
{%- endmacro -%}

{%- macro duckdb__add_seconds(value, seconds) -%}
    {{- return('(' ~ value ~ ' + to_seconds(' ~ seconds ~ '))') -}}
{%- endmacro -%}

{%- macro duckdb__row_text(columns) -%}
    {%- set pairs = [] -%}
    {%- for column in columns -%}
        {%- set key = "'" ~ column.replace("'", "''") ~ "'" -%}
        {%- do pairs.append(key ~ ', cast(' ~ ad_funnel.quoted(column) ~ ' as varchar)') -%}
    {%- endfor -%}
    {{- return('cast(json_object(\n            ' ~ pairs | join(',\n            ') ~ '\n        ) as varchar)') -}}
{%- endmacro -%}

{#-
    DuckDB makes every column of a subquery for every row, even where a join then drops the row: so the value does
    little but refer to its columns.
-#}
{%- macro duckdb__row_value(columns) -%}
    {%- set fields = [] -%}
    {%- for column in columns -%}
        {%- set name = ad_funnel.quoted(column.name) -%}
        {#- Times become texts by themselves, and dearly. -#}
        {%- set is_time = column.type in ['timestamp', 'timestamptz', 'date'] -%}
        {%- do fields.append(name ~ ' := ' ~ (name if is_time else 'cast(' ~ name ~ ' as varchar)')) -%}
    {%- endfor -%}
    {{- return('struct_pack(\n            ' ~ fields | join(',\n            ') ~ '\n        )') -}}
{%- endmacro -%}

{%- macro duckdb__row_json(value) -%}
    {{- return('cast(to_json(' ~ value ~ ') as varchar)') -}}
{%- endmacro -%}

{%- macro duckdb__json_of(value, column) -%}
    {%- set is_json = column.dtype | upper in ['VARCHAR', 'JSON'] -%}
    {{- return('cast(' ~ (value if is_json else 'to_json(' ~ value ~ ')') ~ ' as json)') -}}
{%- endmacro -%}

{%- macro duckdb__json_member(json, path) -%}
    {{- return('json_extract_string(' ~ json ~ ', ' ~ ad_funnel.json_path(path) ~ ')') -}}
{%- endmacro -%}

{#- DuckDB 2.0 refuses the arrow `element -> …`. -#}
{%- macro duckdb__keyed_value(json, key_name, key, paths) -%}
    {%- set has_key = ad_funnel.json_member('element', [key_name]) ~ ' = ' ~ ad_funnel.text_literal(key) -%}
    {%- set found = 'list_filter(cast(' ~ json ~ ' as json[]), lambda element: ' ~ has_key ~ ')[1]' -%}
    {{- return(ad_funnel.first_member(found, paths)) -}}
{%- endmacro -%}

{%- macro duckdb__fingerprint(values) -%}
    {{- return('cast(hash(' ~ values ~ ') >> 2 as bigint)') -}}
{%- endmacro -%}

{%- macro duckdb__row_fingerprint(alias, relation) -%}
    {{- return(ad_funnel.duckdb__fingerprint(alias)) -}}
{%- endmacro -%}

{%- macro duckdb__read_once() -%}{{- return('materialized') -}}{%- endmacro -%}

{%- macro duckdb__sha256(text) -%}
    {{- return('sha256(' ~ text ~ ')') -}}
{%- endmacro -%}

{%- macro duckdb__microseconds(time) -%}
    {{- return('epoch_us(' ~ time ~ ')') -}}
{%- endmacro -%}

{%- macro duckdb__check_dbt() -%}{{- return('') -}}{%- endmacro -%}

{#- CSV of one cell, without quotes and without a delimiter that the text could hold. -#}
{%- macro duckdb__write_text(file, text) -%}
    {%- do run_query(
        'copy (select ' ~ ad_funnel.text_literal(text) ~ ' as text) to ' ~ ad_funnel.text_literal(file)
        ~ " (format csv, header false, quote '', escape '', delimiter e'\\x01')"
    ) -%}
{%- endmacro -%}

{#- The builder of a file shuts its readers out, so that what they read is another file. -#}
{%- macro duckdb__begin_of_one_moment() -%}
    {%- do exceptions.raise_compiler_error(
        'publish is for servers. Builds in a DuckDB file are published by scripts/publish.py '
        ~ '(docs/operations/publishing.md).'
    ) -%}
{%- endmacro -%}

{#- Other collations take `Ad-1` and `ad-1` for one id, and order texts in another way. -#}
{%- macro duckdb__check_session() -%}
    {%- if not execute -%}{{- return('') -}}{%- endif -%}
    {%- set collation = ad_funnel.rows_of("select current_setting('default_collation') as name")[0].name -%}
    {%- if collation | lower not in ['', 'binary', 'c', 'posix'] -%}
        {%- do exceptions.raise_compiler_error(
            'In this session DuckDB compares texts in another way: default_collation is ' ~ collation ~ '. Cure: take '
            ~ 'it out of the settings of the target ' ~ target.name ~ ' in the profile.'
        ) -%}
    {%- endif -%}
    {{- return('') -}}
{%- endmacro -%}

{%- macro duckdb__is_read_only(relation) -%}
    {{- return(run_query(
        'select coalesce(bool_or(readonly), false) from duckdb_databases() where database_name = '
        ~ ad_funnel.text_literal(relation.database)
    ).rows[0][0]) -}}
{%- endmacro -%}
