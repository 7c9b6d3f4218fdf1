-- Values of optional columns that are there and cannot be read: they count as not given, and no row is rejected for
-- them. Each line has the table, the column, how many rows, an example and the fix. Cure: say in the column map how
-- they are written, or which text means nothing; docs/reading-values.md lists what is read.
{{ config(severity='warn') }}

{{ ad_funnel.unreadable_values() }}
