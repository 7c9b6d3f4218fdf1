-- One row per path: the channels of a journey, one after the other, touches of the same channel in a row as one. Paths
-- that led to no conversion are rows, too, where the data-driven models have looked for them.
{{ config(enabled=ad_funnel.has_attribution(), contract=ad_funnel.contract()) }}
{% set min_users = ad_funnel.setting('ad_funnel__min_cell_users') %}
{% set has_training = ad_funnel.has_data_driven_attribution() %}
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

{%- if has_training %}

training_touches as (

    select
        *,
        lag(path_channel) over (partition by journey_number order by touch_number asc nulls last) as previous_channel
    from {{ ref('fct_ads__training_journeys') }}

),

training_journeys as (

    select
        journey_number,
        max(case when is_converted then 0 else 1 end) as is_idle,
        {{ ad_funnel.texts_in_order(new_channel, ['touch_number'], ' > ') }} as path,
        count(case when previous_channel is null or previous_channel <> path_channel then 1 end) as path_length
    from training_touches
    group by journey_number

),
{%- endif %}

{%- if min_users > 0 %}

-- The path of few known users may be that of one: it stands under `other`. (What led to no conversion is one journey of
-- one user.)
small_paths as (

    select path
    from (
        select
            path,
            count(distinct user_id) as users
        from journeys
        group by path
        {%- if has_training %}
        union all
        select
            path,
            sum(is_idle) as users
        from training_journeys
        group by path
        {%- endif %}
    ) as users_by_path
    group by path
    having max(users) between 1 and {{ min_users - 1 }}

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

),

{%- if has_training %}

learned as (

    select
        {%- if min_users > 0 %}
        case when small_paths.path is null then training_journeys.path else 'other' end as path,
        max(case when small_paths.path is null then training_journeys.path_length end) as path_length,
        {%- else %}
        training_journeys.path,
        max(training_journeys.path_length) as path_length,
        {%- endif %}
        count(*) as journeys,
        sum(training_journeys.is_idle) as non_converting_journeys
    from training_journeys
    {%- if min_users > 0 %}
    left join small_paths
        on training_journeys.path = small_paths.path
    group by case when small_paths.path is null then training_journeys.path else 'other' end
    {%- else %}
    group by training_journeys.path
    {%- endif %}

),
{%- endif %}

paths as (

    {%- if has_training %}

    select
        coalesce(sums.path, learned.path) as path,
        coalesce(sums.path_length, learned.path_length) as path_length,
        coalesce(sums.conversions, 0) as conversions,
        coalesce(learned.journeys, 0) as journeys,
        coalesce(learned.non_converting_journeys, 0) as non_converting_journeys,
        coalesce(sums.touches, 0) as touches,
        case when sums.path is null then 0 else sums.conversion_value end as conversion_value,
        sums.median_hours_to_convert
    from sums
    full outer join learned
        on sums.path = learned.path
    {%- else %}

    select
        *,
        cast(null as bigint) as journeys,
        cast(null as bigint) as non_converting_journeys
    from sums
    {%- endif %}

)

select
    paths.path,
    cast(paths.path_length as integer) as path_length,
    cast(paths.conversions as bigint) as conversions,
    cast(paths.journeys as bigint) as journeys,
    cast(paths.non_converting_journeys as bigint) as non_converting_journeys,
    cast(paths.touches as bigint) as touches,
    cast(paths.conversion_value as {{ ad_funnel.type_money_sum() }}) as conversion_value,
    {{ ad_funnel.ratio('paths.conversions', 'sum(paths.conversions) over ()') }} as share,
    cast(paths.median_hours_to_convert as {{ double }}) as median_hours_to_convert,
    freshness.data_through,
    freshness.built_at
from paths
cross join freshness
