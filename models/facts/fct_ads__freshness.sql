-- One row: how far the accepted events and spend lines reach, and which measures the raw tables have the columns for.
with latest as (

    select max(latest_at) as event_at
    from {{ ref('ledger_ads__impressions_by_day') }}
    where disposition = 'accepted'

    union all

    select max(clicked_at) as event_at
    from {{ ref('ledger_ads__clicks') }}
    where disposition = 'accepted'

    union all

    select max(converted_at) as event_at
    from {{ ref('ledger_ads__conversions') }}
    where disposition = 'accepted'

    union all

    -- A spend line is of its whole day.
    select {{ ad_funnel.reporting_day_start(ad_funnel.add_days('max(date_day)', 1)) }} as event_at
    from {{ ref('ledger_ads__spend') }}
    where disposition = 'accepted'

),

reached as (

    select max(event_at) as event_at
    from latest

)

select
    -- An event accepted within the clock skew may lie ahead of the clock, and today is not over. `least` passes over
    -- NULL: no event, no time.
    case
        when reached.event_at is not null
            then least(reached.event_at, {{ ad_funnel.time_literal(ad_funnel.as_of()) }})
    end as data_through,
    {%- for name in ad_funnel.measures_of_columns() %}
    measured.has_{{ name }},
    {%- endfor %}
    {{ ad_funnel.whole_second(run_started_at) }} as built_at,
    '{{ invocation_id }}' as invocation_id
from reached
cross join {{ ref('stg_ads__measured') }} as measured
