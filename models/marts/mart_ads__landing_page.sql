-- One row per month of clicks, platform, campaign, landing page and UTM fields.
{{ config(enabled=ad_funnel.has_landing_pages(), contract=ad_funnel.contract()) }}
{% set rates = {
    'landing_rate': ['landed_clicks', 'landing_measurable_clicks'],
    'cvr': ['converted_clicks', 'clicks'],
} %}
{% set parent = 'month_start, platform, campaign_id' %}
{% set fields = ad_funnel.utm_fields() %}
{% set measures = [
    'clicks', 'landing_measurable_clicks', 'landed_clicks', 'converted_clicks', 'conversions', 'conversion_value',
    'valued_conversions', 'unknown_value_conversions',
] %}
{% set shows_partial = ad_funnel.setting('ad_funnel__partial_money_metrics') %}
{% set value = 'conversion_value' if shows_partial else '(case when is_value_complete then conversion_value end)' %}

with campaigns as (

    select *
    from {{ ref('dim_ads__campaigns') }}
    where is_current

),

freshness as (

    select * from {{ ref('fct_ads__freshness') }}

),

sums as (

    select
        {%- for measure in measures %}
        cast(sum({{ measure }}) as {{ ad_funnel.measure_type(ad_funnel.measures()[measure]) }}) as {{ measure }},
        {%- endfor %}
        platform,
        campaign_id,
        landing_page,
        {{ fields | join(',\n        ') }},
        {{ ad_funnel.period_start('month', 'date_day') }} as month_start
    from {{ ref('fct_ads__landing_daily') }}
    group by
        {{ ad_funnel.period_start('month', 'date_day') }}, platform, campaign_id, landing_page,
        {{ fields | join(', ') }}

),

measured as (

    select
        sums.month_start,
        sums.platform,
        sums.campaign_id,
        sums.landing_page,
        {{ fields | join(',\n        ') }},
        {{ ad_funnel.measure_values(names=measures) }}
    from sums
    cross join freshness

),

with_parents as (

    select
        *,
        {{ ad_funnel.parent_rates(rates, parent) }}
    from measured

),

with_spread as (

    select
        *,
        {{ ad_funnel.rates_between(rates, parent) }}
    from with_parents

),

complete as (

    select
        with_spread.*,
        with_spread.unknown_value_conversions = 0 as is_value_complete,
        coalesce(campaigns.campaign_name, with_spread.campaign_id) as campaign_name,
        freshness.data_through,
        freshness.built_at
    from with_spread
    left join campaigns
        on
            with_spread.platform = campaigns.platform
            and with_spread.campaign_id = campaigns.campaign_id
    cross join freshness

)

select
    month_start,
    platform,
    campaign_id,
    {{ ad_funnel.campaign_key() }} as campaign_key,
    campaign_name,
    landing_page,
    {{ fields | join(',\n    ') }},
    {{ measures | join(',\n    ') }},
    is_value_complete,
    {{ ad_funnel.landing_rate() }} as landing_rate,
    {{ ad_funnel.cvr() }} as cvr,
    {{ ad_funnel.cell_rates(rates) }},
    {{ ad_funnel.conversions_per_click() }} as conversions_per_click,
    {{ ad_funnel.average_conversion_value(value) }} as average_conversion_value,
    {{ ad_funnel.value_per_click(value) }} as value_per_click,
    {{ ad_funnel.freshness_columns(ad_funnel.next_month('month_start')) }},
    data_through,
    built_at
from complete
