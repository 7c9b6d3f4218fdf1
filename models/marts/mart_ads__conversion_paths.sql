-- One row per path: the channels that led to a conversion, one after the other, touches of the same channel in a row as
-- one.
{{ config(enabled=ad_funnel.has_attribution(), contract=ad_funnel.contract()) }}
{% set min_users = ad_funnel.setting('ad_funnel__min_cell_users') %}
{% set double = ad_funnel.type_double() %}
{% set new_channel = 'case when previous_channel is null or previous_channel <> path_channel then path_channel end' %}

with touchpoints as (

    select
        *,
        lag(path_channel) over (
            partition by platform, conversion_id order by touch_number asc nulls last
        ) as previous_channel
    from {{ ref('fct_ads__touchpoints') }}

),

freshness as (

    select * from {{ ref('fct_ads__freshness') }}

),

journeys as (

    select
        platform,
        conversion_id,
        max(user_id) as user_id,
        max(conversion_value) as conversion_value,
        max(touches) as touches,
        {{ ad_funnel.texts_in_order(new_channel, ['touch_number'], ' > ') }} as path,
        count(case when previous_channel is null or previous_channel <> path_channel then 1 end) as path_length,
        ({{ ad_funnel.microseconds('max(converted_at)') }} - {{ ad_funnel.microseconds('min(touched_at)') }})
        / cast(3600000000 as {{ double }}) as hours_to_convert
    from touchpoints
    group by platform, conversion_id

),

{%- if min_users > 0 %}

-- The path of few known users may be that of one: it stands under `other`.
small_paths as (

    select path
    from journeys
    group by path
    having count(distinct user_id) between 1 and {{ min_users - 1 }}

),
{%- endif %}

named as (

    select
        {%- if min_users > 0 %}
        case when small_paths.path is null then journeys.path else 'other' end as path,
        case when small_paths.path is null then journeys.path_length end as path_length,
        {%- else %}
        journeys.path,
        journeys.path_length,
        {%- endif %}
        journeys.touches,
        journeys.conversion_value,
        journeys.hours_to_convert
    from journeys
    {%- if min_users > 0 %}
    left join small_paths
        on journeys.path = small_paths.path
    {%- endif %}

),

-- The hours in order, those that are unknown apart: in the middle stand one or two.
placed as (

    select
        *,
        row_number() over (
            partition by path, case when hours_to_convert is null then 1 else 0 end
            order by hours_to_convert asc nulls last
        ) as place,
        count(hours_to_convert) over (partition by path) as places
    from named

),

sums as (

    select
        path,
        max(case when touches = 0 then 0 else path_length end) as path_length,
        count(*) as conversions,
        sum(touches) as touches,
        sum(conversion_value) as conversion_value,
        avg(case when 2 * place between places and places + 2 then hours_to_convert end) as median_hours_to_convert
    from placed
    group by path

)

select
    sums.path,
    cast(sums.path_length as integer) as path_length,
    cast(sums.conversions as bigint) as conversions,
    cast(sums.touches as bigint) as touches,
    cast(sums.conversion_value as {{ ad_funnel.type_money_sum() }}) as conversion_value,
    {{ ad_funnel.ratio('sums.conversions', 'sum(sums.conversions) over ()') }} as share,
    cast(sums.median_hours_to_convert as {{ double }}) as median_hours_to_convert,
    freshness.data_through,
    freshness.built_at
from sums
cross join freshness
