-- One row per platform: each that the platforms table or any campaign or ad is of.
{{ config(contract=ad_funnel.contract()) }}

with platforms as (

    select * from {{ ref('dim_ads__platforms') }}

),

mentioned as (

    select platform from platforms

    union all

    select platform from {{ ref('dim_ads__current_campaigns') }}

    union all

    select platform from {{ ref('dim_ads__current_ads') }}

),

named as (

    select distinct platform
    from mentioned

),

freshness as (

    select * from {{ ref('fct_ads__freshness') }}

)

select
    named.platform,
    coalesce(platforms.platform_name, named.platform) as platform_name,
    platforms.impression_definition,
    platforms.click_definition,
    freshness.built_at
from named
left join platforms on named.platform = platforms.platform
cross join freshness
