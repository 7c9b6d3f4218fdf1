-- Rows of one line and one load with the same numbers: one of them counts. They are copies, or of two devices, hours or
-- placements that happen to have the same numbers. Cure: map what tells them apart as `segment`, or remove the copies.
{{ config(severity='warn', enabled=ad_funnel.reads_reports()) }}

select
    platform,
    currency,
    count(*) as row_count,
    sum(spend) as spend
from {{ ref('ledger_ads__reports') }}
where
    reason = 'repeated_in_load'
    and (
        {%- for measure in ad_funnel.report_measures() %}
        {{ 'or ' if not loop.first }}{{ measure }} <> 0
        {%- endfor %}
    )
group by platform, currency
