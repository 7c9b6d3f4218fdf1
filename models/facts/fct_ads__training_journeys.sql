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
idle as (

    select
        touches.*,
        max(touches.touched_at) over (partition by touches.user_id) as ended_at
    from {{ ref('fct_ads__touches') }} as touches
    inner join training
        on touches.touched_at > training.touched_after
    where
        not exists (
            select 1
            from {{ ref('fct_ads__journey_windows') }} as windows
            where
                windows.user_id = touches.user_id
                and windows.touch_type = touches.touch_type
                and windows.touched_after < touches.touched_at
                and windows.converted_at >= touches.touched_at
        )
        and not exists (
            select 1
            from {{ ref('fct_ads__journey_windows') }} as windows
            where
                windows.named_id = touches.touch_id
                and windows.touch_type = touches.touch_type
                and windows.named_platform = touches.channel
                and windows.touched_after < windows.named_at
        )

),

in_reach as (

    select
        idle.channel,
        idle.campaign_id,
        -dense_rank() over (order by idle.user_id asc nulls last) as journey_number,
        count(*) over (partition by idle.user_id) as touches_in_reach,
        row_number() over (
            partition by idle.user_id order by {{ ad_funnel.latest_touch_first('idle') }}
        ) as number_from_last
    from idle
    inner join training
        on idle.ended_at > training.ended_after
    where
        idle.touched_at > case idle.touch_type
            {%- for touch_type, seconds in windows.items() %}
            when '{{ touch_type }}' then {{ ad_funnel.add_seconds('idle.ended_at', seconds) }}
            {%- endfor %}
        end

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
from in_reach
where number_from_last <= {{ max_touches }}
