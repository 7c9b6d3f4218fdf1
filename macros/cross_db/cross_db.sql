{#-
    What differs by engine, and nothing else: one short macro each, described here. `default__` is the SQL that engines
    share; what is one engine's own stands in the file of its name. The names of engines stand in this folder only.
-#}

{#- 64-bit floating point. `dbt.type_float()` has 32 bits on DuckDB: 16777217 comes back as 16777216 (seen). -#}
{%- macro type_double() -%}{{- return(adapter.dispatch('type_double', 'ad_funnel')()) -}}{%- endmacro -%}
{%- macro default__type_double() -%}{{- return('double') -}}{%- endmacro -%}

{#- A time without zone: its type, and one that is written out. -#}
{%- macro type_time() -%}{{- return(adapter.dispatch('type_time', 'ad_funnel')()) -}}{%- endmacro -%}
{%- macro default__type_time() -%}{{- return(dbt.type_timestamp()) -}}{%- endmacro -%}

{%- macro time_literal(text) -%}{{- return(adapter.dispatch('time_literal', 'ad_funnel')(text)) -}}{%- endmacro -%}
{%- macro default__time_literal(text) -%}{{- return("timestamp '" ~ text ~ "'") -}}{%- endmacro -%}

{#- One event's cost, one amount of money, and sums of either. -#}
{%- macro type_event_money() -%}{{- return('decimal(18, 9)') -}}{%- endmacro -%}
{%- macro type_money() -%}{{- return('decimal(28, 9)') -}}{%- endmacro -%}
{%- macro type_money_sum() -%}{{- return('decimal(38, 9)') -}}{%- endmacro -%}

{#-
    A touch's part of a conversion, and sums of parts. With ten decimals its product with an amount of money has just
    room for all digits of both.
-#}
{%- macro type_credit() -%}{{- return(adapter.dispatch('type_credit', 'ad_funnel')()) -}}{%- endmacro -%}
{%- macro default__type_credit() -%}{{- return('decimal(11, 10)') -}}{%- endmacro -%}
{%- macro type_credit_sum() -%}{{- return(adapter.dispatch('type_credit_sum', 'ad_funnel')()) -}}{%- endmacro -%}
{%- macro default__type_credit_sum() -%}{{- return('decimal(38, 10)') -}}{%- endmacro -%}

{#-
    A factor with six decimals, and sums of products of two. The product of two has just room, the difference of two
    products, too.
-#}
{%- macro type_factor() -%}{{- return(adapter.dispatch('type_factor', 'ad_funnel')()) -}}{%- endmacro -%}
{%- macro default__type_factor() -%}{{- return('decimal(18, 6)') -}}{%- endmacro -%}

{%- macro type_product_sum() -%}{{- return(adapter.dispatch('type_product_sum', 'ad_funnel')()) -}}{%- endmacro -%}
{%- macro default__type_product_sum() -%}{{- return('decimal(38, 12)') -}}{%- endmacro -%}

{#- A weight that parts are made of: sums of decimals do not depend on their order, as those of floats do. -#}
{%- macro type_weight() -%}{{- return(adapter.dispatch('type_weight', 'ad_funnel')()) -}}{%- endmacro -%}
{%- macro default__type_weight() -%}{{- return('decimal(28, 15)') -}}{%- endmacro -%}


{#- The columns of a user's table, or of what else stands in a `from`. -#}
{%- macro columns_of(relation) -%}
    {{- return(adapter.dispatch('columns_of', 'ad_funnel')(relation)) -}}
{%- endmacro -%}
{%- macro default__columns_of(relation) -%}
    {{- return(adapter.get_column_schema_from_query('select * from ' ~ relation ~ ' where 1 = 0')) -}}
{%- endmacro -%}

{#- The rows of a query, each a mapping of its columns' names in small letters: some engines write them in capitals. -#}
{%- macro rows_of(query) -%}
    {%- set rows = [] -%}
    {%- for row in run_query(query).rows -%}
        {%- set named = {} -%}
        {%- for name, value in row.dict().items() -%}
            {%- do named.update({name | lower: value}) -%}
        {%- endfor -%}
        {%- do rows.append(named) -%}
    {%- endfor -%}
    {{- return(rows) -}}
{%- endmacro -%}


{#- Writes a text into a file of this machine, where the engine runs in dbt's process. No Jinja can. -#}
{%- macro write_text(file, text) -%}
    {{- return(adapter.dispatch('write_text', 'ad_funnel')(file, text)) -}}
{%- endmacro -%}
{%- macro default__write_text(file, text) -%}
    {%- do exceptions.raise_compiler_error(
        'A run-operation on ' ~ target.type ~ ' cannot write the file ' ~ file ~ '. Cure: `python scripts/report.py` of '
        ~ "the package, which runs dbt and writes it; or dbt --quiet run-operation ad_funnel.report --args \"{to: '-'}\" > "
        ~ file
    ) -%}
{%- endmacro -%}


{#- The names of what stands in a schema. -#}
{%- macro names_in(schema) -%}{{- return(adapter.dispatch('names_in', 'ad_funnel')(schema)) -}}{%- endmacro -%}
{%- macro default__names_in(schema) -%}
    {{- return(dbt.list_relations_without_caching(schema).columns['name'].values()) -}}
{%- endmacro -%}

{#- What a column of a user's table holds: text, json, timestamp, timestamptz, date, number, float, boolean. -#}
{%- macro type_class(column) -%}
    {{- return(adapter.dispatch('type_class', 'ad_funnel')(column)) -}}
{%- endmacro -%}


{#- Of a column of numbers: whether its type can hold a fraction (or leaves that open). -#}
{%- macro is_decimal(column) -%}
    {%- set type = (column.dtype | upper).replace(' ', '') -%}
    {%- set is_exact = modules.re.fullmatch('(DEC|NUMERIC|BIGNUMERIC|FIXED).*$', type) is not none -%}
    {{- return(is_exact and not type.endswith(',0)')) -}}
{%- endmacro -%}


{#- A column's name in quotes, whatever is in it: `adapter.quote()` leaves a quote inside as it is. -#}
{%- macro quoted(name) -%}
    {{- return(adapter.dispatch('quoted', 'ad_funnel')(name)) -}}
{%- endmacro -%}
{%- macro default__quoted(name) -%}
    {{- return('"' ~ name.replace('"', '""') ~ '"') -}}
{%- endmacro -%}


{#- Text that is written out, whatever is in it. -#}
{%- macro text_literal(text) -%}
    {{- return(adapter.dispatch('text_literal', 'ad_funnel')(text)) -}}
{%- endmacro -%}
{%- macro default__text_literal(text) -%}
    {{- return(dbt.string_literal(dbt.escape_single_quotes(text))) -}}
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


{#- The n-th of the parts between which a delimiter stands; empty, or NULL on some engines, where there are fewer. -#}
{%- macro split_part(text, delimiter, number) -%}
    {{- return(adapter.dispatch('split_part', 'ad_funnel')(text, delimiter, number)) -}}
{%- endmacro -%}
{%- macro default__split_part(text, delimiter, number) -%}
    {{- return('split_part(' ~ text ~ ", '" ~ delimiter ~ "', " ~ number ~ ')') -}}
{%- endmacro -%}

{#- Whether text is one of these texts, which may be many. -#}
{%- macro is_one_of(text, texts) -%}
    {%- set literals = [] -%}
    {%- for each in texts -%}
        {%- set literal = ad_funnel.text_literal(each) -%}
        {%- if literal not in literals -%}
            {%- do literals.append(literal) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(adapter.dispatch('is_one_of', 'ad_funnel')(text, literals)) -}}
{%- endmacro -%}
{%- macro default__is_one_of(text, literals) -%}
    {{- return(text ~ ' in (' ~ literals | join(', ') ~ ')') -}}
{%- endmacro -%}

{#- Whether text fits a regular expression as a whole. -#}
{%- macro fits_pattern(text, pattern) -%}
    {{- return(adapter.dispatch('fits_pattern', 'ad_funnel')(text, pattern)) -}}
{%- endmacro -%}


{#-
    A decimal, rounded half away from zero, NULL where the value is none or finds no room. Text must look like a number
    first; floats go by their shortest text.
-#}
{%- macro try_decimal(value, type_class, type) -%}
    {{- return(adapter.dispatch('try_decimal', 'ad_funnel')(value, type_class, type)) -}}
{%- endmacro -%}

{#- The same of a number, where a cast cannot be tried: one that finds no room is an error, so its size is looked at. -#}
{%- macro decimal_with_room(number, type) -%}
    {%- set precision, scale = modules.re.findall('[0-9]+', type) | map('int') -%}
    {%- set has_room = 'abs(round(' ~ number ~ ', ' ~ scale ~ ')) < 1' ~ '0' * (precision - scale) -%}
    {{- return('cast(case when ' ~ has_room ~ ' then ' ~ number ~ ' end as ' ~ type ~ ')') -}}
{%- endmacro -%}

{#- What text looks like that is a decimal number, without and with an exponent. -#}
{%- macro number_pattern() -%}{{- return('[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)') -}}{%- endmacro -%}

{%- macro exponent_pattern() -%}
    {{- return('[+-]?([0-9]{1,28}([.][0-9]*)?|[.][0-9]+)[eE][+-]?[0-9]{1,2}') -}}
{%- endmacro -%}

{#- A decimal number that is written out. -#}
{%- macro decimal_literal(digits) -%}
    {{- return(adapter.dispatch('decimal_literal', 'ad_funnel')(digits)) -}}
{%- endmacro -%}
{%- macro default__decimal_literal(digits) -%}{{- return(digits) -}}{%- endmacro -%}

{#- A product of decimals, NULL where it finds no room. -#}
{%- macro try_product(left, right, type) -%}
    {{- return(adapter.dispatch('try_product', 'ad_funnel')(left, right, type)) -}}
{%- endmacro -%}

{#- A whole number, NULL where the value is none: 1.5 is none. Text has digits only. -#}
{%- macro try_whole(value, type_class) -%}
    {{- return(adapter.dispatch('try_whole', 'ad_funnel')(value, type_class)) -}}
{%- endmacro -%}

{#- The same where text may have a fraction of zero or an exponent, too: 5.0 and 1.2E+03 are whole. -#}
{%- macro try_whole_number(value, type_class) -%}
    {%- set digits = ad_funnel.try_whole(value, type_class) -%}
    {%- if type_class in ['number', 'float'] -%}
        {{- return(digits) -}}
    {%- endif -%}
    {%- set number = ad_funnel.try_decimal(value, type_class, ad_funnel.type_money()) -%}
    {{- return('coalesce(' ~ digits ~ ', ' ~ ad_funnel.whole_with_room(number) ~ ')') -}}
{%- endmacro -%}

{#- The same of a number, where a cast cannot be tried. -#}
{%- macro whole_with_room(number) -%}
    {{- return(
        'case when ' ~ number ~ ' = floor(' ~ number ~ ') and abs(' ~ number ~ ') < 9223372036854775808 then cast('
        ~ number ~ ' as bigint) end'
    ) -}}
{%- endmacro -%}

{#- '1.5' cast to a whole number is 2 (seen). -#}
{%- macro default__try_whole(value, type_class) -%}
    {%- if type_class in ['number', 'float'] -%}
        {{- return('case when ' ~ value ~ ' = floor(' ~ value ~ ') then try_cast(' ~ value ~ ' as bigint) end') -}}
    {%- endif -%}
    {%- set text = value if type_class == 'text' else 'cast(' ~ value ~ ' as ' ~ dbt.type_string() ~ ')' -%}
    {%- set fits = ad_funnel.fits_pattern(text, '[+-]?[0-9]+') -%}
    {{- return('case when ' ~ fits ~ ' then try_cast(' ~ text ~ ' as bigint) end') -}}
{%- endmacro -%}


{#- Times. Inside the package a time is a timestamp without zone that means UTC, so no session setting can move it. -#}

{#-
    ISO text to UTC. With an offset it is converted; without one it is local time of `time_zone`. Infinity becomes a
    time that is out of every range. Digits beyond microseconds are cut off.
-#}
{%- macro text_to_utc(text, time_zone) -%}
    {{- return(adapter.dispatch('text_to_utc', 'ad_funnel')(text, time_zone)) -}}
{%- endmacro -%}

{#- Casts differ in the forms that they read: so all are written as one, and the offset is taken away by hand. -#}
{%- macro default__text_to_utc(text, time_zone) -%}
    {%- set forms = ad_funnel.time_patterns() -%}
    {%- set without_offset = 'regexp_replace(' ~ text ~ ", '(Z|[+-][0-9:]{2,5})$', '')" -%}
    {%- set offset = 'substr(' ~ text ~ ', length(' ~ without_offset ~ ') + 1)' -%}
    {%- set digits = 'rpad(replace(substr(' ~ offset ~ ", 2), ':', ''), 4, '0')" -%}
    {%- set hours = ad_funnel.try_whole('left(' ~ digits ~ ', 2)', 'text') -%}
    {%- set minutes = ad_funnel.try_whole('right(' ~ digits ~ ', 2)', 'text') -%}
    {%- set seconds -%}
        (case left({{ offset }}, 1) when '-' then 60 else -60 end * (60 * {{ hours }} + {{ minutes }}))
    {%- endset -%}
    {%- set sql -%}
        case
            when {{ ad_funnel.fits_pattern(text, forms.day ~ '([T ]' ~ forms.clock ~ ')?') }}
                then {{ ad_funnel.local_to_utc(ad_funnel.try_time(ad_funnel.full_time(text)), time_zone) }}
            when {{ ad_funnel.fits_pattern(text, forms.day ~ '[T ]' ~ forms.clock ~ forms.offset) }}
                then {{ ad_funnel.add_seconds(ad_funnel.try_time(ad_funnel.full_time(without_offset)), seconds) }}
            when lower({{ text }}) in ('infinity', '-infinity') then {{ ad_funnel.no_time() }}
        end
    {%- endset -%}
    {{- return(sql) -}}
{%- endmacro -%}

{#- Of ISO text without an offset YYYY-MM-DD HH:MM:SS.FFFFFF, whatever it leaves out; and the time that this tells. -#}
{%- macro full_time(text) -%}
    {{- return(
        'left(' ~ text ~ ", 10) || ' ' || coalesce(nullif(substr(" ~ text ~ ", 12, 5), ''), '00:00') || ':' || "
        ~ 'coalesce(nullif(substr(' ~ text ~ ", 18, 2), ''), '00') || rpad(coalesce(nullif(substr(" ~ text
        ~ ", 20, 7), ''), '.'), 7, '0')"
    ) -}}
{%- endmacro -%}

{%- macro try_time(text) -%}{{- return(adapter.dispatch('try_time', 'ad_funnel')(text)) -}}{%- endmacro -%}
{%- macro default__try_time(text) -%}
    {{- return('try_cast(' ~ text ~ ' as ' ~ ad_funnel.type_time() ~ ')') -}}
{%- endmacro -%}

{#- A date as it is written; the time and offset behind it, if any, move nothing. -#}
{%- macro text_to_date(text) -%}
    {{- return(adapter.dispatch('text_to_date', 'ad_funnel')(text)) -}}
{%- endmacro -%}
{%- macro default__text_to_date(text) -%}
    {%- set forms = ad_funnel.time_patterns() -%}
    {%- set sql -%}
        case
            when {{ ad_funnel.fits_pattern(text, forms.day ~ '([T ]' ~ forms.clock ~ forms.offset ~ '?)?') }}
                then {{ ad_funnel.try_date('left(' ~ text ~ ', 10)') }}
            when lower({{ text }}) in ('infinity', '-infinity') then cast({{ ad_funnel.no_time() }} as date)
        end
    {%- endset -%}
    {{- return(sql) -}}
{%- endmacro -%}

{%- macro try_date(text) -%}{{- return(adapter.dispatch('try_date', 'ad_funnel')(text)) -}}{%- endmacro -%}
{%- macro default__try_date(text) -%}{{- return('try_cast(' ~ text ~ ' as date)') -}}{%- endmacro -%}

{#- The ISO forms that are read. The cast would take 24:00, and an offset of 99 hours (seen). -#}
{%- macro time_patterns() -%}
    {{- return({
        'day': '[0-9]{4}-[0-9]{2}-[0-9]{2}',
        'clock': '([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]+)?)?',
        'offset': '(Z|[+-]([01][0-9]|2[0-3])(:?[0-5][0-9])?)',
    }) -}}
{%- endmacro -%}

{#- What an infinite time is read as: out of every range. -#}
{%- macro no_time() -%}{{- return(ad_funnel.time_literal('9999-12-31 00:00:00')) -}}{%- endmacro -%}

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

{#- A count of seconds, or of parts of a second, since 1970; NULL where it is none, or beyond all years. -#}
{%- macro epoch_to_utc(value, type_class, format) -%}
    {{- return(adapter.dispatch('epoch_to_utc', 'ad_funnel')(value, type_class, format)) -}}
{%- endmacro -%}

{#- From 4,369 before our era to the year 65,347: what every engine has room for. -#}
{%- macro range_of_microseconds() -%}{{- return('-200000000000000000 and 2000000000000000000') -}}{%- endmacro -%}

{%- macro microseconds_in(format) -%}
    {{- return({
        'epoch_seconds': '1000000', 'epoch_milliseconds': '1000', 'epoch_microseconds': '1',
        'epoch_nanoseconds': ad_funnel.decimal_literal('0.001'),
    }[format]) -}}
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

{#-
    Columns of structs, of lists or of JSON, as the tables of web analytics and ad platforms have them. `json_of` is
    such a column as JSON; `json_member` the text of what a path (a list of names) leads to in it; `keyed_value` that of
    the first of some paths that leads to a value, in the first object of a list whose member `key_name` is `key`.
-#}
{%- macro json_of(value, column) -%}
    {{- return(adapter.dispatch('json_of', 'ad_funnel')(value, column)) -}}
{%- endmacro -%}

{%- macro json_member(json, path) -%}
    {{- return(adapter.dispatch('json_member', 'ad_funnel')(json, path)) -}}
{%- endmacro -%}

{%- macro keyed_value(json, key_name, key, paths) -%}
    {{- return(adapter.dispatch('keyed_value', 'ad_funnel')(json, key_name, key, paths)) -}}
{%- endmacro -%}

{%- macro first_member(json, paths) -%}
    {%- set values = [] -%}
    {%- for path in paths -%}
        {%- do values.append(ad_funnel.json_member(json, path)) -%}
    {%- endfor -%}
    {{- return('coalesce(' ~ values | join(', ') ~ ')' if values | length > 1 else values[0]) -}}
{%- endmacro -%}

{#- A path as most engines write it, with its names in quotes: one may begin with a digit. -#}
{%- macro json_path(path) -%}{{- return("'$.\"" ~ path | join('"."') ~ "\"'") -}}{%- endmacro -%}

{#- A 62-bit number made of values: equal ones give equal numbers, others most likely another. -#}
{%- macro fingerprint(values) -%}
    {{- return(adapter.dispatch('fingerprint', 'ad_funnel')(values)) -}}
{%- endmacro -%}

{#- The same of all columns of a row, by the row's alias; `relation` says which columns these are. -#}
{%- macro row_fingerprint(alias, relation) -%}
    {{- return(adapter.dispatch('row_fingerprint', 'ad_funnel')(alias, relation)) -}}
{%- endmacro -%}

{#- The exact sum of such numbers. -#}
{%- macro sum_of_stamps(stamp) -%}
    {{- return(adapter.dispatch('sum_of_stamps', 'ad_funnel')(stamp)) -}}
{%- endmacro -%}
{%- macro default__sum_of_stamps(stamp) -%}
    {{- return('sum(cast(' ~ stamp ~ ' as decimal(38, 0)))') -}}
{%- endmacro -%}

{#-
    For a CTE that is to be read anew wherever it is named, with the columns and rows asked for there. (One that is
    named more than once is made once and kept, with all columns that anybody asks for: seen.)
-#}
{%- macro read_anew() -%}
    {{- return(adapter.dispatch('read_anew', 'ad_funnel')()) -}}
{%- endmacro -%}
{%- macro default__read_anew() -%}{{- return('not materialized') -}}{%- endmacro -%}

{#- For row_number() where any number will do: an order that says nothing, where one must be said. -#}
{%- macro any_order(column) -%}
    {{- return(adapter.dispatch('any_order', 'ad_funnel')(column)) -}}
{%- endmacro -%}
{%- macro default__any_order(column) -%}{{- return('') -}}{%- endmacro -%}

{#- The texts of a group as one, in the order of these columns. -#}
{%- macro texts_in_order(text, columns, separator=' ') -%}
    {{- return(adapter.dispatch('texts_in_order', 'ad_funnel')(text, columns, separator)) -}}
{%- endmacro -%}
{%- macro default__texts_in_order(text, columns, separator) -%}
    {%- set order = 'order by ' ~ columns | join(' asc nulls last, ') ~ ' asc nulls last' -%}
    {{- return(dbt.listagg(text, "'" ~ separator ~ "'", order)) -}}
{%- endmacro -%}

{#-
    For a CTE of few rows of a table of many: what joins it asks nothing of that table. (A join would compare each id of
    the table with the least and the greatest of the other side: 0.5 instead of 0.08 CPU seconds for 10 million, seen.)
-#}
{%- macro read_once() -%}
    {{- return(adapter.dispatch('read_once', 'ad_funnel')()) -}}
{%- endmacro -%}
{%- macro default__read_once() -%}{{- return('') -}}{%- endmacro -%}

{#- A digest in hexadecimal; and one that nobody can find a text for. -#}
{%- macro md5(text) -%}{{- return(adapter.dispatch('md5', 'ad_funnel')(text)) -}}{%- endmacro -%}
{%- macro default__md5(text) -%}{{- return('md5(' ~ text ~ ')') -}}{%- endmacro -%}

{%- macro sha256(text) -%}
    {{- return(adapter.dispatch('sha256', 'ad_funnel')(text)) -}}
{%- endmacro -%}

{#- Microseconds since 1970 of a UTC timestamp. -#}
{%- macro microseconds(time) -%}
    {{- return(adapter.dispatch('microseconds', 'ad_funnel')(time)) -}}
{%- endmacro -%}

{#-
    How a model that is stored by day is configured: `column` is the day. Each build takes out the days that it builds,
    also those that became empty, and puts in its rows (macros/increments/days.sql).
-#}
{%- macro stored_by_day(column) -%}
    {{- return(adapter.dispatch('stored_by_day', 'ad_funnel')(column)) -}}
{%- endmacro -%}
{%- macro default__stored_by_day(column) -%}
    {{- return({
        'materialized': 'incremental', 'incremental_strategy': 'whole_days', 'meta': {'stored_by_day': column}
    }) -}}
{%- endmacro -%}

{#- Whether the database can only be read. -#}
{%- macro is_read_only(relation) -%}
    {{- return(adapter.dispatch('is_read_only', 'ad_funnel')(relation)) -}}
{%- endmacro -%}
{%- macro default__is_read_only(relation) -%}{{- return(false) -}}{%- endmacro -%}

{#- How long a name may be: its bytes or characters, and what happens to a longer one. Nothing, where there is room. -#}
{%- macro longest_name() -%}{{- return(adapter.dispatch('longest_name', 'ad_funnel')()) -}}{%- endmacro -%}
{%- macro default__longest_name() -%}{{- return({}) -}}{%- endmacro -%}

{#- Whether another dbt process is at work on this target's models of the package, as far as the engine can tell. -#}
{%- macro another_build_is_at_work() -%}
    {{- return(adapter.dispatch('another_build_is_at_work', 'ad_funnel')()) -}}
{%- endmacro -%}
{%- macro default__another_build_is_at_work() -%}{{- return(false) -}}{%- endmacro -%}

{#- Takes the days that the model builds out of its table, and puts in its rows: all of it, or nothing. -#}
{%- macro replace_days(table, built, columns) -%}
    {{- adapter.dispatch('replace_days', 'ad_funnel')(table, built, columns) -}}
{%- endmacro -%}
{%- macro default__replace_days(table, built, columns) -%}
    delete from {{ table }} where {{ ad_funnel.replaced_rows() }};

    insert into {{ table }} ({{ columns }})
    select {{ columns }} from {{ built }};
{%- endmacro -%}

{#- Whether dbt can hold the marts to the types that their contracts name. Where not, `check_contract` does. -#}
{%- macro contract() -%}
    {{- return(adapter.dispatch('contract', 'ad_funnel')()) -}}
{%- endmacro -%}
{%- macro default__contract() -%}{{- return({'enforced': true}) -}}{%- endmacro -%}

{%- macro check_contract(relation) -%}
    {{- return(adapter.dispatch('check_contract', 'ad_funnel')(relation)) -}}
{%- endmacro -%}
{%- macro default__check_contract(relation) -%}{{- return('') -}}{%- endmacro -%}

{#- Whether this is the engine in Rust. (dbt_project.yml, and the YAML of unit tests, can call no macro and say it again.) -#}
{%- macro is_dbt_2() -%}{{- return(dbt_version.startswith('2')) -}}{%- endmacro -%}


{#-
    Whether this dbt is known to build right here. dbt 2 has drivers of its own, which tell other names of types than
    dbt-core's: a time with a zone read as one without would be another number, and no error.
-#}
{%- macro check_dbt() -%}
    {{- return(adapter.dispatch('check_dbt', 'ad_funnel')()) -}}
{%- endmacro -%}
{%- macro default__check_dbt() -%}
    {%- if ad_funnel.is_dbt_2() -%}
        {%- do exceptions.raise_compiler_error(
            'On dbt 2 ad_funnel was tried on DuckDB alone, and this target is ' ~ target.type ~ ', whose types dbt 2 '
            ~ 'names otherwise. Cure: dbt-core 1.11 or 1.12 (docs/limitations.md, Versions).'
        ) -%}
    {%- endif -%}
    {{- return('') -}}
{%- endmacro -%}

{#- What else must be so before anything is built: an error with the cure where it is not. -#}
{%- macro check_session() -%}
    {{- return(adapter.dispatch('check_session', 'ad_funnel')()) -}}
{%- endmacro -%}
{%- macro default__check_session() -%}{{- return('') -}}{%- endmacro -%}

{#- What is to be run on a table that was just built, so that what reads it next is planned well. Nothing, mostly. -#}
{%- macro gather_statistics(relation) -%}
    {{- return(adapter.dispatch('gather_statistics', 'ad_funnel')(relation)) -}}
{%- endmacro -%}
{%- macro default__gather_statistics(relation) -%}{{- return('') -}}{%- endmacro -%}


{#- Begins a transaction that sees nothing of what others do meanwhile, where one takes in many tables. -#}
{%- macro begin_of_one_moment() -%}
    {{- return(adapter.dispatch('begin_of_one_moment', 'ad_funnel')()) -}}
{%- endmacro -%}
{%- macro default__begin_of_one_moment() -%}
    {%- do exceptions.raise_compiler_error(
        'publish replaces all tables in one transaction, which ' ~ target.type ~ ' has not, or nobody has tried. Cure: '
        ~ 'build into a schema that nobody reads, and when the build has passed, point the views of readers at its '
        ~ 'marts, one by one (docs/limitations.md).'
    ) -%}
{%- endmacro -%}

{#-
    Changes and deletes rows of a small table. `columns` are all that it has, `changes` the new values. (Where rows can
    only be added, a changed row is added to the one that it replaces, and none is deleted.)
-#}
{%- macro change_rows(table, columns, changes, condition) -%}
    {{- return(adapter.dispatch('change_rows', 'ad_funnel')(table, columns, changes, condition)) -}}
{%- endmacro -%}
{%- macro default__change_rows(table, columns, changes, condition) -%}
    {%- set values = [] -%}
    {%- for name, value in changes.items() -%}
        {%- do values.append(name ~ ' = ' ~ value) -%}
    {%- endfor -%}
    {%- do run_query('update ' ~ table ~ ' set ' ~ values | join(', ') ~ ' where ' ~ condition) -%}
{%- endmacro -%}

{%- macro delete_rows(table, condition) -%}
    {{- return(adapter.dispatch('delete_rows', 'ad_funnel')(table, condition)) -}}
{%- endmacro -%}
{%- macro default__delete_rows(table, condition) -%}
    {%- do run_query('delete from ' ~ table ~ ' where ' ~ condition) -%}
{%- endmacro -%}
