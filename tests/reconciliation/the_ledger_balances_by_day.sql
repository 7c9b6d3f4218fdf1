-- raw = accepted + duplicate + conflict + superseded + unplaced + rejected + erased, in rows and in money, for each
-- table, day and currency
-- inside the look-back: exactly, both ways. A raw row dropped or doubled would change every number without a trace.
-- Readable amounts are summed as logged; unreadable ones are counted. Older days: warnings/late_rows_are_taken_in.
{% set amounts = {
    'impressions': 'cost', 'clicks': 'cost', 'conversions': 'value', 'spend': 'amount', 'reports': 'spend'
} %}
{% set tables = ad_funnel.ledger_tables() %}

with staged as (

    {% for table in tables %}
    {% set amount = amounts.get(table) %}
    select
        '{{ table }}' as source_table,
        date_day,
        {% if amount -%}
        currency,
        count(*) as row_count,
        sum({{ amount }}) as amount,
        sum(case when is_{{ amount }}_unreadable then 1 else 0 end) as unreadable_amounts
        {%- else -%}
        cast(null as {{ dbt.type_string() }}) as currency,
        count(*) as row_count,
        cast(null as {{ ad_funnel.type_money_sum() }}) as amount,
        0 as unreadable_amounts
        {%- endif %}
    from {{ ref('stg_ads__' ~ table) }}
    where {{ ad_funnel.staged_in_look_back_of(table) }}
    group by date_day{{ ', currency' if amount }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

judged as (

    {% for table in tables %}
    {% set amount = amounts.get(table) %}
    select
        '{{ table }}' as source_table,
        date_day,
        {% if amount -%}
        currency,
        count(*) as row_count,
        sum({{ amount }}) as amount,
        sum(case when is_{{ amount }}_unreadable then 1 else 0 end) as unreadable_amounts
        {%- else -%}
        cast(null as {{ dbt.type_string() }}) as currency,
        count(*) as row_count,
        cast(null as {{ ad_funnel.type_money_sum() }}) as amount,
        0 as unreadable_amounts
        {%- endif %}
    from {{ ref('ledger_ads__' ~ table) }}
    where
        disposition in ('accepted', 'duplicate', 'conflict', 'superseded', 'unplaced', 'rejected', 'erased')
        and {{ ad_funnel.in_look_back_of(table) }}
    group by date_day{{ ', currency' if amount }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

lost as (

    select
        source_table,
        date_day,
        currency,
        row_count,
        amount,
        unreadable_amounts
    from staged
    {{ dbt.except() }}
    select
        source_table,
        date_day,
        currency,
        row_count,
        amount,
        unreadable_amounts
    from judged

),

made_up as (

    select
        source_table,
        date_day,
        currency,
        row_count,
        amount,
        unreadable_amounts
    from judged
    {{ dbt.except() }}
    select
        source_table,
        date_day,
        currency,
        row_count,
        amount,
        unreadable_amounts
    from staged

)

select
    'in staging only' as found,
    lost.*
from lost

union all

select
    'in the ledger only' as found,
    made_up.*
from made_up
