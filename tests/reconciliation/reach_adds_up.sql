-- In each period the impressions of reach are those of the daily facts; and users are no more than their impressions,
-- nor, over all days of a campaign, than the users of its days together, nor fewer than those of its best day.
{{ config(enabled=ad_funnel.has_reach()) }}
{% set folds = ad_funnel.setting('ad_funnel__min_cell_users') > 0 %}

with daily as (

    select coalesce(sum(impressions), 0) as impressions
    from {{ ref('fct_ads__daily') }}

),

by_period as (

    select
        period,
        sum(impressions) as impressions
    from {{ ref('mart_ads__reach') }}
    group by period

),

by_campaign as (

    select
        platform,
        campaign_id,
        max(case when period = 'lifetime' then users end) as users,
        sum(case when period = 'day' then users end) as users_of_days,
        max(case when period = 'day' then users end) as users_of_best_day,
        max(users_relative_error) as users_relative_error
    from {{ ref('mart_ads__reach') }}
    group by platform, campaign_id

)

select
    'impressions by ' || by_period.period as found,
    by_period.impressions as is_now,
    daily.impressions as should_be
from by_period
cross join daily
where by_period.impressions <> daily.impressions

union all

select
    'users of ' || platform || ' ' || campaign_id as found,
    users as is_now,
    users_of_days as should_be
from by_campaign
where
    users_relative_error = 0
    and {{ 'campaign_id is null' if folds else 'not users between users_of_best_day and users_of_days' }}

union all

select
    'users who saw nothing, ' || period || ' of ' || platform || ' ' || campaign_id as found,
    users as is_now,
    known_user_impressions as should_be
from {{ ref('mart_ads__reach') }}
where users > known_user_impressions and users_relative_error = 0
