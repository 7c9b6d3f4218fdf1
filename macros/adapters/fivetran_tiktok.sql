{#-
    TikTok Ads by Fivetran.

    **Reads** `campaign_report_hourly`, `adgroup_report_hourly` and `ad_report_hourly`, or the daily tables: one row per
    hour or day and campaign, ad group or ad; the hour becomes `segment`. Parents, currency and time zone come from the
    latest versions in `campaign_history`, `adgroup_history`, `ad_history` and from `advertiser`. Pass the reports that
    you have: what a coarser one has beyond a finer one the package books at `unallocated`.

    **Conversions** are TikTok's `conversion`: the event that the ad group is optimised for, within 7 days of a click
    and 1 day of a view unless set otherwise, both together. `conversion_value` is `total_purchase_value`, whatever the
    ad group is optimised for.

    **A click** is any on the ad, profile and music clicks too. TikTok's own "conversion rate" is conversions per
    *impression*; it is not read.

    **Restated** for some days; Fivetran updates the rows in place.

    **Leaves out** the country tables, which repeat the same delivery. A currency that is none, such as `CAN`, is handed
    on for the package to report.
-#}
{%- macro reports_from_fivetran_tiktok(
    campaign_report=none, adgroup_report=none, ad_report=none, campaign_history=none, adgroup_history=none,
    ad_history=none, advertiser=none, currency=none, time_zone=none,
    attribution_window='7d_click 1d_view together', platform='tiktok_ads'
) -%}
    {%- set adapter_name = 'reports_from_fivetran_tiktok' -%}
    {%- set given = {'campaign_report': campaign_report, 'adgroup_report': adgroup_report, 'ad_report': ad_report} -%}
    {%- do ad_funnel.adapter_needs_one_of(adapter_name, given) -%}
    {%- set own_id = {'campaign_report': 'campaign_id', 'adgroup_report': 'adgroup_id', 'ad_report': 'ad_id'} -%}
    {%- set parents = {
        'campaign_report': ad_funnel.adapter_latest(
            adapter_name, 'campaign_history', campaign_history, 'campaign_id', ['updated_at', '_fivetran_synced'],
            ['advertiser_id']
        ),
        'adgroup_report': ad_funnel.adapter_latest(
            adapter_name, 'adgroup_history', adgroup_history, 'adgroup_id', ['updated_at', '_fivetran_synced'],
            ['advertiser_id', 'campaign_id']
        ),
        'ad_report': ad_funnel.adapter_latest(
            adapter_name, 'ad_history', ad_history, 'ad_id', ['updated_at', '_fivetran_synced'],
            ['advertiser_id', 'campaign_id', 'adgroup_id']
        ),
    } -%}
    {%- set account = ad_funnel.adapter_rows(
        adapter_name, 'advertiser', advertiser, ['id', 'currency'], ['timezone|display_timezone']
    ) -%}
    {%- for level, relation in given.items() if relation is not none -%}
        {%- set report = ad_funnel.adapter_table(
            adapter_name, level, relation,
            [own_id[level], 'stat_time_day|stat_time_hour', 'impressions', 'clicks', 'spend'],
            ['stat_time_hour', 'conversion', 'total_purchase_value', '_fivetran_synced']
        ) -%}
        {%- if not loop.first %}
union all
        {% endif %}
select
    {{ report.stat_time_day }} as date_day,
    {{ ad_funnel.no_text() }} as last_day,
    {{ ad_funnel.text_or_null(platform) }} as platform,
    parent.advertiser_id as account_id,
    {{ report.campaign_id if level == 'campaign_report' else 'parent.campaign_id' }} as campaign_id,
    {{ {
        'campaign_report': ad_funnel.no_text(), 'adgroup_report': report.adgroup_id, 'ad_report': 'parent.adgroup_id',
    }[level] }} as ad_group_id,
    {{ report.ad_id if level == 'ad_report' else ad_funnel.no_text() }} as ad_id,
    {{ report.stat_time_hour }} as segment,
    {{ ad_funnel.no_text() }} as conversion_type,
    {{ report.impressions }} as impressions,
    {{ report.clicks }} as clicks,
    {{ ad_funnel.no_text() }} as link_clicks,
    {{ report.spend }} as spend,
    coalesce(account.currency, {{ ad_funnel.text_or_null(currency) }}) as currency,
    {{ report.conversion }} as conversions,
    {{ report.total_purchase_value }} as conversion_value,
    {{ ad_funnel.no_text() }} as view_through_conversions,
    {{ ad_funnel.no_text() }} as view_through_value,
    coalesce(account.timezone, {{ ad_funnel.text_or_null(time_zone) }}) as time_zone,
    {{ ad_funnel.text_or_null(attribution_window) }} as attribution_window,
    {{ report._fivetran_synced }} as loaded_at,
    {{ ad_funnel.no_text() }} as partition_day
from {{ relation }} as {{ level }}
left join {{ parents[level] }} as parent
    on {{ report[own_id[level]] }} = parent.{{ own_id[level] }}
left join {{ account }} as account
    on parent.advertiser_id = account.id
    {%- endfor -%}
{%- endmacro -%}


{%- macro campaigns_from_fivetran_tiktok(campaign_history, platform='tiktok_ads') -%}
    {%- set campaign = ad_funnel.adapter_latest(
        'campaigns_from_fivetran_tiktok', 'campaign_history', campaign_history, 'campaign_id',
        ['updated_at', '_fivetran_synced'], ['campaign_name'], ['objective_type', '_fivetran_synced']
    ) %}
select
    campaign.campaign_id as campaign_id,
    {{ ad_funnel.text_or_null(platform) }} as platform,
    campaign.campaign_name as campaign_name,
    campaign.objective_type as objective,
    {{ ad_funnel.no_text() }} as targeting_segment,
    {{ ad_funnel.no_text() }} as utm_campaign,
    {{ ad_funnel.no_text() }} as valid_from,
    {{ ad_funnel.no_text() }} as valid_to,
    campaign._fivetran_synced as loaded_at
from {{ campaign }} as campaign
{%- endmacro -%}


{%- macro ads_from_fivetran_tiktok(ad_history, adgroup_history=none, platform='tiktok_ads') -%}
    {%- set ad = ad_funnel.adapter_latest(
        'ads_from_fivetran_tiktok', 'ad_history', ad_history, 'ad_id', ['updated_at', '_fivetran_synced'],
        ['ad_name', 'adgroup_id', 'campaign_id'], ['landing_page_url', '_fivetran_synced']
    ) -%}
    {%- set ad_group = ad_funnel.adapter_latest(
        'ads_from_fivetran_tiktok', 'adgroup_history', adgroup_history, 'adgroup_id',
        ['updated_at', '_fivetran_synced'], ['adgroup_name']
    ) %}
select
    ad.ad_id as ad_id,
    {{ ad_funnel.text_or_null(platform) }} as platform,
    ad.ad_name as ad_name,
    ad.adgroup_id as ad_group_id,
    ad_group.adgroup_name as ad_group_name,
    ad.campaign_id as campaign_id,
    ad.landing_page_url as landing_page,
    {{ ad_funnel.no_text() }} as experiment,
    {{ ad_funnel.no_text() }} as variant,
    {{ ad_funnel.no_text() }} as valid_from,
    {{ ad_funnel.no_text() }} as valid_to,
    ad._fivetran_synced as loaded_at
from {{ ad }} as ad
left join {{ ad_group }} as ad_group
    on ad.adgroup_id = ad_group.adgroup_id
{%- endmacro -%}
