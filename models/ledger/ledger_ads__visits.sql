-- Every raw visit exactly once, with what became of it. Visits are read for attribution and landing pages.
{{ config(enabled=ad_funnel.reads_visits(), **ad_funnel.stored_by_day('ledger_day')) }}
{% set version = ad_funnel.rule_version('visits') %}
{% set days = ad_funnel.ledger_days('visits', version, id='visit_id') %}
{{ ad_funnel.replaces_days(days, 'ledger_day') }}
with staged as (

    select
        {{ ad_funnel.ledger_columns('visits') }},
        {{ ad_funnel.id_number('visit_id') }} as id_number,
        reject_reason,
        {{ ad_funnel.payload('visits') }} as payload,
        {{ ad_funnel.row_json('raw_record') }} as raw_record
    from {{ ref('stg_ads__visits') }}
    where {{ ad_funnel.in_staged_days(days) }}

),

{%- if days.has_copies %}

-- Copies on days that are not built: they have a say in which one is accepted, and stay as they are. One that is
-- accepted there stays so.
kept as (

    select
        {{ ad_funnel.ledger_columns('visits') }},
        id_number,
        cast(null as {{ dbt.type_string() }}) as reject_reason,
        {{ ad_funnel.payload('visits') }} as payload,
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
            partition by visit_id, reject_reason is null
            order by is_settled desc nulls last, {{ ad_funnel.copy_order('visits') }}
        ) as copy_number,
        first_value(payload) over (
            partition by visit_id, reject_reason is null
            order by is_settled desc nulls last, {{ ad_funnel.copy_order('visits') }}
            rows between unbounded preceding and current row
        ) as accepted_payload,
        max(loaded_at) over (partition by visit_id, reject_reason is null) as latest_load
    from candidates

),

judged as (

    select
        {{ ad_funnel.ledger_columns('visits') }},
        id_number,
        {{ ad_funnel.disposition() }} as disposition,
        {{ ad_funnel.disposition_reason('visits') }} as reason,
        case when reject_reason is not null or copy_number > 1 then raw_record end as raw_record
    from copies
    where not is_kept

),

user_agents as (

    select distinct user_agent
    from judged
    where user_agent is not null

),

bots as (

    select distinct user_agents.user_agent
    from user_agents
    inner join {{ ref('stg_ads__bot_patterns') }} as bot_patterns
        on {{ ad_funnel.fits_bot_pattern('user_agents.user_agent', 'bot_patterns.pattern') }}

)

select
    judged.*,
    case when judged.disposition = 'accepted' and bots.user_agent is not null then 'bot' end as invalid_reason,
    judged.disposition = 'accepted' and bots.user_agent is not null as is_invalid,
    '{{ version }}' as rule_version,
    '{{ invocation_id }}' as invocation_id
from judged
left join bots
    on judged.user_agent = bots.user_agent
