-- Of each platform's reports raw = accepted + duplicate + superseded + unplaced + rejected, in rows and in each measure
-- as reported (money by currency): exactly, both ways. A measure that is lost or doubled changes what platforms claim
-- without a trace.
{{ config(enabled=ad_funnel.reads_reports()) }}
{% set measures = ad_funnel.report_measures() | list %}

with staged as (

    select
        platform,
        currency,
        count(*) as row_count,
        {%- for measure in measures %}
        sum({{ measure }}) as {{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('stg_ads__reports') }}
    group by platform, currency

),

judged as (

    select
        platform,
        currency,
        count(*) as row_count,
        {%- for measure in measures %}
        sum({{ measure }}) as {{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('ledger_ads__reports') }}
    where disposition in ('accepted', 'duplicate', 'superseded', 'unplaced', 'rejected')
    group by platform, currency

),

lost as (

    select * from staged
    {{ dbt.except() }}
    select * from judged

),

made_up as (

    select * from judged
    {{ dbt.except() }}
    select * from staged

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
