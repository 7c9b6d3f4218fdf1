-- One row per platform and campaign: its places by what looks good, by what sells, and by what it is for.
{{ config(contract=ad_funnel.contract()) }}
{% set looks = ['impressions', 'clicks', 'ctr'] %}
{% set sells = ['conversions', 'conversion_value', 'roas'] %}

with reach as (

    {% if ad_funnel.has_reach() %}
    select
        platform,
        campaign_id,
        users
    from {{ ref('mart_ads__reach') }}
    where period = 'lifetime'
    {% else %}
    select
        platform,
        campaign_id,
        cast(null as bigint) as users
    from {{ ref('mart_ads__campaign') }}
    {% endif %}

),

campaigns as (

    select
        campaigns.*,
        reach.users as reach,
        {{ ad_funnel.campaign_goal('campaigns.objective') }} as goal
    from {{ ref('mart_ads__campaign') }} as campaigns
    left join reach
        on
            campaigns.platform = reach.platform
            and campaigns.campaign_id = reach.campaign_id

),

ranked as (

    select
        *,
        {%- for measure in looks + sells + ['spend'] %}
        {{ ad_funnel.rank_by(measure) }} as {{ measure }}_rank,
        {%- endfor %}
        {%- for place in [0, 1] %}
        case goal
            {%- for goal, metrics in ad_funnel.goals().items() %}
            when '{{ goal }}' then {{ ad_funnel.rank_by(*metrics[place], within='goal') }}
            {%- endfor %}
        end as {{ ['first', 'second'][place] }}_goal_rank,
        {%- endfor %}
        count(*) over (partition by goal) as goal_campaigns,
        count(*) over () as campaigns
    from campaigns

),

averaged as (

    select
        *,
        {{ ad_funnel.mean_rank(['impressions_rank', 'clicks_rank', 'ctr_rank']) }} as mean_looks_rank,
        {{ ad_funnel.mean_rank(['conversions_rank', 'conversion_value_rank', 'roas_rank']) }} as mean_sells_rank,
        {{ ad_funnel.mean_rank(['first_goal_rank', 'second_goal_rank']) }} as mean_goal_rank
    from ranked

),

placed as (

    select
        *,
        {{ ad_funnel.rank_by('mean_looks_rank', 'less') }} as vanity_rank,
        {{ ad_funnel.rank_by('mean_sells_rank', 'less') }} as value_rank,
        {{ ad_funnel.rank_by('mean_goal_rank', 'less', within='goal') }} as goal_rank
    from averaged

)

select
    platform,
    campaign_id,
    {{ ad_funnel.campaign_key() }} as campaign_key,
    campaign_name,
    objective,
    goal,
    impressions,
    reach,
    clicks,
    ctr,
    conversions,
    conversion_value,
    spend,
    roas,
    vcpm,
    cpc,
    cpa,
    {%- for measure in looks + sells + ['spend'] %}
    cast({{ measure }}_rank as integer) as {{ measure }}_rank,
    {%- endfor %}
    cast(vanity_rank as integer) as vanity_rank,
    cast(value_rank as integer) as value_rank,
    cast(value_rank - vanity_rank as integer) as rank_gap,
    cast(goal_rank as integer) as goal_rank,
    cast(goal_campaigns as integer) as goal_campaigns,
    case
        when value_rank > vanity_rank then 'looks better than it sells'
        when value_rank < vanity_rank then 'sells better than it looks'
        when value_rank = vanity_rank then 'sells as it looks'
        else 'not measured'
    end as verdict,
    {{ ad_funnel.ranking_reason() }} as reason,
    is_cost_complete,
    is_value_complete,
    is_mature,
    data_through,
    built_at
from placed
