-- One row per reporting day of conversion, channel, campaign and model: the conversions and value credited there.
{{ config(enabled=ad_funnel.has_attribution()) }}
{% set min_users = ad_funnel.setting('ad_funnel__min_cell_users') %}
{% set built = ad_funnel.built_attribution_models() %}

with touchpoints as (

    select * from {{ ref('fct_ads__touchpoints') }}

),

{%- if min_users > 0 %}

-- As in fct_ads__daily: a day's campaign of few known users stands under `other`.
small_campaigns as (

    select
        date_day,
        channel,
        campaign_id
    from touchpoints
    group by date_day, channel, campaign_id
    having count(distinct user_id) between 1 and {{ min_users - 1 }}

),

cells as (

    select
        touchpoints.date_day,
        touchpoints.channel,
        case when small_campaigns.campaign_id is null then touchpoints.campaign_id else 'other' end as campaign_id,
        {%- for model in built %}
        touchpoints.{{ model }}_credit,
        touchpoints.{{ model }}_value,
        {%- endfor %}
        touchpoints.is_value_unknown
    from touchpoints
    left join small_campaigns
        on
            touchpoints.date_day = small_campaigns.date_day
            and touchpoints.channel = small_campaigns.channel
            and touchpoints.campaign_id = small_campaigns.campaign_id

),
{%- endif %}

-- All models at once, before they are put one below the other.
sums as (

    select
        date_day,
        channel,
        {%- for model in built %}
        sum({{ model }}_credit) as {{ model }}_conversions,
        sum({{ model }}_value) as {{ model }}_value,
        sum(case when {{ model }}_value is not null then {{ model }}_credit else 0 end) as {{ model }}_valued,
        sum(case when is_value_unknown then {{ model }}_credit else 0 end) as {{ model }}_unknown,
        {%- endfor %}
        campaign_id
    from {{ 'cells' if min_users > 0 else 'touchpoints' }}
    group by date_day, channel, campaign_id

)

{% for model in built %}
select
    date_day,
    channel,
    campaign_id,
    '{{ model }}' as model,
    cast({{ model }}_conversions as {{ ad_funnel.type_credit_sum() }}) as conversions,
    cast({{ model }}_value as {{ ad_funnel.type_money_sum() }}) as conversion_value,
    cast({{ model }}_valued as {{ ad_funnel.type_credit_sum() }}) as valued_conversions,
    cast({{ model }}_unknown as {{ ad_funnel.type_credit_sum() }}) as unknown_value_conversions
from sums
where {{ model }}_conversions is not null
{{ 'union all' if not loop.last }}
{% endfor %}
