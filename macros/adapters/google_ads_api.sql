{#-
    Google Ads reports with the names of Google's query language: BigQuery's Data Transfer (`p_ads_CampaignBasicStats`,
    `p_ads_AdBasicStats`), Airbyte, dlt, Meltano.

    **Reads** `stats`: one row per day, customer and, by the ids that the table has, campaign, ad group or ad, for each
    device, network and conversion action that the report asks for. One call per table and `union all` for several
    levels. `metrics_cost_micros`, `metrics.cost_micros` and `metrics__costMicros` are read alike. Names come from a
    table with one row per campaign, or ad, and load, such as `p_ads_Campaign`.

    **Conversions** are Google's `metrics.conversions`, fractional, by the day of the click, within each action's window
    (by default 30 days after a click). View-through conversions have their own column.

    **A click** is any that Google charges for, whether the page loads or not.

    **Restated** for up to 90 days: the transfer replaces whole days, Airbyte appends them (`_airbyte_extracted_at`
    says which load is later).

    **Leaves out** keyword, search-term, age, hour and geographic reports, which repeat the same delivery: pass none
    of those. Other segments of your report: name their columns in `segment`.
-#}
{%- macro reports_from_google_ads_api(
    stats, segment=[], currency=none, time_zone=none, attribution_window=none, platform='google_ads'
) -%}
    {%- set report = ad_funnel.adapter_table(
        'reports_from_google_ads_api', 'stats', stats,
        ['segments_date', 'metrics_impressions', 'metrics_clicks', 'metrics_cost_micros'] + segment,
        ['customer_id', 'campaign_id', 'ad_group_id', 'ad_group_ad_ad_id|ad_id', 'metrics_conversions',
         'metrics_conversions_value', 'metrics_view_through_conversions', 'customer_currency_code',
         'customer_time_zone', 'segments_device', 'segments_ad_network_type',
         '_airbyte_extracted_at|_airbyte_emitted_at|_sdc_extracted_at']
    ) %}
select
    {{ report.segments_date }} as date_day,
    {{ ad_funnel.no_text() }} as last_day,
    {{ ad_funnel.text_or_null(platform) }} as platform,
    {{ report.customer_id }} as account_id,
    {{ report.campaign_id }} as campaign_id,
    {{ report.ad_group_id }} as ad_group_id,
    {{ report.ad_group_ad_ad_id }} as ad_id,
    {{ ad_funnel.adapter_segment(report, ['segments_device', 'segments_ad_network_type'] + segment) }} as segment,
    {{ ad_funnel.no_text() }} as conversion_type,
    {{ report.metrics_impressions }} as impressions,
    {{ report.metrics_clicks }} as clicks,
    {{ ad_funnel.no_text() }} as link_clicks,
    {{ ad_funnel.adapter_quotient(report.metrics_cost_micros, 1000000) }} as spend,
    coalesce({{ report.customer_currency_code }}, {{ ad_funnel.text_or_null(currency) }}) as currency,
    {{ report.metrics_conversions }} as conversions,
    {{ report.metrics_conversions_value }} as conversion_value,
    {{ report.metrics_view_through_conversions }} as view_through_conversions,
    {{ ad_funnel.no_text() }} as view_through_value,
    coalesce({{ report.customer_time_zone }}, {{ ad_funnel.text_or_null(time_zone) }}) as time_zone,
    {{ ad_funnel.text_or_null(attribution_window) }} as attribution_window,
    {{ report._airbyte_extracted_at }} as loaded_at,
    {{ ad_funnel.no_text() }} as partition_day
from {{ stats }} as stats
{%- endmacro -%}


{%- macro campaigns_from_google_ads_api(campaign, platform='google_ads') -%}
    {%- set latest = ad_funnel.adapter_latest(
        'campaigns_from_google_ads_api', 'campaign', campaign, 'campaign_id',
        ['_data_date', 'segments_date', '_airbyte_extracted_at|_airbyte_emitted_at|_sdc_extracted_at'],
        ['campaign_name'], ['campaign_advertising_channel_type']
    ) %}
select
    latest.campaign_id,
    {{ ad_funnel.text_or_null(platform) }} as platform,
    latest.campaign_name,
    latest.campaign_advertising_channel_type as objective,
    {{ ad_funnel.no_text() }} as targeting_segment,
    {{ ad_funnel.no_text() }} as utm_campaign,
    {{ ad_funnel.no_text() }} as valid_from,
    {{ ad_funnel.no_text() }} as valid_to,
    {{ ad_funnel.no_text() }} as loaded_at
from {{ latest }} as latest
{%- endmacro -%}


{%- macro ads_from_google_ads_api(ad, platform='google_ads') -%}
    {%- set latest = ad_funnel.adapter_latest(
        'ads_from_google_ads_api', 'ad', ad, 'ad_group_ad_ad_id|ad_id',
        ['_data_date', 'segments_date', '_airbyte_extracted_at|_airbyte_emitted_at|_sdc_extracted_at'],
        ['campaign_id', 'ad_group_id'], ['ad_group_ad_ad_name|ad_name', 'ad_group_name']
    ) %}
select
    latest.ad_group_ad_ad_id as ad_id,
    {{ ad_funnel.text_or_null(platform) }} as platform,
    latest.ad_group_ad_ad_name as ad_name,
    latest.ad_group_id,
    latest.ad_group_name,
    latest.campaign_id,
    {{ ad_funnel.no_text() }} as landing_page,
    {{ ad_funnel.no_text() }} as experiment,
    {{ ad_funnel.no_text() }} as variant,
    {{ ad_funnel.no_text() }} as valid_from,
    {{ ad_funnel.no_text() }} as valid_to,
    {{ ad_funnel.no_text() }} as loaded_at
from {{ latest }} as latest
{%- endmacro -%}
