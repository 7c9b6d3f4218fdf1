-- The parts of a change add up to it: of a row, and of all campaigns together. And the periods lose nothing of the
-- daily facts. Parts are floats: a billionth is nothing.
{% set measures = ['conversions', 'spend'] %}

with changes as (

    select
        *,
        conversions_change_by_volume + conversions_change_by_mix + conversions_change_by_clicks_per_impression
        + conversions_change_by_conversions_per_click + conversions_change_without_impressions as conversions_parts,
        cpa_change_by_cpc + cpa_change_by_conversions_per_click as cpa_parts,
        total_cpa_change_by_mix + total_cpa_change_by_cpc + total_cpa_change_by_conversions_per_click
        + total_cpa_change_without_clicks as total_cpa_parts,
        total_cpa - base_total_cpa as total_cpa_change
    from {{ ref('mart_ads__campaign_change') }}

),

by_period as (

    select
        period,
        period_start,
        compared_with,
        {%- for name in measures %}
        coalesce(sum({{ name }}), 0) as {{ name }},
        coalesce(sum(base_{{ name }}), 0) as base_{{ name }},
        {%- endfor %}
        count(*) as row_count,
        count(total_cpa_parts) as rows_with_parts,
        sum(total_cpa_parts) as total_cpa_parts,
        max(total_cpa_change) as total_cpa_change,
        max(greatest(total_cpa, base_total_cpa)) as total_cpa
    from changes
    group by period, period_start, compared_with

),

by_day as (

    select
        {%- for name in measures %}
        sum({{ name }}) as {{ name }},
        {%- endfor %}
        date_day
    from {{ ref('fct_ads__daily') }}
    group by date_day

),

-- Each period a second time, from its dates alone.
facts as (

    select
        {%- for name in measures %}
        coalesce(sum(case when by_day.date_day >= comparisons.period_start then by_day.{{ name }} end), 0)
            as {{ name }},
        coalesce(sum(
            case
                when by_day.date_day < {{ ad_funnel.add_days('comparisons.base_start', 'comparisons.base_days') }}
                    then by_day.{{ name }}
            end
        ), 0) as base_{{ name }},
        {%- endfor %}
        comparisons.period,
        comparisons.period_start,
        comparisons.compared_with
    from {{ ref('dim_ads__comparisons') }} as comparisons
    inner join by_day
        on
            comparisons.base_start <= by_day.date_day
            and comparisons.next_start > by_day.date_day
    group by comparisons.period, comparisons.period_start, comparisons.compared_with

)

select
    'parts of conversions_change' as found,
    period,
    period_start,
    compared_with,
    platform,
    campaign_id
from changes
where
    case
        when conversions_change is null or impressions is null then conversions_parts is not null
        when conversions_parts is null then true
        else not abs(conversions_parts - conversions_change) <= 1e-9 * greatest(conversions, base_conversions, 1)
    end

union all

select
    'parts of cpa_change' as found,
    period,
    period_start,
    compared_with,
    platform,
    campaign_id
from changes
where
    case
        when cpa_change is null then cpa_parts is not null
        when cpa_parts is null then true
        else not abs(cpa_parts - cpa_change) <= 1e-9 * greatest(abs(cpa), abs(base_cpa))
    end

union all

select
    'parts of the change of total_cpa' as found,
    period,
    period_start,
    compared_with,
    'all' as platform,
    'all' as campaign_id
from by_period
where
    case
        when total_cpa_change is null then rows_with_parts > 0
        when rows_with_parts < row_count then true
        else not abs(total_cpa_parts - total_cpa_change) <= 1e-9 * abs(total_cpa)
    end

{% for name in measures %}
union all

select
    '{{ name }} of the daily facts' as found,
    facts.period,
    facts.period_start,
    facts.compared_with,
    'all' as platform,
    'all' as campaign_id
from facts
left join by_period
    on
        facts.period = by_period.period
        and facts.period_start = by_period.period_start
        and facts.compared_with = by_period.compared_with
where
    facts.{{ name }} <> coalesce(by_period.{{ name }}, 0)
    or facts.base_{{ name }} <> coalesce(by_period.base_{{ name }}, 0)
{% endfor %}
