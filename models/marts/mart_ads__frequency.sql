-- One row per platform, campaign and number of times that a user was shown it, up to the user's first conversion: how
-- many users, how many of them converted, and what the last of these impressions brought.
{{ config(enabled=ad_funnel.has_frequency(), contract=ad_funnel.contract()) }}
{% set min_users = ad_funnel.setting('ad_funnel__min_cell_users') %}
{% set z = ad_funnel.z_of_95_percent() %}
{% set shows_partial = ad_funnel.setting('ad_funnel__partial_money_metrics') %}

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

daily as (

    select * from {{ ref('fct_ads__daily') }}

),

shown as (

    select
        exposures.platform,
        coalesce(exposures.campaign_id, ads.campaign_id, 'unknown') as campaign_id,
        exposures.user_id,
        sum(exposures.impressions) as impressions
    from {{ ref('fct_ads__exposures_by_day') }} as exposures
    left join ads
        on
            exposures.platform = ads.platform
            and exposures.ad_id = ads.ad_id
            and exposures.date_day >= ads.valid_from
            and exposures.date_day < ads.valid_to
    where exposures.user_id is not null
    group by exposures.platform, coalesce(exposures.campaign_id, ads.campaign_id, 'unknown'), exposures.user_id

),

-- Counted conversions of the campaign. One that names no user is that of the click's.
conversions as (

    select
        conversions.credited_platform as platform,
        conversions.campaign_id,
        coalesce(conversions.user_id, clicks.user_id) as user_id,
        conversions.converted_at,
        conversions.conversion_value,
        conversions.is_value_unknown,
        row_number() over (
            partition by
                conversions.credited_platform, conversions.campaign_id, coalesce(conversions.user_id, clicks.user_id)
            order by
                conversions.converted_at asc nulls last,
                conversions.conversion_id asc nulls last,
                conversions.platform asc nulls last
        ) as conversion_number
    from {{ ref('fct_ads__conversions') }} as conversions
    left join {{ ref('fct_ads__clicks') }} as clicks
        on
            conversions.credited_platform = clicks.platform
            and conversions.credited_click_id = clicks.click_id
    where
        conversions.credit_status in ('click', 'view')
        and not conversions.is_invalid
        and coalesce(conversions.user_id, clicks.user_id) is not null

),

converted as (

    select *
    from conversions
    where conversion_number = 1

),

-- What a user was shown after converting cannot have led to it.
shown_before as (

    select
        converted.platform,
        converted.campaign_id,
        converted.user_id,
        count(*) as impressions
    from converted
    inner join {{ ref('fct_ads__impressions') }} as impressions
        on
            converted.platform = impressions.platform
            and converted.campaign_id = impressions.campaign_id
            and converted.user_id = impressions.user_id
            and converted.converted_at >= impressions.impression_at
    where not impressions.is_invalid
    group by converted.platform, converted.campaign_id, converted.user_id

),

users as (

    select
        shown.platform,
        shown.campaign_id,
        shown.user_id,
        case when converted.user_id is null then shown.impressions else shown_before.impressions end as exposures,
        case when converted.user_id is null then 0 else 1 end as converted_users,
        converted.conversion_value,
        case when converted.is_value_unknown then 1 else 0 end as unknown_value_conversions
    from shown
    left join converted
        on
            shown.platform = converted.platform
            and shown.campaign_id = converted.campaign_id
            and shown.user_id = converted.user_id
    left join shown_before
        on
            shown.platform = shown_before.platform
            and shown.campaign_id = shown_before.campaign_id
            and shown.user_id = shown_before.user_id

),

{%- if min_users > 0 %}

-- A campaign of few known users stands under `other`, as in fct_ads__daily; here by all its users.
small_campaigns as (

    select
        platform,
        campaign_id,
        1 as is_small
    from users
    group by platform, campaign_id
    having count(exposures) between 1 and {{ min_users - 1 }}

),
{%- endif %}

named_users as (

    select
        users.platform,
        {%- if min_users > 0 %}
        case when small_campaigns.is_small = 1 then 'other' else users.campaign_id end as campaign_id,
        {%- else %}
        users.campaign_id,
        {%- endif %}
        users.exposures,
        users.converted_users,
        users.conversion_value,
        users.unknown_value_conversions
    from users
    {%- if min_users > 0 %}
    left join small_campaigns
        on
            users.platform = small_campaigns.platform
            and users.campaign_id = small_campaigns.campaign_id
    {%- endif %}

),

counts as (

    select
        platform,
        campaign_id,
        exposures,
        count(*) as users,
        sum(converted_users) as converted_users,
        sum(conversion_value) as conversion_value,
        sum(unknown_value_conversions) as unknown_value_conversions
    from named_users
    group by platform, campaign_id, exposures

),

-- Who was shown it seven times was shown a first time, a second, and so on. (Who converted before the first time is in
-- no group.)
exposure_groups as (

    {% for group in ad_funnel.exposure_groups() %}
    select
        '{{ group.name }}' as exposures,
        {{ group.start }} as first_exposure,
        cast({{ 'null' if group.end is none else group.end }} as integer) as last_exposure
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

grouped as (

    select
        counts.platform,
        counts.campaign_id,
        exposure_groups.exposures,
        exposure_groups.first_exposure,
        exposure_groups.last_exposure,
        counts.users as reached_users,
        counts.users * (
            least(counts.exposures, coalesce(exposure_groups.last_exposure, counts.exposures))
            - exposure_groups.first_exposure + 1
        ) as impressions,
        counts.exposures <= coalesce(exposure_groups.last_exposure, counts.exposures) as is_last,
        counts.converted_users,
        counts.conversion_value,
        counts.unknown_value_conversions
    from counts
    inner join exposure_groups
        on counts.exposures >= exposure_groups.first_exposure

),

sums as (

    select
        platform,
        campaign_id,
        exposures,
        first_exposure,
        last_exposure,
        sum(case when is_last then reached_users else 0 end) as users,
        sum(reached_users) as reached_users,
        sum(impressions) as impressions,
        sum(case when is_last then converted_users else 0 end) as converted_users,
        sum(case when is_last then conversion_value end) as conversion_value,
        sum(case when is_last then unknown_value_conversions else 0 end) as unknown_value_conversions
    from grouped
    group by platform, campaign_id, exposures, first_exposure, last_exposure

),

{%- if min_users > 0 %}

-- A number of exposures that few users had stands under `other` of its campaign.
named as (

    select
        platform,
        campaign_id,
        case when is_small then 'other' else exposures end as exposures,
        case when not is_small then first_exposure end as first_exposure,
        case when not is_small then last_exposure end as last_exposure,
        users,
        case when not is_small then reached_users end as reached_users,
        impressions,
        converted_users,
        conversion_value,
        unknown_value_conversions
    from (
        select
            *,
            users between 1 and {{ min_users - 1 }} as is_small
        from sums
    ) as judged

),

rows_of_mart as (

    select
        platform,
        campaign_id,
        exposures,
        first_exposure,
        last_exposure,
        sum(users) as users,
        sum(reached_users) as reached_users,
        sum(impressions) as impressions,
        sum(converted_users) as converted_users,
        sum(conversion_value) as conversion_value,
        sum(unknown_value_conversions) as unknown_value_conversions
    from named
    group by platform, campaign_id, exposures, first_exposure, last_exposure

),
{%- endif %}

-- (What stands under `other` here and in the daily fact is not the same.)
costs as (

    select
        platform,
        campaign_id,
        {{ ad_funnel.cost_per_impression('sum(spend)', 'sum(impressions)') }} as cost_per_impression,
        sum(unknown_cost_events) = 0 as is_cost_complete
    from daily
    where campaign_id <> 'other' or {{ min_users }} = 0
    group by platform, campaign_id

),

priced as (

    select
        sums.platform,
        sums.campaign_id,
        sums.exposures,
        sums.first_exposure,
        sums.last_exposure,
        cast(sums.users as bigint) as users,
        cast(sums.reached_users as bigint) as reached_users,
        cast(sums.impressions as bigint) as impressions,
        cast(sums.converted_users as bigint) as converted_users,
        {{ ad_funnel.ratio('sums.converted_users', 'sums.impressions') }} as marginal_conversion_rate,
        cast(case
            when sums.converted_users > 0 then sums.conversion_value
            when freshness.has_all_conversion_value then 0
        end as {{ ad_funnel.type_money_sum() }}) as conversion_value,
        {{ 'true' if shows_partial else 'sums.unknown_value_conversions = 0' }} as shows_value,
        {%- if shows_partial %}
        costs.cost_per_impression as average_cost_per_impression
        {%- else %}
        case when costs.is_cost_complete then costs.cost_per_impression end as average_cost_per_impression
        {%- endif %}
    from {{ 'rows_of_mart' if min_users > 0 else 'sums' }} as sums
    cross join freshness
    left join costs
        on
            sums.platform = costs.platform
            and sums.campaign_id = costs.campaign_id

)

select
    priced.platform,
    priced.campaign_id,
    {{ ad_funnel.campaign_key('priced') }} as campaign_key,
    coalesce(campaigns.campaign_name, priced.campaign_id) as campaign_name,
    campaigns.objective,
    campaigns.targeting_segment,
    priced.exposures,
    priced.first_exposure,
    priced.last_exposure,
    priced.users,
    priced.reached_users,
    priced.impressions,
    priced.converted_users,
    priced.conversion_value,
    {{ ad_funnel.ratio('priced.converted_users', 'priced.reached_users') }} as conversion_rate,
    priced.marginal_conversion_rate,
    {{ ad_funnel.wilson_end('priced.marginal_conversion_rate', 'priced.impressions', z, '-1') }}
        as marginal_conversion_rate_low,
    {{ ad_funnel.wilson_end('priced.marginal_conversion_rate', 'priced.impressions', z, '1') }}
        as marginal_conversion_rate_high,
    priced.average_cost_per_impression,
    {{ ad_funnel.ratio('(priced.average_cost_per_impression * priced.impressions)', 'priced.converted_users') }}
        as cost_per_converted_user,
    {{ ad_funnel.ratio('(case when priced.shows_value then priced.conversion_value end)', 'priced.impressions') }}
        as value_per_impression,
    freshness.data_through,
    freshness.built_at
from priced
left join campaigns
    on
        priced.platform = campaigns.platform
        and priced.campaign_id = campaigns.campaign_id
cross join freshness
