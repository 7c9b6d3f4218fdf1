select
    impressions.* replace (
        coalesce(impressions.campaign_id, ads.campaign_id, 'unknown') as campaign_id,
        coalesce(impressions.ad_id, 'unknown') as ad_id
    ),
    ads.ad_name,
    ads.ad_group_id,
    ads.ad_group_name,
    campaigns.campaign_name,
    campaigns.objective,
    case
        when impressions.currency = 'USD' then impressions.cost
        else cast(impressions.cost * rates.rate as decimal(18, 9))
    end as event_cost
from {{ ref('int_impressions_deduplicated') }} as impressions
left join {{ ref('dim_ads') }} as ads
    on
        impressions.platform = ads.platform
        and impressions.ad_id = ads.ad_id
        and impressions.date_day >= ads.valid_from
        and impressions.date_day < ads.valid_to
left join {{ ref('dim_campaigns') }} as campaigns
    on
        impressions.platform = campaigns.platform
        and coalesce(impressions.campaign_id, ads.campaign_id) = campaigns.campaign_id
left join {{ ref('int_exchange_rates_by_day') }} as rates
    on
        impressions.date_day = rates.date_day
        and impressions.currency = rates.currency
