{#- Each report line was accepted once: its key may have columns without a value. Returns the keys that break it. -#}
{% test unique_line(model) %}

select
    {{ ad_funnel.report_key() | join(', ') }},
    count(*) as row_count
from {{ model }}
where disposition in ('accepted', 'unplaced')
group by {{ ad_funnel.report_key() | join(', ') }}
having count(*) > 1

{% endtest %}
