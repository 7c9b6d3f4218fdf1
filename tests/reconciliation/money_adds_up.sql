-- Each unit of money ends in exactly one place. What events cost and what spend lines tell is what the daily rows
-- spend, plus the event costs that a spend line superseded; and what lines tell is what the spend fact says they do,
-- what it could not place apart.
with event_costs as (

    select sum(event_cost) as amount from {{ ref('fct_ads__impressions_by_day') }}

    union all

    select sum(event_cost) as amount from {{ ref('fct_ads__clicks') }}

),

told as (

    select coalesce(sum(amount), 0) as amount
    from (
        select amount from event_costs
        union all
        select sum(spend) as amount from {{ ref('fct_ads__spend') }}
    ) as sources

),

booked as (

    select coalesce(sum(spend), 0) + coalesce(sum(superseded_event_cost), 0) as amount
    from {{ ref('fct_ads__daily') }}

),

-- The lines of a campaign's day, said again without the netting of the fact: the greater of what the campaign and what
-- its ads were charged, less credits. Days with money in an unknown currency are left to unknown_cost_events.
lines as (

    select
        lines.date_day,
        lines.platform,
        coalesce(lines.campaign_id, ads.campaign_id, 'unknown') as campaign_id,
        lines.ad_id is null as is_campaign_line,
        lines.is_credit,
        lines.ad_id is not null and coalesce(lines.campaign_id, ads.campaign_id) is null as is_of_unknown_ad,
        max(case when lines.ad_id is null and not lines.is_credit and lines.amount is not null then 1 else 0 end)
            over (partition by lines.date_day, lines.platform) as has_campaign_lines,
        {{ ad_funnel.in_reporting_currency(
            'lines.amount', 'lines.currency', 'rates.rate', ad_funnel.type_money()
        ) }} as amount
    from {{ ref('ledger_ads__spend') }} as lines
    left join {{ ref('dim_ads__ads') }} as ads
        on
            lines.platform = ads.platform
            and lines.ad_id = ads.ad_id
            and lines.date_day >= ads.valid_from
            and lines.date_day < ads.valid_to
    left join {{ ref('dim_ads__exchange_rates') }} as rates
        on
            lines.date_day = rates.date_day
            and lines.currency = rates.currency
    where lines.disposition = 'accepted'

),

campaign_days as (

    select
        date_day,
        platform,
        campaign_id,
        greatest(
            coalesce(sum(case when is_campaign_line and not is_credit then amount end), 0),
            coalesce(sum(case when not is_campaign_line and not is_credit then amount end), 0)
        ) + coalesce(sum(case when is_credit then amount end), 0) as amount
    from lines
    where not (is_of_unknown_ad and has_campaign_lines = 1)
    group by date_day, platform, campaign_id
    having count(*) = count(amount)

),

spend_days as (

    select
        date_day,
        platform,
        campaign_id,
        sum(spend) as amount
    from {{ ref('fct_ads__spend') }}
    where not is_reported
    group by date_day, platform, campaign_id

),

unplaced as (

    select coalesce(sum(amount), 0) as amount
    from lines
    where is_of_unknown_ad and has_campaign_lines = 1

),

booked_as_unplaced as (

    select coalesce(sum(unplaced_spend), 0) as amount from {{ ref('fct_ads__spend') }}

)

select
    cast(null as date) as date_day,
    'every platform' as platform,
    'every campaign' as campaign_id,
    told.amount as told_amount,
    booked.amount as booked_amount
from told
cross join booked
where told.amount <> booked.amount

union all

select
    campaign_days.date_day,
    campaign_days.platform,
    campaign_days.campaign_id,
    campaign_days.amount as told_amount,
    spend_days.amount as booked_amount
from campaign_days
left join spend_days
    on
        campaign_days.date_day = spend_days.date_day
        and campaign_days.platform = spend_days.platform
        and campaign_days.campaign_id = spend_days.campaign_id
where spend_days.amount is null or campaign_days.amount <> spend_days.amount

union all

select
    cast(null as date) as date_day,
    'every platform' as platform,
    'lines that are not placed' as campaign_id,
    unplaced.amount as told_amount,
    booked_as_unplaced.amount as booked_amount
from unplaced
cross join booked_as_unplaced
where unplaced.amount <> booked_as_unplaced.amount
