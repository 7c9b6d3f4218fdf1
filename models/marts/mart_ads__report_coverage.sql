-- One row per month, platform and account: how far its reports can be trusted. What became of the rows, at which level
-- the money is, which days are missing.
{{ config(enabled=ad_funnel.reads_reports(), contract=ad_funnel.contract()) }}

with ledger as (

    select
        *,
        coalesce(line_account_id, 'unknown') as known_account_id,
        {{ ad_funnel.period_start('month', 'date_day') }} as month_start
    from {{ ref('ledger_ads__reports') }}
    where date_day is not null

),

rates as (

    select * from {{ ref('dim_ads__exchange_rates') }}

),

rows_by_month as (

    select
        ledger.month_start,
        ledger.platform,
        ledger.known_account_id as account_id,
        count(*) as report_rows,
        sum(case when ledger.disposition = 'accepted' then 1 else 0 end) as accepted_rows,
        sum(case when ledger.disposition = 'duplicate' then 1 else 0 end) as duplicate_rows,
        sum(case when ledger.disposition = 'superseded' then 1 else 0 end) as superseded_rows,
        sum(case when ledger.disposition = 'unplaced' then 1 else 0 end) as unplaced_rows,
        sum(case when ledger.disposition = 'rejected' then 1 else 0 end) as rejected_rows,
        sum(case
            when ledger.disposition = 'unplaced'
                then {{ ad_funnel.in_reporting_currency(
                    'ledger.spend', 'ledger.currency', 'rates.rate', ad_funnel.type_money()
                ) }}
        end) as unplaced_spend,
        sum(case when ledger.last_day > ledger.date_day then 1 else 0 end) as period_rows,
        count(distinct case
            when ledger.disposition = 'accepted' and ledger.last_day = ledger.date_day then ledger.date_day
        end) as days_reported,
        max(ledger.loaded_at) as last_loaded_at
    from ledger
    left join rates
        on
            ledger.date_day = rates.date_day
            and ledger.currency = rates.currency
    group by ledger.month_start, ledger.platform, ledger.known_account_id

),

lines_by_month as (

    select
        {{ ad_funnel.period_start('month', 'date_day') }} as month_start,
        platform,
        account_id,
        count(*) as report_lines,
        sum(spend) as spend,
        sum(case when level = 'ad' then spend end) as ad_spend,
        sum(case when level = 'ad_group' then spend end) as ad_group_spend,
        sum(case when level = 'campaign' then spend end) as campaign_spend,
        sum(case when level = 'account' then spend end) as account_spend,
        sum(case when finer_lines_exceed then 1 else 0 end) as exceeded_lines,
        sum(unknown_cost_rows) as unknown_cost_rows,
        sum(case when is_other_day then 1 else 0 end) as other_day_lines
    from {{ ref('fct_ads__reports') }}
    where last_day = date_day
    group by {{ ad_funnel.period_start('month', 'date_day') }}, platform, account_id

),

accounts as (

    select
        platform,
        account_id,
        min(date_day) as first_day,
        max(date_day) as last_day
    from {{ ref('fct_ads__reports') }}
    where last_day = date_day
    group by platform, account_id

),

-- From the account's first reported day to its last.
days_by_month as (

    select
        days.month_start,
        accounts.platform,
        accounts.account_id,
        count(*) as days
    from accounts
    inner join {{ ref('dim_ads__days') }} as days
        on
            accounts.first_day <= days.date_day
            and accounts.last_day >= days.date_day
    group by days.month_start, accounts.platform, accounts.account_id

),

-- A month without a row is one of missing days, too.
months as (

    select distinct
        month_start,
        platform,
        account_id
    from (
        select
            month_start,
            platform,
            account_id
        from days_by_month

        union all

        select
            month_start,
            platform,
            account_id
        from rows_by_month
    ) as told

),

counted as (

    select
        months.month_start,
        months.platform,
        months.account_id,
        coalesce(rows_by_month.report_rows, 0) as report_rows,
        coalesce(rows_by_month.accepted_rows, 0) as accepted_rows,
        coalesce(rows_by_month.duplicate_rows, 0) as duplicate_rows,
        coalesce(rows_by_month.superseded_rows, 0) as superseded_rows,
        coalesce(rows_by_month.unplaced_rows, 0) as unplaced_rows,
        coalesce(rows_by_month.rejected_rows, 0) as rejected_rows,
        coalesce(rows_by_month.period_rows, 0) as period_rows,
        coalesce(lines_by_month.report_lines, 0) as report_lines,
        lines_by_month.spend,
        lines_by_month.ad_spend,
        lines_by_month.ad_group_spend,
        lines_by_month.campaign_spend,
        lines_by_month.account_spend,
        rows_by_month.unplaced_spend,
        coalesce(lines_by_month.exceeded_lines, 0) as exceeded_lines,
        coalesce(lines_by_month.unknown_cost_rows, 0) as unknown_cost_rows,
        coalesce(lines_by_month.other_day_lines, 0) as other_day_lines,
        coalesce(days_by_month.days, 0) as days,
        coalesce(rows_by_month.days_reported, 0) as days_reported,
        rows_by_month.last_loaded_at
    from months
    left join rows_by_month
        on
            months.month_start = rows_by_month.month_start
            and months.platform = rows_by_month.platform
            and months.account_id = rows_by_month.account_id
    left join lines_by_month
        on
            months.month_start = lines_by_month.month_start
            and months.platform = lines_by_month.platform
            and months.account_id = lines_by_month.account_id
    left join days_by_month
        on
            months.month_start = days_by_month.month_start
            and months.platform = days_by_month.platform
            and months.account_id = days_by_month.account_id

)

select
    counted.month_start,
    counted.platform,
    counted.account_id,
    cast(counted.report_rows as bigint) as report_rows,
    cast(counted.accepted_rows as bigint) as accepted_rows,
    cast(counted.duplicate_rows as bigint) as duplicate_rows,
    cast(counted.superseded_rows as bigint) as superseded_rows,
    cast(counted.unplaced_rows as bigint) as unplaced_rows,
    cast(counted.rejected_rows as bigint) as rejected_rows,
    cast(counted.period_rows as bigint) as period_rows,
    cast(counted.report_lines as bigint) as report_lines,
    cast(counted.spend as {{ ad_funnel.type_money_sum() }}) as spend,
    cast(counted.unplaced_spend as {{ ad_funnel.type_money_sum() }}) as unplaced_spend,
    {{ ad_funnel.ratio('counted.ad_spend', 'counted.spend') }} as ad_spend_share,
    {{ ad_funnel.ratio('counted.ad_group_spend', 'counted.spend') }} as ad_group_spend_share,
    {{ ad_funnel.ratio('counted.campaign_spend', 'counted.spend') }} as campaign_spend_share,
    {{ ad_funnel.ratio('counted.account_spend', 'counted.spend') }} as account_spend_share,
    cast(counted.exceeded_lines as bigint) as exceeded_lines,
    cast(counted.unknown_cost_rows as bigint) as unknown_cost_rows,
    cast(counted.other_day_lines as bigint) as other_day_lines,
    cast(counted.days as integer) as days,
    cast(counted.days - counted.days_reported as integer) as days_missing,
    counted.last_loaded_at,
    freshness.built_at
from counted
cross join {{ ref('fct_ads__freshness') }} as freshness
