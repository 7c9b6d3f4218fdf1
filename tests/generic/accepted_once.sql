{#-
    Each id was accepted once in the ledger of `table`. Ids are found by the number that the ledger keeps of them; then
    those that share one are compared. Returns the ids that were accepted twice, or are none (and so have no number).
    `dbt build` looks at ids that were stored since the last build that passed, among themselves and in the look-back;
    `dbt test` at all.
-#}
{% test accepted_once(model, columns, table) %}

{%- set id = columns | join(', ') -%}
{%- set accepted = "disposition = 'accepted'" -%}
{%- if execute and flags.WHICH == 'build' -%}
    {%- set is_new = ad_funnel.is_since_passed() -%}
    {%- set accepted = accepted ~ ' and (' ~ ad_funnel.in_look_back_of(table) ~ ' or ' ~ is_new ~ ')' -%}
{%- endif %}

with shared_numbers as (

    select id_number
    from (
        select
            id_number,
            row_number() over (partition by id_number) as occurrence
        from {{ model }}
        where
            {{ accepted }}
            {%- if ad_funnel.passed_days(table) %}
            and id_number in (
                select new.id_number
                from {{ model }} as new
                where new.{{ is_new }}
            )
            {%- endif %}
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
