-- One row per accepted conversion or adjustment, credited to at most one click or impression.
{% set windows = ad_funnel.conversion_windows() %}

with conversions as (

    select
        conversions.*,
        invalid_conversions.invalid_reason,
        invalid_conversions.conversion_id is not null as is_invalid
    from {{ ref('ledger_ads__conversions') }} as conversions
    left join {{ ref('ledger_ads__invalid_conversions') }} as invalid_conversions
        on
            conversions.platform = invalid_conversions.platform
            and conversions.conversion_id = invalid_conversions.conversion_id
    where conversions.disposition = 'accepted'

),

clicks as (

    select * from {{ ref('fct_ads__clicks') }}

),

-- The impressions that a conversion may be credited to, where they stand.
views as (

    select
        matches.platform,
        matches.conversion_id,
        matches.credit_rule,
        matches.impression_platform,
        matches.impression_id,
        matches.impression_at,
        matches.impression_day,
        coalesce(matches.campaign_id, ads.campaign_id, 'unknown') as campaign_id,
        matches.ad_id,
        matches.traffic_type,
        matches.placement,
        matches.device_type,
        matches.country,
        {{ ad_funnel.reporting_hour('matches.impression_at') }} as hour_of_day
    from {{ ref('fct_ads__view_matches') }} as matches
    left join {{ ref('dim_ads__ads') }} as ads
        on
            matches.impression_platform = ads.platform
            and matches.ad_id = ads.ad_id
            and matches.impression_day >= ads.valid_from
            and matches.impression_day < ads.valid_to
    where matches.impression_id is not null

),

rates as (

    select * from {{ ref('dim_ads__exchange_rates') }}

),

-- Windows are half-open: an event that is exactly one window old is out, so it must be later than `..._after`.
seeking as (

    select
        *,
        {{ ad_funnel.add_seconds('converted_at', ad_funnel.window_of_type(windows, 'click', sign=-1)) }} as click_after
    from conversions
    where not is_adjustment and not is_invalid

),

candidates as (

    select
        seeking.platform,
        seeking.conversion_id,
        1 as credit_rank,
        'named_click' as credit_rule,
        clicks.platform as credited_platform,
        clicks.click_id as credited_click_id,
        cast(null as {{ dbt.type_string() }}) as seen_impression_id,
        clicks.clicked_at as credited_at
    from seeking
    inner join clicks as named
        on
            seeking.click_id = named.click_id
            and (seeking.platform = named.platform or not seeking.is_platform_known)
    -- A repeat click stands for the click that it repeats.
    inner join clicks
        on
            named.platform = clicks.platform
            and coalesce(named.repeats_click_id, named.click_id) = clicks.click_id
    where
        not clicks.is_invalid
        and clicks.clicked_at <= seeking.converted_at
        and clicks.clicked_at > seeking.click_after

    union all

    select
        seeking.platform,
        seeking.conversion_id,
        3 as credit_rank,
        'user_click' as credit_rule,
        clicks.platform as credited_platform,
        clicks.click_id as credited_click_id,
        cast(null as {{ dbt.type_string() }}) as seen_impression_id,
        clicks.clicked_at as credited_at
    from seeking
    inner join clicks
        on
            seeking.user_id = clicks.user_id
            and (seeking.platform = clicks.platform or not seeking.is_platform_known)
            and seeking.converted_at >= clicks.clicked_at
            and seeking.click_after < clicks.clicked_at
    where not clicks.is_invalid

    union all

    select
        seeking.platform,
        seeking.conversion_id,
        case views.credit_rule when 'named_impression' then 2 else 4 end as credit_rank,
        views.credit_rule,
        views.impression_platform as credited_platform,
        cast(null as {{ dbt.type_string() }}) as credited_click_id,
        views.impression_id as seen_impression_id,
        views.impression_at as credited_at
    from seeking
    inner join views
        on
            seeking.platform = views.platform
            and seeking.conversion_id = views.conversion_id

),

ranked as (

    select
        *,
        row_number() over (
            partition by platform, conversion_id
            order by
                credit_rank asc nulls last,
                credited_at desc nulls last,
                coalesce(credited_click_id, seen_impression_id) desc nulls last,
                credited_platform desc nulls last
        ) as candidate_number
    from candidates

),

-- A conversion stands where the event that it is credited to stands.
credited as (

    select
        ranked.platform,
        ranked.conversion_id,
        ranked.credit_rule,
        ranked.credited_platform,
        ranked.credited_click_id,
        ranked.credited_at,
        case when clicks.is_matched then clicks.impression_id else views.impression_id end as credited_impression_id,
        coalesce(clicks.date_day, views.impression_day) as credited_day,
        coalesce(clicks.impression_day, views.impression_day) as credited_impression_day,
        coalesce(clicks.campaign_id, views.campaign_id) as campaign_id,
        coalesce(clicks.ad_id, views.ad_id) as ad_id,
        coalesce(clicks.traffic_type, views.traffic_type) as traffic_type,
        coalesce(clicks.placement, views.placement) as placement,
        coalesce(clicks.device_type, views.device_type) as device_type,
        coalesce(clicks.country, views.country) as country,
        coalesce(clicks.hour_of_day, views.hour_of_day) as hour_of_day
    from ranked
    left join clicks
        on
            ranked.credited_platform = clicks.platform
            and ranked.credited_click_id = clicks.click_id
    left join views
        on
            ranked.platform = views.platform
            and ranked.conversion_id = views.conversion_id
            and ranked.credit_rule = views.credit_rule
            and ranked.credited_platform = views.impression_platform
            and ranked.seen_impression_id = views.impression_id
    where ranked.candidate_number = 1

),

originals as (

    select
        platform,
        conversion_id,
        is_platform_known,
        count(*) over (partition by conversion_id) as namesakes
    from conversions
    where not is_adjustment

),

-- An adjustment changes the conversion of that id on its own platform. A shop or a payment service names no platform,
-- and may have logged the conversion itself: then the only conversion of that id is meant.
adjustments as (

    select
        conversions.*,
        coalesce(own.platform, the_only_one.platform) as adjusts_platform
    from conversions
    left join originals as own
        on
            conversions.platform = own.platform
            and conversions.adjusts_conversion_id = own.conversion_id
    left join originals as the_only_one
        on
            conversions.adjusts_conversion_id = the_only_one.conversion_id
            and the_only_one.namesakes = 1
            and not (conversions.is_platform_known and the_only_one.is_platform_known)
    where conversions.is_adjustment

),

retractions as (

    select distinct
        adjusts_platform,
        adjusts_conversion_id
    from adjustments
    where adjustment_type = 'retract'

),

restatements as (

    select
        *,
        row_number() over (
            partition by adjusts_platform, adjusts_conversion_id
            order by
                converted_at desc nulls last,
                loaded_at desc nulls last,
                conversion_id desc nulls last,
                platform desc nulls last
        ) as restatement_number
    from adjustments
    where adjustment_type = 'restate'

),

adjusted as (

    select
        conversions.*,
        adjustments.adjusts_platform,
        adjustments.adjusts_platform is null and conversions.is_adjustment as is_waiting,
        retractions.adjusts_conversion_id is not null and not conversions.is_adjustment as is_retracted,
        restatements.value is not null and not conversions.is_adjustment as is_restated,
        {{ ad_funnel.is_primary_type('conversions.conversion_type') }} as is_primary,
        coalesce(restatements.value, conversions.value) as final_value,
        case when restatements.value is not null then restatements.currency else conversions.currency end
            as final_currency
    from conversions
    left join adjustments
        on
            conversions.platform = adjustments.platform
            and conversions.conversion_id = adjustments.conversion_id
    left join retractions
        on
            conversions.platform = retractions.adjusts_platform
            and conversions.conversion_id = retractions.adjusts_conversion_id
    left join restatements
        on
            conversions.platform = restatements.adjusts_platform
            and conversions.conversion_id = restatements.adjusts_conversion_id
            and restatements.restatement_number = 1

),

joined as (

    select
        adjusted.*,
        credited.credit_rule,
        credited.credited_platform,
        credited.credited_click_id,
        credited.credited_impression_id,
        credited.credited_at,
        credited.credited_day,
        credited.credited_impression_day,
        coalesce(credited.campaign_id, 'unknown') as campaign_id,
        coalesce(credited.ad_id, 'unknown') as ad_id,
        coalesce(credited.traffic_type, 'unknown') as traffic_type,
        coalesce(credited.placement, 'unknown') as placement,
        coalesce(credited.device_type, 'unknown') as device_type,
        coalesce(credited.country, 'unknown') as country,
        coalesce(credited.hour_of_day, 'unknown') as hour_of_day,
        {{ ad_funnel.in_reporting_currency(
            'adjusted.final_value', 'adjusted.final_currency', 'rates.rate', ad_funnel.type_money()
        ) }} as conversion_value,
        credited.credit_rule is not null
        and adjusted.is_primary
        and not adjusted.is_retracted as is_countable
    from adjusted
    left join credited
        on
            adjusted.platform = credited.platform
            and adjusted.conversion_id = credited.conversion_id
    left join rates
        on
            adjusted.date_day = rates.date_day
            and adjusted.final_currency = rates.currency

),

numbered as (

    select
        *,
        row_number() over (
            partition by
                is_countable, credited_platform, credited_click_id,
                case when credited_click_id is null then credited_impression_id end,
                conversion_type
            order by converted_at asc nulls last, conversion_id asc nulls last, platform asc nulls last
        ) as conversion_number
    from joined

)

select
    platform,
    conversion_id,
    converted_at,
    date_day,
    conversion_type,
    user_id,
    order_id,
    click_id as named_click_id,
    impression_id as named_impression_id,
    case
        when is_adjustment then 'adjustment'
        when is_retracted then 'retracted'
        when not is_primary then 'secondary'
        when credit_rule is null then 'none'
        {%- if ad_funnel.setting('ad_funnel__conversion_counting') == 'one_per_click' %}
        when conversion_number > 1 then 'repeat'
        {%- endif %}
        when credited_click_id is not null then 'click'
        else 'view'
    end as credit_status,
    credit_rule,
    credited_platform,
    credited_click_id,
    credited_impression_id,
    credited_at,
    credited_day,
    credited_impression_day,
    campaign_id,
    ad_id,
    traffic_type,
    placement,
    device_type,
    country,
    hour_of_day,
    value,
    currency,
    cast(case when not is_adjustment and not is_retracted then conversion_value end as {{ ad_funnel.type_money() }})
        as conversion_value,
    not is_adjustment and not is_retracted and final_value is not null and conversion_value is null as is_value_unknown,
    adjusts_platform,
    adjusts_conversion_id,
    adjustment_type,
    is_adjustment,
    is_waiting,
    is_retracted,
    is_restated,
    is_primary,
    is_invalid,
    invalid_reason
from numbered
