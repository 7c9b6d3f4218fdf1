{#-
    Microsoft Advertising by Fivetran.

    **Reads** `account_performance_daily_report`, `campaign_performance_daily_report`,
    `ad_group_performance_daily_report`, `ad_performance_daily_report`: one row per day, account, campaign, ad group or
    ad and, of those that the report has, device, network, language, match type and six more; these become `segment`.
    Pass the reports that you have: what a coarser one has beyond a finer one the package books at `unallocated`.

    **Conversions** are Microsoft's `conversions`, of which newer reports say `conversions_qualified`, by the day of the
    click, within each goal's window (at most 90 days). View-through conversions have their own column.

    **A click** is one that Microsoft charges for, without those of low quality.

    **Restated** for the window of the goals; Fivetran updates the rows in place.

    **Leaves out** keyword, search and geographic reports, which repeat the same delivery, and `all_conversions`, which
    holds goals that the advertiser does not count.
-#}
{%- macro reports_from_fivetran_microsoft(
    account_performance=none, campaign_performance=none, ad_group_performance=none, ad_performance=none,
    account_history=none, segment=[], currency=none, time_zone=none, attribution_window=none, platform='microsoft_ads'
) -%}
    {%- set adapter_name = 'reports_from_fivetran_microsoft' -%}
    {%- set given = {
        'account_performance': account_performance, 'campaign_performance': campaign_performance,
        'ad_group_performance': ad_group_performance, 'ad_performance': ad_performance,
    } -%}
    {%- do ad_funnel.adapter_needs_one_of(adapter_name, given) -%}
    {%- set ids = {
        'account_performance': [], 'campaign_performance': ['campaign_id'],
        'ad_group_performance': ['campaign_id', 'ad_group_id'],
        'ad_performance': ['campaign_id', 'ad_group_id', 'ad_id'],
    } -%}
    {%- set segments = [
        'device_os', 'device_type', 'network', 'language', 'ad_distribution', 'bid_match_type', 'delivered_match_type',
        'top_vs_other', 'budget_association_status', 'budget_name',
    ] -%}
    {%- set account = ad_funnel.adapter_latest(
        adapter_name, 'account_history', account_history, 'id', ['last_modified_time', '_fivetran_synced'], [],
        ['currency_code', 'time_zone']
    ) -%}
    {%- for level, relation in given.items() if relation is not none -%}
        {%- set report = ad_funnel.adapter_table(
            adapter_name, level, relation,
            ['date', 'account_id', 'impressions', 'clicks', 'spend'] + ids[level] + segment,
            ['currency_code', 'conversions', 'conversions_qualified', 'revenue', 'view_through_conversions',
             'view_through_revenue', '_fivetran_synced'] + segments
        ) -%}
        {%- if not loop.first %}
union all
        {% endif %}
select
    {{ report.date }} as date_day,
    {{ ad_funnel.no_text() }} as last_day,
    {{ ad_funnel.text_or_null(platform) }} as platform,
    {{ report.account_id }} as account_id,
    {{ report.get('campaign_id', ad_funnel.no_text()) }} as campaign_id,
    {{ report.get('ad_group_id', ad_funnel.no_text()) }} as ad_group_id,
    {{ report.get('ad_id', ad_funnel.no_text()) }} as ad_id,
    {{ ad_funnel.adapter_segment(report, segments + segment) }} as segment,
    {{ ad_funnel.no_text() }} as conversion_type,
    {{ report.impressions }} as impressions,
    {{ report.clicks }} as clicks,
    {{ ad_funnel.no_text() }} as link_clicks,
    {{ report.spend }} as spend,
    coalesce({{ report.currency_code }}, account.currency_code, {{ ad_funnel.text_or_null(currency) }}) as currency,
    coalesce({{ report.conversions }}, {{ report.conversions_qualified }}) as conversions,
    {{ report.revenue }} as conversion_value,
    {{ report.view_through_conversions }} as view_through_conversions,
    {{ report.view_through_revenue }} as view_through_value,
    coalesce(account.time_zone, {{ ad_funnel.text_or_null(time_zone) }}) as time_zone,
    {{ ad_funnel.text_or_null(attribution_window) }} as attribution_window,
    {{ report._fivetran_synced }} as loaded_at,
    {{ ad_funnel.no_text() }} as partition_day
from {{ relation }} as {{ level }}
left join {{ account }} as account
    on {{ report.account_id }} = account.id
    {%- endfor -%}
{%- endmacro -%}


{%- macro campaigns_from_fivetran_microsoft(campaign_history, platform='microsoft_ads') -%}
    {%- set campaign = ad_funnel.adapter_latest(
        'campaigns_from_fivetran_microsoft', 'campaign_history', campaign_history, 'id',
        ['modified_time', '_fivetran_synced'], ['name'], ['campaign_type|type', '_fivetran_synced']
    ) %}
select
    campaign.id as campaign_id,
    {{ ad_funnel.text_or_null(platform) }} as platform,
    campaign.name as campaign_name,
    campaign.campaign_type as objective,
    {{ ad_funnel.no_text() }} as targeting_segment,
    {{ ad_funnel.no_text() }} as utm_campaign,
    {{ ad_funnel.no_text() }} as valid_from,
    {{ ad_funnel.no_text() }} as valid_to,
    campaign._fivetran_synced as loaded_at
from {{ campaign }} as campaign
{%- endmacro -%}


{%- macro ads_from_fivetran_microsoft(ad_history, ad_group_history, platform='microsoft_ads') -%}
    {%- set ad = ad_funnel.adapter_latest(
        'ads_from_fivetran_microsoft', 'ad_history', ad_history, 'id', ['modified_time', '_fivetran_synced'],
        ['ad_group_id'], ['title_part_1', 'title', 'final_url', '_fivetran_synced']
    ) -%}
    {%- set ad_group = ad_funnel.adapter_latest(
        'ads_from_fivetran_microsoft', 'ad_group_history', ad_group_history, 'id',
        ['modified_time', '_fivetran_synced'], ['campaign_id', 'name']
    ) %}
select
    ad.id as ad_id,
    {{ ad_funnel.text_or_null(platform) }} as platform,
    coalesce(ad.title_part_1, ad.title) as ad_name,
    ad.ad_group_id as ad_group_id,
    ad_group.name as ad_group_name,
    ad_group.campaign_id as campaign_id,
    ad.final_url as landing_page,
    {{ ad_funnel.no_text() }} as experiment,
    {{ ad_funnel.no_text() }} as variant,
    {{ ad_funnel.no_text() }} as valid_from,
    {{ ad_funnel.no_text() }} as valid_to,
    ad._fivetran_synced as loaded_at
from {{ ad }} as ad
left join {{ ad_group }} as ad_group
    on ad.ad_group_id = ad_group.id
{%- endmacro -%}
