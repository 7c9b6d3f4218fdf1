-- A budget that cannot be used, or that shares a day with another one of its campaign but not its span: each is then
-- compared with the same spend. Cure: correct the row, or split the budgets so that their days do not overlap.
{{ config(severity='warn', enabled=ad_funnel.is_measured(['budgets'])) }}

with budgets as (

    select * from {{ ref('stg_ads__budgets') }}

),

spans as (

    select distinct
        platform,
        campaign_id,
        first_day,
        last_day
    from budgets
    where reject_reason is null

)

select
    reject_reason as found,
    platform,
    campaign_id,
    first_day,
    last_day
from budgets
where reject_reason is not null

union all

select
    'overlaps the next' as found,
    spans.platform,
    spans.campaign_id,
    spans.first_day,
    spans.last_day
from spans
inner join spans as others
    on
        spans.platform = others.platform
        and spans.campaign_id = others.campaign_id
        and spans.first_day <= others.first_day
        and spans.last_day >= others.first_day
where spans.first_day < others.first_day or spans.last_day < others.last_day
