{#-
    Snowplow's atomic events, of the browser tracker.

    **Reads** `events`: one row per event. For ads that Snowplow tracks also the tables of its ad events, one row each
    (`com_snowplowanalytics_snowplow_ad_impression_1`, `…_ad_click_1`); where the warehouse has them as columns of
    `events`, pass a model that selects `root_id` and the members from these.

    **A visit** is a session: `domain_sessionid`. It begins with its first event. Its source are the `mkt_…` fields of
    its first event that has any. The user is `domain_userid`; pass `user_id='network_userid'` for the cookie of the
    collector.

    **Conversions** are the events that you list in `conversion_types`, by `event_name`, or by `se_action` of structured
    events; their value is `tr_total`, else `se_value`. They have no window: the package attributes them.

    **A click** and **an impression** are what the page sent to the tracker. What `cost` means depends on `cost_model`:
    of `cpm` a thousandth is the impression's cost, `cpc` is the click's, and `cpa` is neither's.

    **Restated** never; late events come with their true time, `derived_tstamp`. Copies of an `event_id` are one event.

    **Leaves out** events without a session from visits. The texts `NULL`, `null` and `placeholder` are NULL.
-#}
{%- macro visits_from_snowplow_events(events, user_id='domain_userid') -%}
    {%- set event = ad_funnel.adapter_table(
        'visits_from_snowplow_events', 'events', events,
        ['domain_sessionid', 'derived_tstamp|collector_tstamp', 'page_url', user_id],
        ['mkt_source', 'mkt_medium', 'mkt_campaign', 'mkt_content', 'mkt_term', 'useragent',
         'load_tstamp|etl_tstamp'], ['NULL', 'null', 'placeholder', '']
    ) -%}
    {%- set rows %}
        select
            {{ event.domain_sessionid }} as visit_id,
            {{ event[user_id] }} as user_id,
            {{ ad_funnel.adapter_time(event, 'derived_tstamp') }} as event_at,
            {{ event.mkt_source }} as utm_source,
            {{ event.mkt_medium }} as utm_medium,
            {{ event.mkt_campaign }} as utm_campaign,
            {{ event.mkt_content }} as utm_content,
            {{ event.mkt_term }} as utm_term,
            {{ ad_funnel.no_text() }} as utm_id,
            {{ event.page_url }} as landing_url,
            {{ event.useragent }} as user_agent,
            {{ event.load_tstamp }} as loaded_at
        from {{ events }} as events
    {% endset -%}
    {{- ad_funnel.adapter_visits(rows) -}}
{%- endmacro -%}


{%- macro conversions_from_snowplow_events(events, conversion_types, currency=none, user_id='domain_userid') -%}
    {%- set event = ad_funnel.adapter_table(
        'conversions_from_snowplow_events', 'events', events,
        ['event_id', 'event', 'event_name', 'derived_tstamp|collector_tstamp', user_id],
        ['se_action', 'se_value', 'tr_total', 'tr_orderid', 'tr_currency', 'load_tstamp|etl_tstamp'],
        ['NULL', 'null', 'placeholder', '']
    ) -%}
    {%- set listed = [] -%}
    {%- for type in conversion_types -%}
        {%- do listed.append(ad_funnel.text_literal(type)) -%}
    {%- endfor -%}
    {%- set type -%}
        case when {{ event.event }} = 'struct' then {{ event.se_action }} else {{ event.event_name }} end
    {%- endset %}
select
    {{ event.event_id }} as conversion_id,
    {{ ad_funnel.adapter_time(event, 'derived_tstamp') }} as converted_at,
    {{ type }} as conversion_type,
    {{ ad_funnel.no_text() }} as platform,
    {{ ad_funnel.no_text() }} as click_id,
    {{ ad_funnel.no_text() }} as impression_id,
    {{ event[user_id] }} as user_id,
    coalesce({{ event.tr_total }}, {{ event.se_value }}) as value,
    coalesce({{ event.tr_currency }}, {{ ad_funnel.text_or_null(currency) }}) as currency,
    {{ event.tr_orderid }} as order_id,
    {{ ad_funnel.no_text() }} as adjusts_conversion_id,
    {{ ad_funnel.no_text() }} as adjustment_type,
    {{ event.load_tstamp }} as loaded_at,
    {{ ad_funnel.no_text() }} as partition_day
from {{ events }} as events
where {{ type }} in ({{ listed | join(', ') }})
{%- endmacro -%}


{%- macro impressions_from_snowplow_events(
    ad_impressions, events, currency=none, user_id='domain_userid', platform='snowplow'
) -%}
    {%- set adapter_name = 'impressions_from_snowplow_events' -%}
    {%- set ad = ad_funnel.adapter_table(
        adapter_name, 'ad_impressions', ad_impressions, ['root_id', 'impression_id', 'banner_id'],
        ['campaign_id', 'zone_id', 'cost', 'cost_model']
    ) -%}
    {%- set event = ad_funnel.adapter_table(
        adapter_name, 'events', events, ['event_id', 'derived_tstamp|collector_tstamp', user_id],
        ['useragent', 'dvce_type', 'geo_country', 'load_tstamp|etl_tstamp'], ['NULL', 'null', 'placeholder', '']
    ) %}
select
    {{ ad.impression_id }} as impression_id,
    {{ ad_funnel.adapter_time(event, 'derived_tstamp') }} as impression_at,
    {{ ad.banner_id }} as ad_id,
    {{ ad_funnel.text_or_null(platform) }} as platform,
    {{ ad.campaign_id }} as campaign_id,
    {{ event[user_id] }} as user_id,
    case when lower({{ ad.cost_model }}) = 'cpm' then {{ ad_funnel.adapter_quotient(ad.cost, 1000) }} end as cost,
    {{ ad_funnel.text_or_null(currency) }} as currency,
    {{ ad.zone_id }} as placement,
    {{ event.dvce_type }} as device_type,
    {{ event.geo_country }} as country,
    {{ ad_funnel.no_text() }} as traffic_type,
    {{ ad_funnel.no_text() }} as is_measurable,
    {{ ad_funnel.no_text() }} as is_viewable,
    {{ event.useragent }} as user_agent,
    {{ event.load_tstamp }} as loaded_at,
    {{ ad_funnel.no_text() }} as partition_day
from {{ ad_impressions }} as ad_impressions
left join {{ events }} as events
    on {{ ad.root_id }} = {{ event.event_id }}
{%- endmacro -%}


{%- macro clicks_from_snowplow_events(
    ad_clicks, events, currency=none, user_id='domain_userid', platform='snowplow'
) -%}
    {%- set adapter_name = 'clicks_from_snowplow_events' -%}
    {%- set ad = ad_funnel.adapter_table(
        adapter_name, 'ad_clicks', ad_clicks, ['root_id', 'click_id', 'impression_id'],
        ['banner_id', 'campaign_id', 'target_url', 'cost', 'cost_model']
    ) -%}
    {%- set event = ad_funnel.adapter_table(
        adapter_name, 'events', events, ['event_id', 'derived_tstamp|collector_tstamp', user_id],
        ['useragent', 'dvce_type', 'geo_country', 'load_tstamp|etl_tstamp'], ['NULL', 'null', 'placeholder', '']
    ) %}
select
    {{ ad.click_id }} as click_id,
    {{ ad_funnel.adapter_time(event, 'derived_tstamp') }} as clicked_at,
    {{ ad_funnel.text_or_null(platform) }} as platform,
    {{ ad.impression_id }} as impression_id,
    {{ ad.banner_id }} as ad_id,
    {{ ad.campaign_id }} as campaign_id,
    {{ event[user_id] }} as user_id,
    case when lower({{ ad.cost_model }}) = 'cpc' then {{ ad.cost }} end as cost,
    {{ ad_funnel.text_or_null(currency) }} as currency,
    {{ ad.target_url }} as landing_url,
    cast(null as {{ ad_funnel.type_time() }}) as landed_at,
    {{ event.useragent }} as user_agent,
    {{ event.dvce_type }} as device_type,
    {{ event.geo_country }} as country,
    {{ event.load_tstamp }} as loaded_at,
    {{ ad_funnel.no_text() }} as partition_day
from {{ ad_clicks }} as ad_clicks
left join {{ events }} as events
    on {{ ad.root_id }} = {{ event.event_id }}
{%- endmacro -%}
