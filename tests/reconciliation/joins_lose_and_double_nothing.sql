-- A reference row that occurs twice, or is missing, would multiply or swallow events in the facts' joins. Impressions
-- are counted in their daily sums: all of them, without a look at each.
with accepted_counts as (

    select
        'impressions' as source_table,
        coalesce(sum(row_count), 0) as row_count
    from {{ ref('ledger_ads__impressions_by_day') }}
    where disposition = 'accepted'

    {% for table in ['clicks', 'conversions'] %}
    union all

    select
        '{{ table }}' as source_table,
        count(*) as row_count
    from {{ ref('ledger_ads__' ~ table) }}
    where disposition = 'accepted'
    {% endfor %}

),

fact_counts as (

    select
        'impressions' as source_table,
        coalesce(sum(gross_impressions), 0) as row_count
    from {{ ref('fct_ads__daily') }}

    {% for table in ['clicks', 'conversions'] %}
    union all

    select
        '{{ table }}' as source_table,
        count(*) as row_count
    from {{ ref('fct_ads__' ~ table) }}
    {% endfor %}

)

select
    accepted_counts.source_table,
    accepted_counts.row_count as accepted_count,
    fact_counts.row_count as fact_count
from accepted_counts
inner join fact_counts on accepted_counts.source_table = fact_counts.source_table
where accepted_counts.row_count <> fact_counts.row_count
