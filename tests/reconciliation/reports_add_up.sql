-- What the fact says that platforms report is what their accepted lines do. Of a platform and day it is never less than
-- all lines of one level report, never more than the lines of all levels together; so where there is one level, exactly
-- that. (Days with corrections below 0, money without a rate, or conversions by type are left to the unit tests.)
{{ config(enabled=ad_funnel.reads_reports()) }}
{% set measures = ['impressions', 'clicks', 'link_clicks', 'spend'] %}

with lines as (

    select
        lines.date_day,
        lines.platform,
        lines.level,
        lines.conversion_type,
        lines.impressions,
        lines.clicks,
        lines.link_clicks,
        {{ ad_funnel.in_reporting_currency(
            'lines.spend', 'lines.currency', 'rates.rate', ad_funnel.type_money()
        ) }} as spend,
        lines.spend as original_spend
    from {{ ref('ledger_ads__reports') }} as lines
    left join {{ ref('dim_ads__exchange_rates') }} as rates
        on
            lines.date_day = rates.date_day
            and lines.currency = rates.currency
    where lines.disposition = 'accepted'

),

plain_days as (

    select
        date_day,
        platform
    from lines
    group by date_day, platform
    having
        count(conversion_type) = 0
        and count(spend) = count(original_spend)
        and coalesce(least(
            coalesce(min(impressions), 0), coalesce(min(clicks), 0), coalesce(min(link_clicks), 0),
            coalesce(min(spend), 0)
        ), 0) >= 0

),

by_level as (

    select
        lines.date_day,
        lines.platform,
        {%- for measure in measures %}
        coalesce(sum(lines.{{ measure }}), 0) as {{ measure }},
        {%- endfor %}
        lines.level
    from lines
    inner join plain_days
        on
            lines.date_day = plain_days.date_day
            and lines.platform = plain_days.platform
    group by lines.date_day, lines.platform, lines.level

),

bounds as (

    select
        date_day,
        {%- for measure in measures %}
        max({{ measure }}) as least_{{ measure }},
        sum({{ measure }}) as most_{{ measure }},
        {%- endfor %}
        platform
    from by_level
    group by date_day, platform

),

booked as (

    select
        date_day,
        {%- for measure in measures %}
        coalesce(sum({{ measure }}), 0) as {{ measure }},
        {%- endfor %}
        platform
    from {{ ref('fct_ads__reports') }}
    group by date_day, platform

)

select
    bounds.date_day,
    bounds.platform
from bounds
left join booked
    on
        bounds.date_day = booked.date_day
        and bounds.platform = booked.platform
where
    booked.platform is null
    {%- for measure in measures %}
    or booked.{{ measure }} < bounds.least_{{ measure }}
    or booked.{{ measure }} > bounds.most_{{ measure }}
    {%- endfor %}
