{#- Rules of time, each an expression. A time is a UTC timestamp without zone; a day is one of the reporting zone. -#}

{#- Why a time cannot be used; NULL where it can. -#}
{%- macro time_fault(time) -%}
    case
            when {{ time }} is null then 'invalid_timestamp'
            when not {{ ad_funnel.is_in_range(time) }} then 'timestamp_out_of_range'
            when {{ ad_funnel.is_in_future(time) }} then 'in_future'
        end
{%- endmacro -%}


{#- Whether a time is still to come. -#}
{%- macro is_in_future(time) -%}
    {{- time }} > {{ ad_funnel.latest_time() }}
{%- endmacro -%}


{#- From the setting's earliest event to the year 2200: outside, a time is a typing error or an infinity. -#}
{%- macro is_in_range(time) -%}
    {%- set earliest = ad_funnel.setting('ad_funnel__earliest_event') ~ ' 00:00:00' -%}
    {%- set end = ad_funnel.time_literal('2200-01-01 00:00:00') -%}
    ({{ time }} >= {{ ad_funnel.time_literal(earliest) }} and {{ time }} < {{ end }})
{%- endmacro -%}


{#- The latest time that an event may have: the clock, and what other clocks may be ahead of it. -#}
{%- macro latest_time() -%}
    {{- ad_funnel.add_seconds(
        ad_funnel.time_literal(ad_funnel.as_of()), ad_funnel.seconds('ad_funnel__clock_skew')
    ) -}}
{%- endmacro -%}


{#- A UTC time as clocks of the reporting zone show it. -#}
{%- macro reporting_time(time) -%}
    {{- return(ad_funnel.utc_to_local(time, ad_funnel.setting('ad_funnel__reporting_time_zone'))) -}}
{%- endmacro -%}


{#- The reporting day of a UTC time; NULL for a time out of range. -#}
{%- macro reporting_day(time) -%}
    case when {{ ad_funnel.is_in_range(time) }} then cast({{ ad_funnel.reporting_time(time) }} as date) end
{%- endmacro -%}


{#- The hour of a UTC time in the reporting zone, 00 to 23; where clocks are set back, one hour is two. -#}
{%- macro reporting_hour(time) -%}
    {%- set hour = 'cast(extract(hour from ' ~ ad_funnel.reporting_time(time) ~ ') as integer)' -%}
    lpad(cast({{ hour }} as {{ dbt.type_string() }}), 2, '0')
{%- endmacro -%}


{#-
    The day that an event is booked on; NULL for a time that cannot be used, or not yet.
-#}
{%- macro booking_day(time) -%}
    case when {{ time }} <= {{ ad_funnel.latest_time() }} then {{ ad_funnel.reporting_day(time) }} end
{%- endmacro -%}


{#-
    The day that the ledger keeps a row under: the event's own, even while it is still to come, so that a row stays
    where it is when its time has come; or without one that of its partition, so that rows without a day need not be
    looked for in partitions of long ago. A partition beyond these years is none.
-#}
{%- macro ledger_day(event_day) -%}
    coalesce(
            {{ event_day }},
            case when partition_day >= date '1900-01-01' and partition_day < date '2200-01-01' then partition_day end
        )
{%- endmacro -%}


{#-
    The partition of a row that arrived more than a day before its own day, such as one from the future; NULL for any
    other row. Builds look for the rows of a day in the partitions from the day before on, and in these
    (macros/increments/days.sql).
-#}
{%- macro early_partition_day(event_day) -%}
    case
            when partition_day >= date '1900-01-01' and partition_day < {{ ad_funnel.add_days(event_day, -1) }}
                then partition_day
        end
{%- endmacro -%}


{#- The first instant (UTC) of a reporting day. -#}
{%- macro reporting_day_start(date) -%}
    {%- set midnight = 'cast(' ~ date ~ ' as ' ~ ad_funnel.type_time() ~ ')' -%}
    {{- ad_funnel.local_to_utc(midnight, ad_funnel.setting('ad_funnel__reporting_time_zone')) -}}
{%- endmacro -%}
