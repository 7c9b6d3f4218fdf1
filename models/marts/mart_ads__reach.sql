-- One row per period (day, ISO week, month, lifetime) in which something was shown, platform and campaign: how many
-- users saw it, and how often. Users do not add up: a week's are counted anew.
{{ config(enabled=ad_funnel.has_reach(), contract=ad_funnel.contract()) }}
{% set min_users = ad_funnel.setting('ad_funnel__min_cell_users') %}
{% set sketched = ad_funnel.reach_is_sketched() %}
{% set size = ad_funnel.setting('ad_funnel__sketch_size') %}
{% set double = ad_funnel.type_double() %}

with ads as (

    select * from {{ ref('dim_ads__ads') }}

),

campaigns as (

    select *
    from {{ ref('dim_ads__campaigns') }}
    where is_current

),

freshness as (

    select * from {{ ref('fct_ads__freshness') }}

),

shown as (

    select
        exposures.date_day,
        exposures.platform,
        coalesce(exposures.campaign_id, ads.campaign_id, 'unknown') as campaign_id,
        {%- if sketched %}
        exposures.user_hash as user_key,
        exposures.known_user_impressions,
        {%- else %}
        exposures.user_id as user_key,
        case when exposures.user_id is not null then exposures.impressions else 0 end as known_user_impressions,
        {%- endif %}
        exposures.impressions
    from {{ ref('fct_ads__reach_sketches') if sketched else ref('fct_ads__exposures_by_day') }} as exposures
    left join ads
        on
            exposures.platform = ads.platform
            and exposures.ad_id = ads.ad_id
            and exposures.date_day >= ads.valid_from
            and exposures.date_day < ads.valid_to

),

by_period as (

    {% for period, start in {
        'day': 'date_day',
        'week': ad_funnel.period_start('week', 'date_day'),
        'month': ad_funnel.period_start('month', 'date_day'),
        'lifetime': "date '1900-01-01'",
    }.items() %}
    select
        '{{ period }}' as period,
        {{ start }} as period_start,
        shown.*
    from shown
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

{%- if min_users > 0 %}

-- A campaign of few known users stands under `other`, as in fct_ads__daily; here by its users of the period.
small_campaigns as (

    select
        period,
        period_start,
        platform,
        campaign_id,
        1 as is_small
    from by_period
    group by period, period_start, platform, campaign_id
    having count(distinct user_key) between 1 and {{ min_users - 1 }}

),
{%- endif %}

cells as (

    select
        by_period.period,
        by_period.period_start,
        by_period.platform,
        {%- if min_users > 0 %}
        case when small_campaigns.is_small = 1 then 'other' else by_period.campaign_id end as campaign_id,
        {%- else %}
        by_period.campaign_id,
        {%- endif %}
        by_period.user_key,
        by_period.date_day,
        by_period.impressions,
        by_period.known_user_impressions
    from by_period
    {%- if min_users > 0 %}
    left join small_campaigns
        on
            by_period.period = small_campaigns.period
            and by_period.period_start = small_campaigns.period_start
            and by_period.platform = small_campaigns.platform
            and by_period.campaign_id = small_campaigns.campaign_id
    {%- endif %}

),

{%- if sketched %}

users as (

    select distinct
        period,
        period_start,
        platform,
        campaign_id,
        user_key
    from cells
    where user_key is not null

),

ranked as (

    select
        *,
        row_number() over (
            partition by period, period_start, platform, campaign_id order by user_key asc nulls last
        ) as hash_number
    from users

),

sketches as (

    select
        period,
        period_start,
        platform,
        campaign_id,
        count(*) as hashes,
        max(case when hash_number = {{ size }} then user_key end) as last_hash
    from ranked
    where hash_number <= {{ size }}
    group by period, period_start, platform, campaign_id

),

-- How far up the hashes of a full sketch reach says how densely they lie, and so how many there are: (size - 1) / their
-- greatest, as a share of all numbers, with a relative standard error of 1 / sqrt(size - 2).
counts as (

    select
        period,
        period_start,
        platform,
        campaign_id,
        case
            when last_hash is null then hashes
            else round(
                cast({{ (size - 1) * 16 ** 12 }} as {{ double }})
                / cast({{ ad_funnel.hash_number('last_hash') }} as {{ double }})
            )
        end as users,
        case when last_hash is null then 0 else {{ ad_funnel.sketch_error(size) }} end as users_relative_error
    from sketches

),
{%- else %}

counts as (

    select
        period,
        period_start,
        platform,
        campaign_id,
        count(distinct user_key) as users,
        0 as users_relative_error
    from cells
    where user_key is not null
    group by period, period_start, platform, campaign_id

),
{%- endif %}

sums as (

    select
        period,
        period_start,
        platform,
        campaign_id,
        min(date_day) as first_day,
        cast(sum(impressions) as bigint) as impressions,
        cast(sum(known_user_impressions) as bigint) as known_user_impressions
    from cells
    group by period, period_start, platform, campaign_id

),

-- Where no user is known, reach is not.
counted as (

    select
        sums.period,
        case when sums.period = 'lifetime' then sums.first_day else sums.period_start end as period_start,
        sums.platform,
        sums.campaign_id,
        sums.impressions,
        sums.known_user_impressions,
        cast(counts.users as bigint) as users,
        cast(counts.users_relative_error as {{ double }}) as users_relative_error
    from sums
    left join counts
        on
            sums.period = counts.period
            and sums.period_start = counts.period_start
            and sums.platform = counts.platform
            and sums.campaign_id = counts.campaign_id

)

select
    counted.period,
    counted.period_start,
    counted.platform,
    counted.campaign_id,
    {{ ad_funnel.campaign_key('counted') }} as campaign_key,
    coalesce(campaigns.campaign_name, counted.campaign_id) as campaign_name,
    campaigns.objective,
    campaigns.targeting_segment,
    counted.impressions,
    counted.known_user_impressions,
    {{ ad_funnel.ratio('counted.known_user_impressions', 'counted.impressions') }} as known_user_share,
    counted.users,
    counted.users_relative_error,
    {{ ad_funnel.ratio('counted.known_user_impressions', 'counted.users') }} as frequency,
    freshness.data_through,
    freshness.built_at
from counted
left join campaigns
    on
        counted.platform = campaigns.platform
        and counted.campaign_id = campaigns.campaign_id
cross join freshness
