{#-
    What is Apache Spark's own, of the macros that cross_db.sql describes: written for Spark 4 on Parquet tables. Its
    `timestamp` is an instant that follows the session's time zone, so times here are `timestamp_ntz`.
    Text literals know backslashes (r'...' does not). Whatever might not fit a type is tried, so that it is NULL
    whether the session is in ANSI mode, where it would be an error, or not, as dbt sets it.
-#}

{%- macro spark__type_time() -%}{{- return('timestamp_ntz') -}}{%- endmacro -%}
{%- macro spark__time_literal(text) -%}{{- return("timestamp_ntz '" ~ text ~ "'") -}}{%- endmacro -%}

{#- A connection by thrift tells one type for times with and without zone. -#}
{%- macro spark__columns_of(relation) -%}
    {%- set columns = [] -%}
    {%- for column in run_query('describe query select * from ' ~ relation).rows -%}
        {%- do columns.append(api.Column(column[0], column[1])) -%}
    {%- endfor -%}
    {{- return(columns) -}}
{%- endmacro -%}

{%- macro spark__type_class(column) -%}
    {%- set type = column.dtype.split('(')[0] -%}
    {{- return({
        'timestamp': 'timestamptz', 'timestamp_ntz': 'timestamp', 'date': 'date', 'boolean': 'boolean',
        'double': 'float', 'float': 'float', 'decimal': 'number',
        'tinyint': 'number', 'smallint': 'number', 'int': 'number', 'bigint': 'number',
    }.get(type, 'text')) -}}
{%- endmacro -%}

{%- macro spark__quoted(name) -%}{{- return('`' ~ name.replace('`', '``') ~ '`') -}}{%- endmacro -%}

{#- Before it reads a statement, Spark puts the value of a variable x for ${x}, in literals, too (seen). -#}
{%- macro spark__text_literal(text) -%}
    {%- set escaped = text.replace('\\', '\\\\').replace("'", "\\'").replace('${', '$\\u007B') -%}
    {{- return("'" ~ escaped ~ "'") -}}
{%- endmacro -%}

{#-
    Floats as the other engines write them: Spark says 1.0E7 for 10000000.0, and on Java 17 1.9999999999999998E23 for
    2e+23 (seen), so the fewest digits that give the number again are looked for. Cast without `try_`, a decimal
    0.000000000 is 0E-9 (seen).
-#}
{%- macro spark__value_text(value, type_class) -%}
    {%- if type_class == 'timestamptz' -%}
        {{- return('cast(' ~ ad_funnel.timestamptz_to_utc(value) ~ " as string) || '+00'") -}}
    {%- elif type_class != 'float' -%}
        {{- return('try_cast(' ~ value ~ ' as string)') -}}
    {%- endif -%}
    {%- set number = 'cast(cast(' ~ value ~ ' as string) as double)' -%}
    {%- set sql -%}
        case
            when isnan({{ value }}) then 'nan'
            when {{ value }} in (double('Infinity'), double('-Infinity'))
                then replace(cast({{ value }} as string), 'Infinity', 'inf')
            when cast({{ value }} as string) = '-0.0' then '-0.0'
            when {{ value }} <> 0 and (abs({{ value }}) < 0.0001 or abs({{ value }}) >= 1e16)
                then regexp_replace({{ ad_funnel.spark__digits(number) }}, r'\.?0*e', 'e')
            else regexp_replace(
                regexp_replace(
                    try_cast(cast({{ ad_funnel.spark__digits(number) }} as decimal(38, 21)) as string), r'0+$', ''
                ), r'\.$', '.0'
            )
        end
    {%- endset -%}
    {{- return(sql) -}}
{%- endmacro -%}

{%- macro spark__digits(number) -%}
    {%- set written = [] -%}
    {%- for digits in [14, 15, 16] -%}
        {%- do written.append("format_string('%." ~ digits ~ "e', " ~ number ~ ')') -%}
    {%- endfor -%}
    {{- return(
        'case ' ~ number ~ ' when cast(' ~ written[0] ~ ' as double) then ' ~ written[0]
        ~ ' when cast(' ~ written[1] ~ ' as double) then ' ~ written[1] ~ ' else ' ~ written[2] ~ ' end'
    ) -}}
{%- endmacro -%}

{#- ('\f' is the letter f.) -#}
{%- macro spark__trimmed(text) -%}
    {{- return('btrim(' ~ text ~ ", ' \\t\\n\\r\\u000C\\u000B')") -}}
{%- endmacro -%}

{%- macro spark__trimmed_id(text) -%}{{- return(ad_funnel.spark__trimmed(text)) -}}{%- endmacro -%}

{#- Java makes two letters of İ and of ß, and looks where in its word a Σ stands (seen). -#}
{%- macro spark__lower_case(text) -%}
    {{- return('lower(translate(' ~ text ~ ", 'İΣ', 'iσ'))") -}}
{%- endmacro -%}

{%- macro spark__upper_case(text) -%}
    {{- return('upper(translate(' ~ text ~ ", 'ß', 'ẞ'))") -}}
{%- endmacro -%}

{#- `$` fits before a line end, too. -#}
{%- macro spark__fits_pattern(text, pattern) -%}
    {{- return(text ~ " rlike r'^(?:" ~ pattern ~ ")\\z'") -}}
{%- endmacro -%}


{#- Casts take 'Infinity' and '1d' for numbers. A float by its text: cast directly, 0.1 in 32 bits has more digits. -#}
{%- macro spark__try_decimal(value, type_class, type) -%}
    {%- if type_class == 'number' -%}
        {{- return('try_cast(' ~ value ~ ' as ' ~ type ~ ')') -}}
    {%- endif -%}
    {%- set text = value if type_class == 'text' else 'cast(' ~ value ~ ' as string)' -%}
    {%- set fits = ad_funnel.fits_pattern(text, ad_funnel.number_pattern() ~ '|' ~ ad_funnel.exponent_pattern()) -%}
    {{- return('case when ' ~ fits ~ ' then try_cast(' ~ text ~ ' as ' ~ type ~ ') end') -}}
{%- endmacro -%}

{%- macro spark__try_product(left, right, type) -%}
    {{- return('try_cast(try_multiply(' ~ left ~ ', ' ~ right ~ ') as ' ~ type ~ ')') -}}
{%- endmacro -%}


{#- A cast leaves the offset out, so it is taken away by hand; its hours may be more than zones have. -#}
{%- macro spark__text_to_utc(text, time_zone) -%}
    {%- set forms = ad_funnel.time_patterns() -%}
    {%- set offset = "r'([+-])([0-9]{2}):?([0-9]{2})?$'" -%}
    {%- set parts = [] -%}
    {%- for part in [2, 3] -%}
        {%- do parts.append(
            'coalesce(try_cast(regexp_extract(' ~ text ~ ', ' ~ offset ~ ', 1) || regexp_extract(' ~ text ~ ', '
            ~ offset ~ ', ' ~ part ~ ') as int), 0)'
        ) -%}
    {%- endfor -%}
    {%- set seconds = '-3600 * ' ~ parts[0] ~ ' - 60 * ' ~ parts[1] -%}
    {%- set without_offset = 'regexp_replace(' ~ text ~ ", r'(Z|[+-][0-9:]{2,5})$', '')" -%}
    {%- set local = 'try_cast(' ~ text ~ ' as timestamp_ntz)' -%}
    {%- set sql -%}
        case
            when {{ ad_funnel.fits_pattern(text, forms.day ~ '([T ]' ~ forms.clock ~ ')?') }}
                then {{ ad_funnel.local_to_utc(local, time_zone) }}
            when {{ ad_funnel.fits_pattern(text, forms.day ~ '[T ]' ~ forms.clock ~ forms.offset) }}
                then {{ ad_funnel.add_seconds('try_cast(' ~ without_offset ~ ' as timestamp_ntz)', seconds) }}
            when lower({{ text }}) in ('infinity', '-infinity') then {{ ad_funnel.no_time() }}
        end
    {%- endset -%}
    {{- return(sql) -}}
{%- endmacro -%}

{#- There is no infinite time. -#}
{%- macro spark__is_finite(time) -%}{{- return(time ~ ' is not null') -}}{%- endmacro -%}

{#- By its microseconds: a conversion of zones would go by the session's clock, and lose the hour that it has twice. -#}
{%- macro spark__timestamptz_to_utc(value) -%}
    {{- return(ad_funnel.spark__from_microseconds('unix_micros(' ~ value ~ ')')) -}}
{%- endmacro -%}

{%- macro spark__from_microseconds(microseconds) -%}
    {{- return("timestampadd(microsecond, " ~ microseconds ~ ", timestamp_ntz '1970-01-01 00:00:00')") -}}
{%- endmacro -%}

{#-
    Of a local time that there is twice, Spark takes the first, and others the second, an hour later (seen): the one
    with the offset of the day after, if the clock showed that time then.
-#}
{%- macro spark__local_to_utc(value, time_zone) -%}
    {%- set to_utc = "convert_timezone('" ~ time_zone ~ "', 'UTC', " -%}
    {%- set later = 'timestampadd(day, -1, ' ~ to_utc ~ 'timestampadd(day, 1, ' ~ value ~ ')))' -%}
    {{- return(
        'case when ' ~ ad_funnel.utc_to_local(later, time_zone) ~ ' = ' ~ value ~ ' then ' ~ later ~ ' else '
        ~ to_utc ~ value ~ ') end'
    ) -}}
{%- endmacro -%}

{%- macro spark__utc_to_local(value, time_zone) -%}
    {{- return("convert_timezone('UTC', '" ~ time_zone ~ "', " ~ value ~ ')') -}}
{%- endmacro -%}

{#- A typed float may be as small as it likes (1e-201 is 1970, and no error); text has exponents of two digits. -#}
{%- macro spark__epoch_to_utc(value, type_class, format) -%}
    {%- set number = ad_funnel.try_decimal(value, type_class, 'decimal(28, 6)') -%}
    {%- if type_class == 'float' -%}
        {%- set number = 'try_cast(cast(' ~ value ~ ' as string) as decimal(28, 6))' -%}
    {%- endif -%}
    {%- set number = number ~ ' * ' ~ ad_funnel.microseconds_in(format) -%}
    {%- set time = ad_funnel.spark__from_microseconds('cast(round(' ~ number ~ ') as bigint)') -%}
    {{- return(
        'case when ' ~ number ~ ' between ' ~ ad_funnel.range_of_microseconds() ~ ' then ' ~ time ~ ' end'
    ) -}}
{%- endmacro -%}

{%- macro spark__add_seconds(value, seconds) -%}
    {{- return('timestampadd(second, ' ~ seconds ~ ', ' ~ value ~ ')') -}}
{%- endmacro -%}

{#- Of a date `date_trunc` makes an instant of the session's time zone first. -#}
{%- macro spark__period_start(period, date) -%}{{- return('trunc(' ~ date ~ ", '" ~ period ~ "')") -}}{%- endmacro -%}


{%- macro spark__row_text(columns) -%}
    {%- set typed = [] -%}
    {%- for column in columns -%}
        {%- do typed.append({'name': column, 'type': 'text'}) -%}
    {%- endfor -%}
    {{- return(ad_funnel.spark__row_value(typed)) -}}
{%- endmacro -%}

{#- The value is the text itself: hashes of structs pass over NULL. -#}
{%- macro spark__row_value(columns) -%}
    {%- set fields = [] -%}
    {%- for column in columns -%}
        {%- set value = ad_funnel.value_text(ad_funnel.quoted(column.name), column.type) -%}
        {%- do fields.append(ad_funnel.text_literal(column.name) ~ ', ' ~ value) -%}
    {%- endfor -%}
    {{- return(
        'to_json(named_struct(\n            ' ~ fields | join(',\n            ')
        ~ "\n        ), map('ignoreNullFields', 'false'))"
    ) -}}
{%- endmacro -%}

{%- macro spark__row_json(value) -%}{{- return(value) -}}{%- endmacro -%}

{%- macro spark__json_of(value, column) -%}
    {{- return(value if column.dtype == 'string' else 'to_json(' ~ value ~ ')') -}}
{%- endmacro -%}

{%- macro spark__json_member(json, path) -%}
    {{- return('get_json_object(' ~ json ~ ", '$" ~ "[\\'" ~ path | join("\\'][\\'") ~ "\\']')") -}}
{%- endmacro -%}

{#- `get` is NULL where there is no such element, in ANSI mode, too. -#}
{%- macro spark__keyed_value(json, key_name, key, paths) -%}
    {%- set has_key = ad_funnel.json_member('element', [key_name]) ~ ' = ' ~ ad_funnel.text_literal(key) -%}
    {%- set found = "get(filter(from_json(" ~ json ~ ", 'array<string>'), element -> " ~ has_key ~ '), 0)' -%}
    {{- return(ad_funnel.first_member(found, paths)) -}}
{%- endmacro -%}

{#- It passes over NULL: (a, NULL) and (NULL, a) are the same number (seen), which is why a row goes by its text. -#}
{%- macro spark__fingerprint(values) -%}
    {{- return('shiftrightunsigned(xxhash64(' ~ values ~ '), 2)') -}}
{%- endmacro -%}

{%- macro spark__row_fingerprint(alias, relation) -%}
    {{- return(ad_funnel.spark__fingerprint('to_json(struct(' ~ alias ~ ".*), map('ignoreNullFields', 'false'))")) -}}
{%- endmacro -%}

{#- CTEs are always read anew. -#}
{%- macro spark__read_anew() -%}{{- return('') -}}{%- endmacro -%}

{%- macro spark__any_order(column) -%}{{- return('order by ' ~ column) -}}{%- endmacro -%}

{#- dbt's own listagg has no order here. -#}
{%- macro spark__texts_in_order(text, column, separator) -%}
    {{- return('listagg(' ~ text ~ ", '" ~ separator ~ "') within group (order by " ~ column ~ ')') -}}
{%- endmacro -%}

{%- macro spark__sha256(text) -%}{{- return('sha2(' ~ text ~ ', 256)') -}}{%- endmacro -%}

{%- macro spark__microseconds(time) -%}
    {{- return("timestampdiff(microsecond, timestamp_ntz '1970-01-01 00:00:00', " ~ time ~ ')') -}}
{%- endmacro -%}


{#-
    Tables of files have no rows to delete, but partitions to overwrite, one for each day. dbt's own insert_overwrite
    leaves a day that became empty as it was; hence this materialisation.
-#}
{%- macro spark__stored_by_day(column) -%}
    {{- return({'materialized': 'whole_days', 'partition_by': column, 'file_format': 'parquet'}) -}}
{%- endmacro -%}

{% materialization whole_days, adapter='spark' %}
    {%- set day, stored, table = config.get('partition_by'), load_relation(this), this.incorporate(type='table') -%}
    {#- Few files of a day, however many tasks there are. -#}
    {%- set by_day = 'select /*+ rebalance(' ~ day ~ ') */ ' -%}
    {{- run_hooks(pre_hooks) -}}

    {%- if stored is none or stored.is_view or should_full_refresh() -%}
        {%- if stored is not none -%}
            {%- do adapter.drop_relation(stored) -%}
        {%- endif -%}
        {%- call statement('main') -%}
            {{ create_table_as(false, table, by_day ~ '* from (' ~ compiled_code ~ '\n)') }}
        {%- endcall -%}
    {%- else -%}
        {#- Made once, and kept beside the table, which the model may read, until it has been overwritten. -#}
        {%- set built = make_temp_relation(this) -%}
        {%- do run_query('drop view if exists ' ~ built) -%}
        {%- do run_query('cache table ' ~ built ~ ' as ' ~ compiled_code) -%}
        {%- do process_schema_changes(config.get('on_schema_change'), built, stored) -%}
        {%- set columns = adapter.get_columns_in_relation(stored) | map(attribute='quoted') | join(', ') -%}
        {%- set replaced = ad_funnel.replaced_rows() -%}
        {%- set emptied = run_query(
            'select distinct ' ~ day ~ ' from ' ~ stored ~ ' where ' ~ replaced
            ~ ' except select ' ~ day ~ ' from ' ~ built
        ).columns[0].values() -%}

        {%- do run_query('set spark.sql.sources.partitionOverwriteMode = dynamic') -%}
        {%- call statement('main') -%}
            insert overwrite table {{ stored }} partition ({{ day }})
            {{ by_day }}{{ columns }} from {{ built }}
        {%- endcall -%}
        {%- for emptied_day in emptied -%}
            {%- set value = "date '" ~ emptied_day ~ "'" if emptied_day is not none else 'null' -%}
            {%- do run_query(
                'alter table ' ~ stored ~ ' drop if exists partition (' ~ day ~ ' = ' ~ value ~ ')'
            ) -%}
        {%- endfor -%}
        {%- do run_query('drop view ' ~ built) -%}
    {%- endif -%}

    {{- run_hooks(post_hooks) -}}
    {%- do apply_grants(table, config.get('grants'), should_revoke(stored, full_refresh_mode=true)) -%}
    {%- do persist_docs(table, model) -%}
    {{- return({'relations': [table]}) -}}
{% endmaterialization %}


{#- dbt asks for NULL in each type of a contract, and Spark does not know float8 (nor the other `double`) (seen). -#}
{%- macro spark__contract() -%}{{- return({'enforced': false}) -}}{%- endmacro -%}

{%- macro spark__check_contract(relation) -%}
    {%- if not execute -%}{{- return('') -}}{%- endif -%}
    {%- set types = {'float8': 'double', 'integer': 'int', 'timestamp without time zone': 'timestamp_ntz'} -%}
    {%- set promised, built = {}, {} -%}
    {%- for column in model.columns.values() -%}
        {%- do promised.update({column.name: types.get(column.data_type, column.data_type.replace(' ', ''))}) -%}
    {%- endfor -%}
    {%- for column in adapter.get_columns_in_relation(relation) -%}
        {%- do built.update({column.name: column.dtype}) -%}
    {%- endfor -%}
    {%- if built != promised -%}
        {%- set differing = [] -%}
        {%- for name in built | list + promised | list if built.get(name) != promised.get(name) -%}
            {%- do differing.append(
                name ~ ' (' ~ promised.get(name, 'not in it') ~ ', built: ' ~ built.get(name, 'not') ~ ')'
            ) -%}
        {%- endfor -%}
        {%- do exceptions.raise_compiler_error(
            relation ~ ' is not what its contract promises: ' ~ differing | unique | join(', ') ~ '. Cure: mend the '
            ~ 'model, or its columns in the YAML file.'
        ) -%}
    {%- endif -%}
    {{- return('') -}}
{%- endmacro -%}

{#- By default a sum of two decimal(38, 9) is rounded to eight decimals (seen). -#}
{%- macro spark__check_session() -%}
    {%- if not execute -%}{{- return('') -}}{%- endif -%}
    {%- set name = 'spark.sql.decimalOperations.allowPrecisionLoss' -%}
    {%- if run_query('set ' ~ name).rows[0][1] != 'false' -%}
        {%- do exceptions.raise_compiler_error(
            'In this session Spark rounds money: ' ~ name ~ ' is not false. Cure: in the profile, under the target '
            ~ target.name ~ ', server_side_parameters: {' ~ name ~ ': "false"}.'
        ) -%}
    {%- endif -%}
    {{- return('') -}}
{%- endmacro -%}

{%- macro spark__change_rows(table, columns, changes, condition) -%}
    {%- set values = [] -%}
    {%- for name in columns -%}
        {%- do values.append(changes.get(name, name)) -%}
    {%- endfor -%}
    {%- do run_query(
        'insert into ' ~ table ~ ' (' ~ columns | join(', ') ~ ') select ' ~ values | join(', ') ~ ' from ' ~ table
        ~ ' where ' ~ condition
    ) -%}
{%- endmacro -%}

{%- macro spark__delete_rows(table, condition) -%}{%- endmacro -%}


{#-
    The demo's rows. (dbt-spark writes them as Python does: a blank is the text None, and a quote inside an error: seen.
    It is the project's own macro that dbt finds, so this one serves the demo only.)
-#}
{%- macro spark__load_csv_rows(model, agate_table) -%}
    {%- set rows = [] -%}
    {%- for row in agate_table.rows -%}
        {%- set values = [] -%}
        {%- for value in row -%}
            {%- do values.append(ad_funnel.text_literal(value) if value is not none else 'null') -%}
        {%- endfor -%}
        {%- do rows.append('(' ~ values | join(', ') ~ ')') -%}
    {%- endfor -%}
    {%- set sql = 'insert into ' ~ this ~ ' values\n' ~ rows | join(',\n') -%}
    {%- do run_query(sql) -%}
    {{- return(sql) -}}
{%- endmacro -%}
