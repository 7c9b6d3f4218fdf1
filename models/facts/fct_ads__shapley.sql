-- One row per channel of the training journeys: its Shapley value in the game of conversion rates, exactly.
--
-- The players are the channels. What some of them are worth together is the conversion rate of the journeys that met
-- none but them (0 where there is no such journey). A channel's Shapley value is what it adds to those before it, on
-- average over all orders in which channels may come: the average over the sizes of the group it joins, of the average
-- over the groups of that size. The values add up to the conversion rate of all journeys.
{{ config(enabled=ad_funnel.has_data_driven_attribution()) }}
{% set most_channels = ad_funnel.attribution_models().shapley.most_channels %}
{% set double = ad_funnel.type_double() %}

with recursive met as (

    select distinct
        journey_number,
        is_converted,
        path_channel
    from {{ ref('fct_ads__training_journeys') }}

),

channels as (

    select
        path_channel,
        row_number() over (order by path_channel) as player,
        count(*) over () as channel_count,
        count(*) as journeys,
        sum(case when is_converted then 1 else 0 end) as conversions
    from met
    group by path_channel

),

-- Each player is a bit of a number, and a group of players a number.
players as (

    select
        path_channel,
        player,
        cast(1 as bigint) << cast(player - 1 as integer) as bit
    from channels
    where channel_count <= {{ most_channels }}

),

groups_met as (

    select
        players_met,
        count(*) as journeys,
        sum(case when is_converted then 1 else 0 end) as conversions
    from (
        select
            met.journey_number,
            met.is_converted,
            sum(players.bit) as players_met
        from met
        inner join players
            on met.path_channel = players.path_channel
        group by met.journey_number, met.is_converted
    ) as journeys
    group by players_met

),

choices as (

    select 0 as is_in
    union all
    select 1 as is_in

),

groups_by_player as (

    select
        cast(0 as bigint) as player,
        cast(0 as bigint) as members,
        0 as size
    from players
    where player = 1

    union all

    select
        groups_by_player.player + 1 as player,
        groups_by_player.members + case when choices.is_in = 1 then players.bit else 0 end as members,
        groups_by_player.size + choices.is_in as size
    from groups_by_player
    inner join players
        on groups_by_player.player + 1 = players.player
    cross join choices

),

-- The journeys that met just the players of a group.
met_just as (

    select
        all_groups.members,
        all_groups.size,
        cast(coalesce(groups_met.journeys, 0) as bigint) as journeys,
        cast(coalesce(groups_met.conversions, 0) as bigint) as conversions
    from groups_by_player as all_groups
    left join groups_met
        on all_groups.members = groups_met.players_met
    where all_groups.player = (select max(players.player) from players)

),

-- The journeys that met none but some of a group.
sums as (

    {{ ad_funnel.summed_over_subsets('met_just', 'players') }}

),

worths as (

    select
        members,
        size,
        case when journeys > 0 then cast(conversions as {{ double }}) / journeys else 0 end as worth
    from sums

),

gains as (

    select
        players.path_channel,
        without_it.size,
        cast(
            avg(cast(with_it.worth - without_it.worth as {{ ad_funnel.type_weight() }}))
            as {{ ad_funnel.type_weight() }}
        ) as gain
    from players
    inner join worths as without_it
        on (without_it.members & players.bit) = 0
    inner join worths as with_it
        on without_it.members + players.bit = with_it.members
    group by players.path_channel, without_it.size

),

shapley_values as (

    select
        path_channel,
        cast(avg(gain) as {{ ad_funnel.type_weight() }}) as shapley_value
    from gains
    group by path_channel

),

-- A channel whose journeys convert less often than others has a value below 0: no conversion is due to it.
weighed as (

    select
        channels.*,
        shapley_values.shapley_value,
        greatest(shapley_values.shapley_value, 0) as due
    from channels
    left join shapley_values
        on channels.path_channel = shapley_values.path_channel

)

select
    path_channel,
    cast(journeys as bigint) as journeys,
    cast(conversions as bigint) as conversions,
    shapley_value,
    cast(
        case
            when channel_count > {{ most_channels }} then null
            when sum(due) over () > 0 then cast(due as {{ double }}) / cast(sum(due) over () as {{ double }})
            else 0
        end as {{ ad_funnel.type_weight() }}
    ) as weight
from weighed
