{#-
    Publishes the marts of a build that passed, on a server:

        dbt run-operation publish --args '{to: ads_published, layers: [marts, facts]}'

    One transaction takes the last generation out of the tables that readers see, in the schema `to`, and puts the new
    one in. Until it ends readers have the whole old one; nobody waits for it; grants and readers' own views stay.
    `ad_funnel_generation` says which generation it is. (Where a build is kept in a file: scripts/publish.py.)
-#}
{%- macro publish(to='ads_published', layers=['marts']) -%}
    {%- if not execute -%}{{- return('') -}}{%- endif -%}
    {%- set layers = [layers] if layers is string else layers -%}
    {%- for layer in layers if layer not in ['marts', 'facts', 'ledger'] -%}
        {%- do exceptions.raise_compiler_error(
            "publish: `layers` holds '" ~ layer ~ "'. It may hold marts, facts and ledger (the last two hold user ids)."
        ) -%}
    {%- endfor -%}

    {%- set longest = ad_funnel.longest_name() -%}
    {%- if longest and ad_funnel.length_of_name(to, longest.unit) > longest.limit -%}
        {%- do exceptions.raise_compiler_error(
            'publish: `to` holds ' ~ to ~ ', and ' ~ target.type ~ ' allows names of ' ~ longest.limit ~ ' '
            ~ longest.unit ~ '.'
        ) -%}
    {%- endif -%}

    {#- From here on, one transaction that sees one moment. (Begun and ended by SQL: dbt's own ends early: seen.) -#}
    {%- do run_query(ad_funnel.begin_of_one_moment()) -%}
    {%- set build = ad_funnel.publishable_build() -%}
    {%- set relations = fromjson(build.relations) | selectattr('layer', 'in', layers) | list -%}
    {%- if to in relations | map(attribute='schema') -%}
        {%- do exceptions.raise_compiler_error(
            'publish: the build keeps its own tables in the schema ' ~ to ~ '. Cure: give readers another, by `to`.'
        ) -%}
    {%- endif -%}

    {#- (adapter.create_schema() would end the transaction: seen.) -#}
    {%- do run_query('create schema if not exists ' ~ adapter.quote(to)) -%}
    {%- for relation in relations -%}
        {%- set source = api.Relation.create(relation.database, relation.schema, relation.identifier) -%}
        {%- set columns = adapter.get_columns_in_relation(source) | map(attribute='quoted') | join(', ') -%}
        {%- set table = api.Relation.create(target.database, to, relation.identifier, type='table') -%}
        {%- do ad_funnel.replace_rows(table, 'select ' ~ columns ~ ' from ' ~ source) -%}
        {%- for node in ad_funnel.models_of_package() if node.name == relation.name -%}
            {%- do ad_funnel.comment_on(table, node.description, node.columns) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- set generation = api.Relation.create(target.database, to, 'ad_funnel_generation', type='table') -%}
    {%- do ad_funnel.replace_rows(
        generation,
        'select invocation_id, built_at, data_through, '
        ~ ad_funnel.whole_second(modules.datetime.datetime.now(modules.pytz.utc)) ~ ' as published_at, '
        ~ 'cast(' ~ ad_funnel.text_literal(layers | join(', ')) ~ ' as ' ~ dbt.type_string() ~ ') as layers from '
        ~ ad_funnel.freshness_table()
    ) -%}
    {#- The same in scripts/publish.py. -#}
    {%- do ad_funnel.comment_on(generation, 'One row: which build these tables are of.', {
        'invocation_id': {'description': "dbt's id of the build."},
        'built_at': {'description': 'When the build began, in UTC.'},
        'data_through': {'description': 'The latest accepted event of the build, in UTC. NULL where there is no data.'},
        'published_at': {'description': 'When the build was published, in UTC.'},
        'layers': {'description': 'What was published: marts, facts, ledger.'},
    }) -%}
    {%- do run_query('commit') -%}
    {%- do log(
        'Published ' ~ relations | length ~ ' tables (' ~ layers | join(', ') ~ ') of build ' ~ build.invocation_id
        ~ ' to the schema ' ~ to ~ ': built ' ~ build.started_at ~ ' UTC.', info=true
    ) -%}
{%- endmacro -%}


{#- The latest build, if it passed and nothing was built beside it; else an error that says why, and the cure. -#}
{%- macro publishable_build() -%}
    {%- set builds = ad_funnel.builds_table() -%}
    {%- if adapter.get_relation(builds.database, builds.schema, builds.identifier) is none -%}
        {%- do exceptions.raise_compiler_error(
            'Nothing was published: there is no table ' ~ builds ~ '. Cure: dbt build.'
        ) -%}
    {%- endif -%}
    {%- set latest = ad_funnel.rows_of(
        'select invocation_id, started_at, status, reason, relations from ' ~ builds
        ~ ' order by build_number desc limit 1'
    ) -%}
    {%- if not latest -%}
        {%- do exceptions.raise_compiler_error('Nothing was published: ' ~ builds ~ ' is empty. Cure: dbt build.') -%}
    {%- endif -%}
    {%- set build = latest[0] -%}
    {%- set name = 'the latest build (' ~ build.invocation_id ~ ', begun ' ~ build.started_at ~ ' UTC)' -%}
    {%- if build.status == 'started' -%}
        {%- do exceptions.raise_compiler_error(
            'Nothing was published: ' ~ name ~ ' never came to its end: it was killed, or a hook failed, or it is still '
            ~ 'at work. Cure: dbt build.'
        ) -%}
    {%- elif build.status != 'passed' -%}
        {%- do exceptions.raise_compiler_error(
            'Nothing was published: ' ~ name ~ ' cannot be: ' ~ build.reason ~ '. Cure: a whole dbt build that passes.'
        ) -%}
    {%- endif -%}
    {%- set freshness = run_query(
        'select invocation_id from ' ~ ad_funnel.freshness_table()
    ).columns[0].values() -%}
    {%- if build.invocation_id not in freshness -%}
        {%- do exceptions.raise_compiler_error(
            'Nothing was published: ' ~ ad_funnel.freshness_table() ~ ' is of another build. Cure: dbt build.'
        ) -%}
    {%- endif -%}
    {{- return(build) -}}
{%- endmacro -%}

{%- macro freshness_table() -%}
    {%- for node in ad_funnel.models_of_package() if node.name == 'fct_ads__freshness' -%}
        {{- return(api.Relation.create(node.database, node.schema, node.alias)) -}}
    {%- endfor -%}
{%- endmacro -%}


{#-
    Makes a table hold what a query gives. A table of other columns is made anew: then readers wait for a moment, and
    views of theirs that read it stop the publication, with a message that names them.
-#}
{%- macro replace_rows(table, query) -%}
    {%- set new = api.Relation.create(table.database, table.schema, table.identifier ~ '__new') -%}
    {%- do run_query('create table ' ~ new ~ ' as select * from (' ~ query ~ ') as nothing limit 0') -%}
    {%- set kept = adapter.get_relation(table.database, table.schema, table.identifier) -%}
    {%- if kept and ad_funnel.typed_columns(kept) == ad_funnel.typed_columns(new) -%}
        {%- do run_query('drop table ' ~ new) -%}
        {%- do run_query('delete from ' ~ table) -%}
    {%- else -%}
        {%- do run_query('drop table if exists ' ~ table) -%}
        {%- do run_query('alter table ' ~ new ~ ' rename to ' ~ table.include(database=false, schema=false)) -%}
    {%- endif -%}
    {%- do run_query('insert into ' ~ table ~ ' ' ~ query) -%}
{%- endmacro -%}

{#- Writes what a table and its columns mean into the database, by dbt's own macros; of columns, those that there are. -#}
{%- macro comment_on(table, description, columns) -%}
    {%- set stored, described = adapter.get_columns_in_relation(table) | map(attribute='name') | list, {} -%}
    {%- for name, column in columns.items() if name in stored and column.description -%}
        {%- do described.update({name: column}) -%}
    {%- endfor -%}
    {%- if description -%}
        {%- do run_query(alter_relation_comment(table, description)) -%}
    {%- endif -%}
    {%- if described -%}
        {%- do run_query(alter_column_comment(table, described)) -%}
    {%- endif -%}
{%- endmacro -%}

{%- macro typed_columns(relation) -%}
    {%- set columns = [] -%}
    {%- for column in adapter.get_columns_in_relation(relation) -%}
        {%- do columns.append([column.name, column.data_type]) -%}
    {%- endfor -%}
    {{- return(columns) -}}
{%- endmacro -%}
