{#-
    Fivetran's dbt package ad_reporting: up to eleven platforms in one call.

    **Reads** its models `ad_reporting__account_report`, `__campaign_report`, `__ad_group_report` and `__ad_report`: one
    row per day, platform, account, campaign, ad group or ad. Pass those that you have; where a finer one lacks what a
    coarser one has, the package books the rest at `unallocated`. Names of campaigns and ads come from the same models.

    **Conversions and clicks** are what ad_reporting defines, which differs by platform: it can be given
    conversion types by its own vars. It keeps no view-through, no window and **no currency**: pass `currency`, where
    accounts bill in several, call the adapter once per currency over models that you filter.

    **Restated** whenever Fivetran's tables are and ad_reporting is built again; there is no time of loading.

    **Leaves out** its keyword, search, URL and country reports, which repeat the same delivery.
-#}
{%- macro reports_from_fivetran_ad_reporting(
    account_report=none, campaign_report=none, ad_group_report=none, ad_report=none, currency=none, time_zone=none
) -%}
    {%- set adapter_name = 'reports_from_fivetran_ad_reporting' -%}
    {%- set given = {
        'account_report': account_report, 'campaign_report': campaign_report, 'ad_group_report': ad_group_report,
        'ad_report': ad_report,
    } -%}
    {%- do ad_funnel.adapter_needs_one_of(adapter_name, given) -%}
    {%- set ids = {
        'account_report': [], 'campaign_report': ['campaign_id'], 'ad_group_report': ['campaign_id', 'ad_group_id'],
        'ad_report': ['campaign_id', 'ad_group_id', 'ad_id'],
    } -%}
    {%- for level, relation in given.items() if relation is not none -%}
        {%- set report = ad_funnel.adapter_table(
            adapter_name, level, relation,
            ['date_day', 'platform', 'account_id', 'impressions', 'clicks', 'spend'] + ids[level],
            ['conversions', 'conversions_value']
        ) -%}
        {%- if not loop.first %}
union all
        {% endif %}
select
    {{ report.date_day }} as date_day,
    {{ ad_funnel.no_text() }} as last_day,
    {{ report.platform }} as platform,
    {{ report.account_id }} as account_id,
    {{ report.get('campaign_id', ad_funnel.no_text()) }} as campaign_id,
    {{ report.get('ad_group_id', ad_funnel.no_text()) }} as ad_group_id,
    {{ report.get('ad_id', ad_funnel.no_text()) }} as ad_id,
    {{ ad_funnel.no_text() }} as segment,
    {{ ad_funnel.no_text() }} as conversion_type,
    {{ report.impressions }} as impressions,
    {{ report.clicks }} as clicks,
    {{ ad_funnel.no_text() }} as link_clicks,
    {{ report.spend }} as spend,
    {{ ad_funnel.text_or_null(currency) }} as currency,
    {{ report.conversions }} as conversions,
    {{ report.conversions_value }} as conversion_value,
    {{ ad_funnel.no_text() }} as view_through_conversions,
    {{ ad_funnel.no_text() }} as view_through_value,
    {{ ad_funnel.text_or_null(time_zone) }} as time_zone,
    {{ ad_funnel.no_text() }} as attribution_window,
    {{ ad_funnel.no_text() }} as loaded_at,
    {{ ad_funnel.no_text() }} as partition_day
from {{ relation }} as {{ level }}
    {%- endfor -%}
{%- endmacro -%}


{%- macro campaigns_from_fivetran_ad_reporting(campaign_report) -%}
    {%- set report = ad_funnel.adapter_table(
        'campaigns_from_fivetran_ad_reporting', 'campaign_report', campaign_report,
        ['date_day', 'platform', 'campaign_id', 'campaign_name']
    ) %}
select
    campaign_id,
    platform,
    campaign_name,
    {{ ad_funnel.no_text() }} as objective,
    {{ ad_funnel.no_text() }} as targeting_segment,
    {{ ad_funnel.no_text() }} as utm_campaign,
    {{ ad_funnel.no_text() }} as valid_from,
    {{ ad_funnel.no_text() }} as valid_to,
    {{ ad_funnel.no_text() }} as loaded_at
from (
    select
        {{ report.campaign_id }} as campaign_id,
        {{ report.platform }} as platform,
        {{ report.campaign_name }} as campaign_name,
        row_number() over (
            partition by {{ report.platform }}, {{ report.campaign_id }}
            order by {{ report.date_day }} desc nulls last, {{ report.campaign_name }} asc nulls last
        ) as version_number
    from {{ campaign_report }} as campaign_report
    where {{ report.campaign_id }} is not null
) as versions
where version_number = 1
{%- endmacro -%}


{%- macro ads_from_fivetran_ad_reporting(ad_report) -%}
    {%- set report = ad_funnel.adapter_table(
        'ads_from_fivetran_ad_reporting', 'ad_report', ad_report,
        ['date_day', 'platform', 'campaign_id', 'ad_group_id', 'ad_group_name', 'ad_id', 'ad_name']
    ) %}
select
    ad_id,
    platform,
    ad_name,
    ad_group_id,
    ad_group_name,
    campaign_id,
    {{ ad_funnel.no_text() }} as landing_page,
    {{ ad_funnel.no_text() }} as experiment,
    {{ ad_funnel.no_text() }} as variant,
    {{ ad_funnel.no_text() }} as valid_from,
    {{ ad_funnel.no_text() }} as valid_to,
    {{ ad_funnel.no_text() }} as loaded_at
from (
    select
        {{ report.ad_id }} as ad_id,
        {{ report.platform }} as platform,
        {{ report.ad_name }} as ad_name,
        {{ report.ad_group_id }} as ad_group_id,
        {{ report.ad_group_name }} as ad_group_name,
        {{ report.campaign_id }} as campaign_id,
        row_number() over (
            partition by {{ report.platform }}, {{ report.ad_id }}
            order by
                    {{ report.date_day }} desc nulls last,
                    {{ report.ad_name }} asc nulls last,
                    {{ report.ad_group_id }} asc nulls last
        ) as version_number
    from {{ ad_report }} as ad_report
    where {{ report.ad_id }} is not null
) as versions
where version_number = 1
{%- endmacro -%}
