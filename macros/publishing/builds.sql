{#-
    The record of builds, for whoever publishes: dbt replaces a table before it tests it, so readers look at a copy
    that `scripts/publish.py` makes when the latest build is recorded here as 'passed'. It stands in the ledger's
    schema, which nobody publishes whole.

    `start_build()` and `end_build()` are the package's on-run-start and on-run-end hooks. They write nothing when a
    command builds no model of the package: `dbt compile`, `docs generate`, `test`, or your own models after a build that
    passed. Only a test that fails is recorded, whichever command runs it.
-#}

{#-
    Records that a build has begun. Until it ends it stands as 'started', and if it is killed it stays so: what it has
    left behind is never published. The SQL runs here, not as the hook's own: when a hook's SQL fails, dbt goes on and
    builds, and nobody would know.
-#}
{%- macro start_build() -%}
    {%- if not execute or not ad_funnel.builds_ad_funnel() -%}{{- return('') -}}{%- endif -%}
    {%- do ad_funnel.check_names() -%}
    {%- do ad_funnel.check_overrides() -%}
    {%- do ad_funnel.check_no_other_build() -%}
    {%- do ad_funnel.check_version() -%}
    {%- do ad_funnel.record_start() -%}
    {%- set disarmed = ad_funnel.disarmed_guards() -%}
    {%- if disarmed -%}
        {%- do log(
            'ad_funnel: nothing of this build will be published. ' ~ ad_funnel.why_disarmed(disarmed, []), info=true
        ) -%}
    {%- endif -%}
{%- endmacro -%}


{#-
    Records how the build ended, and which relations there are. Its start is recorded here too if it was
    not: dbt leaves a hook out when one of another package before it fails.
-#}
{%- macro end_build(results) -%}
    {%- if not execute -%}{{- return('') -}}{%- endif -%}
    {%- if ad_funnel.builds_ad_funnel() -%}
        {%- do ad_funnel.record_end(ad_funnel.why_not_publishable(results)) -%}
    {%- elif flags.WHICH in ['build', 'test', 'retry'] -%}
        {%- set failed = ad_funnel.failed_of(results) -%}
        {%- if failed and not ad_funnel.is_read_only(ad_funnel.builds_table()) -%}
            {%- do ad_funnel.record_end('failed: ' ~ ad_funnel.some_of(failed)) -%}
        {%- endif -%}
    {%- endif -%}
    {%- do ad_funnel.explain_tests(results) -%}
{%- endmacro -%}


{%- macro record_start() -%}
    {%- set builds, columns, definitions = ad_funnel.builds_table(), ad_funnel.builds_columns(), [] -%}
    {%- for name, type in columns.items() -%}
        {%- do definitions.append(name ~ ' ' ~ type) -%}
    {%- endfor -%}
    {%- do adapter.create_schema(builds) -%}
    {%- do run_query('create table if not exists ' ~ builds ~ ' (' ~ definitions | join(', ') ~ ')') -%}
    {#- An older version of the package made it with fewer columns. -#}
    {%- set stored, added = ad_funnel.names_of_columns(builds), [] -%}
    {%- for name, type in columns.items() if name not in stored -%}
        {%- do added.append(api.Column(name, type)) -%}
    {%- endfor -%}
    {%- if added -%}
        {%- do alter_relation_add_remove_columns(builds, added, none) -%}
    {%- endif -%}
    {#- Numbers order the builds: clocks go back now and then. Twice for one invocation is once. -#}
    {%- do run_query(
        'insert into ' ~ builds ~ ' (build_number, invocation_id, command, started_at, status, package_version) '
        ~ 'select coalesce(max(build_number), 0) + 1, '
        ~ ad_funnel.text_literal(invocation_id) ~ ', '
        ~ ad_funnel.text_literal(flags.WHICH) ~ ', '
        ~ ad_funnel.whole_second(run_started_at) ~ ", 'started', "
        ~ ad_funnel.text_literal(ad_funnel.package_version()) ~ ' '
        ~ 'from ' ~ builds ~ ' having count(case when invocation_id = '
        ~ ad_funnel.text_literal(invocation_id) ~ ' then 1 end) = 0'
    ) -%}
    {#- A hundred are kept, and all since one passed: their rows are still to be tested (is_to_be_tested). -#}
    {%- do ad_funnel.delete_rows(
        builds, 'build_number <= (select max(build_number) - 100 from ' ~ builds ~ ')'
        ~ ' and build_number < (select max(build_number) from ' ~ builds ~ " where status = 'passed')"
    ) -%}
{%- endmacro -%}

{%- macro record_end(reason) -%}
    {%- do ad_funnel.record_start() -%}
    {%- do ad_funnel.change_rows(
        ad_funnel.builds_table(),
        ad_funnel.builds_columns() | list,
        {
            'status': ad_funnel.text_literal('not publishable' if reason else 'passed'),
            'reason': ad_funnel.text_literal(reason),
            'relations': ad_funnel.text_literal(tojson(ad_funnel.relations_of_package())),
            'finished_at': ad_funnel.whole_second(modules.datetime.datetime.now(modules.pytz.utc)),
        },
        'invocation_id = ' ~ ad_funnel.text_literal(invocation_id)
    ) -%}
{%- endmacro -%}

{%- macro builds_columns() -%}
    {{- return({
        'build_number': 'bigint',
        'invocation_id': dbt.type_string(),
        'command': dbt.type_string(),
        'started_at': ad_funnel.type_time(),
        'finished_at': ad_funnel.type_time(),
        'status': dbt.type_string(),
        'reason': dbt.type_string(),
        'relations': dbt.type_string(),
        'package_version': dbt.type_string(),
    }) -}}
{%- endmacro -%}

{#- (`adapter.get_columns_in_relation` would begin a transaction, which nobody ends in a hook.) -#}
{%- macro names_of_columns(relation) -%}
    {%- set columns = run_query('select * from ' ~ relation ~ ' where 1 = 0').columns -%}
    {{- return(columns | map(attribute='name') | map('lower') | list) -}}
{%- endmacro -%}


{#- The package's own version, as in dbt_project.yml (a test holds them equal): dbt does not show it to macros. -#}
{%- macro package_version() -%}{{- return('0.1.0') -}}{%- endmacro -%}


{#-
    After an upgrade the first build brings all tables up to date: models ask of their tables what an older version may
    not have. So a part of them alone is refused.
-#}
{%- macro check_version() -%}
    {%- set builds = ad_funnel.builds_table() -%}
    {%- set stored = load_relation(builds) -%}
    {%- if stored is none -%}{{- return('') -}}{%- endif -%}
    {%- set has_version = 'package_version' in ad_funnel.names_of_columns(stored) -%}
    {%- set latest = ad_funnel.rows_of(
        'select ' ~ ('package_version' if has_version else 'cast(null as ' ~ dbt.type_string() ~ ') as package_version')
        ~ ' from ' ~ builds ~ " where status = 'passed' order by build_number desc limit 1"
    ) -%}
    {%- if not latest or latest[0].package_version == ad_funnel.package_version() -%}{{- return('') -}}{%- endif -%}

    {%- set versions = 'The tables beside ' ~ builds ~ ' were made by version '
        ~ (latest[0].package_version or '0.1.0 or older') ~ ' of ad_funnel, and this is ' ~ ad_funnel.package_version()
        ~ '.' -%}
    {%- set left_out = [] -%}
    {%- for node in ad_funnel.models_of_package() if node.unique_id not in selected_resources -%}
        {%- do left_out.append(node.name) -%}
    {%- endfor -%}
    {%- if left_out -%}
        {%- do exceptions.raise_compiler_error(
            versions ~ ' This command would build a part of them, and leave out ' ~ ad_funnel.some_of(left_out)
            ~ '. Cure: one whole dbt build first. It brings all tables up to date.'
        ) -%}
    {%- endif -%}
    {%- do log('ad_funnel: ' ~ versions ~ ' This build brings them up to date.', info=true) -%}
{%- endmacro -%}


{#-
    Two builds at once would each undo what the other does. A file lets one process in; where an engine lets two in, the
    second is refused while the first is recorded as begun and seen at work. (A build that was killed is recorded, too.)
-#}
{%- macro check_no_other_build() -%}
    {%- set builds = ad_funnel.builds_table() -%}
    {%- if load_relation(builds) is none -%}{{- return('') -}}{%- endif -%}
    {%- set latest = ad_funnel.rows_of(
        'select invocation_id, started_at, status from ' ~ builds ~ ' order by build_number desc limit 1'
    ) -%}
    {%- if latest and latest[0].status == 'started' and latest[0].invocation_id != invocation_id
        and ad_funnel.another_build_is_at_work() -%}
        {%- do exceptions.raise_compiler_error(
            'Another build of ad_funnel is at work in ' ~ builds.schema ~ ' (' ~ latest[0].invocation_id ~ ', begun '
            ~ latest[0].started_at ~ ' UTC). Nothing was changed. Cure: wait for it to end, then build again.'
        ) -%}
    {%- endif -%}
{%- endmacro -%}


{#- An engine that cuts long names finds nothing in the next build under the whole name, and stops it. -#}
{%- macro check_names() -%}
    {%- set longest = ad_funnel.longest_name() -%}
    {%- if not longest -%}{{- return('') -}}{%- endif -%}
    {%- for node in ad_funnel.models_of_package() -%}
        {%- for kind, name in {'schema': node.schema, 'table': node.alias}.items() -%}
            {%- set length = ad_funnel.length_of_name(name, longest.unit) -%}
            {%- if length > longest.limit -%}
                {%- do exceptions.raise_compiler_error(
                    'The ' ~ kind ~ ' ' ~ name ~ ' of the model ' ~ node.name ~ ' has a name of ' ~ length ~ ' '
                    ~ longest.unit ~ ', and ' ~ target.type ~ ' allows ' ~ longest.limit ~ '. Cure: '
                    ~ ('a shorter schema in your profile, which dbt puts before ours, or +schema of your own.'
                       if kind == 'schema' else 'a shorter +alias.')
                ) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
{%- endmacro -%}

{%- macro length_of_name(name, unit) -%}
    {%- set length = namespace(value=0) -%}
    {%- for letter in name | list -%}
        {%- set bytes = 1 if letter < '\u0080' else 2 if letter < '\u0800' else 3 if letter <= '\uffff' else 4 -%}
        {%- set length.value = length.value + (bytes if unit == 'bytes' else 1) -%}
    {%- endfor -%}
    {{- return(length.value) -}}
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

    {%- set failed = ad_funnel.failed_of(results) -%}
    {%- if failed -%}
        {{- return('failed: ' ~ ad_funnel.some_of(failed)) -}}
    {%- endif -%}

    {%- set passed, warned = [], [] -%}
    {%- for result in results if result.status in ['success', 'pass', 'warn'] -%}
        {%- do passed.append(result.node.unique_id) -%}
        {%- if result.status == 'warn' -%}
            {%- do warned.append(result.node.name) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set disarmed = ad_funnel.disarmed_guards() -%}
    {%- if disarmed -%}
        {{- return(ad_funnel.why_disarmed(disarmed, warned)) -}}
    {%- endif -%}

    {%- set required, missing = [], [] -%}
    {%- for unique_id, node in graph.nodes.items() -%}
        {%- if node.package_name == 'ad_funnel' and node.resource_type in ['model', 'seed', 'test']
            and node.config.materialized != 'ephemeral' and node.config.enabled != false
            and (not node.get('attached_node') or node.attached_node in graph.nodes) -%}
            {#- dbt lists the tests that stand on, or read, a disabled model, though it never runs them. -#}
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


{#- The names of the nodes that failed: the package's, and tests that read one of its models. -#}
{%- macro failed_of(results) -%}
    {%- set failed = [] -%}
    {%- for result in results if result.status not in ['success', 'pass', 'warn', 'skipped', 'no-op'] -%}
        {%- set node = result.node -%}
        {%- set parents = node.depends_on.nodes if node.resource_type == 'test' else [] -%}
        {%- if ad_funnel.names_ad_funnel([node.unique_id] + parents) -%}
            {%- do failed.append(node.name) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(failed) -}}
{%- endmacro -%}

{#- Those guards first that found something. -#}
{%- macro why_disarmed(disarmed, warned) -%}
    {%- set found, others = [], [] -%}
    {%- for guard in disarmed -%}
        {%- if guard.name in warned -%}
            {%- do found.append(guard.name ~ ' (' ~ guard.how ~ ')') -%}
        {%- else -%}
            {%- do others.append(guard.name ~ ' (' ~ guard.how ~ ')') -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(
        'your project disarms guards of ad_funnel: ' ~ ad_funnel.some_of(found + others) ~ '. Cure: in dbt_project.yml, '
        ~ 'move what is at the root of `data_tests:` beneath `' ~ project_name ~ ':`, and take out what is beneath '
        ~ '`ad_funnel:`'
    ) -}}
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


{#- The enabled models of the package that are relations of the database, and others only where asked for. -#}
{%- macro models_of_package(ephemeral_too=false) -%}
    {%- set models = graph.nodes.values() | selectattr('resource_type', 'equalto', 'model') -%}
    {%- set models = models | selectattr('package_name', 'equalto', 'ad_funnel') | sort(attribute='name') -%}
    {%- if ephemeral_too -%}{{- return(models) -}}{%- endif -%}
    {{- return(models | rejectattr('config.materialized', 'equalto', 'ephemeral') | list) -}}
{%- endmacro -%}


{#- Whether this command builds a model or seed of the package. -#}
{%- macro builds_ad_funnel() -%}
    {%- if flags.WHICH in ['compile', 'generate', 'docs', 'show', 'list', 'ls', 'parse', 'test', 'freshness'] -%}
        {{- return(false) -}}
    {%- endif -%}
    {%- set models = [] -%}
    {%- for unique_id in selected_resources if unique_id.split('.')[0] in ['model', 'seed', 'snapshot'] -%}
        {%- do models.append(unique_id) -%}
    {%- endfor -%}
    {{- return(ad_funnel.names_ad_funnel(models)) -}}
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
