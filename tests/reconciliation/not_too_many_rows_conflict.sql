-- Of a table's rows or money, or of those in the look-back, more basis points than
-- ad_funnel__conflict_stop_basis_points are conflicts: rows of one key with different content, of which one counts. The
-- message says what tells them apart. Cure: make the key whole, add the rows up in a short model, or raise the limit.
{% set query = ad_funnel.conflicts_beyond(
    ad_funnel.setting('ad_funnel__conflict_stop_basis_points'), ref('mart_ads__ledger')
) %}
{% if not execute %}
{% for table in ad_funnel.ledger_tables() %}{% do ad_funnel.raw_table(table) %}{% endfor %}
{% elif ad_funnel.can_stop() %}
{% set found = ad_funnel.rows_of(query) %}
{% if found %}{% do ad_funnel.stop_for_conflicts(found) %}{% endif %}
{% endif %}

{{ query }}
