-- There are more channels in the journeys than a data-driven model can tell apart, so it credits nobody: its credit is
-- NULL. Cure: ad_funnel__attribution_level: channel; or give visits fewer channels by a `channel` of their own.
{{ config(severity='warn', enabled=ad_funnel.has_data_driven_attribution()) }}

{% for model in ad_funnel.built_attribution_models() if ad_funnel.attribution_models()[model].data_driven %}
select
    '{{ model }}' as model,
    count(*) as channels
from {{ ref('fct_ads__' ~ model) }}
where weight is null
having count(*) > 0
{{ 'union all' if not loop.last }}
{% endfor %}
