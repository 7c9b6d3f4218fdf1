-- Every campaign_key of a mart is in dim_ads__current_campaigns, every ad_key in dim_ads__current_ads, every platform
-- in dim_ads__current_platforms, and every day in dim_ads__calendar: a BI tool that joins by them loses no row.
{% set marts = ['ad_daily', 'campaign', 'campaign_change', 'campaign_daily', 'campaign_monthly', 'campaign_ranking',
    'campaign_weekly', 'funnel_steps'] %}
{% set marts = marts + (['reach'] if ad_funnel.has_reach() else []) %}
{% set marts = marts + (['frequency'] if ad_funnel.has_frequency() else []) %}
{% set marts = marts + (['segment', 'segment_daily'] if ad_funnel.has_segments() else []) %}
{% set marts = marts + (['landing_page'] if ad_funnel.has_landing_pages() else []) %}
{% set marts = marts + (['performance', 'performance_daily', 'discrepancy'] if ad_funnel.reads_reports() else []) %}
{% set ad_marts = ['ad_daily'] + (['performance', 'performance_daily'] if ad_funnel.reads_reports() else []) %}
{% set marts = marts + (['budget_pacing'] if ad_funnel.is_measured(['budgets']) else []) %}

with campaign_keys as (

    {% for mart in marts %}
    select distinct
        'mart_ads__{{ mart }}' as mart,
        campaign_key
    from {{ ref('mart_ads__' ~ mart) }}
    where campaign_key is not null

    union all
    {% endfor %}
    select distinct
        'dim_ads__current_ads' as mart,
        campaign_key
    from {{ ref('dim_ads__current_ads') }}
    where campaign_id is not null

),

ad_keys as (

    {% for mart in ad_marts %}
    select distinct
        'mart_ads__{{ mart }}' as mart,
        ad_key
    from {{ ref('mart_ads__' ~ mart) }}
    where ad_key is not null
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

platforms as (

    select distinct platform
    from {{ ref('mart_ads__platform_daily') }}

),

days as (

    select distinct date_day
    from {{ ref('mart_ads__campaign_daily') }}

)

select
    campaign_keys.mart,
    'campaign_key' as key_column,
    campaign_keys.campaign_key as key_value
from campaign_keys
left join {{ ref('dim_ads__current_campaigns') }} as dimension
    on campaign_keys.campaign_key = dimension.campaign_key
where dimension.campaign_key is null

union all

select
    ad_keys.mart,
    'ad_key' as key_column,
    ad_keys.ad_key as key_value
from ad_keys
left join {{ ref('dim_ads__current_ads') }} as dimension
    on ad_keys.ad_key = dimension.ad_key
where dimension.ad_key is null

union all

select
    'mart_ads__platform_daily' as mart,
    'platform' as key_column,
    platforms.platform as key_value
from platforms
left join {{ ref('dim_ads__current_platforms') }} as dimension
    on platforms.platform = dimension.platform
where dimension.platform is null

union all

select
    'mart_ads__campaign_daily' as mart,
    'date_day' as key_column,
    cast(days.date_day as {{ dbt.type_string() }}) as key_value
from days
left join {{ ref('dim_ads__calendar') }} as dimension
    on days.date_day = dimension.date_day
where dimension.date_day is null
