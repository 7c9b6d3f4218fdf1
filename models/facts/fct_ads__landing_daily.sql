-- One row per reporting day, platform, campaign, landing page and UTM fields: valid clicks, what they reached and what
-- they sold. Every valid click is in one of them.
{{ config(enabled=ad_funnel.has_landing_pages()) }}
{% set fields = ad_funnel.utm_fields() %}
{% set min_users = ad_funnel.setting('ad_funnel__min_cell_users') %}

with ads as (

    select * from {{ ref('dim_ads__ads') }}

),

clicks as (

    select *
    from {{ ref('fct_ads__clicks') }}
    where not is_invalid

),

conversions as (

    select
        credited_platform,
        credited_click_id,
        count(*) as conversions,
        sum(conversion_value) as conversion_value,
        count(conversion_value) as valued_conversions,
        sum(case when is_value_unknown then 1 else 0 end) as unknown_value_conversions
    from {{ ref('fct_ads__conversions') }}
    where credit_status = 'click' and not is_invalid
    group by credited_platform, credited_click_id

),

-- A click that tells no page leads to that of its ad. Summed up first: URLs are long to read.
urls as (

    select
        clicks.date_day,
        clicks.platform,
        clicks.campaign_id,
        coalesce(clicks.landing_url, ads.landing_page) as url,
        {{ 'clicks.user_id' if min_users > 0 else 'cast(null as ' ~ dbt.type_string() ~ ')' }} as user_id,
        count(*) as clicks,
        sum(case when clicks.is_landed is not null then 1 end) as landing_measurable_clicks,
        sum(case when clicks.is_landed then 1 when not clicks.is_landed then 0 end) as landed_clicks,
        sum(case when conversions.conversions > 0 then 1 else 0 end) as converted_clicks,
        sum(conversions.conversions) as conversions,
        sum(conversions.conversion_value) as conversion_value,
        sum(conversions.valued_conversions) as valued_conversions,
        sum(conversions.unknown_value_conversions) as unknown_value_conversions
    from clicks
    left join conversions
        on
            clicks.platform = conversions.credited_platform
            and clicks.click_id = conversions.credited_click_id
    left join ads
        on
            clicks.platform = ads.platform
            and clicks.ad_id = ads.ad_id
            and clicks.date_day >= ads.valid_from
            and clicks.date_day < ads.valid_to
    group by
        {{ 'clicks.user_id,' if min_users > 0 }}
        clicks.date_day, clicks.platform, clicks.campaign_id, coalesce(clicks.landing_url, ads.landing_page)

),

with_query as (

    select
        *,
        {{ ad_funnel.tag_query('url') }} as tag_query
    from urls

),

-- What stands before the parameters, and these.
divided as (

    select
        with_query.*,
        {%- for field in fields %}
        {{ ad_funnel.tag_value('tag_query', field) }} as escaped_{{ field }},
        {%- endfor %}
        {{ ad_funnel.url_parameters('url', ad_funnel.setting('ad_funnel__page_parameters')) }} as parameters,
        {{ ad_funnel.split_part(ad_funnel.split_part('url', '#', 1), '?', 1) }} as address
    from with_query

),

{{ ad_funnel.unescaping('divided') }},

-- Without the web's scheme. (That of an app is part of its name.)
without_scheme as (

    select
        *,
        case
            when lower(address) like 'http://%' then substr(address, 8)
            when lower(address) like 'https://%' then substr(address, 9)
            when address like '//%' then substr(address, 3)
            else address
        end as host_and_path
    from unescaped

),

hosts as (

    select
        *,
        {{ ad_funnel.split_part('host_and_path', '/', 1) }} as host
    from without_scheme

),

-- Hosts are the same in small letters, paths may not be. A slash at the end says nothing.
pages as (

    select
        *,
        case when lower(host) like 'www.%' then substr(lower(host), 5) else lower(host) end as host_name,
        substr(
            case
                when host_and_path like '%/' then substr(host_and_path, 1, length(host_and_path) - 1)
                else host_and_path
            end,
            length(host) + 1
        ) as path
    from hosts

),

named as (

    select
        date_day,
        platform,
        campaign_id,
        user_id,
        coalesce(nullif(host_name || path || parameters, ''), 'unknown') as landing_page,
        {%- for field in fields %}
        coalesce({{ ad_funnel.utm_value(field) }}, '(none)') as {{ field }},
        {%- endfor %}
        clicks,
        landing_measurable_clicks,
        landed_clicks,
        converted_clicks,
        conversions,
        conversion_value,
        valued_conversions,
        unknown_value_conversions
    from pages

)
{%- if min_users > 0 %},

-- Campaigns that stand under `other` in fct_ads__daily do so here; and pages that few known users came to, by
-- these UTM fields.
campaigns as (

    select distinct
        date_day,
        platform,
        campaign_id
    from {{ ref('fct_ads__daily') }}

),

small_pages as (

    select
        date_day,
        platform,
        campaign_id,
        landing_page,
        {{ fields | join(',\n        ') }}
    from named
    group by date_day, platform, campaign_id, landing_page, {{ fields | join(', ') }}
    having count(distinct user_id) between 1 and {{ min_users - 1 }}

),

folded as (

    select
        named.date_day,
        named.platform,
        named.clicks,
        named.landing_measurable_clicks,
        named.landed_clicks,
        named.converted_clicks,
        named.conversions,
        named.conversion_value,
        named.valued_conversions,
        named.unknown_value_conversions,
        coalesce(campaigns.campaign_id, 'other') as campaign_id,
        {%- for column in ['landing_page'] + fields %}
        case
            when campaigns.campaign_id is null or small_pages.landing_page is not null then 'other'
            else named.{{ column }}
        end as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from named
    left join campaigns
        on
            named.date_day = campaigns.date_day
            and named.platform = campaigns.platform
            and named.campaign_id = campaigns.campaign_id
    left join small_pages
        on
            named.date_day = small_pages.date_day
            and named.platform = small_pages.platform
            and named.campaign_id = small_pages.campaign_id
            {%- for column in ['landing_page'] + fields %}
            and named.{{ column }} = small_pages.{{ column }}
            {%- endfor %}

)
{%- endif %}

select
    date_day,
    platform,
    campaign_id,
    landing_page,
    {{ fields | join(',\n    ') }},
    cast(sum(clicks) as bigint) as clicks,
    cast(sum(landing_measurable_clicks) as bigint) as landing_measurable_clicks,
    cast(sum(landed_clicks) as bigint) as landed_clicks,
    cast(sum(converted_clicks) as bigint) as converted_clicks,
    cast(sum(conversions) as bigint) as conversions,
    cast(sum(conversion_value) as {{ ad_funnel.type_money_sum() }}) as conversion_value,
    cast(sum(valued_conversions) as bigint) as valued_conversions,
    cast(sum(unknown_value_conversions) as bigint) as unknown_value_conversions
from {{ 'folded' if min_users > 0 else 'named' }}
group by date_day, platform, campaign_id, landing_page, {{ fields | join(', ') }}
