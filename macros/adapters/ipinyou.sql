{#-
    iPinYou's bid logs, the public research release.

    **Reads** `impressions` and `clicks`: the files `imp.*` and `clk.*`, one row per event, by the names of its columns
    or, since the files have no header, by `column00`, `column01`, … in their order.

    **A click** names its impression by bid id and creative. It has no id of its own: it is its impression.
    **An impression** costs `payprice`, in hundredths of a yuan per thousand.

    **Restated** never. Times are of Shanghai.

    **Leaves out** the conversions' files, which the release has for few advertisers. `null` and `Na` are NULL.
-#}
{%- macro impressions_from_ipinyou(impressions, platform='ipinyou') -%}
    {%- set row = ad_funnel.ipinyou_table('impressions_from_ipinyou', 'impressions', impressions) %}
select
    {{ row.bidid }} || ':' || {{ row.creative }} as impression_id,
    {{ ad_funnel.ipinyou_time(row) }} as impression_at,
    {{ row.creative }} as ad_id,
    {{ ad_funnel.text_or_null(platform) }} as platform,
    {{ row.advertiser }} as campaign_id,
    {{ row.ipinyouid }} as user_id,
    {{ ad_funnel.adapter_quotient(row.payprice, 100000) }} as cost,
    'CNY' as currency,
    {{ row.slotid }} as placement,
    {{ ad_funnel.no_text() }} as device_type,
    {{ ad_funnel.no_text() }} as country,
    {{ ad_funnel.no_text() }} as traffic_type,
    {{ ad_funnel.no_text() }} as is_measurable,
    {{ ad_funnel.no_text() }} as is_viewable,
    {{ row.useragent }} as user_agent,
    {{ ad_funnel.no_text() }} as loaded_at,
    {{ ad_funnel.no_text() }} as partition_day
from {{ impressions }} as impressions
{%- endmacro -%}


{%- macro clicks_from_ipinyou(clicks, platform='ipinyou') -%}
    {%- set row = ad_funnel.ipinyou_table('clicks_from_ipinyou', 'clicks', clicks) %}
select
    {{ row.bidid }} || ':' || {{ row.creative }} as click_id,
    {{ ad_funnel.ipinyou_time(row) }} as clicked_at,
    {{ ad_funnel.text_or_null(platform) }} as platform,
    {{ row.bidid }} || ':' || {{ row.creative }} as impression_id,
    {{ row.creative }} as ad_id,
    {{ row.advertiser }} as campaign_id,
    {{ row.ipinyouid }} as user_id,
    {{ ad_funnel.no_text() }} as cost,
    {{ ad_funnel.no_text() }} as currency,
    {{ ad_funnel.no_text() }} as landing_url,
    cast(null as {{ ad_funnel.type_time() }}) as landed_at,
    {{ row.useragent }} as user_agent,
    {{ ad_funnel.no_text() }} as device_type,
    {{ ad_funnel.no_text() }} as country,
    {{ ad_funnel.no_text() }} as loaded_at,
    {{ ad_funnel.no_text() }} as partition_day
from {{ clicks }} as clicks
{%- endmacro -%}


{%- macro ipinyou_table(adapter_name, alias, relation) -%}
    {{- return(ad_funnel.adapter_table(
        adapter_name, alias, relation,
        ['bidid|column00', 'timestamp|column01', 'creative|column18', 'advertiser|column22'],
        ['ipinyouid|column03', 'useragent|column04', 'slotid|column12', 'payprice|column20'], ['null', 'Na', '']
    )) -}}
{%- endmacro -%}

{#- 20131021192300738 is 2013-10-21 19:23:00.738 in Shanghai. -#}
{%- macro ipinyou_time(row) -%}
    {%- set parts = [] -%}
    {%- for start, length, behind in [
        [1, 4, '-'], [5, 2, '-'], [7, 2, ' '], [9, 2, ':'], [11, 2, ':'], [13, 2, '.'], [15, 3, ''],
    ] -%}
        {%- do parts.append('substr(' ~ row.timestamp ~ ', ' ~ start ~ ', ' ~ length ~ ") || '" ~ behind ~ "'") -%}
    {%- endfor -%}
    {{- return(ad_funnel.text_to_utc('(' ~ parts | join(' || ') ~ ')', 'Asia/Shanghai')) -}}
{%- endmacro -%}
