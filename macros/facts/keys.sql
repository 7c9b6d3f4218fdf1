{#-
    One column that identifies a campaign or an ad, for BI tools that join by one column only: the platform, a slash, the
    id. An id is unique within its platform alone. A slash in a platform's name is written `~1` and a tilde `~0` (as in
    RFC 6901), so two campaigns never share a key. `relation`: the alias before the columns.
-#}
{%- macro campaign_key(relation='', id='campaign_id') -%}
    {%- set of = relation ~ '.' if relation else '' -%}
    replace(replace({{ of }}platform, '~', '~0'), '/', '~1') || '/' || {{ of ~ id }}
{%- endmacro -%}

{%- macro ad_key(relation='') -%}{{- ad_funnel.campaign_key(relation, 'ad_id') -}}{%- endmacro -%}
