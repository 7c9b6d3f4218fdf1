-- Every known user of a campaign has one number of exposures, and is counted once in each group up to it; those who
-- converted before they were shown anything have none. So users and conversions are no more than the facts have.
{{ config(enabled=ad_funnel.has_frequency()) }}

with by_campaign as (

    select
        platform,
        campaign_id,
        sum(users) as users,
        max(case when first_exposure = 1 then reached_users end) as reached_users,
        sum(impressions) as impressions,
        sum(converted_users) as converted_users,
        max(case when first_exposure is null then 1 else 0 end) as is_folded
    from {{ ref('mart_ads__frequency') }}
    group by platform, campaign_id

),

totals as (

    select
        coalesce(sum(users), 0) as users,
        coalesce(sum(impressions), 0) as impressions,
        coalesce(sum(converted_users), 0) as converted_users
    from by_campaign

),

exposures as (

    select coalesce(sum(impressions), 0) as impressions
    from {{ ref('fct_ads__exposures_by_day') }}
    where user_id is not null

),

daily as (

    select
        coalesce(sum(impressions), 0) as impressions,
        coalesce(sum(conversions), 0) + coalesce(sum(view_through_conversions), 0) as conversions
    from {{ ref('fct_ads__daily') }}

)

select
    'users of ' || platform || ' ' || campaign_id as found,
    reached_users as is_now,
    users as should_be
from by_campaign
where reached_users <> users and is_folded = 0

union all

select
    'impressions' as found,
    totals.impressions as is_now,
    exposures.impressions as should_be
from totals
cross join exposures
where totals.impressions > exposures.impressions or totals.impressions < totals.users

union all

select
    'exposures that are no impressions' as found,
    exposures.impressions as is_now,
    daily.impressions as should_be
from exposures
cross join daily
where exposures.impressions > daily.impressions

union all

select
    'converted users' as found,
    totals.converted_users as is_now,
    daily.conversions as should_be
from totals
cross join daily
where totals.converted_users > daily.conversions or totals.converted_users > totals.users
