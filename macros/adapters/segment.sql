{#-
    Segment, and RudderStack, whose tables have the same columns.

    **Reads** `pages`: one row per page view. One table per event that is a conversion, such as `order_completed`.

    **A visit** are the page views of an `anonymous_id` without `idle_minutes` (30) between two of them. Its source is
    `context_campaign_…` of its first page view that has any.

    **Conversions** are the rows of the tables that you pass, one call per table and `union all`; their value is
    `revenue`, else `total`, else `value`. They have no window: the package attributes them.

    **Restated** never; late rows come with their true time, `timestamp`, and are loaded at `received_at`. A late page
    view can join two visits to one.

    **Leaves out** page views without an `anonymous_id`, which are of a server.
-#}
{%- macro visits_from_segment(pages, user_id='anonymous_id', idle_minutes=30) -%}
    {%- set page = ad_funnel.adapter_table(
        'visits_from_segment', 'pages', pages, ['id', 'anonymous_id', 'timestamp|original_timestamp', user_id],
        ['url|context_page_url', 'context_campaign_source', 'context_campaign_medium', 'context_campaign_name',
         'context_campaign_content', 'context_campaign_term', 'context_campaign_id', 'context_user_agent',
         'received_at']
    ) -%}
    {%- set rows %}
        select
            -- The time of its first page view tells the visits of a person apart.
            visitor || '.' || cast({{ ad_funnel.microseconds(
                'max(case when is_first = 1 then event_at end) over ('
                ~ 'partition by visitor order by event_at asc nulls last, page_id asc nulls last '
                ~ 'rows between unbounded preceding and current row)'
            ) }} as {{ dbt.type_string() }}) as visit_id,
            page_views.*
        from (
            select
                pages_in_order.*,
                case
                    when {{ ad_funnel.add_seconds('previous_at', 60 * idle_minutes) }} >= event_at then 0
                    else 1
                end as is_first
            from (
                select
                    {{ page.id }} as page_id,
                    {{ page.anonymous_id }} as visitor,
                    {{ page[user_id] }} as user_id,
                    {{ ad_funnel.adapter_time(page, 'timestamp') }} as event_at,
                    lag({{ ad_funnel.adapter_time(page, 'timestamp') }}) over (
                        partition by {{ page.anonymous_id }}
                        order by
                            {{ ad_funnel.adapter_time(page, 'timestamp') }} asc nulls last,
                            {{ page.id }} asc nulls last
                    ) as previous_at,
                    {{ page.context_campaign_source }} as utm_source,
                    {{ page.context_campaign_medium }} as utm_medium,
                    {{ page.context_campaign_name }} as utm_campaign,
                    {{ page.context_campaign_content }} as utm_content,
                    {{ page.context_campaign_term }} as utm_term,
                    {{ page.context_campaign_id }} as utm_id,
                    {{ page.url }} as landing_url,
                    {{ page.context_user_agent }} as user_agent,
                    {{ page.received_at }} as loaded_at
                from {{ pages }} as pages
                where {{ page.anonymous_id }} is not null
            ) as pages_in_order
        ) as page_views
    {% endset -%}
    {{- ad_funnel.adapter_visits(rows) -}}
{%- endmacro -%}


{%- macro conversions_from_segment(event, conversion_type, currency=none, user_id='anonymous_id') -%}
    {%- set row = ad_funnel.adapter_table(
        'conversions_from_segment', 'event', event, ['id', 'timestamp|original_timestamp', user_id],
        ['revenue|total|value', 'currency', 'order_id', 'received_at']
    ) %}
select
    {{ row.id }} as conversion_id,
    {{ ad_funnel.adapter_time(row, 'timestamp') }} as converted_at,
    {{ ad_funnel.text_literal(conversion_type) }} as conversion_type,
    {{ ad_funnel.no_text() }} as platform,
    {{ ad_funnel.no_text() }} as click_id,
    {{ ad_funnel.no_text() }} as impression_id,
    {{ row[user_id] }} as user_id,
    {{ row.revenue }} as value,
    coalesce({{ row.currency }}, {{ ad_funnel.text_or_null(currency) }}) as currency,
    {{ row.order_id }} as order_id,
    {{ ad_funnel.no_text() }} as adjusts_conversion_id,
    {{ ad_funnel.no_text() }} as adjustment_type,
    {{ row.received_at }} as loaded_at,
    {{ ad_funnel.no_text() }} as partition_day
from {{ event }} as event
{%- endmacro -%}
