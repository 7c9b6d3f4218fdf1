-- One row per counted conversion and kind of touch: whose touches count, and from when on.
{{ config(enabled=ad_funnel.has_attribution()) }}

with counted as (

    select
        *,
        row_number() over (order by platform asc nulls last, conversion_id asc nulls last) as journey_number,
        case when credited_click_id is null then 'view' else 'click' end as credited_type,
        coalesce(credited_click_id, credited_impression_id) as credited_id
    from {{ ref('fct_ads__conversions') }}
    where not is_invalid and credit_status in ('click', 'view', 'none')

),

-- Whose the event is that a conversion names.
named as (

    select
        counted.journey_number,
        clicks.user_id
    from counted
    inner join {{ ref('fct_ads__clicks') }} as clicks
        on
            counted.credited_platform = clicks.platform
            and counted.credited_click_id = clicks.click_id
    where counted.credit_rule = 'named_click'

    union all

    select
        counted.journey_number,
        impressions.user_id
    from counted
    inner join {{ ref('fct_ads__impressions') }} as impressions
        on
            counted.credited_platform = impressions.platform
            and counted.credited_impression_id = impressions.impression_id
    where counted.credit_rule = 'named_impression'

),

-- The touches of a conversion are those of its user; without one, those of the user of the event that it names. An
-- event that it names is a touch of it whoever's it is.
conversions as (

    select
        counted.*,
        coalesce(counted.user_id, named.user_id) as known_user_id,
        coalesce(named.user_id <> counted.user_id, named.journey_number is not null and named.user_id is null)
            as is_named_of_another
    from counted
    left join named
        on counted.journey_number = named.journey_number

),

ordered as (

    select
        *,
        lag(converted_at) over (
            partition by
                known_user_id,
                case when known_user_id is null then credited_platform end,
                case when known_user_id is null then credited_id end
            order by converted_at asc nulls last, platform asc nulls last, conversion_id asc nulls last
        ) as previous_converted_at
    from conversions

),

-- Windows are half-open: a touch that is exactly one window old is out, so it must be later than this.
looks as (

    {% for touch_type, seconds in ad_funnel.touch_windows().items() %}
    select
        *,
        '{{ touch_type }}' as touch_type,
        {{ ad_funnel.add_seconds('converted_at', seconds) }} as window_after
    from ordered
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select
    journey_number,
    platform,
    conversion_id,
    known_user_id as user_id,
    touch_type,
    converted_at,
    {%- if ad_funnel.setting('ad_funnel__attribution_mode') == 'consumed' %}
    -- A touch belongs to the next conversion only.
    greatest(window_after, coalesce(previous_converted_at, window_after)) as touched_after,
    {%- else %}
    window_after as touched_after,
    {%- endif %}
    case when is_named_of_another and credited_type = touch_type then credited_id end as named_id,
    case when is_named_of_another and credited_type = touch_type then credited_at end as named_at,
    case when is_named_of_another and credited_type = touch_type then credited_platform end as named_platform,
    case when is_named_of_another and credited_type = touch_type then campaign_id end as named_campaign_id
from looks
