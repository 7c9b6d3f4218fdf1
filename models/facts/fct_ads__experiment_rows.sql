-- One row per experiment and row that counts in it: an accepted impression with all that it led to, or a click that
-- matches no impression. All of it stands on the day of the row.
{{ config(materialized='view', enabled=ad_funnel.has_experiments()) }}

with experiments as (

    select distinct
        experiment,
        source_table,
        unit,
        starts_on,
        ends_on
    from {{ ref('dim_ads__experiments') }}

),

users as (

    select *
    from {{ ref('fct_ads__experiment_users') }}
    where not is_contaminated

),

ads as (

    select * from {{ ref('dim_ads__ads') }}

),

conversions as (

    select
        credited_platform,
        credited_click_id,
        count(*) as conversions,
        sum(conversion_value) as conversion_value,
        sum(case when is_value_unknown then 1 else 0 end) as unknown_value_conversions
    from {{ ref('fct_ads__conversions') }}
    where not is_invalid and credit_status = 'click'
    group by credited_platform, credited_click_id

),

clicks as (

    select
        clicks.platform,
        clicks.click_id,
        clicks.clicked_at,
        clicks.date_day,
        clicks.campaign_id,
        clicks.ad_id,
        clicks.user_id,
        clicks.impression_id,
        clicks.is_matched,
        case when clicks.is_invalid then 0 else 1 end as clicks,
        case when conversions.conversions > 0 then 1 else 0 end as converted_clicks,
        coalesce(conversions.conversions, 0) as conversions,
        conversions.conversion_value,
        coalesce(conversions.unknown_value_conversions, 0) as unknown_value_conversions,
        clicks.event_cost,
        case when clicks.cost is not null and clicks.event_cost is null then 1 else 0 end as unknown_cost_events
    from {{ ref('fct_ads__clicks') }} as clicks
    left join conversions
        on
            clicks.platform = conversions.credited_platform
            and clicks.click_id = conversions.credited_click_id

),

clicks_of_impressions as (

    select
        platform,
        impression_id,
        sum(clicks) as clicks,
        sum(converted_clicks) as converted_clicks,
        sum(conversions) as conversions,
        sum(conversion_value) as conversion_value,
        sum(unknown_value_conversions) as unknown_value_conversions,
        sum(event_cost) as event_cost,
        sum(unknown_cost_events) as unknown_cost_events
    from clicks
    where is_matched
    group by platform, impression_id

),

events as (

    select
        impressions.platform,
        impressions.impression_at as happened_at,
        impressions.date_day,
        impressions.campaign_id,
        impressions.ad_id,
        impressions.user_id,
        true as is_shown,
        case when impressions.is_invalid then 0 else 1 end as impressions,
        case when clicks.clicks > 0 then 1 else 0 end as clicked_impressions,
        case when clicks.conversions > 0 then 1 else 0 end as converted_impressions,
        coalesce(clicks.clicks, 0) as clicks,
        coalesce(clicks.converted_clicks, 0) as converted_clicks,
        coalesce(clicks.conversions, 0) as conversions,
        clicks.conversion_value,
        coalesce(clicks.unknown_value_conversions, 0) as unknown_value_conversions,
        coalesce(impressions.event_cost + clicks.event_cost, impressions.event_cost, clicks.event_cost) as event_cost,
        case when impressions.cost is not null and impressions.event_cost is null then 1 else 0 end
        + coalesce(clicks.unknown_cost_events, 0) as unknown_cost_events
    from {{ ref('fct_ads__impressions') }} as impressions
    left join clicks_of_impressions as clicks
        on
            impressions.platform = clicks.platform
            and impressions.impression_id = clicks.impression_id

    union all

    select
        platform,
        clicked_at as happened_at,
        date_day,
        campaign_id,
        ad_id,
        user_id,
        false as is_shown,
        0 as impressions,
        0 as clicked_impressions,
        0 as converted_impressions,
        clicks,
        converted_clicks,
        conversions,
        conversion_value,
        unknown_value_conversions,
        event_cost,
        unknown_cost_events
    from clicks
    where not is_matched

),

in_experiments as (

    select
        users.experiment,
        users.variant,
        experiments.unit,
        events.*
    from events
    inner join users
        on
            events.user_id = users.user_id
            and events.happened_at >= users.assigned_at
    inner join experiments
        on
            users.experiment = experiments.experiment
            and experiments.source_table = 'assignments'
            and {{ ad_funnel.within_plan('events.date_day', 'experiments') }}

    union all

    select
        ads.experiment,
        ads.variant,
        experiments.unit,
        events.*
    from events
    inner join ads
        on
            events.platform = ads.platform
            and events.ad_id = ads.ad_id
            and events.date_day >= ads.valid_from
            and events.date_day < ads.valid_to
    inner join experiments
        on
            ads.experiment = experiments.experiment
            and experiments.source_table = 'ads'
            and {{ ad_funnel.within_plan('events.date_day', 'experiments') }}
    left join users
        on
            ads.experiment = users.experiment
            and events.user_id = users.user_id
    where
        ads.variant is not null
        and (experiments.unit = 'row' or users.user_id is not null)

),

-- What spend lines tell, of an ad or of a campaign, is shared alike by the day's impressions beneath it.
shown_by_day as (

    select
        by_day.date_day,
        by_day.platform,
        coalesce(by_day.campaign_id, ads.campaign_id, 'unknown') as campaign_id,
        by_day.ad_id,
        sum(by_day.gross_impressions) as gross_impressions
    from {{ ref('fct_ads__impressions_by_day') }} as by_day
    left join ads
        on
            by_day.platform = ads.platform
            and by_day.ad_id = ads.ad_id
            and by_day.date_day >= ads.valid_from
            and by_day.date_day < ads.valid_to
    group by by_day.date_day, by_day.platform, coalesce(by_day.campaign_id, ads.campaign_id, 'unknown'), by_day.ad_id

),

lines as (

    select * from {{ ref('fct_ads__spend') }}

),

shown_of_ads as (

    select
        date_day,
        platform,
        ad_id,
        sum(gross_impressions) as gross_impressions
    from shown_by_day
    group by date_day, platform, ad_id

),

shown_of_campaigns as (

    select
        date_day,
        platform,
        campaign_id,
        sum(gross_impressions) as gross_impressions
    from shown_by_day
    group by date_day, platform, campaign_id

),

lines_of_ads as (

    select
        lines.date_day,
        lines.platform,
        lines.ad_id,
        max(case when lines.has_charge then 1 else 0 end) = 1 as has_charge,
        max(lines.unknown_cost_events) as unknown_cost_events,
        {{ ad_funnel.ratio('sum(lines.spend)', 'max(shown.gross_impressions)') }} as spend_per_impression
    from lines
    inner join shown_of_ads as shown
        on
            lines.date_day = shown.date_day
            and lines.platform = shown.platform
            and lines.ad_id = shown.ad_id
    where not lines.is_unallocated
    group by lines.date_day, lines.platform, lines.ad_id

),

lines_of_campaigns as (

    select
        lines.date_day,
        lines.platform,
        lines.campaign_id,
        lines.has_charge,
        lines.unknown_cost_events,
        {{ ad_funnel.ratio('lines.spend', 'shown.gross_impressions') }} as spend_per_impression
    from lines
    inner join shown_of_campaigns as shown
        on
            lines.date_day = shown.date_day
            and lines.platform = shown.platform
            and lines.campaign_id = shown.campaign_id
    where lines.is_unallocated

),

costs as (

    select
        in_experiments.*,
        coalesce(lines_of_ads.has_charge, false) or coalesce(lines_of_campaigns.has_charge, false) as is_superseded,
        case when in_experiments.is_shown then lines_of_ads.spend_per_impression end as ad_line,
        case when in_experiments.is_shown then lines_of_campaigns.spend_per_impression end as campaign_line,
        case when coalesce(lines_of_ads.unknown_cost_events, 0) > 0 then 1 else 0 end
        + case when coalesce(lines_of_campaigns.unknown_cost_events, 0) > 0 then 1 else 0 end as unknown_lines
    from in_experiments
    left join lines_of_ads
        on
            in_experiments.date_day = lines_of_ads.date_day
            and in_experiments.platform = lines_of_ads.platform
            and in_experiments.ad_id = lines_of_ads.ad_id
    left join lines_of_campaigns
        on
            in_experiments.date_day = lines_of_campaigns.date_day
            and in_experiments.platform = lines_of_campaigns.platform
            and in_experiments.campaign_id = lines_of_campaigns.campaign_id

)

select
    experiment,
    variant,
    unit,
    user_id,
    date_day,
    impressions,
    clicked_impressions,
    converted_impressions,
    clicks,
    converted_clicks,
    conversions,
    conversion_value,
    unknown_value_conversions,
    -- As in fct_ads__daily: a charge supersedes the costs that events tell beneath it.
    case
        when coalesce(ad_line, campaign_line) is null and (is_superseded or event_cost is null) then null
        else cast(
            coalesce(ad_line, 0) + coalesce(campaign_line, 0)
            + case when is_superseded then 0 else coalesce(event_cost, 0) end as {{ ad_funnel.type_money() }}
        )
    end as spend,
    case when is_superseded then 0 else unknown_cost_events end + unknown_lines as unknown_cost_events
from costs
