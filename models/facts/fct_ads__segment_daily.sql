-- One row per reporting day, platform, campaign and segment: a device, country, placement or hour (those of
-- ad_funnel__breakdowns), or an audience (the campaign's targeting). fct_ads__daily once for each type of segment.
{{ config(enabled=ad_funnel.has_segments()) }}
{% set breakdowns = ad_funnel.setting('ad_funnel__breakdowns') %}
{% set min_users = ad_funnel.setting('ad_funnel__min_cell_users') %}

with campaigns as (

    select * from {{ ref('dim_ads__campaigns') }}

),

daily as (

    select
        daily.*,
        coalesce(campaigns.targeting_segment, 'unknown') as targeting_segment
    from {{ ref('fct_ads__daily') }} as daily
    left join campaigns
        on
            daily.platform = campaigns.platform
            and daily.campaign_id = campaigns.campaign_id
            and daily.date_day >= campaigns.valid_from
            and daily.date_day < campaigns.valid_to

),

sums as (

    {% for type in ad_funnel.segment_types() %}
    select
        date_day,
        platform,
        campaign_id,
        '{{ type }}' as segment_type,
        {{ type }} as segment,
        {{ ad_funnel.measure_sums() }}
    from daily
    group by date_day, platform, campaign_id, {{ type }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

)
{%- if min_users > 0 and breakdowns %},

known_users as (

    select
        date_day,
        platform,
        campaign_id,
        {{ breakdowns | join(',\n        ') }},
        user_id
    from {{ ref('fct_ads__impressions') }}

    union all

    select
        date_day,
        platform,
        campaign_id,
        {{ breakdowns | join(',\n        ') }},
        user_id
    from {{ ref('fct_ads__clicks') }}

    union all

    select
        date_day,
        coalesce(credited_platform, platform) as platform,
        campaign_id,
        {{ breakdowns | join(',\n        ') }},
        user_id
    from {{ ref('fct_ads__conversions') }}

    union all

    select
        credited_day as date_day,
        credited_platform as platform,
        campaign_id,
        {{ breakdowns | join(',\n        ') }},
        user_id
    from {{ ref('fct_ads__conversions') }}
    where credited_day is not null

),

small_cells as (

    {% for breakdown in breakdowns %}
    select
        date_day,
        platform,
        campaign_id,
        '{{ breakdown }}' as segment_type,
        {{ breakdown }} as segment
    from known_users
    group by date_day, platform, campaign_id, {{ breakdown }}
    having count(distinct user_id) between 1 and {{ min_users - 1 }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

-- A segment that few known users of a campaign were in that day stands under `other`, and so do all of a campaign that
-- is `other` itself.
cells as (

    select
        sums.date_day,
        sums.platform,
        sums.campaign_id,
        sums.segment_type,
        {{ ad_funnel.measures() | join(',\n        ') }},
        sums.cost_source,
        case
            when sums.segment_type = 'targeting_segment' then sums.segment
            when sums.campaign_id = 'other' or small_cells.segment is not null then 'other'
            else sums.segment
        end as segment
    from sums
    left join small_cells
        on
            sums.date_day = small_cells.date_day
            and sums.platform = small_cells.platform
            and sums.campaign_id = small_cells.campaign_id
            and sums.segment_type = small_cells.segment_type
            and sums.segment = small_cells.segment

),

folded as (

    select
        date_day,
        platform,
        campaign_id,
        segment_type,
        segment,
        {{ ad_funnel.measure_sums() }}
    from cells
    group by date_day, platform, campaign_id, segment_type, segment

)
{%- endif %}

select * from {{ 'folded' if min_users > 0 and breakdowns else 'sums' }}
