-- One row per channel of the training journeys: its Shapley value in the game of conversion rates, exactly.
--
-- The players are the channels. What some of them are worth together is the conversion rate of the journeys that met
-- none but them (0 where there is no such journey). A channel's Shapley value is what it adds to those before it, on
-- average over all orders in which channels may come: the average over the sizes of the group it joins, of the average
-- over the groups of that size. The values add up to the conversion rate of all journeys.
{{ config(enabled=ad_funnel.has_data_driven_attribution()) }}
{% set most_channels = ad_funnel.attribution_models().shapley.most_channels %}
{% set bits = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384] %}
{% set double = ad_funnel.type_double() %}

with met as (

    select distinct
        journey_number,
        is_converted,
        path_channel
    from {{ ref('fct_ads__training_journeys') }}

),

channels as (

    select
        path_channel,
        row_number() over (order by path_channel asc nulls last) - 1 as player,
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
        cast(power(2, player) as bigint) as bit
    from channels
    where channel_count <= {{ most_channels }}

),

groups_met as (

    select
        members,
        count(*) as journeys,
        sum(case when is_converted then 1 else 0 end) as conversions
    from (
        select
            met.journey_number,
            met.is_converted,
            cast(sum(players.bit) as bigint) as members
        from met
        inner join players
            on met.path_channel = players.path_channel
        group by met.journey_number, met.is_converted
    ) as journeys
    group by members

),

-- The groups of five players, and those of three times five: all there can be.
fives as (

    {% for members in range(32) %}
    select
        {{ members }} as members,
        {{ ad_funnel.group_size(members) }} as size
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

all_groups as (

    select
        cast(first_five.members + 32 * second_five.members + 1024 * third_five.members as bigint) as members,
        first_five.size + second_five.size + third_five.size as size
    from fives as first_five
    cross join fives as second_five
    cross join fives as third_five

),

-- The journeys that met just the players of a group.
sums_0 as (

    select
        all_groups.members,
        all_groups.size,
        cast(coalesce(groups_met.journeys, 0) as bigint) as journeys,
        cast(coalesce(groups_met.conversions, 0) as bigint) as conversions
    from all_groups
    left join groups_met
        on all_groups.members = groups_met.members
    where all_groups.members <= (select sum(players.bit) from players)

),

-- The journeys that met none but some of a group: player by player, those without the player are added to those with.
{%- for bit in bits %}

sums_{{ loop.index }} as (

    select
        members,
        size,
        cast(sum(journeys) over (
            partition by members - case when mod(members, {{ 2 * bit }}) >= {{ bit }} then {{ bit }} else 0 end
            order by members asc nulls last
            rows between unbounded preceding and current row
        ) as bigint) as journeys,
        cast(sum(conversions) over (
            partition by members - case when mod(members, {{ 2 * bit }}) >= {{ bit }} then {{ bit }} else 0 end
            order by members asc nulls last
            rows between unbounded preceding and current row
        ) as bigint) as conversions
    from sums_{{ loop.index0 }}

),
{%- endfor %}

worths as (

    select
        members,
        size,
        case when journeys > 0 then cast(conversions as {{ double }}) / journeys else 0 end as worth
    from sums_{{ bits | length }}

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
        on mod(without_it.members, 2 * players.bit) < players.bit
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
        greatest(coalesce(shapley_values.shapley_value, 0), 0) as due
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
