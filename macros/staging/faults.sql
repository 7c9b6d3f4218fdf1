{#- Rules that every event table shares. Each is an expression; staging puts them in order. -#}

{#- Why a time cannot be used; NULL where it can. -#}
{%- macro time_fault(time) -%}
    case
            when {{ time }} is null then 'invalid_timestamp'
            when not {{ ad_funnel.is_in_range(time) }} then 'timestamp_out_of_range'
            when {{ time }} > {{ ad_funnel.add_seconds("timestamp '" ~ ad_funnel.as_of() ~ "'", ad_funnel.seconds('ad_funnel__clock_skew')) }} then 'in_future'
        end
{%- endmacro -%}


{#- From the setting's earliest event to the year 2200: outside, a time is a typing error or an infinity. -#}
{%- macro is_in_range(time) -%}
    ({{ time }} >= timestamp '{{ ad_funnel.setting('ad_funnel__earliest_event') }} 00:00:00' and {{ time }} < timestamp '2200-01-01 00:00:00')
{%- endmacro -%}


{#- The day of a UTC time in the reporting time zone; NULL for a time out of range. -#}
{%- macro reporting_day(time) -%}
    case when {{ ad_funnel.is_in_range(time) }} then cast({{ ad_funnel.utc_to_local(time, ad_funnel.setting('ad_funnel__reporting_time_zone')) }} as date) end
{%- endmacro -%}


{#- The first instant (UTC) of a reporting day. -#}
{%- macro reporting_day_start(date) -%}
    {{- ad_funnel.local_to_utc('cast(' ~ date ~ ' as ' ~ dbt.type_timestamp() ~ ')', ad_funnel.setting('ad_funnel__reporting_time_zone')) -}}
{%- endmacro -%}


{#- The order in which copies of one id are preferred: the first is accepted. Never chance, so payload decides last. -#}
{%- macro copy_order(table, time) -%}
    {%- if ad_funnel.setting('ad_funnel__' ~ table ~ '_keep') == 'latest_load' -%}
        loaded_at desc nulls last, {{ time }}, payload
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


{#-
    Money in the reporting currency, converted once, per row, rounded half away from zero; NULL where there is no rate.
    Money out of the type's range after conversion is as unknown as money without a rate.
-#}
{%- macro in_reporting_currency(amount, currency, rate, type) -%}
    case
            when {{ currency }} = '{{ ad_funnel.setting('ad_funnel__reporting_currency') }}' then {{ amount }}
            else {{ ad_funnel.try_decimal(amount ~ ' * ' ~ rate, 'number', type) }}
        end
{%- endmacro -%}


{#- The click or view window of a conversion in seconds, by its type where a type has its own. -#}
{%- macro window_of_type(windows, touch, sign=1) -%}
    {%- if windows.types -%}
        case conversion_type
        {%- for type, seconds in windows.types.items() %} when '{{ type | lower }}' then {{ sign * seconds[touch] }}{% endfor %}
            else {{ sign * windows.default[touch] }} end
    {%- else -%}
        {{- sign * windows.default[touch] -}}
    {%- endif -%}
{%- endmacro -%}
