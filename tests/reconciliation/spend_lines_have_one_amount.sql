-- Spend lines of one key (day, platform, campaign, ad, currency) and one load, or without a load time, have one amount.
-- Other amounts are lines of a finer level that is not mapped, and all but one would be lost. Cure: add them up in a
-- short model, or map the finer level; the message names the money and the columns that tell the rows apart.
{% set query = ad_funnel.spend_lines_by_load(ref('ledger_ads__spend')) %}
{% set never = ad_funnel.setting('ad_funnel__conflict_stop_basis_points') | int >= 10000 %}
{% if not execute %}
{% do ad_funnel.raw_table('spend') %}
{% elif ad_funnel.can_stop() and not never %}
{% set found = ad_funnel.rows_of(query) %}
{% if found %}{% do ad_funnel.stop_for_spend(found) %}{% endif %}
{% endif %}

select *
from (
    {{ query }}
) as lines
{% if never %}
where 1 = 0
{% endif %}
