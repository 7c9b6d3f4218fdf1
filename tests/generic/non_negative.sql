{#- No column is below 0. NULL passes: not measured. One column, or a list in one scan; returns the rows that break
    it. -#}
{% test non_negative(model, column_name=none, columns=none) %}

{% set checked = columns or [column_name] %}

select *
from {{ model }}
where {{ checked | join(' < 0 or ') }} < 0

{% endtest %}
