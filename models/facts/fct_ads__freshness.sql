-- One row: how far the accepted events, spend lines and report lines reach, and which measures the raw tables have the
-- columns for. A click comes from an impression, so a column of impression ids that is blank in every click is none.
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

lines as (

    select max(date_day) as last_day
    from {{ ref('ledger_ads__spend') }}
    where disposition = 'accepted'
    {%- if ad_funnel.reads_reports() %}

    union all

    select max(last_day) as last_day
    from {{ ref('ledger_ads__reports') }}
    where disposition = 'accepted'
    {%- endif %}

),

last_line as (

    select max(last_day) as last_day
    from lines

),

reached as (

    select
        max(latest.event_at) as event_at,
        max({{ ad_funnel.reporting_day_start('last_line.last_day') }}) as line_from,
        max({{ ad_funnel.reporting_day_start(ad_funnel.add_days('last_line.last_day', 1)) }}) as line_until
    from latest
    cross join last_line

),

clicks as (

    select count(*) = 0 or count(impression_id) > 0 as name_impressions
    from {{ ref('ledger_ads__clicks') }}
    where disposition = 'accepted'

),

-- A line is of its whole day. Beside events, which come as they happen, it says only that the day has begun.
through as (

    select
        case
            when event_at is null then line_until
            when line_from > event_at then line_from
            else event_at
        end as reached_at
    from reached

)

select
    -- An event accepted within the clock skew may lie ahead of the clock, and today is not over. `least` passes over
    -- NULL: no event, no time.
    case
        when through.reached_at is not null
            then least(through.reached_at, {{ ad_funnel.time_literal(ad_funnel.as_of()) }})
    end as data_through,
    {%- for name in ad_funnel.measures_of_columns() %}
    measured.has_{{ name }}{{ ' and clicks.name_impressions as has_' ~ name if
        'clicks.impression_id' in ad_funnel.measures()[name].columns }},
    {%- endfor %}
    {{ ad_funnel.whole_second(run_started_at) }} as built_at,
    '{{ invocation_id }}' as invocation_id
from through
cross join clicks
cross join {{ ref('stg_ads__measured') }} as measured
