{#-
    Google Ads by Fivetran.

    **Reads** `account_stats`, `campaign_stats`, `ad_group_stats`, `ad_stats`: one row per day, account, campaign, ad
    group or ad, device and network. Pass those that you have: what a coarser table has beyond a finer one, such as
    Performance Max, which has no ads, the package books at `unallocated`. Currency and time zone come from the latest
    version in `account_history`.

    **Conversions** are Google's `conversions`, fractional, by the day of the click, within each action's window (by
    default 30 days after a click, 1 day after an engaged view). View-through conversions have their own column.

    **A click** is any that Google charges for, whether the page loads or not.

    **Restated** for up to 90 days; Fivetran updates the rows in place.

    **Leaves out** keyword and search-term tables (`keyword_stats`, `search_term_keyword_stats`), which repeat the same
    delivery. Segments that you added to Fivetran's reports: name their columns in `segment`.
-#}
{%- macro reports_from_fivetran_google_ads(
    account_stats=none, campaign_stats=none, ad_group_stats=none, ad_stats=none, account_history=none,
    segment=[], currency=none, time_zone=none, attribution_window=none, platform='google_ads'
) -%}
    {%- set adapter_name = 'reports_from_fivetran_google_ads' -%}
    {%- set given = {
        'account_stats': account_stats, 'campaign_stats': campaign_stats, 'ad_group_stats': ad_group_stats,
        'ad_stats': ad_stats,
    } -%}
    {%- do ad_funnel.adapter_needs_one_of(adapter_name, given) -%}
    {#- What each level calls its ids. -#}
    {%- set ids = {
        'account_stats': [[], []],
        'campaign_stats': [['id|campaign_id'], []],
        'ad_group_stats': [['id|ad_group_id', 'campaign_id'], []],
        'ad_stats': [['ad_id', 'campaign_id'], ['ad_group_id', 'ad_group']],
    } -%}
    {%- set segments = ['device', 'ad_network_type', 'keyword_ad_group_criterion'] + segment -%}
    {%- set account = ad_funnel.adapter_latest(
        adapter_name, 'account_history', account_history, 'id', ['updated_at', '_fivetran_synced'],
        ['currency_code'], ['time_zone']
    ) -%}
    {%- for level, relation in given.items() if relation is not none -%}
        {%- set stats = ad_funnel.adapter_table(
            adapter_name, level, relation,
            ['date', 'customer_id', 'impressions', 'clicks', 'cost_micros'] + ids[level][0] + segment,
            ['conversions', 'conversions_value', 'view_through_conversions', '_fivetran_synced', 'device',
             'ad_network_type', 'keyword_ad_group_criterion'] + ids[level][1]
        ) -%}
        {%- if not loop.first %}
union all
        {% endif %}
select
    {{ stats.date }} as date_day,
    {{ ad_funnel.no_text() }} as last_day,
    {{ ad_funnel.text_or_null(platform) }} as platform,
    {{ stats.customer_id }} as account_id,
    {{ {
        'account_stats': ad_funnel.no_text(), 'campaign_stats': stats.id,
        'ad_group_stats': stats.campaign_id, 'ad_stats': stats.campaign_id,
    }[level] }} as campaign_id,
    {% if level == 'ad_stats' -%}
    {#- `ad_group` is customers/1/adGroups/2. -#}
    coalesce({{ stats.ad_group_id }}, nullif({{ ad_funnel.split_part(stats.ad_group, '/', 4) }}, '')) as ad_group_id,
    {%- else -%}
    {{ stats.id if level == 'ad_group_stats' else ad_funnel.no_text() }} as ad_group_id,
    {%- endif %}
    {{ stats.ad_id if level == 'ad_stats' else ad_funnel.no_text() }} as ad_id,
    {{ ad_funnel.adapter_segment(stats, segments) }} as segment,
    {{ ad_funnel.no_text() }} as conversion_type,
    {{ stats.impressions }} as impressions,
    {{ stats.clicks }} as clicks,
    {{ ad_funnel.no_text() }} as link_clicks,
    {{ ad_funnel.adapter_quotient(stats.cost_micros, 1000000) }} as spend,
    coalesce(account.currency_code, {{ ad_funnel.text_or_null(currency) }}) as currency,
    {{ stats.conversions }} as conversions,
    {{ stats.conversions_value }} as conversion_value,
    {{ stats.view_through_conversions }} as view_through_conversions,
    {{ ad_funnel.no_text() }} as view_through_value,
    coalesce(account.time_zone, {{ ad_funnel.text_or_null(time_zone) }}) as time_zone,
    {{ ad_funnel.text_or_null(attribution_window) }} as attribution_window,
    {{ stats._fivetran_synced }} as loaded_at,
    {{ ad_funnel.no_text() }} as partition_day
from {{ relation }} as {{ level }}
left join {{ account }} as account
    on {{ stats.customer_id }} = account.id
    {%- endfor -%}
{%- endmacro -%}


{%- macro campaigns_from_fivetran_google_ads(campaign_history, platform='google_ads') -%}
    {%- set campaign = ad_funnel.adapter_latest(
        'campaigns_from_fivetran_google_ads', 'campaign_history', campaign_history, 'id',
        ['updated_at', '_fivetran_synced'], ['name'], ['advertising_channel_type', '_fivetran_synced']
    ) %}
select
    campaign.id as campaign_id,
    {{ ad_funnel.text_or_null(platform) }} as platform,
    campaign.name as campaign_name,
    campaign.advertising_channel_type as objective,
    {{ ad_funnel.no_text() }} as targeting_segment,
    {{ ad_funnel.no_text() }} as utm_campaign,
    {{ ad_funnel.no_text() }} as valid_from,
    {{ ad_funnel.no_text() }} as valid_to,
    campaign._fivetran_synced as loaded_at
from {{ campaign }} as campaign
{%- endmacro -%}


{%- macro ads_from_fivetran_google_ads(ad_history, ad_group_history, platform='google_ads') -%}
    {%- set adapter_name = 'ads_from_fivetran_google_ads' -%}
    {%- set ad = ad_funnel.adapter_latest(
        adapter_name, 'ad_history', ad_history, 'id', ['updated_at', '_fivetran_synced'], ['ad_group_id'],
        ['name', 'final_urls', '_fivetran_synced']
    ) -%}
    {%- set ad_group = ad_funnel.adapter_latest(
        adapter_name, 'ad_group_history', ad_group_history, 'id', ['updated_at', '_fivetran_synced'],
        ['campaign_id', 'name']
    ) %}
select
    ad.id as ad_id,
    {{ ad_funnel.text_or_null(platform) }} as platform,
    ad.name as ad_name,
    ad.ad_group_id as ad_group_id,
    ad_group.name as ad_group_name,
    ad_group.campaign_id as campaign_id,
    {#- A list, [https://shop.example/a, https://shop.example/b]: the first. -#}
    nullif(replace(replace(replace(
        {{ ad_funnel.split_part('ad.final_urls', ',', 1) }}, '[', ''), ']', ''), '"', ''), '') as landing_page,
    {{ ad_funnel.no_text() }} as experiment,
    {{ ad_funnel.no_text() }} as variant,
    {{ ad_funnel.no_text() }} as valid_from,
    {{ ad_funnel.no_text() }} as valid_to,
    ad._fivetran_synced as loaded_at
from {{ ad }} as ad
left join {{ ad_group }} as ad_group
    on ad.ad_group_id = ad_group.id
{%- endmacro -%}
