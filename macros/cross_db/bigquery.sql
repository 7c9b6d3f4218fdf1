{#-
    What is BigQuery's own, of the macros that cross_db.sql describes: written by its documentation, compiled and
    parsed, never run. Its `timestamp` is an instant and shows itself in UTC, so that is what times are here; local times
    are `datetime`. Text literals know backslashes (r'...' does not).
-#}

{%- macro bigquery__type_double() -%}{{- return('float64') -}}{%- endmacro -%}

{#- `decimal` has nine decimals at most. -#}
{%- macro bigquery__type_credit() -%}{{- return('bignumeric(11, 10)') -}}{%- endmacro -%}
{%- macro bigquery__type_credit_sum() -%}{{- return('bignumeric(38, 10)') -}}{%- endmacro -%}
{%- macro bigquery__type_weight() -%}{{- return('bignumeric(28, 15)') -}}{%- endmacro -%}
{#- Else a decimal has no more than nine decimals, and a product is rounded to them. -#}
{%- macro bigquery__type_factor() -%}{{- return('bignumeric(18, 6)') -}}{%- endmacro -%}
{%- macro bigquery__type_product_sum() -%}{{- return('bignumeric(38, 12)') -}}{%- endmacro -%}

{%- macro bigquery__type_class(column) -%}
    {{- return({
        'TIMESTAMP': 'timestamptz', 'DATETIME': 'timestamp', 'DATE': 'date', 'BOOLEAN': 'boolean', 'BOOL': 'boolean',
        'FLOAT': 'float', 'FLOAT64': 'float', 'INTEGER': 'number', 'INT64': 'number', 'NUMERIC': 'number',
        'BIGNUMERIC': 'number', 'JSON': 'json',
    }.get(column.dtype | upper, 'text')) -}}
{%- endmacro -%}

{#- Backslashes in a name have a meaning, as in a literal. -#}
{%- macro bigquery__quoted(name) -%}
    {{- return('`' ~ name.replace('\\', '\\\\').replace('`', '\\`') ~ '`') -}}
{%- endmacro -%}

{%- macro bigquery__text_literal(text) -%}
    {{- return("'" ~ text.replace('\\', '\\\\').replace("'", "\\'") ~ "'") -}}
{%- endmacro -%}

{#- A float that is whole is written without a point. -#}
{%- macro bigquery__value_text(value, type_class) -%}
    {%- if type_class == 'json' -%}
        {%- set is_whole = 'json_type(' ~ value ~ ") in ('object', 'array')" -%}
        {{- return('if(' ~ is_whole ~ ', to_json_string(' ~ value ~ '), json_value(' ~ value ~ '))') -}}
    {%- endif -%}
    {%- set text = 'cast(' ~ value ~ ' as string)' -%}
    {%- if type_class == 'float' -%}
        {{- return(text ~ ' || if(regexp_contains(' ~ text ~ ", r'^-?[0-9]+$'), '.0', '')") -}}
    {%- endif -%}
    {{- return(text) -}}
{%- endmacro -%}

{%- macro bigquery__trimmed(text) -%}{{- return('trim(' ~ text ~ ", ' \\t\\n\\r\\f\\v')") -}}{%- endmacro -%}
{%- macro bigquery__trimmed_id(text) -%}{{- return(ad_funnel.bigquery__trimmed(text)) -}}{%- endmacro -%}

{%- macro bigquery__split_part(text, delimiter, number) -%}
    {{- return('split(' ~ text ~ ", '" ~ delimiter ~ "')[safe_ordinal(" ~ number ~ ')]') -}}
{%- endmacro -%}

{%- macro bigquery__fits_pattern(text, pattern) -%}
    {{- return('regexp_contains(' ~ text ~ ", r'^(?:" ~ pattern ~ ")$')") -}}
{%- endmacro -%}


{#- A cast takes 1_000 for no number, but blanks and 'inf'; so text must look like a number first. -#}
{%- macro bigquery__try_decimal(value, type_class, type) -%}
    {%- if type_class == 'number' -%}
        {{- return('safe_cast(' ~ value ~ ' as ' ~ type ~ ')') -}}
    {%- endif -%}
    {%- set text = value if type_class == 'text' else 'cast(' ~ value ~ ' as string)' -%}
    {%- set fits = ad_funnel.fits_pattern(text, ad_funnel.number_pattern() ~ '|' ~ ad_funnel.exponent_pattern()) -%}
    {{- return('case when ' ~ fits ~ ' then safe_cast(' ~ text ~ ' as ' ~ type ~ ') end') -}}
{%- endmacro -%}

{#- Without a type before it, it would be a float. -#}
{%- macro bigquery__decimal_literal(digits) -%}{{- return("numeric '" ~ digits ~ "'") -}}{%- endmacro -%}

{%- macro bigquery__try_product(left, right, type) -%}
    {{- return('safe_cast(safe_multiply(' ~ left ~ ', ' ~ right ~ ') as ' ~ type ~ ')') -}}
{%- endmacro -%}

{%- macro bigquery__try_whole(value, type_class) -%}
    {%- if type_class in ['number', 'float'] -%}
        {{- return('case when ' ~ value ~ ' = floor(' ~ value ~ ') then safe_cast(' ~ value ~ ' as int64) end') -}}
    {%- endif -%}
    {%- set text = value if type_class == 'text' else 'cast(' ~ value ~ ' as string)' -%}
    {%- set fits = ad_funnel.fits_pattern(text, '[+-]?[0-9]+') -%}
    {{- return('case when ' ~ fits ~ ' then safe_cast(' ~ text ~ ' as int64) end') -}}
{%- endmacro -%}


{%- macro bigquery__try_time(text) -%}
    {{- return('safe_cast(' ~ text ~ " || '+00' as timestamp)") -}}
{%- endmacro -%}
{%- macro bigquery__try_date(text) -%}{{- return('safe_cast(' ~ text ~ ' as date)') -}}{%- endmacro -%}

{#- There is no infinite time. -#}
{%- macro bigquery__is_finite(time) -%}{{- return(time ~ ' is not null') -}}{%- endmacro -%}
{%- macro bigquery__timestamptz_to_utc(value) -%}{{- return(value) -}}{%- endmacro -%}
{%- macro bigquery__local_to_utc(value, time_zone) -%}
    {{- return('timestamp(datetime(' ~ value ~ "), '" ~ time_zone ~ "')") -}}
{%- endmacro -%}
{%- macro bigquery__utc_to_local(value, time_zone) -%}
    {{- return('datetime(' ~ value ~ ", '" ~ time_zone ~ "')") -}}
{%- endmacro -%}

{#- What lies beyond the year 9999 is a number without a time there: out of range, too. -#}
{%- macro bigquery__epoch_to_utc(value, type_class, format) -%}
    {%- set number = ad_funnel.try_decimal(value, type_class, 'decimal(28, 6)') -%}
    {%- set number = number ~ ' * ' ~ ad_funnel.microseconds_in(format) -%}
    {%- set sql -%}
        case
            when {{ number }} between -62135596800000000 and 253402300799999999
                then timestamp_micros(cast(round({{ number }}) as int64))
            when {{ number }} between {{ ad_funnel.range_of_microseconds() }} then {{ ad_funnel.no_time() }}
        end
    {%- endset -%}
    {{- return(sql) -}}
{%- endmacro -%}

{%- macro bigquery__add_seconds(value, seconds) -%}
    {{- return('timestamp_add(' ~ value ~ ', interval (' ~ seconds ~ ') second)') -}}
{%- endmacro -%}
{%- macro bigquery__add_days(date, days) -%}
    {{- return('date_add(' ~ date ~ ', interval (' ~ days ~ ') day)') -}}
{%- endmacro -%}
{%- macro bigquery__next_month(month_start) -%}
    {{- return('date_add(' ~ month_start ~ ', interval 1 month)') -}}
{%- endmacro -%}
{%- macro bigquery__period_start(period, date) -%}
    {{- return('date_trunc(' ~ date ~ ', ' ~ ('isoweek' if period == 'week' else period) ~ ')') -}}
{%- endmacro -%}


{%- macro bigquery__row_text(columns) -%}
    {%- set typed = [] -%}
    {%- for column in columns -%}
        {%- do typed.append({'name': column, 'type': 'text'}) -%}
    {%- endfor -%}
    {{- return(ad_funnel.bigquery__row_value(typed)) -}}
{%- endmacro -%}

{#- The value is the text itself: nothing can be ordered by a struct. -#}
{%- macro bigquery__row_value(columns) -%}
    {%- set fields = [] -%}
    {%- for column in columns -%}
        {%- set name = ad_funnel.quoted(column.name) -%}
        {%- do fields.append(ad_funnel.value_text(name, column.type) ~ ' as ' ~ name) -%}
    {%- endfor -%}
    {{- return('to_json_string(struct(\n            ' ~ fields | join(',\n            ') ~ '\n        ))') -}}
{%- endmacro -%}
{%- macro bigquery__row_json(value) -%}{{- return(value) -}}{%- endmacro -%}

{%- macro bigquery__json_of(value, column) -%}
    {{- return(value if column.dtype | upper == 'STRING' else 'to_json_string(' ~ value ~ ')') -}}
{%- endmacro -%}

{%- macro bigquery__json_member(json, path) -%}
    {{- return('json_value(' ~ json ~ ', ' ~ ad_funnel.json_path(path) ~ ')') -}}
{%- endmacro -%}

{%- macro bigquery__keyed_value(json, key_name, key, paths) -%}
    {%- set sql -%}
        (
            select {{ ad_funnel.first_member('element', paths) }}
            from unnest(json_query_array({{ json }})) as element with offset as place
            where {{ ad_funnel.json_member('element', [key_name]) }} = {{ ad_funnel.text_literal(key) }}
            order by place asc
            limit 1
        )
    {%- endset -%}
    {{- return(sql) -}}
{%- endmacro -%}

{%- macro bigquery__fingerprint(values) -%}
    {{- return('(farm_fingerprint(to_json_string(struct(' ~ values ~ '))) & 4611686018427387903)') -}}
{%- endmacro -%}
{%- macro bigquery__row_fingerprint(alias, relation) -%}
    {{- return('(farm_fingerprint(to_json_string(' ~ alias ~ ')) & 4611686018427387903)') -}}
{%- endmacro -%}
{#- (`numeric` has 29 digits before the point; a type with more must have decimals.) -#}
{%- macro bigquery__sum_of_stamps(stamp) -%}{{- return('sum(cast(' ~ stamp ~ ' as numeric))') -}}{%- endmacro -%}

{#- A CTE says nothing of it. -#}
{%- macro bigquery__read_anew() -%}{{- return('') -}}{%- endmacro -%}

{#- Its aggregates take no `nulls last`, and no setting of a session moves NULLs there. -#}
{%- macro bigquery__texts_in_order(text, columns, separator) -%}
    {{- return(dbt.listagg(text, "'" ~ separator ~ "'", 'order by ' ~ columns | join(' asc, ') ~ ' asc')) -}}
{%- endmacro -%}

{%- macro bigquery__md5(text) -%}{{- return('to_hex(md5(' ~ text ~ '))') -}}{%- endmacro -%}
{%- macro bigquery__sha256(text) -%}{{- return('to_hex(sha256(' ~ text ~ '))') -}}{%- endmacro -%}
{%- macro bigquery__microseconds(time) -%}{{- return('unix_micros(' ~ time ~ ')') -}}{%- endmacro -%}

{#- There dbt gives relations, not rows of a query. -#}
{%- macro bigquery__names_in(schema) -%}
    {{- return(dbt.list_relations_without_caching(schema) | map(attribute='identifier') | list) -}}
{%- endmacro -%}


{#-
    dbt's incremental materialisation takes no strategy but its own here, and these know a day only if a new row has it:
    one that became empty would stay. Hence this one. (A build can rewrite 4,000 days at once.)
-#}
{%- macro bigquery__stored_by_day(column) -%}
    {{- return({
        'materialized': 'whole_days', 'partition_by': {'field': column, 'data_type': 'date'},
        'meta': {'stored_by_day': column},
    }) -}}
{%- endmacro -%}

{% materialization whole_days, adapter='bigquery' %}
    {%- set stored = load_relation(this) -%}
    {{- run_hooks(pre_hooks) -}}

    {%- if stored is none or stored.is_view or should_full_refresh() -%}
        {%- if stored is not none -%}
            {%- do adapter.drop_relation(stored) -%}
        {%- endif -%}
        {%- call statement('main') -%}
            {{ create_table_as(false, this, compiled_code) }}
        {%- endcall -%}
    {%- else -%}
        {%- set built = make_temp_relation(this) -%}
        {%- do run_query(create_table_as(true, built, compiled_code)) -%}
        {%- do process_schema_changes(config.get('on_schema_change'), built, stored) -%}
        {%- set columns = adapter.get_columns_in_relation(stored) | map(attribute='quoted') | join(', ') -%}
        {%- call statement('main') -%}
            {{ ad_funnel.replace_days(stored, built, columns) }}
        {%- endcall -%}
        {%- do adapter.drop_relation(built) -%}
    {%- endif -%}

    {{- run_hooks(post_hooks) -}}
    {%- do apply_grants(this, config.get('grants'), should_revoke(stored, full_refresh_mode=true)) -%}
    {%- do persist_docs(this, model) -%}
    {{- return({'relations': [this.incorporate(type='table')]}) -}}
{% endmaterialization %}

{%- macro bigquery__replace_days(table, built, columns) -%}
    begin transaction;
    {{ ad_funnel.default__replace_days(table, built, columns) }}
    commit transaction;
{%- endmacro -%}

{#- dbt hands the names of types on as they are, and some of the marts' are not known here. -#}
{%- macro bigquery__contract() -%}{{- return({'enforced': false}) -}}{%- endmacro -%}

{%- macro bigquery__longest_name() -%}{{- return({'limit': 1024, 'unit': 'characters'}) -}}{%- endmacro -%}
