{#-
    What a landing URL tells: its page, and the five UTM fields of its query. Plain SQL, the same on every engine; what
    needs several steps is spread over the CTEs of models/facts/fct_ads__landing_daily.sql.
-#}

{#- Whether landing pages are built. -#}
{%- macro has_landing_pages() -%}
    {{- return(ad_funnel.setting('ad_funnel__landing_pages')) -}}
{%- endmacro -%}

{#- Whether anything reads visits: where there are reports, too, the discrepancy mart does. -#}
{%- macro reads_visits() -%}
    {%- set beside_reports = ad_funnel.reads_reports() and ad_funnel.is_measured(['visits']) -%}
    {{- return(ad_funnel.has_attribution() or ad_funnel.has_landing_pages() or beside_reports) -}}
{%- endmacro -%}


{%- macro utm_fields() -%}
    {{- return(['utm_source', 'utm_medium', 'utm_campaign', 'utm_content', 'utm_term']) -}}
{%- endmacro -%}

{#-
    The ids that ad platforms add to the URLs of their clicks, each with the platform whose click it was: the one list of
    them. The setting renames platforms, and adds ids.
-#}
{%- macro click_ids() -%}
    {%- set platforms = {
        'gclid': 'google', 'gbraid': 'google', 'wbraid': 'google', 'dclid': 'google', 'fbclid': 'meta',
        'msclkid': 'microsoft', 'ttclid': 'tiktok', 'li_fat_id': 'linkedin', 'twclid': 'x', 'rdt_cid': 'reddit',
    } -%}
    {%- do platforms.update(ad_funnel.setting('ad_funnel__click_id_platforms')) -%}
    {{- return(platforms) -}}
{%- endmacro -%}

{#- The click ids that a table of visits may have columns of. -#}
{%- macro click_id_columns() -%}
    {{- return(ad_funnel.raw_contract()['visits'] | select('in', ad_funnel.click_ids()) | list) -}}
{%- endmacro -%}

{#- The platform whose click id a visit has, in a column or in its URL; NULL without one. `query`: see tag_query(). -#}
{%- macro visit_click_id_platform(query) -%}
    {%- set columns = ad_funnel.click_id_columns() -%}
    {%- set found = [] -%}
    {%- for parameter, platform in ad_funnel.click_ids().items() -%}
        {%- set value = ad_funnel.tag_value(query, parameter) -%}
        {%- set value = 'coalesce(' ~ parameter ~ ', ' ~ value ~ ')' if parameter in columns else value -%}
        {%- do found.append('when ' ~ value ~ ' is not null then ' ~ ad_funnel.text_literal(platform)) -%}
    {%- endfor -%}
    case
            {{ found | join('\n            ') }}
        end
{%- endmacro -%}


{#- What people write as utm_source for a platform. The setting replaces the list of a platform, and adds platforms. -#}
{%- macro utm_sources() -%}
    {%- set sources = {
        'google': ['google', 'google_ads', 'googleads', 'google ads', 'adwords', 'youtube'],
        'meta': [
            'meta', 'meta_ads', 'metaads', 'meta ads', 'facebook', 'facebook_ads', 'facebookads', 'facebook ads', 'fb',
            'fb_ads', 'instagram', 'instagram_ads', 'ig',
        ],
        'microsoft': ['microsoft', 'microsoft_ads', 'microsoftads', 'microsoft ads', 'bing', 'bing_ads', 'bingads'],
        'tiktok': ['tiktok', 'tiktok_ads', 'tiktokads', 'tik_tok'],
        'linkedin': ['linkedin', 'linkedin_ads', 'linkedinads'],
        'x': ['x', 'x_ads', 'twitter', 'twitter_ads'],
        'reddit': ['reddit', 'reddit_ads', 'redditads'],
        'pinterest': ['pinterest', 'pinterest_ads'],
        'snapchat': ['snapchat', 'snapchat_ads', 'snap'],
        'apple': ['apple', 'apple_search_ads', 'apple_ads'],
        'amazon': ['amazon', 'amazon_ads'],
    } -%}
    {%- do sources.update(ad_funnel.setting('ad_funnel__utm_sources')) -%}
    {{- return(sources) -}}
{%- endmacro -%}

{#- The same as rows. A spelling is of one platform: the setting's, where it names one. -#}
{%- macro source_families() -%}
    {%- set families = {} -%}
    {%- set chosen = ad_funnel.setting('ad_funnel__utm_sources') -%}
    {%- for is_chosen in [false, true] -%}
        {%- for platform, spellings in ad_funnel.utm_sources().items() if (platform in chosen) == is_chosen -%}
            {%- for spelling in [platform] + spellings -%}
                {%- do families.update({spelling | lower: platform}) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- for spelling, platform in families.items() -%}
    select
        {{ ad_funnel.text_literal(spelling) }} as spelling,
        {{ ad_funnel.text_literal(platform) }} as family
        {%- if not loop.last %}
    union all
    {% endif -%}
    {%- endfor -%}
{%- endmacro -%}


{#-
    A URL with an ampersand before each parameter. An ampersand may be written for HTML (`&amp;`), and a second `?` or a
    `#` begin a parameter, too: so do the URLs of trackers that add theirs without a look at what is there.
-#}
{%- macro url_query(url) -%}
    {{- return("replace(replace(replace(" ~ url ~ ", '&amp;', '&'), '?', '&'), '#', '&')") -}}
{%- endmacro -%}

{#- A URL's parameter as it is written, NULL where there is none or an empty one; of several, the first. -#}
{%- macro url_parameter(url, name) -%}
    {%- set behind = ad_funnel.split_part(ad_funnel.url_query(url), '&' ~ name ~ '=', 2) -%}
    {{- return('nullif(' ~ ad_funnel.split_part(behind, '&', 1) ~ ", '')") -}}
{%- endmacro -%}

{#-
    What tag_value() reads tags from: the query, and behind it the query as it is where a tool escaped it as a whole
    (utm_source%3Dbing%26utm_medium%3Dcpc). Tags that are not escaped come first, so they win.
-#}
{%- macro tag_query(url) -%}
    {%- set escapes = [] -%}
    {%- for code, sign in [('3F', '&'), ('23', '&'), ('26', '&'), ('3D', '='), ('25', '%')] -%}
        {%- for spelling in [code, code | lower] | unique(case_sensitive=true) -%}
            {%- do escapes.append(('%' ~ spelling, sign)) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- set query = ad_funnel.url_query(url) -%}
    {{- return('(' ~ query ~ " || '&' || " ~ ad_funnel.unescaped(query, escapes) ~ ')') -}}
{%- endmacro -%}

{#- A tag's value as it is written, as url_parameter() has it, whatever the case of its name. -#}
{%- macro tag_value(query, name) -%}
    {%- set wanted = '&' ~ name | lower ~ '=' -%}
    {%- set place = dbt.position("'" ~ wanted ~ "'", ad_funnel.lower_case(query)) -%}
    {%- set behind = 'substr(' ~ query ~ ', ' ~ place ~ ' + ' ~ wanted | length ~ ')' -%}
    {{- return('case when ' ~ place ~ ' > 0 then nullif(' ~ ad_funnel.split_part(behind, '&', 1) ~ ", '') end") -}}
{%- endmacro -%}

{#- Those of a URL's parameters that are asked for, as a query of their own: ?id=12&size=m. Empty where it has none. -#}
{%- macro url_parameters(url, names) -%}
    {%- set found = [] -%}
    {%- for name in names -%}
        {%- do found.append("coalesce('&" ~ name ~ "=' || " ~ ad_funnel.url_parameter(url, name) ~ ", '')") -%}
    {%- endfor -%}
    {%- if not found -%}
        {{- return("''") -}}
    {%- endif -%}
    {%- set query = found | join(' || ') -%}
    {{- return("case when " ~ query ~ " = '' then '' else '?' || substr(" ~ query ~ ", 2) end") -}}
{%- endmacro -%}

{#-
    How URLs write signs, a dozen to a step (nested deeper, SQL is hard on its readers): `+` and `%20` are blanks, and the
    signs of ASCII that tools escape are themselves again. Letters outside ASCII stay escaped: not every engine can read
    them. The percent sign comes last, or what it stands before would be read twice.
-#}
{%- macro url_escapes() -%}
    {%- set escapes = [('+', ' ')] -%}
    {%- for code, sign in {
        '20': ' ', '21': '!', '22': '"', '23': '#', '24': '$', '26': '&', '27': "'", '28': '(', '29': ')', '2B': '+',
        '2C': ',', '2F': '/', '3A': ':', '3B': ';', '3D': '=', '3F': '?', '40': '@', '5B': '[', '5D': ']', '7B': '{',
        '7C': '|', '7D': '}', '25': '%',
    }.items() -%}
        {%- for spelling in [code, code | lower] | unique(case_sensitive=true) -%}
            {%- do escapes.append(('%' ~ spelling, sign)) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{- return(escapes | batch(12) | list) -}}
{%- endmacro -%}

{%- macro unescaped(text, escapes) -%}
    {%- set sql = namespace(text=text) -%}
    {%- for escape, sign in escapes -%}
        {%- set sql.text = 'replace(' ~ sql.text ~ ", '" ~ escape ~ "', " ~ ad_funnel.text_literal(sign) ~ ')' -%}
    {%- endfor -%}
    {{- return(sql.text) -}}
{%- endmacro -%}

{#- CTEs of which the last, `unescaped`, has <field>_text for each escaped_<field> of the one that they start from. -#}
{%- macro unescaping(cte) -%}
    {%- for escapes in ad_funnel.url_escapes() -%}
        {%- set step = loop -%}
{{ 'unescaped' if step.last else 'unescaped_' ~ step.index }} as (

    select
        {%- for field in ad_funnel.utm_fields() %}
        {%- set before = 'escaped_' ~ field if step.first else field ~ '_' ~ (step.index - 1) %}
        {{ ad_funnel.unescaped(before, escapes) }} as {{ field }}_{{ 'text' if step.last else step.index }},
        {%- endfor %}
        *
    from {{ cte if step.first else 'unescaped_' ~ (step.index - 1) }}

)
        {%- if not step.last %},

{% endif -%}
    {%- endfor -%}
{%- endmacro -%}

{#- A UTM field from its text: source and medium in small letters, as web analytics compares them. -#}
{%- macro utm_value(field) -%}
    {%- set text = 'nullif(' ~ ad_funnel.trimmed(field ~ '_text') ~ ", '')" -%}
    {{- return(ad_funnel.lower_case(text) if field in ['utm_source', 'utm_medium'] else text) -}}
{%- endmacro -%}

{#- Whether a medium says that no platform was paid for its visits, whatever the campaign is called. -#}
{%- macro is_unpaid_medium(medium) -%}
    {%- set words = [
        'email', 'e-mail', 'e_mail', 'e mail', 'newsletter', 'organic', 'referral', 'affiliate', 'sms', 'push', 'rss',
    ] -%}
    {{- return("(coalesce(" ~ ad_funnel.lower_case(medium) ~ ", '') in ('" ~ words | join("', '") ~ "'))") -}}
{%- endmacro -%}

{#- Whether a medium says that its visits were paid for. -#}
{%- macro is_paid_medium(medium) -%}
    {%- set words = [] -%}
    {%- for word in ad_funnel.setting('ad_funnel__paid_mediums') -%}
        {%- do words.append(medium ~ " like '%" ~ word | lower ~ "%'") -%}
    {%- endfor -%}
    {{- return('(' ~ words | join(' or ') ~ ')' if words else '(1 = 0)') -}}
{%- endmacro -%}
