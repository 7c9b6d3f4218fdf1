-- One row per channel of the training journeys: what share of their conversions would be lost without it, if users
-- moved from channel to channel as a Markov chain of order 1.
--
-- The chain starts, moves between channels, and ends with a conversion or without one. Q: the chances of moving from a
-- state that is no end to another; b: those of converting right after it. N = (I - Q)^-1 tells how often each state is
-- visited, h = N b the chance of converting from each. Taking channel k out sends who would come to it away, and what
-- is lost is, as a share, N[start, k] h[k] / (N[k, k] h[start]). So one inverse gives all channels, exactly. Every
-- state was left for an end by somebody, so the inverse exists, and no pivot is ever 0.
{{ config(enabled=ad_funnel.has_data_driven_attribution()) }}
{% set most_channels = ad_funnel.attribution_models().markov.most_channels %}
{% set double = ad_funnel.type_double() %}

with touches as (

    select
        *,
        lag(path_channel) over (partition by journey_number order by touch_number) as previous_channel
    from {{ ref('fct_ads__training_journeys') }}

),

channels as (

    select
        path_channel,
        row_number() over (order by path_channel) as state,
        count(*) over () as channel_count,
        count(*) as touches,
        count(distinct journey_number) as journeys,
        count(distinct case when is_converted then journey_number end) as conversions,
        sum(case when touch_number = touches and is_converted then 1 else 0 end) as ends_converted,
        coalesce(sum(case when touch_number = touches then conversion_value end), 0) as ends_value
    from touches
    group by path_channel

),

-- State 0 is the start.
states as (

    select
        state,
        touches as leaves,
        ends_converted,
        ends_value
    from channels
    where channel_count <= {{ most_channels }}

    union all

    select
        0 as state,
        count(distinct journey_number) as leaves,
        0 as ends_converted,
        0 as ends_value
    from touches
    having max(journey_number) is not null

),

moves as (

    select
        coalesce(from_channels.state, 0) as from_state,
        to_channels.state as to_state,
        count(*) as moves
    from touches
    left join channels as from_channels
        on touches.previous_channel = from_channels.path_channel
    inner join channels as to_channels
        on touches.path_channel = to_channels.path_channel
    group by coalesce(from_channels.state, 0), to_channels.state

),

-- I - Q, and beside it b as column -1 (conversions) and column -2 (their value).
cells as (

    select
        states.state as i,
        others.state as j,
        case when states.state = others.state then 1 else 0 end
        - cast(coalesce(moves.moves, 0) as {{ double }}) / states.leaves as a
    from states
    cross join states as others
    left join moves
        on
            states.state = moves.from_state
            and others.state = moves.to_state

    union all

    select
        state as i,
        -1 as j,
        cast(ends_converted as {{ double }}) / leaves as a
    from states

    union all

    select
        state as i,
        -2 as j,
        cast(ends_value as {{ double }}) / leaves as a
    from states

),

-- Gauss and Jordan, in place: after the step of the last state the square holds N, and the columns beside it N b.
solved as (

    {{ ad_funnel.swept('cells', 'states') }}

),

effects as (

    select
        channels.path_channel,
        channels.channel_count,
        channels.journeys,
        channels.conversions,
        cast(
            case
                when from_start.a > 0 then visits.a * from_channel.a / (itself.a * from_start.a)
            end as {{ ad_funnel.type_weight() }}
        ) as removal_effect,
        cast(
            case
                when value_from_start.a > 0 then visits.a * value_from_channel.a / (itself.a * value_from_start.a)
            end as {{ ad_funnel.type_weight() }}
        ) as value_removal_effect
    from channels
    left join solved as visits on channels.state = visits.j and visits.i = 0
    left join solved as itself on channels.state = itself.i and channels.state = itself.j
    left join solved as from_channel on channels.state = from_channel.i and from_channel.j = -1
    left join solved as from_start on from_start.i = 0 and from_start.j = -1
    left join solved as value_from_channel on channels.state = value_from_channel.i and value_from_channel.j = -2
    left join solved as value_from_start on value_from_start.i = 0 and value_from_start.j = -2

)

select
    path_channel,
    journeys,
    conversions,
    removal_effect,
    value_removal_effect,
    cast(
        case
            when channel_count > {{ most_channels }} then null
            when sum(removal_effect) over () > 0
                then cast(removal_effect as {{ double }}) / cast(sum(removal_effect) over () as {{ double }})
            else 0
        end as {{ ad_funnel.type_weight() }}
    ) as weight
from effects
