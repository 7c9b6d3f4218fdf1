{#-
    AppsFlyer's raw data exports.

    **Reads** `installs` and `in_app_events`, one row per install and per event, and `clicks`, which Data Locker alone
    exports. Names with blanks, as in the files (`Event Time`), and without are read alike.

    **Conversions** are the installs, of the type `install`, and the events, of the type that is their name, with
    `Event Revenue` as their value. The platform is the media source. They have no window here: AppsFlyer attributes
    within 7 days of a click and 24 hours of a view, and the package by its own.

    **A click** is a row of `clicks`, at its touch time. Before the install a device has no AppsFlyer id, so the user of
    a click is the advertising id; `user_id` names another column. For conversions to be credited to clicks, both need
    the same user: pass `user_id='advertising_id'` to the conversions, too. Rows of iOS have `idfa` instead, and no user
    by that column: pass `'idfa'`, or for both systems models with one column made of the two. Where a click has no
    user, its IP address takes that place in its id; those of one source, ad and second that have neither count once.

    **Restated** never; late rows come with their true time. The times of an export are in UTC or in the app's zone:
    then pass `time_zone`.

    **Leaves out** impressions, and the attribution that AppsFlyer has made.
-#}
{%- macro conversions_from_appsflyer(
    installs=none, in_app_events=none, currency=none, time_zone='UTC', user_id='appsflyer_id'
) -%}
    {%- set adapter_name = 'conversions_from_appsflyer' -%}
    {%- set given = {'installs': installs, 'in_app_events': in_app_events} -%}
    {%- do ad_funnel.adapter_needs_one_of(adapter_name, given) -%}
    {%- for kind, relation in given.items() if relation is not none -%}
        {%- set time = 'install_time' if kind == 'installs' else 'event_time' -%}
        {%- set row = ad_funnel.adapter_table(
            adapter_name, kind, relation,
            ['appsflyer_id', time, 'media_source', user_id] + ([] if kind == 'installs' else ['event_name']),
            ['event_revenue', 'event_revenue_currency']
        ) -%}
        {%- set type = "'install'" if kind == 'installs' else row.event_name -%}
        {%- if not loop.first %}
union all
        {% endif %}
select
    {{ type }} || '.' || {{ row.appsflyer_id }} || '.' || {{ row[time] }} as conversion_id,
    {{ ad_funnel.adapter_time(row, time, time_zone) }} as converted_at,
    {{ type }} as conversion_type,
    {{ row.media_source }} as platform,
    {{ ad_funnel.no_text() }} as click_id,
    {{ ad_funnel.no_text() }} as impression_id,
    {{ row[user_id] }} as user_id,
    {{ row.event_revenue }} as value,
    coalesce({{ row.event_revenue_currency }}, {{ ad_funnel.text_or_null(currency) }}) as currency,
    {{ ad_funnel.no_text() }} as order_id,
    {{ ad_funnel.no_text() }} as adjusts_conversion_id,
    {{ ad_funnel.no_text() }} as adjustment_type,
    {{ ad_funnel.no_text() }} as loaded_at,
    {{ ad_funnel.no_text() }} as partition_day
from {{ relation }} as {{ kind }}
    {%- endfor -%}
{%- endmacro -%}


{%- macro clicks_from_appsflyer(clicks, time_zone='UTC', user_id='advertising_id') -%}
    {%- set row = ad_funnel.adapter_table(
        'clicks_from_appsflyer', 'clicks', clicks, ['attributed_touch_time', 'media_source', user_id],
        ['ad_id', 'campaign_id', 'ip', 'user_agent', 'device_category|device_type', 'country_code', 'cost_value',
         'cost_currency'], ['']
    ) %}
select
    {{ row.media_source }} || '.' || coalesce({{ row.ad_id }}, '') || '.'
    || coalesce({{ row[user_id] }}, {{ row.ip }}, '') || '.' || {{ row.attributed_touch_time }} as click_id,
    {{ ad_funnel.adapter_time(row, 'attributed_touch_time', time_zone) }} as clicked_at,
    {{ row.media_source }} as platform,
    {{ ad_funnel.no_text() }} as impression_id,
    {{ row.ad_id }} as ad_id,
    {{ row.campaign_id }} as campaign_id,
    {{ row[user_id] }} as user_id,
    {{ row.cost_value }} as cost,
    {{ row.cost_currency }} as currency,
    {{ ad_funnel.no_text() }} as landing_url,
    cast(null as {{ ad_funnel.type_time() }}) as landed_at,
    {{ row.user_agent }} as user_agent,
    {{ row.device_category }} as device_type,
    {{ row.country_code }} as country,
    {{ ad_funnel.no_text() }} as loaded_at,
    {{ ad_funnel.no_text() }} as partition_day
from {{ clicks }} as clicks
{%- endmacro -%}
