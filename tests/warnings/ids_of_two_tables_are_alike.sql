-- The rows of one table name those of another by ids that look otherwise (`7.00` and `7`, `AB12` and `ab12`), and of up
-- to a thousand of them fewer than one in twenty is found there: so clicks have no impression, conversions no click,
-- spend no campaign. Each line has an id of each table. Cure: make one form of both in a model of your own, and map that.
{{ config(severity='warn') }}

{% for table, column, other_table in ad_funnel.named_ids() %}
select
    '{{ table }}' as source_table,
    '{{ column }}' as column_name,
    '{{ other_table }}' as other_table,
    count(*) as id_count,
    sum(case when found.id is null then 0 else 1 end) as found_count,
    min(ids.id) as example,
    min(other.other_example) as other_example
from (
    select distinct named.id
    from {{ ad_funnel.ids_of(table, column) }} as named
    order by named.id
    limit 1000
) as ids
left join (
    select distinct others.id
    from {{ ad_funnel.ids_of(other_table, column) }} as others
) as found
    on ids.id = found.id
left join (
    select
        {{ ad_funnel.shape_of_id('others.id') }} as shape,
        min(others.id) as example
    from (
        select others.id
        from {{ ad_funnel.ids_of(other_table, column) }} as others
        limit 10000
    ) as others
    group by 1
) as shapes
    on {{ ad_funnel.shape_of_id('ids.id') }} = shapes.shape
cross join (
    select min(others.id) as other_example
    from (
        select others.id
        from {{ ad_funnel.ids_of(other_table, column) }} as others
        limit 10000
    ) as others
) as other
having
    count(*) >= 20
    and sum(case when found.id is null then 0 else 1 end) * 20 < count(*)
    and sum(case when shapes.shape is null then 1 else 0 end) * 2 > count(*)
    and min(other.other_example) is not null
{{ 'union all' if not loop.last }}
{% else %}
select 1 as nothing_to_compare
where 1 = 0
{% endfor %}
