{#-
    Google Analytics 4 by Fivetran's GA4 export, which is flat.

    **Reads** `event`: one row per event, with its parameters in columns `param_…`.

    **A visit** is a session: `user_pseudo_id` with `param_ga_session_id`. It begins with its first event. Its source is
    that of its first event that has one (`collected_traffic_source_manual_…`, else
    `session_traffic_source_last_click_…`, else `param_…`), never `traffic_source_…`, which is where the user once came
    from first. `utm_id` is the id of the Google Ads campaign, where Google Ads tags its clicks itself (auto-tagging) and
    is linked to the property, so that a visit finds its campaign without UTM tags.

    **Conversions** are the events that you list in `conversion_types`, one per transaction id; their value is the
    purchase revenue in the currency of the event, else in US dollars, else the parameter `value`. They have no window:
    the package attributes them.

    **Restated**: a day's events change for up to 3 days.

    **Leaves out** events without a session or user id, which a user without consent has, from visits; from conversions
    nothing. `(direct)`, `(none)`, `(not set)` and the campaigns `(organic)` and `(referral)` are no source: NULL.
-#}
{%- macro visits_from_fivetran_ga4(event, user_id='user_pseudo_id') -%}
    {%- set own, last_click = 'collected_traffic_source_', 'session_traffic_source_last_click_' -%}
    {%- set gclid, google_ads = own ~ 'gclid', last_click ~ 'google_ads_campaign_campaign_id' -%}
    {%- set columns, optional = {}, [gclid, google_ads, 'param_page_location', '_fivetran_synced'] -%}
    {%- for tag, name in ad_funnel.ga4_names().items() -%}
        {%- do columns.update({tag: [
            own ~ 'manual_' ~ name, last_click ~ 'manual_campaign_' ~ name,
            'param_' ~ ('campaign' if tag == 'campaign' else name),
        ]}) -%}
        {%- do optional.extend(columns[tag]) -%}
    {%- endfor -%}
    {%- set row = ad_funnel.adapter_table(
        'visits_from_fivetran_ga4', 'event', event,
        ['timestamp', 'user_pseudo_id', 'param_ga_session_id', user_id], optional
    ) -%}
    {%- set collected, session, parameters = {'gclid': row[gclid]}, {'google_ads': row[google_ads]}, {} -%}
    {%- for tag, names in columns.items() -%}
        {%- do collected.update({tag: row[names[0]]}) -%}
        {%- do session.update({tag: row[names[1]]}) -%}
        {%- do parameters.update({tag: row[names[2]]}) -%}
    {%- endfor -%}
    {%- set rows %}
        select
            {{ row.user_pseudo_id }} || '.' || {{ row.param_ga_session_id }} as visit_id,
            {{ row[user_id] }} as user_id,
            {{ ad_funnel.adapter_time(row, 'timestamp') }} as event_at,
            {{ ad_funnel.ga4_tags(collected, session, parameters) }},
            {{ row.param_page_location }} as landing_url,
            {{ ad_funnel.no_text() }} as user_agent,
            {{ row._fivetran_synced }} as loaded_at
        from {{ event }} as event
    {% endset -%}
    {{- ad_funnel.adapter_visits(rows) -}}
{%- endmacro -%}


{%- macro conversions_from_fivetran_ga4(
    event, conversion_types=['purchase'], currency=none, user_id='user_pseudo_id'
) -%}
    {%- set row = ad_funnel.adapter_table(
        'conversions_from_fivetran_ga4', 'event', event, ['name', 'timestamp', 'user_pseudo_id', user_id],
        ['ecommerce_transaction_id', 'param_transaction_id', 'ecommerce_purchase_revenue',
         'ecommerce_purchase_revenue_in_usd', 'param_value', 'param_currency', '_fivetran_synced']
    ) -%}
    {%- set rows %}
        select
            {{ row.name }} as conversion_type,
            {{ ad_funnel.adapter_time(row, 'timestamp') }} as converted_at,
            {{ row.timestamp }} as event_number,
            {{ row.user_pseudo_id }} as visitor,
            {{ row[user_id] }} as user_id,
            {{ ad_funnel.ga4_text(
                'coalesce(' ~ row.ecommerce_transaction_id ~ ', ' ~ row.param_transaction_id ~ ')'
            ) }} as order_id,
            {{ row.ecommerce_purchase_revenue }} as revenue,
            {{ row.ecommerce_purchase_revenue_in_usd }} as revenue_in_usd,
            {{ row.param_value }} as parameter_value,
            {{ row.param_currency }} as event_currency,
            {{ row._fivetran_synced }} as loaded_at
        from {{ event }} as event
    {% endset -%}
    {{- ad_funnel.ga4_conversions(rows, conversion_types, currency) -}}
{%- endmacro -%}


{%- macro visits_and_conversions_from_fivetran_ga4(
    event, conversion_types=['purchase'], currency=none, user_id='user_pseudo_id'
) -%}
    {{- ad_funnel.adapter_together({
        'visits': ad_funnel.visits_from_fivetran_ga4(event, user_id),
        'conversions': ad_funnel.conversions_from_fivetran_ga4(event, conversion_types, currency, user_id),
    }) -}}
{%- endmacro -%}
