with conversions as (
    select * from {{ ref('int_conversions_deduplicated') }}
    where not is_adjustment
),

clicks as (
    select * from {{ ref('fct_clicks') }}
),

impressions as (
    select * from {{ ref('int_impressions_enriched') }}
),

named_clicks as (
    select
        conversions.platform,
        conversions.conversion_id,
        conversions.converted_at,
        clicks.platform as credited_platform,
        clicks.click_id,
        clicks.clicked_at,
        clicks.is_invalid
    from conversions
    inner join clicks as named
        on
            conversions.click_id = named.click_id
            and (conversions.platform = named.platform or not conversions.is_platform_known)
    inner join clicks
        on
            named.platform = clicks.platform
            and named.meant_click_id = clicks.click_id
),

named_impressions as (
    select
        conversions.platform,
        conversions.conversion_id,
        conversions.converted_at,
        impressions.platform as credited_platform,
        impressions.impression_id,
        impressions.impression_at,
        impressions.is_bot
    from conversions
    inner join impressions
        on
            conversions.impression_id = impressions.impression_id
            and (conversions.platform = impressions.platform or not conversions.is_platform_known)
),

invalid as (
    select platform, conversion_id
    from named_clicks
    group by platform, conversion_id
    having bool_and(is_invalid)

    union all

    select platform, conversion_id
    from named_impressions
    where (platform, conversion_id) not in (select (platform, conversion_id) from named_clicks)
    group by platform, conversion_id
    having bool_and(is_bot)
),

candidates as (
    select
        platform, conversion_id, 1 as credit_rank, clicked_at as credited_at, credited_platform,
        click_id as credited_click_id, cast(null as varchar) as credited_impression_id
    from named_clicks
    where not is_invalid and clicked_at <= converted_at and clicked_at > converted_at - interval 30 days

    union all

    select
        platform, conversion_id, 2 as credit_rank, impression_at as credited_at, credited_platform,
        null as credited_click_id, impression_id as credited_impression_id
    from named_impressions
    where not is_bot and impression_at <= converted_at and impression_at > converted_at - interval 1 day

    union all

    select
        conversions.platform, conversions.conversion_id, 3 as credit_rank, clicks.clicked_at as credited_at,
        clicks.platform as credited_platform, clicks.click_id as credited_click_id, null as credited_impression_id
    from conversions
    inner join clicks
        on
            conversions.user_id = clicks.user_id
            and (conversions.platform = clicks.platform or not conversions.is_platform_known)
            and conversions.converted_at >= clicks.clicked_at
            and conversions.converted_at - interval 30 days < clicks.clicked_at
    where not clicks.is_invalid

    union all

    select
        conversions.platform, conversions.conversion_id, 4 as credit_rank, impressions.impression_at as credited_at,
        impressions.platform as credited_platform, null as credited_click_id,
        impressions.impression_id as credited_impression_id
    from conversions
    inner join impressions
        on
            conversions.user_id = impressions.user_id
            and (conversions.platform = impressions.platform or not conversions.is_platform_known)
            and conversions.converted_at >= impressions.impression_at
            and conversions.converted_at - interval 1 day < impressions.impression_at
    where not impressions.is_bot
),

numbered as (
    select
        *,
        row_number() over (
            partition by platform, conversion_id
            order by
                credit_rank, credited_at desc, coalesce(credited_click_id, credited_impression_id) desc,
                credited_platform desc
        ) as candidate_number
    from candidates
)

select
    conversions.platform,
    conversions.conversion_id,
    invalid.conversion_id is not null as is_invalid,
    numbered.credit_rank,
    numbered.credited_platform,
    numbered.credited_click_id,
    numbered.credited_impression_id
from conversions
left join numbered
    on
        conversions.platform = numbered.platform
        and conversions.conversion_id = numbered.conversion_id
        and numbered.candidate_number = 1
left join invalid
    on
        conversions.platform = invalid.platform
        and conversions.conversion_id = invalid.conversion_id
