-- One row per platform, campaign and segment, over all its days.
{{ config(enabled=ad_funnel.has_segments(), contract=ad_funnel.contract()) }}
{% set rates = ad_funnel.segment_rates() %}
{% set parent = 'platform, segment_type, parent_campaign_id' %}

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
        platform,
        campaign_id,
        segment_type,
        segment,
        min(date_day) as first_day,
        max(date_day) as last_day,
        {{ ad_funnel.measure_sums() }}
    from {{ ref('fct_ads__segment_daily') }}
    group by platform, campaign_id, segment_type, segment

),

sums_and_money as (

    select
        *,
        max(spend) over (partition by platform) is not null as has_spend
    from sums

),

measured as (

    select
        sums_and_money.platform,
        sums_and_money.campaign_id,
        sums_and_money.segment_type,
        sums_and_money.segment,
        sums_and_money.first_day,
        sums_and_money.last_day,
        {{ ad_funnel.measure_values() }},
        sums_and_money.cost_source,
        -- Whose segments these are: a campaign's, but audiences are those of a platform.
        case
            when sums_and_money.segment_type <> 'targeting_segment' then sums_and_money.campaign_id
        end as parent_campaign_id
    from sums_and_money
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
    platform,
    campaign_id,
    {{ ad_funnel.campaign_key() }} as campaign_key,
    campaign_name,
    objective,
    segment_type,
    segment,
    first_day,
    last_day,
    {{ ad_funnel.measures() | join(',\n    ') }},
    cost_source,
    is_cost_complete,
    is_value_complete,
    {{ ad_funnel.metric_columns() }},
    {{ ad_funnel.cell_rates(rates) }},
    {{ ad_funnel.freshness_columns(ad_funnel.add_days('last_day', 1)) }},
    data_through,
    built_at
from complete
