{#-
    One self-contained HTML page of the marts: `dbt run-operation ad_funnel.report` (`report` here) writes
    ad_funnel_report.html, or where `to` says; `{to: '-'}` prints it. What is on it, and why: docs/report.md.

    The page gets additive counters by day and campaign and divides sums itself, so that a chosen period, platform or
    campaign filters everything. Sections are left out where their marts are not built.
-#}
{%- macro report(to='ad_funnel_report.html') -%}
    {%- if not execute -%}{{- return('') -}}{%- endif -%}
    {%- set page = ad_funnel.page_html(ad_funnel.page_data()) -%}
    {%- if to == '-' -%}
        {{- print(page) -}}
    {%- else -%}
        {%- do ad_funnel.write_text(to, page) -%}
        {%- do log('Report: ' ~ to, info=true) -%}
    {%- endif -%}
{%- endmacro -%}


{#- What the page shows, as one mapping. Tables are texts with a line for each row: they are many, and Jinja is slow. -#}
{%- macro page_data() -%}
    {%- set campaign = ad_funnel.built_mart('mart_ads__campaign') -%}
    {%- if not campaign -%}
        {%- do exceptions.raise_compiler_error(
            'report: there is no mart_ads__campaign in this target. Cure: dbt build, then run the report again.'
        ) -%}
    {%- endif -%}
    {%- set limits = ad_funnel.page_limits() -%}
    {%- set period = ad_funnel.page_period(limits.rows) -%}
    {%- set first = ad_funnel.rows_of('select max(data_through) as data_through, max(built_at) as built_at, '
        ~ 'count(*) as campaigns from ' ~ campaign)[0] -%}
    {%- set data = {
        'project': project_name,
        'currency': ad_funnel.setting('ad_funnel__reporting_currency'),
        'zone': ad_funnel.setting('ad_funnel__reporting_time_zone'),
        'data_through': none if first.data_through is none else first.data_through | string,
        'built_at': none if first.built_at is none else first.built_at | string,
        'partial': ad_funnel.setting('ad_funnel__partial_money_metrics'),
        'period': period.name,
        'all_campaigns': first.campaigns | int,
        'limits': limits,
        'displays': ad_funnel.displays(),
        'money': {},
        'measures': ad_funnel.page_measures(),
    } -%}
    {%- for name, measure in ad_funnel.measures().items() if measure.money -%}
        {%- do data.money.update({name: {'known': measure.known, 'of': measure.of}}) -%}
    {%- endfor -%}
    {%- do data.update({
        'campaigns': ad_funnel.page_campaigns(),
        'days': ad_funnel.page_days(period),
        'daily': ad_funnel.page_daily(period),
        'ledger': ad_funnel.page_ledger(limits),
    }) -%}
    {%- if ad_funnel.built_mart('mart_ads__performance_daily') -%}
        {%- do data.update({'performance': ad_funnel.page_performance(period)}) -%}
    {%- endif -%}
    {%- if ad_funnel.built_mart('mart_ads__attribution') -%}
        {%- do data.update({'attribution': ad_funnel.page_attribution(limits)}) -%}
    {%- endif -%}
    {%- if ad_funnel.built_mart('mart_ads__experiments') -%}
        {%- do data.update({'experiments': ad_funnel.page_experiments()}) -%}
    {%- endif -%}
    {%- if ad_funnel.built_mart('mart_ads__reach') -%}
        {%- do data.update({'reach': ad_funnel.page_reach()}) -%}
    {%- endif -%}
    {%- if ad_funnel.built_mart('mart_ads__frequency') -%}
        {%- do data.update({'frequency': ad_funnel.page_frequency()}) -%}
    {%- endif -%}
    {%- if ad_funnel.built_mart('mart_ads__segment_daily') -%}
        {%- do data.update({'segments': ad_funnel.page_segments(limits)}) -%}
    {%- endif -%}
    {%- if ad_funnel.built_mart('mart_ads__landing_page') -%}
        {%- do data.update({'pages': ad_funnel.page_landing_pages(limits)}) -%}
    {%- endif -%}
    {{- return(data) -}}
{%- endmacro -%}


{#- How much a page holds. Beyond it days become weeks or months, and small campaigns one row for each platform. -#}
{%- macro page_limits() -%}
    {{- return({'rows': 20000, 'campaigns': 500, 'segment_rows': 8000, 'landing_pages': 300}) -}}
{%- endmacro -%}

{#- Of the measures, those that the page shows or that decide whether one is known. -#}
{%- macro page_measures() -%}
    {{- return([
        'gross_impressions', 'impressions', 'measurable_impressions', 'viewable_impressions', 'clicked_impressions',
        'converted_impressions', 'gross_clicks', 'clicks', 'converted_clicks', 'conversions', 'valued_conversions',
        'conversion_value', 'view_through_conversions', 'unattributed_conversions', 'spend', 'costed_events',
        'uncosted_events', 'unknown_cost_events', 'unknown_value_conversions',
    ]) -}}
{%- endmacro -%}


{#- The relation of a mart that is switched on and built, else none. -#}
{%- macro built_mart(name) -%}
    {%- for node in ad_funnel.models_of_package() if node.name == name -%}
        {{- return(adapter.get_relation(node.database, node.schema, node.alias)) -}}
    {%- endfor -%}
    {{- return(none) -}}
{%- endmacro -%}


{#- One text of expressions, with a comma between each two, and nothing for NULL. -#}
{%- macro line_of(expressions) -%}
    {%- set texts = [] -%}
    {%- for expression in expressions -%}
        {%- do texts.append('coalesce(cast(' ~ expression ~ ' as ' ~ dbt.type_string() ~ "), '')") -%}
    {%- endfor -%}
    {{- return(texts | join(" || ',' || ")) -}}
{%- endmacro -%}

{#- The lines of a query with one column, zeros at the end of decimals left out. -#}
{%- macro lines_of(query) -%}
    {%- set text = run_query(query).columns[0].values() | join('\n') -%}
    {%- set text = modules.re.sub('([.][0-9]*[1-9])0+(?=,|\n|$)', '\\1', text) -%}
    {{- return(modules.re.sub('[.]0+(?=,|\n|$)', '', text)) -}}
{%- endmacro -%}

{#- A column's values in the order in which number_of() counts them. -#}
{%- macro values_in(column, relation) -%}
    {%- set values = [] -%}
    {%- for row in ad_funnel.rows_of(
        'select distinct ' ~ column ~ ' as one_value from ' ~ relation ~ ' order by ' ~ column ~ ' asc nulls last'
    ) -%}
        {%- do values.append(none if row.one_value is none else row.one_value | string) -%}
    {%- endfor -%}
    {{- return(values) -}}
{%- endmacro -%}

{%- macro number_of(column) -%}
    {{- return('(dense_rank() over (order by ' ~ column ~ ' asc nulls last) - 1)') -}}
{%- endmacro -%}


{#- Days where these are few enough rows, else weeks, else months: which mart has them, and its column. -#}
{%- macro page_period(most_rows) -%}
    {%- for name, mart, column in [('day', 'mart_ads__campaign_daily', 'date_day'),
        ('week', 'mart_ads__campaign_weekly', 'week_start'), ('month', 'mart_ads__campaign_monthly', 'month_start')] -%}
        {%- set relation = ad_funnel.built_mart(mart) -%}
        {%- if relation -%}
            {%- set rows = ad_funnel.rows_of('select count(*) as row_count from ' ~ relation)[0].row_count -%}
            {%- if rows | int <= most_rows or name == 'month' -%}
                {{- return({'name': name, 'mart': relation, 'column': column}) -}}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do exceptions.raise_compiler_error(
        'report: none of mart_ads__campaign_daily, _weekly and _monthly is built. Cure: dbt build, with one of them on.'
    ) -%}
{%- endmacro -%}

{#- The first day of the row's period. -#}
{%- macro period_of(period, day) -%}
    {{- return(day if period == 'day' else ad_funnel.period_start(period, day)) -}}
{%- endmacro -%}


{#-
    Campaigns by number: those with the most money and impressions by themselves, all others together for each platform.
    A CTE's text, for the queries below.
-#}
{%- macro numbered_campaigns() -%}
    {%- set limit = ad_funnel.page_limits().campaigns -%}
    numbered as (
        select
            placed.*,
            case
                when place <= {{ limit }} then place - 1
                else {{ limit }} + dense_rank() over (
                    order by case when place > {{ limit }} then 0 else 1 end asc, platform asc nulls last
                ) - 1
            end as campaign_number
        from (
            select
                platform,
                campaign_id,
                campaign_name,
                objective,
                row_number() over (
                    order by spend desc nulls last, gross_impressions desc nulls last, platform asc nulls last,
                        campaign_id asc nulls last
                ) as place
            from {{ ad_funnel.built_mart('mart_ads__campaign') }}
        ) as placed
    )
{%- endmacro -%}

{%- macro page_campaigns() -%}
    {%- set campaigns = [] -%}
    {%- for row in ad_funnel.rows_of(
        'with ' ~ ad_funnel.numbered_campaigns() ~ ' select campaign_number, platform, count(*) as campaigns, '
        ~ 'min(campaign_id) as campaign_id, min(campaign_name) as campaign_name, min(objective) as objective '
        ~ 'from numbered group by campaign_number, platform order by campaign_number asc nulls last'
    ) -%}
        {%- set count = row.campaigns | int -%}
        {%- do campaigns.append([row.platform, row.campaign_id, row.campaign_name, row.objective] if count == 1
            else [row.platform, none, count ~ ' other campaigns', none]) -%}
    {%- endfor -%}
    {{- return(campaigns) -}}
{%- endmacro -%}


{#- Each period that has rows, whether its clicks and all of it can still change. -#}
{%- macro page_days(period) -%}
    {%- set days = [] -%}
    {%- for row in ad_funnel.rows_of(
        'select ' ~ period.column ~ ' as day, min(case when is_click_mature then 1 else 0 end) as is_click_mature, '
        ~ 'min(case when is_mature then 1 else 0 end) as is_mature from ' ~ period.mart
        ~ ' group by ' ~ period.column ~ ' order by ' ~ period.column ~ ' asc nulls last'
    ) -%}
        {%- do days.append([(row.day | string)[:10], row.is_click_mature | int, row.is_mature | int]) -%}
    {%- endfor -%}
    {{- return(days) -}}
{%- endmacro -%}

{#- A line for each period and campaign: the numbers of both, then the measures. -#}
{%- macro page_daily(period) -%}
    {%- set sums = [] -%}
    {%- for name in ad_funnel.page_measures() -%}
        {%- do sums.append(ad_funnel.roll_up(name)) -%}
    {%- endfor -%}
    {{- return(ad_funnel.lines_of(
        'with ' ~ ad_funnel.numbered_campaigns() ~ ' select ' ~ ad_funnel.line_of(
            [ad_funnel.number_of('daily.' ~ period.column), 'numbered.campaign_number'] + sums
        ) ~ ' as line from ' ~ period.mart ~ ' as daily inner join numbered on daily.platform = numbered.platform '
        ~ 'and daily.campaign_id = numbered.campaign_id group by daily.' ~ period.column ~ ', numbered.campaign_number '
        ~ 'order by daily.' ~ period.column ~ ' asc nulls last, numbered.campaign_number asc nulls last'
    )) -}}
{%- endmacro -%}


{#- What became of the raw rows, by day, or by month where these are many. -#}
{%- macro page_ledger(limits) -%}
    {%- set ledger = ad_funnel.built_mart('mart_ads__ledger') -%}
    {%- if not ledger -%}{{- return(none) -}}{%- endif -%}
    {%- set rows = ad_funnel.rows_of('select count(*) as row_count from ' ~ ledger)[0].row_count | int -%}
    {%- set period = 'day' if rows <= 5000 else 'month' -%}
    {%- set day = ad_funnel.period_of(period, 'date_day') -%}
    {{- return({
        'period': period,
        'tables': ad_funnel.values_in('source_table', ledger),
        'dispositions': ad_funnel.values_in('disposition', ledger),
        'reasons': ad_funnel.values_in('reason', ledger),
        'lines': ad_funnel.lines_of(
            'select ' ~ ad_funnel.line_of([
                day, ad_funnel.number_of('source_table'), ad_funnel.number_of('disposition'),
                ad_funnel.number_of('reason'), 'sum(row_count)',
            ]) ~ ' as line from ' ~ ledger ~ ' group by ' ~ day ~ ', source_table, disposition, reason '
            ~ 'order by 1 asc nulls last'
        ),
    }) -}}
{%- endmacro -%}


{#- Both series of each platform and campaign, by period. -#}
{%- macro page_performance(period) -%}
    {%- set mart = ad_funnel.built_mart('mart_ads__performance_daily') -%}
    {%- set day = ad_funnel.period_of(period.name, 'performance.date_day') -%}
    {%- set columns = ['impressions', 'clicks', 'conversions', 'conversion_value', 'spend', 'unknown_cost_events',
        'unknown_value_conversions'] -%}
    {%- set sums = [] -%}
    {%- for column in columns -%}
        {%- do sums.append('sum(performance.' ~ column ~ ')') -%}
    {%- endfor -%}
    {{- return({
        'platforms': ad_funnel.values_in('platform', mart),
        'columns': columns,
        'lines': ad_funnel.lines_of(
            'with ' ~ ad_funnel.numbered_campaigns() ~ ' select ' ~ ad_funnel.line_of([
                day, ad_funnel.number_of('performance.platform'), 'numbered.campaign_number',
                "case performance.series when 'measured' then 0 else 1 end",
                'min(case when performance.is_best then 1 else 0 end)',
            ] + sums) ~ ' as line from ' ~ mart ~ ' as performance left join numbered '
            ~ 'on performance.platform = numbered.platform and performance.campaign_id = numbered.campaign_id '
            ~ 'group by ' ~ day ~ ', performance.platform, numbered.campaign_number, performance.series '
            ~ 'order by 1 asc nulls last'
        ),
    }) -}}
{%- endmacro -%}


{#- What each model credits, by day of the conversion (or its month), channel and campaign. -#}
{%- macro page_attribution(limits) -%}
    {%- set mart = ad_funnel.built_mart('mart_ads__attribution') -%}
    {%- set rows = ad_funnel.rows_of('select count(*) as row_count from ' ~ mart)[0].row_count | int -%}
    {%- set period = 'day' if rows <= 10 * limits.rows else 'month' -%}
    {%- set day = ad_funnel.period_of(period, 'attribution.date_day') -%}
    {%- set models, sums = ad_funnel.built_attribution_models(), [] -%}
    {%- for model in models -%}
        {%- do sums.append("sum(case when attribution.model = '" ~ model ~ "' then attribution.conversions end)") -%}
    {%- endfor -%}
    {{- return({
        'period': period,
        'models': models,
        'channels': ad_funnel.values_in('channel', mart),
        'lines': ad_funnel.lines_of(
            'with ' ~ ad_funnel.numbered_campaigns() ~ ' select ' ~ ad_funnel.line_of(
                [day, ad_funnel.number_of('attribution.channel'), 'numbered.campaign_number'] + sums
            ) ~ ' as line from ' ~ mart ~ ' as attribution left join numbered '
            ~ 'on attribution.channel = numbered.platform and attribution.campaign_id = numbered.campaign_id '
            ~ 'group by ' ~ day ~ ', attribution.channel, numbered.campaign_number order by 1 asc nulls last'
        ),
    }) -}}
{%- endmacro -%}


{%- macro page_experiments() -%}
    {%- set rows = [] -%}
    {%- for row in ad_funnel.rows_of(
        'select experiment, variant, metric, is_control, units, value, value_low, value_high, lift, lift_low, lift_high, '
        ~ 'p_value, always_valid_p_value, is_running, verdict, problem from '
        ~ ad_funnel.built_mart('mart_ads__experiments')
        ~ ' order by experiment asc nulls last, variant asc nulls last, metric_number asc nulls last limit 300'
    ) -%}
        {%- do rows.append(ad_funnel.plain_row(row)) -%}
    {%- endfor -%}
    {{- return(rows) -}}
{%- endmacro -%}

{#- Numbers, texts and NULL of a row, as JSON has them. -#}
{%- macro plain_row(row) -%}
    {%- set plain = {} -%}
    {%- for name, value in row.items() -%}
        {%- do plain.update({name: value if value is none or value is boolean or value is string
            else value | string | float}) -%}
    {%- endfor -%}
    {{- return(plain) -}}
{%- endmacro -%}


{#- Users of each campaign in all its days and in each month: users do not add up. -#}
{%- macro page_reach() -%}
    {{- return({'lines': ad_funnel.lines_of(
        'with ' ~ ad_funnel.numbered_campaigns() ~ ' select ' ~ ad_funnel.line_of([
            "case when reach.period = 'month' then cast(reach.period_start as " ~ dbt.type_string() ~ ') end',
            'numbered.campaign_number', 'reach.users', 'reach.frequency', 'reach.known_user_share',
            'reach.users_relative_error', 'reach.impressions',
        ]) ~ ' as line from ' ~ ad_funnel.built_mart('mart_ads__reach') ~ ' as reach inner join numbered '
        ~ 'on reach.platform = numbered.platform and reach.campaign_id = numbered.campaign_id '
        ~ "where reach.period in ('month', 'lifetime') and numbered.place <= " ~ ad_funnel.page_limits().campaigns
        ~ ' order by 1 asc nulls last'
    )}) -}}
{%- endmacro -%}

{%- macro page_frequency() -%}
    {%- set mart = ad_funnel.built_mart('mart_ads__frequency') -%}
    {{- return({
        'exposures': ad_funnel.values_in('exposures', mart),
        'lines': ad_funnel.lines_of(
            'with ' ~ ad_funnel.numbered_campaigns() ~ ' select ' ~ ad_funnel.line_of([
                'numbered.campaign_number', ad_funnel.number_of('frequency.exposures'), 'frequency.first_exposure',
                'frequency.reached_users', 'frequency.impressions', 'frequency.marginal_conversion_rate',
                'frequency.marginal_conversion_rate_low', 'frequency.marginal_conversion_rate_high',
            ]) ~ ' as line from ' ~ mart ~ ' as frequency inner join numbered '
            ~ 'on frequency.platform = numbered.platform and frequency.campaign_id = numbered.campaign_id '
            ~ 'where numbered.place <= ' ~ ad_funnel.page_limits().campaigns
            ~ ' order by numbered.campaign_number asc nulls last, frequency.first_exposure asc nulls last'
        ),
    }) -}}
{%- endmacro -%}


{#- Segments by the finest period that is few enough rows; of very many, all days together, by platform. -#}
{%- macro page_segments(limits) -%}
    {%- set mart = ad_funnel.built_mart('mart_ads__segment_daily') -%}
    {%- set counted = ['impressions', 'clicked_impressions', 'clicks', 'converted_clicks', 'conversions'] -%}
    {%- set found = namespace(period='all', keeps_campaigns=false) -%}
    {%- for period in ['all', 'month', 'week', 'day'] -%}
        {%- set day = '1' if period == 'all' else ad_funnel.period_of(period, 'date_day') -%}
        {%- set rows = ad_funnel.rows_of(
            'select count(*) as row_count from (select distinct ' ~ day ~ ' as day, platform, campaign_id, '
            ~ 'segment_type, segment from ' ~ mart ~ ' where impressions > 0 or clicks > 0) as segment_rows'
        )[0].row_count | int -%}
        {%- if rows <= limits.segment_rows -%}
            {%- set found.period, found.keeps_campaigns = period, true -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set day = 'cast(null as date)' if found.period == 'all' else ad_funnel.period_of(found.period, 'date_day') -%}
    {%- set campaign = 'campaign_number' if found.keeps_campaigns else 'cast(null as integer)' -%}
    {%- set numbers = ['platform_number', 'type_number', 'segment_number'] -%}
    {{- return({
        'period': found.period,
        'keeps_campaigns': found.keeps_campaigns,
        'columns': counted,
        'platforms': ad_funnel.values_in('platform', mart),
        'types': ad_funnel.values_in('segment_type', mart),
        'segments': ad_funnel.values_in('segment', mart),
        'lines': ad_funnel.lines_of(
            'with ' ~ ad_funnel.numbered_campaigns() ~ ', segments as (select segments.*, numbered.campaign_number, '
            ~ ad_funnel.number_of('segments.platform') ~ ' as platform_number, '
            ~ ad_funnel.number_of('segments.segment_type') ~ ' as type_number, '
            ~ ad_funnel.number_of('segments.segment') ~ ' as segment_number from ' ~ mart ~ ' as segments '
            ~ 'inner join numbered on segments.platform = numbered.platform '
            ~ 'and segments.campaign_id = numbered.campaign_id), '
            ~ 'summed as (select ' ~ day ~ ' as day, ' ~ campaign ~ ' as shown_campaign, ' ~ numbers | join(', ') ~ ', '
            ~ ad_funnel.sums_of(counted) ~ ' from segments where impressions > 0 or clicks > 0 group by '
            ~ (numbers + ([day] if found.period != 'all' else [])
                + (['campaign_number'] if found.keeps_campaigns else [])) | join(', ') ~ ') '
            ~ 'select ' ~ ad_funnel.line_of(['day', 'shown_campaign'] + numbers + counted)
            ~ ' as line from summed order by impressions desc nulls last, 1 limit ' ~ 3 * limits.segment_rows
        ),
    }) -}}
{%- endmacro -%}

{%- macro sums_of(columns) -%}
    {%- set sums = [] -%}
    {%- for column in columns -%}
        {%- do sums.append('sum(' ~ column ~ ') as ' ~ column) -%}
    {%- endfor -%}
    {{- return(sums | join(', ')) -}}
{%- endmacro -%}


{#- The landing pages with the most clicks, by month and campaign, over their UTM fields. -#}
{%- macro page_landing_pages(limits) -%}
    {%- set rows = [] -%}
    {%- for row in ad_funnel.rows_of(
        'with ' ~ ad_funnel.numbered_campaigns() ~ ' select pages.month_start, numbered.campaign_number, '
        ~ 'pages.landing_page, sum(pages.clicks) as clicks, '
        ~ 'sum(pages.landing_measurable_clicks) as landing_measurable_clicks, sum(pages.landed_clicks) as landed_clicks, '
        ~ 'sum(pages.converted_clicks) as converted_clicks, sum(pages.conversions) as conversions from '
        ~ ad_funnel.built_mart('mart_ads__landing_page') ~ ' as pages inner join numbered '
        ~ 'on pages.platform = numbered.platform and pages.campaign_id = numbered.campaign_id '
        ~ 'group by pages.month_start, numbered.campaign_number, pages.landing_page '
        ~ 'order by sum(pages.clicks) desc nulls last, pages.landing_page asc nulls last limit '
        ~ limits.landing_pages
    ) -%}
        {%- set cells = [(row.month_start | string)[:10], row.campaign_number | int, row.landing_page] -%}
        {%- for name in ['clicks', 'landing_measurable_clicks', 'landed_clicks', 'converted_clicks', 'conversions'] -%}
            {%- do cells.append(none if row[name] is none else row[name] | string | float | int) -%}
        {%- endfor -%}
        {%- do rows.append(cells) -%}
    {%- endfor -%}
    {{- return(rows) -}}
{%- endmacro -%}
