-- One row per counted conversion and touch that led to it, the latest ones where there are too many. A conversion that
-- no touch led to has one row without a touch.
{{ config(enabled=ad_funnel.has_attribution()) }}
{% set max_touches = ad_funnel.setting('ad_funnel__max_touches') %}

with windows as (

    select * from {{ ref('fct_ads__journey_windows') }}

),

-- Numbered, so that the latest touches of a journey are found without making all of it: a user of ten thousand touches
-- and a hundred conversions would make a million rows.
touches as (

    select
        *,
        row_number() over (
            partition by user_id, touch_type
            order by touched_at asc nulls last, touch_id asc nulls last, channel asc nulls last
        ) as user_touch_number
    from {{ ref('fct_ads__touches') }}
    where user_id in (select windows.user_id from windows)

),

reaches as (

    select
        windows.journey_number,
        windows.user_id,
        windows.touch_type,
        count(*) as touches_in_reach,
        max(touches.user_touch_number) as last_number,
        max(touches.user_touch_number) - least(count(*), {{ max_touches }}) as number_before
    from windows
    inner join touches
        on
            windows.user_id = touches.user_id
            and windows.touch_type = touches.touch_type
            and windows.touched_after < touches.touched_at
            and windows.converted_at >= touches.touched_at
    group by windows.journey_number, windows.user_id, windows.touch_type

),

candidates as (

    select
        reaches.journey_number,
        touches.touch_type,
        touches.touch_id,
        touches.touched_at,
        touches.channel,
        touches.campaign_id
    from reaches
    inner join touches
        on
            reaches.user_id = touches.user_id
            and reaches.touch_type = touches.touch_type
            and reaches.number_before < touches.user_touch_number
            and reaches.last_number >= touches.user_touch_number

    union all

    select
        journey_number,
        touch_type,
        named_id as touch_id,
        named_at as touched_at,
        named_platform as channel,
        named_campaign_id as campaign_id
    from windows
    where named_at > touched_after

),

numbered as (

    select
        *,
        row_number() over (
            partition by journey_number order by {{ ad_funnel.latest_touch_first('candidates') }}
        ) as number_from_last
    from candidates

),

found as (

    select
        journey_number,
        sum(touches_in_reach) as touches_in_reach
    from (
        select
            journey_number,
            touches_in_reach
        from reaches
        union all
        select
            journey_number,
            1 as touches_in_reach
        from windows
        where named_at > touched_after
    ) as found_by_type
    group by journey_number

),

counts as (

    select
        windows.*,
        coalesce(found.touches_in_reach, 0) as touches_in_reach,
        least(coalesce(found.touches_in_reach, 0), {{ max_touches }}) as touches
    from windows
    left join found
        on windows.journey_number = found.journey_number
    where windows.touch_type = 'click'  -- each conversion once

)

select
    counts.journey_number,
    counts.platform,
    counts.conversion_id,
    counts.user_id,
    counts.converted_at,
    cast(counts.touches as integer) as touches,
    cast(counts.touches_in_reach - counts.touches as bigint) as touches_left_out,
    cast(coalesce(counts.touches - numbered.number_from_last + 1, 1) as integer) as touch_number,
    numbered.touch_type,
    numbered.touch_id,
    numbered.touched_at,
    coalesce(numbered.channel, 'unattributed') as channel,
    coalesce(numbered.campaign_id, 'unattributed') as campaign_id,
    case
        when numbered.journey_number is null then 'unattributed'
        else {{ ad_funnel.path_channel('numbered.channel', 'numbered.campaign_id') }}
    end as path_channel
from counts
left join numbered
    on
        counts.journey_number = numbered.journey_number
        and numbered.number_from_last <= {{ max_touches }}
