-- One row per touch of a known user: a valid impression (where view-through is on), a valid click, or a visit of the
-- website that no click explains.
{{ config(materialized='view', enabled=ad_funnel.has_attribution()) }}

{%- if ad_funnel.conversion_windows().longest.view > 0 %}
select
    'view' as touch_type,
    impression_id as touch_id,
    impression_at as touched_at,
    user_id,
    platform as channel,
    campaign_id
from {{ ref('fct_ads__impressions') }}
where user_id is not null and not is_invalid

union all

{% endif %}
select
    'click' as touch_type,
    click_id as touch_id,
    clicked_at as touched_at,
    user_id,
    platform as channel,
    campaign_id
from {{ ref('fct_ads__clicks') }}
where user_id is not null and not is_invalid

union all

select
    'visit' as touch_type,
    visit_id as touch_id,
    visited_at as touched_at,
    user_id,
    channel,
    campaign_id
from {{ ref('fct_ads__visits') }}
where user_id is not null and not is_invalid and not is_explained
