-- One row per reporting day, disposition, reason and currency: what became of the impressions. Stored by day, because
-- impressions are many; other tables are counted when they are asked for.
{{ config(materialized='incremental') }}
{% set inputs %}
    select
        date_day,
        max(invocation_id) as built_from
    from {{ ref('ledger_ads__impressions') }}
    group by date_day
{% endset %}
{% set days = ad_funnel.changed_days(inputs) %}
{{ ad_funnel.replaces_days(days) }}

select
    date_day,
    disposition,
    coalesce(reason, invalid_reason, 'valid') as reason,
    case when has_cost then currency end as currency,
    cast(count(*) as bigint) as row_count,
    cast(sum(cost) as {{ ad_funnel.type_money_sum() }}) as amount,
    cast(sum(case when is_cost_unreadable then 1 else 0 end) as bigint) as unreadable_amounts,
    max(impression_at) as latest_at,
    max(invocation_id) as built_from
from {{ ref('ledger_ads__impressions') }}
where {{ ad_funnel.in_days(days) }}
group by 1, 2, 3, 4
