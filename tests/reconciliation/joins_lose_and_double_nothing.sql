-- A reference row that occurs twice, or is missing, would multiply or swallow events in the facts' joins.
{% for table in ['impressions', 'clicks', 'conversions'] %}
select
    '{{ table }}' as source_table,
    ledger_rows.row_count as accepted_count,
    fact_rows.row_count as fact_count
from (
    select count(*) as row_count
    from {{ ref('ledger_ads__' ~ table) }}
    where disposition = 'accepted'
) as ledger_rows
cross join (select count(*) as row_count from {{ ref('fct_ads__' ~ table) }}) as fact_rows
where ledger_rows.row_count <> fact_rows.row_count
{{ 'union all' if not loop.last }}
{% endfor %}
