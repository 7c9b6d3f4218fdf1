{#-
    Each ratio equals the formula that the test states on its own, and is NULL exactly where it must be: where the
    denominator is NULL, 0 or negative, the numerator is NULL, or the optional condition `where` does not hold (which
    counts for nothing while the setting ad_funnel__partial_money_metrics is on). Compared null-safe and to within 1e-12
    of the value: a test with `!=` lets NULL pass. Returns the rows that break it.

        - ad_funnel.ratios_restated:
            arguments:
              ratios:
                - {name: ctr, numerator: clicked_impressions, denominator: impressions}
                - {name: cpm, numerator: 1000 * spend, denominator: impressions, where: is_cost_complete}
-#}
{% test ratios_restated(model, ratios) %}

{% set double = ad_funnel.type_double() %}
{% set partial = ad_funnel.setting('ad_funnel__partial_money_metrics') %}

select *
from {{ model }}
where
    {%- for ratio in ratios %}
    {{ 'or ' if not loop.first }}case
        when coalesce({{ ratio.denominator }}, 0) <= 0 or ({{ ratio.numerator }}) is null
            {{- ' or not (' ~ ratio.where ~ ')' if ratio.where and not partial }} then {{ ratio.name }} is not null
        when {{ ratio.name }} is null then true
        else not abs({{ ratio.name }} * ({{ ratio.denominator }}) - cast({{ ratio.numerator }} as {{ double }}))
            <= 1e-12 * abs(cast({{ ratio.numerator }} as {{ double }}))
    end
    {%- endfor %}

{% endtest %}
