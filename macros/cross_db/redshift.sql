{#-
    What is Redshift's own, of the macros that cross_db.sql describes: written by its documentation, compiled and
    parsed, never run. dbt takes PostgreSQL's macros for it where there is none here; few of them fit. A text has 65,535
    bytes at most; `text` means 256 of them.
-#}

{%- macro redshift__type_class(column) -%}
    {{- return({
        'TIMESTAMPTZ': 'timestamptz', 'TIMESTAMP': 'timestamp', 'DATE': 'date', 'BOOLEAN': 'boolean',
        'FLOAT': 'float', 'REAL': 'float', 'NUMERIC': 'number', 'BIGINT': 'number', 'INTEGER': 'number',
        'SMALLINT': 'number',
    }.get(column.dtype | upper, 'text')) -}}
{%- endmacro -%}

{#- Backslashes in a literal have a meaning. -#}
{%- macro redshift__text_literal(text) -%}
    {{- return("'" ~ text.replace('\\', '\\\\').replace("'", "''") ~ "'") -}}
{%- endmacro -%}

{#- There is no cast from boolean to text. -#}
{%- macro redshift__value_text(value, type_class) -%}
    {%- if type_class == 'boolean' -%}
        {{- return('case when ' ~ value ~ " then 'true' when not " ~ value ~ " then 'false' end") -}}
    {%- elif type_class == 'timestamptz' -%}
        {{- return('cast(' ~ ad_funnel.timestamptz_to_utc(value) ~ " as varchar(65535)) || '+00'") -}}
    {%- endif -%}
    {{- return('cast(' ~ value ~ ' as varchar(65535))') -}}
{%- endmacro -%}

{%- macro redshift__trimmed(text) -%}
    {{- return('btrim(' ~ text ~ ", ' ' || chr(9) || chr(10) || chr(11) || chr(12) || chr(13))") -}}
{%- endmacro -%}
{%- macro redshift__trimmed_id(text) -%}{{- return(ad_funnel.redshift__trimmed(text)) -}}{%- endmacro -%}
{%- macro redshift__lower_case(text) -%}{{- return('lower(' ~ text ~ ')') -}}{%- endmacro -%}
{%- macro redshift__upper_case(text) -%}{{- return('upper(' ~ text ~ ')') -}}{%- endmacro -%}

{%- macro redshift__fits_pattern(text, pattern) -%}
    {{- return('(' ~ text ~ " ~ '^(" ~ pattern ~ ")$')") -}}
{%- endmacro -%}


{#- A number with an exponent is read by way of a float, so it has fifteen digits. -#}
{%- macro redshift__try_decimal(value, type_class, type) -%}
    {%- if type_class == 'number' -%}
        {{- return(ad_funnel.decimal_with_room(value, type)) -}}
    {%- endif -%}
    {%- set text = value if type_class == 'text' else 'cast(' ~ value ~ ' as varchar(65535))' -%}
    {%- set sql -%}
        case
            when {{ ad_funnel.fits_pattern(text, ad_funnel.number_pattern()) }} then try_cast({{ text }} as {{ type }})
            when {{ ad_funnel.fits_pattern(text, ad_funnel.exponent_pattern()) }}
                then try_cast(try_cast({{ text }} as double precision) as {{ type }})
        end
    {%- endset -%}
    {{- return(sql) -}}
{%- endmacro -%}

{#- The product is an error where it finds no room, so its size is looked at first. -#}
{%- macro redshift__try_product(left, right, type) -%}
    {%- set size = 'abs(cast(' ~ left ~ ' as double precision) * cast(' ~ right ~ ' as double precision))' -%}
    {%- set product = 'case when ' ~ size ~ ' < 1e19 then ' ~ left ~ ' * ' ~ right ~ ' end' -%}
    {{- return(ad_funnel.decimal_with_room(product, type)) -}}
{%- endmacro -%}

{%- macro redshift__try_whole(value, type_class) -%}
    {%- if type_class in ['number', 'float'] -%}
        {{- return(ad_funnel.whole_with_room(value)) -}}
    {%- endif -%}
    {%- set text = ad_funnel.value_text(value, type_class) -%}
    {%- set fits = ad_funnel.fits_pattern(text, '[+-]?[0-9]+') -%}
    {{- return('case when ' ~ fits ~ ' then try_cast(' ~ text ~ ' as bigint) end') -}}
{%- endmacro -%}


{%- macro redshift__text_to_utc(text, time_zone) -%}
    {{- return(ad_funnel.default__text_to_utc(text, time_zone)) -}}
{%- endmacro -%}
{%- macro redshift__text_to_date(text) -%}{{- return(ad_funnel.default__text_to_date(text)) -}}{%- endmacro -%}

{#- There is no infinite time. -#}
{%- macro redshift__is_finite(time) -%}{{- return(time ~ ' is not null') -}}{%- endmacro -%}

{#- Days and the rest apart: `dateadd` takes no more than an integer. -#}
{%- macro redshift__epoch_to_utc(value, type_class, format) -%}
    {%- set number = ad_funnel.try_decimal(value, type_class, 'decimal(28, 6)') -%}
    {%- set number = 'round(' ~ number ~ ' * ' ~ ad_funnel.microseconds_in(format) ~ ')' -%}
    {%- set micros = 'cast(' ~ number ~ ' as bigint)' -%}
    {%- set days = 'cast(floor(' ~ micros ~ ' / 86400000000.0) as integer)' -%}
    {%- set rest = '(' ~ micros ~ ' - ' ~ days ~ ' * cast(86400000000 as bigint))' -%}
    {%- set sql -%}
        case
            when {{ number }} between {{ ad_funnel.range_of_microseconds() }}
                then dateadd(
                    microsecond, cast({{ rest }} % 1000000 as integer), dateadd(
                        second, cast({{ rest }} / 1000000 as integer),
                        dateadd(day, {{ days }}, timestamp '1970-01-01 00:00:00')
                    )
                )
        end
    {%- endset -%}
    {{- return(sql) -}}
{%- endmacro -%}

{%- macro redshift__add_seconds(value, seconds) -%}
    {{- return('dateadd(second, cast(' ~ seconds ~ ' as integer), ' ~ value ~ ')') -}}
{%- endmacro -%}

{%- macro redshift__period_start(period, date) -%}
    {{- return("cast(date_trunc('" ~ period ~ "', " ~ date ~ ') as date)') -}}
{%- endmacro -%}


{%- macro redshift__row_text(columns) -%}
    {%- set typed = [] -%}
    {%- for column in columns -%}
        {%- do typed.append({'name': column, 'type': 'text'}) -%}
    {%- endfor -%}
    {{- return(ad_funnel.redshift__row_value(typed)) -}}
{%- endmacro -%}

{%- macro redshift__row_value(columns) -%}
    {%- set pairs = [] -%}
    {%- for column in columns -%}
        {%- set text = ad_funnel.value_text(ad_funnel.quoted(column.name), column.type) -%}
        {%- do pairs.append(ad_funnel.text_literal(column.name) ~ ', ' ~ text) -%}
    {%- endfor -%}
    {{- return('json_serialize(object(\n            ' ~ pairs | join(',\n            ') ~ '\n        ))') -}}
{%- endmacro -%}
{%- macro redshift__row_json(value) -%}{{- return(value) -}}{%- endmacro -%}

{%- macro redshift__json_of(value, column) -%}
    {%- set is_text = column.dtype | upper not in ['SUPER', 'OBJECT'] -%}
    {{- return(value if is_text else 'json_serialize(' ~ value ~ ')') -}}
{%- endmacro -%}

{#- Of what there is not it makes an empty text. -#}
{%- macro redshift__json_member(json, path) -%}
    {%- set names = [] -%}
    {%- for name in path -%}
        {%- do names.append(ad_funnel.text_literal(name)) -%}
    {%- endfor -%}
    {{- return("nullif(json_extract_path_text(" ~ json ~ ', ' ~ names | join(', ') ~ ", true), '')") -}}
{%- endmacro -%}

{#-
    A list cannot be unnested inside an expression there, so the object is cut out of its text: up to one object in
    another, and no braces in texts.
-#}
{%- macro redshift__keyed_value(json, key_name, key, paths) -%}
    {%- set member = '"' ~ key_name ~ '" *: *"' ~ modules.re.sub('([^a-zA-Z0-9_])', '[\\1]', key) ~ '"' -%}
    {%- set inner = '([{][^{}]*[}])?[^{}]*' -%}
    {%- set pattern = '[{][^{}]*' ~ member ~ '[^{}]*' ~ inner ~ '[}]' -%}
    {%- set found = 'regexp_substr(' ~ json ~ ", '" ~ pattern ~ "')" -%}
    {{- return(ad_funnel.first_member(found, paths)) -}}
{%- endmacro -%}

{%- macro redshift__fingerprint(values) -%}
    {{- return('(farmfingerprint64(json_serialize(array(' ~ values ~ '))) & 4611686018427387903)') -}}
{%- endmacro -%}

{#- No function takes all columns of a row, and an array no times and dates. -#}
{%- macro redshift__row_fingerprint(alias, relation) -%}
    {%- set texts = [] -%}
    {%- for column in ad_funnel.columns_of(relation) if execute -%}
        {%- do texts.append(
            ad_funnel.value_text(alias ~ '.' ~ ad_funnel.quoted(column.name), ad_funnel.type_class(column))
        ) -%}
    {%- endfor -%}
    {{- return(ad_funnel.redshift__fingerprint(texts | join(', '))) -}}
{%- endmacro -%}

{#- A CTE says nothing of it. -#}
{%- macro redshift__read_anew() -%}{{- return('') -}}{%- endmacro -%}
{%- macro redshift__sha256(text) -%}{{- return('sha2(' ~ text ~ ', 256)') -}}{%- endmacro -%}

{%- macro redshift__microseconds(time) -%}
    {{- return(
        '(cast(extract(epoch from ' ~ time ~ ') as bigint) * 1000000 + extract(microsecond from ' ~ time ~ '))'
    ) -}}
{%- endmacro -%}

{#- It gathers them by itself. -#}
{%- macro redshift__gather_statistics(relation) -%}{{- return('') -}}{%- endmacro -%}

{%- macro redshift__begin_of_one_moment() -%}
    {{- return(ad_funnel.default__begin_of_one_moment()) -}}
{%- endmacro -%}
