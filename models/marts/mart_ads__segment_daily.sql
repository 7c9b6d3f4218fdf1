-- One row per reporting day, platform, campaign and segment that anything tells of.
{{ config(enabled=ad_funnel.has_segments(), contract=ad_funnel.contract()) }}
{% set rates = ad_funnel.segment_rates() %}
{% set parent = 'date_day, platform, segment_type, parent_campaign_id' %}

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
        *,
        max(spend) over (partition by platform) is not null as has_spend
    from {{ ref('fct_ads__segment_daily') }}

),

measured as (

    select
        sums.date_day,
        sums.platform,
        sums.campaign_id,
        sums.segment_type,
        sums.segment,
        {{ ad_funnel.measure_values() }},
        sums.cost_source,
        -- Whose segments these are: a campaign's, but audiences are those of a platform.
        case when sums.segment_type <> 'targeting_segment' then sums.campaign_id end as parent_campaign_id
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
        measured.*,
        coalesce(campaigns.campaign_name, measured.campaign_id) as campaign_name,
        campaigns.objective,
        freshness.data_through,
        freshness.built_at,
        {{ ad_funnel.completeness_columns() }}
    from with_spread as measured
    left join campaigns
        on
            measured.platform = campaigns.platform
            and measured.campaign_id = campaigns.campaign_id
    cross join freshness

)

select
    date_day,
    platform,
    campaign_id,
    {{ ad_funnel.campaign_key() }} as campaign_key,
    campaign_name,
    objective,
    segment_type,
    segment,
    {{ ad_funnel.measures() | join(',\n    ') }},
    cost_source,
    is_cost_complete,
    is_value_complete,
    {{ ad_funnel.metric_columns() }},
    {{ ad_funnel.cell_rates(rates) }},
    {{ ad_funnel.freshness_columns(ad_funnel.add_days('date_day', 1)) }},
    data_through,
    built_at
from complete
