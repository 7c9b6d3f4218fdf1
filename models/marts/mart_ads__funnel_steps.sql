-- One row per platform, campaign and step of the funnel, over all its days: what a funnel chart reads.
{{ config(contract=ad_funnel.contract()) }}

with daily as (

    select * from {{ ref('fct_ads__daily') }}

),

campaigns as (

    select *
    from {{ ref('dim_ads__campaigns') }}
    where is_current

),

freshness as (

    select * from {{ ref('fct_ads__freshness') }}

),

sums as (

    select
        platform,
        campaign_id,
        max(max(spend)) over (partition by platform) is not null as has_spend,
        {{ ad_funnel.measure_sums() }}
    from daily
    group by platform, campaign_id

),

measured as (

    select
        sums.platform,
        sums.campaign_id,
        {{ ad_funnel.measure_values() }}
    from sums
    cross join freshness

),

-- Each step counts impressions: those shown, of them those clicked, of them those that led to a conversion.
steps as (

    select
        platform,
        campaign_id,
        1 as step_number,
        'impressions' as stage,
        impressions as stage_count,
        cast(null as bigint) as previous_count,
        impressions as top_count
    from measured

    union all

    select
        platform,
        campaign_id,
        2 as step_number,
        'clicked_impressions' as stage,
        clicked_impressions as stage_count,
        impressions as previous_count,
        impressions as top_count
    from measured

    union all

    select
        platform,
        campaign_id,
        3 as step_number,
        'converted_impressions' as stage,
        converted_impressions as stage_count,
        clicked_impressions as previous_count,
        impressions as top_count
    from measured

)

select
    steps.platform,
    steps.campaign_id,
    {{ ad_funnel.campaign_key('steps') }} as campaign_key,
    coalesce(campaigns.campaign_name, steps.campaign_id) as campaign_name,
    campaigns.objective,
    steps.step_number,
    steps.stage,
    steps.stage_count,
    {{ ad_funnel.ratio('stage_count', 'previous_count') }} as rate_from_previous,
    {{ ad_funnel.ratio('stage_count', 'top_count') }} as rate_from_top,
    steps.previous_count - steps.stage_count as drop_off,
    {{ ad_funnel.ratio('(previous_count - stage_count)', 'previous_count') }} as drop_off_rate,
    freshness.data_through,
    freshness.built_at
from steps
left join campaigns
    on
        steps.platform = campaigns.platform
        and steps.campaign_id = campaigns.campaign_id
cross join freshness
