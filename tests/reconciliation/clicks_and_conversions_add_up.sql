-- Clicks are matched or unmatched, and every valid conversion stands in exactly one place: the facts, counted by
-- status, are what the daily measures say.
with facts as (

    select
        'gross_clicks' as measure,
        count(*) as in_facts
    from {{ ref('fct_ads__clicks') }}

    union all

    select
        'clicks' as measure,
        count(*) as in_facts
    from {{ ref('fct_ads__clicks') }}
    where not is_invalid

    union all

    select
        'unmatched_clicks' as measure,
        count(*) as in_facts
    from {{ ref('fct_ads__clicks') }}
    where not is_invalid and not is_matched

    union all

    select
        'conversions' as measure,
        count(*) as in_facts
    from {{ ref('fct_ads__conversions') }}
    where not is_invalid and credit_status = 'click'

    union all

    select
        'view_through_conversions' as measure,
        count(*) as in_facts
    from {{ ref('fct_ads__conversions') }}
    where not is_invalid and credit_status = 'view'

    union all

    select
        'unattributed_conversions' as measure,
        count(*) as in_facts
    from {{ ref('fct_ads__conversions') }}
    where not is_invalid and credit_status = 'none'

    union all

    select
        'all_conversions' as measure,
        count(*) as in_facts
    from {{ ref('fct_ads__conversions') }}
    where not is_invalid and credit_status in ('click', 'view', 'none', 'repeat', 'secondary')

),

daily as (

    {% for measure in [
        'gross_clicks', 'clicks', 'unmatched_clicks', 'conversions', 'view_through_conversions',
        'unattributed_conversions', 'all_conversions',
    ] %}
    select
        '{{ measure }}' as measure,
        coalesce(sum({{ measure }}), 0) as in_daily
    from {{ ref('fct_ads__daily') }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select
    facts.measure,
    facts.in_facts,
    daily.in_daily
from facts
inner join daily on facts.measure = daily.measure
where facts.in_facts <> daily.in_daily

union all

-- One status each, and none but these.
select
    'conversions without a known status' as measure,
    count(*) as in_facts,
    0 as in_daily
from {{ ref('fct_ads__conversions') }}
where
    credit_status is null
    or credit_status not in ('click', 'view', 'none', 'repeat', 'secondary', 'retracted', 'adjustment')
having count(*) > 0
