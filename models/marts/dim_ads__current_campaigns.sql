-- One row per campaign as it is today: each that the campaigns table, ads, events, spend, reports or budgets name.
{{ config(contract=ad_funnel.contract()) }}
{% set folds_small_cells = ad_funnel.setting('ad_funnel__min_cell_users') > 0 %}

with daily as (

    select
        platform,
        campaign_id,
        min(date_day) as first_day,
        max(date_day) as last_day
    from {{ ref('fct_ads__daily') }}
    group by platform, campaign_id

),

current_campaigns as (

    select *
    from {{ ref('dim_ads__campaigns') }}
    where is_current

),

ads as (

    select
        platform,
        campaign_id
    from {{ ref('dim_ads__ads') }}
    where campaign_id is not null

),

mentioned as (

    select
        platform,
        campaign_id
    from daily

    union all

    select
        platform,
        campaign_id
    from current_campaigns

    union all

    select
        platform,
        campaign_id
    from ads
    {%- if ad_funnel.is_measured(['budgets']) %}

    union all

    select
        platform,
        campaign_id
    from {{ ref('stg_ads__budgets') }}
    where campaign_id is not null
    {%- endif %}
    {%- if ad_funnel.reads_reports() %}

    union all

    select
        platform,
        campaign_id
    from {{ ref('fct_ads__performance') }}
    {%- endif %}
    {%- if folds_small_cells %}

    -- A campaign may be small on each day and large enough over a week, and so have a row in a mart of weeks alone.
    union all

    select
        platform,
        coalesce(campaign_id, 'unknown') as campaign_id
    from {{ ref('fct_ads__impressions_by_day') }}

    union all

    select
        platform,
        'other' as campaign_id
    from daily

    union all

    select
        platform,
        'unknown' as campaign_id
    from daily
    {%- endif %}

),

named as (

    select distinct
        platform,
        campaign_id
    from mentioned

),

freshness as (

    select * from {{ ref('fct_ads__freshness') }}

)

select
    {{ ad_funnel.campaign_key('named') }} as campaign_key,
    named.platform,
    named.campaign_id,
    coalesce(current_campaigns.campaign_name, named.campaign_id) as campaign_name,
    current_campaigns.objective,
    current_campaigns.targeting_segment,
    current_campaigns.campaign_id is not null as is_in_campaigns_table,
    daily.first_day,
    daily.last_day,
    freshness.built_at
from named
left join current_campaigns
    on
        named.platform = current_campaigns.platform
        and named.campaign_id = current_campaigns.campaign_id
left join daily
    on
        named.platform = daily.platform
        and named.campaign_id = daily.campaign_id
cross join freshness
