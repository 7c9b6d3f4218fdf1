{#- What platforms report of their own lines: the table `reports`. -#}

{#- Whether the models that read reports are built: where the table is mapped, and in the demo. -#}
{%- macro reads_reports() -%}
    {{- return(ad_funnel.is_measured(['reports'])) -}}
{%- endmacro -%}


{#- What a report line may count, and the type of its sums. -#}
{%- macro report_measures() -%}
    {{- return({
        'impressions': 'bigint',
        'clicks': 'bigint',
        'link_clicks': 'bigint',
        'spend': ad_funnel.type_money_sum(),
        'conversions': ad_funnel.type_money_sum(),
        'conversion_value': ad_funnel.type_money_sum(),
        'view_through_conversions': ad_funnel.type_money_sum(),
        'view_through_value': ad_funnel.type_money_sum(),
    }) -}}
{%- endmacro -%}


{#- The level of a line: the finest id that it has. -#}
{%- macro report_level() -%}
    case
        when ad_id is not null then 'ad'
        when ad_group_id is not null then 'ad_group'
        when campaign_id is not null then 'campaign'
        else 'account'
    end
{%- endmacro -%}


{#- One line of one load. Rows of it that report other numbers are told apart by no column that is mapped. -#}
{%- macro report_key() -%}
    {{- return([
        'platform', 'account_id', 'date_day', 'last_day', 'campaign_id', 'ad_group_id', 'ad_id', 'segment',
        'conversion_type', 'currency',
    ]) -}}
{%- endmacro -%}


{#-
    What a line reports: the platform's own total where a row has one, else the sum over conversion types. Rows of the
    total and of its types are two reports of the same conversions, so they are never added.
-#}
{%- macro line_measures() -%}
    {%- for measure, type in ad_funnel.report_measures().items() -%}
        cast(coalesce(
            sum(case when conversion_type is null then {{ measure }} end),
            sum(case when conversion_type is not null then {{ measure }} end)
        ) as {{ type }}) as {{ measure }}{{ ',\n        ' if not loop.last }}
    {%- endfor -%}
{%- endmacro -%}


{#- The measures of a level's own lines, or of the finer level's totals, as the two halves of one list of columns. -#}
{%- macro own_or_finer(is_own) -%}
    {%- for measure, type in ad_funnel.report_measures().items() -%}
        {%- set none_of_type = 'cast(null as ' ~ type ~ ')' -%}
        {{ measure if is_own else none_of_type }} as own_{{ measure }},
        {{ none_of_type if is_own else 'total_' ~ measure }} as finer_{{ measure }}{{ ',\n        ' if not loop.last }}
    {%- endfor -%}
{%- endmacro -%}

{%- macro own_and_finer_sums() -%}
    {%- for measure, type in ad_funnel.report_measures().items() -%}
        cast(sum(own_{{ measure }}) as {{ type }}) as own_{{ measure }},
        cast(sum(finer_{{ measure }}) as {{ type }}) as finer_{{ measure }}{{ ',\n        ' if not loop.last }}
    {%- endfor -%}
{%- endmacro -%}


{#- What a level and all below it come to: the greater of what its own lines and the finer lines report. -#}
{%- macro level_totals() -%}
    {%- for measure, type in ad_funnel.report_measures().items() -%}
        case
            when finer_{{ measure }} is null or own_{{ measure }} > finer_{{ measure }} then own_{{ measure }}
            else finer_{{ measure }}
        end as total_{{ measure }}{{ ',\n        ' if not loop.last }}
    {%- endfor -%}
{%- endmacro -%}


{#-
    What a level's own lines report beyond the finer lines. All of it where no finer line reports, less than 0 too.
    Where some of the money has no exchange rate, what is left of it is unknown.
-#}
{%- macro unallocated_measures() -%}
    {%- set unknown = {
        'spend': 'total_unknown_cost_rows', 'conversion_value': 'total_unknown_value_rows',
        'view_through_value': 'total_unknown_value_rows',
    } -%}
    {%- for measure, type in ad_funnel.report_measures().items() -%}
        cast(case
            {%- if measure in unknown %}
            when {{ unknown[measure] }} > 0 then null
            {%- endif %}
            when finer_{{ measure }} is null then own_{{ measure }}
            when own_{{ measure }} > finer_{{ measure }} then own_{{ measure }} - finer_{{ measure }}
            when own_{{ measure }} is not null then 0
        end as {{ type }}) as {{ measure }}{{ ',\n        ' if not loop.last }}
    {%- endfor -%}
{%- endmacro -%}


{#- Whether the finer lines report more than half a percent more than the level's own lines, in any measure. -#}
{%- macro finer_lines_exceed() -%}
    {%- set comparisons = [] -%}
    {%- for measure in ad_funnel.report_measures() -%}
        {%- do comparisons.append('200 * finer_' ~ measure ~ ' > 201 * own_' ~ measure) -%}
    {%- endfor -%}
    {{- return('coalesce(' ~ comparisons | join(', false) or coalesce(') ~ ', false)') -}}
{%- endmacro -%}


{#- The additive columns of fct_ads__performance and their types. Those of `lines` are counted of reports alone. -#}
{%- macro performance_measures() -%}
    {%- set measures = {
        'impressions': 'bigint',
        'clicked_impressions': 'bigint',
        'clicks': 'bigint',
        'link_clicks': 'bigint',
        'converted_clicks': 'bigint',
        'conversions': ad_funnel.type_money_sum(),
        'conversion_value': ad_funnel.type_money_sum(),
        'valued_conversions': 'bigint',
        'view_through_conversions': ad_funnel.type_money_sum(),
        'view_through_value': ad_funnel.type_money_sum(),
        'valued_view_through_conversions': 'bigint',
        'spend': ad_funnel.type_money_sum(),
        'costed_events': 'bigint',
        'uncosted_events': 'bigint',
        'unknown_cost_events': 'bigint',
        'unknown_value_conversions': 'bigint',
        'report_lines': 'bigint',
        'period_lines': 'bigint',
        'lines_without_impressions': 'bigint',
        'lines_without_clicks': 'bigint',
        'lines_without_spend': 'bigint',
        'lines_without_conversions': 'bigint',
    } -%}
    {{- return(measures) -}}
{%- endmacro -%}

{#- Money by the one rule for sums of it, as in every other mart. -#}
{%- macro performance_sums() -%}
    {%- set measures = ad_funnel.measures() -%}
    {%- for measure, type in ad_funnel.performance_measures().items() -%}
        {%- set sum = ad_funnel.roll_up(measure) if measure in measures else 'sum(' ~ measure ~ ')' -%}
        cast({{ sum }} as {{ type }}) as {{ measure }}{{ ',\n        ' if not loop.last }}
    {%- endfor -%}
{%- endmacro -%}


{#-
    How many lines say what their conversions are worth: those of 0 conversions and 0 value say nothing of others. Lines
    of reports count where logs count conversions.
-#}
{%- macro valued_line(value, conversions) -%}
    case
            when {{ value }} <> 0 or {{ value }} = 0 and coalesce({{ conversions }}, 1) <> 0 then 1
            else 0
        end
{%- endmacro -%}

{#- A query's columns in that order and of those types, NULL for what it does not count. -#}
{%- macro performance_columns(counted) -%}
    {%- for measure, type in ad_funnel.performance_measures().items() -%}
        cast({{ measure if measure in counted else 'null' }} as {{ type }}) as {{ measure }}
        {{- ',\n        ' if not loop.last }}
    {%- endfor -%}
{%- endmacro -%}


{#-
    The metrics of one series. Platforms do not report clicked impressions, so their CTR is clicks over impressions.
    Where some money is not known, what would be made from the rest is NULL.
-#}
{%- macro performance_metrics() -%}
    {%- set spend = '(case when unknown_cost_events = 0 then spend end)' -%}
    {%- set value = '(case when unknown_value_conversions = 0 then conversion_value end)' -%}
    {%- if ad_funnel.setting('ad_funnel__partial_money_metrics') -%}
        {%- set spend = 'spend' -%}
        {%- set value = 'conversion_value' -%}
    {%- endif -%}
    {{ ad_funnel.ctr("(case when series = 'reported' then clicks else clicked_impressions end)") }} as ctr,
    {{ ad_funnel.cvr() }} as cvr,
    {{ ad_funnel.clicks_per_impression() }} as clicks_per_impression,
    {{ ad_funnel.conversions_per_click() }} as conversions_per_click,
    {{ ad_funnel.cost_per_impression(spend) }} as cost_per_impression,
    {{ ad_funnel.cpm(spend) }} as cpm,
    {{ ad_funnel.cpc(spend) }} as cpc,
    {{ ad_funnel.cpa(spend) }} as cpa,
    {{ ad_funnel.roas(value, spend) }} as roas,
    {{ ad_funnel.roi(value, spend) }} as roi,
    {{ ad_funnel.average_conversion_value(value) }} as average_conversion_value,
    {{ ad_funnel.value_per_click(value) }} as value_per_click
{%- endmacro -%}


{#-
    Whether a row can no longer change. `measured`: as in the other marts. `reported`: the allowed lateness after its
    last day has passed before the platform's last reported day ended.
-#}
{%- macro performance_is_mature(next_day) -%}
    {%- set windows = ad_funnel.conversion_windows().longest -%}
    {%- set lateness = ad_funnel.seconds('ad_funnel__allowed_lateness') -%}
    {%- set wait = ad_funnel.seconds('ad_funnel__match_window') + [windows.click, windows.view] | max + lateness -%}
    {%- set end = ad_funnel.reporting_day_start(next_day) -%}
    coalesce(case
        when series = 'reported' then {{ ad_funnel.add_seconds(end, lateness) }} <= data_through
        else {{ ad_funnel.add_seconds(end, wait) }} <= data_through
    end, false)
{%- endmacro -%}


{#- What fct_ads__discrepancy_daily counts, and the types of its sums. -#}
{%- macro discrepancy_counts() -%}
    {%- set money = ad_funnel.type_money_sum() -%}
    {{- return({
        'own_impressions': 'bigint',
        'own_clicks': 'bigint',
        'own_conversions': money,
        'own_conversion_value': money,
        'own_spend': money,
        'unknown_own_values': money,
        'unknown_own_costs': 'bigint',
        'reported_impressions': 'bigint',
        'reported_clicks': 'bigint',
        'reported_link_clicks': 'bigint',
        'reported_conversions': money,
        'reported_conversion_value': money,
        'reported_spend': money,
        'unknown_reported_values': 'bigint',
        'unknown_reported_costs': 'bigint',
        'report_lines': 'bigint',
        'unplaced_rows': 'bigint',
        'other_day_lines': 'bigint',
        'other_window_lines': 'bigint',
        'other_type_rows': 'bigint',
        'view_through_lines': 'bigint',
        'invalid_impressions': 'bigint',
        'invalid_clicks': 'bigint',
    }) -}}
{%- endmacro -%}

{#- A query's columns in that order and of those types, NULL for what it does not count. -#}
{%- macro discrepancy_columns(counted) -%}
    {%- for name, type in ad_funnel.discrepancy_counts().items() -%}
        cast({{ counted.get(name, 'null') }} as {{ type }}) as {{ name }}
        {{- ',\n        ' if not loop.last }}
    {%- endfor -%}
{%- endmacro -%}

{%- macro discrepancy_sums() -%}
    {%- for name, type in ad_funnel.discrepancy_counts().items() -%}
        cast(sum({{ name }}) as {{ type }}) as {{ name }}{{ ',\n        ' if not loop.last }}
    {%- endfor -%}
{%- endmacro -%}


{#-
    What is compared: own and reported as expressions over the sums of a period and campaign, what counts the own side,
    and the causes that may explain a difference of this measure, in order, each by a condition.
-#}
{%- macro compared_measures() -%}
    {%- set partial = ad_funnel.setting('ad_funnel__partial_money_metrics') -%}
    {%- set incomplete = "reported is null or unplaced_rows > 0 or unreported_days > 0 or "
        ~ "campaign_id = 'all' and unreported_campaigns > 0 and has_account_lines = 0" -%}
    {%- set common = {
        'report_incomplete': incomplete,
        'not_mature': 'not is_row_mature',
        'other_days': 'other_day_lines > 0',
    } -%}
    {%- set of_conversions = dict(common) -%}
    {%- do of_conversions.update({
        'other_window_or_type': 'other_window_lines > 0 or other_type_rows > 0',
        'view_through_in_claim': 'view_through_lines > 0',
        'invalid_traffic': 'invalid_clicks > 0',
        'visits_without_tags': "conversions_counted_by = 'last_click' and untagged_visits > 0",
        'claims_exceed_all_orders': 'all_claims > all_orders',
    }) -%}
    {%- set of_clicks = dict(common) -%}
    {%- do of_clicks.update({
        'all_clicks': 'reported_clicks > reported_link_clicks',
        'invalid_traffic': 'invalid_clicks > 0',
        'visits_without_tags': "clicks_counted_by = 'visits' and untagged_visits > 0",
    }) -%}
    {%- set of_impressions = dict(common) -%}
    {%- do of_impressions.update({'invalid_traffic': 'invalid_impressions > 0'}) -%}
    {{- return({
        'impressions': {'unknown_own': '0', 'unknown_reported': '0', 'causes': of_impressions},
        'clicks': {'unknown_own': '0', 'unknown_reported': '0', 'causes': of_clicks},
        'conversions': {'unknown_own': '0', 'unknown_reported': '0', 'causes': of_conversions},
        'conversion_value': {
            'unknown_own': '0' if partial else 'unknown_own_values',
            'unknown_reported': '0' if partial else 'unknown_reported_values',
            'causes': of_conversions,
        },
        'spend': {
            'unknown_own': '0' if partial else 'unknown_own_costs',
            'unknown_reported': '0' if partial else 'unknown_reported_costs',
            'causes': common,
        },
    }) -}}
{%- endmacro -%}

{#-
    Whether neither side of a row can change in the ordinary course: the allowed lateness after its last day has passed
    in the reports and in the logs, and for conversions that clicks are credited with the windows, too.
-#}
{%- macro discrepancy_is_mature(credited) -%}
    {%- set windows = ad_funnel.conversion_windows().longest -%}
    {%- set lateness = ad_funnel.seconds('ad_funnel__allowed_lateness') -%}
    {%- set wait = ad_funnel.seconds('ad_funnel__match_window') + [windows.click, windows.view] | max -%}
    {%- set end = ad_funnel.reporting_day_start(ad_funnel.add_days('sums.last_day', 1)) -%}
    {%- set reported_until = ad_funnel.reporting_day_start(ad_funnel.add_days('reach.last_reported_day', 1)) -%}
    coalesce(
            {{ ad_funnel.add_seconds(end, lateness) }} <= {{ reported_until }}
            and {{ ad_funnel.add_seconds(end, lateness + (wait if credited else 0)) }} <= freshness.data_through,
            false
        )
{%- endmacro -%}

{#- The causes that hold, as codes with commas between; empty where none does. -#}
{%- macro cause_codes(causes) -%}
    {%- set codes = [] -%}
    {%- for code, condition in causes.items() -%}
        {%- do codes.append("case when " ~ condition ~ " then ', " ~ code ~ "' else '' end") -%}
    {%- endfor -%}
    {{- return('substr(' ~ codes | join('\n                    || ') ~ ', 3)') -}}
{%- endmacro -%}
