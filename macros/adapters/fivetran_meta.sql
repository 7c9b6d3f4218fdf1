{#-
    Meta Ads (Facebook, Instagram) by Fivetran.

    **Reads** `basic_ad`: one row per day and ad. `basic_ad_actions` and `basic_ad_action_values`: one row per day, ad
    and action type, also of days without delivery. The campaign, ad set and account of an ad come from the latest
    version in `ad_history`, the currency from `account_history`; an ad that was deleted there keeps its money, without
    a campaign.

    **Conversions** are the action types that you name in `conversion_types`, one report line each, and none without:
    types overlap (`lead` holds `offsite_conversion.fb_pixel_lead`, `omni_purchase` holds `purchase`), so name one for
    each thing that you count. Where Fivetran has the columns, `conversions` are those within 7 days of a click, and
    those within 1 day of a view are `view_through_conversions`; else they are `value`, the mix of the account's
    windows.

    **A click** is any on the ad, likes and comments too, where there is a column `clicks`, else the link click.
    `link_clicks` are Meta's `inline_link_clicks`.

    **Restated** for 28 days; Fivetran updates the rows in place.

    **Leaves out** the demographic, country and region tables, which repeat the same delivery.
-#}
{%- macro reports_from_fivetran_meta(
    basic_ad, ad_history=none, account_history=none, actions=none, action_values=none, conversion_types=[],
    currency=none, time_zone=none, platform='meta_ads'
) -%}
    {%- set adapter_name = 'reports_from_fivetran_meta' -%}
    {%- set basic = ad_funnel.adapter_table(
        adapter_name, 'basic_ad', basic_ad, ['date', 'ad_id', 'account_id', 'impressions', 'spend'],
        ['clicks|inline_link_clicks', 'inline_link_clicks', '_fivetran_synced']
    ) -%}
    {%- set ad = ad_funnel.adapter_latest(
        adapter_name, 'ad_history', ad_history, 'id', ['updated_time', '_fivetran_synced'],
        ['campaign_id', 'ad_set_id'], ['account_id']
    ) -%}
    {%- set account = ad_funnel.adapter_latest(
        adapter_name, 'account_history', account_history, 'id', ['_fivetran_synced'], [],
        ['currency', 'timezone_name']
    ) %}
select
    {{ basic.date }} as date_day,
    {{ ad_funnel.no_text() }} as last_day,
    {{ ad_funnel.text_or_null(platform) }} as platform,
    {{ basic.account_id }} as account_id,
    ad.campaign_id as campaign_id,
    ad.ad_set_id as ad_group_id,
    {{ basic.ad_id }} as ad_id,
    {{ ad_funnel.no_text() }} as segment,
    {{ ad_funnel.no_text() }} as conversion_type,
    {{ basic.impressions }} as impressions,
    {{ basic.clicks }} as clicks,
    {{ basic.inline_link_clicks }} as link_clicks,
    {{ basic.spend }} as spend,
    coalesce(account.currency, {{ ad_funnel.text_or_null(currency) }}) as currency,
    {{ ad_funnel.no_text() }} as conversions,
    {{ ad_funnel.no_text() }} as conversion_value,
    {{ ad_funnel.no_text() }} as view_through_conversions,
    {{ ad_funnel.no_text() }} as view_through_value,
    coalesce(account.timezone_name, {{ ad_funnel.text_or_null(time_zone) }}) as time_zone,
    {{ ad_funnel.no_text() }} as attribution_window,
    {{ basic._fivetran_synced }} as loaded_at,
    {{ ad_funnel.no_text() }} as partition_day
from {{ basic_ad }} as basic_ad
left join {{ ad }} as ad
    on {{ basic.ad_id }} = ad.id
left join {{ account }} as account
    on {{ basic.account_id }} = account.id
    {%- if conversion_types %}
        {%- if actions is none -%}
            {%- do exceptions.raise_compiler_error(
                'The adapter ' ~ adapter_name ~ ' was asked for conversion_types, and given no actions. Cure: pass '
                ~ "actions=source('facebook_ads', 'basic_ad_actions')."
            ) -%}
        {%- endif -%}
        {%- set action_columns = ['date', 'ad_id', 'action_type', 'value'] -%}
        {%- set windows = ['_7_d_click', '_1_d_view', '_fivetran_synced'] -%}
        {%- set columns_of_actions = ad_funnel.adapter_table(
            adapter_name, 'basic_ad_actions', actions, action_columns, windows
        ).columns_found -%}
        {#- `value` is the sum of windows, so it is read where there are none. -#}
        {%- set has_windows = '_7_d_click' in columns_of_actions -%}
        {%- set by_click = '_7_d_click' if has_windows else 'value' -%}
        {%- set types = conversion_types | map('string') | map('trim') | list -%}
        {%- set listed = [] -%}
        {%- for type in types -%}
            {%- do listed.append(ad_funnel.text_literal(type)) -%}
        {%- endfor %}
union all
select
    coalesce(counted.date, valued.date) as date_day,
    {{ ad_funnel.no_text() }} as last_day,
    {{ ad_funnel.text_or_null(platform) }} as platform,
    coalesce(delivered.account_id, ad.account_id) as account_id,
    ad.campaign_id as campaign_id,
    ad.ad_set_id as ad_group_id,
    coalesce(counted.ad_id, valued.ad_id) as ad_id,
    {{ ad_funnel.no_text() }} as segment,
    coalesce(counted.action_type, valued.action_type) as conversion_type,
    {{ ad_funnel.no_text() }} as impressions,
    {{ ad_funnel.no_text() }} as clicks,
    {{ ad_funnel.no_text() }} as link_clicks,
    {{ ad_funnel.no_text() }} as spend,
    coalesce(account.currency, {{ ad_funnel.text_or_null(currency) }}) as currency,
    counted.{{ by_click }} as conversions,
    valued.{{ by_click }} as conversion_value,
    {{ 'counted._1_d_view' if has_windows else ad_funnel.no_text() }} as view_through_conversions,
    {{ 'valued._1_d_view' if has_windows else ad_funnel.no_text() }} as view_through_value,
    coalesce(account.timezone_name, {{ ad_funnel.text_or_null(time_zone) }}) as time_zone,
    {{ ad_funnel.text_literal('7d_click 1d_view' if has_windows else 'account default') }} as attribution_window,
    coalesce(counted._fivetran_synced, valued._fivetran_synced) as loaded_at,
    {{ ad_funnel.no_text() }} as partition_day
from (
    select *
    from {{ ad_funnel.adapter_rows(adapter_name, 'basic_ad_actions', actions, action_columns, windows) }} as all_types
    where action_type in ({{ listed | join(', ') }})
) as counted
full outer join (
    select *
    from {{ ad_funnel.adapter_rows(
        adapter_name, 'basic_ad_action_values', action_values, action_columns, windows
    ) }} as all_types
    where action_type in ({{ listed | join(', ') }})
) as valued
    on counted.date = valued.date and counted.ad_id = valued.ad_id and counted.action_type = valued.action_type
left join {{ ad }} as ad
    on coalesce(counted.ad_id, valued.ad_id) = ad.id
left join (
    select
        {{ basic.ad_id }} as ad_id,
        max({{ basic.account_id }}) as account_id
    from {{ basic_ad }} as basic_ad
    group by {{ basic.ad_id }}
) as delivered
    on coalesce(counted.ad_id, valued.ad_id) = delivered.ad_id
left join {{ account }} as account
    on coalesce(delivered.account_id, ad.account_id) = account.id
    {%- endif -%}
{%- endmacro -%}


{%- macro campaigns_from_fivetran_meta(campaign_history, platform='meta_ads') -%}
    {%- set campaign = ad_funnel.adapter_latest(
        'campaigns_from_fivetran_meta', 'campaign_history', campaign_history, 'id',
        ['updated_time', '_fivetran_synced'], ['name'], ['objective', '_fivetran_synced']
    ) %}
select
    campaign.id as campaign_id,
    {{ ad_funnel.text_or_null(platform) }} as platform,
    campaign.name as campaign_name,
    campaign.objective as objective,
    {{ ad_funnel.no_text() }} as targeting_segment,
    {{ ad_funnel.no_text() }} as utm_campaign,
    {{ ad_funnel.no_text() }} as valid_from,
    {{ ad_funnel.no_text() }} as valid_to,
    campaign._fivetran_synced as loaded_at
from {{ campaign }} as campaign
{%- endmacro -%}


{%- macro ads_from_fivetran_meta(ad_history, ad_set_history=none, platform='meta_ads') -%}
    {%- set ad = ad_funnel.adapter_latest(
        'ads_from_fivetran_meta', 'ad_history', ad_history, 'id', ['updated_time', '_fivetran_synced'],
        ['name', 'ad_set_id', 'campaign_id'], ['_fivetran_synced']
    ) -%}
    {%- set ad_set = ad_funnel.adapter_latest(
        'ads_from_fivetran_meta', 'ad_set_history', ad_set_history, 'id', ['updated_time', '_fivetran_synced'],
        ['name']
    ) %}
select
    ad.id as ad_id,
    {{ ad_funnel.text_or_null(platform) }} as platform,
    ad.name as ad_name,
    ad.ad_set_id as ad_group_id,
    ad_set.name as ad_group_name,
    ad.campaign_id as campaign_id,
    {{ ad_funnel.no_text() }} as landing_page,
    {{ ad_funnel.no_text() }} as experiment,
    {{ ad_funnel.no_text() }} as variant,
    {{ ad_funnel.no_text() }} as valid_from,
    {{ ad_funnel.no_text() }} as valid_to,
    ad._fivetran_synced as loaded_at
from {{ ad }} as ad
left join {{ ad_set }} as ad_set
    on ad.ad_set_id = ad_set.id
{%- endmacro -%}
