-- One row per campaign and the days on which it had this name, objective and targeting.
with campaigns as (

    select *
    from {{ ref('stg_ads__campaigns') }}
    where campaign_id is not null

),

copies as (

    select
        *,
        row_number() over (
            partition by platform, campaign_id, valid_from
            order by loaded_at desc nulls last, payload desc nulls last
        ) as copy_number
    from campaigns

),

versions as (

    select
        *,
        {{ ad_funnel.version_neighbours('campaign_id') }},
        first_value(campaign_name) over (
            partition by platform, campaign_id order by valid_from desc nulls last
            rows between unbounded preceding and current row
        ) as current_campaign_name
    from copies
    where copy_number = 1

)

select
    platform,
    campaign_id,
    campaign_name,
    objective,
    targeting_segment,
    utm_campaign,
    {{ ad_funnel.version_days() }},
    current_campaign_name
from versions
