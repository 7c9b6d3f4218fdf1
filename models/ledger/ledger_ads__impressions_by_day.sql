-- One row per reporting day, disposition, reason and currency: what became of the impressions. Stored by day, because
-- impressions are many; other tables are counted when they are asked for.
{{ config(**ad_funnel.stored_by_day('date_day')) }}
{% set stored = "coalesce(cast(ledger_day as " ~ dbt.type_string() ~ "), '') || invocation_id" %}
{% set inputs %}
    select
        date_day,
        max(invocation_id) as built_from
    from {{ ref('ledger_ads__impressions') }}
    where date_day is not null
    group by date_day

    union all

    -- Rows without a usable time stand under many days of the ledger, and each of these was stored by a build of its own.
    select
        cast(null as date) as date_day,
        {{ ad_funnel.md5(ad_funnel.texts_in_order(stored, ['ledger_day', 'invocation_id'])) }} as built_from
    from (
        select distinct
            ledger_day,
            invocation_id
        from {{ ref('ledger_ads__impressions') }}
        where date_day is null
    ) as stored_days
    having count(*) > 0
{% endset %}
{% set days = ad_funnel.changed_days(inputs) %}
{{ ad_funnel.replaces_days(days) }}
with inputs as (

    {{ inputs }}

),

counted as (

    select
        date_day,
        disposition,
        coalesce(reason, invalid_reason, 'valid') as reason,
        case when has_cost then currency end as currency,
        cast(count(*) as bigint) as row_count,
        cast(sum(cost) as {{ ad_funnel.type_money_sum() }}) as amount,
        cast(sum(case when is_cost_unreadable then 1 else 0 end) as bigint) as unreadable_amounts,
        max(impression_at) as latest_at
    from {{ ref('ledger_ads__impressions') }}
    where {{ ad_funnel.in_days(days) }}
    group by date_day, disposition, coalesce(reason, invalid_reason, 'valid'), case when has_cost then currency end

)

select
    counted.*,
    inputs.built_from
from counted
left join inputs
    on coalesce(counted.date_day, date '1900-01-01') = coalesce(inputs.date_day, date '1900-01-01')
