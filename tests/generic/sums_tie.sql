{#-
    Each column sums to the same, exactly, in this model and in another: nothing was lost or doubled on the way. A sum
    of nothing is 0. Returns one row for each column that does not tie, with both sums.
-#}
{% test sums_tie(model, to, columns) %}

with here as (

    select
        {%- for column in columns %}
        coalesce(sum({{ column }}), 0) as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ model }}

),

there as (

    select
        {%- for column in columns %}
        coalesce(sum({{ column }}), 0) as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ to }}

)

{% for column in columns %}
select
    '{{ column }}' as column_name,
    cast(here.{{ column }} as {{ ad_funnel.type_money_sum() }}) as sum_here,
    cast(there.{{ column }} as {{ ad_funnel.type_money_sum() }}) as sum_there
from here
cross join there
where here.{{ column }} <> there.{{ column }}
{{ 'union all' if not loop.last }}
{%- endfor %}

{% endtest %}
