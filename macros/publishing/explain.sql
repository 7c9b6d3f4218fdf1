{#-
    What dbt leaves out when a data test fails or warns: it prints how many rows were found, not which. At the end of a
    command each test of the package is explained, from its own file: what it means and the cure, and the first rows
    that it found. Rows are asked for again, with a limit: failures are stored nowhere, so no setting is needed.
-#}
{%- macro explain_tests(results) -%}
    {%- set shown = namespace(tests=0) -%}
    {%- for result in results if result.status in ['fail', 'warn'] -%}
        {%- set node = result.node -%}
        {%- if node.resource_type == 'test' and node.package_name == 'ad_funnel' -%}
            {%- set shown.tests = shown.tests + 1 -%}
            {%- if shown.tests <= 20 -%}
                {%- do ad_funnel.explain_test(node, result.status, result.failures) -%}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro -%}

{%- macro explain_test(node, status, failures) -%}
    {%- set lines = [
        ('Failed: ' if status == 'fail' else 'Warning: ') ~ node.name ~ ', '
        ~ ('1 row' if failures == 1 else failures ~ ' rows')
    ] -%}
    {%- do lines.append('  ' ~ ad_funnel.comment_of(node.raw_code)) -%}
    {%- if node.compiled_code -%}
        {%- for row in ad_funnel.rows_of('select * from (\n' ~ node.compiled_code ~ '\n) as found limit 3') -%}
            {%- set cells = [] -%}
            {#- Logs are kept and sent around: no ids of users, and no records of theirs. -#}
            {%- for name, value in row.items()
                if name not in ['user_id', 'user_agent', 'landing_url', 'raw_record', 'payload'] -%}
                {%- do cells.append(name ~ ' ' ~ ('NULL' if value is none else value)) -%}
            {%- endfor -%}
            {%- do lines.append('  - ' ~ cells | join(', ')) -%}
            {%- if node.name in ['few_rows_are_rejected', 'not_too_many_rows_are_rejected'] -%}
                {%- do lines.extend(ad_funnel.rejects_in_words(row.source_table)) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {%- do log(lines | join('\n'), info=true) -%}
{%- endmacro -%}


{#- The comment that a file begins with, as one paragraph, and a cure. (Tests of columns have no comment.) -#}
{%- macro comment_of(code) -%}
    {%- set found = namespace(text='', ended=false) -%}
    {%- for line in code.split('\n') -%}
        {%- if line[:3] == '-- ' and not found.ended -%}
            {%- set found.text = found.text ~ ' ' ~ line[3:] -%}
        {%- else -%}
            {%- set found.ended = true -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set text = found.text | trim or 'The name says what should be so.' -%}
    {%- if 'Cure:' not in text -%}
        {#- What the package promises of any rows: nobody's data can break it. -#}
        {%- set text = text ~ ' Cure: dbt build --full-refresh, where the raw tables still have all days. If it is '
            ~ 'found again, the package is wrong: report it with these rows.' -%}
    {%- endif -%}
    {{- return(text) -}}
{%- endmacro -%}


{#- Why most rows of a table were rejected, an example of each, and the query that shows them as they came. -#}
{%- macro rejects_in_words(table) -%}
    {%- set ledgers = [] -%}
    {%- for node in ad_funnel.models_of_package() if node.name == 'ledger_ads__' ~ table -%}
        {%- do ledgers.append(api.Relation.create(node.database, node.schema, node.alias)) -%}
    {%- endfor -%}
    {#- Lines of spend and reports have no id, and nobody's data in them: the row itself is shown. -#}
    {%- set id = table[:table | length - 1] ~ '_id' -%}
    {%- set has_id = id in ad_funnel.raw_contract()[table] -%}
    {%- set text = 'cast(' ~ (id if has_id else 'raw_record') ~ ' as ' ~ dbt.type_string() ~ ')' -%}
    {%- set lines = [] -%}
    {%- for reject in ad_funnel.rows_of(
        'select reason, count(*) as row_count, min(left(' ~ text ~ ', 500)) as example from '
        ~ ledgers[0] ~ " where disposition = 'rejected' group by reason "
        ~ "order by count(*) desc nulls last, reason asc nulls last limit 3"
    ) -%}
        {%- do lines.append(
            '    ' ~ reject.reason ~ ': ' ~ reject.row_count ~ (' row' if reject.row_count == 1 else ' rows')
            ~ ('' if reject.example is none else ', such as ' ~ (id ~ ' ' if has_id else '') ~ reject.example)
        ) -%}
    {%- endfor -%}
    {%- do lines.append(
        '    As they came: select raw_record from ' ~ ledgers[0] ~ " where disposition = 'rejected' limit 10"
    ) -%}
    {{- return(lines) -}}
{%- endmacro -%}
