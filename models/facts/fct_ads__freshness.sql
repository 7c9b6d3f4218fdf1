-- One row: how far the accepted events reach.
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

)

select
    -- An event accepted within the clock skew may lie ahead of the clock. `least` passes over NULL: no event, no time.
    case
        when max(event_at) is not null then least(max(event_at), {{ ad_funnel.time_literal(ad_funnel.as_of()) }})
    end as data_through,
    {{ ad_funnel.whole_second(run_started_at) }} as built_at,
    '{{ invocation_id }}' as invocation_id
from latest
