-- Money in a currency without a rate for its day, or a spend line without an amount: it is left out of the totals, and
-- the metrics made of it are NULL. Cure: add the rates to the exchange rates table, or the amount to the line.
{{ config(severity='warn') }}

select
    date_day,
    platform,
    campaign_id,
    unknown_cost_events,
    unknown_value_conversions
from {{ ref('fct_ads__daily') }}
where unknown_cost_events > 0 or unknown_value_conversions > 0
