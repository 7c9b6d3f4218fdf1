with conversions as (
    select * from {{ ref('int_conversions_deduplicated') }}
),

restatements as (
    select
        *,
        row_number() over (
            partition by platform, adjusts_conversion_id
            order by converted_at desc, loaded_at desc, conversion_id desc
        ) as restatement_number
    from conversions
    where adjustment_type = 'restate'
),

retractions as (
    select distinct platform, adjusts_conversion_id
    from conversions
    where adjustment_type = 'retract'
),

adjusted as (
    select
        conversions.*,
        coalesce(restatements.value, conversions.value) as final_value,
        case when restatements.value is not null then restatements.currency else conversions.currency end
            as final_currency
    from conversions
    left join restatements
        on
            conversions.platform = restatements.platform
            and conversions.conversion_id = restatements.adjusts_conversion_id
            and restatements.restatement_number = 1
    left join retractions
        on
            conversions.platform = retractions.platform
            and conversions.conversion_id = retractions.adjusts_conversion_id
    where not conversions.is_adjustment and retractions.platform is null
)

select
    adjusted.*,
    adjusted.conversion_type in ('purchase', 'sign_up') as is_primary,
    case
        when adjusted.final_currency = 'USD' then adjusted.final_value
        else cast(adjusted.final_value * rates.rate as decimal(28, 9))
    end as conversion_value,
    credits.credit_rank,
    credits.credited_platform,
    credits.credited_click_id,
    coalesce(clicks.date_day, impressions.date_day) as credited_day,
    clicks.is_matched,
    case when clicks.is_matched then clicks.impression_id end as clicked_impression_id,
    clicks.impression_day as clicked_impression_day,
    coalesce(clicks.campaign_id, impressions.campaign_id, 'unknown') as campaign_id,
    coalesce(clicks.ad_id, impressions.ad_id, 'unknown') as ad_id
from adjusted
inner join {{ ref('int_conversion_credits') }} as credits
    on
        adjusted.platform = credits.platform
        and adjusted.conversion_id = credits.conversion_id
        and not credits.is_invalid
left join {{ ref('fct_clicks') }} as clicks
    on
        credits.credited_platform = clicks.platform
        and credits.credited_click_id = clicks.click_id
left join {{ ref('int_impressions_enriched') }} as impressions
    on
        credits.credited_platform = impressions.platform
        and credits.credited_impression_id = impressions.impression_id
left join {{ ref('int_exchange_rates_by_day') }} as rates
    on
        adjusted.date_day = rates.date_day
        and adjusted.final_currency = rates.currency
