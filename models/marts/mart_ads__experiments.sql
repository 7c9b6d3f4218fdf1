-- One row per experiment, variant and metric: how the variant does beside the control, how sure that is, and what is
-- wrong with it. The formulas: macros/metrics/statistics.sql.
{{ config(enabled=ad_funnel.has_experiments(), contract=ad_funnel.contract()) }}
{% set metrics = ad_funnel.experiment_metrics() %}
{% set double = ad_funnel.type_double() %}
{% set significance = 'cast(' ~ ad_funnel.setting('ad_funnel__significance_level') ~ ' as ' ~ double ~ ')' %}
{#- No conversions are worth 0; conversions of which none has a value are worth nobody knows what. -#}
{% set numerator = 'coalesce(sum(numerator), case when sum(unvalued_conversions) = 0 then 0 end)' %}
{% set min_events = ad_funnel.setting('ad_funnel__min_experiment_events') %}

with levels as (

    select
        1e0 - {{ significance }} / 2e0 as confidence,
        cast({{ ad_funnel.setting('ad_funnel__power') }} as {{ double }}) as power

),

quantiles as (

    select
        {{ ad_funnel.normal_quantile('confidence') }} as z_confidence,
        {{ ad_funnel.normal_quantile('power') }} as z_power
    from levels

),

freshness as (

    select * from {{ ref('fct_ads__freshness') }}

),

variants as (

    select * from {{ ref('fct_ads__experiment_variants') }}

),

metrics as (

    {% for metric, about in metrics.items() %}
    select
        '{{ metric }}' as metric,
        {{ loop.index }} as metric_number,
        {{ 'true' if about.is_share else 'false' }} as is_share,
        {{ 'true' if ad_funnel.is_experiment_metric_measured(about) else 'false' }}
        {%- for name in [about.numerator, about.denominator] if name in ad_funnel.measures_of_columns() %}
        and has_{{ name }}
        {%- endfor %} as is_measured,
        {{ -1 if about.less_is_better else 1 }} as direction
    from freshness
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

sums as (

    select
        experiment,
        variant,
        metric,
        {{ numerator }} as numerator,
        sum(denominator) as denominator,
        sum(unknown_amounts) as unknown_amounts,
        cast({{ numerator }} as {{ double }}) as x,
        cast(sum(denominator) as {{ double }}) as y,
        {%- for name, column in [('xx', 'numerator_squares'), ('xy', 'products'), ('yy', 'denominator_squares')] %}
        cast(case when count(*) = count({{ column }}) then sum({{ column }}) end as {{ double }}) as {{ name }},
        {%- endfor %}
        count(*) as days
    from {{ ref('fct_ads__experiment_daily') }}
    group by experiment, variant, metric

),

-- A ratio of which some money is unknown is as in the other marts: none, unless a setting shows it.
ratios as (

    select
        *,
        {%- if ad_funnel.setting('ad_funnel__partial_money_metrics') %}
        {{ ad_funnel.ratio('x', 'y') }} as value
        {%- else %}
        case when unknown_amounts = 0 then {{ ad_funnel.ratio('x', 'y') }} end as value
        {%- endif %}
    from sums

),

variances as (

    select
        *,
        case when value is not null then {{ ad_funnel.ratio_variance('value', 'xx', 'xy', 'yy', 'y') }} end as variance,
        {{ ad_funnel.effective_count('x', 'xx') }} as effective_numerator,
        {{ ad_funnel.effective_count('y', 'yy') }} as effective_denominator,
        {{ ad_funnel.effective_count('(y - x)', '(yy - 2e0 * xy + xx)') }} as effective_rest
    from ratios

),

estimates as (

    select
        variants.*,
        metrics.metric,
        metrics.metric_number,
        metrics.is_share,
        metrics.direction,
        -- Units without a row did nothing, and cost nothing.
        case when metrics.is_measured then case when variances.days is null then 0 else variances.numerator end end
            as numerator,
        case when metrics.is_measured then case when variances.days is null then 0 else variances.denominator end end
            as denominator,
        coalesce(variances.unknown_amounts, 0) as unknown_amounts,
        variances.x,
        variances.y,
        case when metrics.is_measured then variances.value end as value,
        case when metrics.is_measured then variances.variance end as variance,
        -- How many independent rows a share is worth: as many as would have its variance.
        case
            when not metrics.is_share then null
            when variances.variance > 0 then variances.value * (1e0 - variances.value) / variances.variance
            else variances.effective_denominator
        end as effective_rows,
        least(
            variances.effective_numerator,
            variances.effective_denominator,
            case when metrics.is_share then variances.effective_rest else variances.effective_denominator end
        ) as effective_events,
        quantiles.z_confidence,
        quantiles.z_power
    from variants
    cross join metrics
    cross join quantiles
    left join variances
        on
            variants.experiment = variances.experiment
            and variants.variant = variances.variant
            and metrics.metric = variances.metric

),

-- Where rows are the units of a share, both sides are taken to be one under the hypothesis, as in the two-proportion
-- z-test; else each has its own variance.
compared as (

    select
        variants.*,
        control.value as control_value,
        control.variance as control_variance,
        variants.numerator is not null and variants.denominator is not null
        and (control.metric is null or control.numerator is not null and control.denominator is not null) as is_told,
        {%- if ad_funnel.setting('ad_funnel__partial_money_metrics') %}
        0 as lacking_amounts,
        {%- else %}
        variants.unknown_amounts + coalesce(control.unknown_amounts, 0) as lacking_amounts,
        {%- endif %}
        least(variants.effective_events, control.effective_events) as tested_events,
        variants.value - control.value as difference,
        case
            when variants.value is null or control.value is null then null
            when variants.is_share and variants.unit = 'row'
                then
                    (variants.x + control.x) / (variants.y + control.y)
                    * (1e0 - (variants.x + control.x) / (variants.y + control.y))
                    * (1e0 / variants.effective_rows + 1e0 / control.effective_rows)
            else variants.variance + control.variance
        end as difference_variance
    from estimates as variants
    left join estimates as control
        on
            variants.experiment = control.experiment
            and variants.metric = control.metric
            and control.is_control
            and not variants.is_control

),

scored as (

    select
        *,
        -- `least` passes over NULL, so it may be that there is no difference to test.
        case
            when difference is not null and tested_events >= {{ min_events }} and difference_variance > 0
                then difference / sqrt(difference_variance)
        end as z,
        -- The mixture's spread: the lifts that are expected, of this control.
        {{ ad_funnel.setting('ad_funnel__expected_lift') }} * control_value
        * {{ ad_funnel.setting('ad_funnel__expected_lift') }} * control_value as mixture
    from compared

),

tested as (

    select
        *,
        {{ ad_funnel.two_sided_p('z') }} as p_value,
        case
            when z is not null then {{ ad_funnel.always_valid_p('difference', 'difference_variance', 'mixture') }}
        end as always_valid_p_value
    from scored

),

ranked as (

    select
        {%- for p in ['p_value', 'always_valid_p_value'] %}
        count({{ p }}) over (partition by experiment) as {{ p }}_count,
        row_number() over (partition by experiment order by {{ p }} asc nulls last) as {{ p }}_rank,
        {%- endfor %}
        *
    from tested

),

-- Benjamini and Hochberg: of several comparisons, some succeed by chance.
adjusted as (

    select
        {%- for p, q in [('p_value', 'q_value'), ('always_valid_p_value', 'always_valid_q_value')] %}
        case
            when {{ p }} is not null
                then min({{ p }} * {{ p }}_count / {{ p }}_rank) over (
                    partition by experiment order by {{ p }}_rank desc nulls last rows unbounded preceding
                )
        end as {{ q }},
        {%- endfor %}
        *
    from ranked

),

judged as (

    select
        adjusted.*,
        freshness.data_through,
        freshness.built_at,
        -- Until the planned end one peeks; at it one looks once.
        coalesce({{ ad_funnel.reporting_day('freshness.data_through') }} <= adjusted.ends_on, true) as is_running,
        {{ ad_funnel.experiment_faults() }}
    from adjusted
    cross join freshness

)

select
    experiment,
    variant,
    metric,
    metric_number,
    unit,
    is_control,
    units,
    cast(numerator as {{ ad_funnel.type_money_sum() }}) as numerator,
    cast(denominator as {{ ad_funnel.type_money_sum() }}) as denominator,
    value,
    {%- for name, sign in [('value_low', -1), ('value_high', 1)] %}
    case
        when is_share then {{ ad_funnel.wilson_end('value', 'effective_rows', 'z_confidence', sign) }}
        else {{ ad_funnel.positive_end('value', 'variance', 'z_confidence', sign) }}
    end as {{ name }},
    {%- endfor %}
    {{ ad_funnel.ratio('difference', 'control_value') }} as lift,
    {%- for name, sign in [('lift_low', -1), ('lift_high', 1)] %}
    {{ ad_funnel.quotient_end(
        'value', 'variance', 'control_value', 'control_variance', 'z_confidence', sign
    ) }} - 1e0 as {{ name }},
    {%- endfor %}
    {{ ad_funnel.ratio('((z_confidence + z_power) * sqrt(difference_variance))', 'control_value') }}
        as minimum_detectable_lift,
    p_value,
    q_value,
    always_valid_p_value,
    always_valid_q_value,
    sample_ratio_p_value,
    contaminated_users,
    is_running,
    case
        when is_control then 'control'
        when not has_control then 'no control'
        when distrust is not null then 'do not trust'
        when not is_told or lacking_amounts > 0 then 'not measured'
        when z is null then 'too early'
        when case when is_running then always_valid_q_value else q_value end > {{ significance }}
            then 'no difference shown'
        when difference * direction > 0 then 'better'
        else 'worse'
    end as verdict,
    coalesce(distrust || '; ' || hindrance, distrust, hindrance) as problem,
    data_through,
    built_at
from judged
where not is_small
