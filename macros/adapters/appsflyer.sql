{#-
    AppsFlyer's raw data exports.

    **Reads** `installs` and `in_app_events`: one row per install, and per event. Names with blanks, as in the files
    (`Event Time`), and without are read alike.

    **Conversions** are the installs, of the type `install`, and the events, of the type that is their name, with
    `Event Revenue` as their value. The platform is the media source. They have no window here: AppsFlyer attributes
    within 7 days of a click and 24 hours of a view, and the package by its own.

    **Restated** never; late rows come with their true time. The times of an export are in UTC or in the app's zone:
    then pass `time_zone`.

    **Leaves out** clicks and impressions, since those before the install have no user.
-#}
{%- macro conversions_from_appsflyer(installs=none, in_app_events=none, currency=none, time_zone='UTC') -%}
    {%- set adapter_name = 'conversions_from_appsflyer' -%}
    {%- set given = {'installs': installs, 'in_app_events': in_app_events} -%}
    {%- do ad_funnel.adapter_needs_one_of(adapter_name, given) -%}
    {%- for kind, relation in given.items() if relation is not none -%}
        {%- set time = 'install_time' if kind == 'installs' else 'event_time' -%}
        {%- set row = ad_funnel.adapter_table(
            adapter_name, kind, relation,
            ['appsflyer_id', time, 'media_source'] + ([] if kind == 'installs' else ['event_name']),
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
    {{ row.appsflyer_id }} as user_id,
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
