-- One row per raw table, reporting day, disposition, reason and currency: what became of every raw row and its money.
{{ config(contract=ad_funnel.contract()) }}

with impressions as (

    select
        date_day,
        disposition,
        reason,
        currency,
        row_count,
        amount,
        unreadable_amounts
    from {{ ref('ledger_ads__impressions_by_day') }}

),

clicks as (

    select
        clicks.date_day,
        clicks.disposition,
        coalesce(clicks.reason, invalid_clicks.invalid_reason, 'valid') as reason,
        case when clicks.has_cost then clicks.currency end as currency,
        count(*) as row_count,
        sum(clicks.cost) as amount,
        sum(case when clicks.is_cost_unreadable then 1 else 0 end) as unreadable_amounts
    from {{ ref('ledger_ads__clicks') }} as clicks
    left join {{ ref('ledger_ads__invalid_clicks') }} as invalid_clicks
        on
            clicks.disposition = 'accepted'
            and clicks.platform = invalid_clicks.platform
            and clicks.click_id = invalid_clicks.click_id
    group by 1, 2, 3, 4

),

conversions as (

    select
        conversions.date_day,
        conversions.disposition,
        coalesce(conversions.reason, invalid_conversions.invalid_reason, 'valid') as reason,
        case when conversions.has_value then conversions.currency end as currency,
        count(*) as row_count,
        sum(conversions.value) as amount,
        sum(case when conversions.is_value_unreadable then 1 else 0 end) as unreadable_amounts
    from {{ ref('ledger_ads__conversions') }} as conversions
    left join {{ ref('ledger_ads__invalid_conversions') }} as invalid_conversions
        on
            conversions.disposition = 'accepted'
            and conversions.platform = invalid_conversions.platform
            and conversions.conversion_id = invalid_conversions.conversion_id
    group by 1, 2, 3, 4

),

spend as (

    select
        lines.date_day,
        lines.disposition,
        coalesce(lines.reason, case when unplaced.ad_id is not null then 'unplaced' end, 'valid') as reason,
        case when lines.has_amount then lines.currency end as currency,
        count(*) as row_count,
        sum(lines.amount) as amount,
        sum(case when lines.is_amount_unreadable then 1 else 0 end) as unreadable_amounts
    from {{ ref('ledger_ads__spend') }} as lines
    left join {{ ref('fct_ads__unplaced_spend') }} as unplaced
        on
            lines.disposition = 'accepted'
            and lines.campaign_id is null
            and lines.date_day = unplaced.date_day
            and lines.platform = unplaced.platform
            and lines.ad_id = unplaced.ad_id
    group by 1, 2, 3, 4

),

{%- if ad_funnel.reads_visits() %}

visits as (

    select
        date_day,
        disposition,
        coalesce(reason, invalid_reason, 'valid') as reason,
        cast(null as {{ dbt.type_string() }}) as currency,
        count(*) as row_count,
        cast(null as {{ ad_funnel.type_money_sum() }}) as amount,
        0 as unreadable_amounts
    from {{ ref('ledger_ads__visits') }}
    group by 1, 2, 3

),
{%- endif %}

{%- if ad_funnel.reads_reports() %}

reports as (

    select
        date_day,
        disposition,
        coalesce(reason, 'valid') as reason,
        case when has_spend then currency end as currency,
        count(*) as row_count,
        sum(spend) as amount,
        sum(case when is_spend_unreadable then 1 else 0 end) as unreadable_amounts
    from {{ ref('ledger_ads__reports') }}
    group by 1, 2, 3, 4

),
{%- endif %}

every_table as (

    select
        'impressions' as source_table,
        impressions.*
    from impressions

    union all

    select
        'clicks' as source_table,
        clicks.*
    from clicks

    union all

    select
        'conversions' as source_table,
        conversions.*
    from conversions

    union all

    select
        'spend' as source_table,
        spend.*
    from spend
    {%- if ad_funnel.reads_visits() %}

    union all

    select
        'visits' as source_table,
        visits.*
    from visits
    {%- endif %}
    {%- if ad_funnel.reads_reports() %}

    union all

    select
        'reports' as source_table,
        reports.*
    from reports
    {%- endif %}

),

freshness as (

    select * from {{ ref('fct_ads__freshness') }}

)

select
    every_table.source_table,
    every_table.date_day,
    every_table.disposition,
    every_table.reason,
    every_table.currency,
    cast(every_table.row_count as bigint) as row_count,
    cast(every_table.amount as {{ ad_funnel.type_money_sum() }}) as amount,
    cast(every_table.unreadable_amounts as bigint) as unreadable_amounts,
    freshness.data_through,
    freshness.built_at
from every_table
cross join freshness
