{#-
    Meta Ads (Facebook, Instagram) reports as Meta's Insights API names them: Airbyte, dlt, Stitch, Windsor.

    **Reads** `insights`: one row per day and, by the ids that the table has, account, campaign, ad set or ad, with
    `actions` and `action_values` as lists of JSON. Names come from the same table.

    **Conversions** are the action types that you name in `conversion_types`, one report line each, and none without:
    types overlap (`omni_purchase` and `purchase` hold `offsite_conversion.fb_pixel_purchase`), so name one for each
    thing that you count. Where the report was asked for windows, `conversions` are those within 7 days of a click
    (`7d_click`) and those within 1 day of a view (`1d_view`) are `view_through_conversions`; else they are `value`, the
    mix of the account's windows. A table that has conversions as a plain number: name its column in `conversions`, and
    that of their value in `conversion_value`.

    **A click** is any on the ad, likes and comments too. `link_clicks` are Meta's `inline_link_clicks`.

    **Restated** for 28 days: most loaders append or replace the rows of those days.

    **Leaves out** the streams by age, gender, country, region, device and platform, which repeat the same delivery:
    pass none of those.
-#}
{%- macro reports_from_meta_insights(
    insights, conversion_types=[], conversions=none, conversion_value=none, currency=none, time_zone=none,
    attribution_window=none, platform='meta_ads'
) -%}
    {%- set adapter_name = 'reports_from_meta_insights' -%}
    {%- set named = [conversions, conversion_value] | reject('none') | list -%}
    {%- set report = ad_funnel.adapter_table(
        adapter_name, 'insights', insights,
        ['date_start|date_day|date', 'impressions', 'spend'] + named + (['actions'] if conversion_types else []),
        ['account_id', 'campaign_id', 'adset_id|ad_set_id', 'ad_id', 'clicks', 'inline_link_clicks',
         'account_currency|currency', 'action_values', 'date_stop',
         '_airbyte_extracted_at|_airbyte_emitted_at|_sdc_extracted_at|loaded_at']
    ) %}
select
    {{ report.date_start }} as date_day,
    {{ report.date_stop }} as last_day,
    {{ ad_funnel.text_or_null(platform) }} as platform,
    {{ report.account_id }} as account_id,
    {{ report.campaign_id }} as campaign_id,
    {{ report.adset_id }} as ad_group_id,
    {{ report.ad_id }} as ad_id,
    {{ ad_funnel.no_text() }} as segment,
    {{ ad_funnel.no_text() }} as conversion_type,
    {{ report.impressions }} as impressions,
    {{ report.clicks }} as clicks,
    {{ report.inline_link_clicks }} as link_clicks,
    {{ report.spend }} as spend,
    coalesce({{ report.account_currency }}, {{ ad_funnel.text_or_null(currency) }}) as currency,
    {{ report.get(conversions, ad_funnel.no_text()) }} as conversions,
    {{ report.get(conversion_value, ad_funnel.no_text()) }} as conversion_value,
    {{ ad_funnel.no_text() }} as view_through_conversions,
    {{ ad_funnel.no_text() }} as view_through_value,
    {{ ad_funnel.text_or_null(time_zone) }} as time_zone,
    {{ ad_funnel.text_or_null(attribution_window if conversions else none) }} as attribution_window,
    {{ report._airbyte_extracted_at }} as loaded_at,
    {{ ad_funnel.no_text() }} as partition_day
from {{ insights }} as insights
    {%- for type in conversion_types %}
        {%- set measures = [] -%}
        {%- for list in ['actions', 'action_values'] -%}
            {%- set value = {} -%}
            {%- for window in ['7d_click', '1d_view', '1d_click', '28d_click', 'value'] -%}
                {%- do value.update({window: ad_funnel.adapter_keyed_value(
                    report, list, 'action_type', type, [[window]]
                )}) -%}
            {%- endfor -%}
            {#- `value` is the sum of windows, so it is read where there are none. -#}
            {%- set without_windows -%}
                case when coalesce({{ value['1d_view'] }}, {{ value['1d_click'] }}, {{ value['28d_click'] }}) is null
                    then {{ value['value'] }} end
            {%- endset -%}
            {%- do measures.append('coalesce(' ~ value['7d_click'] ~ ', ' ~ without_windows ~ ')') -%}
            {%- do measures.append(value['1d_view']) -%}
            {%- do measures.append(value['7d_click']) -%}
        {%- endfor %}
union all
select
    date_day,
    last_day,
    {{ ad_funnel.text_or_null(platform) }} as platform,
    account_id,
    campaign_id,
    ad_group_id,
    ad_id,
    {{ ad_funnel.no_text() }} as segment,
    {{ ad_funnel.text_literal(type) }} as conversion_type,
    {{ ad_funnel.no_text() }} as impressions,
    {{ ad_funnel.no_text() }} as clicks,
    {{ ad_funnel.no_text() }} as link_clicks,
    {{ ad_funnel.no_text() }} as spend,
    currency,
    conversions,
    conversion_value,
    view_through_conversions,
    view_through_value,
    {{ ad_funnel.text_or_null(time_zone) }} as time_zone,
    case
        when coalesce(within_click_window, view_through_conversions) is not null then '7d_click 1d_view'
        else {{ ad_funnel.text_literal(attribution_window or 'account default') }}
    end as attribution_window,
    loaded_at,
    {{ ad_funnel.no_text() }} as partition_day
from (
    select
        {{ report.date_start }} as date_day,
        {{ report.date_stop }} as last_day,
        {{ report.account_id }} as account_id,
        {{ report.campaign_id }} as campaign_id,
        {{ report.adset_id }} as ad_group_id,
        {{ report.ad_id }} as ad_id,
        coalesce({{ report.account_currency }}, {{ ad_funnel.text_or_null(currency) }}) as currency,
        {{ measures[0] }} as conversions,
        {{ measures[1] }} as view_through_conversions,
        {{ measures[2] }} as within_click_window,
        {{ measures[3] }} as conversion_value,
        {{ measures[4] }} as view_through_value,
        {{ report._airbyte_extracted_at }} as loaded_at
    from {{ insights }} as insights
) as actions
where coalesce(conversions, view_through_conversions, conversion_value, view_through_value) is not null
    {%- endfor -%}
{%- endmacro -%}


{%- macro campaigns_from_meta_insights(insights, platform='meta_ads') -%}
    {%- set latest = ad_funnel.adapter_latest(
        'campaigns_from_meta_insights', 'insights', insights, 'campaign_id', ['date_start|date_day|date'],
        ['campaign_name'], ['objective']
    ) %}
select
    latest.campaign_id,
    {{ ad_funnel.text_or_null(platform) }} as platform,
    latest.campaign_name,
    latest.objective,
    {{ ad_funnel.no_text() }} as targeting_segment,
    {{ ad_funnel.no_text() }} as utm_campaign,
    {{ ad_funnel.no_text() }} as valid_from,
    {{ ad_funnel.no_text() }} as valid_to,
    {{ ad_funnel.no_text() }} as loaded_at
from {{ latest }} as latest
where latest.campaign_id is not null
{%- endmacro -%}


{%- macro ads_from_meta_insights(insights, platform='meta_ads') -%}
    {%- set latest = ad_funnel.adapter_latest(
        'ads_from_meta_insights', 'insights', insights, 'ad_id', ['date_start|date_day|date'],
        ['campaign_id'], ['ad_name', 'adset_id|ad_set_id', 'adset_name|ad_set_name']
    ) %}
select
    latest.ad_id,
    {{ ad_funnel.text_or_null(platform) }} as platform,
    latest.ad_name,
    latest.adset_id as ad_group_id,
    latest.adset_name as ad_group_name,
    latest.campaign_id,
    {{ ad_funnel.no_text() }} as landing_page,
    {{ ad_funnel.no_text() }} as experiment,
    {{ ad_funnel.no_text() }} as variant,
    {{ ad_funnel.no_text() }} as valid_from,
    {{ ad_funnel.no_text() }} as valid_to,
    {{ ad_funnel.no_text() }} as loaded_at
from {{ latest }} as latest
where latest.ad_id is not null
{%- endmacro -%}
