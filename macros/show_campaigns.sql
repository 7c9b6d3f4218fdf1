{#-
    Prints the campaigns' funnel: `dbt run-operation show_campaigns` here, `dbt run-operation ad_funnel.show_campaigns`
    where the package is installed.
-#}
{%- macro show_campaigns() -%}
    {%- if not execute -%}{{- return('') -}}{%- endif -%}
    {%- set marts = graph.nodes.values() | selectattr('name', 'equalto', 'mart_ads__campaign') | list -%}
    {%- set mart = adapter.get_relation(marts[0].database, marts[0].schema, marts[0].alias) -%}
    {%- if mart is none -%}
        {%- do exceptions.raise_compiler_error('There is no mart_ads__campaign to show. Cure: dbt build.') -%}
    {%- endif -%}
    {%- set campaigns = ad_funnel.rows_of(
        'select * from ' ~ mart ~ ' order by gross_impressions desc nulls last, platform, campaign_id'
    ) -%}

    {#- The title of each, its column, and for a number its decimals and what it is shown in. -#}
    {%- set columns = [
        ('platform', 'platform', none, 1),
        ('campaign', 'campaign_name', none, 1),
        ('impressions', 'impressions', 0, 1),
        ('clicks', 'clicks', 0, 1),
        ('conversions', 'conversions', 0, 1),
        ('spend', 'spend', 2, 1),
        ('CTR %', 'ctr', 2, 100),
        ('CVR %', 'cvr', 2, 100),
        ('conv./impr. %', 'conversion_per_impression', 3, 100),
        ('CPM', 'cpm', 2, 1),
        ('CPC', 'cpc', 2, 1),
        ('CPA', 'cpa', 2, 1),
        ('ROAS', 'roas', 2, 1),
    ] -%}

    {#- Rows of text first, so that each column is as wide as what stands in it. '-' is NULL: unknown or undefined. -#}
    {%- set rows = [columns | map(attribute=0) | list] -%}
    {%- for campaign in campaigns -%}
        {%- set cells = [] -%}
        {%- for title, name, decimals, factor in columns -%}
            {%- set value = campaign[name] -%}
            {%- if value is none -%}
                {%- do cells.append('-') -%}
            {%- elif value is string -%}
                {%- set name_ends = '…' if value | length > 28 else '' -%}
                {%- do cells.append(value[:28] ~ name_ends) -%}
            {%- else -%}
                {%- do cells.append(ad_funnel.number_text(value | string | float * factor, decimals)) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- do rows.append(cells) -%}
    {%- endfor -%}

    {%- set widths = [] -%}
    {%- for column in columns -%}
        {%- set place = loop.index0 -%}
        {%- do widths.append(rows | map(attribute=place) | map('length') | max) -%}
    {%- endfor -%}

    {%- set lines = [] -%}
    {%- for row in rows -%}
        {%- set cells = [] -%}
        {%- for cell in row -%}
            {%- set blanks = ' ' * (widths[loop.index0] - cell | length) -%}
            {%- do cells.append(cell ~ blanks if loop.index0 < 2 else blanks ~ cell) -%}
        {%- endfor -%}
        {%- do lines.append(cells | join('  ') | trim) -%}
        {%- if loop.first -%}
            {%- do lines.append('-' * (widths | sum + 2 * (widths | length - 1))) -%}
        {%- endif -%}
    {%- endfor -%}

    {%- set first = campaigns[0] if campaigns else none -%}
    {%- do lines.append('') -%}
    {%- do lines.append(
        'Money in ' ~ ad_funnel.setting('ad_funnel__reporting_currency') ~ ', days of '
        ~ ad_funnel.setting('ad_funnel__reporting_time_zone') ~ ', data through '
        ~ (first.data_through if first is not none else '-') ~ ' UTC. - is not measured, unknown or undefined.'
    ) -%}
    {%- do lines.append('Table: ' ~ mart ~ (' in ' ~ modules.re.sub('^[.]/', '', target.path) if target.path else '')) -%}
    {{- print('\n' ~ lines | join('\n')) -}}
{%- endmacro -%}


{#- A number with so many decimals, rounded half up, and a comma before each three digits: 1,234.50. -#}
{%- macro number_text(number, decimals) -%}
    {%- set units = (number * 10 ** decimals + 0.5) | round(0, 'floor') | int -%}
    {%- set sign = '-' if units < 0 else '' -%}
    {%- set digits = units | abs | string -%}
    {%- set digits = '0' * [decimals + 1 - digits | length, 0] | max ~ digits -%}
    {%- set whole = digits[:digits | length - decimals] -%}
    {%- set fraction = '.' ~ digits[digits | length - decimals:] if decimals else '' -%}
    {{- return(sign ~ modules.re.sub('([0-9])(?=([0-9]{3})+$)', '\\1,', whole) ~ fraction) -}}
{%- endmacro -%}
