-- Every raw impression exactly once, with what became of it.
with staged as (

    select * from {{ ref('stg_ads__impressions') }}

),

bot_patterns as (

    select * from {{ ref('stg_ads__bot_patterns') }}

),

-- Few ids occur twice. Finding those first and ranking only their rows costs half of ranking every row.
repeated_ids as (

    select
        platform,
        impression_id
    from staged
    where reject_reason is null
    group by platform, impression_id
    having count(*) > 1

),

copies as (

    select
        staged.*,
        row_number() over (
            partition by staged.platform, staged.impression_id
            order by {{ ad_funnel.copy_order('impressions', 'impression_at') }}
        ) as copy_number,
        first_value(staged.payload) over (
            partition by staged.platform, staged.impression_id
            order by {{ ad_funnel.copy_order('impressions', 'impression_at') }}
        ) as accepted_payload
    from staged
    inner join repeated_ids
        on
            staged.platform = repeated_ids.platform
            and staged.impression_id = repeated_ids.impression_id
    where staged.reject_reason is null

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

    union all

    select
        {{ ad_funnel.ledger_columns('impressions') }},
        'rejected' as disposition,
        reject_reason as reason,
        raw_record
    from staged
    where reject_reason is not null

),

user_agents as (

    select distinct user_agent
    from staged
    where user_agent is not null

),

bots as (

    select distinct user_agents.user_agent
    from user_agents
    inner join bot_patterns
        on {{ ad_funnel.fits_bot_pattern('user_agents.user_agent', 'bot_patterns.pattern') }}

)

select
    judged.*,
    case when judged.disposition = 'accepted' and bots.user_agent is not null then 'bot' end as invalid_reason,
    judged.disposition = 'accepted' and bots.user_agent is not null as is_invalid,
    '{{ ad_funnel.rule_version() }}' as rule_version
from judged
left join bots
    on judged.user_agent = bots.user_agent
