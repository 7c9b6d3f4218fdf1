-- One row per day (or period of a report), platform, account, campaign, ad and series: `measured` is what the
-- advertiser's logs say, `reported` what platforms claim. The two are never added, and no ratio has a part of each.
-- Money alone is of both: `measured` has all that was spent, reports included; `reported` what the platform reports, or
-- all that was spent where it reports no money.
{{ config(enabled=ad_funnel.reads_reports()) }}
{% set logged = ['impressions', 'clicked_impressions', 'clicks', 'converted_clicks', 'conversions', 'conversion_value',
    'valued_conversions', 'view_through_conversions', 'view_through_value', 'valued_view_through_conversions'] %}
{% set costs = ['spend', 'costed_events', 'uncosted_events', 'unknown_cost_events'] %}
{% set reported = ad_funnel.report_measures() | list %}

with daily as (

    select * from {{ ref('fct_ads__daily') }}

),

reports as (

    select * from {{ ref('fct_ads__reports') }}

),

freshness as (

    select * from {{ ref('fct_ads__freshness') }}

),

accounts as (

    select
        platform,
        campaign_id,
        case when min(account_id) = max(account_id) then min(account_id) end as account_id
    from reports
    group by platform, campaign_id

),

platforms as (

    select
        platform,
        max(is_logged) = 1 as is_logged,
        max(is_reported) = 1 as is_reported,
        max(reports_spend) = 1 as reports_spend,
        max(last_reported_day) as last_reported_day
    from (
        select
            platform,
            case when gross_impressions > 0 or gross_clicks > 0 then 1 else 0 end as is_logged,
            0 as is_reported,
            0 as reports_spend,
            cast(null as date) as last_reported_day
        from daily

        union all

        select
            platform,
            0 as is_logged,
            1 as is_reported,
            case when spend is not null or unknown_cost_rows > 0 then 1 else 0 end as reports_spend,
            last_day as last_reported_day
        from reports
    ) as told
    group by platform

),

-- The series to look at, one for all measures of a platform: the setting's, else what is logged, else what is reported.
best_of_platforms as (

    select
        *,
        case
            when not is_reported then 'measured'
            {%- for platform, best in ad_funnel.setting('ad_funnel__best_series').items() %}
            when platform = '{{ platform }}' then '{{ best }}'
            {%- endfor %}
            when is_logged then 'measured'
            else 'reported'
        end as best_series
    from platforms

),

sums as (

    select
        date_day,
        platform,
        campaign_id,
        ad_id,
        {{ ad_funnel.measure_sums() }},
        max(max(spend)) over (partition by platform) is not null as has_spend
    from daily
    group by date_day, platform, campaign_id, ad_id

),

measured_values as (

    select
        sums.date_day,
        sums.platform,
        sums.campaign_id,
        sums.ad_id,
        {{ ad_funnel.measure_values(logged + costs + ['unknown_value_conversions']) }}
    from sums
    cross join freshness

),

-- A platform without logs is not measured: NULL, not 0.
measured as (

    select
        measured_values.date_day,
        measured_values.date_day as last_day,
        measured_values.platform,
        coalesce(accounts.account_id, 'unknown') as account_id,
        measured_values.campaign_id,
        measured_values.ad_id,
        {%- for measure in costs + ['unknown_value_conversions'] %}
        measured_values.{{ measure }},
        {%- endfor %}
        {%- for measure in logged %}
        case when best_of_platforms.is_logged then measured_values.{{ measure }} end as {{ measure }},
        {%- endfor %}
        best_of_platforms.is_reported and not best_of_platforms.reports_spend as is_only_cost_of_reports
    from measured_values
    inner join best_of_platforms
        on measured_values.platform = best_of_platforms.platform
    left join accounts
        on
            measured_values.platform = accounts.platform
            and measured_values.campaign_id = accounts.campaign_id

),

lines_of_reports as (

    select
        date_day,
        last_day,
        platform,
        account_id,
        campaign_id,
        ad_id,
        {{ reported | join(',\n        ') }},
        {{ ad_funnel.valued_line('conversion_value', 'conversions') }} as valued_conversions,
        {{ ad_funnel.valued_line('view_through_value', 'view_through_conversions') }}
            as valued_view_through_conversions,
        case when spend is null then 0 else 1 end as costed_events,
        case when spend is null then 1 else 0 end as uncosted_events,
        unknown_cost_rows as unknown_cost_events,
        unknown_value_rows as unknown_value_conversions,
        1 as report_lines,
        {%- for measure in ['impressions', 'clicks', 'spend', 'conversions'] %}
        case when {{ measure }} is null then 1 else 0 end as lines_without_{{ measure }},
        {%- endfor %}
        case when last_day > date_day then 1 else 0 end as period_lines
    from reports

),

every_series as (

    select
        date_day,
        last_day,
        platform,
        account_id,
        campaign_id,
        ad_id,
        'measured' as series,
        {{ ad_funnel.performance_columns(logged + costs + ['unknown_value_conversions']) }}
    from measured

    union all

    select
        date_day,
        last_day,
        platform,
        account_id,
        campaign_id,
        ad_id,
        'reported' as series,
        {{ ad_funnel.performance_columns(reported + [
            'valued_conversions', 'valued_view_through_conversions', 'costed_events', 'uncosted_events',
            'unknown_cost_events', 'unknown_value_conversions', 'report_lines', 'period_lines',
            'lines_without_impressions', 'lines_without_clicks', 'lines_without_spend', 'lines_without_conversions',
        ]) }}
    from lines_of_reports

    union all

    select
        date_day,
        last_day,
        platform,
        account_id,
        campaign_id,
        ad_id,
        'reported' as series,
        {{ ad_funnel.performance_columns(costs) }}
    from measured
    where is_only_cost_of_reports and (costed_events > 0 or unknown_cost_events > 0)

),

by_row as (

    select
        date_day,
        last_day,
        platform,
        account_id,
        campaign_id,
        ad_id,
        series,
        {{ ad_funnel.performance_sums() }}
    from every_series
    group by date_day, last_day, platform, account_id, campaign_id, ad_id, series

)

select
    by_row.date_day,
    by_row.last_day,
    by_row.platform,
    by_row.account_id,
    by_row.campaign_id,
    by_row.ad_id,
    by_row.series,
    by_row.series = best_of_platforms.best_series as is_best,
    {%- for measure in ad_funnel.performance_measures() %}
    by_row.{{ measure }},
    {%- endfor %}
    case
        when by_row.series = 'measured' then freshness.data_through
        else least(
            {{ ad_funnel.reporting_day_start(ad_funnel.add_days('best_of_platforms.last_reported_day', 1)) }},
            {{ ad_funnel.time_literal(ad_funnel.as_of()) }}
        )
    end as data_through,
    freshness.built_at
from by_row
inner join best_of_platforms
    on by_row.platform = best_of_platforms.platform
cross join freshness
