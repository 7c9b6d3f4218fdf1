-- Lines of reports whose campaign (ad group, account) nobody knows, on days whose campaigns report, too: adding them
-- could count them twice, so they are in no sum. Cure: add their ads to the ads table, or campaign_id to the reports.
{{ config(severity='warn', enabled=ad_funnel.reads_reports()) }}

select
    platform,
    account_id,
    level,
    coalesce(ad_id, ad_group_id, campaign_id) as id,
    currency,
    count(*) as row_count,
    sum(spend) as spend
from {{ ref('ledger_ads__reports') }}
where disposition = 'unplaced'
group by platform, account_id, level, coalesce(ad_id, ad_group_id, campaign_id), currency
