{#-
    Each id was accepted once in the ledger of `table`. Ids are found by the number that the ledger keeps of them; then
    those that share one are compared. Returns the ids that were accepted twice, or are none (and so have no number).
-#}
{% test accepted_once(model, columns, table) %}

{%- set id = columns | join(', ') -%}
{%- set accepted -%}
disposition = 'accepted' and {{ ad_funnel.is_to_be_tested(table) }}
{%- endset %}

with shared_numbers as (

    select id_number
    from (
        select
            id_number,
            row_number() over (partition by id_number {{ ad_funnel.any_order('id_number') }}) as occurrence
        from {{ model }}
        where {{ accepted }}
    ) as occurrences
    where occurrence = 2

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
where {{ accepted }} and id_number is null

{% endtest %}
