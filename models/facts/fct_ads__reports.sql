-- One row per day (or period), platform, account, campaign, ad group and ad that report lines are of: everything once.
-- What a coarser line reports beyond the finer lines is `unallocated`, each measure by itself. Platforms' claims: never
-- to be added to what events measure.
{{ config(enabled=ad_funnel.reads_reports()) }}
{% set levels = [
    {'level': 'ad_group', 'ids': 'account_id, campaign_id, ad_group_id', 'finer': 'ads'},
    {'level': 'campaign', 'ids': 'account_id, campaign_id', 'finer': 'ad_group_totals'},
    {'level': 'account', 'ids': 'account_id', 'finer': 'campaign_totals'},
] %}
{% set measures = ad_funnel.report_measures() | list %}

with lines as (

    select *
    from {{ ref('ledger_ads__reports') }}
    where disposition = 'accepted'

),

rates as (

    select * from {{ ref('dim_ads__exchange_rates') }}

),

converted as (

    select
        lines.date_day,
        lines.last_day,
        lines.platform,
        lines.level,
        lines.line_account_id as account_id,
        lines.line_campaign_id as campaign_id,
        lines.line_ad_group_id as ad_group_id,
        lines.ad_id,
        lines.conversion_type,
        lines.time_zone,
        lines.attribution_window,
        lines.impressions,
        lines.clicks,
        lines.link_clicks,
        lines.conversions,
        {%- for money in ['spend', 'conversion_value', 'view_through_value'] %}
        {%- set amount = 'lines.' ~ money %}
        {{ ad_funnel.in_reporting_currency(amount, 'lines.currency', 'rates.rate', ad_funnel.type_money()) }}
            as {{ money }},
        {{ amount }} is not null as has_{{ money }},
        {%- endfor %}
        lines.view_through_conversions
    from lines
    left join rates
        on
            lines.date_day = rates.date_day
            and lines.currency = rates.currency

),

by_line as (

    select
        date_day,
        last_day,
        platform,
        level,
        account_id,
        campaign_id,
        ad_group_id,
        ad_id,
        {{ ad_funnel.line_measures() }},
        sum(case when has_spend and spend is null then 1 else 0 end) as unknown_cost_rows,
        sum(case
            when
                has_conversion_value and conversion_value is null
                or has_view_through_value and view_through_value is null
                then 1
            else 0
        end) as unknown_value_rows,
        count(*) as report_rows,
        max(case when time_zone <> '{{ ad_funnel.setting("ad_funnel__reporting_time_zone") }}' then 1 else 0 end)
            as other_days,
        case when min(attribution_window) < max(attribution_window) then 'mixed' else min(attribution_window) end
            as attribution_window
    from converted
    group by date_day, last_day, platform, level, account_id, campaign_id, ad_group_id, ad_id

),

ads as (

    select
        *,
        {%- for measure in measures %}
        {{ measure }} as total_{{ measure }},
        {%- endfor %}
        unknown_cost_rows as total_unknown_cost_rows,
        unknown_value_rows as total_unknown_value_rows
    from by_line
    where level = 'ad'

),

-- From the ads up: what a level's own lines report, beside the total of the level below.
{%- for each in levels %}

{{ each.level }}_parts as (

    select
        date_day,
        last_day,
        platform,
        {{ each.ids }},
        {{ ad_funnel.own_or_finer(true) }},
        unknown_cost_rows as own_unknown_cost_rows,
        unknown_value_rows as own_unknown_value_rows,
        0 as finer_unknown_cost_rows,
        0 as finer_unknown_value_rows,
        report_rows,
        other_days,
        attribution_window
    from by_line
    where level = '{{ each.level }}'

    union all

    select
        date_day,
        last_day,
        platform,
        {{ each.ids }},
        {{ ad_funnel.own_or_finer(false) }},
        0 as own_unknown_cost_rows,
        0 as own_unknown_value_rows,
        total_unknown_cost_rows as finer_unknown_cost_rows,
        total_unknown_value_rows as finer_unknown_value_rows,
        0 as report_rows,
        0 as other_days,
        cast(null as {{ dbt.type_string() }}) as attribution_window
    from {{ each.finer }}

),

{{ each.level }}_sums as (

    select
        date_day,
        last_day,
        platform,
        {{ each.ids }},
        {{ ad_funnel.own_and_finer_sums() }},
        sum(own_unknown_cost_rows) as unknown_cost_rows,
        sum(own_unknown_value_rows) as unknown_value_rows,
        sum(own_unknown_cost_rows + finer_unknown_cost_rows) as total_unknown_cost_rows,
        sum(own_unknown_value_rows + finer_unknown_value_rows) as total_unknown_value_rows,
        sum(report_rows) as report_rows,
        max(other_days) as other_days,
        max(attribution_window) as attribution_window
    from {{ each.level }}_parts
    group by date_day, last_day, platform, {{ each.ids }}

),

{{ each.level }}_totals as (

    select
        *,
        {{ ad_funnel.level_totals() }},
        {{ ad_funnel.unallocated_measures() }},
        {{ ad_funnel.finer_lines_exceed() }} as finer_lines_exceed
    from {{ each.level }}_sums

),
{%- endfor %}

every_level as (

    select
        date_day,
        last_day,
        platform,
        coalesce(account_id, 'unknown') as account_id,
        coalesce(campaign_id, 'unknown') as campaign_id,
        coalesce(ad_group_id, 'unknown') as ad_group_id,
        ad_id,
        level,
        {{ measures | join(',\n        ') }},
        unknown_cost_rows,
        unknown_value_rows,
        report_rows,
        other_days,
        attribution_window,
        false as finer_lines_exceed
    from ads
    {%- for each in levels %}

    union all

    select
        date_day,
        last_day,
        platform,
        coalesce(account_id, 'unknown') as account_id,
        {{ "coalesce(campaign_id, 'unknown')" if 'campaign_id' in each.ids else "'unallocated'" }} as campaign_id,
        {{ "coalesce(ad_group_id, 'unknown')" if 'ad_group_id' in each.ids else "'unallocated'" }} as ad_group_id,
        'unallocated' as ad_id,
        '{{ each.level }}' as level,
        {{ measures | join(',\n        ') }},
        unknown_cost_rows,
        unknown_value_rows,
        report_rows,
        other_days,
        attribution_window,
        finer_lines_exceed
    from {{ each.level }}_totals
    where report_rows > 0
    {%- endfor %}

)

select
    date_day,
    last_day,
    platform,
    account_id,
    campaign_id,
    ad_group_id,
    ad_id,
    level,
    {{ measures | join(',\n    ') }},
    cast(unknown_cost_rows as bigint) as unknown_cost_rows,
    cast(unknown_value_rows as bigint) as unknown_value_rows,
    cast(report_rows as bigint) as report_rows,
    other_days = 1 as is_other_day,
    attribution_window,
    finer_lines_exceed
from every_level
