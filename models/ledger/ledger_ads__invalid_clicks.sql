-- One row per accepted click that is invalid traffic, with the reason. All are judged anew in each build: whether
-- one repeats another, or belongs to a flood, depends on clicks of other days, and clicks are few.
{{ config(materialized='table') }}
{% set repeat_window = ad_funnel.seconds('ad_funnel__repeat_click_window') %}
{% set flood_window = ad_funnel.seconds('ad_funnel__click_flood_window') %}
{% set flood_clicks = ad_funnel.setting('ad_funnel__click_flood_clicks') %}

with clicks as (

    select
        platform,
        click_id,
        clicked_at,
        impression_id,
        user_id,
        user_agent
    from {{ ref('ledger_ads__clicks') }}
    where disposition = 'accepted'

),

bot_patterns as (

    select * from {{ ref('stg_ads__bot_patterns') }}

),

invalid_impressions as {{ ad_funnel.read_once() }} (

    select
        platform,
        impression_id
    from {{ ref('ledger_ads__impressions') }}
    where is_invalid

),

user_agents as (

    select distinct user_agent
    from clicks
    where user_agent is not null

),

bots as (

    select distinct user_agents.user_agent
    from user_agents
    inner join bot_patterns
        on {{ ad_funnel.fits_bot_pattern('user_agents.user_agent', 'bot_patterns.pattern') }}

),

-- Where a click stands among the clicks of its impression, and of its user.
placed as (

    select
        *,
        lag(clicked_at) over (
            partition by platform, impression_id
            order by clicked_at asc nulls last, click_id asc nulls last
        ) as previous_click_at,
        lag(clicked_at, {{ [flood_clicks, 1] | max }}) over (
            partition by platform, user_id
            order by clicked_at asc nulls last, click_id asc nulls last
        ) as flood_click_at
    from clicks

),

repeats as (

    select
        *,
        impression_id is not null
        and clicked_at < {{ ad_funnel.add_seconds('previous_click_at', repeat_window) }}
            as is_repeat
    from placed

),

-- A run is a click and the repeats that follow it.
runs as (

    select
        *,
        sum(case when is_repeat then 0 else 1 end) over (
            partition by platform, impression_id
            order by clicked_at asc nulls last, click_id asc nulls last
            rows between unbounded preceding and current row
        ) as run_number
    from repeats

),

judged as (

    select
        runs.platform,
        runs.click_id,
        case
            when bots.user_agent is not null then 'bot'
            when invalid_impressions.impression_id is not null then 'invalid_impression'
            when runs.is_repeat then 'repeat_click'
            {%- if flood_clicks > 0 %}
            when
                runs.user_id is not null
                and runs.clicked_at < {{ ad_funnel.add_seconds('runs.flood_click_at', flood_window) }}
                then 'click_flood'
            {%- endif %}
        end as invalid_reason,
        first_value(runs.click_id) over (
            partition by runs.platform, runs.impression_id, runs.run_number
            order by runs.clicked_at asc nulls last, runs.click_id asc nulls last
            rows between unbounded preceding and current row
        ) as opening_click_id
    from runs
    left join bots
        on runs.user_agent = bots.user_agent
    left join invalid_impressions
        on
            runs.platform = invalid_impressions.platform
            and runs.impression_id = invalid_impressions.impression_id

)

select
    platform,
    click_id,
    invalid_reason,
    case when invalid_reason = 'repeat_click' then opening_click_id end as repeats_click_id
from judged
where invalid_reason is not null
