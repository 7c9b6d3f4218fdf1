{#-
    LinkedIn Ads by Fivetran.

    **Reads** `ad_analytics_by_campaign` and `ad_analytics_by_creative`: one row per day and campaign or creative. What
    LinkedIn calls a campaign group is the package's campaign, its campaign an ad group, its creative an ad. The
    parents come from the latest versions in `creative_history`, `campaign_history` and `account_history`; what was
    deleted there keeps its money, without a campaign. Pass both reports: what campaigns have beyond their creatives the
    package books at `unallocated`.

    **Conversions** are those after a click (by default within 30 days); those after a view (7 days) are
    `view_through_conversions`. Of a row with neither, `external_website_conversions`, which holds both, is taken, and
    `attribution_window` says so. Their value is not split by LinkedIn and holds both.

    **A click** is one that is charged for, which differs by objective. `link_clicks` are `landing_page_clicks`.
    LinkedIn has clicks on rows without impressions: these stay NULL.

    **Restated** for up to 90 days; Fivetran updates the rows in place.

    **Leaves out** the monthly tables by country and region, which repeat the same delivery.
-#}
{%- macro reports_from_fivetran_linkedin(
    campaign_history, ad_analytics_by_campaign=none, ad_analytics_by_creative=none, creative_history=none,
    account_history=none, currency=none, time_zone=none, platform='linkedin_ads'
) -%}
    {%- set adapter_name = 'reports_from_fivetran_linkedin' -%}
    {%- set given = {
        'ad_analytics_by_campaign': ad_analytics_by_campaign, 'ad_analytics_by_creative': ad_analytics_by_creative,
    } -%}
    {%- do ad_funnel.adapter_needs_one_of(adapter_name, given) -%}
    {%- set creative = ad_funnel.adapter_latest(
        adapter_name, 'creative_history', creative_history, 'id',
        ['last_modified_at|last_modified_time', '_fivetran_synced'], ['campaign_id']
    ) -%}
    {%- set campaign = ad_funnel.adapter_latest(
        adapter_name, 'campaign_history', campaign_history, 'id', ['last_modified_time', '_fivetran_synced'],
        ['campaign_group_id', 'account_id']
    ) -%}
    {%- set account = ad_funnel.adapter_latest(
        adapter_name, 'account_history', account_history, 'id', ['last_modified_time', '_fivetran_synced'],
        ['currency']
    ) -%}
    {%- for level, relation in given.items() if relation is not none -%}
        {%- set is_ad = level == 'ad_analytics_by_creative' -%}
        {%- set report = ad_funnel.adapter_table(
            adapter_name, level, relation,
            ['creative_id' if is_ad else 'campaign_id', 'day', 'impressions', 'clicks', 'cost_in_local_currency'],
            ['landing_page_clicks', 'external_website_conversions', 'external_website_post_click_conversions',
             'external_website_post_view_conversions', 'conversion_value_in_local_currency', '_fivetran_synced']
        ) -%}
        {%- set clicked = report.external_website_post_click_conversions -%}
        {%- set viewed = report.external_website_post_view_conversions -%}
        {%- if not loop.first %}
union all
        {% endif %}
select
    {{ report.day }} as date_day,
    {{ ad_funnel.no_text() }} as last_day,
    {{ ad_funnel.text_or_null(platform) }} as platform,
    campaign.account_id as account_id,
    campaign.campaign_group_id as campaign_id,
    {{ 'creative.campaign_id' if is_ad else report.campaign_id }} as ad_group_id,
    {{ report.creative_id if is_ad else ad_funnel.no_text() }} as ad_id,
    {{ ad_funnel.no_text() }} as segment,
    {{ ad_funnel.no_text() }} as conversion_type,
    {{ report.impressions }} as impressions,
    {{ report.clicks }} as clicks,
    {{ report.landing_page_clicks }} as link_clicks,
    {{ report.cost_in_local_currency }} as spend,
    coalesce(account.currency, {{ ad_funnel.text_or_null(currency) }}) as currency,
    case
        when coalesce({{ clicked }}, {{ viewed }}) is null then {{ report.external_website_conversions }}
        else {{ clicked }}
    end as conversions,
    {{ report.conversion_value_in_local_currency }} as conversion_value,
    {{ viewed }} as view_through_conversions,
    {{ ad_funnel.no_text() }} as view_through_value,
    {{ ad_funnel.text_or_null(time_zone) }} as time_zone,
    case
        when coalesce({{ clicked }}, {{ viewed }}) is null then 'clicks and views together'
        else 'clicks and views apart'
    end as attribution_window,
    {{ report._fivetran_synced }} as loaded_at,
    {{ ad_funnel.no_text() }} as partition_day
from {{ relation }} as {{ level }}
        {%- if is_ad %}
left join {{ creative }} as creative
    on {{ report.creative_id }} = creative.id
        {%- endif %}
left join {{ campaign }} as campaign
    on {{ 'creative.campaign_id' if is_ad else report.campaign_id }} = campaign.id
left join {{ account }} as account
    on campaign.account_id = account.id
    {%- endfor -%}
{%- endmacro -%}


{%- macro campaigns_from_fivetran_linkedin(campaign_group_history, platform='linkedin_ads') -%}
    {%- set campaign = ad_funnel.adapter_latest(
        'campaigns_from_fivetran_linkedin', 'campaign_group_history', campaign_group_history, 'id',
        ['last_modified_time', '_fivetran_synced'], ['name'], ['_fivetran_synced']
    ) %}
select
    campaign.id as campaign_id,
    {{ ad_funnel.text_or_null(platform) }} as platform,
    campaign.name as campaign_name,
    {{ ad_funnel.no_text() }} as objective,
    {{ ad_funnel.no_text() }} as targeting_segment,
    {{ ad_funnel.no_text() }} as utm_campaign,
    {{ ad_funnel.no_text() }} as valid_from,
    {{ ad_funnel.no_text() }} as valid_to,
    campaign._fivetran_synced as loaded_at
from {{ campaign }} as campaign
{%- endmacro -%}


{%- macro ads_from_fivetran_linkedin(creative_history, campaign_history, platform='linkedin_ads') -%}
    {%- set ad = ad_funnel.adapter_latest(
        'ads_from_fivetran_linkedin', 'creative_history', creative_history, 'id',
        ['last_modified_at|last_modified_time', '_fivetran_synced'], ['campaign_id'],
        ['name', 'text_ad_landing_page', 'spotlight_landing_page', 'click_uri', '_fivetran_synced']
    ) -%}
    {%- set ad_group = ad_funnel.adapter_latest(
        'ads_from_fivetran_linkedin', 'campaign_history', campaign_history, 'id',
        ['last_modified_time', '_fivetran_synced'], ['campaign_group_id', 'name']
    ) %}
select
    ad.id as ad_id,
    {{ ad_funnel.text_or_null(platform) }} as platform,
    ad.name as ad_name,
    ad.campaign_id as ad_group_id,
    ad_group.name as ad_group_name,
    ad_group.campaign_group_id as campaign_id,
    coalesce(ad.click_uri, ad.text_ad_landing_page, ad.spotlight_landing_page) as landing_page,
    {{ ad_funnel.no_text() }} as experiment,
    {{ ad_funnel.no_text() }} as variant,
    {{ ad_funnel.no_text() }} as valid_from,
    {{ ad_funnel.no_text() }} as valid_to,
    ad._fivetran_synced as loaded_at
from {{ ad }} as ad
left join {{ ad_group }} as ad_group
    on ad.campaign_id = ad_group.id
{%- endmacro -%}
