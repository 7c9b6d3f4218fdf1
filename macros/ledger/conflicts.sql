{#-
    Conflicts: rows of one key with unequal content, of which one counts. Few are the noise of every log. Many mean that
    the key is too coarse for the table: money and rows are lost, and whoever reads the marts would never know.
    (`superseded` ones are none: a later load was meant to replace them.)
-#}

{#- For tests: the tables of which more basis points conflict, of the rows or of the money of a currency. -#}
{%- macro conflicts_beyond(basis_points, ledger) -%}
    {%- set in_look_back = [] -%}
    {%- for table in ad_funnel.ledger_tables() -%}
        {%- set is_recent = ad_funnel.in_look_back_of(table, 'date_day') -%}
        {%- do in_look_back.append("source_table = '" ~ table ~ "' and " ~ is_recent) -%}
    {%- endfor -%}
    {%- set is_conflict = "reason = 'other_payload'" -%}
    {%- set double = ad_funnel.type_double() -%}
    {%- set conflicts = 'sum(case when ' ~ is_conflict ~ ' then row_count else 0 end)' -%}
    {%- set type = ad_funnel.type_money_sum() -%}
    {%- set lost = 'cast(sum(case when ' ~ is_conflict ~ ' then abs(amount) else 0 end) as ' ~ type ~ ')' -%}
    {%- set money = 'cast(sum(abs(amount)) as ' ~ type ~ ')' -%}
    {%- for scope, condition in {
        'all rows': 'true',
        'look-back': 'date_day is not null and (' ~ in_look_back | join(' or ') ~ ')',
    }.items() %}
select
    source_table,
    '{{ scope }}' as scope,
    'rows' as unit,
    cast({{ conflicts }} as {{ type }}) as in_conflict,
    cast(sum(row_count) as {{ type }}) as in_all
from {{ ledger }}
where {{ condition }} and coalesce(reason, '') <> 'superseded'
group by source_table
having {{ conflicts }} * 10000 > sum(row_count) * {{ basis_points }}

union all

select
    source_table,
    '{{ scope }}' as scope,
    currency as unit,
    {{ lost }} as in_conflict,
    {{ money }} as in_all
from {{ ledger }}
where
    {{ condition }}
    and (disposition = 'accepted' or {{ is_conflict }})
    and amount is not null
group by source_table, currency
having cast({{ lost }} as {{ double }}) * 10000 > cast({{ money }} as {{ double }}) * {{ basis_points }}
{{ 'union all' if not loop.last }}
    {%- endfor -%}
{%- endmacro -%}


{#-
    For a test: spend lines of one key and one load, by currency. `row_count` rows of the loads that count are
    `line_count` lines; `clashes` of these have several amounts, and `lost` is what does not count. Loaders stamp rows
    of one load seconds or minutes apart: a row begins another load when none of its key was loaded shortly before it.
-#}
{%- macro spend_lines_by_load(ledger) -%}
    {%- set text = dbt.type_string() -%}
    {%- set money = ad_funnel.type_money_sum() -%}
    {%- set key = 'platform, date_day, campaign_id, ad_id, currency, is_credit' -%}
    {%- set in_order = 'over (partition by ' ~ key ~ ' order by loaded_at asc nulls first)' -%}
    {%- set loaded = ad_funnel.microseconds('loaded_at') -%}
    {%- set gap = loaded ~ ' - lag(' ~ loaded ~ ') ' ~ in_order -%}
select
    currency,
    sum(row_count) as row_count,
    count(*) as line_count,
    sum(clashes) as clashes,
    cast(coalesce(sum(lost), 0) as {{ money }}) as lost
from (
    select
        currency,
        count(*) as row_count,
        case when count(distinct coalesce(cast(amount as {{ text }}), '')) > 1 then 1 else 0 end as clashes,
        sum(case when disposition <> 'accepted' then amount end) as lost
    from (
        select
            *,
            sum(begins_load) over (
                partition by {{ key }} order by loaded_at asc nulls first, begins_load desc nulls last
                rows between unbounded preceding and current row
            ) as load_number
        from (
            select
                {{ key }},
                loaded_at,
                amount,
                disposition,
                case
                    when loaded_at is null then 0
                    when {{ gap }} <= {{ ad_funnel.load_gap() }} * cast(1000000 as bigint) then 0
                    else 1
                end as begins_load
            from {{ ledger }}
            where {{ ad_funnel.is_copy() }}
        ) as gaps
    ) as loads
    group by {{ key }}, load_number
    having max(case when disposition = 'accepted' then 1 else 0 end) = 1
) as lines_of_a_load
group by currency
having sum(clashes) > 0
{%- endmacro -%}


{#-
    Whether a test runs now and its finding can stop the build with a message: not while dbt only compiles, where tables
    may be missing.
-#}
{%- macro can_stop() -%}
    {{- return(execute and flags.WHICH in ['build', 'test', 'retry']) -}}
{%- endmacro -%}


{#- Stops where spend lines of one key and load have several amounts. `found`: rows of spend_lines_by_load(). -#}
{%- macro stop_for_spend(found) -%}
    {%- set raw = ad_funnel.raw_table('spend') -%}
    {%- set rows, lines = [], [] -%}
    {%- set amounts = [] -%}
    {%- for of_currency in found -%}
        {%- do rows.append(of_currency.row_count | int) -%}
        {%- do lines.append(of_currency.line_count | int) -%}
        {%- do amounts.append(ad_funnel.amount_text(of_currency.lost) ~ ' ' ~ of_currency.currency) -%}
    {%- endfor -%}
    {%- set key = ['date_day', 'platform', 'campaign_id', 'ad_id', 'currency', 'is_credit'] -%}
    {%- set apart = ad_funnel.what_tells_apart(raw, key + ['loaded_at'], only_unmapped=true, unequal='amount')
        or ad_funnel.what_tells_apart(raw, key, only_unmapped=true, unequal='amount') -%}
    {%- do exceptions.raise_compiler_error(
        ad_funnel.with_commas(rows | sum) ~ ' rows of ' ~ raw.name ~ ' are ' ~ ad_funnel.with_commas(lines | sum)
        ~ ' lines, ' ~ amounts | join(' and ') ~ ' would not count: rows of one day, platform, campaign, ad, currency '
        ~ 'and load have different amounts, and ad_funnel takes one of them. '
        ~ ('What tells them apart is in no mapped column: ' ~ apart | join(', ') ~ '. ' if apart
            else 'No column tells them apart. ')
        ~ 'Cure: sum the amounts up in a short model of your own and map that in ad_funnel__spend; or map the finer '
        ~ 'level, as ad_id, or campaign_id and platform, where the rows are of several. If the amounts are '
        ~ 'corrections, map loaded_at: the latest load counts. ad_funnel__conflict_stop_basis_points: 10000 lets '
        ~ 'them pass.'
    ) -%}
{%- endmacro -%}


{#-
    Stops where too much of a table conflicts. `found`: rows of conflicts_beyond(). (Reports have stopped before: their
    ledger knows which rows were loaded together.)
-#}
{%- macro stop_for_conflicts(found) -%}
    {%- set keys = {
        'impressions': ['impression_id'], 'clicks': ['click_id'], 'conversions': ['conversion_id'],
        'visits': ['visit_id'], 'spend': ['date_day', 'campaign_id', 'ad_id', 'currency', 'is_credit'],
    } -%}
    {%- set texts = [] -%}
    {%- for table, key in keys.items() -%}
        {%- set shares = [] -%}
        {%- for share in found if share.source_table == table -%}
            {%- set text = ad_funnel.amount_text(share.in_conflict) ~ ' of ' ~ ad_funnel.amount_text(share.in_all) ~ ' '
                ~ share.unit -%}
            {%- if text not in shares -%}{%- do shares.append(text) -%}{%- endif -%}
        {%- endfor -%}
        {%- if shares -%}
            {%- set raw = ad_funnel.raw_table(table) -%}
            {%- set key = key if table == 'visits' else ['platform'] + key -%}
            {%- set apart = ad_funnel.what_tells_apart(raw, key) -%}
            {%- do texts.append(
                raw.name ~ ' (' ~ table ~ '): ' ~ shares | join(', ') ~ ' are conflicts, rows of one '
                ~ key | join(', ') ~ ' with different content, of which one counts'
                ~ ('. They differ in ' ~ apart | join(', ') if apart else '')
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do exceptions.raise_compiler_error(
        texts | join('; ') ~ '. Cure: make the key whole: an id that is half of one is joined with the column that '
        ~ 'tells its rows apart (id || \'-\' || column) in a short model of your own, ids of several networks want '
        ~ 'platform; where hours are sent again, map loaded_at and set ad_funnel__<table>_keep: latest_load. '
        ~ 'ledger_ads__<table> has the rows as they came (disposition conflict). Or raise '
        ~ 'ad_funnel__conflict_stop_basis_points.'
    ) -%}
{%- endmacro -%}


{#-
    The columns of a raw table that differ between rows of one key, each with how many of the keys: the most telling
    first, six at most. `only_unmapped`: leave out what is mapped. `unequal`: look at keys that differ in this column
    alone. It reads the raw table, so it is asked only when there is something to say.
-#}
{%- macro what_tells_apart(raw, key, only_unmapped=false, unequal=none) -%}
    {%- set left_out = [] -%}
    {%- for name, column in raw.columns.items() if column.source is not none -%}
        {%- if only_unmapped or name in key or name in ['loaded_at', 'partition_day'] -%}
            {%- do left_out.append(column.source) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set others = raw.source_columns | rejectattr('name', 'in', left_out) | list -%}
    {%- set read, key_columns = [], [] -%}
    {%- for name in key if raw.columns[name].source is not none -%}
        {%- do read.append(ad_funnel.trimmed_column(raw, name) ~ ' as ' ~ name) -%}
        {%- do key_columns.append(ad_funnel.raw_column(raw, name)) -%}
    {%- endfor -%}
    {%- if not others or not key_columns -%}{{- return([]) -}}{%- endif -%}

    {%- set counts, sums = [], [] -%}
    {%- for column in others -%}
        {%- set text = ad_funnel.value_text(ad_funnel.quoted(column.name), column.type) -%}
        {%- do read.append('coalesce(' ~ text ~ ", '') as other_" ~ loop.index) -%}
        {%- do counts.append('count(distinct other_' ~ loop.index ~ ') as values_' ~ loop.index) -%}
        {%- do sums.append('sum(case when values_' ~ loop.index ~ ' > 1 then 1 else 0 end) as keys_' ~ loop.index) -%}
    {%- endfor -%}
    {%- set having = 'count(*) > 1' -%}
    {%- if unequal -%}
        {%- set column = raw.columns[unequal] -%}
        {%- set text = ad_funnel.value_text(ad_funnel.quoted(column.source), column.source_type) -%}
        {%- do read.append('coalesce(' ~ text ~ ", '') as unequal_text") -%}
        {%- set having = 'count(distinct unequal_text) > 1' -%}
    {%- endif -%}
    {%- set found = ad_funnel.rows_of(
        'select count(*) as keys_in_all, ' ~ sums | join(', ') ~ ' from (select ' ~ counts | join(', ')
        ~ ' from (select ' ~ read | join(', ') ~ ' from ' ~ raw.relation ~ ') as read group by '
        ~ key_columns | join(', ') ~ ' having ' ~ having ~ ') as keys'
    )[0] -%}
    {%- set telling = [] -%}
    {%- for column in others -%}
        {%- set keys = found['keys_' ~ loop.index] -%}
        {%- if keys -%}
            {%- do telling.append({'name': column.name, 'differing': keys | int}) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set texts = [] -%}
    {%- for column in (telling | sort(attribute='differing', reverse=true))[:6] -%}
        {%- do texts.append(
            column.name ~ ' (in ' ~ ad_funnel.with_commas(column.differing) ~ ' of '
            ~ ad_funnel.with_commas(found.keys_in_all | int) ~ ')'
        ) -%}
    {%- endfor -%}
    {{- return(texts) -}}
{%- endmacro -%}


{#- 2630 as 2,630. -#}
{%- macro with_commas(number) -%}
    {%- set digits = number | string | list -%}
    {%- set written = namespace(text='') -%}
    {%- for digit in digits -%}
        {%- set is_thousand = not loop.first and (loop.length - loop.index0) % 3 == 0 -%}
        {%- set written.text = written.text ~ (',' if is_thousand else '') ~ digit -%}
    {%- endfor -%}
    {{- return(written.text) -}}
{%- endmacro -%}


{#- An amount without the zeros at its end. -#}
{%- macro amount_text(amount) -%}
    {%- set text = amount | string -%}
    {{- return(text.rstrip('0').rstrip('.') if '.' in text else text) -}}
{%- endmacro -%}
