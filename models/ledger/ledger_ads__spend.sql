-- Every raw spend line exactly once, with what became of it. A line told again supersedes the one before.
{{ config(**ad_funnel.stored_by_day('ledger_day')) }}
{% set version = ad_funnel.rule_version('spend') %}
{% set days = ad_funnel.ledger_days('spend', version) %}
{{ ad_funnel.replaces_days(days, 'ledger_day') }}
with staged as (

    select
        {{ ad_funnel.ledger_columns('spend') }},
        reject_reason,
        {{ ad_funnel.payload('spend') }} as payload,
        {{ ad_funnel.row_json('raw_record') }} as raw_record
    from {{ ref('stg_ads__spend') }}
    where {{ ad_funnel.in_staged_days(days) }}

),

copies as (

    select
        *,
        row_number() over (
            partition by platform, date_day, campaign_id, ad_id, currency, is_credit, reject_reason is null
            order by {{ ad_funnel.copy_order('spend') }}
        ) as copy_number,
        first_value(payload) over (
            partition by platform, date_day, campaign_id, ad_id, currency, is_credit, reject_reason is null
            order by {{ ad_funnel.copy_order('spend') }}
            rows between unbounded preceding and current row
        ) as accepted_payload,
        max(loaded_at) over (
            partition by platform, date_day, campaign_id, ad_id, currency, is_credit, reject_reason is null
        ) as latest_load
    from staged

)

select
    {{ ad_funnel.ledger_columns('spend') }},
    {{ ad_funnel.disposition() }} as disposition,
    {{ ad_funnel.disposition_reason('spend') }} as reason,
    case when reject_reason is not null or copy_number > 1 then raw_record end as raw_record,
    '{{ version }}' as rule_version,
    '{{ invocation_id }}' as invocation_id
from copies
