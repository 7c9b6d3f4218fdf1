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
            order by loaded_at desc nulls last, payload desc
        ) as copy_number
    from ads

),

versions as (

    select
        *,
        lag(1) over (partition by platform, ad_id order by valid_from nulls first) is null as is_first,
        lead(valid_from) over (partition by platform, ad_id order by valid_from nulls first) as next_from,
        first_value(ad_name) over (partition by platform, ad_id order by valid_from desc nulls last) as current_ad_name,
        first_value(campaign_id) over (
            partition by platform, ad_id order by valid_from desc nulls last
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
    -- No gaps: an event of a day that no row speaks of still belongs to the ad's campaign. So the first version reaches
    -- back to the beginning, and each lasts until the next.
    case when is_first then date '1900-01-01' else valid_from end as valid_from,
    coalesce(next_from, date '9999-12-31') as valid_to,
    next_from is null as is_current,
    current_ad_name,
    current_campaign_id
from versions
