{#- How the ledger judges the rows that staging has read. -#}

{#-
    What the ledger keeps of a staged row: the contract's columns and what staging found out about them. Absent are the
    working columns of the judgement (payload, reject_reason), the partition, and the raw record, kept only where a row
    is not accepted.
-#}
{%- macro ledger_columns(table) -%}
    {{- ad_funnel.ledger_column_names(table) | join(',\n        ') -}}
{%- endmacro -%}

{%- macro ledger_column_names(table) -%}
    {%- set found_out = {
        'impressions': ['date_day', 'has_cost', 'is_cost_unreadable'],
        'clicks': ['date_day', 'has_cost', 'is_cost_unreadable', 'is_landed'],
        'conversions': ['date_day', 'has_value', 'is_value_unreadable', 'is_platform_known', 'is_adjustment'],
        'visits': ['date_day'],
        'spend': ['has_amount', 'is_amount_unreadable'],
    } -%}
    {%- set of_contract = ad_funnel.raw_contract()[table] | reject('equalto', 'partition_day') | list -%}
    {{- return(
        of_contract + found_out[table] + ['unreadable_columns', 'ledger_day', 'early_partition_day', 'row_stamp']
    ) -}}
{%- endmacro -%}


{#-
    A number made of an event's platform and id, NULL without an id: rows with the same one are most likely copies of each
    other, and quickly found, an eighth of the cost of looking for the id itself (benchmarks/README.md).
-#}
{%- macro id_number(id) -%}
    {#- A visit is one of the website, not of a platform. -#}
    {%- set key = id if id == 'visit_id' else 'platform, ' ~ id -%}
    {{- return('case when ' ~ id ~ ' is not null then ' ~ ad_funnel.fingerprint(key) ~ ' end') -}}
{%- endmacro -%}


{#-
    The order in which copies of one id are preferred: the first is accepted. Never chance: where the load time and the
    payload are equal too, the raw record decides which row is kept with its record and which without.
-#}
{%- macro copy_order(table) -%}
    {%- set time = {
        'impressions': 'impression_at', 'clicks': 'clicked_at', 'conversions': 'converted_at', 'visits': 'visited_at',
        'spend': 'date_day',
    }[table] -%}
    {%- if ad_funnel.latest_load_counts(table) -%}
        loaded_at desc nulls last,
            {{ time }} asc nulls last, payload asc nulls last, raw_record asc nulls last
    {%- else -%}
        {{ time }} asc nulls last,
            loaded_at asc nulls last, payload asc nulls last, raw_record asc nulls last
    {%- endif -%}
{%- endmacro -%}


{#- Whether a later load of a row replaces the earlier one: always of spend lines, by setting of events. -#}
{%- macro latest_load_counts(table) -%}
    {{- return(table == 'spend' or ad_funnel.setting('ad_funnel__' ~ table ~ '_keep') == 'latest_load') -}}
{%- endmacro -%}


{#- What became of a row, from its own reject reason and its place among the copies of its id. -#}
{%- macro disposition() -%}
    case
            when reject_reason = 'erased' then 'erased'
            when reject_reason is not null then 'rejected'
            when copy_number = 1 then 'accepted'
            when payload = accepted_payload then 'duplicate'
            else 'conflict'
        end
{%- endmacro -%}

{#- A conflict is `superseded` where a later load replaced it, as loads do. Any other may be money or rows lost. -#}
{%- macro disposition_reason(table) -%}
    case
            when reject_reason is not null then reject_reason
            when copy_number = 1 then cast(null as {{ dbt.type_string() }})
            when payload = accepted_payload then 'same_payload'
            {%- if ad_funnel.latest_load_counts(table) %}
            when loaded_at < latest_load or (loaded_at is null and latest_load is not null) then 'superseded'
            {%- endif %}
            else 'other_payload'
        end
{%- endmacro -%}


{#- Whether a row of the ledger is a copy of its id: one that was accepted, or would have been. -#}
{%- macro is_copy() -%}
    disposition in ('accepted', 'duplicate', 'conflict')
{%- endmacro -%}


{#- Whether a user agent is a bot's: it contains the pattern (which staging has put in lower case). -#}
{%- macro fits_bot_pattern(user_agent, pattern) -%}
    {{ dbt.position(pattern, ad_funnel.lower_case(user_agent)) }} > 0
{%- endmacro -%}


{#-
    The version of the rules that made a stored row: the package's own number (to be raised with every change of a rule:
    tests/python/test_increments.py asks for it), a digest of the settings that bear on stored rows, and for impressions
    and visits one of the bot patterns. Rows of another version are built anew.
-#}
{%- macro rule_version(table=none) -%}
    {%- set values = [] -%}
    {%- set settings = ad_funnel.settings() -%}
    {%- for name, known in settings.items() if known.kind != 'relation' and known.judges is not false -%}
        {%- do values.append(name ~ '=' ~ ad_funnel.plain_text(ad_funnel.setting(name, settings))) -%}
    {%- endfor -%}
    {%- if table in ['impressions', 'visits'] and execute and model.resource_type == 'model' -%}
        {%- set patterns = run_query('select distinct pattern from ' ~ ref('stg_ads__bot_patterns')) -%}
        {%- do values.extend(patterns.columns[0].values() | select | sort) -%}
    {%- endif -%}
    {{- return('6-' ~ local_md5(values | join('\n'))[:8]) -}}
{%- endmacro -%}


{#-
    A value of a setting as text. (Of lists and mappings dbt-core and dbt 2 make unequal texts where a backslash is in them,
    and by tojson where a character is not ASCII.)
-#}
{%- macro plain_text(value) -%}
    {%- if value is mapping -%}
        {%- set texts = [] -%}
        {%- for key in value -%}
            {%- do texts.append(key ~ ': ' ~ ad_funnel.plain_text(value[key])) -%}
        {%- endfor -%}
        {{- return('{' ~ texts | join(', ') ~ '}') -}}
    {%- elif value is iterable and value is not string -%}
        {%- set texts = [] -%}
        {%- for item in value -%}
            {%- do texts.append(ad_funnel.plain_text(item)) -%}
        {%- endfor -%}
        {{- return('[' ~ texts | join(', ') ~ ']') -}}
    {%- endif -%}
    {{- return(value | string) -}}
{%- endmacro -%}


{#- The raw tables that have a ledger. Visits are read for attribution and landing pages alone, reports where mapped. -#}
{%- macro ledger_tables() -%}
    {%- set visits = ['visits'] if ad_funnel.reads_visits() else [] -%}
    {%- set reports = ['reports'] if ad_funnel.reads_reports() else [] -%}
    {{- return(['impressions', 'clicks', 'conversions', 'spend'] + visits + reports) -}}
{%- endmacro -%}


{#-
    For tests: the tables of which more basis points of the rows were rejected, of all rows or of the days in the
    look-back. (Rows without a usable time have no day: they count among all rows only.)
-#}
{%- macro rejected_beyond(basis_points, ledger) -%}
    {%- set in_look_back = [] -%}
    {%- for table in ad_funnel.ledger_tables() -%}
        {%- set is_recent = ad_funnel.in_look_back_of(table, 'date_day') -%}
        {%- do in_look_back.append("source_table = '" ~ table ~ "' and " ~ is_recent) -%}
    {%- endfor -%}
    {%- set rejected = "sum(case when disposition = 'rejected' then row_count else 0 end)" -%}
    {%- for scope, condition in {
        'all rows': 'true',
        'look-back': 'date_day is not null and (' ~ in_look_back | join(' or ') ~ ')',
    }.items() %}
select
    source_table,
    '{{ scope }}' as scope,
    {{ rejected }} as rejected_rows,
    sum(row_count) as raw_rows
from {{ ledger }}
where {{ condition }}
group by source_table
having {{ rejected }} * 10000 > sum(row_count) * {{ basis_points }}
{{ 'union all' if not loop.last }}
    {%- endfor -%}
{%- endmacro -%}
