-- The rows of one table name those of another by ids that look otherwise (`7.00` and `7`, `AB12` and `ab12`), and of up
-- to a thousand of them fewer than one in twenty is found there: so clicks have no impression, conversions no click,
-- spend no campaign. Each line has an id of each table. Cure: make one form of both in a model of your own, and map
-- that.
{{ config(severity='warn') }}

{% set pairs = ad_funnel.named_ids() %}

with
{% for table, column, other_table in pairs %}
ids_{{ loop.index }} as (

    select distinct named.id
    from {{ ad_funnel.ids_of(table, column) }} as named
    order by named.id
    limit 1000

),

found_{{ loop.index }} as (

    select distinct others.id
    from {{ ad_funnel.ids_of(other_table, column) }} as others

),

shapes_{{ loop.index }} as (

    select
        {{ ad_funnel.shape_of_id('others.id') }} as shape,
        min(others.id) as example
    from {{ ad_funnel.ids_of(other_table, column, few=true) }} as others
    group by 1

),
{% endfor %}

nothing as (

    select 1 as one

)

{% for table, column, other_table in pairs %}
select
    '{{ table }}' as source_table,
    '{{ column }}' as column_name,
    '{{ other_table }}' as other_table,
    count(*) as id_count,
    sum(case when found.id is null then 0 else 1 end) as found_count,
    min(ids.id) as example,
    (select min(every_shape.example) from shapes_{{ loop.index }} as every_shape) as other_example
from ids_{{ loop.index }} as ids
left join found_{{ loop.index }} as found
    on ids.id = found.id
left join shapes_{{ loop.index }} as shapes
    on {{ ad_funnel.shape_of_id('ids.id') }} = shapes.shape
having
    count(*) >= 20
    and sum(case when found.id is null then 0 else 1 end) * 20 < count(*)
    and sum(case when shapes.shape is null then 1 else 0 end) * 2 > count(*)
    and (select count(*) from shapes_{{ loop.index }} as every_shape) > 0
{{ 'union all' if not loop.last }}
{% else %}
select nothing.one
from nothing
where 1 = 0
{% endfor %}
