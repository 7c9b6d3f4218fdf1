{#-
    What is PostgreSQL's own, of the macros that cross_db.sql describes. It has no `try_cast`: whatever might not fit a
    type is looked at first, inside a CASE, which is evaluated in order.
-#}

{#- `double` alone is no type (seen). -#}
{%- macro postgres__type_double() -%}{{- return('double precision') -}}{%- endmacro -%}

{#- The adapter tells the driver's names: DATETIMETZ for timestamptz, LONGINTEGER for bigint (seen). -#}
{%- macro postgres__type_class(column) -%}
    {{- return({
        'DATETIMETZ': 'timestamptz', 'DATETIME': 'timestamp', 'DATE': 'date', 'BOOLEAN': 'boolean', 'FLOAT': 'float',
        'INTEGER': 'number', 'LONGINTEGER': 'number', 'DECIMAL': 'number', 'JSON': 'json', 'JSONB': 'json',
    }.get(column.dtype | upper, 'text')) -}}
{%- endmacro -%}


{#-
    Floats as the other engines write them, for ids and raw records: PostgreSQL says 100000 for 100000.0, 1e+15 for
    1000000000000000.0 and Infinity for inf (seen).
-#}
{%- macro postgres__value_text(value, type_class) -%}
    {%- set text = 'cast(' ~ value ~ ' as text)' -%}
    {%- if type_class == 'json' -%}
        {{- return('(' ~ value ~ " #>> '{}')") -}}
    {%- elif type_class == 'timestamptz' -%}
        {#- In UTC: the text follows the session's time zone, and the stamps of all rows would, too (seen). -#}
        {%- set in_utc = 'cast(' ~ ad_funnel.timestamptz_to_utc(value) ~ ' as text)' -%}
        {{- return(in_utc ~ ' || case when isfinite(' ~ value ~ ") then '+00' else '' end") -}}
    {%- elif type_class != 'float' -%}
        {{- return(text) -}}
    {%- endif -%}
    {%- set digits = 'cast(cast(' ~ text ~ ' as numeric) as text)' -%}
    {%- set sql -%}
        case
            when {{ value }} in ('NaN', 'Infinity', '-Infinity')
                then replace(lower({{ text }}), 'infinity', 'inf')
            when {{ text }} = '-0' then '-0.0'
            when {{ value }} <> 0 and (abs({{ value }}) < 0.0001 or abs({{ value }}) >= 1e16) then {{ text }}
            else {{ digits }} || case when position('.' in {{ digits }}) = 0 then '.0' else '' end
        end
    {%- endset -%}
    {{- return(sql) -}}
{%- endmacro -%}

{#-
    Ordered by code point, whatever the database's collation is: the columns of tables that are made of it inherit that.
    (Under en_US the id B comes after a, and another copy is accepted: seen.)
-#}
{%- macro postgres__trimmed(text) -%}
    {{- return('(btrim(' ~ text ~ ", e' \\t\\n\\r\\f\\x0b')" ~ ' collate "C")') -}}
{%- endmacro -%}

{%- macro postgres__trimmed_id(text) -%}
    {{- return(ad_funnel.postgres__trimmed(text)) -}}
{%- endmacro -%}

{#-
    Under the collation "C" only A to Z have a lower case, and ICU's makes two letters of İ and looks where in its word
    a Σ stands (seen); DuckDB takes letter by letter.
-#}
{%- macro postgres__lower_case(text) -%}
    {{- return('(lower(translate(' ~ text ~ ", 'İΣ', 'iσ')" ~ ' collate "und-x-icu") collate "C")') -}}
{%- endmacro -%}

{%- macro postgres__upper_case(text) -%}
    {{- return('(upper(translate(' ~ text ~ ", 'ß', 'ẞ')" ~ ' collate "und-x-icu") collate "C")') -}}
{%- endmacro -%}


{%- macro postgres__fits_pattern(text, pattern) -%}
    {{- return(text ~ " ~ '^(?:" ~ pattern ~ ")$'") -}}
{%- endmacro -%}


{#-
    The cast of a number that is too large for the type is an error (seen), so its size is looked at first, rounded; NaN
    is larger than any number here. More digits than a thousand are none: beyond 131,072 they are an error (seen). The
    cast stands outside, since the result of a CASE without ELSE has no precision (seen).
-#}
{%- macro postgres__try_decimal(value, type_class, type) -%}
    {%- set precision, scale = modules.re.findall('[0-9]+', type) | map('int') -%}
    {%- set text = value if type_class == 'text' else 'cast(' ~ value ~ ' as text)' -%}
    {%- set number = value if type_class == 'number' else 'cast(' ~ text ~ ' as numeric)' -%}
    {%- set has_room = 'abs(round(' ~ number ~ ', ' ~ scale ~ ')) < 1e' ~ (precision - scale) -%}
    {%- set sql = 'case when ' ~ has_room ~ ' then ' ~ number ~ ' end' -%}
    {%- if type_class != 'number' -%}
        {%- set pattern = ad_funnel.number_pattern() ~ '|' ~ ad_funnel.exponent_pattern() -%}
        {%- set fits = 'length(' ~ text ~ ') <= 1000 and ' ~ ad_funnel.fits_pattern(text, pattern) -%}
        {%- set sql = 'case when ' ~ fits ~ ' then ' ~ sql ~ ' end' -%}
    {%- endif -%}
    {{- return('cast(' ~ sql ~ ' as ' ~ type ~ ')') -}}
{%- endmacro -%}

{%- macro postgres__try_product(left, right, type) -%}
    {{- return(ad_funnel.postgres__try_decimal(left ~ ' * ' ~ right, 'number', type)) -}}
{%- endmacro -%}

{%- macro postgres__try_whole(value, type_class) -%}
    {%- if type_class not in ['number', 'float'] -%}
        {%- set text = value if type_class == 'text' else 'cast(' ~ value ~ ' as text)' -%}
        {%- set fits = 'length(' ~ text ~ ') <= 1000 and ' ~ ad_funnel.fits_pattern(text, '[+-]?[0-9]+') -%}
        {%- set number = 'cast(' ~ text ~ ' as numeric)' -%}
        {{- return('case when ' ~ fits ~ ' then ' ~ ad_funnel.postgres__try_whole(number, 'number') ~ ' end') -}}
    {%- endif -%}
    {{- return(
        'case when ' ~ value ~ ' = floor(' ~ value ~ ') and ' ~ value ~ ' >= -9223372036854775808 and '
        ~ value ~ ' < 9223372036854775808 then cast(' ~ value ~ ' as bigint) end'
    ) -}}
{%- endmacro -%}


{#-
    The cast of a day that there is not, or of the year 0000, is an error; more than six digits of a second are rounded
    up, into the next day too; an offset of 16 hours is an error (all seen). So the pattern knows the calendar, the year
    before 1 is written as PostgreSQL wants it, digits are cut off, and the offset is taken away by hand.
-#}
{%- macro postgres__text_to_utc(text, time_zone) -%}
    {%- set forms = ad_funnel.time_patterns() -%}
    {%- set day = ad_funnel.postgres__calendar() -%}
    {%- set offset = "substring(" ~ text ~ " from '[+-][0-9:]{2,5}$')" -%}
    {%- set clock = "rpad(replace(substr(" ~ offset ~ ", 2), ':', ''), 4, '0')" -%}
    {%- set without_offset = "regexp_replace(" ~ text ~ ", '(Z|[+-][0-9:]{2,5})$', '')" -%}
    {%- set sql -%}
        case
            when {{ ad_funnel.fits_pattern(text, day ~ '([T ]' ~ forms.clock ~ ')?') }}
                then {{ ad_funnel.local_to_utc(ad_funnel.postgres__cast_of_time(text, 'timestamp'), time_zone) }}
            when {{ ad_funnel.fits_pattern(text, day ~ '[T ]' ~ forms.clock ~ forms.offset) }}
                then {{ ad_funnel.postgres__cast_of_time(without_offset, 'timestamp') }} - coalesce(cast(
                    left({{ offset }}, 1) || left({{ clock }}, 2) || ':' || right({{ clock }}, 2) as interval
                ), interval '0')
            when lower({{ text }}) in ('infinity', '-infinity') then {{ ad_funnel.no_time() }}
        end
    {%- endset -%}
    {{- return(sql) -}}
{%- endmacro -%}

{%- macro postgres__text_to_date(text) -%}
    {%- set forms = ad_funnel.time_patterns() -%}
    {%- set pattern = ad_funnel.postgres__calendar() ~ '([T ]' ~ forms.clock ~ forms.offset ~ '?)?' -%}
    {%- set sql -%}
        case
            when {{ ad_funnel.fits_pattern(text, pattern) }}
                then {{ ad_funnel.postgres__cast_of_time('left(' ~ text ~ ', 10)', 'date') }}
            when lower({{ text }}) in ('infinity', '-infinity') then cast({{ ad_funnel.no_time() }} as date)
        end
    {%- endset -%}
    {{- return(sql) -}}
{%- endmacro -%}

{%- macro postgres__calendar() -%}
    {{- return(
        '([0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)'
        ~ '|02-(0[1-9]|1[0-9]|2[0-8]))'
        ~ '|([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29)'
    ) -}}
{%- endmacro -%}

{%- macro postgres__cast_of_time(text, type) -%}
    {{- return("cast(regexp_replace(left(" ~ text ~ ", 26), '^0000(.*)$', '0001\\1 BC') as " ~ type ~ ")") -}}
{%- endmacro -%}

{#- Days and the rest apart: an interval of so many microseconds is a float, and loses some (seen). -#}
{%- macro postgres__epoch_to_utc(value, type_class, format) -%}
    {%- set number = ad_funnel.try_decimal(value, type_class, 'decimal(28, 6)') -%}
    {%- if type_class == 'float' -%}
        {%- set number = 'round(cast(cast(' ~ value ~ ' as text) as numeric), 6)' -%}
    {%- endif -%}
    {%- set sql -%}
        (
            select
                timestamp '1970-01-01 00:00:00'
                + cast(div(counted.microseconds, 86400000000) as integer) * interval '1 day'
                + cast(mod(counted.microseconds, 86400000000) as double precision) * interval '1 microsecond'
            from (select round({{ number }} * {{ ad_funnel.microseconds_in(format) }}) as microseconds) as counted
            where counted.microseconds between {{ ad_funnel.range_of_microseconds() }}
        )
    {%- endset -%}
    {{- return(sql) -}}
{%- endmacro -%}

{%- macro postgres__add_seconds(value, seconds) -%}
    {{- return('(' ~ value ~ " + interval '1 second' * (" ~ seconds ~ '))') -}}
{%- endmacro -%}

{#- Of a date it makes an instant of the session's time zone first (seen). -#}
{%- macro postgres__period_start(period, date) -%}
    {{- return("cast(date_trunc('" ~ period ~ "', cast(" ~ date ~ " as timestamp)) as date)") -}}
{%- endmacro -%}


{#- `json_object` is another function here; `json_build_object` puts blanks in, and takes 50 columns only (seen). -#}
{%- macro postgres__row_text(columns) -%}
    {%- set typed = [] -%}
    {%- for column in columns -%}
        {%- do typed.append({'name': column, 'type': 'text'}) -%}
    {%- endfor -%}
    {{- return(ad_funnel.postgres__row_value(typed)) -}}
{%- endmacro -%}

{#- There is no struct; a row that is not used further is not made into text, so the value is the text itself. -#}
{%- macro postgres__row_value(columns) -%}
    {%- set fields = [] -%}
    {%- for column in columns -%}
        {%- set name = ad_funnel.quoted(column.name) -%}
        {%- do fields.append(ad_funnel.value_text(name, column.type) ~ ' as ' ~ name) -%}
    {%- endfor -%}
    {%- set row = 'select\n                ' ~ fields | join(',\n                ') -%}
    {{- return(
        '(\n            select cast(row_to_json(named) as text) collate "C" from (\n                ' ~ row
        ~ '\n            ) as named\n        )'
    ) -}}
{%- endmacro -%}

{#- The escapes of nine control characters are written in small letters here: \u000b for \u000B (seen). -#}
{%- macro postgres__row_json(value) -%}
    {%- set sql = namespace(text=value) -%}
    {%- for code in ['0b', '0e', '0f', '1a', '1b', '1c', '1d', '1e', '1f'] -%}
        {%- set sql.text = (
            "regexp_replace(" ~ sql.text ~ ", '(?<!\\\\)((\\\\\\\\)*)\\\\u00" ~ code ~ "', '\\1\\\\u00" ~ code.upper()
            ~ "', 'g')"
        ) -%}
    {%- endfor -%}
    {{- return("case when position('\\u00' in " ~ value ~ ') > 0 then ' ~ sql.text ~ ' else ' ~ value ~ ' end') -}}
{%- endmacro -%}

{%- macro postgres__json_of(value, column) -%}{{- return('cast(' ~ value ~ ' as jsonb)') -}}{%- endmacro -%}

{%- macro postgres__json_member(json, path) -%}
    {%- set names = [] -%}
    {%- for name in path -%}
        {%- do names.append(ad_funnel.text_literal(name)) -%}
    {%- endfor -%}
    {{- return('jsonb_extract_path_text(' ~ json ~ ', ' ~ names | join(', ') ~ ')') -}}
{%- endmacro -%}

{#- What is no list would be an error. -#}
{%- macro postgres__keyed_value(json, key_name, key, paths) -%}
    {%- set sql -%}
        (
            select {{ ad_funnel.first_member('listed.element', paths) }}
            from jsonb_array_elements(
                case when jsonb_typeof({{ json }}) = 'array' then {{ json }} end
            ) with ordinality as listed (element, place)
            where {{ ad_funnel.json_member('listed.element', [key_name]) }} = {{ ad_funnel.text_literal(key) }}
            order by listed.place asc nulls last
            limit 1
        )
    {%- endset -%}
    {{- return(sql) -}}
{%- endmacro -%}

{#- `hashtext` and its like take one value and are NULL for NULL (seen); those of a record are not. -#}
{%- macro postgres__fingerprint(values) -%}
    {{- return('(hash_record_extended(row(' ~ values ~ '), 0) & 4611686018427387903)') -}}
{%- endmacro -%}

{%- macro postgres__row_fingerprint(alias, relation) -%}
    {{- return('(hash_record_extended(' ~ alias ~ ', 0) & 4611686018427387903)') -}}
{%- endmacro -%}

{%- macro postgres__sha256(text) -%}
    {{- return('encode(sha256(convert_to(' ~ text ~ ", 'UTF8')), 'hex')") -}}
{%- endmacro -%}

{%- macro postgres__microseconds(time) -%}
    {{- return('cast(extract(epoch from ' ~ time ~ ') * 1000000 as bigint)') -}}
{%- endmacro -%}

{#-
    Without it a table just made is taken for a small one until the server looks at it in its own time: clicks were then
    joined with impressions in a nested loop, 63 seconds for 200,000 impressions (seen).
-#}
{%- macro postgres__gather_statistics(relation) -%}
    {{- return('' if config.get('materialized') == 'view' else 'analyze ' ~ relation) -}}
{%- endmacro -%}

{%- macro postgres__begin_of_one_moment() -%}
    {{- return('begin; set transaction isolation level repeatable read') -}}
{%- endmacro -%}

{%- macro postgres__longest_name() -%}{{- return({'limit': 63, 'unit': 'bytes'}) -}}{%- endmacro -%}

{#- Two builds at once take turns: the second one would not see, and so not delete, what the first has just put in. -#}
{%- macro postgres__replace_days(table, built, columns) -%}
    lock table {{ table }} in share row exclusive mode;

    {{ ad_funnel.default__replace_days(table, built, columns) }}
{%- endmacro -%}

{#- dbt names the node and the target in front of each statement. (In two parts here: not to find this query itself.) -#}
{%- macro postgres__another_build_is_at_work() -%}
    {{- return(run_query(
        "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() "
        ~ "and position('\"node_id\": \"model.' || 'ad_funnel.' in query) > 0 "
        ~ "and position('\"target_name\": \"" ~ target.name ~ "\"' in query) > 0"
    ).rows[0][0] > 0) -}}
{%- endmacro -%}
