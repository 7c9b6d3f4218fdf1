{#-
    What differs by engine, and nothing else: one short macro each, described here. `default__` is the SQL that engines
    share; what is one engine's own stands in the file of its name. The names of engines stand in this folder only.
-#}

{#- 64-bit floating point. `dbt.type_float()` has 32 bits on DuckDB: 16777217 comes back as 16777216 (seen). -#}
{%- macro type_double() -%}{{- return(adapter.dispatch('type_double', 'ad_funnel')()) -}}{%- endmacro -%}
{%- macro default__type_double() -%}{{- return('double') -}}{%- endmacro -%}

{#- One event's cost, one amount of money, and sums of either. -#}
{%- macro type_event_money() -%}{{- return('decimal(18, 9)') -}}{%- endmacro -%}
{%- macro type_money() -%}{{- return('decimal(28, 9)') -}}{%- endmacro -%}
{%- macro type_money_sum() -%}{{- return('decimal(38, 9)') -}}{%- endmacro -%}

{#-
    A touch's part of a conversion, and sums of parts. With ten decimals its product with an amount of money has just
    room for all digits of both.
-#}
{%- macro type_credit() -%}{{- return('decimal(11, 10)') -}}{%- endmacro -%}
{%- macro type_credit_sum() -%}{{- return('decimal(38, 10)') -}}{%- endmacro -%}

{#- Sums of products of measures that have six decimals each. -#}
{%- macro type_product_sum() -%}{{- return('decimal(38, 12)') -}}{%- endmacro -%}

{#- A weight that parts are made of: sums of decimals do not depend on their order, as those of floats do. -#}
{%- macro type_weight() -%}{{- return('decimal(28, 15)') -}}{%- endmacro -%}


{#- What a column of a user's table holds: text, timestamp, timestamptz, date, number, float, boolean. -#}
{%- macro type_class(column) -%}
    {{- return(adapter.dispatch('type_class', 'ad_funnel')(column)) -}}
{%- endmacro -%}


{#- A column's name in quotes, whatever is in it: `adapter.quote()` leaves a quote inside as it is. -#}
{%- macro quoted(name) -%}
    {{- return(adapter.dispatch('quoted', 'ad_funnel')(name)) -}}
{%- endmacro -%}
{%- macro default__quoted(name) -%}
    {{- return('"' ~ name.replace('"', '""') ~ '"') -}}
{%- endmacro -%}


{#- A column's value as text: of the same value the same text on every engine. -#}
{%- macro value_text(value, type_class) -%}
    {{- return(adapter.dispatch('value_text', 'ad_funnel')(value, type_class)) -}}
{%- endmacro -%}

{#- Text without white space around it: `trim()` alone leaves tabs and the carriage returns of other people's files. -#}
{%- macro trimmed(text) -%}
    {{- return(adapter.dispatch('trimmed', 'ad_funnel')(text)) -}}
{%- endmacro -%}

{#-
    The same, quicker for texts that hardly repeat, as ids: trimming costs ten times as much as a look at both ends.
    (Texts that do repeat are trimmed once each: DuckDB reads them as a dictionary.)
-#}
{%- macro trimmed_id(text) -%}
    {{- return(adapter.dispatch('trimmed_id', 'ad_funnel')(text)) -}}
{%- endmacro -%}


{#- Text in small letters, and in capitals: of every alphabet, letter by letter. -#}
{%- macro lower_case(text) -%}
    {{- return(adapter.dispatch('lower_case', 'ad_funnel')(text)) -}}
{%- endmacro -%}
{%- macro default__lower_case(text) -%}{{- return('lower(' ~ text ~ ')') -}}{%- endmacro -%}

{%- macro upper_case(text) -%}
    {{- return(adapter.dispatch('upper_case', 'ad_funnel')(text)) -}}
{%- endmacro -%}
{%- macro default__upper_case(text) -%}{{- return('upper(' ~ text ~ ')') -}}{%- endmacro -%}


{#- Whether text fits a regular expression as a whole. -#}
{%- macro fits_pattern(text, pattern) -%}
    {{- return(adapter.dispatch('fits_pattern', 'ad_funnel')(text, pattern)) -}}
{%- endmacro -%}

{%- macro replace_pattern(text, pattern, replacement) -%}
    {{- return(adapter.dispatch('replace_pattern', 'ad_funnel')(text, pattern, replacement)) -}}
{%- endmacro -%}


{#-
    A decimal, rounded half away from zero, NULL where the value is none or finds no room. Text must look like a number
    first; floats go by their shortest text.
-#}
{%- macro try_decimal(value, type_class, type) -%}
    {{- return(adapter.dispatch('try_decimal', 'ad_funnel')(value, type_class, type)) -}}
{%- endmacro -%}

{#- What text looks like that is a decimal number, without and with an exponent. -#}
{%- macro number_pattern() -%}{{- return('[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)') -}}{%- endmacro -%}

{%- macro exponent_pattern() -%}
    {{- return('[+-]?([0-9]{1,28}([.][0-9]*)?|[.][0-9]+)[eE][+-]?[0-9]{1,2}') -}}
{%- endmacro -%}

{#- A product of decimals, NULL where it finds no room. -#}
{%- macro try_product(left, right, type) -%}
    {{- return(adapter.dispatch('try_product', 'ad_funnel')(left, right, type)) -}}
{%- endmacro -%}

{#- A whole number, NULL where the value is none: 1.5 is none. -#}
{%- macro try_whole(value, type_class) -%}
    {{- return(adapter.dispatch('try_whole', 'ad_funnel')(value, type_class)) -}}
{%- endmacro -%}


{#- Times. Inside the package a time is a timestamp without zone that means UTC, so no session setting can move it. -#}

{#-
    ISO text to UTC. With an offset it is converted; without one it is local time of `time_zone`. Infinity becomes a
    time that is out of every range. Digits beyond microseconds are cut off.
-#}
{%- macro text_to_utc(text, time_zone) -%}
    {{- return(adapter.dispatch('text_to_utc', 'ad_funnel')(text, time_zone)) -}}
{%- endmacro -%}

{#- A date as it is written; the time and offset behind it, if any, move nothing. -#}
{%- macro text_to_date(text) -%}
    {{- return(adapter.dispatch('text_to_date', 'ad_funnel')(text)) -}}
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

{#- A count of seconds, milliseconds or microseconds since 1970; NULL where it is none, or beyond all years. -#}
{%- macro epoch_to_utc(value, type_class, format) -%}
    {{- return(adapter.dispatch('epoch_to_utc', 'ad_funnel')(value, type_class, format)) -}}
{%- endmacro -%}

{#- From 4,369 before our era to the year 65,347: what every engine has room for. -#}
{%- macro range_of_microseconds() -%}{{- return('-200000000000000000 and 2000000000000000000') -}}{%- endmacro -%}

{%- macro microseconds_in(format) -%}
    {{- return({'epoch_seconds': 1000000, 'epoch_milliseconds': 1000, 'epoch_microseconds': 1}[format]) -}}
{%- endmacro -%}

{%- macro add_seconds(value, seconds) -%}
    {{- return(adapter.dispatch('add_seconds', 'ad_funnel')(value, seconds)) -}}
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

{#- The first day of a date's week (Monday, as in ISO 8601), month or day. -#}
{%- macro period_start(period, date) -%}
    {{- return(adapter.dispatch('period_start', 'ad_funnel')(period, date)) -}}
{%- endmacro -%}
{%- macro default__period_start(period, date) -%}
    {{- return("cast(date_trunc('" ~ period ~ "', " ~ date ~ ") as date)") -}}
{%- endmacro -%}


{#- Columns of a row as one text that no other row's columns give: names and values told apart, NULL kept. -#}
{%- macro row_text(columns) -%}
    {{- return(adapter.dispatch('row_text', 'ad_funnel')(columns)) -}}
{%- endmacro -%}

{#-
    Columns of a row as one value, and the JSON text of such a value, which is made above joins. All values are texts in
    it, so that no reader of JSON rounds numbers. `columns`: a name and type each.
-#}
{%- macro row_value(columns) -%}
    {{- return(adapter.dispatch('row_value', 'ad_funnel')(columns)) -}}
{%- endmacro -%}

{%- macro row_json(value) -%}
    {{- return(adapter.dispatch('row_json', 'ad_funnel')(value)) -}}
{%- endmacro -%}

{#- A 62-bit number made of values: equal ones give equal numbers, others most likely another. -#}
{%- macro fingerprint(values) -%}
    {{- return(adapter.dispatch('fingerprint', 'ad_funnel')(values)) -}}
{%- endmacro -%}

{#- The same of all columns of a row, by the row's alias. -#}
{%- macro row_fingerprint(alias) -%}
    {{- return(adapter.dispatch('row_fingerprint', 'ad_funnel')(alias)) -}}
{%- endmacro -%}

{#-
    For a CTE that is to be read anew wherever it is named, with the columns and rows asked for there. (One that is
    named more than once is made once and kept, with all columns that anybody asks for: seen.)
-#}
{%- macro read_anew() -%}
    {{- return(adapter.dispatch('read_anew', 'ad_funnel')()) -}}
{%- endmacro -%}
{%- macro default__read_anew() -%}{{- return('not materialized') -}}{%- endmacro -%}

{#-
    For a CTE of few rows of a table of many: what joins it asks nothing of that table. (A join would compare each id of
    the table with the least and the greatest of the other side: 0.5 instead of 0.08 CPU seconds for 10 million, seen.)
-#}
{%- macro read_once() -%}
    {{- return(adapter.dispatch('read_once', 'ad_funnel')()) -}}
{%- endmacro -%}
{%- macro default__read_once() -%}{{- return('') -}}{%- endmacro -%}

{#- A digest in hexadecimal that nobody can find a text for. -#}
{%- macro sha256(text) -%}
    {{- return(adapter.dispatch('sha256', 'ad_funnel')(text)) -}}
{%- endmacro -%}

{#- Microseconds since 1970 of a UTC timestamp. -#}
{%- macro microseconds(time) -%}
    {{- return(adapter.dispatch('microseconds', 'ad_funnel')(time)) -}}
{%- endmacro -%}

{#- What is to be run on a table that was just built, so that what reads it next is planned well. Nothing, mostly. -#}
{%- macro gather_statistics(relation) -%}
    {{- return(adapter.dispatch('gather_statistics', 'ad_funnel')(relation)) -}}
{%- endmacro -%}
{%- macro default__gather_statistics(relation) -%}{{- return('') -}}{%- endmacro -%}


{#-
    Begins a transaction that sees nothing of what others do meanwhile, where one takes in many tables. (An error where
    there is another way to publish.)
-#}
{%- macro begin_of_one_moment() -%}
    {{- return(adapter.dispatch('begin_of_one_moment', 'ad_funnel')()) -}}
{%- endmacro -%}
