-- A reference row that occurs twice, or is missing, would multiply or swallow events in the facts' joins.
{% set tables = ['impressions', 'clicks', 'conversions'] %}

with accepted_counts as (

    {% for table in tables %}
    select
        '{{ table }}' as source_table,
        count(*) as row_count
    from {{ ref('ledger_ads__' ~ table) }}
    where disposition = 'accepted'
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

fact_counts as (

    {% for table in tables %}
    select
        '{{ table }}' as source_table,
        count(*) as row_count
    from {{ ref('fct_ads__' ~ table) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select
    accepted_counts.source_table,
    accepted_counts.row_count as accepted_count,
    fact_counts.row_count as fact_count
from accepted_counts
inner join fact_counts on accepted_counts.source_table = fact_counts.source_table
where accepted_counts.row_count <> fact_counts.row_count
