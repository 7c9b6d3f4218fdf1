{#-
    Campaign Manager 360's Data Transfer (version 2).

    **Reads** `impressions`, `clicks`, `activities`: one row per event (`p_impression_…`, `p_click_…`, `p_activity_…` in
    Google's warehouse). Names with blanks, as in the files (`Event Time`), and without are read alike.

    **Conversions** are activities, of the type `activity_<id>`. An activity has no impression id, so the package finds
    its ad by the user. CM360's own windows, which differ by placement, are not read.

    **A click** has no id of its own: it is its impression, with its time. **An impression** is one that was served, or
    viewed where the account counts so.

    **Restated**: a file of an hour can come again; load the latest of each hour only.

    **Leaves out** rich media events. A user id of 0 or none is NULL. Costs are billed elsewhere: pass
    `cost='dbm_media_cost_usd'` for those of Display & Video 360, in billionths of a US dollar.
-#}
{%- macro impressions_from_cm360(impressions, cost=none, platform='cm360') -%}
    {%- set row = ad_funnel.adapter_table(
        'impressions_from_cm360', 'impressions', impressions,
        ['impression_id', 'event_time', 'ad_id'] + ([cost] if cost else []),
        ['campaign_id', 'user_id', 'placement_id', 'country_code|country'], ['0', '']
    ) %}
select
    {{ row.impression_id }} as impression_id,
    {{ ad_funnel.adapter_time(row, 'event_time', format='epoch_microseconds') }} as impression_at,
    {{ row.ad_id }} as ad_id,
    {{ ad_funnel.text_or_null(platform) }} as platform,
    {{ row.campaign_id }} as campaign_id,
    {{ row.user_id }} as user_id,
    {{ ad_funnel.adapter_quotient(row[cost], 1000000000) if cost else ad_funnel.no_text() }} as cost,
    {{ ad_funnel.text_or_null('USD' if cost else none) }} as currency,
    {{ row.placement_id }} as placement,
    {{ ad_funnel.no_text() }} as device_type,
    {{ row.country_code }} as country,
    {{ ad_funnel.no_text() }} as traffic_type,
    {{ ad_funnel.no_text() }} as is_measurable,
    {{ ad_funnel.no_text() }} as is_viewable,
    {{ ad_funnel.no_text() }} as user_agent,
    {{ ad_funnel.no_text() }} as loaded_at,
    {{ ad_funnel.no_text() }} as partition_day
from {{ impressions }} as impressions
{%- endmacro -%}


{%- macro clicks_from_cm360(clicks, platform='cm360') -%}
    {%- set row = ad_funnel.adapter_table(
        'clicks_from_cm360', 'clicks', clicks, ['impression_id', 'event_time'],
        ['ad_id', 'campaign_id', 'user_id', 'country_code|country'], ['0', '']
    ) %}
select
    {{ row.impression_id }} || '.' || {{ row.event_time }} as click_id,
    {{ ad_funnel.adapter_time(row, 'event_time', format='epoch_microseconds') }} as clicked_at,
    {{ ad_funnel.text_or_null(platform) }} as platform,
    {{ row.impression_id }} as impression_id,
    {{ row.ad_id }} as ad_id,
    {{ row.campaign_id }} as campaign_id,
    {{ row.user_id }} as user_id,
    {{ ad_funnel.no_text() }} as cost,
    {{ ad_funnel.no_text() }} as currency,
    {{ ad_funnel.no_text() }} as landing_url,
    cast(null as {{ ad_funnel.type_time() }}) as landed_at,
    {{ ad_funnel.no_text() }} as user_agent,
    {{ ad_funnel.no_text() }} as device_type,
    {{ row.country_code }} as country,
    {{ ad_funnel.no_text() }} as loaded_at,
    {{ ad_funnel.no_text() }} as partition_day
from {{ clicks }} as clicks
{%- endmacro -%}


{%- macro conversions_from_cm360(activities, currency=none) -%}
    {%- set row = ad_funnel.adapter_table(
        'conversions_from_cm360', 'activities', activities, ['activity_id', 'event_time', 'user_id'],
        ['ord_value', 'total_revenue'], ['']
    ) %}
select
    {{ row.activity_id }} || '.' || coalesce(nullif({{ row.user_id }}, '0'), '') || '.' || {{ row.event_time }}
        || '.' || coalesce({{ row.ord_value }}, '') as conversion_id,
    {{ ad_funnel.adapter_time(row, 'event_time', format='epoch_microseconds') }} as converted_at,
    'activity_' || {{ row.activity_id }} as conversion_type,
    {{ ad_funnel.no_text() }} as platform,
    {{ ad_funnel.no_text() }} as click_id,
    {{ ad_funnel.no_text() }} as impression_id,
    nullif({{ row.user_id }}, '0') as user_id,
    {{ row.total_revenue }} as value,
    {{ ad_funnel.text_or_null(currency) }} as currency,
    {{ row.ord_value }} as order_id,
    {{ ad_funnel.no_text() }} as adjusts_conversion_id,
    {{ ad_funnel.no_text() }} as adjustment_type,
    {{ ad_funnel.no_text() }} as loaded_at,
    {{ ad_funnel.no_text() }} as partition_day
from {{ activities }} as activities
{%- endmacro -%}
