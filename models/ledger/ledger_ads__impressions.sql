-- Every raw impression exactly once, with what became of it.
{{ config(**ad_funnel.stored_by_day('ledger_day')) }}
{% set version = ad_funnel.rule_version('impressions') %}
{% set days = ad_funnel.ledger_days('impressions', version, id='impression_id') %}
{{ ad_funnel.replaces_days(days, 'ledger_day') }}
with

-- Read anew for each purpose below, mostly few columns or few rows of it: impressions are too many to keep in memory.
staged as {{ ad_funnel.read_anew() }} (

    select
        *,
        {{ ad_funnel.id_number('impression_id') }} as id_number
    from {{ ref('stg_ads__impressions') }}
    where {{ ad_funnel.in_staged_days(days) }}

),
{%- if days.has_copies %}

-- Copies on days that are not built: they have a say in which one is accepted, and stay as they are. One that is
-- accepted there stays so.
kept as (

    select
        {{ ad_funnel.ledger_columns('impressions') }},
        id_number,
        cast(null as {{ dbt.type_string() }}) as reject_reason,
        {{ ad_funnel.payload('impressions') }} as payload,
        raw_record,
        disposition = 'accepted' as is_settled,
        true as is_kept
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

-- Few ids occur twice. Finding those first, by a number made of the id, costs a fifth of ranking every row; and numbers
-- that are numbered half as much as groups that are counted. (An id that has the number of another by chance is ranked,
-- too, alone; so is one whose copy is rejected.)
repeated_ids as (

    select id_number
    from (
        select
            id_number,
            row_number() over (partition by id_number {{ ad_funnel.any_order('id_number') }}) as occurrence
        from (
            select id_number
            from staged
            {%- if days.has_copies %}
            union all
            select id_number
            from kept
            {%- endif %}
        ) as ids
        where id_number is not null
    ) as occurrences
    where occurrence = 2

),

candidates as (

    select
        {{ ad_funnel.ledger_columns('impressions') }},
        id_number,
        reject_reason,
        {{ ad_funnel.payload('impressions') }} as payload,
        {{ ad_funnel.row_json('raw_record') }} as raw_record,
        false as is_settled,
        false as is_kept
    from staged
    where reject_reason is not null or id_number in (select repeated_ids.id_number from repeated_ids)
    {%- if days.has_copies %}
    union all
    select * from kept
    {%- endif %}

),

copies as (

    select
        *,
        row_number() over (
            partition by platform, impression_id, reject_reason is null
            order by is_settled desc nulls last, {{ ad_funnel.copy_order('impressions') }}
        ) as copy_number,
        first_value(payload) over (
            partition by platform, impression_id, reject_reason is null
            order by is_settled desc nulls last, {{ ad_funnel.copy_order('impressions') }}
            rows between unbounded preceding and current row
        ) as accepted_payload,
        max(loaded_at) over (partition by platform, impression_id, reject_reason is null) as latest_load
    from candidates

),

judged as (

    select
        {{ ad_funnel.ledger_columns('impressions') }},
        id_number,
        'accepted' as disposition,
        cast(null as {{ dbt.type_string() }}) as reason,
        cast(null as {{ dbt.type_string() }}) as raw_record
    from staged
    where reject_reason is null and id_number not in (select repeated_ids.id_number from repeated_ids)

    union all

    select
        {{ ad_funnel.ledger_columns('impressions') }},
        id_number,
        {{ ad_funnel.disposition() }} as disposition,
        {{ ad_funnel.disposition_reason('impressions') }} as reason,
        case when reject_reason is not null or copy_number > 1 then raw_record end as raw_record
    from copies
    where not is_kept

),

user_agents as (

    select distinct user_agent
    from staged
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
