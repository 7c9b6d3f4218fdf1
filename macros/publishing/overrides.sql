{#-
    What the user's project file changes in the package. Configs at its root (`models: +materialized: table`) reach the
    models and tests of packages too, and outrank the packages' own. Most are the user's to choose: schemas, databases,
    aliases, tags, meta, grants, docs, hooks, full_refresh, store_failures, whether a mart is built. These are not.
-#}

{#-
    Stops a build in which a model would lose or double rows: one that is stored by day and no longer built by day, one
    that would append to what is there; and a mart without its contract. A first build has nothing to lose: it is told.
-#}
{%- macro check_overrides() -%}
    {%- set stored_by_day = ad_funnel.stored_by_day('date_day') -%}
    {%- for node in ad_funnel.models_of_package(ephemeral_too=true) -%}
        {%- set config = node.config -%}
        {%- if (config.meta or {}).get('stored_by_day') -%}
            {%- for name, value in {
                'materialized': stored_by_day.materialized,
                'incremental_strategy': stored_by_day.get('incremental_strategy', config.incremental_strategy),
                'on_schema_change': 'append_new_columns' if ad_funnel.is_dbt_2() else 'sync_all_columns',
            }.items() if config[name] != value -%}
                {%- do ad_funnel.refuse_override(
                    node, name, config[name], value,
                    'It keeps the days that raw tables have forgotten, and rebuilds a day as a whole'
                ) -%}
            {%- endfor -%}
        {%- elif config.materialized not in ['table', 'view'] -%}
            {%- do ad_funnel.refuse_override(
                node, 'materialized', config.materialized, 'table or view', 'Each build replaces all its rows'
            ) -%}
        {%- endif -%}
        {%- if node.fqn[1] == 'marts' and ad_funnel.contract().enforced
            and (config.contract or {}).get('enforced') == false -%}
            {%- do ad_funnel.refuse_override(
                node, 'contract', 'enforced: false', 'enforced: true', 'Its names and types are fixed'
            ) -%}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro -%}

{%- macro refuse_override(node, name, value, expected, reason) -%}
    {%- set text = 'Your project sets +' ~ name ~ ' of the model ' ~ node.name ~ ' of ad_funnel to ' ~ (value | string)
        ~ '. It must be ' ~ expected ~ ': ' ~ reason ~ '. Cure: a config at the root of `models:` in dbt_project.yml '
        ~ 'reaches packages, too. Move it beneath the name of your project:\n  models:\n    ' ~ project_name
        ~ ':\n      +' ~ name ~ ': ' ~ (value | string) ~ '\nIf it is beneath `ad_funnel:`, take it out there.' -%}
    {%- set stored = load_relation(api.Relation.create(node.database, node.schema, node.alias)) -%}
    {%- if stored is not none or name == 'contract' -%}
        {%- do exceptions.raise_compiler_error('Nothing was built. ' ~ text) -%}
    {%- endif -%}
    {%- do log('ad_funnel: the next build will be refused. ' ~ text, info=true) -%}
{%- endmacro -%}


{#-
    The guards that the user's project file disarms, each with its `name` and `how`: data tests of the package that stop
    a build, but here would only warn, look at a part, or are left out. (A test that reads a disabled mart is not missed;
    tests that only warn are the user's to silence.)
-#}
{%- macro disarmed_guards() -%}
    {%- set disarmed, names, armed = [], [], {} -%}
    {%- for node in graph.nodes.values() | selectattr('resource_type', 'equalto', 'test') | sort(attribute='name')
        if node.package_name == 'ad_funnel' and node.config.enabled != false -%}
        {%- do names.append(node.name) -%}
        {%- set how = ad_funnel.how_disarmed(node.config) -%}
        {%- if node.name in ad_funnel.named_guards() -%}
            {%- if how -%}
                {%- do disarmed.append({'name': node.name, 'how': how}) -%}
            {%- endif -%}
        {%- elif not how -%}
            {%- set reads = ad_funnel.models_read_by(node) -%}
            {%- do armed.update({reads: armed.get(reads, 0) + 1}) -%}
        {%- endif -%}
    {%- endfor -%}

    {%- set models = ad_funnel.models_of_package() | map(attribute='name') | list -%}
    {%- for name, reads in ad_funnel.named_guards().items()
        if name not in names and reads | reject('in', models) | list | length == 0 -%}
        {%- do disarmed.append({'name': name, 'how': '+enabled: false'}) -%}
    {%- endfor -%}
    {%- for reads, number in ad_funnel.guards_by_models().items()
        if armed.get(reads, 0) < number and reads.split(' ') | reject('in', models) | list | length == 0 -%}
        {%- do disarmed.append({
            'name': (number - armed.get(reads, 0)) ~ ' of the ' ~ number ~ ' tests of ' ~ reads.replace(' ', ' and '),
            'how': 'left out, or weaker',
        }) -%}
    {%- endfor -%}
    {{- return(disarmed) -}}
{%- endmacro -%}

{#- Which config keeps a test from stopping a build; '' if none does. -#}
{%- macro how_disarmed(config) -%}
    {%- if (config.severity or 'error') | lower != 'error' -%}
        {{- return('+severity: ' ~ config.severity) -}}
    {%- elif (config.error_if or '!=0') | replace(' ', '') not in ['!=0', '<>0', '>0', '>=1'] -%}
        {{- return('+error_if: "' ~ config.error_if ~ '"') -}}
    {%- elif config.where -%}
        {{- return('+where: "' ~ config.where ~ '"') -}}
    {%- elif not config.limit is boolean and config.limit is number and config.limit < 1 -%}
        {{- return('+limit: ' ~ config.limit) -}}
    {%- elif (config.fail_calc or 'count(*)') | replace(' ', '') | lower != 'count(*)' -%}
        {{- return('+fail_calc: "' ~ config.fail_calc ~ '"') -}}
    {%- endif -%}
    {{- return('') -}}
{%- endmacro -%}

{#- The names of the models that a test reads, in order, with blanks between. -#}
{%- macro models_read_by(node) -%}
    {%- set names = [] -%}
    {%- for unique_id in node.depends_on.nodes -%}
        {%- do names.append(unique_id.split('.')[2]) -%}
    {%- endfor -%}
    {{- return(names | unique(case_sensitive=true) | sort(case_sensitive=true) | join(' ')) -}}
{%- endmacro -%}
