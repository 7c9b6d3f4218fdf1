-- Every raw click exactly once, with what became of it.
{{ config(**ad_funnel.stored_by_day('ledger_day')) }}
{% set version = ad_funnel.rule_version('clicks') %}
{% set days = ad_funnel.ledger_days('clicks', version, id='click_id') %}
{{ ad_funnel.replaces_days(days, 'ledger_day') }}
with staged as (

    select
        {{ ad_funnel.ledger_columns('clicks') }},
        {{ ad_funnel.id_number('click_id') }} as id_number,
        reject_reason,
        {{ ad_funnel.payload('clicks') }} as payload,
        {{ ad_funnel.row_json('raw_record') }} as raw_record
    from {{ ref('stg_ads__clicks') }}
    where {{ ad_funnel.in_staged_days(days) }}

),

{%- if days.has_copies %}

-- Copies on days that are not built: they have a say in which one is accepted, and stay as they are. One that is
-- accepted there stays so.
kept as (

    select
        {{ ad_funnel.ledger_columns('clicks') }},
        id_number,
        cast(null as {{ dbt.type_string() }}) as reject_reason,
        {{ ad_funnel.payload('clicks') }} as payload,
        raw_record,
        disposition = 'accepted' as is_settled
    from {{ this }}
    where
        {{ ad_funnel.is_copy() }}
        and not {{ ad_funnel.in_ledger_days(days) }}
        and id_number in (
            select staged.id_number
            from staged
            where staged.reject_reason is null
        )

),
{%- endif %}

candidates as (

    select
        *,
        false as is_settled,
        false as is_kept
    from staged
    {%- if days.has_copies %}
    union all
    select
        *,
        true as is_kept
    from kept
    {%- endif %}

),

copies as (

    select
        *,
        row_number() over (
            partition by platform, click_id, reject_reason is null
            order by is_settled desc nulls last, {{ ad_funnel.copy_order('clicks') }}
        ) as copy_number,
        first_value(payload) over (
            partition by platform, click_id, reject_reason is null
            order by is_settled desc nulls last, {{ ad_funnel.copy_order('clicks') }}
            rows between unbounded preceding and current row
        ) as accepted_payload,
        max(loaded_at) over (partition by platform, click_id, reject_reason is null) as latest_load
    from candidates

)

select
    {{ ad_funnel.ledger_columns('clicks') }},
    id_number,
    {{ ad_funnel.disposition() }} as disposition,
    {{ ad_funnel.disposition_reason('clicks') }} as reason,
    case when reject_reason is not null or copy_number > 1 then raw_record end as raw_record,
    '{{ version }}' as rule_version,
    '{{ invocation_id }}' as invocation_id
from copies
where not is_kept
