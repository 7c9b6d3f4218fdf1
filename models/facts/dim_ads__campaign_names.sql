-- One row per campaign and text by which a tag may name it, in small letters: its id, each name that it had, and how
-- its tags spell it (`utm_campaign` of the campaigns table).
{{ config(enabled=ad_funnel.reads_visits()) }}

with known as (

    select
        platform,
        campaign_id,
        campaign_name,
        utm_campaign,
        valid_from,
        valid_to,
        is_current
    from {{ ref('dim_ads__campaigns') }}

),

-- Campaigns that only events, spend lines and reports have are named by their id.
every_campaign as (

    select
        platform,
        campaign_id
    from known

    union all

    select
        platform,
        campaign_id
    from {{ ref('fct_ads__daily') }}

),

campaigns as (

    select distinct
        platform,
        campaign_id
    from every_campaign
    where campaign_id not in ('unknown', 'unallocated', 'other')

),

current_names as (

    select
        platform,
        campaign_id,
        max(campaign_name) as campaign_name
    from known
    where is_current
    group by platform, campaign_id

),

spelled as (

    select
        platform,
        campaign_id,
        'id' as named_by,
        campaign_id as spelling,
        cast(null as date) as valid_from,
        cast(null as date) as valid_to,
        true as is_current
    from campaigns
    {%- for column in ['campaign_name', 'utm_campaign'] %}

    union all

    select
        platform,
        campaign_id,
        'name' as named_by,
        {{ column }} as spelling,
        valid_from,
        valid_to,
        is_current
    from known
    where {{ column }} is not null
    {%- endfor %}

)

select
    spelled.platform,
    spelled.campaign_id,
    spelled.named_by,
    {{ ad_funnel.lower_case('spelled.spelling') }} as spelling,
    spelled.valid_from,
    spelled.valid_to,
    spelled.is_current,
    {{ ad_funnel.lower_case('coalesce(current_names.campaign_name, spelled.campaign_id)') }} as current_name
from spelled
left join current_names
    on
        spelled.platform = current_names.platform
        and spelled.campaign_id = current_names.campaign_id
