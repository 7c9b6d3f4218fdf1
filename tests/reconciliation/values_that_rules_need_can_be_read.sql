-- More load times, version days, partitions, credit marks or exchange rates cannot be read than
-- ad_funnel__reject_stop_basis_points says. They decide which spend line or version counts, and which way money goes:
-- the marts would be wrong without a word. Cure: say in the column map how they are written; each line has the table,
-- the column, how many rows, an example and the fix.
{{ ad_funnel.unreadable_values(ad_funnel.setting('ad_funnel__reject_stop_basis_points')) }}
