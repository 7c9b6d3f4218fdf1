-- One row per month and campaign name as UTM tags spell it: what was spent on campaigns of that name, and what visits
-- and clicks are tagged with it. Two campaigns of one name are one row, since tags cannot tell them apart.
{{ config(enabled=ad_funnel.has_landing_pages(), contract=ad_funnel.contract()) }}
{% set min_users = ad_funnel.setting('ad_funnel__min_cell_users') %}
{% set has_visits = ad_funnel.is_measured(['visits']) %}

with spend as (

    select
        {{ ad_funnel.period_start('month', 'date_day') }} as month_start,
        platform,
        campaign_id,
        sum(spend) as spend
    from {{ ref('fct_ads__daily') }}
    group by {{ ad_funnel.period_start('month', 'date_day') }}, platform, campaign_id

),

names as (

    select distinct
        platform,
        campaign_id,
        current_name as utm_campaign
    from {{ ref('dim_ads__campaign_names') }}

    union all

    -- What stands under `other`, `unknown` and the like is no campaign that a tag could name.
    select distinct
        spend.platform,
        spend.campaign_id,
        {{ ad_funnel.lower_case('spend.campaign_id') }} as utm_campaign
    from spend
    left join {{ ref('dim_ads__campaign_names') }} as known
        on
            spend.platform = known.platform
            and spend.campaign_id = known.campaign_id
    where known.campaign_id is null

),

spellings as (

    select
        spelling,
        min(current_name) as utm_campaign
    from {{ ref('dim_ads__campaign_names') }}
    group by spelling

),

tags as (

    select
        {{ ad_funnel.period_start('month', 'date_day') }} as month_start,
        utm_source,
        utm_medium,
        utm_campaign,
        {{ ad_funnel.lower_case('utm_campaign') }} as spelling,
        cast(null as {{ dbt.type_string() }}) as campaign_name,
        clicks as tagged_clicks,
        0 as tagged_visits,
        cast(null as {{ dbt.type_string() }}) as user_id
    from {{ ref('fct_ads__landing_daily') }}

    union all

    select
        {{ ad_funnel.period_start('month', 'date_day') }} as month_start,
        coalesce(utm_source, '(none)') as utm_source,
        coalesce(utm_medium, '(none)') as utm_medium,
        coalesce(utm_campaign, '(none)') as utm_campaign,
        -- (Of a name that several campaigns have the visit found none, but it is a campaign's name.)
        case when found_by = 'several_campaigns' then {{ ad_funnel.lower_case('utm_campaign') }} end as spelling,
        campaign_name,
        0 as tagged_clicks,
        1 as tagged_visits,
        user_id
    from {{ ref('fct_ads__visit_campaigns') }}
    where not is_invalid

),

named_tags as (

    select
        tags.month_start,
        tags.utm_source,
        tags.utm_medium,
        tags.tagged_clicks,
        tags.tagged_visits,
        tags.user_id,
        coalesce(tags.campaign_name, spellings.utm_campaign) is not null as is_known,
        {{ ad_funnel.is_paid_medium('tags.utm_medium') }} as is_paid,
        coalesce(
            tags.campaign_name, spellings.utm_campaign, {{ ad_funnel.lower_case('tags.utm_campaign') }}
        ) as utm_campaign
    from tags
    left join spellings
        on tags.spelling = spellings.spelling

),

-- Tags that are neither paid ones nor name a campaign, such as a newsletter's, are none of an advertiser's business.
tag_months as (

    select
        month_start,
        utm_campaign,
        sum(tagged_clicks) as tagged_clicks,
        sum(tagged_visits) as tagged_visits,
        sum(case when is_paid then tagged_clicks + tagged_visits else 0 end) as paid_tags,
        max(case when is_known then 1 else 0 end) as is_known,
        count(distinct utm_source) as utm_sources,
        count(distinct utm_medium) as utm_mediums
    from named_tags
    where is_known or is_paid
    group by month_start, utm_campaign
    {%- if min_users > 0 %}
    having
        max(case when is_known then 1 else 0 end) = 1
        or not count(distinct user_id) between 1 and {{ min_users - 1 }}
    {%- endif %}

),

spend_months as (

    select
        spend.month_start,
        names.utm_campaign,
        count(*) as campaigns,
        min(spend.platform) as platform,
        min(spend.campaign_id) as campaign_id,
        sum(spend.spend) as spend
    from spend
    inner join names
        on
            spend.platform = names.platform
            and spend.campaign_id = names.campaign_id
    where spend.spend > 0
    group by spend.month_start, names.utm_campaign

),

-- Months in which clicks tell their pages, and those in which anything at all tells what was spent.
page_months as (

    select distinct {{ ad_funnel.period_start('month', 'date_day') }} as month_start
    from {{ ref('fct_ads__landing_daily') }}
    where landing_page <> 'unknown'

),

told as (

    select
        spend.month_start,
        max(spend.spend) is not null as is_spend_told,
        max(page_months.month_start) is not null as is_page_told
    from spend
    left join page_months
        on spend.month_start = page_months.month_start
    group by spend.month_start

),

named_months as (

    select
        month_start,
        utm_campaign
    from spend_months

    union all

    select
        month_start,
        utm_campaign
    from tag_months

),

months as (

    select distinct
        month_start,
        utm_campaign
    from named_months

),

joined as (

    select
        months.month_start,
        months.utm_campaign,
        coalesce(spend_months.campaigns, 0) as campaigns,
        case when spend_months.campaigns = 1 then spend_months.platform end as platform,
        case when spend_months.campaigns = 1 then spend_months.campaign_id end as campaign_id,
        case when told.is_spend_told then coalesce(spend_months.spend, 0) end as spend,
        {{ 'coalesce(tag_months.tagged_visits, 0)' if has_visits else 'null' }} as tagged_visits,
        case when told.is_page_told then coalesce(tag_months.tagged_clicks, 0) end as tagged_clicks,
        coalesce(tag_months.paid_tags, 0) as paid_tags,
        coalesce(tag_months.is_known, 0) as is_known,
        coalesce(tag_months.utm_sources, 0) as utm_sources,
        coalesce(tag_months.utm_mediums, 0) as utm_mediums
    from months
    left join spend_months
        on
            months.month_start = spend_months.month_start
            and months.utm_campaign = spend_months.utm_campaign
    left join tag_months
        on
            months.month_start = tag_months.month_start
            and months.utm_campaign = tag_months.utm_campaign
    left join told
        on months.month_start = told.month_start

),

judged as (

    select
        *,
        case
            when utm_campaign = '(none)' then 'paid tags without a campaign'
            when spend > 0 and coalesce(tagged_visits, tagged_clicks) = 0 then 'spend without tagged visits'
            {#- (A campaign of few users may have spent under `other`.) #}
            when paid_tags > 0 and spend = 0{{ ' and is_known = 0' if min_users > 0 }} then 'tags without spend'
            when spend is null or coalesce(tagged_visits, tagged_clicks) is null then 'not measured'
            when spend > 0 then 'in order'
        end as finding
    from joined

)

select
    judged.month_start,
    judged.utm_campaign,
    judged.finding,
    judged.platform,
    judged.campaign_id,
    cast(judged.campaigns as bigint) as campaigns,
    cast(judged.spend as {{ ad_funnel.type_money_sum() }}) as spend,
    cast(judged.tagged_visits as bigint) as tagged_visits,
    cast(judged.tagged_clicks as bigint) as tagged_clicks,
    cast(judged.utm_sources as bigint) as utm_sources,
    cast(judged.utm_mediums as bigint) as utm_mediums,
    freshness.data_through,
    freshness.built_at
from judged
cross join {{ ref('fct_ads__freshness') }} as freshness
-- (Unpaid tags of a campaign that nothing was spent on are its owner's own.)
where judged.finding is not null
