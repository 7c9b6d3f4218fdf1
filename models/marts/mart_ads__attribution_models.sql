-- One row per channel and campaign, over all days: what each model credits it with, and how far from last click.
{{ config(enabled=ad_funnel.has_attribution(), contract=ad_funnel.contract()) }}
{% set built = ad_funnel.built_attribution_models() %}

with attributed as (

    select * from {{ ref('fct_ads__attribution_daily') }}

),

campaigns as (

    select *
    from {{ ref('dim_ads__campaigns') }}
    where is_current

),

freshness as (

    select * from {{ ref('fct_ads__freshness') }}

),

sums as (

    select
        channel,
        {%- for model in built %}
        sum(case when model = '{{ model }}' then conversions end) as {{ model }}_conversions,
        sum(case when model = '{{ model }}' then conversion_value end) as {{ model }}_value,
        {%- endfor %}
        campaign_id
    from attributed
    group by channel, campaign_id

)

select
    sums.channel,
    sums.campaign_id,
    coalesce(campaigns.campaign_name, sums.campaign_id) as campaign_name,
    {%- for suffix, type in [('conversions', ad_funnel.type_credit_sum()), ('value', ad_funnel.type_money_sum())] %}
    {%- for model in ad_funnel.attribution_models() %}
    cast({{ 'sums.' ~ model ~ '_' ~ suffix if model in built else 'null' }} as {{ type }}) as {{ model }}_{{ suffix }},
    {%- endfor %}
    {%- endfor %}
    {%- for model in ad_funnel.attribution_models() if model != 'last_click' %}
    cast(
        {{ 'sums.' ~ model ~ '_conversions - sums.last_click_conversions' if model in built else 'null' }}
        as {{ ad_funnel.type_credit_sum() }}
    ) as {{ model }}_shift,
    {%- endfor %}
    freshness.data_through,
    freshness.built_at
from sums
left join campaigns
    on
        sums.channel = campaigns.platform
        and sums.campaign_id = campaigns.campaign_id
cross join freshness
