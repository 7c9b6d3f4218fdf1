-- One row per reporting day, ad, traffic type and breakdown: every additive measure. Each measure stands on the day of
-- the event that it counts. NULL says that nothing on the row tells; the marts make 0 of it where it was measured.
-- Stored by day: what a day is built from are the rows of other facts that count on it.
{{ config(**ad_funnel.stored_by_day('date_day')) }}
{% set min_users = ad_funnel.setting('ad_funnel__min_cell_users') %}
{% set counted_on = [
    ('fct_ads__clicks', 'date_day'),
    ('fct_ads__clicks', 'impression_day'),
    ('fct_ads__conversions', 'date_day'),
    ('fct_ads__conversions', 'credited_day'),
    ('fct_ads__conversions', 'credited_impression_day'),
    ('fct_ads__spend', 'date_day'),
] %}
{% set inputs %}
    select
        stamps.date_day,
        '{{ ad_funnel.rule_version() }}-' || cast(count(*) as {{ dbt.type_string() }})
        || '-' || cast({{ ad_funnel.sum_of_stamps('stamps.stamp') }} as {{ dbt.type_string() }})
        || max(case when freshness.has_viewable_impressions then '-viewable' else '' end)
        || max(case when freshness.has_unmatched_clicks then '-matched' else '' end)
        || max(case when freshness.has_unattributed_conversions then '-credited' else '' end) as built_from
    from (
        {% for fact, day in counted_on %}
        select
            {{ day }} as date_day,
            {{ ad_funnel.row_fingerprint('counted', ref(fact)) }} as stamp
        from {{ ref(fact) }} as counted
        where {{ day }} is not null
        union all
        {% endfor %}
        select
            by_day.date_day,
            {{ ad_funnel.fingerprint('by_day.built_from, by_day.ad_id, ads.campaign_id') }} as stamp
        from (
            select distinct
                date_day,
                built_from,
                platform,
                case when campaign_id is null then ad_id end as ad_id
            from {{ ref('fct_ads__impressions_by_day') }}
        ) as by_day
        left join {{ ref('dim_ads__ads') }} as ads
            on
                by_day.platform = ads.platform
                and by_day.ad_id = ads.ad_id
                and by_day.date_day >= ads.valid_from
                and by_day.date_day < ads.valid_to
    ) as stamps
    cross join {{ ref('fct_ads__freshness') }} as freshness
    group by stamps.date_day
{% endset %}
{% set days = ad_funnel.changed_days(inputs) %}
{{ ad_funnel.replaces_days(days) }}
with inputs as (

    {{ inputs }}

),

impressions_by_day as (

    select
        by_day.date_day,
        by_day.platform,
        coalesce(by_day.campaign_id, ads.campaign_id, 'unknown') as campaign_id,
        coalesce(by_day.ad_id, 'unknown') as ad_id,
        by_day.traffic_type,
        {%- for breakdown in ad_funnel.setting('ad_funnel__breakdowns') %}
        coalesce(by_day.{{ breakdown }}, 'unknown') as {{ breakdown }},
        {%- endfor %}
        by_day.gross_impressions,
        by_day.impressions,
        by_day.measurable_impressions,
        case when not freshness.has_viewable_impressions then null else by_day.viewable_impressions end
            as viewable_impressions,
        by_day.users,
        by_day.event_cost,
        by_day.costed_impressions as costed_events,
        by_day.gross_impressions - by_day.costed_impressions as uncosted_events,
        by_day.unknown_cost_events
    from {{ ref('fct_ads__impressions_by_day') }} as by_day
    cross join {{ ref('fct_ads__freshness') }} as freshness
    left join {{ ref('dim_ads__ads') }} as ads
        on
            by_day.platform = ads.platform
            and by_day.ad_id = ads.ad_id
            and by_day.date_day >= ads.valid_from
            and by_day.date_day < ads.valid_to
    where {{ ad_funnel.in_days(days, 'by_day.date_day') }}

),

clicks as (

    select
        clicks.*,
        freshness.has_unmatched_clicks
    from {{ ref('fct_ads__clicks') }} as clicks
    cross join {{ ref('fct_ads__freshness') }} as freshness

),

conversions as (

    select
        conversions.*,
        freshness.has_unattributed_conversions,
        not conversions.is_invalid and conversions.credit_status = 'click' as is_counted,
        not conversions.is_invalid and conversions.credit_status = 'view' as is_view_through,
        not conversions.is_invalid and not conversions.is_adjustment and not conversions.is_retracted as is_conversion
    from {{ ref('fct_ads__conversions') }} as conversions
    cross join {{ ref('fct_ads__freshness') }} as freshness

),

spend as (

    select *
    from {{ ref('fct_ads__spend') }}
    where {{ ad_funnel.in_days(days) }}

),

clicks_by_day as (

    select
        {{ ad_funnel.daily_grain() }},
        count(*) as gross_clicks,
        sum(case when is_invalid then 0 else 1 end) as clicks,
        sum(case when not has_unmatched_clicks then null when is_invalid or is_matched then 0 else 1 end)
            as unmatched_clicks,
        sum(case when not is_invalid and is_landed is not null then 1 end) as landing_measurable_clicks,
        sum(case when is_invalid then null when is_landed then 1 when not is_landed then 0 end) as landed_clicks,
        sum(event_cost) as event_cost,
        count(event_cost) as costed_events,
        count(*) - count(event_cost) as uncosted_events,
        sum(case when cost is not null and event_cost is null then 1 else 0 end) as unknown_cost_events
    from clicks
    where {{ ad_funnel.in_days(days) }}
    group by {{ ad_funnel.daily_grain() }}

),

clicked_impressions_by_day as (

    select
        {{ ad_funnel.daily_grain('impression_day') }},
        count(distinct impression_id) as clicked_impressions
    from clicks
    where is_matched and not is_invalid and {{ ad_funnel.in_days(days, 'impression_day') }}
    group by {{ ad_funnel.daily_grain('impression_day', select=false) }}

),

conversions_by_credited_click as (

    select
        {{ ad_funnel.daily_grain('credited_day', 'credited_platform') }},
        count(distinct credited_click_id) as converted_clicks,
        count(*) as conversions,
        sum(conversion_value) as conversion_value,
        count(conversion_value) as valued_conversions,
        sum(case when is_value_unknown then 1 else 0 end) as unknown_value_conversions
    from conversions
    where is_counted and {{ ad_funnel.in_days(days, 'credited_day') }}
    group by {{ ad_funnel.daily_grain('credited_day', 'credited_platform', select=false) }}

),

converted_impressions_by_day as (

    select
        {{ ad_funnel.daily_grain('credited_impression_day', 'credited_platform') }},
        count(distinct credited_impression_id) as converted_impressions
    from conversions
    where
        is_counted
        and credited_impression_id is not null
        and {{ ad_funnel.in_days(days, 'credited_impression_day') }}
    group by {{ ad_funnel.daily_grain('credited_impression_day', 'credited_platform', select=false) }}

),

view_through_by_day as (

    select
        {{ ad_funnel.daily_grain('credited_day', 'credited_platform') }},
        count(*) as view_through_conversions,
        sum(conversion_value) as view_through_value,
        count(conversion_value) as valued_view_through_conversions,
        sum(case when is_value_unknown then 1 else 0 end) as unknown_value_conversions
    from conversions
    where is_view_through and {{ ad_funnel.in_days(days, 'credited_day') }}
    group by {{ ad_funnel.daily_grain('credited_day', 'credited_platform', select=false) }}

),

conversions_by_conversion_day as (

    select
        {{ ad_funnel.daily_grain('date_day', 'coalesce(credited_platform, platform)') }},
        count(*) as all_conversions,
        sum(conversion_value) as all_conversion_value,
        count(conversion_value) as valued_all_conversions,
        sum(case when is_counted then 1 else 0 end) as conversions_by_conversion_date,
        sum(case when is_counted then conversion_value end) as conversion_value_by_conversion_date,
        count(case when is_counted then conversion_value end) as valued_conversions_by_conversion_date,
        sum(case when not has_unattributed_conversions then null when credit_status = 'none' then 1 else 0 end)
            as unattributed_conversions
    from conversions
    where is_conversion and {{ ad_funnel.in_days(days) }}
    group by {{ ad_funnel.daily_grain('date_day', 'coalesce(credited_platform, platform)', select=false) }}

),

event_costs as (

    select
        {{ ad_funnel.daily_grain() }},
        event_cost,
        costed_events,
        uncosted_events,
        unknown_cost_events
    from impressions_by_day

    union all

    select
        {{ ad_funnel.daily_grain() }},
        event_cost,
        costed_events,
        uncosted_events,
        unknown_cost_events
    from clicks_by_day

),

campaigns_with_lines as (

    select
        date_day,
        platform,
        campaign_id
    from spend
    where is_unallocated and has_charge

),

{%- if ad_funnel.reads_reports() %}

-- What an account reports includes all its campaigns.
platforms_with_lines as (

    select
        date_day,
        platform
    from spend
    where campaign_id = 'unallocated' and is_reported and has_charge

),
{%- endif %}

ads_with_lines as (

    select distinct
        date_day,
        platform,
        ad_id
    from spend
    where not is_unallocated and has_charge

),

-- A charge says what was paid; the costs that events tell beneath it would pay it twice. (A credit alone says no such
-- thing: event costs stand, and it takes away from them.)
costs_by_day as (

    select
        {{ ad_funnel.daily_grain(prefix='event_costs') }},
        event_costs.event_cost,
        event_costs.costed_events,
        event_costs.uncosted_events,
        event_costs.unknown_cost_events,
        campaigns_with_lines.campaign_id is not null or ads_with_lines.ad_id is not null
        {%- if ad_funnel.reads_reports() %} or platforms_with_lines.platform is not null{% endif %} as is_superseded
    from event_costs
    left join campaigns_with_lines
        on
            event_costs.date_day = campaigns_with_lines.date_day
            and event_costs.platform = campaigns_with_lines.platform
            and event_costs.campaign_id = campaigns_with_lines.campaign_id
    left join ads_with_lines
        on
            event_costs.date_day = ads_with_lines.date_day
            and event_costs.platform = ads_with_lines.platform
            and event_costs.ad_id = ads_with_lines.ad_id
    {%- if ad_funnel.reads_reports() %}
    left join platforms_with_lines
        on
            event_costs.date_day = platforms_with_lines.date_day
            and event_costs.platform = platforms_with_lines.platform
    {%- endif %}

),

event_spend_by_day as (

    select
        {{ ad_funnel.daily_grain() }},
        sum(case when not is_superseded then event_cost end) as spend,
        sum(case when is_superseded then event_cost end) as superseded_event_cost,
        sum(case when is_superseded then 0 else costed_events end) as costed_events,
        sum(case when is_superseded then costed_events else 0 end + uncosted_events) as uncosted_events,
        sum(case when not is_superseded then unknown_cost_events else 0 end) as unknown_cost_events,
        case
            when max(case when not is_superseded and (event_cost is not null or unknown_cost_events > 0) then 1 end) = 1
                then 'event'
        end as cost_source
    from costs_by_day
    group by {{ ad_funnel.daily_grain() }}

),

spend_lines_by_day as (

    select
        date_day,
        platform,
        campaign_id,
        ad_id,
        'paid' as traffic_type,
        {%- for breakdown in ad_funnel.setting('ad_funnel__breakdowns') %}
        'unallocated' as {{ breakdown }},
        {%- endfor %}
        spend,
        costed_events,
        uncosted_events,
        unknown_cost_events,
        'spend' as cost_source
    from spend

),

every_measure as (

    select
        {{ ad_funnel.daily_columns([
            'gross_impressions', 'impressions', 'measurable_impressions', 'viewable_impressions',
        ]) }}
    from impressions_by_day

    union all

    select
        {{ ad_funnel.daily_columns([
            'gross_clicks', 'clicks', 'unmatched_clicks', 'landing_measurable_clicks', 'landed_clicks',
        ]) }}
    from clicks_by_day

    union all

    select {{ ad_funnel.daily_columns(['clicked_impressions']) }}
    from clicked_impressions_by_day

    union all

    select
        {{ ad_funnel.daily_columns([
            'converted_clicks', 'conversions', 'conversion_value', 'valued_conversions', 'unknown_value_conversions',
        ]) }}
    from conversions_by_credited_click

    union all

    select {{ ad_funnel.daily_columns(['converted_impressions']) }}
    from converted_impressions_by_day

    union all

    select
        {{ ad_funnel.daily_columns([
            'view_through_conversions', 'view_through_value', 'valued_view_through_conversions',
            'unknown_value_conversions',
        ]) }}
    from view_through_by_day

    union all

    select
        {{ ad_funnel.daily_columns([
            'all_conversions', 'all_conversion_value', 'valued_all_conversions', 'conversions_by_conversion_date',
            'conversion_value_by_conversion_date', 'valued_conversions_by_conversion_date',
            'unattributed_conversions',
        ]) }}
    from conversions_by_conversion_day

    union all

    select
        {{ ad_funnel.daily_columns([
            'spend', 'superseded_event_cost', 'costed_events', 'uncosted_events', 'unknown_cost_events', 'cost_source',
        ]) }}
    from event_spend_by_day

    union all

    select
        {{ ad_funnel.daily_columns([
            'spend', 'costed_events', 'uncosted_events', 'unknown_cost_events', 'cost_source',
        ]) }}
    from spend_lines_by_day

)

{%- if min_users > 0 %}
,

-- How many users a cell is known to have at least: those of its impressions, of its clicks or of its conversions.
known_users as (

    select
        date_day,
        platform,
        campaign_id,
        ad_id,
        users
    from impressions_by_day

    union all

    select
        date_day,
        platform,
        campaign_id,
        ad_id,
        count(distinct user_id) as users
    from clicks
    where {{ ad_funnel.in_days(days) }}
    group by date_day, platform, campaign_id, ad_id

    union all

    select
        date_day,
        coalesce(credited_platform, platform) as platform,
        campaign_id,
        ad_id,
        count(distinct user_id) as users
    from conversions
    where {{ ad_funnel.in_days(days) }}
    group by date_day, coalesce(credited_platform, platform), campaign_id, ad_id

    union all

    select
        credited_day as date_day,
        credited_platform as platform,
        campaign_id,
        ad_id,
        count(distinct user_id) as users
    from conversions
    where credited_day is not null and {{ ad_funnel.in_days(days, 'credited_day') }}
    group by credited_day, credited_platform, campaign_id, ad_id

),

small_ads as (

    select
        date_day,
        platform,
        campaign_id,
        ad_id
    from known_users
    group by date_day, platform, campaign_id, ad_id
    having max(users) between 1 and {{ min_users - 1 }}

),

small_campaigns as (

    select
        date_day,
        platform,
        campaign_id
    from known_users
    group by date_day, platform, campaign_id
    having max(users) between 1 and {{ min_users - 1 }}

),

cells as (

    select
        every_measure.date_day,
        every_measure.platform,
        every_measure.traffic_type,
        {%- for column in ad_funnel.setting('ad_funnel__breakdowns') + ad_funnel.measures() | list %}
        every_measure.{{ column }},
        {%- endfor %}
        every_measure.cost_source,
        every_measure.superseded_event_cost,
        case when small_campaigns.campaign_id is null then every_measure.campaign_id else 'other' end as campaign_id,
        case
            when small_campaigns.campaign_id is null and small_ads.ad_id is null then every_measure.ad_id
            else 'other'
        end as ad_id
    from every_measure
    left join small_ads
        on
            every_measure.date_day = small_ads.date_day
            and every_measure.platform = small_ads.platform
            and every_measure.campaign_id = small_ads.campaign_id
            and every_measure.ad_id = small_ads.ad_id
    left join small_campaigns
        on
            every_measure.date_day = small_campaigns.date_day
            and every_measure.platform = small_campaigns.platform
            and every_measure.campaign_id = small_campaigns.campaign_id

)
{%- endif %},

sums as (

    select
        {{ ad_funnel.daily_grain() }},
        {{ ad_funnel.measure_sums() }},
        cast(sum(superseded_event_cost) as {{ ad_funnel.type_money_sum() }}) as superseded_event_cost
    from {{ 'cells' if min_users > 0 else 'every_measure' }}
    group by {{ ad_funnel.daily_grain() }}

)

select
    sums.*,
    inputs.built_from
from sums
left join inputs
    on sums.date_day = inputs.date_day
