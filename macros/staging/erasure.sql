{#-
    Users who asked to be forgotten (scripts/erase.py). The table ad_funnel_erasures, beside the ledger, knows them by a
    keyed hash of their id, which is stored nowhere; staging recognises their rows as it reads them.
-#}

{#- That table; none where nobody was erased, and then nothing here costs anything. -#}
{%- macro erasures() -%}
    {%- if not execute -%}{{- return(none) -}}{%- endif -%}
    {%- set beside = ad_funnel.builds_table() -%}
    {%- set table = adapter.get_relation(beside.database, beside.schema, 'ad_funnel_erasures') -%}
    {%- if table is none or run_query('select count(*) from ' ~ table).rows[0][0] == 0 -%}
        {{- return(none) -}}
    {%- endif -%}
    {{- return(table) -}}
{%- endmacro -%}


{#-
    Whether a row is an erased user's, by its `user_id`. Each user id is hashed once, not each row: that halves the
    cost. (Lists of several build files that were brought together have a key each.)
-#}
{%- macro is_erased(raw) -%}
    {%- set erasures = ad_funnel.erasures() -%}
    {%- if erasures is none or not ad_funnel.has_column(raw, 'user_id') -%}
        {{- return('false') -}}
    {%- endif -%}
    coalesce(user_id in (
            select users.user_id
            from (
                select distinct {{ ad_funnel.raw_column(raw, 'user_id') }} as user_id
                from (
                    select {{ ad_funnel.trimmed_column(raw, 'user_id') }} as user_id
                    from {{ raw.relation }}
                ) as trimmed
            ) as users
            cross join (select distinct hash_key from {{ erasures }}) as hash_keys
            where {{ ad_funnel.sha256('hash_keys.hash_key || users.user_id') }} in (
                select user_hash from {{ erasures }}
            )
        ), false)
{%- endmacro -%}


{#- All that is kept of an erased row: when it was, and its money; so the ledger still balances. -#}
{%- macro kept_of_erased(table) -%}
    {%- if table == 'visits' -%}
        {{- return(['visited_at', 'date_day', 'ledger_day', 'early_partition_day', 'loaded_at', 'partition_day']) -}}
    {%- endif -%}
    {%- set time, money = {
        'impressions': ['impression_at', 'cost'],
        'clicks': ['clicked_at', 'cost'],
        'conversions': ['converted_at', 'value'],
    }[table] -%}
    {{- return([
        time, 'date_day', 'ledger_day', 'early_partition_day', 'loaded_at', 'partition_day', 'platform', 'currency',
        money, 'has_' ~ money, 'is_' ~ money ~ '_unreadable',
    ]) -}}
{%- endmacro -%}


{#-
    The columns of staging. Of an erased row all but those are NULL; its reason comes before any other; and its stamp is
    made of what is kept, so that it tells nothing else, and differs from the one that the row had before.
-#}
{%- macro staged_columns(table) -%}
    {%- set names = ad_funnel.ledger_column_names(table) + ['partition_day', 'reject_reason', 'raw_record'] -%}
    {%- if ad_funnel.erasures() is none -%}
        {{- return(names | join(',\n    ')) -}}
    {%- endif -%}
    {%- set kept = ad_funnel.kept_of_erased(table) -%}
    {%- set of_erased = {
        'reject_reason': "'erased'",
        'row_stamp': ad_funnel.fingerprint(ad_funnel.row_text(kept)),
    } -%}
    {%- set columns = [] -%}
    {%- for name in names -%}
        {%- if name in kept -%}
            {%- do columns.append(name) -%}
        {%- else -%}
            {%- do columns.append(
                'case when is_erased then ' ~ of_erased.get(name, 'null') ~ ' else ' ~ name ~ ' end as ' ~ name
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(columns | join(',\n    ')) -}}
{%- endmacro -%}
