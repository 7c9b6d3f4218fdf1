-- The demo is dirty on purpose: it must meet every reason that the ledger can give, or the reason goes unshown.
{{ config(enabled=ad_funnel.is_demo()) }}

with expected as (

    {% for table, reasons in {
        'impressions': [
            'valid', 'bot', 'missing_id', 'invalid_timestamp', 'timestamp_out_of_range', 'in_future', 'invalid_number',
            'negative_cost', 'same_payload', 'other_payload',
        ],
        'clicks': [
            'valid', 'bot', 'invalid_impression', 'repeat_click', 'click_flood', 'missing_id', 'invalid_timestamp',
            'timestamp_out_of_range', 'in_future', 'invalid_number', 'negative_cost', 'same_payload', 'other_payload',
        ],
        'conversions': [
            'valid', 'invalid_click', 'invalid_impression', 'missing_id', 'invalid_timestamp', 'timestamp_out_of_range',
            'in_future', 'invalid_number', 'negative_value', 'invalid_adjustment', 'same_payload', 'other_payload',
        ],
        'visits': [
            'valid', 'bot', 'missing_id', 'invalid_timestamp', 'timestamp_out_of_range', 'in_future', 'same_payload',
            'other_payload',
        ],
        'spend': [
            'valid', 'missing_id', 'invalid_date', 'timestamp_out_of_range', 'in_future', 'invalid_number',
            'negative_cost', 'same_payload', 'superseded',
        ],
        'reports': [
            'valid', 'invalid_date', 'timestamp_out_of_range', 'in_future', 'invalid_number', 'unknown_parent',
            'same_payload', 'later_load',
        ],
    }.items() %}
    {% set table_loop = loop %}
    {% for reason in reasons %}
    select
        '{{ table }}' as source_table,
        '{{ reason }}' as reason
    {{ 'union all' if not (loop.last and table_loop.last) }}
    {% endfor %}
    {% endfor %}

)

select expected.*
from expected
left join {{ ref('mart_ads__ledger') }} as ledger
    on
        expected.source_table = ledger.source_table
        and expected.reason = ledger.reason
where ledger.reason is null
