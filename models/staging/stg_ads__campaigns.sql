-- One row per row of the campaigns table: a campaign's name, objective and targeting, from valid_from on.
{% set raw = ad_funnel.raw_table('campaigns') %}

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
    campaign_id,
    campaign_name,
    objective,
    targeting_segment,
    utm_campaign,
    {{ ad_funnel.read_date(raw, 'valid_from') }} as valid_from,
    {{ ad_funnel.read_date(raw, 'valid_to') }} as valid_to,
    {{ ad_funnel.read_optional_time(raw, 'loaded_at') }} as loaded_at,
    {{ ad_funnel.unreadable_columns_of(raw, 'campaigns') }} as unreadable_columns,
    {{ ad_funnel.payload('campaigns') }} as payload
from renamed
