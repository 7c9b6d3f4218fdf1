{#-
    Google Analytics 4 by its BigQuery export, or a copy of that elsewhere with nested columns or JSON.

    **Reads** `events`: one row per event (`events_*` and, for today, `events_intraday_*`).

    **A visit** is a session: `user_pseudo_id` with `ga_session_id`. Sessions without a `session_start` count, too (44
    of 130 in a sample). It begins with its first event. Its source is that of its first event that has one
    (`collected_traffic_source`, else `session_traffic_source_last_click`, else the event's parameters), never
    `traffic_source`, which is where the user once came from first. `utm_id` is the id of the Google Ads campaign,
    where Google Ads tags its clicks itself (auto-tagging) and is linked to the property, so that a visit finds its
    campaign without UTM tags.

    **Conversions** are the events that you list in `conversion_types`, one per `transaction_id`; their value is the
    purchase revenue in the currency of the event, else in US dollars, else the parameter `value`. They have no window:
    the package attributes them.

    **Restated**: a day's table changes for up to 3 days.

    **Leaves out** events without a session or user id, which a user without consent has, from visits; from conversions
    nothing. `(direct)`, `(none)`, `(not set)` and the campaigns `(organic)` and `(referral)` are no source: NULL.
    Your own domain as a source (a self-referral) is handed on.
-#}
{%- macro visits_from_ga4_bigquery(events, user_id='user_pseudo_id') -%}
    {%- set event = ad_funnel.adapter_table(
        'visits_from_ga4_bigquery', 'events', events,
        ['event_name', 'event_timestamp', 'event_params', 'user_pseudo_id', user_id],
        ['collected_traffic_source', 'session_traffic_source_last_click']
    ) -%}
    {%- set collected, session, parameters = {}, {}, {} -%}
    {%- for tag, name in ad_funnel.ga4_names().items() -%}
        {%- do collected.update({
            tag: ad_funnel.adapter_member(event, 'collected_traffic_source', ['manual_' ~ name]),
        }) -%}
        {%- do session.update({
            tag: ad_funnel.adapter_member(event, 'session_traffic_source_last_click', ['manual_campaign', name]),
        }) -%}
        {%- do parameters.update({
            tag: ad_funnel.ga4_parameter(event, 'campaign' if tag == 'campaign' else name),
        }) -%}
    {%- endfor -%}
    {%- do collected.update({'gclid': ad_funnel.adapter_member(event, 'collected_traffic_source', ['gclid'])}) -%}
    {%- do session.update({
        'google_ads': ad_funnel.adapter_member(
            event, 'session_traffic_source_last_click', ['google_ads_campaign', 'campaign_id']
        ),
    }) -%}
    {%- set rows %}
        select
            {{ event.user_pseudo_id }} || '.' || {{ ad_funnel.ga4_parameter(event, 'ga_session_id') }} as visit_id,
            {{ event[user_id] }} as user_id,
            {{ ad_funnel.adapter_time(event, 'event_timestamp', format='epoch_microseconds') }} as event_at,
            {{ ad_funnel.ga4_tags(collected, session, parameters) }},
            {{ ad_funnel.ga4_parameter(event, 'page_location') }} as landing_url,
            {{ ad_funnel.no_text() }} as user_agent,
            {{ ad_funnel.no_text() }} as loaded_at
        from {{ events }} as events
    {% endset -%}
    {{- ad_funnel.adapter_visits(rows) -}}
{%- endmacro -%}


{%- macro conversions_from_ga4_bigquery(
    events, conversion_types=['purchase'], currency=none, user_id='user_pseudo_id'
) -%}
    {%- set event = ad_funnel.adapter_table(
        'conversions_from_ga4_bigquery', 'events', events,
        ['event_name', 'event_timestamp', 'event_params', 'user_pseudo_id', user_id], ['ecommerce']
    ) -%}
    {%- set rows %}
        select
            {{ event.event_name }} as conversion_type,
            {{ ad_funnel.adapter_time(event, 'event_timestamp', format='epoch_microseconds') }} as converted_at,
            {{ event.event_timestamp }} as event_number,
            {{ event.user_pseudo_id }} as visitor,
            {{ event[user_id] }} as user_id,
            {{ ad_funnel.ga4_text('coalesce('
                ~ ad_funnel.adapter_member(event, 'ecommerce', ['transaction_id']) ~ ', '
                ~ ad_funnel.ga4_parameter(event, 'transaction_id') ~ ')') }} as order_id,
            {{ ad_funnel.adapter_member(event, 'ecommerce', ['purchase_revenue']) }} as revenue,
            {{ ad_funnel.adapter_member(event, 'ecommerce', ['purchase_revenue_in_usd']) }} as revenue_in_usd,
            {{ ad_funnel.ga4_parameter(event, 'value') }} as parameter_value,
            {{ ad_funnel.ga4_parameter(event, 'currency') }} as event_currency,
            {{ ad_funnel.no_text() }} as loaded_at
        from {{ events }} as events
    {% endset -%}
    {{- ad_funnel.ga4_conversions(rows, conversion_types, currency) -}}
{%- endmacro -%}


{%- macro visits_and_conversions_from_ga4_bigquery(
    events, conversion_types=['purchase'], currency=none, user_id='user_pseudo_id'
) -%}
    {{- ad_funnel.adapter_together({
        'visits': ad_funnel.visits_from_ga4_bigquery(events, user_id),
        'conversions': ad_funnel.conversions_from_ga4_bigquery(events, conversion_types, currency, user_id),
    }) -}}
{%- endmacro -%}


{#- What this export and Fivetran's share. -#}

{#- What Google calls a tag: utm_… -> its name. -#}
{%- macro ga4_names() -%}
    {{- return({
        'source': 'source', 'medium': 'medium', 'campaign': 'campaign_name', 'content': 'content', 'term': 'term',
        'id': 'campaign_id',
    }) -}}
{%- endmacro -%}

{#-
    The six utm columns of an event. `collected` are the tags of the event itself; `session` those of its session's last
    click, which may be of another event or day, so they count only where the event has none; `parameters` are those of
    older exports. A Google Ads campaign is the event's own where it has a gclid.
-#}
{%- macro ga4_tags(collected, session, parameters) -%}
    {%- set is_untagged = 'coalesce(' ~ collected.source ~ ', ' ~ collected.medium ~ ', ' ~ collected.campaign
        ~ ') is null' -%}
    {%- set columns = [] -%}
    {%- for tag in ad_funnel.ga4_names() -%}
        {%- set choices = [
            collected[tag], 'case when ' ~ is_untagged ~ ' then ' ~ session[tag] ~ ' end', parameters[tag],
        ] -%}
        {%- if tag == 'id' -%}
            {%- set of_google = 'case when ' ~ is_untagged ~ ' or ' ~ collected.gclid ~ ' is not null then '
                ~ session.google_ads ~ ' end' -%}
            {%- set choices = [of_google] + choices -%}
        {%- endif -%}
        {%- do columns.append(ad_funnel.ga4_text('coalesce(' ~ choices | join(', ') ~ ')') ~ ' as utm_' ~ tag) -%}
    {%- endfor -%}
    {{- return(columns | join(',\n            ')) -}}
{%- endmacro -%}

{#- An event parameter as text, in whichever member its value is: `session_engaged` is text here and a number there. -#}
{%- macro ga4_parameter(event, name) -%}
    {%- set members = [] -%}
    {%- for member in ['string_value', 'int_value', 'double_value', 'float_value'] -%}
        {%- do members.append(['value', member]) -%}
    {%- endfor -%}
    {{- return(ad_funnel.adapter_keyed_value(event, 'event_params', 'key', name, members)) -}}
{%- endmacro -%}

{#-
    Text without what Google writes where there is nothing: a visit without tags is `direct` to the package. `<Other>`
    and `(data deleted)` say that there was something, and are handed on.
-#}
{%- macro ga4_text(text) -%}
    {%- set sql = namespace(text=text) -%}
    {%- for nothing in ['', '(not set)', '(direct)', '(none)', '(organic)', '(referral)'] -%}
        {%- set sql.text = 'nullif(' ~ sql.text ~ ", '" ~ nothing ~ "')" -%}
    {%- endfor -%}
    {{- return(sql.text) -}}
{%- endmacro -%}

{#- Revenue in US dollars is taken where there is no other: then the currency is USD, whatever the event says. -#}
{%- macro ga4_conversions(rows, conversion_types, currency) -%}
    {%- set listed = [] -%}
    {%- for type in conversion_types -%}
        {%- do listed.append(ad_funnel.text_literal(type)) -%}
    {%- endfor %}
select
    conversion_type || '.' || coalesce(order_id, coalesce(visitor, '') || '.' || event_number) as conversion_id,
    converted_at,
    conversion_type,
    {{ ad_funnel.no_text() }} as platform,
    {{ ad_funnel.no_text() }} as click_id,
    {{ ad_funnel.no_text() }} as impression_id,
    user_id,
    coalesce(revenue, revenue_in_usd, parameter_value) as value,
    case
        when revenue is null and revenue_in_usd is not null then 'USD'
        else coalesce(event_currency, {{ ad_funnel.text_or_null(currency) }})
    end as currency,
    order_id,
    {{ ad_funnel.no_text() }} as adjusts_conversion_id,
    {{ ad_funnel.no_text() }} as adjustment_type,
    loaded_at,
    {{ ad_funnel.no_text() }} as partition_day
from (
    select
        events.*,
        row_number() over (
            partition by conversion_type, coalesce(order_id, visitor || '.' || event_number, event_number)
            order by converted_at asc nulls last, visitor asc nulls last, revenue asc nulls last
        ) as copy_number
    from (
        {{- rows }}
    ) as events
    where conversion_type in ({{ listed | join(', ') }})
) as numbered
where order_id is null or copy_number = 1
{%- endmacro -%}
