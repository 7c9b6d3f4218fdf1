-- One row per channel of the training journeys: what share of their conversions would be lost without it, if users
-- moved from channel to channel as a Markov chain of order 1.
--
-- N tells how often each state of the chain is visited, h = N b the chance of converting from each
-- (fct_ads__markov_chain). Taking channel k out sends who would come to it away, and what is lost is, as a share,
-- N[start, k] h[k] / (N[k, k] h[start]). So one inverse gives all channels, exactly.
{{ config(enabled=ad_funnel.has_data_driven_attribution()) }}
{% set most_channels = ad_funnel.attribution_models().markov.most_channels %}
{% set double = ad_funnel.type_double() %}

with channels as (

    select
        path_channel,
        count(*) over () as channel_count,
        count(distinct journey_number) as journeys,
        count(distinct case when is_converted then journey_number end) as conversions
    from {{ ref('fct_ads__training_journeys') }}
    group by path_channel

),

solved as (

    select *
    from {{ ref('fct_ads__markov_chain') }}
    where step = (select max(chain.step) from {{ ref('fct_ads__markov_chain') }} as chain)

),

from_start as (

    select
        max(case when j = -1 then a end) as conversion,
        max(case when j = -2 then a end) as conversion_value
    from solved
    where i = 0

),

from_channels as (

    select
        path_channel,
        i as state,
        max(case when i = j then a end) as itself,
        max(case when j = -1 then a end) as conversion,
        max(case when j = -2 then a end) as conversion_value
    from solved
    where i > 0
    group by path_channel, i

),

effects as (

    select
        channels.path_channel,
        channels.channel_count,
        channels.journeys,
        channels.conversions,
        cast(
            case
                when from_start.conversion > 0
                    then visits.a * from_channels.conversion / (from_channels.itself * from_start.conversion)
            end as {{ ad_funnel.type_weight() }}
        ) as removal_effect,
        cast(
            case
                when from_start.conversion_value > 0
                    then
                        visits.a * from_channels.conversion_value
                        / (from_channels.itself * from_start.conversion_value)
            end as {{ ad_funnel.type_weight() }}
        ) as value_removal_effect
    from channels
    left join from_channels
        on channels.path_channel = from_channels.path_channel
    left join solved as visits
        on
            from_channels.state = visits.j
            and visits.i = 0
    cross join from_start

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
