-- One row per reporting day, platform, campaign and ad that spend lines tell of: each unit of money once. What a
-- campaign's charges tell beyond those of its ads stands at the ad `unallocated`; credits take away where they stand.
-- Money of reports (fct_ads__reported_spend) is spend where no line charges.
with lines as (

    select *
    from {{ ref('ledger_ads__spend') }}
    where disposition = 'accepted'

),

ads as (

    select * from {{ ref('dim_ads__ads') }}

),

rates as (

    select * from {{ ref('dim_ads__exchange_rates') }}

),

converted as (

    select
        lines.date_day,
        lines.platform,
        coalesce(lines.campaign_id, ads.campaign_id, 'unknown') as campaign_id,
        lines.ad_id,
        lines.is_credit,
        {{ ad_funnel.in_reporting_currency(
            'lines.amount', 'lines.currency', 'rates.rate', ad_funnel.type_money()
        ) }} as amount,
        lines.reported_impressions,
        lines.reported_clicks,
        lines.reported_conversions
    from lines
    left join ads
        on
            lines.platform = ads.platform
            and lines.ad_id = ads.ad_id
            and lines.date_day >= ads.valid_from
            and lines.date_day < ads.valid_to
    left join rates
        on
            lines.date_day = rates.date_day
            and lines.currency = rates.currency

),

by_ad as (

    select
        date_day,
        platform,
        campaign_id,
        ad_id,
        sum(case when not is_credit then amount end) as charged,
        sum(case when is_credit then amount end) as credited,
        sum(case when amount is null then 1 else 0 end) as unknown_lines,
        max(case when is_credit then 0 else 1 end) = 1 as has_charge,
        sum(reported_impressions) as reported_impressions,
        sum(reported_clicks) as reported_clicks,
        sum(reported_conversions) as reported_conversions
    from converted
    where ad_id is not null
    group by date_day, platform, campaign_id, ad_id

),

by_campaign as (

    select
        date_day,
        platform,
        campaign_id,
        sum(case when not is_credit then amount end) as charged,
        sum(case when is_credit then amount end) as credited,
        sum(case when amount is null then 1 else 0 end) as unknown_lines,
        max(case when is_credit then 0 else 1 end) = 1 as has_charge,
        sum(reported_impressions) as reported_impressions,
        sum(reported_clicks) as reported_clicks,
        sum(reported_conversions) as reported_conversions
    from converted
    where ad_id is null
    group by date_day, platform, campaign_id

),

told_by_ads as (

    select
        date_day,
        platform,
        campaign_id,
        sum(charged) as charged,
        sum(unknown_lines) as unknown_lines,
        sum(reported_impressions) as reported_impressions,
        sum(reported_clicks) as reported_clicks,
        sum(reported_conversions) as reported_conversions
    from by_ad
    group by date_day, platform, campaign_id

),

spend as (

    select
        date_day,
        platform,
        campaign_id,
        ad_id,
        false as is_unallocated,
        false as is_reported,
        coalesce(charged + credited, charged, credited) as spend,
        unknown_lines as unknown_cost_events,
        reported_impressions,
        reported_clicks,
        reported_conversions,
        has_charge,
        false as is_overtold
    from by_ad

    union all

    select
        by_campaign.date_day,
        by_campaign.platform,
        by_campaign.campaign_id,
        'unallocated' as ad_id,
        true as is_unallocated,
        false as is_reported,
        case
            when by_campaign.unknown_lines = 0 and coalesce(told_by_ads.unknown_lines, 0) = 0
                then coalesce({{ ad_funnel.untold_rest('charged') }}, 0) + coalesce(by_campaign.credited, 0)
        end as spend,
        by_campaign.unknown_lines as unknown_cost_events,
        {{ ad_funnel.untold_rest('reported_impressions') }} as reported_impressions,
        {{ ad_funnel.untold_rest('reported_clicks') }} as reported_clicks,
        {{ ad_funnel.untold_rest('reported_conversions') }} as reported_conversions,
        by_campaign.has_charge,
        coalesce(told_by_ads.charged > by_campaign.charged, false) as is_overtold
    from by_campaign
    left join told_by_ads
        on
            by_campaign.date_day = told_by_ads.date_day
            and by_campaign.platform = told_by_ads.platform
            and by_campaign.campaign_id = told_by_ads.campaign_id
    {%- if ad_funnel.reads_reports() %}

    union all

    select
        date_day,
        platform,
        campaign_id,
        ad_id,
        is_unallocated,
        true as is_reported,
        spend,
        unknown_cost_events,
        null as reported_impressions,
        null as reported_clicks,
        null as reported_conversions,
        true as has_charge,
        false as is_overtold
    from {{ ref('fct_ads__reported_spend') }}
    {%- endif %}

)

select
    date_day,
    platform,
    campaign_id,
    ad_id,
    is_unallocated,
    is_reported,
    cast(spend as {{ ad_funnel.type_money_sum() }}) as spend,
    cast(unknown_cost_events as bigint) as unknown_cost_events,
    cast(reported_impressions as bigint) as reported_impressions,
    cast(reported_clicks as bigint) as reported_clicks,
    cast(reported_conversions as {{ ad_funnel.type_money_sum() }}) as reported_conversions,
    has_charge,
    is_overtold
from spend
