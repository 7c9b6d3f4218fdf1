-- One row per platform, campaign and span of days that budgets were planned for: what was planned, what was spent by
-- the end of the last whole day, and where that leads.
{{ config(enabled=ad_funnel.is_measured(['budgets']), contract=ad_funnel.contract()) }}
{% set days = dbt.datediff('first_day', 'last_day', 'day') | trim %}
{% set days_over = dbt.datediff('first_day', 'last_day_over', 'day') | trim %}
{% set tolerance = ad_funnel.setting('ad_funnel__pacing_tolerance') %}

with lines as (

    select *
    from {{ ref('stg_ads__budgets') }}
    where reject_reason is null

),

daily as (

    select * from {{ ref('mart_ads__campaign_daily') }}

),

campaigns as (

    select *
    from {{ ref('dim_ads__campaigns') }}
    where is_current

),

freshness as (

    select * from {{ ref('fct_ads__freshness') }}

),

told_days as (

    select
        min(date_day) as first_told_day,
        max(date_day) as last_told_day
    from daily

),

-- The day that the latest event is of is not over. Where there are only spend lines, their last day is.
told as (

    select
        told_days.*,
        coalesce(
            {{ ad_funnel.add_days(ad_funnel.reporting_day('freshness.data_through'), -1) }}, told_days.last_told_day
        ) as last_whole_day
    from told_days
    cross join freshness

),

rates as (

    select * from {{ ref('dim_ads__exchange_rates') }}

),

-- At the rate of the plan's first day, or of the nearest day that rates are known for: plans reach into the future.
converted as (

    select
        lines.platform,
        lines.campaign_id,
        lines.first_day,
        lines.last_day,
        {{ ad_funnel.in_reporting_currency(
            'lines.amount', 'lines.currency', 'rates.rate', ad_funnel.type_money()
        ) }} as amount
    from lines
    cross join told
    left join rates
        on
            lines.currency = rates.currency
            and greatest(told.first_told_day, least(lines.first_day, told.last_told_day)) = rates.date_day

),

budgets as (

    select
        platform,
        campaign_id,
        first_day,
        last_day,
        cast(case when count(*) = count(amount) then sum(amount) end as {{ ad_funnel.type_money_sum() }}) as budget
    from converted
    group by platform, campaign_id, first_day, last_day

),

spend as (

    select
        budgets.platform,
        budgets.campaign_id,
        budgets.first_day,
        budgets.last_day,
        {{ ad_funnel.roll_up('spend') }} as spend,
        sum(daily.unknown_cost_events) as unknown_cost_events
    from budgets
    cross join told
    inner join daily
        on
            budgets.platform = daily.platform
            and budgets.campaign_id = daily.campaign_id
            and budgets.first_day <= daily.date_day
            and budgets.last_day >= daily.date_day
            and told.last_whole_day >= daily.date_day
    group by budgets.platform, budgets.campaign_id, budgets.first_day, budgets.last_day

),

-- Where no spend was ever reported of a campaign, that of a long gap without rows is unknown, too.
without_spend as (

    select
        platform,
        campaign_id,
        min(date_day) as first_day,
        max(date_day) as last_day
    from daily
    group by platform, campaign_id
    having max(spend) is null

),

-- A campaign of which no day is told has spent nothing.
measured as (

    select
        budgets.*,
        case
            when spend.campaign_id is null and without_spend.campaign_id is null
                then cast(0 as {{ ad_funnel.type_money_sum() }})
            else cast(spend.spend as {{ ad_funnel.type_money_sum() }})
        end as spend,
        coalesce(spend.unknown_cost_events, 0) = 0 as is_cost_complete,
        told.last_whole_day,
        case when told.last_whole_day is not null then least(budgets.last_day, told.last_whole_day) end
            as last_day_over
    from budgets
    cross join told
    left join spend
        on
            budgets.platform = spend.platform
            and budgets.campaign_id = spend.campaign_id
            and budgets.first_day = spend.first_day
            and budgets.last_day = spend.last_day
    left join without_spend
        on
            budgets.platform = without_spend.platform
            and budgets.campaign_id = without_spend.campaign_id
            and budgets.last_day >= without_spend.first_day
            and budgets.first_day <= without_spend.last_day
            and told.last_whole_day >= without_spend.first_day
            and budgets.first_day <= told.last_whole_day

),

counted as (

    select
        *,
        {{ days }} + 1 as days,
        case when last_day_over >= first_day then {{ days_over }} + 1 else 0 end as days_over
    from measured

),

paced as (

    select
        *,
        {%- if ad_funnel.setting('ad_funnel__partial_money_metrics') %}
        spend as known_spend,
        {%- else %}
        case when is_cost_complete then spend end as known_spend,
        {%- endif %}
        {{ ad_funnel.ratio('days_over', 'days') }} as planned_share
    from counted

),

shared as (

    select
        *,
        {{ ad_funnel.ratio('known_spend', 'budget') }} as spent_share
    from paced

)

select
    shared.platform,
    shared.campaign_id,
    {{ ad_funnel.campaign_key('shared') }} as campaign_key,
    coalesce(campaigns.campaign_name, shared.campaign_id) as campaign_name,
    shared.first_day,
    shared.last_day,
    cast(shared.days as integer) as days,
    cast(shared.days_over as integer) as days_over,
    shared.last_whole_day,
    shared.budget,
    shared.spend,
    shared.is_cost_complete,
    cast(shared.budget - shared.known_spend as {{ ad_funnel.type_money_sum() }}) as budget_left,
    shared.planned_share,
    shared.spent_share,
    {{ ad_funnel.ratio('spent_share', 'planned_share') }} as pace,
    {{ ad_funnel.ratio('known_spend', 'planned_share') }} as projected_spend,
    {{ ad_funnel.ratio('(budget - known_spend)', '(days - days_over)') }} as daily_spend_left,
    case
        when shared.budget is null then 'budget unknown'
        when shared.days_over = 0 then 'not begun'
        when shared.known_spend is null then 'spend unknown'
        when shared.spent_share > 1 then 'overspent'
        when shared.days_over = shared.days and shared.spent_share < 1 - {{ tolerance }} then 'ended below budget'
        when shared.days_over = shared.days then 'ended on budget'
        when shared.spent_share > (1 + {{ tolerance }}) * shared.planned_share then 'ahead of plan'
        when shared.spent_share < (1 - {{ tolerance }}) * shared.planned_share then 'behind plan'
        else 'on plan'
    end as status,
    freshness.data_through,
    freshness.built_at
from shared
left join campaigns
    on
        shared.platform = campaigns.platform
        and shared.campaign_id = campaigns.campaign_id
cross join freshness
