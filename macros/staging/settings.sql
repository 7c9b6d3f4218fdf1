{#-
    Every setting of the package: its kind (what it may hold), its default, and, where the demo differs, `demo`.
    `judges: false` marks those that change no stored row: changing one of the others rebuilds every day.
    This list is the only place that knows them; docs/settings.md says what each means, and
    `make docs` writes the defaults there.

    Users write a setting as a var, in dbt_project.yml at the top of `vars:` or under `vars: ad_funnel:`
    (there a misspelt name is an error), or on the command line (relations apart).
-#}
{%- macro settings() -%}
    {%- set settings, stamps = {}, ad_funnel.stamps() -%}

    {#- Where the raw tables are, and what their columns are called. -#}
    {%- for table, columns in ad_funnel.raw_contract().items() -%}
        {%- do settings.update({
            'ad_funnel__' ~ table: {'kind': 'relation', 'default': none},
            'ad_funnel__' ~ table ~ '_columns': {'kind': 'column map', 'default': {}, 'columns': columns},
        }) -%}
        {#- Reports are read again in every build: their map rebuilds no stored day of another table. -#}
        {%- if table == 'reports' -%}
            {%- do settings['ad_funnel__reports_columns'].update({'judges': false}) -%}
        {%- endif -%}
    {%- endfor -%}

    {%- do settings.update({
        'ad_funnel__reporting_time_zone': {'kind': 'time zone', 'default': 'UTC', 'demo': 'Europe/Berlin'},
        'ad_funnel__reporting_currency': {'kind': 'currency', 'default': 'USD', 'demo': 'EUR'},
        'ad_funnel__default_currency': {'kind': 'currency', 'default': none},
        'ad_funnel__default_platform': {'kind': 'text', 'default': 'unknown'},
        'ad_funnel__null_ids': {'kind': 'mark list', 'default': ad_funnel.marks_of_nothing()},
        'ad_funnel__as_of': {'kind': 'timestamp', 'default': none, 'judges': false},
        'ad_funnel__earliest_event': {'kind': 'date', 'default': '2000-01-01'},
        'ad_funnel__clock_skew': {'kind': 'duration', 'default': '5 minutes'},
        'ad_funnel__allowed_lateness': {'kind': 'duration', 'default': '3 days', 'judges': false},

        'ad_funnel__look_back': {'kind': 'duration', 'default': '30 days', 'judges': false},
        'ad_funnel__impressions_stamp':
            {'kind': 'choice', 'default': none, 'demo': 'fingerprint', 'choices': stamps},
        'ad_funnel__clicks_stamp':
            {'kind': 'choice', 'default': none, 'demo': 'fingerprint', 'choices': stamps},
        'ad_funnel__conversions_stamp':
            {'kind': 'choice', 'default': none, 'demo': 'fingerprint', 'choices': stamps},
        'ad_funnel__spend_stamp':
            {'kind': 'choice', 'default': none, 'demo': 'fingerprint', 'choices': stamps},
        'ad_funnel__visits_stamp':
            {'kind': 'choice', 'default': none, 'demo': 'fingerprint', 'choices': stamps},

        'ad_funnel__impressions_keep':
            {'kind': 'choice', 'default': 'earliest_event', 'choices': ['earliest_event', 'latest_load']},
        'ad_funnel__clicks_keep':
            {'kind': 'choice', 'default': 'earliest_event', 'choices': ['earliest_event', 'latest_load']},
        'ad_funnel__conversions_keep':
            {'kind': 'choice', 'default': 'earliest_event', 'choices': ['earliest_event', 'latest_load']},
        'ad_funnel__visits_keep':
            {'kind': 'choice', 'default': 'earliest_event', 'choices': ['earliest_event', 'latest_load']},

        'ad_funnel__reports_keep':
            {'kind': 'choice', 'default': 'latest_line', 'choices': ['latest_line', 'latest_day'], 'judges': false},
        'ad_funnel__discrepancy_tolerance': {'kind': 'share', 'default': 0.1, 'judges': false},
        'ad_funnel__best_series': {'kind': 'series by platform', 'default': {}, 'judges': false},

        'ad_funnel__repeat_click_window': {'kind': 'duration', 'default': '10 seconds'},
        'ad_funnel__click_flood_clicks': {'kind': 'count', 'default': 20},
        'ad_funnel__click_flood_window': {'kind': 'duration', 'default': '1 minute'},

        'ad_funnel__match_window': {'kind': 'duration', 'default': '1 day'},
        'ad_funnel__click_window': {'kind': 'duration', 'default': '30 days'},
        'ad_funnel__view_window': {'kind': 'duration', 'default': '1 day'},
        'ad_funnel__conversion_windows': {'kind': 'windows by type', 'default': {}},
        'ad_funnel__conversion_counting':
            {'kind': 'choice', 'default': 'every', 'choices': ['every', 'one_per_click']},
        'ad_funnel__primary_conversion_types':
            {'kind': 'text list', 'default': [], 'demo': ['purchase', 'sign_up']},

        'ad_funnel__exchange_rate_max_age': {'kind': 'duration', 'default': '7 days'},
        'ad_funnel__reject_warn_basis_points': {'kind': 'count', 'default': 100, 'judges': false},
        'ad_funnel__reject_stop_basis_points':
            {'kind': 'count', 'default': 2000, 'demo': 5000, 'judges': false},
        'ad_funnel__conflict_warn_basis_points': {'kind': 'count', 'default': 100, 'judges': false},
        'ad_funnel__conflict_stop_basis_points':
            {'kind': 'count', 'default': 2000, 'demo': 5000, 'judges': false},
        'ad_funnel__max_id_share': {'kind': 'share', 'default': 0.05, 'judges': false},
        'ad_funnel__absurd_cost': {'kind': 'count', 'default': 1000, 'judges': false},
        'ad_funnel__partial_money_metrics': {'kind': 'boolean', 'default': false, 'judges': false},

        'ad_funnel__brand_objectives':
            {'kind': 'text list', 'default': ['awareness', 'reach', 'brand', 'views'], 'judges': false},
        'ad_funnel__engagement_objectives':
            {'kind': 'text list', 'default': ['engagement', 'traffic', 'clicks', 'followers'], 'judges': false},
        'ad_funnel__pacing_tolerance': {'kind': 'share', 'default': 0.1, 'judges': false},

        'ad_funnel__min_cell_users': {'kind': 'count', 'default': 0},
        'ad_funnel__idle_days': {'kind': 'idle days', 'default': 30, 'judges': false},
        'ad_funnel__breakdowns':
            {'kind': 'choices', 'default': [], 'choices': ['placement', 'device_type', 'country', 'hour_of_day'],
             'demo': ['placement', 'device_type', 'country', 'hour_of_day']},

        'ad_funnel__landing_pages': {'kind': 'boolean', 'default': false, 'demo': true, 'judges': false},
        'ad_funnel__page_parameters': {'kind': 'text list', 'default': [], 'judges': false},
        'ad_funnel__paid_mediums':
            {'kind': 'text list', 'default': ['cp', 'paid', 'retargeting', 'display', 'banner', 'interstitial'],
             'judges': false},
        'ad_funnel__click_id_platforms': {'kind': 'texts by name', 'default': {}, 'judges': false},
        'ad_funnel__utm_sources': {'kind': 'text lists by platform', 'default': {}, 'judges': false},

        'ad_funnel__reach':
            {'kind': 'choice', 'default': none, 'demo': 'exact', 'choices': ['exact', 'sketch'], 'judges': false},
        'ad_funnel__sketch_size':
            {'kind': 'choice', 'default': 4096, 'choices': [256, 1024, 4096, 16384], 'judges': false},
        'ad_funnel__frequency': {'kind': 'boolean', 'default': false, 'demo': true, 'judges': false},

        'ad_funnel__attribution': {'kind': 'boolean', 'default': false, 'demo': true, 'judges': false},
        'ad_funnel__data_driven_attribution': {'kind': 'boolean', 'default': true, 'judges': false},
        'ad_funnel__attribution_mode':
            {'kind': 'choice', 'default': 'overlapping', 'choices': ['overlapping', 'consumed'], 'judges': false},
        'ad_funnel__attribution_level':
            {'kind': 'choice', 'default': 'channel', 'choices': ['channel', 'campaign'], 'judges': false},
        'ad_funnel__visit_window': {'kind': 'duration', 'default': '30 days', 'judges': false},
        'ad_funnel__click_visit_window': {'kind': 'duration', 'default': '5 minutes', 'judges': false},
        'ad_funnel__max_touches': {'kind': 'positive count', 'default': 100, 'judges': false},
        'ad_funnel__position_shares': {'kind': 'shares', 'default': '40/20/40', 'judges': false},
        'ad_funnel__time_decay_half_life': {'kind': 'positive duration', 'default': '7 days', 'judges': false},
        'ad_funnel__training_window': {'kind': 'positive duration', 'default': '90 days', 'judges': false},

        'ad_funnel__experiments': {'kind': 'boolean', 'default': false, 'demo': true, 'judges': false},
        'ad_funnel__experiment_plans': {'kind': 'experiment plans', 'default': {}, 'judges': false, 'demo': {
            'exp-landing': {'shares': {'control': 50, 'short form': 50}, 'ends': '2025-01-12'},
        }},
        'ad_funnel__significance_level': {'kind': 'share', 'default': 0.05, 'judges': false},
        'ad_funnel__power': {'kind': 'share', 'default': 0.8, 'judges': false},
        'ad_funnel__expected_lift': {'kind': 'share', 'default': 0.3, 'judges': false},
        'ad_funnel__min_experiment_events': {'kind': 'positive count', 'default': 30, 'judges': false},
    }) -%}

    {{- return(settings) -}}
{%- endmacro -%}


{#-
    The value of one setting, checked. Everything that reads a setting reads it here, so nothing unchecked
    reaches SQL: the command line is looked at raw before `var()` (which would run Jinja in it) is called.

    In the package's own models `var()` sees the command line, `vars: ad_funnel:` and the top of `vars:`. Macros
    called from a consumer's models do not see `vars: ad_funnel:`; it is read as a plain mapping for them.
    `known_settings`: for who reads many; making the list takes longer than reading a setting.
-#}
{%- macro setting(name, known_settings=none) -%}
    {%- set known_settings = known_settings or ad_funnel.settings() -%}
    {%- do ad_funnel.check_command_line(known_settings) -%}
    {%- set known = known_settings[name] -%}
    {%- set scoped = var('ad_funnel', {}) -%}
    {#- (dbt 2 neither warns of such a `ref`, nor lets its context be changed.) -#}
    {%- set is_relation = known.kind == 'relation' and context is mapping and not ad_funnel.is_dbt_2() -%}
    {%- if is_relation -%}{%- do context.update({'ref': ad_funnel.ref_of_the_user}) -%}{%- endif -%}
    {%- set value = var(name, scoped[name] if scoped is mapping and name in scoped else none) -%}
    {%- if is_relation -%}{%- do context.update({'ref': builtins.ref}) -%}{%- endif -%}
    {#- Defaults are ours: test_settings.py holds them to their kinds. -#}
    {%- set is_given = value is not none -%}
    {%- if not is_given -%}
        {%- set value = known.demo if 'demo' in known and ad_funnel.is_demo() else known.default -%}
    {%- endif -%}
    {%- if value is mapping -%}
        {%- set value = ad_funnel.in_order(value) -%}
    {%- endif -%}
    {%- if is_given -%}
        {%- do ad_funnel.check_setting(name, value, known) -%}
    {%- endif -%}
    {%- if value is not none -%}
        {%- if known.kind in ['date', 'timestamp'] -%}
            {%- set value = ad_funnel.time_setting(value) -%}
        {%- elif known.kind == 'experiment plans' -%}
            {%- set value = ad_funnel.plans_in_text(value) -%}
        {%- endif -%}
    {%- endif -%}
    {{- return(value) -}}
{%- endmacro -%}


{#-
    A mapping with its keys in order, inside too. dbt-core keeps the order of the file and dbt 2 the alphabet's, so
    digests and sums of a mapping would differ between them.
-#}
{%- macro in_order(mapping) -%}
    {%- set ordered = {} -%}
    {%- for name in mapping | map('string') | sort(case_sensitive=true) -%}
        {%- for key, value in mapping.items() if key | string == name -%}
            {%- do ordered.update({key: ad_funnel.in_order(value) if value is mapping else value}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{- return(ordered) -}}
{%- endmacro -%}


{#-
    What `ref()` in a setting means: a model of the user's project, unless it names another package. (dbt would look
    there first, too, and warn for each table that a package reads a model of the project.)
-#}
{%- macro ref_of_the_user(project_or_model, model=none, v=none, version=none) -%}
    {%- if model is none -%}
        {{- return(builtins.ref(project_name, project_or_model, v=v, version=version)) -}}
    {%- endif -%}
    {{- return(builtins.ref(project_or_model, model, v=v, version=version)) -}}
{%- endmacro -%}


{#-
    A day or time of a setting as our text, YYYY-MM-DD or YYYY-MM-DD HH:MM:SS: without quotes it is a date to YAML, and
    others write T and Z.
-#}
{%- macro time_setting(value) -%}
    {%- set text = (value | string).replace('T', ' ') -%}
    {%- set day, clock = text[:10], text[11:16] -%}
    {%- if not clock -%}
        {{- return(day) -}}
    {%- endif -%}
    {%- set seconds = text[17:19] if text[16:17] == ':' else '00' -%}
    {{- return(day ~ ' ' ~ clock ~ ':' ~ seconds) -}}
{%- endmacro -%}

{%- macro plans_in_text(plans) -%}
    {%- set written = {} -%}
    {%- for experiment, plan in plans.items() -%}
        {%- set parts = dict(plan) -%}
        {%- for key in ['starts', 'ends'] if key in plan -%}
            {%- do parts.update({key: ad_funnel.time_setting(plan[key])}) -%}
        {%- endfor -%}
        {%- do written.update({experiment: parts}) -%}
    {%- endfor -%}
    {{- return(written) -}}
{%- endmacro -%}


{#- A duration setting in seconds. -#}
{%- macro seconds(name) -%}
    {{- return(ad_funnel.duration_seconds(ad_funnel.setting(name))) -}}
{%- endmacro -%}


{%- macro duration_seconds(duration) -%}
    {%- set number, unit = duration.split(' ') -%}
    {%- set sizes = {'second': 1, 'minute': 60, 'hour': 3600, 'day': 86400} -%}
    {{- return((number | int) * sizes[unit.rstrip('s')]) -}}
{%- endmacro -%}


{#-
    How a day of a raw table is told to have changed since it was read: by its rows and their load times, by its rows
    alone (for tables that are only ever appended to), or by the whole content of its rows. All of them order-free.
-#}
{%- macro stamps() -%}
    {{- return(['loaded_at', 'counts', 'fingerprint']) -}}
{%- endmacro -%}


{#- What logs and exports write where an id is missing; the last two are devices that do not want to be known. -#}
{%- macro marks_of_nothing() -%}
    {{- return([
        'NULL', 'Null', 'null', 'NONE', 'None', 'none', 'nil', 'NaN', 'nan', 'NaT', '<NA>', '<null>', '(null)', '(NULL)',
        '[NULL]', '\\N', 'N/A', 'n/a', '#N/A', '(not set)', '(not provided)', '(none)', '(unknown)', 'unknown', 'Unknown',
        'UNKNOWN', 'undefined', 'Undefined', 'UNDEFINED', '-', '--', '0', '0.0', '-1',
        '00000000-0000-0000-0000-000000000000', '00000000000000000000000000000000',
    ]) -}}
{%- endmacro -%}


{#- The currency of money that names none. -#}
{%- macro default_currency() -%}
    {%- set default = ad_funnel.setting('ad_funnel__default_currency') -%}
    {{- return(default or ad_funnel.setting('ad_funnel__reporting_currency')) -}}
{%- endmacro -%}


{#- The one clock, as text of a UTC timestamp: events beyond it have not happened yet. -#}
{%- macro as_of() -%}
    {{- return(ad_funnel.setting('ad_funnel__as_of') or run_started_at.strftime('%Y-%m-%d %H:%M:%S')) -}}
{%- endmacro -%}


{#-
    The windows of conversions in seconds: 'click' and 'view' for every type, then what single types override.
    The longest of each decides when a row is mature.
-#}
{%- macro conversion_windows() -%}
    {%- set default = {
        'click': ad_funnel.seconds('ad_funnel__click_window'),
        'view': ad_funnel.seconds('ad_funnel__view_window'),
    } -%}
    {%- set windows = {'default': default, 'types': {}, 'longest': dict(default)} -%}
    {%- for type, overrides in ad_funnel.setting('ad_funnel__conversion_windows').items() -%}
        {%- set of_type = dict(default) -%}
        {%- for touch, duration in overrides.items() -%}
            {%- do of_type.update({touch: ad_funnel.duration_seconds(duration)}) -%}
            {%- do windows.longest.update({touch: [windows.longest[touch], of_type[touch]] | max}) -%}
        {%- endfor -%}
        {%- do windows.types.update({type: of_type}) -%}
    {%- endfor -%}
    {{- return(windows) -}}
{%- endmacro -%}


{#-
    The raw tables that the user has mapped. It asks whether the var is there and does not read it: reading would
    run the `ref()` in it, and every model that asks would come to depend on the raw tables.
-#}
{%- macro mapped_tables() -%}
    {%- set mapped = [] -%}
    {%- for table in ad_funnel.raw_contract() if var.has_var('ad_funnel__' ~ table) -%}
        {%- do mapped.append(table) -%}
    {%- endfor -%}
    {{- return(mapped) -}}
{%- endmacro -%}


{#-
    True when the project runs alone on its demo seeds. One mapped table turns the demo off: nobody gets a funnel
    of their own impressions and the demo's clicks.
-#}
{%- macro is_demo() -%}
    {{- return(target.profile_name == 'ad_funnel' and ad_funnel.mapped_tables() | length == 0) -}}
{%- endmacro -%}


{#- Whether these raw tables are all there. What is not measured is NULL, not 0. -#}
{%- macro is_measured(tables) -%}
    {%- set missing = [] -%}
    {%- for table in tables if not var.has_var('ad_funnel__' ~ table) -%}
        {%- do missing.append(table) -%}
    {%- endfor -%}
    {{- return(missing | length == 0 or ad_funnel.is_demo()) -}}
{%- endmacro -%}
