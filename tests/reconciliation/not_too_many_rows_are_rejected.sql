-- Of a table's rows, or of those dated inside the look-back, more basis points (hundredths of a percent) were rejected
-- than ad_funnel__reject_stop_basis_points says: most often a column map or a format is wrong. Cure: mart_ads__ledger
-- has the reasons, ledger_ads__<table> the rows as they came; mend the map, or raise the limit.
{{ ad_funnel.rejected_beyond(ad_funnel.setting('ad_funnel__reject_stop_basis_points'), ref('mart_ads__ledger')) }}
