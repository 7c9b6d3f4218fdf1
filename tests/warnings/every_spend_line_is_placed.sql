-- Spend lines of ads in no campaign that we know, on days for which the platform's campaigns have lines of their own.
-- That money may be in those already, so it is in no mart's `spend`; fct_ads__spend has it as `unplaced_spend`. Cure:
-- add the ads to the ads table, or name the campaign in the line.
{{ config(severity='warn') }}

select
    platform,
    ad_id,
    min(date_day) as first_day,
    max(date_day) as last_day,
    sum(unplaced_spend) as unplaced_spend
from {{ ref('fct_ads__spend') }}
where unplaced_spend is not null
group by platform, ad_id
