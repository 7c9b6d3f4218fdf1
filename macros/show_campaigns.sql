{#-
    Prints the campaigns' funnel: `dbt run-operation show_campaigns` here, `dbt run-operation ad_funnel.show_campaigns`
    where the package is installed. Where there are reports, each platform is shown by its best series, and a column
    says whose count that is.
-#}
{%- macro show_campaigns() -%}
    {%- if not execute -%}{{- return('') -}}{%- endif -%}
    {%- set marts = graph.nodes.values() | selectattr('name', 'equalto', 'mart_ads__campaign') | list -%}
    {%- set mart = adapter.get_relation(marts[0].database, marts[0].schema, marts[0].alias) -%}
    {%- if mart is none -%}
        {%- do exceptions.raise_compiler_error('There is no mart_ads__campaign to show. Cure: dbt build.') -%}
    {%- endif -%}
    {%- set best = none -%}
    {%- if ad_funnel.reads_reports() -%}
        {%- set bests = graph.nodes.values() | selectattr('name', 'equalto', 'mart_ads__performance') | list -%}
        {%- set best = adapter.get_relation(bests[0].database, bests[0].schema, bests[0].alias) -%}
        {%- if best is none -%}
            {%- do exceptions.raise_compiler_error('There is no mart_ads__performance to show. Cure: dbt build.') -%}
        {%- endif -%}
    {%- endif -%}
    {%- set campaigns = ad_funnel.rows_of(
        'select * from ' ~ mart ~ ' order by gross_impressions desc nulls last, platform, campaign_id' if best is none
        else "select best.*, case when best.series = 'measured' then 'logs' else 'platform' end as counted_by, "
            ~ "case when best.series = 'measured' then campaigns.conversion_per_impression end "
            ~ 'as conversion_per_impression from ' ~ best ~ ' as best left join ' ~ mart ~ ' as campaigns '
            ~ 'on best.platform = campaigns.platform and best.campaign_id = campaigns.campaign_id '
            ~ "where best.level = 'campaign' and best.is_best "
            ~ "order by case when best.series = 'measured' then campaigns.gross_impressions else best.impressions end "
            ~ 'desc nulls last, '
            ~ 'best.platform, best.campaign_id, best.account_id'
    ) -%}

    {#- The title of each, its column, and for a number its decimals and what it is shown in. -#}
    {%- set texts = [('platform', 'platform', none, 1), ('campaign', 'campaign_name', none, 1)]
        + ([('counted by', 'counted_by', none, 1)] if best is not none else []) -%}
    {%- set columns = texts + [
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
            {%- do cells.append(cell ~ blanks if loop.index0 < texts | length else blanks ~ cell) -%}
        {%- endfor -%}
        {%- do lines.append(cells | join('  ') | trim) -%}
        {%- if loop.first -%}
            {%- do lines.append('-' * (widths | sum + 2 * (widths | length - 1))) -%}
        {%- endif -%}
    {%- endfor -%}

    {#- (Series reach to different times.) -#}
    {%- set reached = namespace(until='-') -%}
    {%- for campaign in campaigns if campaign.data_through is not none -%}
        {%- set reached.until = [reached.until, campaign.data_through | string] | max -%}
    {%- endfor -%}
    {%- do lines.append('') -%}
    {%- do lines.append(
        'Money in ' ~ ad_funnel.setting('ad_funnel__reporting_currency') ~ ', days of '
        ~ ad_funnel.setting('ad_funnel__reporting_time_zone') ~ ', data through '
        ~ reached.until ~ ' UTC. - is not measured, unknown or undefined.'
    ) -%}
    {%- set table = mart if best is none else best -%}
    {%- do lines.append('Table: ' ~ table ~ (' in ' ~ modules.re.sub('^[.]/', '', target.path) if target.path else '')) -%}
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
