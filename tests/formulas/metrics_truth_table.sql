-- Every metric macro against a table of what it must give, NULL included: a comparison with `<>` alone passes whatever
-- is NULL. Written without the macros' help: the values were worked out by hand.
-- noqa: disable=LT02
{% set double = ad_funnel.type_double() %}
{% set money = ad_funnel.type_money() %}
{% set in_money = ['conversion_value', 'spend'] %}
{% set measures = [
    'gross_impressions', 'impressions', 'measurable_impressions', 'viewable_impressions', 'clicked_impressions',
    'converted_impressions', 'gross_clicks', 'clicks', 'landing_measurable_clicks', 'landed_clicks', 'converted_clicks',
    'conversions', 'conversion_value', 'spend',
] %}
{% set metrics = {
    'ctr': ad_funnel.ctr(),
    'cvr': ad_funnel.cvr(),
    'conversion_per_impression': ad_funnel.conversion_per_impression(),
    'viewability_rate': ad_funnel.viewability_rate(),
    'landing_rate': ad_funnel.landing_rate(),
    'invalid_impression_rate': ad_funnel.invalid_impression_rate(),
    'invalid_click_rate': ad_funnel.invalid_click_rate(),
    'clicks_per_impression': ad_funnel.clicks_per_impression(),
    'conversions_per_click': ad_funnel.conversions_per_click(),
    'cost_per_impression': ad_funnel.cost_per_impression(),
    'cpm': ad_funnel.cpm(),
    'vcpm': ad_funnel.vcpm(),
    'cpc': ad_funnel.cpc(),
    'cpa': ad_funnel.cpa(),
    'roas': ad_funnel.roas(),
    'roi': ad_funnel.roi(),
    'average_conversion_value': ad_funnel.average_conversion_value(),
    'value_per_click': ad_funnel.value_per_click(),
} %}
{% set none_of_them = ['null'] * 18 %}
{# case: [measures in the order above], [metrics in the order above] #}
{% set cases = {
    'an ordinary row': [
        [1250, 1000, 800, 500, 50, 10, 80, 64, 40, 30, 16, 20, '500.00', '200.00'],
        [0.05, 0.25, 0.01, 0.625, 0.75, 0.2, 0.2, 0.064, 0.3125, 0.2, 200, 400, 3.125, 10, 2.5, 1.5, 25, 7.8125],
    ],
    'every step passed by all': [
        [8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, '2.00', '4.00'],
        [1, 1, 1, 1, 1, 0, 0, 1, 1, 0.5, 500, 500, 0.5, 0.5, 0.5, -0.5, 0.25, 0.25],
    ],
    'whole numbers that do not divide': [
        [4, 4, 4, 1, 3, 1, 4, 4, 4, 1, 1, 2, '7', '2'],
        [0.75, 0.25, 0.25, 0.25, 0.25, 0, 0, 1, 0.5, 0.5, 500, 2000, 0.5, 1, 3.5, 2.5, 3.5, 1.75],
    ],
    'shown, nobody clicked': [
        [50, 50, 50, 0, 0, 0, 0, 0, 0, 0, 0, 0, '0', '10.00'],
        [0, 'null', 0, 0, 'null', 0, 'null', 0, 'null', 0.2, 200, 'null', 'null', 'null', 0, -1, 'null', 'null'],
    ],
    'clicked, nobody bought': [
        [50, 50, 50, 40, 5, 0, 5, 5, 5, 4, 0, 0, '0', '10.00'],
        [0.1, 0, 0, 0.8, 0.8, 0, 0, 0.1, 0, 0.2, 200, 250, 2, 'null', 0, -1, 'null', 0],
    ],
    'nothing shown, money spent': [[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '0', '100.00'], [
        'null', 'null', 'null', 'null', 'null', 'null', 'null', 'null', 'null', 'null', 'null', 'null', 'null', 'null',
        0, -1, 'null', 'null',
    ]],
    'money not known': [
        [1250, 1000, 800, 500, 50, 10, 80, 64, 40, 30, 16, 20, 'null', 'null'],
        [0.05, 0.25, 0.01, 0.625, 0.75, 0.2, 0.2, 0.064, 0.3125] + ['null'] * 9,
    ],
    'credits exceed charges': [
        [1000, 1000, 800, 500, 50, 10, 64, 64, 40, 30, 16, 20, '500.00', '-5.00'],
        [
            0.05, 0.25, 0.01, 0.625, 0.75, 0, 0, 0.064, 0.3125, -0.005, -5, -10, -0.078125, -0.25, 'null', 'null', 25,
            7.8125,
        ],
    ],
    'nothing at all': [[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '0', '0'], none_of_them],
    'nothing measured': [['null'] * 14, none_of_them],
} %}

with cases as (

    {% for name, values in cases.items() %}
    select
        '{{ name }}' as case_name,
        {%- for measure in measures %}
        cast({{ values[0][loop.index0] }} as {{ money if measure in in_money else 'bigint' }}) as {{ measure }},
        {%- endfor %}
        {%- for metric in metrics %}
        cast({{ values[1][loop.index0] }} as {{ double }}) as expected_{{ metric }}{{ ',' if not loop.last }}
        {%- endfor %}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

computed as (

    select
        *,
        {%- for metric, expression in metrics.items() %}
        {{ expression }} as {{ metric }}{{ ',' if not loop.last }}
        {%- endfor %}
    from cases

)

{% for metric in metrics %}
select
    case_name,
    '{{ metric }}' as metric,
    {{ metric }} as computed,
    expected_{{ metric }} as expected
from computed
where not coalesce({{ metric }} = expected_{{ metric }}, {{ metric }} is null and expected_{{ metric }} is null)
{{ 'union all' if not loop.last }}
{% endfor %}
