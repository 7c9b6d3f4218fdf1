-- Where ads show the variants and rows are the units, an experiment counts what the facts count of these ads and days,
-- each event once. Every user of an experiment stands in one variant, or is left out of all and counted.
{{ config(enabled=ad_funnel.has_experiments()) }}
{% set counted = {
    'impressions': ('ctr', 'denominator'), 'clicks': ('cvr', 'denominator'), 'conversions': ('cpa', 'denominator'),
    'conversion_value': ('roas', 'numerator'),
} %}
{% set amount = ad_funnel.type_money_sum() %}

with experiments as (

    select *
    from {{ ref('dim_ads__experiments') }}
    where source_table = 'ads' and unit = 'row'

),

ads as (

    select
        ads.platform,
        ads.ad_id,
        ads.valid_from,
        ads.valid_to,
        experiments.*
    from experiments
    inner join {{ ref('dim_ads__ads') }} as ads
        on
            experiments.experiment = ads.experiment
            and experiments.variant = ads.variant

),

clicks as (

    select
        ads.experiment,
        ads.variant,
        clicks.platform,
        clicks.click_id,
        case when clicks.is_invalid then 0 else 1 end as clicks
    from {{ ref('fct_ads__clicks') }} as clicks
    inner join ads
        on
            clicks.platform = ads.platform
            and clicks.ad_id = ads.ad_id
            and coalesce(clicks.impression_day, clicks.date_day) >= ads.valid_from
            and coalesce(clicks.impression_day, clicks.date_day) < ads.valid_to
            and {{ ad_funnel.within_plan('coalesce(clicks.impression_day, clicks.date_day)', 'ads') }}

),

conversions as (

    select
        clicks.experiment,
        clicks.variant,
        conversions.conversion_value
    from {{ ref('fct_ads__conversions') }} as conversions
    inner join clicks
        on
            conversions.credited_platform = clicks.platform
            and conversions.credited_click_id = clicks.click_id
    where not conversions.is_invalid and conversions.credit_status = 'click'

),

amounts as (

    select
        ads.experiment,
        ads.variant,
        'impressions' as measure,
        cast(by_day.impressions as {{ amount }}) as in_facts,
        cast(0 as {{ amount }}) as in_experiments
    from {{ ref('fct_ads__impressions_by_day') }} as by_day
    inner join ads
        on
            by_day.platform = ads.platform
            and by_day.ad_id = ads.ad_id
            and by_day.date_day >= ads.valid_from
            and by_day.date_day < ads.valid_to
            and {{ ad_funnel.within_plan('by_day.date_day', 'ads') }}

    union all

    select
        experiment,
        variant,
        'clicks' as measure,
        cast(clicks as {{ amount }}) as in_facts,
        cast(0 as {{ amount }}) as in_experiments
    from clicks

    union all

    select
        experiment,
        variant,
        'conversions' as measure,
        cast(1 as {{ amount }}) as in_facts,
        cast(0 as {{ amount }}) as in_experiments
    from conversions

    union all

    select
        experiment,
        variant,
        'conversion_value' as measure,
        cast(coalesce(conversion_value, 0) as {{ amount }}) as in_facts,
        cast(0 as {{ amount }}) as in_experiments
    from conversions

    union all

    {% for measure, (metric, column) in counted.items() %}
    select
        daily.experiment,
        daily.variant,
        '{{ measure }}' as measure,
        cast(0 as {{ amount }}) as in_facts,
        cast(coalesce(daily.{{ column }}, 0) as {{ amount }}) as in_experiments
    from {{ ref('fct_ads__experiment_daily') }} as daily
    inner join experiments
        on
            daily.experiment = experiments.experiment
            and daily.variant = experiments.variant
    where daily.metric = '{{ metric }}'

    union all

    {% endfor %}
    select
        experiment,
        cast(null as {{ dbt.type_string() }}) as variant,
        'users' as measure,
        cast(1 as {{ amount }}) as in_facts,
        cast(0 as {{ amount }}) as in_experiments
    from {{ ref('fct_ads__experiment_users') }}

    union all

    select
        experiment,
        cast(null as {{ dbt.type_string() }}) as variant,
        'users' as measure,
        cast(0 as {{ amount }}) as in_facts,
        cast(sum(units) + max(contaminated_users) as {{ amount }}) as in_experiments
    from {{ ref('fct_ads__experiment_variants') }}
    where unit = 'user'
    group by experiment

)

select
    experiment,
    variant,
    measure,
    sum(in_facts) as in_facts,
    sum(in_experiments) as in_experiments
from amounts
group by experiment, variant, measure
having sum(in_facts) <> sum(in_experiments)
