{#-
    Each id was accepted once in the ledger of `table`. Ids are found by the number that the ledger keeps of them; then
    those that share one are compared. Returns the ids that were accepted twice, or are none.
-#}
{% test accepted_once(model, columns, table) %}

{%- set id = columns | join(', ') -%}
{%- set accepted -%}
disposition = 'accepted' and {{ ad_funnel.is_to_be_tested(table) }}
{%- endset %}

with shared_numbers as (

    select id_number
    from {{ model }}
    where {{ accepted }}
    group by id_number
    having count(*) > 1

)

select
    {{ id }},
    count(*) as row_count
from {{ model }}
where {{ accepted }} and id_number in (select shared_numbers.id_number from shared_numbers)
group by {{ id }}
having count(*) > 1

union all

select
    {{ id }},
    1 as row_count
from {{ model }}
where {{ accepted }} and ({{ columns | join(' is null or ') }} is null)

{% endtest %}
