-- Every campaign_key of a mart is in dim_ads__current_campaigns, every ad_key in dim_ads__current_ads, every platform
-- in dim_ads__current_platforms, and every day in dim_ads__calendar: a BI tool that joins by them loses no row.
{% set campaign_marts = ['ad_daily', 'campaign', 'campaign_change', 'campaign_daily', 'campaign_monthly',
    'campaign_ranking', 'campaign_weekly', 'funnel_steps'] %}
{% set campaign_marts = campaign_marts + (['reach'] if ad_funnel.has_reach() else []) %}
{% set campaign_marts = campaign_marts + (['frequency'] if ad_funnel.has_frequency() else []) %}
{% set campaign_marts = campaign_marts + (['segment', 'segment_daily'] if ad_funnel.has_segments() else []) %}
{% set campaign_marts = campaign_marts + (['landing_page'] if ad_funnel.has_landing_pages() else []) %}
{% set campaign_marts = campaign_marts + (['budget_pacing'] if ad_funnel.is_measured(['budgets']) else []) %}
{% set report_marts = ['performance', 'performance_daily'] if ad_funnel.reads_reports() else [] %}
{% set campaign_marts = campaign_marts + report_marts + (['discrepancy'] if ad_funnel.reads_reports() else []) %}

{#- Marts of several grains have rows of no campaign or ad; every row has a platform and a day. #}
{% for key, dimension, marts, may_be_null in [
    ('campaign_key', 'dim_ads__current_campaigns', campaign_marts, true),
    ('ad_key', 'dim_ads__current_ads', ['ad_daily'] + report_marts, true),
    ('platform', 'dim_ads__current_platforms', ['platform_daily'], false),
    ('date_day', 'dim_ads__calendar', ['campaign_daily'], false),
] %}
{% for mart in marts %}
select distinct
    'mart_ads__{{ mart }}' as mart,
    '{{ key }}' as key_column,
    cast(built.{{ key }} as {{ dbt.type_string() }}) as key_value
from {{ ref('mart_ads__' ~ mart) }} as built
left join {{ ref(dimension) }} as dimension
    on built.{{ key }} = dimension.{{ key }}
where
    dimension.{{ key }} is null
    {{ 'and built.' ~ key ~ ' is not null' if may_be_null }}

union all

{% endfor %}
{% endfor %}
select
    'dim_ads__current_ads' as mart,
    'campaign_key' as key_column,
    ads.campaign_key as key_value
from {{ ref('dim_ads__current_ads') }} as ads
left join {{ ref('dim_ads__current_campaigns') }} as dimension
    on ads.campaign_key = dimension.campaign_key
where ads.campaign_id is not null and dimension.campaign_key is null
