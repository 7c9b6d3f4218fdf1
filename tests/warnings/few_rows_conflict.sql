-- Of a table's rows or money, or of those in the look-back, more basis points (hundredths of a percent) than
-- ad_funnel__conflict_warn_basis_points are conflicts: rows of one key with different content, of which one counts.
-- Cure: ledger_ads__<table> has the rows (reason other_payload); make the key whole, or raise the limit. Repeated loads
-- that replace each other are no conflicts: map loaded_at, and set ad_funnel__<table>_keep: latest_load.
{{ config(severity='warn') }}

{{ ad_funnel.conflicts_beyond(ad_funnel.setting('ad_funnel__conflict_warn_basis_points'), ref('mart_ads__ledger')) }}
