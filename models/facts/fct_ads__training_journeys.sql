-- One row per touch of the journeys that the data-driven models learn from: those that ended in the training window,
-- with a conversion or without one.
{{ config(enabled=ad_funnel.has_data_driven_attribution()) }}
{% set training_seconds = ad_funnel.seconds('ad_funnel__training_window') %}
{% set windows = ad_funnel.touch_windows(by_type=false) %}
{% set max_touches = ad_funnel.setting('ad_funnel__max_touches') %}

with latest as (

    select data_through as event_at
    from {{ ref('fct_ads__freshness') }}

    union all

    select max(visited_at) as event_at
    from {{ ref('fct_ads__visits') }}

),

training as (

    select
        {{ ad_funnel.add_seconds('max(event_at)', -training_seconds) }} as ended_after,
        {{ ad_funnel.add_seconds('max(event_at)', -training_seconds + windows.values() | min) }} as touched_after
    from latest

),

converted as (

    select
        journeys.journey_number,
        true as is_converted,
        conversions.conversion_value,
        journeys.touch_number,
        journeys.touches,
        journeys.path_channel
    from {{ ref('fct_ads__journeys') }} as journeys
    inner join {{ ref('fct_ads__conversions') }} as conversions
        on
            journeys.platform = conversions.platform
            and journeys.conversion_id = conversions.conversion_id
    inner join training
        on journeys.converted_at > training.ended_after
    where journeys.touches > 0

),

-- What led to no conversion is one journey for each user, looked at as if they had converted at its last touch.
idle_touches as (

    select touches.*
    from {{ ref('fct_ads__touches') }} as touches
    inner join training
        on touches.touched_at > training.touched_after
    left join {{ ref('fct_ads__journey_windows') }} as journey_windows
        on
            touches.user_id = journey_windows.user_id
            and touches.touch_type = journey_windows.touch_type
            and touches.touched_at > journey_windows.touched_after
            and touches.touched_at <= journey_windows.converted_at
    left join {{ ref('fct_ads__journey_windows') }} as naming
        on
            touches.touch_id = naming.named_id
            and touches.touch_type = naming.touch_type
            and touches.channel = naming.named_platform
            and naming.named_at > naming.touched_after
    where journey_windows.user_id is null and naming.journey_number is null

),

idle_users as (

    select
        user_id,
        max(touched_at) as ended_at,
        -row_number() over (order by user_id) as journey_number
    from idle_touches
    group by user_id

),

idle_looks as (

    {% for touch_type, seconds in windows.items() %}
    select
        idle_users.*,
        '{{ touch_type }}' as touch_type,
        {{ ad_funnel.add_seconds('idle_users.ended_at', seconds) }} as looks_after
    from idle_users
    inner join training
        on idle_users.ended_at > training.ended_after
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

idle as (

    select
        looks.journey_number,
        touches.channel,
        touches.campaign_id,
        row_number() over (
            partition by looks.journey_number order by {{ ad_funnel.latest_touch_first('touches') }}
        ) as number_from_last,
        count(*) over (partition by looks.journey_number) as touches_in_reach
    from idle_looks as looks
    inner join idle_touches as touches
        on
            looks.user_id = touches.user_id
            and looks.touch_type = touches.touch_type
            and looks.looks_after < touches.touched_at

)

select * from converted

union all

select
    journey_number,
    false as is_converted,
    cast(null as {{ ad_funnel.type_money() }}) as conversion_value,
    cast(least(touches_in_reach, {{ max_touches }}) - number_from_last + 1 as integer) as touch_number,
    cast(least(touches_in_reach, {{ max_touches }}) as integer) as touches,
    {{ ad_funnel.path_channel('channel', 'campaign_id') }} as path_channel
from idle
where number_from_last <= {{ max_touches }}
