-- One row per reporting day, platform, campaign (the ad, where the impression does not name it) and user hash, only so
-- many of the least as ad_funnel__sketch_size says: a sketch. The least hashes of several sketches together are the
-- sketch of all their users, so days add up to weeks. A row without a hash tells of all impressions.
{{ config(enabled=ad_funnel.reach_is_sketched(), **ad_funnel.stored_by_day('date_day')) }}
{% set size = ad_funnel.setting('ad_funnel__sketch_size') %}
{% set inputs %}
    select
        date_day,
        max(built_from) || ' {{ size }}' as built_from
    from {{ ref('ledger_ads__impressions_by_day') }}
    where disposition = 'accepted'
    group by date_day
{% endset %}
{% set days = ad_funnel.changed_days(inputs) %}
{{ ad_funnel.replaces_days(days) }}
with inputs as (

    {{ inputs }}

),

exposures as (

    {{ ad_funnel.exposures_of_days(days) }}

),

hashed as (

    select
        date_day,
        platform,
        campaign_id,
        ad_id,
        {{ ad_funnel.user_hash('user_id') }} as user_hash
    from exposures
    where user_id is not null

),

ranked as (

    select
        *,
        row_number() over (
            partition by date_day, platform, campaign_id, ad_id order by user_hash asc nulls last
        ) as hash_number
    from hashed

),

sketches as (

    select
        date_day,
        platform,
        campaign_id,
        ad_id,
        user_hash,
        cast(0 as bigint) as impressions,
        cast(0 as bigint) as known_user_impressions
    from ranked
    where hash_number <= {{ size }}

    union all

    select
        date_day,
        platform,
        campaign_id,
        ad_id,
        cast(null as {{ dbt.type_string() }}) as user_hash,
        cast(sum(impressions) as bigint) as impressions,
        cast(sum(case when user_id is not null then impressions else 0 end) as bigint) as known_user_impressions
    from exposures
    group by date_day, platform, campaign_id, ad_id

)

select
    sketches.*,
    inputs.built_from
from sketches
left join inputs
    on sketches.date_day = inputs.date_day
