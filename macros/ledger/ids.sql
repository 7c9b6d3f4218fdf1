{#- Ids as warnings look at them: is one of them too many people, and do two tables mean the same ones? -#}

{#-
    What an id is made of: small letters, capitals, digits, signs. Ids that are written alike are made of the same, so
    111 and 111.0, AB12 and ab12, imp_7 and 7 differ.
-#}
{%- macro shape_of_id(id) -%}
    {%- set parts = [
        "case when " ~ id ~ " <> upper(" ~ id ~ ") then 'a' else '' end",
        "case when " ~ id ~ " <> lower(" ~ id ~ ") then 'A' else '' end",
        "case when translate(" ~ id ~ ", '0123456789', '') <> " ~ id ~ " then '9' else '' end",
        "case when " ~ id ~ " like '0%' then '0' else '' end",
    ] -%}
    {%- for sign in ['.', '-', '_', ':', '{', '+', '/'] -%}
        {%- do parts.append(
            'case when replace(' ~ id ~ ", '" ~ sign ~ "', '') <> " ~ id ~ " then '" ~ sign ~ "' else '' end"
        ) -%}
    {%- endfor -%}
    {{- return(parts | join('\n            || ')) -}}
{%- endmacro -%}


{#- The ids by which rows of one table name rows of another, of tables that are there: [table, column, other table]. -#}
{%- macro named_ids() -%}
    {%- set pairs = [] -%}
    {%- for pair in [
        ['clicks', 'impression_id', 'impressions'],
        ['conversions', 'impression_id', 'impressions'],
        ['conversions', 'click_id', 'clicks'],
        ['conversions', 'user_id', 'clicks'],
        ['conversions', 'user_id', 'impressions'],
        ['spend', 'campaign_id', 'impressions'],
        ['spend', 'campaign_id', 'clicks'],
        ['spend', 'ad_id', 'impressions'],
        ['spend', 'ad_id', 'clicks'],
        ['spend', 'campaign_id', 'campaigns'],
        ['impressions', 'ad_id', 'ads'],
        ['clicks', 'ad_id', 'ads'],
    ] if ad_funnel.is_measured([pair[0]]) and ad_funnel.is_measured([pair[2]]) -%}
        {%- do pairs.append(pair) -%}
    {%- endfor -%}
    {{- return(pairs) -}}
{%- endmacro -%}


{#-
    A table's ids, for a `from`: accepted ones of the look-back, or those of a reference table. `few`: no more than ten
    thousand, whichever come first.
-#}
{%- macro ids_of(table, column, few=false) -%}
    {%- set limit = ' limit 10000)' if few else ')' -%}
    {%- if table in ad_funnel.ledger_tables() -%}
        {{- return(
            '(select ' ~ column ~ ' as id from ' ~ ref('ledger_ads__' ~ table) ~ " where disposition = 'accepted' and "
            ~ column ~ ' is not null and ' ~ ad_funnel.in_look_back_of(table, 'date_day') ~ limit
        ) -}}
    {%- endif -%}
    {{- return(
        '(select ' ~ column ~ ' as id from ' ~ ref('dim_ads__' ~ table) ~ ' where ' ~ column ~ ' is not null' ~ limit
    ) -}}
{%- endmacro -%}
