-- A raw row that staging or the ledger dropped, or doubled, would change every number without a trace.
-- raw = accepted + duplicate + conflict + rejected, for each table as a whole; by day: the_ledger_balances_by_day.
{% set tables = ['impressions', 'clicks', 'conversions', 'spend'] %}

with raw_counts as (

    {% for table in tables %}
    select
        '{{ table }}' as source_table,
        count(*) as row_count
    from {{ ad_funnel.raw_table(table).relation }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

ledger_counts as (

    {% for table in tables %}
    select
        '{{ table }}' as source_table,
        count(*) as row_count
    from {{ ref('ledger_ads__' ~ table) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select
    raw_counts.source_table,
    raw_counts.row_count as raw_count,
    ledger_counts.row_count as ledger_count
from raw_counts
inner join ledger_counts on raw_counts.source_table = ledger_counts.source_table
where raw_counts.row_count <> ledger_counts.row_count
