-- One row per ad as it is today: each that the ads table, events, spend lines or reports name.
{{ config(contract=ad_funnel.contract()) }}

with daily as (

    select
        platform,
        ad_id,
        -- `unallocated` and `unknown` are in several campaigns, and so in none.
        case when min(campaign_id) = max(campaign_id) then min(campaign_id) end as campaign_id,
        min(date_day) as first_day,
        max(date_day) as last_day
    from {{ ref('fct_ads__daily') }}
    group by platform, ad_id

),

current_ads as (

    select *
    from {{ ref('dim_ads__ads') }}
    where is_current

),

mentioned as (

    select
        platform,
        ad_id
    from daily

    union all

    select
        platform,
        ad_id
    from current_ads
    {%- if ad_funnel.reads_reports() %}

    union all

    select
        platform,
        ad_id
    from {{ ref('fct_ads__performance') }}
    {%- endif %}

),

named as (

    select distinct
        platform,
        ad_id
    from mentioned

),

placed as (

    select
        named.platform,
        named.ad_id,
        coalesce(current_ads.ad_name, named.ad_id) as ad_name,
        current_ads.ad_group_id,
        current_ads.ad_group_name,
        coalesce(current_ads.campaign_id, daily.campaign_id) as campaign_id,
        current_ads.landing_page,
        current_ads.experiment,
        current_ads.variant,
        current_ads.ad_id is not null as is_in_ads_table,
        daily.first_day,
        daily.last_day
    from named
    left join current_ads
        on
            named.platform = current_ads.platform
            and named.ad_id = current_ads.ad_id
    left join daily
        on
            named.platform = daily.platform
            and named.ad_id = daily.ad_id

),

freshness as (

    select * from {{ ref('fct_ads__freshness') }}

)

select
    {{ ad_funnel.ad_key('placed') }} as ad_key,
    placed.platform,
    placed.ad_id,
    placed.ad_name,
    placed.ad_group_id,
    placed.ad_group_name,
    placed.campaign_id,
    {{ ad_funnel.campaign_key('placed') }} as campaign_key,
    placed.landing_page,
    placed.experiment,
    placed.variant,
    placed.is_in_ads_table,
    placed.first_day,
    placed.last_day,
    freshness.built_at
from placed
cross join freshness
