-- One row per period (month, or all days), platform that reports, campaign (or all of them) and measure: what the
-- advertiser's own logs count beside what the platform reports, whether the two agree, and what the data shows that may
-- explain it.
{{ config(enabled=ad_funnel.reads_reports(), contract=ad_funnel.contract()) }}
{% set tolerance = ad_funnel.setting('ad_funnel__discrepancy_tolerance') %}
{% set has_visits = ad_funnel.is_measured(['visits']) %}
{% set measures = ad_funnel.compared_measures() %}
{% set money = ad_funnel.type_money_sum() %}

with daily as (

    select
        *,
        {{ ad_funnel.period_start('month', 'date_day') }} as month_start,
        -- A day on which something was counted here, and the platform reports nothing at all.
        case
            when
                sum(report_lines) over (partition by platform, date_day) > 0 then 0
            when
                max(coalesce(own_impressions, 0)) over (partition by platform, date_day) > 0
                or max(coalesce(own_clicks, 0)) over (partition by platform, date_day) > 0
                then 1
            else 0
        end as is_unreported
    from {{ ref('fct_ads__discrepancy_daily') }}

),

reach as (

    select
        platform,
        max(case when report_lines > 0 then date_day end) as last_reported_day
    from daily
    group by platform

),

sums as (
    {%- for period in ['month', 'all'] %}
    {%- for campaign in ['daily.campaign_id', "'all'"] %}
    {%- set keys = (['daily.month_start'] if period == 'month' else []) + ['daily.platform'] %}

    select
        '{{ period }}' as period,
        {{ 'daily.month_start' if period == 'month' else 'min(daily.month_start)' }} as month_start,
        daily.platform,
        {{ campaign }} as campaign_id,
        min(daily.date_day) as first_day,
        max(daily.date_day) as last_day,
        {{ ad_funnel.discrepancy_sums() }},
        count(distinct case when daily.is_unreported = 1 then daily.date_day end) as unreported_days,
        max(daily.impressions_counted_by) as impressions_counted_by,
        max(daily.clicks_counted_by) as clicks_counted_by,
        max(daily.conversions_counted_by) as conversions_counted_by,
        max(daily.spend_counted_by) as spend_counted_by,
        max(case when daily.has_own_values then 1 else 0 end) as has_own_values
    from daily
    group by {{ (keys + ([] if campaign == "'all'" else [campaign])) | join(', ') }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

-- Campaigns of which something was counted here and nothing is reported: the total lacks them, unless the account has
-- lines of its own.
sums_of_platforms as (

    select
        *,
        sum(case
            when
                campaign_id <> 'all'
                and coalesce(report_lines, 0) = 0
                and (coalesce(own_impressions, 0) > 0 or coalesce(own_clicks, 0) > 0)
                then 1
            else 0
        end) over (
            partition by platform, period, case when period = 'month' then month_start end
        ) as unreported_campaigns,
        max(case when campaign_id = 'unallocated' and report_lines > 0 then 1 else 0 end) over (
            partition by platform, period, case when period = 'month' then month_start end
        ) as has_account_lines
    from sums

),

-- Every order of the advertiser, whoever claims it, beside the claims of all platforms.
orders as (

    select
        {{ ad_funnel.period_start('month', 'date_day') }} as month_start,
        count(distinct coalesce(order_id, platform || ': ' || conversion_id)) as orders
    from {{ ref('fct_ads__conversions') }}
    where not is_invalid and credit_status in ('click', 'view', 'none', 'repeat')
    group by {{ ad_funnel.period_start('month', 'date_day') }}

),

claims as (

    select
        month_start,
        sum(reported_conversions) as claims
    from daily
    group by month_start

),

visits as (
    {% if has_visits %}
    select
        {{ ad_funnel.period_start('month', 'date_day') }} as month_start,
        sum(case when is_untagged then 1 else 0 end) as untagged_visits
    from {{ ref('fct_ads__visit_campaigns') }}
    where not is_invalid
    group by {{ ad_funnel.period_start('month', 'date_day') }}
    {% else %}
    select
        month_start,
        0 as untagged_visits
    from claims
    {% endif %}
),

of_months as (

    select
        claims.month_start,
        claims.claims,
        coalesce(orders.orders, 0) as orders,
        coalesce(visits.untagged_visits, 0) as untagged_visits
    from claims
    left join orders
        on claims.month_start = orders.month_start
    left join visits
        on claims.month_start = visits.month_start

),

of_periods as (

    select
        'month' as period,
        month_start,
        claims as all_claims,
        orders as all_orders,
        untagged_visits
    from of_months

    union all

    select
        'all' as period,
        cast(null as date) as month_start,
        sum(claims) as all_claims,
        sum(orders) as all_orders,
        sum(untagged_visits) as untagged_visits
    from of_months

),

known as (

    select
        sums.*,
        {{ 'of_periods.all_claims' if ad_funnel.is_measured(['conversions']) else 'null' }} as all_claims,
        of_periods.all_orders,
        of_periods.untagged_visits,
        {{ ad_funnel.discrepancy_is_mature(credited=false) }} as is_mature,
        {{ ad_funnel.discrepancy_is_mature(credited=true) }} as is_credit_mature
    from sums_of_platforms as sums
    inner join of_periods
        on
            sums.period = of_periods.period
            and (sums.period = 'all' or sums.month_start = of_periods.month_start)
    inner join reach
        on sums.platform = reach.platform
    cross join {{ ref('fct_ads__freshness') }} as freshness

),

-- Where the platform is logged, a campaign that the log does not name has 0.
compared as (
    {%- for measure, about in measures.items() %}

    select
        known.*,
        '{{ measure }}' as measure,
        {%- if measure.startswith('conversion') %}
        -- A click of the last day may still be credited.
        case
            when known.conversions_counted_by = 'credited_clicks' then known.is_credit_mature else known.is_mature
        end as is_row_mature,
        {%- else %}
        known.is_mature as is_row_mature,
        {%- endif %}
        {%- if measure == 'conversion_value' %}
        conversions_counted_by as counted_by,
        cast(case
            when coalesce({{ about.unknown_own }}, 0) > 0 then null
            when has_own_values = 1 and conversions_counted_by is not null and coalesce(own_conversions, 0) = 0 then 0
            else own_conversion_value
        end as {{ money }}) as own,
        {%- else %}
        {{ measure }}_counted_by as counted_by,
        cast(case
            when coalesce({{ about.unknown_own }}, 0) > 0 then null
            when {{ measure }}_counted_by is not null then coalesce(own_{{ measure }}, 0)
        end as {{ money }}) as own,
        {%- endif %}
        cast(
            case when coalesce({{ about.unknown_reported }}, 0) = 0 then reported_{{ measure }} end as {{ money }}
        ) as reported
    from known
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

explained as (

    select
        *,
        case measure
            {%- for measure, about in measures.items() %}
            when '{{ measure }}'
                then {{ ad_funnel.cause_codes(about.causes) }}
            {%- endfor %}
        end as causes
    from compared
    where reported is not null or own <> 0

)

select
    explained.period,
    explained.month_start,
    explained.platform,
    explained.campaign_id,
    case when explained.campaign_id <> 'all' then {{ ad_funnel.campaign_key('explained') }} end as campaign_key,
    case
        when explained.campaign_id = 'all' then 'all' else coalesce(campaigns.campaign_name, explained.campaign_id)
    end as campaign_name,
    explained.measure,
    explained.counted_by,
    explained.own,
    explained.reported,
    cast(explained.reported - explained.own as {{ money }}) as difference,
    {{ ad_funnel.ratio('explained.reported', 'explained.own') }} as reported_per_own,
    case
        when explained.own is not null and explained.reported is not null
            then abs(explained.reported - explained.own) <= {{ tolerance }} * abs(explained.own)
    end as is_within,
    case
        when explained.own <> explained.reported or explained.reported is null then nullif(explained.causes, '')
    end as causes,
    cast(explained.untagged_visits as bigint) as untagged_visits,
    cast(explained.all_orders as bigint) as all_orders,
    explained.is_row_mature as is_mature,
    freshness.data_through,
    freshness.built_at
from explained
left join {{ ref('dim_ads__campaigns') }} as campaigns
    on
        explained.platform = campaigns.platform
        and explained.campaign_id = campaigns.campaign_id
        and campaigns.is_current
cross join {{ ref('fct_ads__freshness') }} as freshness
