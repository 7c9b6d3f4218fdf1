{#- Reach and frequency: what is built, how users are counted by a sketch, and how exposures are grouped. -#}

{%- macro has_reach() -%}
    {{- return(ad_funnel.setting('ad_funnel__reach') is not none) -}}
{%- endmacro -%}

{%- macro has_frequency() -%}
    {{- return(ad_funnel.setting('ad_funnel__frequency')) -}}
{%- endmacro -%}

{%- macro reach_is_sketched() -%}
    {{- return(ad_funnel.setting('ad_funnel__reach') == 'sketch') -}}
{%- endmacro -%}


{#-
    A user's hash: the first 12 of the 32 digits of an MD5, the same on every engine; and the number that they write.
    Hashes lie evenly between 0 and 16^12, whatever the ids are.
-#}
{%- macro user_hash(user_id) -%}
    {{- return('substr(' ~ ad_funnel.md5(user_id) ~ ', 1, 12)') -}}
{%- endmacro -%}

{%- macro hash_number(hash) -%}
    {%- set digits = [] -%}
    {%- for place in range(1, 13) -%}
        {%- set digit = dbt.position('substr(' ~ hash ~ ', ' ~ place ~ ", 1)", "'0123456789abcdef'") -%}
        {%- do digits.append('cast(' ~ 16 ** (12 - place) ~ ' as bigint) * (' ~ digit ~ ' - 1)') -%}
    {%- endfor -%}
    ({{ digits | join('\n            + ') }})
{%- endmacro -%}


{#- The relative standard error of a full sketch of so many hashes, 1 / sqrt(size - 2), to six decimals. -#}
{%- macro sketch_error(size) -%}
    {{- return(((1000000 / (size - 2) ** 0.5 + 0.5) | round(0, 'floor') | int) / 1000000) -}}
{%- endmacro -%}


{#- The groups of users by their number of exposures: the first number of each; the last group is open. -#}
{%- macro exposure_groups() -%}
    {%- set starts = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 21, 51] -%}
    {%- set groups = [] -%}
    {%- for start in starts -%}
        {%- set end = starts[loop.index] - 1 if not loop.last else none -%}
        {%- set name = start ~ '+' if end is none else start ~ '' if end == start else start ~ '-' ~ end -%}
        {%- do groups.append({'start': start, 'end': end, 'name': name}) -%}
    {%- endfor -%}
    {{- return(groups) -}}
{%- endmacro -%}


{#-
    How often each user was shown a campaign on these days (the ad, where the impression does not name its campaign):
    valid impressions, those of no known user as a row without one. What exact reach and sketches are both made of.
-#}
{%- macro exposures_of_days(days) -%}
    select
        date_day,
        platform,
        campaign_id,
        case when campaign_id is null then ad_id end as ad_id,
        user_id,
        count(*) as impressions
    from {{ ref('ledger_ads__impressions') }}
    where disposition = 'accepted' and not is_invalid and {{ ad_funnel.in_days(days) }}
    group by date_day, platform, campaign_id, case when campaign_id is null then ad_id end, user_id
{%- endmacro -%}
