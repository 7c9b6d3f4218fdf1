-- A raw row that staging or the ledger dropped, or doubled, would change every number without a trace.
-- raw = accepted + duplicate + conflict + rejected, for each table as a whole; by day: the_ledger_balances_by_day.
{% set tables = ['impressions', 'clicks', 'conversions', 'spend'] %}

{% for table in tables %}
select
    '{{ table }}' as source_table,
    raw_rows.row_count as raw_count,
    ledger_rows.row_count as ledger_count
from (select count(*) as row_count from {{ ad_funnel.raw_table(table).relation }} as raw_rows) as raw_rows
cross join (select count(*) as row_count from {{ ref('ledger_ads__' ~ table) }}) as ledger_rows
where raw_rows.row_count <> ledger_rows.row_count
{{ 'union all' if not loop.last }}
{% endfor %}
