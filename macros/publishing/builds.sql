{#-
    The record of builds, for whoever publishes: dbt replaces a table before it tests it, so readers look at a copy
    that `scripts/publish.py` makes when the latest build is recorded here as 'passed'. It stands in the ledger's
    schema, which nobody publishes whole.

    `start_build()` and `end_build()` are the package's on-run-start and on-run-end hooks. They do nothing when a
    command runs no node of the package and no test of one, so your own models can be run after a build that passed.
-#}

{#-
    Records that a build has begun. Until it ends it stands as 'started', and if it is killed it stays so: what it has
    left behind is never published. The SQL runs here, not as the hook's own: when a hook's SQL fails, dbt goes on and
    builds (seen), and nobody would know.
-#}
{%- macro start_build() -%}
    {%- if not execute or not ad_funnel.touches_ad_funnel() -%}{{- return('') -}}{%- endif -%}
    {%- set builds = ad_funnel.builds_table() -%}
    {%- do adapter.create_schema(builds) -%}
    {%- do run_query(
        'create table if not exists ' ~ builds ~ ' ('
        ~ 'build_number bigint'
        ~ ', invocation_id ' ~ dbt.type_string()
        ~ ', command ' ~ dbt.type_string()
        ~ ', started_at ' ~ ad_funnel.type_time()
        ~ ', finished_at ' ~ ad_funnel.type_time()
        ~ ', status ' ~ dbt.type_string()
        ~ ', reason ' ~ dbt.type_string()
        ~ ', relations ' ~ dbt.type_string()
        ~ ')'
    ) -%}
    {#- Numbers order the builds: clocks go back now and then. Twice for one invocation is once. -#}
    {%- do run_query(
        'insert into ' ~ builds ~ ' (build_number, invocation_id, command, started_at, status) '
        ~ 'select coalesce(max(build_number), 0) + 1, '
        ~ ad_funnel.text_literal(invocation_id) ~ ', '
        ~ ad_funnel.text_literal(flags.WHICH) ~ ', '
        ~ ad_funnel.whole_second(run_started_at) ~ ", 'started' "
        ~ 'from ' ~ builds ~ ' having count(case when invocation_id = '
        ~ ad_funnel.text_literal(invocation_id) ~ ' then 1 end) = 0'
    ) -%}
    {#- A hundred are kept, and all since one passed: their rows are still to be tested (is_to_be_tested). -#}
    {%- do ad_funnel.delete_rows(
        builds, 'build_number <= (select max(build_number) - 100 from ' ~ builds ~ ')'
        ~ ' and build_number < (select max(build_number) from ' ~ builds ~ " where status = 'passed')"
    ) -%}
{%- endmacro -%}


{#-
    Records how the build ended, and which relations there are. Its start is recorded here too if it was
    not: dbt leaves a hook out when one of another package before it fails.
-#}
{%- macro end_build(results) -%}
    {%- if not execute or not ad_funnel.touches_ad_funnel() -%}{{- return('') -}}{%- endif -%}
    {%- do ad_funnel.start_build() -%}
    {%- set reason = ad_funnel.why_not_publishable(results) -%}
    {%- do ad_funnel.change_rows(
        ad_funnel.builds_table(),
        [
            'build_number', 'invocation_id', 'command', 'started_at', 'finished_at', 'status', 'reason', 'relations',
        ],
        {
            'status': ad_funnel.text_literal('not publishable' if reason else 'passed'),
            'reason': ad_funnel.text_literal(reason),
            'relations': ad_funnel.text_literal(tojson(ad_funnel.relations_of_package())),
            'finished_at': ad_funnel.whole_second(modules.datetime.datetime.now(modules.pytz.utc)),
        },
        'invocation_id = ' ~ ad_funnel.text_literal(invocation_id)
    ) -%}
    {%- do ad_funnel.explain_tests(results) -%}
{%- endmacro -%}


{#-
    What keeps this invocation from being published, '' if nothing does: each model, seed and data test of the package
    has to be part of it, whole and passed, and so has each test of anybody's that reads a model of the package.
    Unit tests look at no data: they may be left out, but not fail.
-#}
{%- macro why_not_publishable(results) -%}
    {%- for option in ['empty', 'sample'] if invocation_args_dict.get(option) -%}
        {{- return('it was run with --' ~ option ~ ', so its tables are not whole') -}}
    {%- endfor -%}

    {%- set passed, failed = [], [] -%}
    {%- for result in results -%}
        {%- set node = result.node -%}
        {%- if result.status in ['success', 'pass', 'warn'] -%}
            {%- do passed.append(node.unique_id) -%}
        {%- elif result.status not in ['skipped', 'no-op'] -%}
            {%- set parents = node.depends_on.nodes if node.resource_type == 'test' else [] -%}
            {%- if ad_funnel.names_ad_funnel([node.unique_id] + parents) -%}
                {%- do failed.append(node.name) -%}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if failed -%}
        {{- return('failed: ' ~ ad_funnel.some_of(failed)) -}}
    {%- endif -%}

    {%- set required, missing = [], [] -%}
    {%- for unique_id, node in graph.nodes.items() -%}
        {%- if node.package_name == 'ad_funnel' and node.resource_type in ['model', 'seed', 'test']
            and node.config.materialized != 'ephemeral'
            and (not node.get('attached_node') or node.attached_node in graph.nodes) -%}
            {#- dbt lists the tests of a disabled model, though it never runs them (seen). -#}
            {%- do required.append(node.name) -%}
            {%- if unique_id not in passed -%}
                {%- do missing.append(node.name) -%}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if missing -%}
        {{- return(
            missing | length ~ ' of ' ~ required | length ~ ' models, seeds and tests of ad_funnel were not selected '
            ~ 'or skipped: ' ~ ad_funnel.some_of(missing)
        ) -}}
    {%- endif -%}
    {{- return('') -}}
{%- endmacro -%}


{#-
    Every model that readers may ask for, with its layer: the folder it stands in. And staging, which nobody publishes:
    scripts/erase.py looks there, too.
-#}
{%- macro relations_of_package() -%}
    {%- set relations = [] -%}
    {%- for node in ad_funnel.models_of_package() if node.fqn[1] in ['marts', 'facts', 'ledger', 'staging'] -%}
        {%- do relations.append({
            'name': node.name,
            'layer': node.fqn[1],
            'database': node.database,
            'schema': node.schema,
            'identifier': node.alias,
        }) -%}
    {%- endfor -%}
    {{- return(relations) -}}
{%- endmacro -%}


{#- Beside the ledger, wherever the user's schemas put that. -#}
{%- macro builds_table() -%}
    {%- for node in ad_funnel.models_of_package() if node.name == 'ledger_ads__impressions' -%}
        {{- return(api.Relation.create(
            database=node.database, schema=node.schema, identifier='ad_funnel_builds', type='table'
        )) -}}
    {%- endfor -%}
    {%- do exceptions.raise_compiler_error(
        'ad_funnel records its builds beside the model ledger_ads__impressions, which is disabled. Cure: enable it; '
        ~ 'every mart needs it.'
    ) -%}
{%- endmacro -%}


{#- The enabled models of the package that are relations of the database. -#}
{%- macro models_of_package() -%}
    {%- set models = graph.nodes.values() | selectattr('resource_type', 'equalto', 'model') -%}
    {%- set models = models | selectattr('package_name', 'equalto', 'ad_funnel') -%}
    {{- return(models | rejectattr('config.materialized', 'equalto', 'ephemeral') | sort(attribute='name')) -}}
{%- endmacro -%}


{#- Whether this command runs a node of the package, or a test of one. -#}
{%- macro touches_ad_funnel() -%}
    {%- set touched = [] -%}
    {%- for unique_id in selected_resources -%}
        {%- do touched.append(unique_id) -%}
        {%- set node = graph.nodes.get(unique_id) -%}
        {%- if node and node.resource_type == 'test' -%}
            {%- do touched.extend(node.depends_on.nodes) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(ad_funnel.names_ad_funnel(touched)) -}}
{%- endmacro -%}


{#- Whether one of these unique ids (type.package.name) is of the package. -#}
{%- macro names_ad_funnel(unique_ids) -%}
    {{- return(modules.re.search('(^|\\s)\\w+[.]ad_funnel[.]', unique_ids | join(' ')) is not none) -}}
{%- endmacro -%}


{#- The first three names, and how many more there are. -#}
{%- macro some_of(names) -%}
    {%- set rest = ' and ' ~ (names | length - 3) ~ ' more' if names | length > 3 else '' -%}
    {{- return(names[:3] | join(', ') ~ rest) -}}
{%- endmacro -%}


{#- Whole seconds, as in the `built_at` of marts, which the publisher compares. -#}
{%- macro whole_second(time) -%}
    {{- return(ad_funnel.time_literal(time.strftime('%Y-%m-%d %H:%M:%S'))) -}}
{%- endmacro -%}
