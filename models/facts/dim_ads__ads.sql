-- One row per ad and the days on which it had these names and this place in the hierarchy.
with ads as (

    select *
    from {{ ref('stg_ads__ads') }}
    where ad_id is not null

),

copies as (

    select
        *,
        row_number() over (
            partition by platform, ad_id, valid_from
            order by loaded_at desc nulls last, payload desc nulls last
        ) as copy_number
    from ads

),

versions as (

    select
        *,
        {{ ad_funnel.version_neighbours('ad_id') }},
        first_value(ad_name) over (
            partition by platform, ad_id order by valid_from desc nulls last
            rows between unbounded preceding and current row
        ) as current_ad_name,
        first_value(campaign_id) over (
            partition by platform, ad_id order by valid_from desc nulls last
            rows between unbounded preceding and current row
        ) as current_campaign_id
    from copies
    where copy_number = 1

)

select
    platform,
    ad_id,
    ad_name,
    ad_group_id,
    ad_group_name,
    campaign_id,
    landing_page,
    experiment,
    variant,
    {{ ad_funnel.version_days() }},
    current_ad_name,
    current_campaign_id
from versions
