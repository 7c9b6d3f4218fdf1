-- One event that cost more than ad_funnel__absurd_cost (in its own currency) is most likely in micros or cents. Cure:
-- divide_by in the column map.
{{ config(severity='warn') }}

select
    platform,
    impression_id as event_id,
    cost,
    currency
from {{ ref('fct_ads__impressions') }}
where cost > {{ ad_funnel.setting('ad_funnel__absurd_cost') }}

union all

select
    platform,
    click_id as event_id,
    cost,
    currency
from {{ ref('fct_ads__clicks') }}
where cost > {{ ad_funnel.setting('ad_funnel__absurd_cost') }}
