{#- What campaigns are for, and how they are ranked: models/marts/mart_ads__campaign_ranking.sql. -#}

{#-
    What each kind of campaign is judged by: two metrics, and whether more of them is better. A brand campaign is to be
    seen (by many, where that is measured), an engagement campaign to be clicked, every other to sell.
-#}
{%- macro goals() -%}
    {{- return({
        'brand': [('reach' if ad_funnel.has_reach() else 'impressions', 'more'), ('vcpm', 'less')],
        'engagement': [('ctr', 'more'), ('cpc', 'less')],
        'conversion': [('cpa', 'less'), ('roas', 'more')],
    }) -}}
{%- endmacro -%}

{#- The kind of campaign by its objective: the first whose list names a word of it; without one it is to sell. -#}
{%- macro campaign_goal(objective) -%}
    case
            {%- for goal in ['brand', 'engagement'] %}
            {%- for word in ad_funnel.setting('ad_funnel__' ~ goal ~ '_objectives') %}
            when {{ ad_funnel.lower_case(objective) }} like '%{{ word | lower }}%' then '{{ goal }}'
            {%- endfor %}
            {%- endfor %}
            else 'conversion'
        end
{%- endmacro -%}

{#- A row's rank by a measure, 1 the best; NULL where the measure is, and such rows count for no other's rank. -#}
{%- macro rank_by(measure, better='more', within=none) -%}
    case
            when {{ measure }} is not null
                then rank() over (
                    {{ 'partition by ' ~ within if within }}
                    order by {{ measure }} {{ 'desc' if better == 'more' else 'asc' }} nulls last
                )
        end
{%- endmacro -%}

{#- The mean of those ranks that are known, six times: of up to three whole numbers it is whole, so ties are ties. -#}
{%- macro mean_rank(ranks) -%}
    {%- set known = [] -%}
    {%- for rank in ranks -%}
        {%- do known.append('case when ' ~ rank ~ ' is not null then 1 else 0 end') -%}
    {%- endfor -%}
    (coalesce({{ ranks | join(', 0) + coalesce(') }}, 0))
        * case {{ known | join(' + ') }}
            when 1 then 6
            when 2 then 3
            when 3 then 2
        end
{%- endmacro -%}

{#- A ranking row's verdict in words: what the campaign is for and how it ranks there, then how it looks and sells. -#}
{%- macro ranking_reason() -%}
    {%- set text = dbt.type_string() -%}
    case goal
        {%- for goal, metrics in ad_funnel.goals().items() %}
        {%- set first, second = metrics[0][0], metrics[1][0] %}
        when '{{ goal }}' then '{{ goal }} campaign: '
            || case
                when first_goal_rank is null and second_goal_rank is null then '{{ first }} and {{ second }} unknown'
                else
                    coalesce(
                        'number ' || cast(first_goal_rank as {{ text }}) || ' by {{ first }}', '{{ first }} unknown'
                    )
                    || ', '
                    || case when first_goal_rank is null and second_goal_rank is not null then 'number ' else '' end
                    || coalesce(cast(second_goal_rank as {{ text }}) || ' by {{ second }}', '{{ second }} unknown')
                    || case
                        when goal_campaigns = 1 then ', the only {{ goal }} campaign'
                        else ', of ' || cast(goal_campaigns as {{ text }}) || ' {{ goal }} campaigns'
                    end
            end
        {%- endfor %}
    end
    || coalesce(
        '; number ' || cast(vanity_rank as {{ text }}) || ' by what looks good'
        || coalesce(', ' || cast(value_rank as {{ text }}) || ' by what sells', ''),
        '; number ' || cast(value_rank as {{ text }}) || ' by what sells',
        '; number ' || cast(spend_rank as {{ text }}) || ' by spend',
        ''
    )
    || case
        when vanity_rank is null and value_rank is null and spend_rank is null then ''
        else ', of all ' || cast(campaigns as {{ text }})
    end
{%- endmacro -%}
