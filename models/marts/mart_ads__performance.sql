-- One row per level (all, platform, account, campaign, ad) and what is of that level, over all its days, and series
-- (measured, reported).
{{ config(enabled=ad_funnel.reads_reports(), contract=ad_funnel.contract()) }}
{% set levels = {
    'platform': ['platform'],
    'account': ['platform', 'account_id'],
    'campaign': ['platform', 'account_id', 'campaign_id'],
    'ad': ['platform', 'account_id', 'campaign_id', 'ad_id'],
} %}
{% set claims = ['conversions', 'conversion_value', 'view_through_conversions', 'view_through_value'] %}

with performance as (

    select * from {{ ref('fct_ads__performance') }}

),

campaigns as (

    select *
    from {{ ref('dim_ads__campaigns') }}
    where is_current

),

ads as (

    select *
    from {{ ref('dim_ads__ads') }}
    where is_current

),

sums as (

    {% for level, ids in levels.items() %}
    select
        '{{ level }}' as level,
        {%- for id in levels.ad %}
        {{ id if id in ids else "'all' as " ~ id }},
        {%- endfor %}
        series,
        is_best,
        min(date_day) as first_day,
        max(last_day) as last_day,
        {{ ad_funnel.performance_sums() }},
        max(data_through) as data_through,
        max(built_at) as built_at
    from performance
    group by {{ ids | join(', ') }}, series, is_best
    union all
    {% endfor %}

    select
        'all' as level,
        {%- for id in levels.ad %}
        'all' as {{ id }},
        {%- endfor %}
        series,
        min(case when is_best then 1 else 0 end) = 1 as is_best,
        min(date_day) as first_day,
        max(last_day) as last_day,
        {{ ad_funnel.performance_sums() }},
        max(data_through) as data_through,
        max(built_at) as built_at
    from performance
    group by series

),

-- Claims of several platforms may be of the same orders, so there is no sum of them.
claiming as (

    select
        series,
        count(distinct platform) as platforms
    from performance
    where series = 'reported' and coalesce({{ claims | join(', ') }}) is not null
    group by series

),

named as (

    select
        sums.level,
        sums.platform,
        sums.account_id,
        sums.campaign_id,
        sums.ad_id,
        sums.series,
        sums.is_best,
        sums.first_day,
        sums.last_day,
        {%- for measure in ad_funnel.performance_measures() %}
        {%- if measure in claims %}
        case
            when sums.level <> 'all' or coalesce(claiming.platforms, 0) < 2 then sums.{{ measure }}
        end as {{ measure }},
        {%- else %}
        sums.{{ measure }},
        {%- endif %}
        {%- endfor %}
        sums.data_through,
        sums.built_at,
        coalesce(campaigns.campaign_name, sums.campaign_id) as campaign_name,
        coalesce(ads.ad_name, sums.ad_id) as ad_name,
        sums.unknown_cost_events = 0 as is_cost_complete,
        sums.unknown_value_conversions = 0 as is_value_complete
    from sums
    left join claiming
        on sums.series = claiming.series
    left join campaigns
        on
            sums.platform = campaigns.platform
            and sums.campaign_id = campaigns.campaign_id
    left join ads
        on
            sums.platform = ads.platform
            and sums.ad_id = ads.ad_id

)

select
    level,
    platform,
    account_id,
    campaign_id,
    case when level in ('campaign', 'ad') then {{ ad_funnel.campaign_key() }} end as campaign_key,
    campaign_name,
    ad_id,
    case when level = 'ad' then {{ ad_funnel.ad_key() }} end as ad_key,
    ad_name,
    series,
    is_best,
    first_day,
    last_day,
    {{ ad_funnel.performance_measures() | join(',\n    ') }},
    is_cost_complete,
    is_value_complete,
    {{ ad_funnel.performance_metrics() }},
    {{ ad_funnel.performance_is_mature(ad_funnel.add_days('last_day', 1)) }} as is_mature,
    data_through,
    built_at
from named
