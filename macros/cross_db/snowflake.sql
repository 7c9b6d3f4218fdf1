{#-
    What is Snowflake's own, of the macros that cross_db.sql describes: written by its documentation, compiled and
    parsed, never run. Names without quotes are in capitals there. `timestamp` is whatever the account says,
    `timestamp_ntz` is not. Text literals know backslashes.
-#}

{%- macro snowflake__type_time() -%}{{- return('timestamp_ntz') -}}{%- endmacro -%}
{%- macro snowflake__time_literal(text) -%}
    {{- return("cast('" ~ text ~ "' as timestamp_ntz)") -}}
{%- endmacro -%}

{%- macro snowflake__type_class(column) -%}
    {{- return({
        'TIMESTAMP_LTZ': 'timestamptz', 'TIMESTAMP_TZ': 'timestamptz', 'TIMESTAMP_NTZ': 'timestamp',
        'TIMESTAMP': 'timestamp', 'DATE': 'date', 'BOOLEAN': 'boolean', 'REAL': 'float', 'FIXED': 'number',
    }.get(column.dtype | upper, 'text')) -}}
{%- endmacro -%}

{%- macro snowflake__text_literal(text) -%}
    {{- return("'" ~ text.replace('\\', '\\\\').replace("'", "''") ~ "'") -}}
{%- endmacro -%}

{#- The text of a time follows the session's format, so it is told here. -#}
{%- macro snowflake__value_text(value, type_class) -%}
    {%- if type_class in ['timestamp', 'timestamptz'] -%}
        {%- set utc = ad_funnel.timestamptz_to_utc(value) if type_class == 'timestamptz' else value -%}
        {%- set text = "rtrim(rtrim(to_varchar(" ~ utc ~ ", 'YYYY-MM-DD HH24:MI:SS.FF9'), '0'), '.')" -%}
        {{- return(text ~ " || '+00'" if type_class == 'timestamptz' else text) -}}
    {%- elif type_class == 'date' -%}
        {{- return('to_varchar(' ~ value ~ ", 'YYYY-MM-DD')") -}}
    {%- endif -%}
    {{- return('cast(' ~ value ~ ' as varchar)') -}}
{%- endmacro -%}

{%- macro snowflake__trimmed(text) -%}
    {{- return('trim(' ~ text ~ ", ' \\t\\n\\r\\f\\x0b')") -}}
{%- endmacro -%}
{%- macro snowflake__trimmed_id(text) -%}{{- return(ad_funnel.snowflake__trimmed(text)) -}}{%- endmacro -%}

{#- It fits a whole text or not at all. -#}
{%- macro snowflake__fits_pattern(text, pattern) -%}
    {{- return('regexp_like(' ~ text ~ ", '" ~ pattern ~ "')") -}}
{%- endmacro -%}


{#- `try_` functions take texts only; a number that finds no room is an error, so its size is looked at first. -#}
{%- macro snowflake__try_decimal(value, type_class, type) -%}
    {%- if type_class == 'number' -%}
        {{- return(ad_funnel.decimal_with_room(value, type)) -}}
    {%- endif -%}
    {%- set precision, scale = modules.re.findall('[0-9]+', type) | map('int') -%}
    {%- set text = value if type_class == 'text' else 'cast(' ~ value ~ ' as varchar)' -%}
    {%- set fits = ad_funnel.fits_pattern(text, ad_funnel.number_pattern() ~ '|' ~ ad_funnel.exponent_pattern()) -%}
    {{- return(
        'case when ' ~ fits ~ ' then try_to_decimal(' ~ text ~ ', ' ~ precision ~ ', ' ~ scale ~ ') end'
    ) -}}
{%- endmacro -%}

{#-
    The product of two decimals is an error where it finds no room, so its size is looked at first. It is rounded to
    twelve decimals, then to nine: of a number just below a half at the tenth, the ninth can be one more than elsewhere.
-#}
{%- macro snowflake__try_product(left, right, type) -%}
    {%- set size = 'abs(cast(' ~ left ~ ' as double) * cast(' ~ right ~ ' as double))' -%}
    {%- set product = 'case when ' ~ size ~ ' < 1e25 then ' ~ left ~ ' * ' ~ right ~ ' end' -%}
    {{- return(ad_funnel.decimal_with_room(product, type)) -}}
{%- endmacro -%}

{%- macro snowflake__try_whole(value, type_class) -%}
    {%- if type_class in ['number', 'float'] -%}
        {{- return(ad_funnel.whole_with_room(value)) -}}
    {%- endif -%}
    {%- set text = value if type_class == 'text' else 'cast(' ~ value ~ ' as varchar)' -%}
    {%- set number = 'try_to_decimal(' ~ text ~ ', 38, 0)' -%}
    {{- return(
        'case when ' ~ ad_funnel.fits_pattern(text, '[+-]?[0-9]+') ~ ' and abs(' ~ number
        ~ ') < 9223372036854775808 then cast(' ~ number ~ ' as bigint) end'
    ) -}}
{%- endmacro -%}


{%- macro snowflake__try_time(text) -%}
    {{- return('try_to_timestamp_ntz(' ~ text ~ ", 'YYYY-MM-DD HH24:MI:SS.FF6')") -}}
{%- endmacro -%}
{%- macro snowflake__try_date(text) -%}{{- return('try_to_date(' ~ text ~ ", 'YYYY-MM-DD')") -}}{%- endmacro -%}

{#- There is no infinite time. -#}
{%- macro snowflake__is_finite(time) -%}{{- return(time ~ ' is not null') -}}{%- endmacro -%}

{%- macro snowflake__timestamptz_to_utc(value) -%}
    {{- return("cast(convert_timezone('UTC', " ~ value ~ ') as timestamp_ntz)') -}}
{%- endmacro -%}
{%- macro snowflake__local_to_utc(value, time_zone) -%}
    {{- return("convert_timezone('" ~ time_zone ~ "', 'UTC', " ~ value ~ ')') -}}
{%- endmacro -%}
{%- macro snowflake__utc_to_local(value, time_zone) -%}
    {{- return("convert_timezone('UTC', '" ~ time_zone ~ "', " ~ value ~ ')') -}}
{%- endmacro -%}

{#- What lies beyond the year 9999 is a number without a time there: out of range, too. -#}
{%- macro snowflake__epoch_to_utc(value, type_class, format) -%}
    {%- set number = ad_funnel.try_decimal(value, type_class, 'decimal(28, 6)') -%}
    {%- set number = number ~ ' * ' ~ ad_funnel.microseconds_in(format) -%}
    {%- set sql -%}
        case
            when {{ number }} between -62135596800000000 and 253402300799999999
                then dateadd(microsecond, cast(round({{ number }}) as bigint), cast('1970-01-01' as timestamp_ntz))
            when {{ number }} between {{ ad_funnel.range_of_microseconds() }} then {{ ad_funnel.no_time() }}
        end
    {%- endset -%}
    {{- return(sql) -}}
{%- endmacro -%}

{%- macro snowflake__add_seconds(value, seconds) -%}
    {{- return('dateadd(second, ' ~ seconds ~ ', ' ~ value ~ ')') -}}
{%- endmacro -%}

{#- Where a week begins is the session's to say, and ISO's not. -#}
{%- macro snowflake__period_start(period, date) -%}
    {%- if period == 'week' -%}
        {{- return('dateadd(day, 1 - dayofweekiso(' ~ date ~ '), ' ~ date ~ ')') -}}
    {%- endif -%}
    {{- return("cast(date_trunc('" ~ period ~ "', " ~ date ~ ') as date)') -}}
{%- endmacro -%}


{#- Our own columns have names without quotes, so they are not quoted here either. -#}
{%- macro snowflake__row_text(columns) -%}
    {%- set pairs = [] -%}
    {%- for column in columns -%}
        {%- do pairs.append("'" ~ column ~ "', cast(" ~ column ~ ' as varchar)') -%}
    {%- endfor -%}
    {{- return(
        'to_json(object_construct_keep_null(\n            ' ~ pairs | join(',\n            ') ~ '\n        ))'
    ) -}}
{%- endmacro -%}

{#- The value is the text itself: so it can be hashed, and ordered by. -#}
{%- macro snowflake__row_value(columns) -%}
    {%- set pairs = [] -%}
    {%- for column in columns -%}
        {%- set text = ad_funnel.value_text(ad_funnel.quoted(column.name), column.type) -%}
        {%- do pairs.append(ad_funnel.text_literal(column.name) ~ ', ' ~ text) -%}
    {%- endfor -%}
    {{- return(
        'to_json(object_construct_keep_null(\n            ' ~ pairs | join(',\n            ') ~ '\n        ))'
    ) -}}
{%- endmacro -%}
{%- macro snowflake__row_json(value) -%}{{- return(value) -}}{%- endmacro -%}

{%- macro snowflake__json_of(value, column) -%}
    {%- set is_text = column.dtype | upper in ['TEXT', 'VARCHAR', 'STRING'] -%}
    {{- return(('parse_json(' if is_text else 'to_variant(') ~ value ~ ')') -}}
{%- endmacro -%}

{#- A JSON null becomes NULL by the cast. -#}
{%- macro snowflake__json_member(json, path) -%}
    {{- return('cast(get_path(' ~ json ~ ", '\"" ~ path | join('"."') ~ "\"') as varchar)") -}}
{%- endmacro -%}

{%- macro snowflake__keyed_value(json, key_name, key, paths) -%}
    {%- set has_key = ad_funnel.json_member('element', [key_name]) ~ ' = ' ~ ad_funnel.text_literal(key) -%}
    {%- set found = 'get(filter(as_array(' ~ json ~ '), element -> ' ~ has_key ~ '), 0)' -%}
    {{- return(ad_funnel.first_member(found, paths)) -}}
{%- endmacro -%}

{%- macro snowflake__fingerprint(values) -%}
    {{- return('bitand(hash(' ~ values ~ '), 4611686018427387903)') -}}
{%- endmacro -%}
{%- macro snowflake__row_fingerprint(alias, relation) -%}
    {{- return(ad_funnel.snowflake__fingerprint(alias ~ '.*')) -}}
{%- endmacro -%}

{#- A CTE says nothing of it. -#}
{%- macro snowflake__read_anew() -%}{{- return('') -}}{%- endmacro -%}
{%- macro snowflake__any_order(column) -%}{{- return('order by ' ~ column) -}}{%- endmacro -%}

{%- macro snowflake__sha256(text) -%}{{- return('sha2(' ~ text ~ ', 256)') -}}{%- endmacro -%}

{%- macro snowflake__microseconds(time) -%}
    {{- return("date_part('epoch_microsecond', " ~ time ~ ')') -}}
{%- endmacro -%}


{#- Each statement is a transaction by itself there, unless one says otherwise. -#}
{%- macro snowflake__replace_days(table, built, columns) -%}
    begin;
    {{ ad_funnel.default__replace_days(table, built, columns) }}
    commit;
{%- endmacro -%}
