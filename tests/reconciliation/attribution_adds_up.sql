-- Every model credits each counted conversion once, with all of its value: by conversion exactly 1 and its value, and
-- over all of them what fct_ads__daily counts. A model that cannot be built credits nothing at all.
{{ config(enabled=ad_funnel.has_attribution()) }}
{% set models = ad_funnel.built_attribution_models() %}

with by_conversion as (

    select
        platform,
        conversion_id,
        max(conversion_value) as conversion_value,
        count(*) as row_count,
        {%- for model in models %}
        sum({{ model }}_credit) as {{ model }}_credit,
        sum({{ model }}_value) as {{ model }}_value,
        {%- endfor %}
        max(touches) as touches
    from {{ ref('fct_ads__touchpoints') }}
    group by platform, conversion_id

),

totals as (

    select
        {%- for model in models %}
        count({{ model }}_credit) as {{ model }}_conversions,
        {%- endfor %}
        count(case when touches > 0 then 1 end) as touched_conversions
    from by_conversion

),

counted as (

    select
        platform,
        conversion_id,
        conversion_value
    from {{ ref('fct_ads__conversions') }}
    where not is_invalid and credit_status in ('click', 'view', 'none')

),

daily as (

    select
        coalesce(sum(conversions), 0) + coalesce(sum(view_through_conversions), 0)
        + coalesce(sum(unattributed_conversions), 0) as conversions,
        coalesce(sum(conversion_value), 0) + coalesce(sum(view_through_value), 0) as credited_value
    from {{ ref('fct_ads__daily') }}

),

unattributed as (

    select coalesce(sum(conversion_value), 0) as unattributed_value
    from {{ ref('fct_ads__conversions') }}
    where not is_invalid and credit_status = 'none'

),

spend as (

    select coalesce(sum(spend), 0) as spend
    from {{ ref('fct_ads__daily') }}

),

mart as (

    select
        model,
        sum(conversions) as conversions,
        coalesce(sum(conversion_value), 0) as conversion_value,
        coalesce(sum(spend), 0) as spend
    from {{ ref('mart_ads__attribution') }}
    group by model

)

{% for model in models %}
select
    'parts of a conversion by {{ model }}' as found,
    cast({{ model }}_credit as {{ ad_funnel.type_money_sum() }}) as is_now,
    cast(1 as {{ ad_funnel.type_money_sum() }}) as should_be
from by_conversion
cross join totals
where
    totals.{{ model }}_conversions > 0
    and (
        coalesce(by_conversion.{{ model }}_credit, 0) <> 1
        or coalesce(by_conversion.{{ model }}_value, 0) <> coalesce(by_conversion.conversion_value, 0)
    )

union all

{% endfor %}

select
    'touches of a conversion' as found,
    row_count as is_now,
    touches as should_be
from by_conversion
where row_count <> greatest(touches, 1)

union all

select
    'a conversion in only one of facts and touchpoints' as found,
    cast(null as {{ ad_funnel.type_money_sum() }}) as is_now,
    cast(null as {{ ad_funnel.type_money_sum() }}) as should_be
from counted
full outer join by_conversion
    on
        counted.platform = by_conversion.platform
        and counted.conversion_id = by_conversion.conversion_id
where counted.conversion_id is null or by_conversion.conversion_id is null

union all

select
    'conversions by ' || mart.model as found,
    mart.conversions as is_now,
    daily.conversions as should_be
from mart
cross join daily
where mart.conversions <> daily.conversions

union all

select
    'value by ' || mart.model as found,
    mart.conversion_value as is_now,
    daily.credited_value + unattributed.unattributed_value as should_be
from mart
cross join daily
cross join unattributed
where mart.conversion_value <> daily.credited_value + unattributed.unattributed_value

union all

select
    'spend by ' || mart.model as found,
    mart.spend as is_now,
    spend.spend as should_be
from mart
cross join spend
where mart.spend <> spend.spend

union all

select
    'conversions at the ends of paths' as found,
    coalesce(sum(conversions), 0) as is_now,
    (select daily.conversions from daily) as should_be
from {{ ref('mart_ads__conversion_paths') }}
having coalesce(sum(conversions), 0) <> (select daily.conversions from daily)

union all

select
    'conversions after a ' || measured_from as found,
    sum(conversions) as is_now,
    (select totals.touched_conversions from totals) as should_be
from {{ ref('mart_ads__conversion_lag') }}
group by measured_from
having sum(conversions) <> (select totals.touched_conversions from totals)

{% for model in models %}
union all

select
    'shift to {{ model }}' as found,
    sum({{ model }}_conversions) as is_now,
    sum(last_click_conversions) as should_be
from {{ ref('mart_ads__attribution_models') }}
having sum({{ model }}_conversions) <> sum(last_click_conversions)
{% endfor %}
