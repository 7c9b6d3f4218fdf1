{#- How the ledger judges the rows that staging has read. -#}

{#-
    What the ledger keeps of a staged row: the contract's columns and what staging found out about them. Absent are the
    working columns of the judgement (payload, reject_reason) and the raw record, kept only where a row is not accepted.
-#}
{%- macro ledger_columns(table) -%}
    {%- set found_out = {
        'impressions': ['date_day', 'has_cost', 'is_cost_unreadable'],
        'clicks': ['date_day', 'has_cost', 'is_cost_unreadable', 'is_landed'],
        'conversions': ['date_day', 'has_value', 'is_value_unreadable', 'is_platform_known', 'is_adjustment'],
        'spend': ['has_amount', 'is_amount_unreadable'],
    } -%}
    {{- (ad_funnel.raw_contract()[table] | list + found_out[table]) | join(',\n        ') -}}
{%- endmacro -%}


{#- The order in which copies of one id are preferred: the first is accepted. Never chance, so payload decides last. -#}
{%- macro copy_order(table, time) -%}
    {%- if ad_funnel.setting('ad_funnel__' ~ table ~ '_keep') == 'latest_load' -%}
        loaded_at desc nulls last, {{ time }} asc, payload asc
    {%- else -%}
        {{ time }}, loaded_at nulls last, payload
    {%- endif -%}
{%- endmacro -%}


{#- What became of a row, from its own reject reason and its place among the copies of its id. -#}
{%- macro disposition() -%}
    case
            when reject_reason is not null then 'rejected'
            when copy_number = 1 then 'accepted'
            when payload = accepted_payload then 'duplicate'
            else 'conflict'
        end
{%- endmacro -%}

{%- macro disposition_reason() -%}
    case
            when reject_reason is not null then reject_reason
            when copy_number = 1 then cast(null as {{ dbt.type_string() }})
            when payload = accepted_payload then 'same_payload'
            else 'other_payload'
        end
{%- endmacro -%}


{#- Whether a user agent is a bot's: it contains the pattern (which staging has put in lower case). -#}
{%- macro fits_bot_pattern(user_agent, pattern) -%}
    position({{ pattern }} in lower({{ user_agent }})) > 0
{%- endmacro -%}


{#-
    The version of the rules that decided a row's disposition: the package's own number and a digest of every setting
    but the clock, so that a row tells whether it was judged under today's settings.
-#}
{%- macro rule_version() -%}
    {%- set values = [] -%}
    {%- for name, known in ad_funnel.settings().items()
        if known.kind != 'relation' and name != 'ad_funnel__as_of' -%}
        {%- do values.append(name ~ '=' ~ ad_funnel.setting(name)) -%}
    {%- endfor -%}
    {{- return('1-' ~ local_md5(values | join('\n'))[:8]) -}}
{%- endmacro -%}
