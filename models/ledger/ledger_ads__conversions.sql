-- Every raw conversion or adjustment exactly once, with what became of it. One that comes after an invalid event is
-- invalid itself.
with staged as (

    select * from {{ ref('stg_ads__conversions') }}

),

clicks as (

    select *
    from {{ ref('ledger_ads__clicks') }}
    where disposition = 'accepted'

),

impressions as (

    select *
    from {{ ref('ledger_ads__impressions') }}
    where disposition = 'accepted'

),

copies as (

    select
        *,
        row_number() over (
            partition by platform, conversion_id, reject_reason is null
            order by {{ ad_funnel.copy_order('conversions', 'converted_at') }}
        ) as copy_number,
        first_value(payload) over (
            partition by platform, conversion_id, reject_reason is null
            order by {{ ad_funnel.copy_order('conversions', 'converted_at') }}
        ) as accepted_payload
    from staged

),

judged as (

    select
        {{ ad_funnel.ledger_columns('conversions') }},
        {{ ad_funnel.disposition() }} as disposition,
        {{ ad_funnel.disposition_reason() }} as reason,
        case when reject_reason is not null or copy_number > 1 then raw_record end as raw_record
    from copies

),

-- A repeat click is as valid as the click that it repeats: a double click is one person's honest click.
named_clicks as (

    select
        judged.platform,
        judged.conversion_id,
        min(case when coalesce(opened.is_invalid, clicks.is_invalid) then 1 else 0 end) = 1 as is_invalid
    from judged
    inner join clicks
        on
            judged.click_id = clicks.click_id
            and (judged.platform = clicks.platform or not judged.is_platform_known)
    left join clicks as opened
        on
            clicks.platform = opened.platform
            and clicks.repeats_click_id = opened.click_id
    where judged.disposition = 'accepted'
    group by judged.platform, judged.conversion_id

),

named_impressions as (

    select
        judged.platform,
        judged.conversion_id,
        min(case when impressions.is_invalid then 1 else 0 end) = 1 as is_invalid
    from judged
    inner join impressions
        on
            judged.impression_id = impressions.impression_id
            and (judged.platform = impressions.platform or not judged.is_platform_known)
    where judged.disposition = 'accepted'
    group by judged.platform, judged.conversion_id

),

flagged as (

    select
        judged.*,
        case
            when judged.disposition <> 'accepted' then cast(null as {{ dbt.type_string() }})
            when named_clicks.is_invalid then 'invalid_click'
            when named_clicks.is_invalid is null and named_impressions.is_invalid then 'invalid_impression'
        end as invalid_reason
    from judged
    left join named_clicks
        on
            judged.platform = named_clicks.platform
            and judged.conversion_id = named_clicks.conversion_id
    left join named_impressions
        on
            judged.platform = named_impressions.platform
            and judged.conversion_id = named_impressions.conversion_id

)

select
    *,
    invalid_reason is not null as is_invalid,
    '{{ ad_funnel.rule_version() }}' as rule_version
from flagged
