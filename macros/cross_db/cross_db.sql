{#-
    What differs by engine, and nothing else: one short macro each. The names of engines stand in this folder only.
    `default__` is the SQL that DuckDB shares with the standard; `duckdb__` is DuckDB's own.
-#}

{#- 64-bit floating point. `dbt.type_float()` is 32-bit on DuckDB: 16777217 comes back as 16777216 (seen). -#}
{%- macro type_double() -%}{{- return(adapter.dispatch('type_double', 'ad_funnel')()) -}}{%- endmacro -%}
{%- macro default__type_double() -%}{{- return('double') -}}{%- endmacro -%}

{#- One event's cost, one amount of money, and sums of either. -#}
{%- macro type_event_money() -%}{{- return('decimal(18, 9)') -}}{%- endmacro -%}
{%- macro type_money() -%}{{- return('decimal(28, 9)') -}}{%- endmacro -%}
{%- macro type_money_sum() -%}{{- return('decimal(38, 9)') -}}{%- endmacro -%}


{#- What a column of a user's table holds: text, timestamp, timestamptz, date, number, float, boolean. -#}
{%- macro type_class(column) -%}
    {{- return(adapter.dispatch('type_class', 'ad_funnel')(column)) -}}
{%- endmacro -%}
{%- macro duckdb__type_class(column) -%}
    {%- set type = column.dtype | upper -%}
    {%- if type in ['TIMESTAMP WITH TIME ZONE', 'TIMESTAMPTZ'] -%}{{- return('timestamptz') -}}
    {%- elif type.startswith('TIMESTAMP') or type == 'DATETIME' -%}{{- return('timestamp') -}}
    {%- elif type == 'DATE' -%}{{- return('date') -}}
    {%- elif type == 'BOOLEAN' -%}{{- return('boolean') -}}
    {%- elif type in ['DOUBLE', 'FLOAT', 'REAL'] -%}{{- return('float') -}}
    {%- elif modules.re.fullmatch('(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DECIMAL.*)', type) -%}{{- return('number') -}}
    {%- else -%}{{- return('text') -}}
    {%- endif -%}
{%- endmacro -%}


{#- A column's name in quotes, whatever is in it: `adapter.quote()` leaves a quote inside as it is. -#}
{%- macro quoted(name) -%}
    {{- return(adapter.dispatch('quoted', 'ad_funnel')(name)) -}}
{%- endmacro -%}
{%- macro default__quoted(name) -%}
    {{- return('"' ~ name.replace('"', '""') ~ '"') -}}
{%- endmacro -%}


{#- Text without white space around it: `trim()` alone leaves tabs and the carriage returns of other people's files. -#}
{%- macro trimmed(text) -%}
    {{- return(adapter.dispatch('trimmed', 'ad_funnel')(text)) -}}
{%- endmacro -%}
{%- macro duckdb__trimmed(text) -%}
    {{- return('trim(' ~ text ~ ", e' \\t\\n\\r\\f\\x0b')") -}}
{%- endmacro -%}

{#-
    The same, quicker for texts that hardly repeat, as ids: trimming costs ten times as much as a look at both ends.
    (Texts that do repeat are trimmed once each: DuckDB reads them as a dictionary.)
-#}
{%- macro trimmed_id(text) -%}
    {{- return(adapter.dispatch('trimmed_id', 'ad_funnel')(text)) -}}
{%- endmacro -%}
{%- macro duckdb__trimmed_id(text) -%}
    {{- return(
        'case when ' ~ text ~ " >= '!' and array_extract(" ~ text ~ ", -1) >= '!' then " ~ text
        ~ ' else ' ~ ad_funnel.duckdb__trimmed(text) ~ ' end'
    ) -}}
{%- endmacro -%}


{#- Whether text fits a regular expression as a whole. -#}
{%- macro fits_pattern(text, pattern) -%}
    {{- return(adapter.dispatch('fits_pattern', 'ad_funnel')(text, pattern)) -}}
{%- endmacro -%}
{%- macro duckdb__fits_pattern(text, pattern) -%}
    {{- return("regexp_full_match(" ~ text ~ ", '" ~ pattern ~ "')") -}}
{%- endmacro -%}

{%- macro replace_pattern(text, pattern, replacement) -%}
    {{- return(adapter.dispatch('replace_pattern', 'ad_funnel')(text, pattern, replacement)) -}}
{%- endmacro -%}
{%- macro duckdb__replace_pattern(text, pattern, replacement) -%}
    {{- return("regexp_replace(" ~ text ~ ", '" ~ pattern ~ "', '" ~ replacement ~ "')") -}}
{%- endmacro -%}


{#-
    A decimal, NULL where the value is none. Casts alone take 1_000 for a thousand and, on older versions, 0x10 for
    sixteen (seen), so text must look like a decimal number first. Floats go by their shortest text: cast directly,
    12345678901234.5 becomes ….500632576 (seen). Numbers with an exponent are first read with more room: cast directly,
    7602648550530e-6 finds none, and 23929709.33164105825477e+2 loses digits (seen).
-#}
{%- macro try_decimal(value, type_class, type) -%}
    {{- return(adapter.dispatch('try_decimal', 'ad_funnel')(value, type_class, type)) -}}
{%- endmacro -%}
{%- macro duckdb__try_decimal(value, type_class, type) -%}
    {%- if type_class == 'number' -%}
        {{- return('try_cast(' ~ value ~ ' as ' ~ type ~ ')') -}}
    {%- endif -%}
    {%- set value = value if type_class == 'text' else 'cast(' ~ value ~ ' as varchar)' -%}
    {%- set number = '[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)' -%}
    {%- set sql -%}
        case
            when {{ ad_funnel.fits_pattern(value, number) }} then try_cast({{ value }} as {{ type }})
            when {{ ad_funnel.fits_pattern(value, number ~ '[eE][+-]?[0-9]{1,2}') }}
                then try_cast(try_cast({{ value }} as decimal(38, 9)) as {{ type }})
        end
    {%- endset -%}
    {{- return(sql) -}}
{%- endmacro -%}

{#- A product of decimals, NULL where it finds no room: the multiplication itself is an error then (seen). -#}
{%- macro try_product(left, right, type) -%}
    {{- return(adapter.dispatch('try_product', 'ad_funnel')(left, right, type)) -}}
{%- endmacro -%}
{%- macro duckdb__try_product(left, right, type) -%}
    {{- return('try_cast(try(' ~ left ~ ' * ' ~ right ~ ') as ' ~ type ~ ')') -}}
{%- endmacro -%}

{#- A whole number, NULL where the value is none: '1.5' cast to a whole number is 2 (seen). -#}
{%- macro try_whole(value, type_class) -%}
    {{- return(adapter.dispatch('try_whole', 'ad_funnel')(value, type_class)) -}}
{%- endmacro -%}
{%- macro duckdb__try_whole(value, type_class) -%}
    {%- if type_class in ['number', 'float'] -%}
        {{- return('case when ' ~ value ~ ' = floor(' ~ value ~ ') then try_cast(' ~ value ~ ' as bigint) end') -}}
    {%- endif -%}
    {%- set value = value if type_class == 'text' else 'cast(' ~ value ~ ' as varchar)' -%}
    {%- set fits = ad_funnel.fits_pattern(value, '[+-]?[0-9]+') -%}
    {{- return('case when ' ~ fits ~ ' then try_cast(' ~ value ~ ' as bigint) end') -}}
{%- endmacro -%}


{#- Times. Inside the package a time is a timestamp without zone that means UTC, so no session setting can move it. -#}

{#-
    ISO text to UTC. With an offset it is converted (a plain cast dropped or applied the offset depending on the
    version: seen); without one it is local time of `time_zone`. Infinity becomes a time that is out of every range.
-#}
{%- macro text_to_utc(text, time_zone) -%}
    {{- return(adapter.dispatch('text_to_utc', 'ad_funnel')(text, time_zone)) -}}
{%- endmacro -%}
{%- macro duckdb__text_to_utc(text, time_zone) -%}
    {%- set forms = ad_funnel.time_patterns() -%}
    {%- set local = 'try_cast(' ~ text ~ ' as timestamp)' -%}
    {%- set sql -%}
        case
            when {{ ad_funnel.fits_pattern(text, forms.day ~ '([T ]' ~ forms.clock ~ ')?') }}
                then {{ ad_funnel.local_to_utc(local, time_zone) }}
            when {{ ad_funnel.fits_pattern(text, forms.day ~ '[T ]' ~ forms.clock ~ forms.offset) }}
                then {{ ad_funnel.timestamptz_to_utc('try_cast(' ~ text ~ ' as timestamptz)') }}
            when lower({{ text }}) in ('infinity', '-infinity') then {{ ad_funnel.no_time() }}
        end
    {%- endset -%}
    {{- return(sql) -}}
{%- endmacro -%}

{#- A date as it is written; the time and offset behind it, if any, move nothing. -#}
{%- macro text_to_date(text) -%}
    {{- return(adapter.dispatch('text_to_date', 'ad_funnel')(text)) -}}
{%- endmacro -%}
{%- macro duckdb__text_to_date(text) -%}
    {%- set forms = ad_funnel.time_patterns() -%}
    {%- set sql -%}
        case
            when {{ ad_funnel.fits_pattern(text, forms.day ~ '([T ]' ~ forms.clock ~ forms.offset ~ '?)?') }}
                then try_cast(left({{ text }}, 10) as date)
            when lower({{ text }}) in ('infinity', '-infinity') then cast({{ ad_funnel.no_time() }} as date)
        end
    {%- endset -%}
    {{- return(sql) -}}
{%- endmacro -%}

{#- The ISO forms that are read. The cast would take 24:00, and an offset of 99 hours (seen). -#}
{%- macro time_patterns() -%}
    {{- return({
        'day': '[0-9]{4}-[0-9]{2}-[0-9]{2}',
        'clock': '([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]+)?)?',
        'offset': '(Z|[+-]([01][0-9]|2[0-3])(:?[0-5][0-9])?)',
    }) -}}
{%- endmacro -%}

{#- What an infinite time is read as: out of every range. -#}
{%- macro no_time() -%}{{- return("timestamp '9999-12-31 00:00:00'") -}}{%- endmacro -%}

{%- macro is_finite(time) -%}
    {{- return(adapter.dispatch('is_finite', 'ad_funnel')(time)) -}}
{%- endmacro -%}
{%- macro default__is_finite(time) -%}{{- return('isfinite(' ~ time ~ ')') -}}{%- endmacro -%}

{%- macro timestamptz_to_utc(value) -%}
    {{- return(adapter.dispatch('timestamptz_to_utc', 'ad_funnel')(value)) -}}
{%- endmacro -%}
{%- macro default__timestamptz_to_utc(value) -%}
    {{- return('(' ~ value ~ " at time zone 'UTC')") -}}
{%- endmacro -%}

{%- macro local_to_utc(value, time_zone) -%}
    {{- return(value if time_zone == 'UTC' else adapter.dispatch('local_to_utc', 'ad_funnel')(value, time_zone)) -}}
{%- endmacro -%}
{%- macro default__local_to_utc(value, time_zone) -%}
    {{- return('((' ~ value ~ ") at time zone '" ~ time_zone ~ "' at time zone 'UTC')") -}}
{%- endmacro -%}

{%- macro utc_to_local(value, time_zone) -%}
    {{- return(value if time_zone == 'UTC' else adapter.dispatch('utc_to_local', 'ad_funnel')(value, time_zone)) -}}
{%- endmacro -%}
{%- macro default__utc_to_local(value, time_zone) -%}
    {{- return('((' ~ value ~ ") at time zone 'UTC' at time zone '" ~ time_zone ~ "')") -}}
{%- endmacro -%}

{%- macro epoch_to_utc(value, format) -%}
    {{- return(adapter.dispatch('epoch_to_utc', 'ad_funnel')(value, format)) -}}
{%- endmacro -%}
{%- macro duckdb__epoch_to_utc(value, format) -%}
    {#- 2 to the 61st microseconds is the year 75,000: larger ones would be an error, not a NULL. -#}
    {%- set microseconds = {'epoch_seconds': 1000000, 'epoch_milliseconds': 1000, 'epoch_microseconds': 1}[format] -%}
    {%- set number = 'try_cast(' ~ value ~ ' as decimal(28, 6)) * ' ~ microseconds -%}
    {{- return(
        'case when abs(' ~ number ~ ') < 2000000000000000000 then make_timestamp(cast(' ~ number ~ ' as bigint)) end'
    ) -}}
{%- endmacro -%}

{%- macro add_seconds(value, seconds) -%}
    {{- return(adapter.dispatch('add_seconds', 'ad_funnel')(value, seconds)) -}}
{%- endmacro -%}
{%- macro duckdb__add_seconds(value, seconds) -%}
    {{- return('(' ~ value ~ ' + to_seconds(' ~ seconds ~ '))') -}}
{%- endmacro -%}

{%- macro add_days(date, days) -%}
    {{- return(adapter.dispatch('add_days', 'ad_funnel')(date, days)) -}}
{%- endmacro -%}
{%- macro default__add_days(date, days) -%}
    {{- return('cast(' ~ date ~ ' + ' ~ days ~ ' as date)') -}}
{%- endmacro -%}

{%- macro next_month(month_start) -%}
    {{- return(adapter.dispatch('next_month', 'ad_funnel')(month_start)) -}}
{%- endmacro -%}
{%- macro default__next_month(month_start) -%}
    {{- return('cast(' ~ month_start ~ " + interval '1 month' as date)") -}}
{%- endmacro -%}

{#- One row for each day (week, month) from one date to another, both included: stands alone in a select list. -#}
{%- macro each_period(period, first, last) -%}
    {{- return(adapter.dispatch('each_period', 'ad_funnel')(period, first, last)) -}}
{%- endmacro -%}
{%- macro duckdb__each_period(period, first, last) -%}
    {{- return(
        'cast(unnest(generate_series(cast(' ~ first ~ ' as timestamp), cast(' ~ last ~ ' as timestamp), interval 1 '
        ~ period ~ ')) as date)'
    ) -}}
{%- endmacro -%}

{#- The first day of a date's week (Monday, as in ISO 8601), month or day. -#}
{%- macro period_start(period, date) -%}
    {{- return("cast(date_trunc('" ~ period ~ "', " ~ date ~ ") as date)") -}}
{%- endmacro -%}


{#- Columns of a row as one text that no other row's columns give: names and values told apart, NULL kept. -#}
{%- macro row_text(columns) -%}
    {{- return(adapter.dispatch('row_text', 'ad_funnel')(columns)) -}}
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
    Columns of a row as one value, and the JSON text of such a value. DuckDB makes every column of a subquery for every
    row, even where a join then drops the row: so the value does little but refer to its columns, and the text is made
    above joins. All values are texts in it, so that no reader of JSON rounds numbers. `columns`: a name and type each.
-#}
{%- macro row_value(columns) -%}
    {{- return(adapter.dispatch('row_value', 'ad_funnel')(columns)) -}}
{%- endmacro -%}
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

{%- macro row_json(value) -%}
    {{- return(adapter.dispatch('row_json', 'ad_funnel')(value)) -}}
{%- endmacro -%}
{%- macro duckdb__row_json(value) -%}
    {{- return('cast(to_json(' ~ value ~ ') as varchar)') -}}
{%- endmacro -%}

{#- A 62-bit number made of values: equal ones give equal numbers, others most likely another. -#}
{%- macro fingerprint(values) -%}
    {{- return(adapter.dispatch('fingerprint', 'ad_funnel')(values)) -}}
{%- endmacro -%}
{%- macro duckdb__fingerprint(values) -%}
    {{- return('cast(hash(' ~ values ~ ') >> 2 as bigint)') -}}
{%- endmacro -%}

{#- The same of all columns of a row, by the row's alias. -#}
{%- macro row_fingerprint(alias) -%}
    {{- return(adapter.dispatch('row_fingerprint', 'ad_funnel')(alias)) -}}
{%- endmacro -%}
{%- macro duckdb__row_fingerprint(alias) -%}
    {{- return(ad_funnel.duckdb__fingerprint(alias)) -}}
{%- endmacro -%}

{#-
    For a CTE that is to be read anew wherever it is named, with the columns and rows asked for there. (One that is
    named more than once is made once and kept, with all columns that anybody asks for: seen.)
-#}
{%- macro read_anew() -%}
    {{- return(adapter.dispatch('read_anew', 'ad_funnel')()) -}}
{%- endmacro -%}
{%- macro default__read_anew() -%}{{- return('not materialized') -}}{%- endmacro -%}

{#- A digest in hexadecimal that nobody can find a text for. -#}
{%- macro sha256(text) -%}
    {{- return(adapter.dispatch('sha256', 'ad_funnel')(text)) -}}
{%- endmacro -%}
{%- macro duckdb__sha256(text) -%}
    {{- return('sha256(' ~ text ~ ')') -}}
{%- endmacro -%}

{#- Microseconds since 1970 of a UTC timestamp. -#}
{%- macro microseconds(time) -%}
    {{- return(adapter.dispatch('microseconds', 'ad_funnel')(time)) -}}
{%- endmacro -%}
{%- macro duckdb__microseconds(time) -%}
    {{- return('epoch_us(' ~ time ~ ')') -}}
{%- endmacro -%}


{#-
    A touch's part of a conversion. With ten decimals its product with an amount of money has just room for all digits
    of both; sums of parts are exact.
-#}
{%- macro type_credit() -%}{{- return('decimal(11, 10)') -}}{%- endmacro -%}
{%- macro type_credit_sum() -%}{{- return('decimal(38, 10)') -}}{%- endmacro -%}

{#- A weight that parts are made of: sums of decimals do not depend on their order, as those of floats do. -#}
{%- macro type_weight() -%}{{- return('decimal(28, 15)') -}}{%- endmacro -%}
