-- One row per day, platform, campaign and ad.
with measures as (
    select
        date_day,
        platform,
        campaign_id,
        ad_id,
        sum(gross_impressions) as gross_impressions,
        sum(impressions) as impressions,
        sum(measurable_impressions) as measurable_impressions,
        sum(viewable_impressions) as viewable_impressions,
        sum(clicked_impressions) as clicked_impressions,
        sum(converted_impressions) as converted_impressions,
        sum(gross_clicks) as gross_clicks,
        sum(clicks) as clicks,
        sum(unmatched_clicks) as unmatched_clicks,
        sum(landing_measurable_clicks) as landing_measurable_clicks,
        sum(landed_clicks) as landed_clicks,
        sum(converted_clicks) as converted_clicks,
        sum(conversions) as conversions,
        sum(conversion_value) as conversion_value,
        sum(view_through_conversions) as view_through_conversions,
        sum(view_through_value) as view_through_value,
        sum(conversions_by_conversion_date) as conversions_by_conversion_date,
        sum(conversion_value_by_conversion_date) as conversion_value_by_conversion_date,
        sum(all_conversions) as all_conversions,
        sum(all_conversion_value) as all_conversion_value,
        sum(unattributed_conversions) as unattributed_conversions,
        sum(spend) as spend,
        sum(unknown_cost_events) as unknown_cost_events,
        sum(unknown_value_conversions) as unknown_value_conversions
    from (
        select
            date_day,
            platform,
            campaign_id,
            ad_id,
            count(*) as gross_impressions,
            count(*) filter (not is_bot) as impressions,
            sum(is_measurable::int) filter (not is_bot) as measurable_impressions,
            sum((is_measurable and is_viewable)::int) filter (not is_bot) as viewable_impressions,
            count(*) filter (is_clicked) as clicked_impressions,
            count(*) filter (is_converted) as converted_impressions,
            sum(event_cost) as spend,
            count(*) filter (cost is not null and event_cost is null) as unknown_cost_events
        from {{ ref('fct_impressions') }}
        group by all

        union all by name

        select
            date_day,
            platform,
            campaign_id,
            ad_id,
            count(*) as gross_clicks,
            count(*) filter (not is_invalid) as clicks,
            count(*) filter (not is_invalid and not is_matched) as unmatched_clicks,
            nullif(count(is_landed) filter (not is_invalid), 0) as landing_measurable_clicks,
            sum(is_landed::int) filter (not is_invalid) as landed_clicks,
            sum(event_cost) as spend,
            count(*) filter (cost is not null and event_cost is null) as unknown_cost_events
        from {{ ref('fct_clicks') }}
        group by all

        union all by name

        select
            credited_day as date_day,
            credited_platform as platform,
            campaign_id,
            ad_id,
            nullif(count(distinct credited_click_id), 0) as converted_clicks,
            nullif(count(credited_click_id), 0) as conversions,
            sum(case when credited_click_id is not null then conversion_value end) as conversion_value,
            nullif(count(*) - count(credited_click_id), 0) as view_through_conversions,
            sum(case when credited_click_id is null then conversion_value end) as view_through_value,
            count(final_value) - count(conversion_value) as unknown_value_conversions
        from {{ ref('fct_conversions') }}
        where is_primary and credit_rank is not null
        group by all

        union all by name

        select
            date_day,
            coalesce(credited_platform, platform) as platform,
            campaign_id,
            ad_id,
            count(*) as all_conversions,
            sum(conversion_value) as all_conversion_value,
            count(*) filter (is_primary and credited_click_id is not null) as conversions_by_conversion_date,
            sum(conversion_value) filter (is_primary and credited_click_id is not null)
                as conversion_value_by_conversion_date,
            count(*) filter (is_primary and credit_rank is null) as unattributed_conversions
        from {{ ref('fct_conversions') }}
        group by all

        union all by name

        select
            date_day,
            platform,
            campaign_id,
            ad_id,
            sum(spend) as spend,
            count(*) filter (spend is null) as unknown_cost_events
        from {{ ref('fct_spend') }}
        group by all
    )
    group by all
)

select
    date_day,
    platform,
    campaign_id,
    coalesce(campaign_name, campaign_id) as campaign_name,
    ad_id,
    coalesce(ad_name, ad_id) as ad_name,
    coalesce(gross_impressions, 0)::bigint as gross_impressions,
    coalesce(impressions, 0)::bigint as impressions,
    measurable_impressions::bigint as measurable_impressions,
    viewable_impressions::bigint as viewable_impressions,
    coalesce(clicked_impressions, 0)::bigint as clicked_impressions,
    coalesce(converted_impressions, 0)::bigint as converted_impressions,
    coalesce(gross_clicks, 0)::bigint as gross_clicks,
    coalesce(clicks, 0)::bigint as clicks,
    coalesce(unmatched_clicks, 0)::bigint as unmatched_clicks,
    landing_measurable_clicks::bigint as landing_measurable_clicks,
    landed_clicks::bigint as landed_clicks,
    coalesce(converted_clicks, 0)::bigint as converted_clicks,
    coalesce(conversions, 0)::bigint as conversions,
    case when conversions > 0 then conversion_value else 0 end::decimal(38, 9) as conversion_value,
    coalesce(view_through_conversions, 0)::bigint as view_through_conversions,
    case when view_through_conversions > 0 then view_through_value else 0 end::decimal(38, 9) as view_through_value,
    coalesce(conversions_by_conversion_date, 0)::bigint as conversions_by_conversion_date,
    case when conversions_by_conversion_date > 0 then conversion_value_by_conversion_date else 0 end::decimal(38, 9)
        as conversion_value_by_conversion_date,
    coalesce(all_conversions, 0)::bigint as all_conversions,
    case when all_conversions > 0 then all_conversion_value else 0 end::decimal(38, 9) as all_conversion_value,
    coalesce(unattributed_conversions, 0)::bigint as unattributed_conversions,
    case
        when spend is null and has_spend and coalesce(gross_impressions, 0) + coalesce(gross_clicks, 0) = 0
            and coalesce(unknown_cost_events, 0) = 0 then 0
        else spend
    end::decimal(38, 9) as spend,
    coalesce(unknown_cost_events, 0)::bigint as unknown_cost_events,
    coalesce(unknown_value_conversions, 0)::bigint as unknown_value_conversions
from (
    select
        platform,
        campaign_id,
        ad_id,
        unnest(range(min(date_day)::timestamp, max(date_day) + interval 1 day, interval 1 day))::date as date_day,
        max(spend) is not null as has_spend
    from measures
    group by platform, campaign_id, ad_id
) as every_day
left join measures using (date_day, platform, campaign_id, ad_id)
left join {{ ref('dim_campaigns') }} as campaigns using (platform, campaign_id)
left join (
    select * from {{ ref('dim_ads') }}
    where valid_to = date '9999-12-31'
) as current_ads using (platform, ad_id)
