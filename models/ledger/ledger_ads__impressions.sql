-- Every raw impression exactly once, with what became of it.
{{ config(materialized='incremental') }}
{% set version = ad_funnel.rule_version('impressions') %}
{% set days = ad_funnel.ledger_days('impressions', version, key='platform, impression_id') %}
{{ ad_funnel.replaces_days(days) }}
with staged as (

    select
        {{ ad_funnel.ledger_columns('impressions') }},
        reject_reason,
        payload,
        raw_record
    from {{ ref('stg_ads__impressions') }}
    where {{ ad_funnel.in_days(days) }}

),

{%- if days.has_copies %}

-- Copies on days that are not built: they have a say in which one is accepted, and stay as they are. One that is
-- accepted there stays so.
kept as (

    select
        {{ ad_funnel.ledger_columns('impressions') }},
        cast(null as {{ dbt.type_string() }}) as reject_reason,
        {{ ad_funnel.payload('impressions') }} as payload,
        raw_record,
        disposition = 'accepted' as is_settled
    from {{ this }} as stored
    where
        {{ ad_funnel.is_copy() }}
        and not {{ ad_funnel.in_days(days) }}
        and exists (
            select 1 from staged
            where
                staged.platform = stored.platform
                and staged.impression_id = stored.impression_id
                and staged.reject_reason is null
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

),

-- Few ids occur twice. Finding those first and ranking only their rows costs half of ranking every row.
repeated_ids as (

    select
        platform,
        impression_id
    from candidates
    where reject_reason is null
    group by platform, impression_id
    having count(*) > 1

),

copies as (

    select
        candidates.*,
        row_number() over (
            partition by candidates.platform, candidates.impression_id
            order by candidates.is_settled desc, {{ ad_funnel.copy_order('impressions') }}
        ) as copy_number,
        first_value(candidates.payload) over (
            partition by candidates.platform, candidates.impression_id
            order by candidates.is_settled desc, {{ ad_funnel.copy_order('impressions') }}
        ) as accepted_payload
    from candidates
    inner join repeated_ids
        on
            candidates.platform = repeated_ids.platform
            and candidates.impression_id = repeated_ids.impression_id
    where candidates.reject_reason is null

),

judged as (

    select
        {{ ad_funnel.ledger_columns('impressions') }},
        'accepted' as disposition,
        cast(null as {{ dbt.type_string() }}) as reason,
        cast(null as {{ dbt.type_string() }}) as raw_record
    from staged
    where
        reject_reason is null
        and not exists (
            select 1 from repeated_ids
            where
                repeated_ids.platform = staged.platform
                and repeated_ids.impression_id = staged.impression_id
        )

    union all

    select
        {{ ad_funnel.ledger_columns('impressions') }},
        {{ ad_funnel.disposition() }} as disposition,
        {{ ad_funnel.disposition_reason() }} as reason,
        case when copy_number > 1 then raw_record end as raw_record
    from copies
    where not is_kept

    union all

    select
        {{ ad_funnel.ledger_columns('impressions') }},
        {{ ad_funnel.rejected_or_erased() }} as disposition,
        reject_reason as reason,
        raw_record
    from staged
    where reject_reason is not null

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
