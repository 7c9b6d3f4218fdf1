{#- No rate leaves [0, 1] or is NaN. NULL passes: undefined. One column, or a list in one scan; returns the rows that
    break it. -#}
{% test bounded_rate(model, column_name=none, columns=none) %}

{% set checked = columns or [column_name] %}

select *
from {{ model }}
where
    {%- for column in checked %}
    {{ 'or ' if not loop.first }}not ({{ column }} >= 0 and {{ column }} <= 1)
    {%- endfor %}

{% endtest %}
