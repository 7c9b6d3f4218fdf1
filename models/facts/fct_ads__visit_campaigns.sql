-- One row per accepted visit of the website, with the platform and the campaign that sent it, as far as its tags and
-- click ids say. The only place of that rule.
{{ config(enabled=ad_funnel.reads_visits()) }}

with accepted as (

    select
        *,
        {{ ad_funnel.tag_query('landing_url') }} as tag_query
    from {{ ref('ledger_ads__visits') }}
    where disposition = 'accepted'

),

visits as (

    select
        visit_id,
        visited_at,
        date_day,
        user_id,
        utm_source,
        utm_medium,
        utm_campaign,
        case
            when not {{ ad_funnel.is_direct('utm_source') }} then {{ ad_funnel.lower_case('utm_source') }}
        end as source_text,
        {{ ad_funnel.lower_case('utm_campaign') }} as named_campaign,
        {{ ad_funnel.lower_case('utm_id') }} as named_id,
        {{ ad_funnel.is_unpaid_medium('utm_medium') }} as is_unpaid,
        coalesce(channel, utm_medium, utm_campaign, utm_id) is null as is_without_tags,
        {{ ad_funnel.visit_click_id_platform('tag_query') }} as click_id_platform,
        is_invalid
    from accepted

),

names as (

    select * from {{ ref('dim_ads__campaign_names') }}

),

-- Which texts of a source mean which platform: its own name, and those that mean the same by the setting.
families as (

    {{ ad_funnel.source_families() }}

),

platforms as (

    select distinct platform
    from (
        select platform
        from names
        {%- for platform in ad_funnel.setting('ad_funnel__utm_sources') %}

        union all

        select {{ ad_funnel.text_literal(platform) }} as platform
        {%- endfor %}
    ) as every_platform

),

sources as (

    select distinct
        platform,
        spelling
    from (
        select
            platform,
            {{ ad_funnel.lower_case('platform') }} as spelling
        from platforms

        union all

        select
            platforms.platform,
            relatives.spelling
        from platforms
        inner join families
            on {{ ad_funnel.lower_case('platforms.platform') }} = families.spelling
        inner join families as relatives
            on families.family = relatives.family
    ) as every_source

),

known_sources as (

    select distinct spelling
    from sources

),

-- The campaigns that a visit's tags may mean, the surest first: by id, then by the name of its day, then by another.
named as (

    select
        visits.visit_id,
        visits.source_text,
        visits.is_unpaid,
        names.platform,
        names.campaign_id,
        names.current_name,
        1 as named_place
    from visits
    inner join names
        on visits.named_id = names.spelling
    where names.named_by = 'id'

    union all

    select
        visits.visit_id,
        visits.source_text,
        visits.is_unpaid,
        names.platform,
        names.campaign_id,
        names.current_name,
        case
            when names.named_by = 'id' then 2
            when visits.date_day >= names.valid_from and visits.date_day < names.valid_to then 3
            when names.is_current then 4
            else 5
        end as named_place
    from visits
    inner join names
        on visits.named_campaign = names.spelling

),

-- A source that means one platform means no other, and a letter or a search result that has a campaign's name by chance
-- was not paid for by it.
possible as (

    select
        named.*,
        case when sources.spelling is not null then 1 else 0 end as is_of_source
    from named
    left join sources
        on
            named.platform = sources.platform
            and named.source_text = sources.spelling
    left join known_sources
        on named.source_text = known_sources.spelling
    where
        sources.spelling is not null
        or known_sources.spelling is null and (named.named_place <= 2 or not named.is_unpaid)

),

ranked as (

    select
        *,
        dense_rank() over (
            partition by visit_id order by is_of_source desc nulls last, named_place asc nulls last
        ) as place
    from possible

),

-- Of several campaigns that are as likely none is it; the platform is, where all are of one.
by_tags as (

    select
        visit_id,
        case when min(platform) = max(platform) then min(platform) end as platform,
        case
            when min(platform) = max(platform) and min(campaign_id) = max(campaign_id) then min(campaign_id)
        end as campaign_id,
        min(current_name) as campaign_name,
        min(named_place) as named_place
    from ranked
    where place = 1
    group by visit_id

),

-- A platform may have another name here than its click id's: one of its sources.
click_platforms as (

    select
        {{ ad_funnel.lower_case('spelling') }} as click_id_platform,
        min(platform) as platform
    from sources
    group by {{ ad_funnel.lower_case('spelling') }}
    having count(*) = 1

),

-- Unpaid links have click ids, too (fbclid): where the tags speak of something else, they are right.
by_click_id as (

    select
        visits.visit_id,
        coalesce(click_platforms.platform, visits.click_id_platform) as platform
    from visits
    left join click_platforms
        on {{ ad_funnel.lower_case('visits.click_id_platform') }} = click_platforms.click_id_platform
    left join sources
        on
            coalesce(click_platforms.platform, visits.click_id_platform) = sources.platform
            and visits.source_text = sources.spelling
    left join families
        on {{ ad_funnel.lower_case('visits.click_id_platform') }} = families.spelling
    left join families as relatives
        on
            families.family = relatives.family
            and visits.source_text = relatives.spelling
    where
        visits.click_id_platform is not null
        and not visits.is_unpaid
        and (visits.source_text is null or sources.spelling is not null or relatives.spelling is not null)

)

select
    visits.visit_id,
    visits.visited_at,
    visits.date_day,
    visits.user_id,
    visits.utm_source,
    visits.utm_medium,
    visits.utm_campaign,
    visits.click_id_platform,
    coalesce(by_tags.platform, by_click_id.platform) as platform,
    by_tags.campaign_id,
    case when by_tags.campaign_id is not null then by_tags.campaign_name end as campaign_name,
    case
        when by_tags.visit_id is not null and by_tags.campaign_id is null then 'several_campaigns'
        when by_tags.named_place <= 2 then 'id'
        when by_tags.named_place <= 4 then 'name'
        when by_tags.named_place = 5 then 'former_name'
        when by_click_id.visit_id is not null then 'click_id'
        else 'none'
    end as found_by,
    visits.is_without_tags and visits.source_text is null and visits.click_id_platform is null as is_untagged,
    visits.is_invalid
from visits
left join by_tags
    on visits.visit_id = by_tags.visit_id
left join by_click_id
    on visits.visit_id = by_click_id.visit_id
