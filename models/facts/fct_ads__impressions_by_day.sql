-- One row per reporting day and what impressions say of themselves: platform, campaign, ad, traffic type and breakdown.
-- The part of fct_ads__daily that is worth storing by day; campaigns that only the ads table tells are joined there.
{{ config(**ad_funnel.stored_by_day('date_day')) }}
{% set rate = "rates.currency || '=' || cast(rates.rate as " ~ dbt.type_string() ~ ")" %}
{% set inputs %}
    select
        by_day.date_day,
        max(by_day.built_from) || ' '
        || coalesce({{ ad_funnel.texts_in_order(rate, ['rates.currency']) }}, '') as built_from
    from (
        select distinct
            date_day,
            built_from
        from {{ ref('ledger_ads__impressions_by_day') }}
        where disposition = 'accepted'
    ) as by_day
    left join {{ ref('dim_ads__exchange_rates') }} as rates
        on by_day.date_day = rates.date_day
    group by by_day.date_day
{% endset %}
{% set days = ad_funnel.changed_days(inputs) %}
{% set counts_users = ad_funnel.setting('ad_funnel__min_cell_users') > 0 %}
{% set grain = ['platform', 'campaign_id', 'ad_id', 'traffic_type'] + ad_funnel.setting('ad_funnel__breakdowns') %}
{{ ad_funnel.replaces_days(days) }}
with inputs as (

    {{ inputs }}

),

impressions as (

    select
        impressions.*,
        {{ ad_funnel.reporting_hour('impressions.impression_at') }} as hour_of_day,
        {{ ad_funnel.in_reporting_currency(
            'impressions.cost', 'impressions.currency', 'rates.rate', ad_funnel.type_event_money()
        ) }} as event_cost
    from {{ ref('ledger_ads__impressions') }} as impressions
    left join {{ ref('dim_ads__exchange_rates') }} as rates
        on
            impressions.date_day = rates.date_day
            and impressions.currency = rates.currency
    where impressions.disposition = 'accepted' and {{ ad_funnel.in_days(days, 'impressions.date_day') }}

),

by_day as (

    select
        date_day,
        {{ grain | join(',\n        ') }},
        count(*) as gross_impressions,
        cast(sum(case when is_invalid then 0 else 1 end) as bigint) as impressions,
        cast(
            sum(case when is_invalid then null when is_measurable then 1 when not is_measurable then 0 end) as bigint
        ) as measurable_impressions,
        cast(
            sum(
                case
                    when is_invalid then null
                    when is_measurable and is_viewable then 1
                    when is_measurable is not null then 0
                end
            ) as bigint
        ) as viewable_impressions,
        {{ 'count(distinct user_id)' if counts_users else 'cast(null as bigint)' }} as users,
        cast(sum(event_cost) as {{ ad_funnel.type_money_sum() }}) as event_cost,
        cast(count(event_cost) as bigint) as costed_impressions,
        cast(sum(case when cost is not null and event_cost is null then 1 else 0 end) as bigint)
            as unknown_cost_events
    from impressions
    group by date_day, {{ grain | join(', ') }}

)

select
    by_day.*,
    inputs.built_from
from by_day
left join inputs
    on by_day.date_day = inputs.date_day
