-- Every raw spend line exactly once, with what became of it. A line told again supersedes the one before.
with staged as (

    select * from {{ ref('stg_ads__spend') }}

),

copies as (

    select
        *,
        row_number() over (
            partition by platform, date_day, campaign_id, ad_id, currency, is_credit, reject_reason is null
            order by loaded_at desc nulls last, payload asc
        ) as copy_number,
        first_value(payload) over (
            partition by platform, date_day, campaign_id, ad_id, currency, is_credit, reject_reason is null
            order by loaded_at desc nulls last, payload asc
        ) as accepted_payload
    from staged

)

select
    {{ ad_funnel.ledger_columns('spend') }},
    {{ ad_funnel.disposition() }} as disposition,
    {{ ad_funnel.disposition_reason() }} as reason,
    case when reject_reason is not null or copy_number > 1 then raw_record end as raw_record,
    '{{ ad_funnel.rule_version() }}' as rule_version
from copies
