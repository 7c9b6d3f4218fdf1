-- One row per day, platform, campaign and ad whose spend is that of reports: of one campaign (or ad) and day the
-- charges of the `spend` table win, and of what accounts report beyond their campaigns those charges are taken away.
-- Where a platform that reports money reports deliveries of a campaign and day without it, a row says that it is
-- unknown.
{{ config(enabled=ad_funnel.reads_reports()) }}

with every_report as (

    select
        *,
        spend is not null or unknown_cost_rows > 0 as has_money
    from {{ ref('fct_ads__reports') }}
    where last_day = date_day

),

reports as (

    select *
    from every_report
    where has_money

),

ads as (

    select * from {{ ref('dim_ads__ads') }}

),

rates as (

    select * from {{ ref('dim_ads__exchange_rates') }}

),

-- A credit, or a line without an amount, says nothing of what was charged; a line that is not placed adds nothing.
charges as (

    select
        lines.date_day,
        lines.platform,
        coalesce(lines.campaign_id, ads.campaign_id, 'unknown') as campaign_id,
        lines.ad_id,
        {{ ad_funnel.in_reporting_currency(
            'lines.amount', 'lines.currency', 'rates.rate', ad_funnel.type_money()
        ) }} as amount
    from {{ ref('ledger_ads__spend') }} as lines
    left join ads
        on
            lines.platform = ads.platform
            and lines.ad_id = ads.ad_id
            and lines.date_day >= ads.valid_from
            and lines.date_day < ads.valid_to
    left join rates
        on
            lines.date_day = rates.date_day
            and lines.currency = rates.currency
    left join {{ ref('fct_ads__unplaced_spend') }} as unplaced
        on
            lines.date_day = unplaced.date_day
            and lines.platform = unplaced.platform
            and lines.ad_id = unplaced.ad_id
            and lines.campaign_id is null
    where
        lines.disposition = 'accepted'
        and not lines.is_credit
        and lines.amount is not null
        and unplaced.ad_id is null

),

charged_ads as (

    select distinct
        date_day,
        platform,
        ad_id
    from charges
    where ad_id is not null

),

charged_campaigns as (

    select
        date_day,
        platform,
        campaign_id,
        greatest(
            coalesce(sum(case when ad_id is null then amount end), 0),
            coalesce(sum(case when ad_id is not null then amount end), 0)
        ) as charged
    from charges
    group by date_day, platform, campaign_id

),

reported_campaigns as (

    select distinct
        date_day,
        platform,
        campaign_id
    from reports
    where level <> 'account'

),

-- Campaigns that only the spend table has: an account's report includes them, too.
charged_alone as (

    select
        charged_campaigns.date_day,
        charged_campaigns.platform,
        sum(charged_campaigns.charged) as charged
    from charged_campaigns
    left join reported_campaigns
        on
            charged_campaigns.date_day = reported_campaigns.date_day
            and charged_campaigns.platform = reported_campaigns.platform
            and charged_campaigns.campaign_id = reported_campaigns.campaign_id
    where reported_campaigns.campaign_id is null
    group by charged_campaigns.date_day, charged_campaigns.platform

),

of_campaigns as (

    select
        reports.date_day,
        reports.platform,
        reports.campaign_id,
        reports.ad_id,
        sum(reports.spend) as spend,
        sum(reports.unknown_cost_rows) as unknown_cost_events
    from reports
    left join charged_campaigns
        on
            reports.date_day = charged_campaigns.date_day
            and reports.platform = charged_campaigns.platform
            and reports.campaign_id = charged_campaigns.campaign_id
    left join charged_ads
        on
            reports.date_day = charged_ads.date_day
            and reports.platform = charged_ads.platform
            and reports.ad_id = charged_ads.ad_id
    where reports.level <> 'account' and charged_campaigns.campaign_id is null and charged_ads.ad_id is null
    group by reports.date_day, reports.platform, reports.campaign_id, reports.ad_id

),

of_accounts as (

    select
        date_day,
        platform,
        campaign_id,
        ad_id,
        sum(spend) as spend,
        sum(unknown_cost_rows) as unknown_cost_events
    from reports
    where level = 'account'
    group by date_day, platform, campaign_id, ad_id

),

platforms as (

    select distinct platform
    from reports

),

accounts as (

    select distinct
        date_day,
        platform
    from reports
    where level = 'account'

),

-- The money of a line's campaign, and of its whole account, is also the line's.
without_money as (

    select
        every_report.date_day,
        every_report.platform,
        every_report.campaign_id,
        every_report.ad_id,
        count(*) as uncosted_rows
    from every_report
    inner join platforms
        on every_report.platform = platforms.platform
    left join accounts
        on
            every_report.date_day = accounts.date_day
            and every_report.platform = accounts.platform
    left join reported_campaigns
        on
            every_report.date_day = reported_campaigns.date_day
            and every_report.platform = reported_campaigns.platform
            and (every_report.level = 'account' or every_report.campaign_id = reported_campaigns.campaign_id)
    left join charged_campaigns
        on
            every_report.date_day = charged_campaigns.date_day
            and every_report.platform = charged_campaigns.platform
            and (every_report.level = 'account' or every_report.campaign_id = charged_campaigns.campaign_id)
    left join charged_ads
        on
            every_report.date_day = charged_ads.date_day
            and every_report.platform = charged_ads.platform
            and every_report.ad_id = charged_ads.ad_id
    where
        (every_report.impressions > 0 or every_report.clicks > 0)
        and accounts.platform is null
        and reported_campaigns.platform is null
        and charged_campaigns.platform is null
        and charged_ads.platform is null
    group by every_report.date_day, every_report.platform, every_report.campaign_id, every_report.ad_id

),

left_of_accounts as (

    select
        of_accounts.date_day,
        of_accounts.platform,
        of_accounts.campaign_id,
        of_accounts.ad_id,
        case
            when charged_alone.charged is null then of_accounts.spend
            when of_accounts.spend > charged_alone.charged then of_accounts.spend - charged_alone.charged
            when of_accounts.spend is not null then 0
        end as spend,
        of_accounts.unknown_cost_events
    from of_accounts
    left join charged_alone
        on
            of_accounts.date_day = charged_alone.date_day
            and of_accounts.platform = charged_alone.platform

)

select
    date_day,
    platform,
    campaign_id,
    ad_id,
    ad_id = 'unallocated' as is_unallocated,
    cast(spend as {{ ad_funnel.type_money_sum() }}) as spend,
    cast(unknown_cost_events as bigint) as unknown_cost_events,
    cast(0 as bigint) as uncosted_rows
from of_campaigns

union all

select
    date_day,
    platform,
    campaign_id,
    ad_id,
    true as is_unallocated,
    cast(spend as {{ ad_funnel.type_money_sum() }}) as spend,
    cast(unknown_cost_events as bigint) as unknown_cost_events,
    cast(0 as bigint) as uncosted_rows
from left_of_accounts

union all

select
    date_day,
    platform,
    campaign_id,
    ad_id,
    ad_id = 'unallocated' as is_unallocated,
    cast(null as {{ ad_funnel.type_money_sum() }}) as spend,
    cast(0 as bigint) as unknown_cost_events,
    cast(uncosted_rows as bigint) as uncosted_rows
from without_money
