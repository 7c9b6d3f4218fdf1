-- One row per period (day, ISO week, month), what it is compared with (the period before, the same one last year),
-- platform and campaign that either of the two tells of: what changed, and what each cause did to it.
{{ config(contract=ad_funnel.contract()) }}
{% set double = ad_funnel.type_double() %}
{% set measures = [
    'impressions', 'clicks', 'conversions', 'spend', 'costed_events', 'uncosted_events', 'unknown_cost_events',
] %}
{% set shown = ['impressions', 'clicks', 'conversions', 'spend'] %}
{% set metrics = ['clicks_per_impression', 'conversions_per_click', 'cost_per_impression', 'cpc', 'cpa'] %}
{% set shows_partial = ad_funnel.setting('ad_funnel__partial_money_metrics') %}

with daily as (

    select * from {{ ref('fct_ads__daily') }}

),

comparisons as (

    select * from {{ ref('dim_ads__comparisons') }}

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

    {% for period, start in {
        'day': 'date_day',
        'week': ad_funnel.period_start('week', 'date_day'),
        'month': ad_funnel.period_start('month', 'date_day'),
    }.items() %}
    select
        '{{ period }}' as period,
        {{ start }} as period_start,
        platform,
        campaign_id,
        {{ ad_funnel.measure_sums() }}
    from daily
    group by {{ start }}, platform, campaign_id
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

lifetimes as (

    select
        platform,
        campaign_id,
        max(max(spend)) over (partition by platform) is not null as has_spend
    from daily
    group by platform, campaign_id

),

told as (

    {% for told_by in ['period_start', 'base_start'] %}
    select
        comparisons.*,
        sums.platform,
        sums.campaign_id
    from comparisons
    inner join sums
        on
            comparisons.period = sums.period
            and comparisons.{{ told_by }} = sums.period_start
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

pairs as (

    select distinct * from told

),

summed as (

    select
        pairs.*,
        {%- for name in measures %}
        now.{{ name }},
        base.{{ name }} as base_{{ name }},
        {%- endfor %}
        lifetimes.has_spend
    from pairs
    inner join lifetimes
        on
            pairs.platform = lifetimes.platform
            and pairs.campaign_id = lifetimes.campaign_id
    left join sums as now
        on
            pairs.period = now.period
            and pairs.period_start = now.period_start
            and pairs.platform = now.platform
            and pairs.campaign_id = now.campaign_id
    left join sums as base
        on
            pairs.period = base.period
            and pairs.base_start = base.period_start
            and pairs.platform = base.platform
            and pairs.campaign_id = base.campaign_id

),

measured as (

    select
        summed.period,
        summed.period_start,
        summed.next_start,
        summed.days,
        summed.compared_with,
        summed.base_start,
        summed.base_days,
        summed.is_base_whole,
        summed.platform,
        summed.campaign_id,
        {{ ad_funnel.measure_values(measures) }},
        {{ ad_funnel.measure_values(measures, 'base_') }}
    from summed
    cross join freshness

),

-- Of all campaigns together: each row's parts are parts of their change, too.
totals as (

    select
        *,
        {%- for name in shown + ['costed_events', 'uncosted_events', 'unknown_cost_events'] %}
        sum({{ name }}) over (partition by period, period_start, compared_with) as total_{{ name }},
        sum(base_{{ name }}) over (partition by period, period_start, compared_with) as base_total_{{ name }},
        {%- endfor %}
        unknown_cost_events = 0 as is_cost_complete,
        base_unknown_cost_events = 0 as is_base_cost_complete
    from measured

),

rates as (

    select
        {%- for base in ['', 'base_'] %}
        {%- set spend = base ~ 'spend' if shows_partial
            else '(case when is_' ~ base ~ 'cost_complete then ' ~ base ~ 'spend end)' %}
        {%- set is_total_known = '(' ~ base ~ 'total_costed_events > 0 or ' ~ base ~ 'total_uncosted_events = 0)'
            ~ ('' if shows_partial else ' and ' ~ base ~ 'total_unknown_cost_events = 0') %}
        {%- set total_spend = '(case when ' ~ is_total_known ~ ' then ' ~ base ~ 'total_spend end)' %}
        {{ ad_funnel.clicks_per_impression(base ~ 'clicks', base ~ 'impressions') }} as {{ base }}clicks_per_impression,
        {{ ad_funnel.conversions_per_click(base ~ 'conversions', base ~ 'clicks') }} as {{ base }}conversions_per_click,
        {{ ad_funnel.ratio(base ~ 'clicks', base ~ 'conversions') }} as {{ base }}clicks_per_conversion,
        {{ ad_funnel.cost_per_impression(spend, base ~ 'impressions') }} as {{ base }}cost_per_impression,
        {{ ad_funnel.cpc(spend, base ~ 'clicks') }} as {{ base }}cpc,
        {{ ad_funnel.cpa(spend, base ~ 'conversions') }} as {{ base }}cpa,
        {{ ad_funnel.cpc('coalesce(' ~ base ~ 'spend, 0)', base ~ 'clicks') }} as {{ base }}told_cpc,
        {{ ad_funnel.cpa(total_spend, base ~ 'total_conversions') }} as {{ base }}total_cpa,
        {{ ad_funnel.conversions_per_click(base ~ 'total_conversions', base ~ 'total_clicks') }}
            as {{ base }}total_conversions_per_click,
        {%- endfor %}
        totals.*
    from totals

),

-- conversions = volume x impression_share x click_rate x conversion_rate, and those of no impression.
-- All campaigns' cost per click = the sum of click_share x click_cost, and of what was paid for no click.
-- A rate that only one of the periods has did not change: what the campaign won or lost is volume and mix. (0 where
-- neither has it, NULL where it is not measured.)
factors as (

    select
        *,
        {%- for base, other in [('', 'base_'), ('base_', '')] %}
        cast({{ base }}total_impressions as {{ double }}) as {{ base }}volume,
        coalesce(
            {{ ad_funnel.ratio(base ~ 'impressions', base ~ 'total_impressions') }},
            {{ ad_funnel.ratio(other ~ 'impressions', other ~ 'total_impressions') }},
            0 * {{ base }}impressions
        ) as {{ base }}impression_share,
        coalesce({{ base }}clicks_per_impression, {{ other }}clicks_per_impression, 0 * {{ base }}clicks)
            as {{ base }}click_rate,
        coalesce({{ base }}conversions_per_click, {{ other }}conversions_per_click, 0 * {{ base }}conversions)
            as {{ base }}conversion_rate,
        case when {{ base }}impressions = 0 then {{ base }}conversions else 0 * {{ base }}impressions end
            as {{ base }}unshown_conversions,
        {{ ad_funnel.ratio(base ~ 'clicks', base ~ 'total_clicks') }} as {{ base }}click_share,
        coalesce({{ base }}told_cpc, {{ other }}told_cpc, 0) as {{ base }}click_cost,
        case
            when {{ base }}clicks > 0 then 0
            else {{ ad_funnel.ratio('coalesce(' ~ base ~ 'spend, 0)', base ~ 'total_clicks') }}
        end as {{ base }}unclicked_cost,
        {%- endfor %}
        case
            when total_cpa is not null and base_total_cpa is not null
                then 1 / {{ ad_funnel.mean_of('total_conversions_per_click') }}
        end as clicks_per_conversion_of_all
    from rates

),

parts as (

    select
        *,
        {{ ad_funnel.difference('volume') }} * {{ ad_funnel.mean_of('impression_share') }}
        * {{ ad_funnel.mean_product_of('click_rate', 'conversion_rate') }} as conversions_change_by_volume,
        {{ ad_funnel.difference('impression_share') }} * {{ ad_funnel.mean_of('volume') }}
        * {{ ad_funnel.mean_product_of('click_rate', 'conversion_rate') }} as conversions_change_by_mix,
        {{ ad_funnel.difference('click_rate') }} * {{ ad_funnel.mean_product_of('impressions', 'conversion_rate') }}
            as conversions_change_by_clicks_per_impression,
        {{ ad_funnel.difference('conversion_rate') }} * {{ ad_funnel.mean_product_of('impressions', 'click_rate') }}
            as conversions_change_by_conversions_per_click,
        cast({{ ad_funnel.difference('unshown_conversions') }} as {{ double }})
            as conversions_change_without_impressions,
        {{ ad_funnel.difference('cpc') }} * {{ ad_funnel.mean_of('clicks_per_conversion') }} as cpa_change_by_cpc,
        {{ ad_funnel.difference('clicks_per_conversion') }} * {{ ad_funnel.mean_of('cpc') }}
            as cpa_change_by_conversions_per_click,
        -- (0 times less than 0 is -0.0.)
        0 + {{ ad_funnel.difference('click_share') }} * clicks_per_conversion_of_all * (
            {{ ad_funnel.mean_of('click_cost') }}
            - {{ ad_funnel.mean_of('total_cpa') }} * {{ ad_funnel.mean_of('conversion_rate') }}
        ) as total_cpa_change_by_mix,
        {{ ad_funnel.difference('click_cost') }} * clicks_per_conversion_of_all
        * {{ ad_funnel.mean_of('click_share') }} as total_cpa_change_by_cpc,
        0 - {{ ad_funnel.difference('conversion_rate') }} * clicks_per_conversion_of_all
        * {{ ad_funnel.mean_of('click_share') }} * {{ ad_funnel.mean_of('total_cpa') }}
            as total_cpa_change_by_conversions_per_click,
        {{ ad_funnel.difference('unclicked_cost') }} * clicks_per_conversion_of_all
            as total_cpa_change_without_clicks
    from factors

)

select
    parts.period,
    parts.period_start,
    parts.days,
    parts.compared_with,
    parts.base_start,
    parts.base_days,
    parts.platform,
    parts.campaign_id,
    {{ ad_funnel.campaign_key('parts') }} as campaign_key,
    coalesce(campaigns.campaign_name, parts.campaign_id) as campaign_name,
    campaigns.objective,
    campaigns.targeting_segment,
    {%- for name in shown + metrics %}
    parts.{{ name }},
    parts.base_{{ name }},
    {{ ad_funnel.change_rate(name) }} as {{ name }}_change_rate,
    {%- endfor %}
    parts.conversions - parts.base_conversions as conversions_change,
    parts.conversions_change_by_volume,
    parts.conversions_change_by_mix,
    parts.conversions_change_by_clicks_per_impression,
    parts.conversions_change_by_conversions_per_click,
    parts.conversions_change_without_impressions,
    parts.cpa - parts.base_cpa as cpa_change,
    parts.cpa_change_by_cpc,
    parts.cpa_change_by_conversions_per_click,
    parts.total_cpa,
    parts.base_total_cpa,
    parts.total_cpa_change_by_mix,
    parts.total_cpa_change_by_cpc,
    parts.total_cpa_change_by_conversions_per_click,
    parts.total_cpa_change_without_clicks,
    parts.is_cost_complete,
    parts.is_base_cost_complete,
    coalesce(
        parts.is_base_whole and {{ ad_funnel.reporting_day_start('parts.next_start') }} <= freshness.data_through, false
    ) as is_whole,
    {{ ad_funnel.freshness_columns('parts.next_start') }},
    freshness.data_through,
    freshness.built_at
from parts
cross join freshness
left join campaigns
    on
        parts.platform = campaigns.platform
        and parts.campaign_id = campaigns.campaign_id
