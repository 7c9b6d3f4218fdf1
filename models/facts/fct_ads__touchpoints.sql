-- One row per counted conversion and touch that led to it, with what each model credits the touch with: a part of the
-- conversion and of its value. Of each conversion and model the parts add up to 1, and the values to its value,
-- exactly. A conversion that no touch led to has one row, `unattributed`, with all of it.
{{ config(enabled=ad_funnel.has_attribution()) }}
{% set data_driven = ['markov', 'shapley'] if ad_funnel.has_data_driven_attribution() else [] %}
{% set half_life_seconds = ad_funnel.seconds('ad_funnel__time_decay_half_life') %}
{% set double = ad_funnel.type_double() %}

with journeys as (

    select * from {{ ref('fct_ads__journeys') }}

),

-- Repeated touches of a channel share what is the channel's.
repeats as (

    select
        journey_number,
        path_channel,
        count(*) as channel_touches
    from journeys
    group by journey_number, path_channel

),

channels as (

    select
        repeats.journey_number,
        repeats.path_channel,
        {%- for model in data_driven %}
        coalesce({{ model }}.weight, 0) as {{ model }}_weight,
        {%- endfor %}
        repeats.channel_touches
    from repeats
    {% for model in data_driven %}
    left join {{ ref('fct_ads__' ~ model) }} as {{ model }}
        on repeats.path_channel = {{ model }}.path_channel
    {% endfor %}

),

-- Which touch has all of a conversion, where one has. Without a click, or with only direct visits, it is the last.
chosen as (

    select
        journey_number,
        1 as first_touch_number,
        max(touch_number) as last_touch_number,
        coalesce(max(case when touch_type = 'click' then touch_number end), max(touch_number)) as last_click_number,
        coalesce(
            max(case when not {{ ad_funnel.is_direct('channel') }} then touch_number end), max(touch_number)
        ) as last_non_direct_number,
        max(touched_at) as last_touched_at
    from journeys
    group by journey_number

),

{%- for model in data_driven %}

{{ model }}_of_journeys as (

    select
        journey_number,
        sum({{ model }}_weight) as {{ model }}_weight
    from channels
    group by journey_number

),

-- With too many channels there is no such model: then it credits nobody.
{{ model }}_known as (

    select count(*) = count(weight) as is_known
    from {{ ref('fct_ads__' ~ model) }}

),
{%- endfor %}

weighed as (

    select
        journeys.*,
        conversions.conversion_type,
        conversions.date_day,
        conversions.conversion_value,
        conversions.is_value_unknown,
        chosen.first_touch_number,
        chosen.last_touch_number,
        chosen.last_click_number,
        chosen.last_non_direct_number,
        {%- for model in data_driven %}
        -- Where the model has nothing to say of a journey's channels, they share alike.
        cast(
            case
                when not {{ model }}_known.is_known then null
                when {{ model }}_of_journeys.{{ model }}_weight > 0 then channels.{{ model }}_weight
                else 1
            end / cast(channels.channel_touches as {{ double }}) as {{ ad_funnel.type_weight() }}
        ) as {{ model }}_weight,
        {%- endfor %}
        1 as linear_weight,
        {{ ad_funnel.position_weight() }} as position_based_weight,
        -- By age within the journey, so that the last touch weighs 1 however old it is. After sixty half-lives nothing
        -- is left that a weight has digits for, and engines differ in what they make of less.
        cast(
            power(
                cast(2 as {{ double }}),
                greatest(
                    coalesce(
                        {{ ad_funnel.microseconds('journeys.touched_at') }}
                        - {{ ad_funnel.microseconds('chosen.last_touched_at') }},
                        0
                    ) / cast({{ half_life_seconds * 1000000 }} as {{ double }}),
                    -60
                )
            ) as {{ ad_funnel.type_weight() }}
        ) as time_decay_weight,
        cast(1 / cast(channels.channel_touches as {{ double }}) as {{ ad_funnel.type_weight() }})
            as shapley_simplified_weight
    from journeys
    inner join {{ ref('fct_ads__conversions') }} as conversions
        on
            journeys.platform = conversions.platform
            and journeys.conversion_id = conversions.conversion_id
    inner join chosen
        on journeys.journey_number = chosen.journey_number
    inner join channels
        on
            journeys.journey_number = channels.journey_number
            and journeys.path_channel = channels.path_channel
    {%- for model in data_driven %}
    inner join {{ model }}_of_journeys
        on journeys.journey_number = {{ model }}_of_journeys.journey_number
    cross join {{ model }}_known
    {%- endfor %}

),

summed as (

    select
        *,
        {{ ad_funnel.running_weights() }}
    from weighed

)

select
    platform,
    conversion_id,
    conversion_type,
    converted_at,
    date_day,
    user_id,
    conversion_value,
    is_value_unknown,
    touches,
    touches_left_out,
    touch_number,
    touch_type,
    touch_id,
    touched_at,
    channel,
    campaign_id,
    path_channel,
    {{ ad_funnel.credit_columns() }}
from summed
