with matched as (
    select
        clicks.*,
        impressions.impression_id is not null as is_matched,
        impressions.date_day as impression_day,
        impressions.campaign_id as impression_campaign_id,
        impressions.ad_id as impression_ad_id,
        impressions.traffic_type,
        impressions.placement
    from {{ ref('int_clicks_flagged') }} as clicks
    left join {{ ref('int_impressions_enriched') }} as impressions
        on
            clicks.platform = impressions.platform
            and clicks.impression_id = impressions.impression_id
            and clicks.clicked_at >= impressions.impression_at - interval 5 minutes
            and clicks.clicked_at < impressions.impression_at + interval 1 day
)

select
    matched.* replace (
        case
            when matched.is_matched then matched.impression_campaign_id
            else coalesce(matched.campaign_id, ads.campaign_id, 'unknown')
        end as campaign_id,
        case when matched.is_matched then matched.impression_ad_id else coalesce(matched.ad_id, 'unknown') end as ad_id
    ),
    ads.ad_name,
    case
        when matched.currency = 'USD' then matched.cost
        else cast(matched.cost * rates.rate as decimal(18, 9))
    end as event_cost
from matched
left join {{ ref('dim_ads') }} as ads
    on
        matched.platform = ads.platform
        and matched.ad_id = ads.ad_id
        and matched.date_day >= ads.valid_from
        and matched.date_day < ads.valid_to
left join {{ ref('int_exchange_rates_by_day') }} as rates
    on
        matched.date_day = rates.date_day
        and matched.currency = rates.currency
