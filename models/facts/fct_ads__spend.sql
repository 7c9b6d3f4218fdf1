-- One row per reporting day, platform, campaign and ad that spend lines tell of: each unit of money once. What a
-- campaign's charges tell beyond those of its ads stands at the ad `unallocated`; credits take away where they stand.
-- Lines that are not placed (fct_ads__unplaced_spend) add nothing: their money is in `unplaced_spend` alone. Money of
-- reports (fct_ads__reported_spend) is spend where no line charges.
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

unplaced as (

    select * from {{ ref('fct_ads__unplaced_spend') }}

),

converted as (

    select
        lines.date_day,
        lines.platform,
        coalesce(lines.campaign_id, ads.campaign_id, 'unknown') as campaign_id,
        lines.ad_id,
        lines.is_credit,
        unplaced.ad_id is not null as is_unplaced,
        -- A line without an amount has counts only: what it cost is unknown, and it stands for no event's cost.
        not lines.is_credit and lines.amount is not null as is_charge,
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
    left join unplaced
        on
            lines.date_day = unplaced.date_day
            and lines.platform = unplaced.platform
            and lines.ad_id = unplaced.ad_id
            and lines.campaign_id is null

),

by_ad as (

    select
        date_day,
        platform,
        campaign_id,
        ad_id,
        sum(case when not is_credit then amount end) as charged,
        sum(case when is_credit then amount end) as credited,
        count(amount) as known_lines,
        sum(case when amount is null then 1 else 0 end) as unknown_lines,
        max(case when is_charge then 1 else 0 end) = 1 as has_charge,
        sum(reported_impressions) as reported_impressions,
        sum(reported_clicks) as reported_clicks,
        sum(reported_conversions) as reported_conversions
    from converted
    where ad_id is not null and not is_unplaced
    group by date_day, platform, campaign_id, ad_id

),

by_campaign as (

    select
        date_day,
        platform,
        campaign_id,
        sum(case when not is_credit then amount end) as charged,
        sum(case when is_credit then amount end) as credited,
        count(amount) as known_lines,
        sum(case when amount is null then 1 else 0 end) as unknown_lines,
        max(case when is_charge then 1 else 0 end) = 1 as has_charge,
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

-- What a campaign's charges leave is known only where all of its day's lines are.
left_by_ads as (

    select
        by_campaign.*,
        by_campaign.unknown_lines = 0 and coalesce(told_by_ads.unknown_lines, 0) = 0 as is_known,
        {{ ad_funnel.untold_rest('charged') }} as charged_rest,
        {{ ad_funnel.untold_rest('reported_impressions') }} as reported_impressions_rest,
        {{ ad_funnel.untold_rest('reported_clicks') }} as reported_clicks_rest,
        {{ ad_funnel.untold_rest('reported_conversions') }} as reported_conversions_rest,
        coalesce(told_by_ads.charged > by_campaign.charged, false) as is_overtold
    from by_campaign
    left join told_by_ads
        on
            by_campaign.date_day = told_by_ads.date_day
            and by_campaign.platform = told_by_ads.platform
            and by_campaign.campaign_id = told_by_ads.campaign_id

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
        cast(null as {{ ad_funnel.type_money_sum() }}) as unplaced_spend,
        known_lines as costed_events,
        unknown_lines as uncosted_events,
        unknown_lines as unknown_cost_events,
        reported_impressions,
        reported_clicks,
        reported_conversions,
        has_charge,
        false as is_overtold
    from by_ad

    union all

    select
        date_day,
        platform,
        campaign_id,
        'unallocated' as ad_id,
        true as is_unallocated,
        false as is_reported,
        case when is_known then coalesce(charged_rest, 0) + coalesce(credited, 0) end as spend,
        cast(null as {{ ad_funnel.type_money_sum() }}) as unplaced_spend,
        case when is_known then known_lines else 0 end as costed_events,
        case when is_known then 0 else known_lines + unknown_lines end as uncosted_events,
        unknown_lines as unknown_cost_events,
        reported_impressions_rest as reported_impressions,
        reported_clicks_rest as reported_clicks,
        reported_conversions_rest as reported_conversions,
        has_charge,
        is_overtold
    from left_by_ads

    union all

    select
        date_day,
        platform,
        campaign_id,
        ad_id,
        false as is_unallocated,
        false as is_reported,
        null as spend,
        sum(amount) as unplaced_spend,
        0 as costed_events,
        count(*) as uncosted_events,
        0 as unknown_cost_events,
        null as reported_impressions,
        null as reported_clicks,
        null as reported_conversions,
        max(case when is_charge then 1 else 0 end) = 1 as has_charge,
        false as is_overtold
    from converted
    where is_unplaced
    group by date_day, platform, campaign_id, ad_id
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
        cast(null as {{ ad_funnel.type_money_sum() }}) as unplaced_spend,
        case when spend is null then 0 else 1 end as costed_events,
        unknown_cost_events + uncosted_rows as uncosted_events,
        unknown_cost_events,
        null as reported_impressions,
        null as reported_clicks,
        null as reported_conversions,
        uncosted_rows = 0 as has_charge,
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
    cast(unplaced_spend as {{ ad_funnel.type_money_sum() }}) as unplaced_spend,
    cast(costed_events as bigint) as costed_events,
    cast(uncosted_events as bigint) as uncosted_events,
    cast(unknown_cost_events as bigint) as unknown_cost_events,
    cast(reported_impressions as bigint) as reported_impressions,
    cast(reported_clicks as bigint) as reported_clicks,
    cast(reported_conversions as {{ ad_funnel.type_money_sum() }}) as reported_conversions,
    has_charge,
    is_overtold
from spend
