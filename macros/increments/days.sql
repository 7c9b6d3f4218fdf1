{#-
    Which days an incremental model builds. A build rewrites whole days, so it can be repeated at will. A ledger's days
    are its rows' `ledger_day`, other models' their `date_day`.

    The ledger holds every raw row once, so it is its own stamp: a raw day has changed when its rows, counted and summed
    by `row_stamp`, are not those that the ledger holds. No list of changed days outlives a build, so one that dies
    leaves nothing behind that the next would not find.
-#}

{#-
    The days of a ledger to build: {whole: true} for all of them, else {whole: false, days, undated, has_copies,
    early_partitions, early_arrivals}.
      days        whose rows changed, from the look-back on; and the days with other copies of the ids in them
      undated     whether there are rows without a usable time: these are always looked at again
      has_copies  whether there are other copies: then copies on days that are not built may have a say, too
      early_partitions  the partitions of stored rows that arrived more than a day before their own day
      early_arrivals    of the changed days, the first such partition in the raw table
    A day before the look-back is built for its copies only if the raw table still holds it as the ledger does; what the
    raw table has forgotten stays as it was judged.
    `version` is that of today's rules. `id` is the column whose copies may stand on several days, none where they always
    stand on one.
-#}
{%- macro ledger_days(table, version, id=none) -%}
    {%- if not ad_funnel.has_stored_days() -%}
        {{- return({'whole': true}) -}}
    {%- endif -%}

    {%- set staging = ref('stg_ads__' ~ table) -%}
    {%- set asked_for = ad_funnel.ledger_column_names(table) + [
        'date_day', 'disposition', 'reason', 'raw_record', 'rule_version', 'invocation_id'
    ] + (['id_number'] if id else []) -%}
    {%- if ad_funnel.is_of_an_older_version(asked_for) -%}
        {%- do ad_funnel.check_whole_history(table, staging) -%}
        {{- return({'whole': true}) -}}
    {%- endif -%}

    {%- set stored = ad_funnel.rows_of(
        "select
            (select max(date_day) from " ~ this ~ ") as last_day,
            exists (
                select 1 from " ~ this ~ " where rule_version <> '" ~ version ~ "' or rule_version is null
            ) as has_other_versions"
    )[0] -%}
    {%- if stored.last_day is none -%}
        {{- return({'whole': true}) -}}
    {%- endif -%}

    {%- set start = ad_funnel.look_back_start(stored.last_day) -%}
    {%- if stored.has_other_versions -%}
        {%- do ad_funnel.check_history(table, staging, start) -%}
        {{- return({'whole': true}) -}}
    {%- endif -%}

    {%- set early_partitions = ad_funnel.early_partitions_of(this) -%}
    {%- set in_look_back = ad_funnel.in_look_back(start) -%}
    {%- set day_stamps = 'ledger_day, count(*) as row_count, ' ~ ad_funnel.sum_of_stamps('row_stamp') ~ ' as stamp, '
        ~ 'min(early_partition_day) as early_partition_day' -%}
    {%- set changes = run_query('
        with staged as (
            select ' ~ day_stamps ~ ' from ' ~ staging ~ '
            where ' ~ in_look_back ~ ' and ' ~ ad_funnel.in_partitions(start, early_partitions) ~ '
            group by ledger_day
        ),
        stored as (
            select ' ~ day_stamps ~ ' from ' ~ this ~ ' where ' ~ in_look_back ~ ' group by ledger_day
        ),
        appeared as (select * from staged ' ~ dbt.except() ~ ' select * from stored),
        vanished as (select * from stored ' ~ dbt.except() ~ ' select * from staged)
        select ledger_day, min(early_partition_day) as early_partition_day
        from (
            select ledger_day, early_partition_day from appeared
            union all
            select ledger_day, early_partition_day from vanished
            union all
            select ledger_day, early_partition_day from staged where ledger_day is null
            union all
            select ledger_day, early_partition_day from stored where ledger_day is null
        ) as changed
        group by ledger_day
    ') -%}
    {%- set changed = changes.columns[0].values() | list -%}
    {%- set days = {
        'whole': false, 'days': changed | select | map('string') | list, 'undated': none in changed, 'has_copies': false,
        'early_partitions': early_partitions,
        'early_arrivals': changes.columns[1].values() | select | map('string') | list,
    } -%}

    {%- if id and days.days -%}
        {%- set of_copies = ad_funnel.is_copy() -%}
        {%- set elsewhere = run_query('
            with ids as (
                select ' ~ ad_funnel.id_number(id) ~ ' as id_number from ' ~ staging ~ '
                where reject_reason is null and ' ~ ad_funnel.in_staged_days(days) ~ '
                union all
                select id_number from ' ~ this ~ '
                where ' ~ of_copies ~ ' and ' ~ ad_funnel.in_ledger_days(days) ~ '
            )
            select distinct ledger_day from ' ~ this ~ '
            where id_number in (select ids.id_number from ids)
                and ' ~ of_copies ~ ' and not ' ~ ad_funnel.in_ledger_days(days) ~ '
        ').columns[0].values() | map('string') | list -%}
        {%- set near, far = elsewhere | select('ge', start) | list, elsewhere | select('lt', start) | list -%}
        {%- if far -%}
            {%- set far_days = {
                'whole': false, 'days': far, 'undated': false, 'early_partitions': early_partitions,
                'early_arrivals': [],
            } -%}
            {%- set far = run_query('
                select ledger_day from (
                    select ' ~ day_stamps ~ ' from ' ~ staging ~ '
                    where ' ~ ad_funnel.in_staged_days(far_days) ~ ' group by ledger_day
                    ' ~ dbt.intersect() ~ '
                    select ' ~ day_stamps ~ ' from ' ~ this ~ '
                    where ' ~ ad_funnel.in_ledger_days(far_days) ~ ' group by ledger_day
                ) as unchanged
            ').columns[0].values() | map('string') | list -%}
        {%- endif -%}
        {%- do days.update({'days': days.days + near + far, 'has_copies': elsewhere | length > 0}) -%}
    {%- endif -%}

    {{- return(days) -}}
{%- endmacro -%}


{#- Whether an earlier build has stored days to keep. (A unit test has no table of its own.) -#}
{%- macro has_stored_days() -%}
    {%- if not execute or this is none or should_full_refresh() -%}{{- return(false) -}}{%- endif -%}
    {%- set stored = load_relation(this) -%}
    {{- return(stored is not none and stored.is_table) -}}
{%- endmacro -%}


{#-
    Settings have changed, so every day is to be built anew. Where the raw table has forgotten what the ledger still
    knows, that would lose it, and only the user can say whether it may be lost.
-#}
{%- macro check_history(table, staging, start) -%}
    {%- set counts = ad_funnel.rows_of(
        "select
            (select count(*) from " ~ staging ~ " where ledger_day < date '" ~ start ~ "') as in_raw,
            (select count(*) from " ~ this ~ " where ledger_day < date '" ~ start ~ "') as in_ledger"
    )[0] -%}
    {%- if counts.in_raw < counts.in_ledger -%}
        {%- do exceptions.raise_compiler_error(
            'Settings or rules of ad_funnel have changed, so all days of ' ~ this ~ ' are to be built anew; but for '
            ~ 'the days before ' ~ start ~ ' the raw table of ' ~ table ~ ' holds ' ~ counts.in_raw ~ ' rows, and the '
            ~ 'ledger ' ~ counts.in_ledger ~ '. Cure: bring the rows back, or undo the change, or, if those days may '
            ~ 'be lost, build with --full-refresh.'
        ) -%}
    {%- endif -%}
{%- endmacro -%}


{#- Whether the model's table lacks a column that is asked for. Then all its days are built again, and it gets it. -#}
{%- macro is_of_an_older_version(columns) -%}
    {%- set missing = columns | reject('in', ad_funnel.names_of_columns(this)) | list -%}
    {%- if missing -%}
        {%- do log(
            'ad_funnel: ' ~ this ~ ' was made by an older version of the package: it has no column '
            ~ missing | join(', ') ~ '. All its days are built again.', info=true
        ) -%}
    {%- endif -%}
    {{- return(missing | length > 0) -}}
{%- endmacro -%}

{#- The same for all days: a table of an older version may not know which row belongs to which. -#}
{%- macro check_whole_history(table, staging) -%}
    {%- set counts = ad_funnel.rows_of(
        'select (select count(*) from ' ~ staging ~ ') as in_raw, (select count(*) from ' ~ this ~ ') as in_ledger'
    )[0] -%}
    {%- if counts.in_raw < counts.in_ledger -%}
        {%- do exceptions.raise_compiler_error(
            this ~ ' was made by an older version of ad_funnel, so all its days are to be built again; but the raw '
            ~ 'table of ' ~ table ~ ' holds ' ~ counts.in_raw ~ ' rows, and the ledger ' ~ counts.in_ledger ~ '. Cure: '
            ~ 'bring the rows back, or install the older version again, or, if those rows may be lost, build with '
            ~ '--full-refresh.'
        ) -%}
    {%- endif -%}
{%- endmacro -%}


{#-
    The first day that is compared with the raw table. It reaches back from the last day that was stored, so that
    nothing is passed over when no build has run for long.
-#}
{%- macro look_back_start(last_day) -%}
    {%- set days = (ad_funnel.seconds('ad_funnel__look_back') / 86400) | round(0, 'ceil') | int -%}
    {%- set start = ad_funnel.days_after([ad_funnel.as_of()[:10], last_day | string] | min, -days) -%}
    {{- return([start, '1900-01-01'] | max) -}}
{%- endmacro -%}

{#- A day so many days later, or earlier. Days are ISO texts in Jinja: dbt 2 cannot put dates in order. -#}
{%- macro days_after(day, days) -%}
    {{- return((modules.datetime.date.fromisoformat(day) + modules.datetime.timedelta(days=days)) | string) -}}
{%- endmacro -%}


{%- macro in_look_back(start, column='ledger_day') -%}
    {{- return('(' ~ column ~ " >= date '" ~ start ~ "' or " ~ column ~ ' is null)') -}}
{%- endmacro -%}

{#- The same for what reads a ledger after it was built, and for staging beside it. -#}
{%- macro in_look_back_of(table, column='ledger_day') -%}
    {%- set start = ad_funnel.look_back_start_of(table) -%}
    {{- return(ad_funnel.in_look_back(start, column) if start is not none else 'true') -}}
{%- endmacro -%}

{%- macro staged_in_look_back_of(table) -%}
    {%- set start = ad_funnel.look_back_start_of(table) -%}
    {%- if start is none -%}{{- return('true') -}}{%- endif -%}
    {#- The ledger of reports reads all partitions in every build, so it does not keep the early ones. -#}
    {%- if table == 'reports' -%}{{- return(ad_funnel.in_look_back(start)) -}}{%- endif -%}
    {%- set early_partitions = ad_funnel.early_partitions_of(ref('ledger_ads__' ~ table)) -%}
    {{- return(ad_funnel.in_look_back(start) ~ ' and ' ~ ad_funnel.in_partitions(start, early_partitions)) -}}
{%- endmacro -%}

{%- macro look_back_start_of(table) -%}
    {%- set ledger = ref('ledger_ads__' ~ table) -%}
    {%- if not execute -%}{{- return(none) -}}{%- endif -%}
    {%- set last_day = run_query('select max(date_day) from ' ~ ledger).rows[0][0] -%}
    {{- return(ad_funnel.look_back_start(last_day) if last_day is not none else none) -}}
{%- endmacro -%}


{#-
    The partitions of a raw table that can hold rows of a day and later ones: an event is rarely more than a day later
    than its partition, be that the event's own day or the day it arrived, and the ledger knows the partitions of those
    that are. So the engine opens no other partition.
-#}
{%- macro in_partitions(first_day, early_partitions) -%}
    {%- set first = ad_funnel.days_after(first_day, -1) -%}
    {%- set early = early_partitions | select('lt', first) | join("', date '") -%}
    {{- return(
        "(partition_day >= date '" ~ first ~ "' or partition_day is null or partition_day < date '1900-01-01'"
        ~ (" or partition_day in (date '" ~ early ~ "')" if early else '') ~ ')'
    ) -}}
{%- endmacro -%}

{%- macro early_partitions_of(ledger) -%}
    {{- return(run_query(
        'select distinct early_partition_day from ' ~ ledger ~ ' where early_partition_day is not null'
    ).columns[0].values() | map('string') | sort) -}}
{%- endmacro -%}


{#-
    For tests that would read a whole ledger: the rows on days in the look-back, and those that no build has passed with
    yet. Only `dbt build` leaves out the others, which an earlier one tested; `dbt test` looks at all.
-#}
{%- macro is_to_be_tested(table) -%}
    {%- if not execute or flags.WHICH != 'build' -%}{{- return('true') -}}{%- endif -%}
    {%- set builds = ad_funnel.builds_table() -%}
    {%- set since_passed = run_query(
        'select invocation_id from ' ~ builds ~ ' where build_number > coalesce(
            (select max(passed.build_number) from ' ~ builds ~ " as passed where passed.status = 'passed'), 0
        )"
    ).columns[0].values() -%}
    {{- return(
        '(' ~ ad_funnel.in_look_back_of(table) ~ " or invocation_id in ('" ~ since_passed | join("', '") ~ "'))"
    ) -}}
{%- endmacro -%}


{#-
    The days of another incremental model to build: those whose inputs are not the ones that the stored rows were made
    from. `inputs` is a query of (date_day, built_from), one row a day, `built_from` a text that changes with the
    inputs.
-#}
{%- macro changed_days(inputs) -%}
    {%- if not ad_funnel.has_stored_days() -%}
        {{- return({'whole': true}) -}}
    {%- endif -%}
    {%- if ad_funnel.is_of_an_older_version(['date_day', 'built_from']) -%}
        {{- return({'whole': true}) -}}
    {%- endif -%}
    {%- set changed = run_query('
        with inputs as (' ~ inputs ~ '),
        stored as (select distinct date_day, built_from from ' ~ this ~ '),
        appeared as (
            select date_day, built_from from inputs ' ~ dbt.except() ~ ' select date_day, built_from from stored
        ),
        vanished as (
            select date_day, built_from from stored ' ~ dbt.except() ~ ' select date_day, built_from from inputs
        )
        select distinct date_day
        from (select date_day from appeared union all select date_day from vanished) as changed
    ').columns[0].values() | list -%}
    {{- return({'whole': false, 'days': changed | select | map('string') | list, 'undated': none in changed}) -}}
{%- endmacro -%}


{#-
    The one predicate that picks the days to build. `before` and `after` widen it to the days around them, for what is
    read there. (Not `where (false)`: that is a table's other name with a column `false` to one engine's parser: seen.)
-#}
{%- macro in_days(days, column='date_day', before=0, after=0) -%}
    {%- if days.whole -%}
        true
    {%- else -%}
        {%- set ranges = [] -%}
        {%- for day in days.days | sort -%}
            {%- set first = ad_funnel.days_after(day, -before) -%}
            {%- set last = ad_funnel.days_after(day, after) -%}
            {%- if ranges and first <= ad_funnel.days_after(ranges[-1].last, 1) -%}
                {%- do ranges[-1].update({'last': last}) -%}
            {%- else -%}
                {%- do ranges.append({'first': first, 'last': last}) -%}
            {%- endif -%}
        {%- endfor -%}
        (
        {%- for range in ranges -%}
            {{ column }} between date '{{ range.first }}' and date '{{ range.last }}'
            {{- ' or ' if not loop.last or days.undated }}
        {%- endfor -%}
        {{- column ~ ' is null' if days.undated else '1 = 0' if not ranges }})
    {%- endif -%}
{%- endmacro -%}


{#- The same for the rows of a ledger, and for those of staging. -#}
{%- macro in_ledger_days(days) -%}
    {{- return(ad_funnel.in_days(days, 'ledger_day')) -}}
{%- endmacro -%}

{%- macro in_staged_days(days) -%}
    {%- if days.whole or not days.days -%}
        {{- return(ad_funnel.in_ledger_days(days)) -}}
    {%- endif -%}
    {%- set first_day = (days.days + days.early_arrivals) | min -%}
    {%- set in_partitions = ad_funnel.in_partitions(first_day, days.early_partitions) -%}
    {{- return(ad_funnel.in_ledger_days(days) ~ ' and ' ~ in_partitions) -}}
{%- endmacro -%}


{#-
    Tells the strategy below which days the model's SQL builds: it sees nothing of the model but this text. So the
    compiled SQL says what it replaces, too.
-#}
{%- macro replaces_days(days, column='date_day') -%}
    -- Replaces the rows where {{ ad_funnel.in_days(days, column) }}.
{%- endmacro -%}

{%- macro replaced_rows() -%}
    {{- return(modules.re.search('-- Replaces the rows where (.*)[.]\n', model.compiled_code).group(1)) -}}
{%- endmacro -%}

{#-
    The incremental strategy `whole_days`: takes out the days that the model builds and puts in its rows, in one
    transaction. (delete+insert finds the days to delete among the new rows: a day that became empty would stay.)
-#}
{% macro get_incremental_whole_days_sql(arguments) %}
    {%- set columns = arguments.dest_columns | map(attribute='quoted') | join(', ') -%}
    {{ ad_funnel.replace_days(arguments.target_relation, arguments.temp_relation, columns) }}
{% endmacro %}


{#-
    What each day of a ledger's accepted rows is made from, where they meet the impressions of the days around: the
    versions of its own day and of those days.
-#}
{%- macro days_around(ledger, before, after) -%}
    select
        own.date_day,
        '{{ ad_funnel.rule_version() }}-'
        || {{ ad_funnel.md5("own.version || ' ' || coalesce(around.versions, '')") }} as built_from
    from (
        select
            date_day,
            max(invocation_id) as version
        from {{ ledger }}
        where disposition = 'accepted'
        group by date_day
    ) as own
    left join (
        select
            days.date_day,
            {{ ad_funnel.texts_in_order('impressions.version', ['impressions.date_day']) }} as versions
        from (
            select distinct date_day
            from {{ ledger }}
            where disposition = 'accepted'
        ) as days
        inner join (
            select distinct
                date_day,
                built_from as version
            from {{ ref('ledger_ads__impressions_by_day') }}
            where disposition = 'accepted'
        ) as impressions
            on
                impressions.date_day >= {{ ad_funnel.add_days('days.date_day', -before) }}
                and impressions.date_day <= {{ ad_funnel.add_days('days.date_day', after) }}
        group by days.date_day
    ) as around
        on own.date_day = around.date_day
{%- endmacro -%}


{#- How many calendar days on, or back, a duration may reach: days may have 23 hours. -#}
{%- macro days_reached(seconds) -%}
    {{- return((seconds / 82800) | round(0, 'ceil') | int) -}}
{%- endmacro -%}
