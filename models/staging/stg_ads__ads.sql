-- One row per row of the ads table: an ad's names and place in the hierarchy, from valid_from on.
{% set raw = ad_funnel.raw_table('ads') %}

with source as (

    select * from {{ raw.relation }}

),

trimmed as (

    select {{ ad_funnel.trimmed_columns(raw) }}
    from source

),

renamed as (

    select {{ ad_funnel.raw_columns(raw) }}
    from trimmed

)

select
    coalesce(platform, '{{ ad_funnel.setting("ad_funnel__default_platform") }}') as platform,
    ad_id,
    ad_name,
    ad_group_id,
    ad_group_name,
    campaign_id,
    landing_page,
    experiment,
    variant,
    {{ ad_funnel.read_date(raw, 'valid_from') }} as valid_from,
    {{ ad_funnel.read_date(raw, 'valid_to') }} as valid_to,
    {{ ad_funnel.read_optional_time(raw, 'loaded_at') }} as loaded_at,
    {{ ad_funnel.unreadable_columns_of(raw, 'ads') }} as unreadable_columns,
    {{ ad_funnel.payload('ads') }} as payload
from renamed
