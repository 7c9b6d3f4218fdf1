-- The segments of each type have every measure of a campaign's day in fct_ads__daily, no more and no less; and so have
-- those of all days.
{{ config(enabled=ad_funnel.has_segments()) }}

with types as (

    select distinct segment_type
    from {{ ref('fct_ads__segment_daily') }}

),

should_be as (

    select
        daily.date_day,
        daily.platform,
        daily.campaign_id,
        types.segment_type,
        {{ ad_funnel.measure_sums() }}
    from {{ ref('fct_ads__daily') }} as daily
    cross join types
    group by daily.date_day, daily.platform, daily.campaign_id, types.segment_type

),

is_now as (

    select
        date_day,
        platform,
        campaign_id,
        segment_type,
        {{ ad_funnel.measure_sums() }}
    from {{ ref('fct_ads__segment_daily') }}
    group by date_day, platform, campaign_id, segment_type

),

over_all_days as (

    select
        platform,
        campaign_id,
        segment_type,
        {{ ad_funnel.measure_sums() }}
    from {{ ref('mart_ads__segment') }}
    group by platform, campaign_id, segment_type

),

campaigns as (

    select * from {{ ref('mart_ads__campaign') }}

)

{% for measure, about in ad_funnel.measures().items() if ad_funnel.is_measured(about.tables) %}
select
    '{{ measure }} of ' || should_be.segment_type as found,
    should_be.date_day,
    should_be.platform,
    should_be.campaign_id,
    cast(is_now.{{ measure }} as {{ ad_funnel.type_money_sum() }}) as is_now,
    cast(should_be.{{ measure }} as {{ ad_funnel.type_money_sum() }}) as should_be
from should_be
left join is_now
    on
        should_be.date_day = is_now.date_day
        and should_be.platform = is_now.platform
        and should_be.campaign_id = is_now.campaign_id
        and should_be.segment_type = is_now.segment_type
where coalesce(is_now.{{ measure }}, -1) <> coalesce(should_be.{{ measure }}, -1)

union all

{% endfor %}
select
    'impressions of ' || over_all_days.segment_type || ' over all days' as found,
    cast(null as date) as date_day,
    campaigns.platform,
    campaigns.campaign_id,
    cast(over_all_days.impressions as {{ ad_funnel.type_money_sum() }}) as is_now,
    cast(campaigns.impressions as {{ ad_funnel.type_money_sum() }}) as should_be
from campaigns
inner join over_all_days
    on
        campaigns.platform = over_all_days.platform
        and campaigns.campaign_id = over_all_days.campaign_id
where campaigns.impressions <> over_all_days.impressions
