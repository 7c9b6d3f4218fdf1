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

{#- A bound of the Wilson interval of 95 % of a share: `sign` is - for the lower one, + for the upper one. -#}
{%- macro wilson_bound(hits, trials, sign) -%}
    {%- set double = ad_funnel.type_double() -%}
    {%- set z = '1.959963984540054' -%}
    {%- set n, x = 'cast(' ~ trials ~ ' as ' ~ double ~ ')', 'cast(' ~ hits ~ ' as ' ~ double ~ ')' -%}
    case
        when {{ hits }} = {{ '0' if sign == '-' else trials }} and {{ trials }} > 0 then {{ 0 if sign == '-' else 1 }}
        when {{ trials }} > 0
            then (
                {{ x }} + {{ z }} * {{ z }} / 2
                {{ sign }} {{ z }} * sqrt({{ x }} * ({{ n }} - {{ x }}) / {{ n }} + {{ z }} * {{ z }} / 4)
            ) / ({{ n }} + {{ z }} * {{ z }})
    end
{%- endmacro -%}
