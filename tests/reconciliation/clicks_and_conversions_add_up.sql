-- Clicks are matched or unmatched, and every valid conversion stands in exactly one place: the facts, counted by
-- status, are what the daily measures say.
{% set counted = {
    'gross_clicks': ('clicks', '1 = 1'),
    'clicks': ('clicks', 'not is_invalid'),
    'unmatched_clicks': ('clicks', 'not is_invalid and not is_matched'),
    'conversions': ('conversions', "not is_invalid and credit_status = 'click'"),
    'view_through_conversions': ('conversions', "not is_invalid and credit_status = 'view'"),
    'unattributed_conversions': ('conversions', "not is_invalid and credit_status = 'none'"),
    'all_conversions': (
        'conversions', "not is_invalid and credit_status in ('click', 'view', 'none', 'repeat', 'secondary')"
    ),
} %}

with facts as (

    {% for measure, (table, condition) in counted.items() %}
    select
        '{{ measure }}' as measure,
        count(*) as in_facts
    from {{ ref('fct_ads__' ~ table) }}
    cross join {{ ref('fct_ads__freshness') }} as freshness
    where
        {{ condition if ad_funnel.is_measured(ad_funnel.measures()[measure].tables) else '1 = 0' }}
        and freshness.{{ 'has_' ~ measure if ad_funnel.measures()[measure].columns else 'built_at is not null' }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

daily as (

    {% for measure in counted %}
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
