-- One row per reporting day of conversion (a month is the sum of its days), channel, campaign and attribution model.
-- The spend of a day stands beside each model: look at one model at a time.
{{ config(enabled=ad_funnel.has_attribution(), contract=ad_funnel.contract()) }}

with attributed as (

    select * from {{ ref('fct_ads__attribution_daily') }}

),

spend as (

    select
        date_day,
        platform as channel,
        campaign_id,
        sum(spend) as spend,
        sum(unknown_cost_events) as unknown_cost_events,
        sum(costed_events) as costed_events,
        sum(uncosted_events) as uncosted_events
    from {{ ref('fct_ads__daily') }}
    group by date_day, platform, campaign_id

),

campaigns as (

    select *
    from {{ ref('dim_ads__campaigns') }}
    where is_current

),

freshness as (

    select * from {{ ref('fct_ads__freshness') }}

),

-- A day on which money was spent is a row of every model, though nothing is credited there.
cells as (

    select distinct
        date_day,
        channel,
        campaign_id
    from (
        select
            date_day,
            channel,
            campaign_id
        from attributed
        union all
        select
            date_day,
            channel,
            campaign_id
        from spend
        where spend is not null or unknown_cost_events > 0
    ) as credited_or_paid

),

-- Without those that have too many channels and credit nobody.
models as (

    select model
    from (
        {% for model in ad_funnel.built_attribution_models() %}
        select '{{ model }}' as model
        {{ 'union all' if not loop.last }}
        {% endfor %}
    ) as built
    where model in (select attributed.model from attributed) or not exists (select 1 from attributed)

),

-- As in the other marts: where a platform's costs are known, a day on which nothing was shown or clicked cost nothing.
paid_channels as (

    select channel
    from spend
    group by channel
    having max(spend) is not null

),

measured as (

    select
        cells.date_day,
        cells.channel,
        cells.campaign_id,
        models.model,
        coalesce(attributed.conversions, 0) as conversions,
        case
            when attributed.conversions > 0 then attributed.conversion_value
            when freshness.has_all_conversion_value then 0
        end as conversion_value,
        case
            when
                spend.spend is null
                and coalesce(spend.uncosted_events, 0) = 0
                and paid_channels.channel is not null
                then 0
            else spend.spend
        end as spend,
        coalesce(attributed.valued_conversions, 0) as valued_conversions,
        coalesce(spend.costed_events, 0) as costed_events,
        coalesce(spend.uncosted_events, 0) as uncosted_events,
        coalesce(spend.unknown_cost_events, 0) as unknown_cost_events,
        coalesce(attributed.unknown_value_conversions, 0) as unknown_value_conversions,
        coalesce(spend.unknown_cost_events, 0) = 0 as is_cost_complete,
        coalesce(attributed.unknown_value_conversions, 0) = 0 as is_value_complete
    from cells
    cross join models
    cross join freshness
    left join attributed
        on
            cells.date_day = attributed.date_day
            and cells.channel = attributed.channel
            and cells.campaign_id = attributed.campaign_id
            and models.model = attributed.model
    left join spend
        on
            cells.date_day = spend.date_day
            and cells.channel = spend.channel
            and cells.campaign_id = spend.campaign_id
    left join paid_channels
        on cells.channel = paid_channels.channel

)

select
    measured.date_day,
    {{ ad_funnel.period_start('month', 'measured.date_day') }} as month_start,
    measured.channel,
    measured.campaign_id,
    coalesce(campaigns.campaign_name, measured.campaign_id) as campaign_name,
    measured.model,
    cast(measured.conversions as {{ ad_funnel.type_credit_sum() }}) as conversions,
    cast(measured.conversion_value as {{ ad_funnel.type_money_sum() }}) as conversion_value,
    cast(measured.valued_conversions as {{ ad_funnel.type_credit_sum() }}) as valued_conversions,
    cast(measured.spend as {{ ad_funnel.type_money_sum() }}) as spend,
    cast(measured.costed_events as bigint) as costed_events,
    cast(measured.uncosted_events as bigint) as uncosted_events,
    cast(measured.unknown_cost_events as bigint) as unknown_cost_events,
    cast(measured.unknown_value_conversions as {{ ad_funnel.type_credit_sum() }}) as unknown_value_conversions,
    measured.is_cost_complete,
    measured.is_value_complete,
    {{ ad_funnel.attributed_money_metrics() }},
    freshness.data_through,
    freshness.built_at
from measured
left join campaigns
    on
        measured.channel = campaigns.platform
        and measured.campaign_id = campaigns.campaign_id
cross join freshness
