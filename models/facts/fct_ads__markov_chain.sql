-- One row per step and cell of a matrix: the Markov chain of order 1 that the training journeys make, and what its
-- inverse tells.
--
-- The chain starts, moves between channels, and ends with a conversion or without one. Q: the chances of moving from a
-- state that is no end to another; b: those of converting right after it. The model writes I - Q as step 0. Then each
-- step sweeps one state; after the last the square holds N = (I - Q)^-1, which tells how often each state is visited,
-- and the columns beside it hold N b, the chance of converting from each. Every state was left for an end by somebody,
-- so the inverse exists, and no pivot is ever 0.
{{ config(enabled=ad_funnel.has_data_driven_attribution(), post_hook='{{ ad_funnel.sweep(this) }}') }}
{% set most_channels = ad_funnel.attribution_models().markov.most_channels %}
{% set double = ad_funnel.type_double() %}

with touches as (

    select
        *,
        lag(path_channel) over (partition by journey_number order by touch_number asc nulls last) as previous_channel
    from {{ ref('fct_ads__training_journeys') }}

),

channels as (

    select
        path_channel,
        row_number() over (order by path_channel asc nulls last) as state,
        count(*) over () as channel_count,
        count(*) as touches,
        sum(case when touch_number = touches and is_converted then 1 else 0 end) as ends_converted,
        coalesce(sum(case when touch_number = touches then conversion_value end), 0) as ends_value
    from touches
    group by path_channel

),

-- State 0 is the start.
states as (

    select
        path_channel,
        state,
        touches as leaves,
        ends_converted,
        ends_value
    from channels
    where channel_count <= {{ most_channels }}

    union all

    select
        cast(null as {{ dbt.type_string() }}) as path_channel,
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

)

-- I - Q, and beside it b as column -1 (conversions) and column -2 (their value). (On some engines a column made of the
-- number 0 has room for one digit: so the step's type is told.)
select
    cast(0 as integer) as step,
    states.path_channel,
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
    cast(0 as integer) as step,
    path_channel,
    state as i,
    -1 as j,
    cast(ends_converted as {{ double }}) / leaves as a
from states

union all

select
    cast(0 as integer) as step,
    path_channel,
    state as i,
    -2 as j,
    cast(ends_value as {{ double }}) / leaves as a
from states
