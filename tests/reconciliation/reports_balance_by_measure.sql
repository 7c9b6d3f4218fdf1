-- Of each platform's reports raw = accepted + duplicate + superseded + unplaced + rejected, in rows and in each measure
-- as reported (money by currency): exactly, both ways. A measure that is lost or doubled changes what platforms claim
-- without a trace.
{{ config(enabled=ad_funnel.reads_reports()) }}
{% set measures = ad_funnel.report_measures() | list %}
{% set columns = (['platform', 'currency'] + measures + ['row_count']) | join(', ') %}

with staged as (

    select
        platform,
        currency,
        {%- for measure in measures %}
        sum({{ measure }}) as {{ measure }},
        {%- endfor %}
        count(*) as row_count
    from {{ ref('stg_ads__reports') }}
    group by platform, currency

),

judged as (

    select
        platform,
        currency,
        {%- for measure in measures %}
        sum({{ measure }}) as {{ measure }},
        {%- endfor %}
        count(*) as row_count
    from {{ ref('ledger_ads__reports') }}
    where disposition in ('accepted', 'duplicate', 'superseded', 'unplaced', 'rejected')
    group by platform, currency

),

lost as (

    select {{ columns }} from staged
    {{ dbt.except() }}
    select {{ columns }} from judged

),

made_up as (

    select {{ columns }} from judged
    {{ dbt.except() }}
    select {{ columns }} from staged

)

select
    'in staging only' as found,
    {{ columns }}
from lost

union all

select
    'in the ledger only' as found,
    {{ columns }}
from made_up
