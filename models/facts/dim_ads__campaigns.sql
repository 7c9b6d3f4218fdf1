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
            order by loaded_at desc nulls last, payload desc
        ) as copy_number
    from campaigns

),

versions as (

    select
        *,
        lag(1) over (partition by platform, campaign_id order by valid_from nulls first) is null as is_first,
        lead(valid_from) over (partition by platform, campaign_id order by valid_from nulls first) as next_from,
        first_value(campaign_name) over (
            partition by platform, campaign_id order by valid_from desc nulls last
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
    case when is_first then date '1900-01-01' else valid_from end as valid_from,
    coalesce(next_from, date '9999-12-31') as valid_to,
    next_from is null as is_current,
    current_campaign_name
from versions
