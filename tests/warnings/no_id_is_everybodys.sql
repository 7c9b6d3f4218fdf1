-- One id has more of a table's rows (of the look-back, 30 at least) than ad_funnel__max_id_share says: most often a
-- mark of nothing, such as `unknown`. Its clicks then repeat each other and are a flood, its conversions are a
-- stranger's. Cure: name it in ad_funnel__null_ids, or under null_values in the column map; or raise the share.
-- (Ids are counted by a number of 0 to 511 first, which costs a tenth of counting each.)
{{ config(severity='warn') }}

{% set share = ad_funnel.setting('ad_funnel__max_id_share') %}
{% set ids = {
    'impressions': ['user_id'],
    'clicks': ['user_id', 'impression_id'],
    'conversions': ['user_id', 'click_id', 'impression_id'],
    'visits': ['user_id'],
} %}
{% for table in ad_funnel.ledger_tables() if table in ids %}
{% set is_last_table = loop.last %}
{% for id in ids[table] %}
{% set number = 'mod(' ~ ad_funnel.fingerprint('ids.id') ~ ', 512)' %}
{% set total = '(select count(*) from ' ~ ad_funnel.ids_of(table, id) ~ ' as every_id)' %}
select
    '{{ table }}' as source_table,
    '{{ id }}' as column_name,
    ids.id as example,
    count(*) as row_count,
    {{ total }} as rows_with_an_id
from {{ ad_funnel.ids_of(table, id) }} as ids
where
    {{ number }} in (
        select numbered.id_number
        from (
            select
                {{ number }} as id_number,
                count(*) as row_count
            from {{ ad_funnel.ids_of(table, id) }} as ids
            group by {{ number }}
        ) as numbered
        where numbered.row_count >= 30 and numbered.row_count > {{ share }} * {{ total }}
    )
group by ids.id
having count(*) >= 30 and count(*) > {{ share }} * {{ total }}
{{ 'union all' if not loop.last }}
{% endfor %}
{{ 'union all' if not is_last_table }}
{% endfor %}
