-- One row: how far the accepted events reach; where there are none, how far reports do.
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

),

reached as (

    select max(event_at) as event_at
    from latest

)
{%- if ad_funnel.reads_reports() %},

-- A report line is of its whole day.
reported as (

    select {{ ad_funnel.reporting_day_start(ad_funnel.add_days('max(date_day)', 1)) }} as event_at
    from {{ ref('ledger_ads__reports') }}
    where disposition = 'accepted'

)
{%- endif %}

{% set through = 'coalesce(reached.event_at, reported.event_at)' if ad_funnel.reads_reports() else 'reached.event_at' %}
select
    -- An event accepted within the clock skew may lie ahead of the clock. `least` passes over NULL: no event, no time.
    case
        when {{ through }} is not null then least({{ through }}, {{ ad_funnel.time_literal(ad_funnel.as_of()) }})
    end as data_through,
    {{ ad_funnel.whole_second(run_started_at) }} as built_at,
    '{{ invocation_id }}' as invocation_id
from reached
{%- if ad_funnel.reads_reports() %}
cross join reported
{%- endif %}
