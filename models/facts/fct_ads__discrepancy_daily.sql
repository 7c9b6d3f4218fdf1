-- One row per day, platform that reports, and campaign: what the advertiser's own logs count beside what the platform
-- reports, and what may explain the difference. Days of reports are the account's, so compare months.
{{ config(enabled=ad_funnel.reads_reports()) }}
{% set click_seconds = ad_funnel.conversion_windows().default.click %}
{% set own_window = click_seconds // 86400 ~ 'd_click' if click_seconds % 86400 == 0 else 'none' %}
{% set min_users = ad_funnel.setting('ad_funnel__min_cell_users') %}
{% set has_visits = ad_funnel.is_measured(['visits']) %}
{% set has_attributed = ad_funnel.has_attribution() and ad_funnel.is_measured(['conversions']) %}

with reports as (

    select *
    from {{ ref('fct_ads__reports') }}
    where last_day = date_day

),

daily as (

    select * from {{ ref('fct_ads__daily') }}

),

freshness as (

    select * from {{ ref('fct_ads__freshness') }}

),

-- A platform's own clicks are those of the click log; without one, the visits that it sent. Its own conversions are
-- those credited to these clicks, and without a click log to the last click of each journey.
platforms as (

    select
        platform,
        max(logs_impressions) as logs_impressions,
        max(logs_clicks) as logs_clicks
    from (
        select
            platform,
            case when gross_impressions > 0 then 1 else 0 end as logs_impressions,
            case when gross_clicks > 0 then 1 else 0 end as logs_clicks
        from daily

        union all

        select
            platform,
            0 as logs_impressions,
            0 as logs_clicks
        from reports
    ) as logged
    where platform in (select reports.platform from reports)
    group by platform

),

logged_sums as (

    select
        date_day,
        platform,
        campaign_id,
        {{ ad_funnel.measure_sums() }}
    from daily
    group by date_day, platform, campaign_id

),

logged as (

    select
        logged_sums.date_day,
        logged_sums.platform,
        logged_sums.campaign_id,
        logged_sums.unknown_value_conversions,
        {{ ad_funnel.measure_values([
            'impressions', 'gross_impressions', 'clicks', 'gross_clicks', 'conversions', 'conversion_value',
        ]) }}
    from logged_sums
    cross join freshness

),
{%- if has_visits %}

visits as (

    select
        date_day,
        platform,
        coalesce(campaign_id, 'unknown') as campaign_id,
        count(*) as visits,
        count(distinct user_id) as users
    from {{ ref('fct_ads__visit_campaigns') }}
    where platform is not null and not is_invalid
    group by date_day, platform, coalesce(campaign_id, 'unknown')

),
{%- endif %}
{%- if has_attributed %}

last_clicks as (

    select
        date_day,
        channel as platform,
        campaign_id,
        conversions,
        conversion_value,
        valued_conversions,
        unknown_value_conversions
    from {{ ref('fct_ads__attribution_daily') }}
    where model = 'last_click'

),
{%- endif %}

charges as (

    select
        date_day,
        platform,
        campaign_id,
        sum(spend) as spend,
        sum(unknown_cost_events) as unknown_cost_events
    from {{ ref('fct_ads__spend') }}
    where not is_reported
    group by date_day, platform, campaign_id

),

own_types as (

    select distinct conversion_type
    from {{ ref('fct_ads__conversions') }}
    where is_primary and not is_adjustment and not is_invalid

),

report_rows as (

    select
        ledger.date_day,
        ledger.platform,
        coalesce(ledger.line_campaign_id, 'unallocated') as campaign_id,
        sum(case when ledger.disposition = 'unplaced' then 1 else 0 end) as unplaced_rows,
        sum(case
            when
                ledger.disposition = 'accepted'
                and ledger.conversion_type is not null
                and ledger.conversions is not null
                and own_types.conversion_type is null
                then 1
            else 0
        end) as other_type_rows
    from {{ ref('ledger_ads__reports') }} as ledger
    left join own_types
        on ledger.conversion_type = own_types.conversion_type
    where ledger.disposition in ('accepted', 'unplaced') and ledger.last_day = ledger.date_day
    group by ledger.date_day, ledger.platform, coalesce(ledger.line_campaign_id, 'unallocated')

),

every_count as (

    select
        logged.date_day,
        logged.platform,
        logged.campaign_id,
        {{ ad_funnel.discrepancy_columns({
            'own_impressions': 'case when platforms.logs_impressions = 1 then logged.impressions end',
            'own_clicks': 'case when platforms.logs_clicks = 1 then logged.clicks end',
            'own_conversions': 'case when platforms.logs_clicks = 1 then logged.conversions end',
            'own_conversion_value': 'case when platforms.logs_clicks = 1 then logged.conversion_value end',
            'unknown_own_values': 'case when platforms.logs_clicks = 1 then logged.unknown_value_conversions end',
            'invalid_impressions': 'logged.gross_impressions - logged.impressions',
            'invalid_clicks': 'logged.gross_clicks - logged.clicks',
        }) }}
    from logged
    inner join platforms
        on logged.platform = platforms.platform
    {%- if has_visits %}

    union all

    select
        visits.date_day,
        visits.platform,
        {%- if min_users > 0 %}
        case
            when visits.users between 1 and {{ min_users - 1 }} then 'other' else visits.campaign_id
        end as campaign_id,
        {%- else %}
        visits.campaign_id,
        {%- endif %}
        {{ ad_funnel.discrepancy_columns({'own_clicks': 'visits.visits'}) }}
    from visits
    inner join platforms
        on visits.platform = platforms.platform
    where platforms.logs_clicks = 0
    {%- endif %}
    {%- if has_attributed %}

    union all

    select
        last_clicks.date_day,
        last_clicks.platform,
        last_clicks.campaign_id,
        {{ ad_funnel.discrepancy_columns({
            'own_conversions': 'last_clicks.conversions',
            'own_conversion_value':
                'case when last_clicks.conversions > 0 then last_clicks.conversion_value else 0 end',
            'unknown_own_values':
                'case when last_clicks.conversions > last_clicks.valued_conversions then 1 else 0 end',
        }) }}
    from last_clicks
    inner join platforms
        on last_clicks.platform = platforms.platform
    where platforms.logs_clicks = 0
    {%- endif %}

    union all

    select
        charges.date_day,
        charges.platform,
        charges.campaign_id,
        {{ ad_funnel.discrepancy_columns({
            'own_spend': 'charges.spend', 'unknown_own_costs': 'charges.unknown_cost_events',
        }) }}
    from charges
    inner join platforms
        on charges.platform = platforms.platform

    union all

    select
        date_day,
        platform,
        campaign_id,
        {{ ad_funnel.discrepancy_columns({
            'reported_impressions': 'impressions',
            'reported_clicks': 'clicks',
            'reported_conversions': 'conversions',
            'reported_conversion_value': 'conversion_value',
            'reported_spend': 'spend',
            'reported_link_clicks': 'link_clicks',
            'unknown_reported_costs': 'unknown_cost_rows',
            'unknown_reported_values': 'unknown_value_rows',
            'report_lines': '1',
            'other_day_lines': 'case when is_other_day then 1 else 0 end',
            'other_window_lines': "case when conversions is not null and ' ' || attribution_window not like '% "
                ~ own_window ~ "%' then 1 else 0 end",
            'view_through_lines': "case when conversions is not null and view_through_conversions is null and "
                ~ "attribution_window like '%view%' then 1 else 0 end",
        }) }}
    from reports

    union all

    select
        date_day,
        platform,
        campaign_id,
        {{ ad_funnel.discrepancy_columns({
            'unplaced_rows': 'unplaced_rows', 'other_type_rows': 'other_type_rows',
        }) }}
    from report_rows

),

sums as (

    select
        date_day,
        platform,
        campaign_id,
        {{ ad_funnel.discrepancy_sums() }}
    from every_count
    group by date_day, platform, campaign_id

)

select
    sums.*,
    case when platforms.logs_impressions = 1 then 'impressions' end as impressions_counted_by,
    case
        when platforms.logs_clicks = 1 then 'clicks'
        {%- if has_visits %}
        else 'visits'
        {%- endif %}
    end as clicks_counted_by,
    case
        when platforms.logs_clicks = 1 and freshness.has_conversions then 'credited_clicks'
        {%- if has_attributed %}
        when platforms.logs_clicks = 0 then 'last_click'
        {%- endif %}
    end as conversions_counted_by,
    freshness.has_all_conversion_value as has_own_values,
    case
        when max(sums.own_spend) over (partition by sums.platform) is not null then 'spend_lines'
    end as spend_counted_by
from sums
inner join platforms
    on sums.platform = platforms.platform
cross join freshness
