{#-
    All rules of a table, in one look at its rows and one at its keys. NULL passes them all but `key` and `not_null`: it
    says that something is undefined, or not measured.

        - ad_funnel.rules:
            arguments:
              key: [date_day, platform]       # occurs once, and no column of it is NULL
              not_null: [verdict]
              values: {stage: [impressions, clicks]}
              non_negative: [clicks, spend]   # columns or expressions
              rates: [ctr]                    # in [0, 1], and not NaN
              ratios:                         # the formula said a second time, see below
                - {name: ctr, numerator: clicked_impressions, denominator: impressions}
                - {name: cpm, numerator: 1000 * spend, denominator: impressions, where: is_cost_complete}
              sums: [clicks, spend]           # as large, to the last digit, as there
              sums_as_in: ref('fct_ads__daily')

    A ratio equals its formula to within 1e-12 of its value, and is NULL exactly where it must be: where the denominator
    is NULL, 0 or negative, the numerator is NULL, or `where` does not hold (which counts for nothing while the setting
    ad_funnel__partial_money_metrics is on). Compared null-safe: a test with `!=` lets NULL pass.

    Returns `broken_rules`, each as argument and column, and of which row: its key (or sum here and sum there).
-#}
{% test rules(model, key=none, not_null=[], values={}, non_negative=[], rates=[], ratios=[], sums=[], sums_as_in=none) %}

{%- set double = ad_funnel.type_double() -%}
{%- set partial = ad_funnel.setting('ad_funnel__partial_money_metrics') -%}
{%- set broken = {} -%}
{%- for column in not_null -%}
    {%- do broken.update({'not_null ' ~ column: column ~ ' is null'}) -%}
{%- endfor -%}
{%- for column, allowed in values.items() -%}
    {%- do broken.update({'values ' ~ column: column ~ " not in ('" ~ allowed | join("', '") ~ "')"}) -%}
{%- endfor -%}
{%- for column in non_negative -%}
    {%- do broken.update({'non_negative ' ~ column: column ~ ' < 0'}) -%}
{%- endfor -%}
{%- for column in rates -%}
    {%- do broken.update({'rates ' ~ column: 'not (' ~ column ~ ' >= 0 and ' ~ column ~ ' <= 1)'}) -%}
{%- endfor -%}
{%- for ratio in ratios -%}
    {%- set is_broken -%}
        case
            when coalesce({{ ratio.denominator }}, 0) <= 0 or ({{ ratio.numerator }}) is null
                {{- ' or not (' ~ ratio.where ~ ')' if ratio.where and not partial }} then {{ ratio.name }} is not null
            when {{ ratio.name }} is null then true
            else not abs({{ ratio.name }} * ({{ ratio.denominator }}) - cast({{ ratio.numerator }} as {{ double }}))
                <= 1e-12 * abs(cast({{ ratio.numerator }} as {{ double }}))
        end
    {%- endset -%}
    {%- do broken.update({'ratios ' ~ ratio.name: is_broken}) -%}
{%- endfor -%}

{%- set row_key -%}
    {%- for column in key or [] -%}
        {{- " || ', ' || " if not loop.first -}}
        coalesce(cast({{ column }} as {{ dbt.type_string() }}), 'NULL')
    {%- else -%}
        cast(null as {{ dbt.type_string() }})
    {%- endfor -%}
{%- endset -%}

{% if sums %}
with {% for name, relation in {'here': model, 'there': sums_as_in}.items() %}{{ name }} as (

    -- A sum of nothing is 0.
    select
        {%- for column in sums %}
        coalesce(sum({{ column }}), 0) as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ relation }}

){{ ',' if not loop.last }}

{% endfor %}
{% endif %}

{% if broken %}
select
    {% for rule, condition in broken.items() -%}
    {{ '|| ' if not loop.first }}case when {{ condition }} then '{{ rule }}; ' else '' end
    {% endfor -%}
    as broken_rules,
    {{ row_key }} as row_key
from {{ model }}
where
    {%- for condition in broken.values() %}
    {{ 'or ' if not loop.first }}{{ condition }}
    {%- endfor %}
{% endif %}

{% if key %}
{{ 'union all' if broken }}

select
    'key, rows: ' || cast(count(*) as {{ dbt.type_string() }}) as broken_rules,
    {{ row_key }} as row_key
from {{ model }}
group by {{ key | join(', ') }}
having count(*) > 1
    {%- for column in key %}
    or {{ column }} is null
    {%- endfor %}
{% endif %}

{% if sums %}
{{ 'union all' if broken or key }}

{% for column in sums %}
select
    'sums {{ column }}' as broken_rules,
    cast(here.{{ column }} as {{ dbt.type_string() }}) || ' here, '
    || cast(there.{{ column }} as {{ dbt.type_string() }}) || ' there' as row_key
from here
cross join there
where here.{{ column }} <> there.{{ column }}
{{ 'union all' if not loop.last }}
{% endfor %}
{% endif %}

{% endtest %}
