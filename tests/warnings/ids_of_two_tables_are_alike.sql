-- The rows of one table name those of another by ids that look otherwise (`7.00` and `7`, `AB12` and `ab12`), and of up
-- to a thousand of them fewer than one in twenty is found there: so clicks have no impression, conversions no click,
-- spend no campaign. Each line has an id of each table. Cure: make one form of both in a model of your own, and map
-- that.
{{ config(severity='warn') }}

{% set pairs = ad_funnel.named_ids() %}

with pairs as (

    {% for table, column, other_table in pairs %}
    select
        {{ loop.index }} as pair,
        '{{ table }}' as source_table,
        '{{ column }}' as column_name,
        '{{ other_table }}' as other_table
    {{ 'union all' if not loop.last }}
    {% else %}
    select
        0 as pair,
        'none' as source_table,
        'none' as column_name,
        'none' as other_table
    {% endfor %}

),

ids as (

    {% for table, column, other_table in pairs %}
    select
        {{ loop.index }} as pair,
        named.id
    from (
        select distinct every_id.id
        from {{ ad_funnel.ids_of(table, column) }} as every_id
        order by every_id.id asc nulls last
        limit 1000
    ) as named
    {{ 'union all' if not loop.last }}
    {% else %}
    select
        0 as pair,
        'none' as id
    {% endfor %}

),

-- Of a large table only the ids that are asked for are kept.
found as (

    {% for table, column, other_table in pairs %}
    select distinct
        {{ loop.index }} as pair,
        others.id
    from {{ ad_funnel.ids_of(other_table, column) }} as others
    inner join ids
        on others.id = ids.id and ids.pair = {{ loop.index }}
    {{ 'union all' if not loop.last }}
    {% else %}
    select
        0 as pair,
        'none' as id
    {% endfor %}

),

other_ids as (

    {% for table, column, other_table in pairs %}
    select
        {{ loop.index }} as pair,
        others.id
    from {{ ad_funnel.ids_of(other_table, column, few=true) }} as others
    {{ 'union all' if not loop.last }}
    {% else %}
    select
        0 as pair,
        'none' as id
    {% endfor %}

),

shapes as (

    select
        other_ids.pair,
        {{ ad_funnel.shape_of_id('other_ids.id') }} as shape,
        min(other_ids.id) as example
    from other_ids
    group by 1, 2

),

shaped_ids as (

    select
        ids.pair,
        ids.id,
        {{ ad_funnel.shape_of_id('ids.id') }} as shape
    from ids

),

counted as (

    select
        shaped_ids.pair,
        count(*) as id_count,
        sum(case when found.id is null then 0 else 1 end) as found_count,
        sum(case when shapes.shape is null then 1 else 0 end) as count_of_other_shape,
        min(shaped_ids.id) as example
    from shaped_ids
    left join found
        on shaped_ids.pair = found.pair and shaped_ids.id = found.id
    left join shapes
        on shaped_ids.pair = shapes.pair and shaped_ids.shape = shapes.shape
    group by 1

),

other_examples as (

    select
        shapes.pair,
        min(shapes.example) as other_example
    from shapes
    group by 1

)

select
    pairs.source_table,
    pairs.column_name,
    pairs.other_table,
    counted.id_count,
    counted.found_count,
    counted.example,
    other_examples.other_example
from counted
inner join pairs on counted.pair = pairs.pair
inner join other_examples on counted.pair = other_examples.pair
where counted.id_count >= 20
    and counted.found_count * 20 < counted.id_count
    and counted.count_of_other_shape * 2 > counted.id_count
