{#-
    Checks on settings, before any SQL runs. Each error names the setting, shows what it holds and says what it may
    hold. `check_settings()` runs as the package's on-run-start hook, which dbt also renders while it parses: so a bad
    setting stops every dbt command, `show` and `run-operation` included.
-#}
{%- macro check_settings() -%}
    {%- do ad_funnel.check_dbt() -%}
    {%- set known = ad_funnel.settings() -%}
    {%- do ad_funnel.check_command_line(known) -%}

    {%- set scoped = var('ad_funnel', {}) -%}
    {%- if scoped is not mapping -%}
        {%- do ad_funnel.bad_setting('ad_funnel', scoped, 'a mapping of settings') -%}
    {%- endif -%}
    {%- for name in scoped if name not in known -%}
        {%- do ad_funnel.unknown_setting(name) -%}
    {%- endfor -%}

    {%- for name, about in known.items() if about.kind != 'relation' -%}
        {%- do ad_funnel.setting(name, known) -%}
    {%- endfor -%}

    {%- if execute -%}
        {%- if not ad_funnel.is_demo() and not (ad_funnel.mapped_tables() | select('in', [
            'impressions', 'clicks', 'conversions', 'spend', 'reports'
        ]) | list) -%}
            {%- do exceptions.raise_compiler_error(
                'ad_funnel has no events to read: none of the settings ad_funnel__impressions, ad_funnel__clicks, '
                ~ 'ad_funnel__conversions, ad_funnel__spend and ad_funnel__reports is set. Cure: name your tables in '
                ~ 'dbt_project.yml, '
                ~ 'such as\n  vars:\n    ad_funnel__impressions: "{{ ref(\'my_impressions\') }}"'
            ) -%}
        {%- endif -%}
        {%- do ad_funnel.check_model_names() -%}
    {%- endif -%}
{%- endmacro -%}


{#-
    Command-line settings are looked at raw: `var()` renders Jinja, so a check that called it first would run what it
    is to refuse. Relations come from project files only, where `ref()` and `source()` keep the lineage.
-#}
{%- macro check_command_line(known) -%}
    {%- for name, value in ad_funnel.vars_of_command_line().items() if (name | string).startswith('ad_funnel') -%}
        {%- set text = value | string -%}
        {%- if '{{' in text or '{%' in text or '{#' in text -%}
            {%- do ad_funnel.bad_setting(
                name, '(not shown: it holds Jinja)', 'a plain value: no Jinja on the command line'
            ) -%}
        {%- endif -%}
        {%- if name == 'ad_funnel' -%}
            {#- dbt does not look into it there, so the file's setting would win over the command line's. -#}
            {%- do ad_funnel.bad_setting(name, value, 'written setting by setting on the command line') -%}
        {%- endif -%}
        {%- if name not in known -%}
            {%- do ad_funnel.unknown_setting(name) -%}
        {%- endif -%}
        {%- if known[name].kind == 'relation' -%}
            {%- do ad_funnel.bad_setting(name, value, 'set in dbt_project.yml only, not on the command line') -%}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro -%}


{%- macro unknown_setting(name) -%}
    {%- do exceptions.raise_compiler_error(
        'ad_funnel does not know the setting ' ~ name ~ '. Cure: correct its name to one of '
        ~ ad_funnel.settings() | join(', ') ~ '.'
    ) -%}
{%- endmacro -%}


{%- macro bad_setting(name, value, expected) -%}
    {%- do exceptions.raise_compiler_error(
        'The setting ' ~ name ~ ' holds ' ~ (value if value is string else tojson(ad_funnel.without_dates(value)))
        ~ '. It must be ' ~ expected ~ '.'
    ) -%}
{%- endmacro -%}

{#- The same value with text for what JSON has no type for: YAML makes dates and times of 2025-03-01 12:00:00. -#}
{%- macro without_dates(value) -%}
    {%- if value is none or value is string or value is number or value is boolean -%}
        {{- return(value) -}}
    {%- elif value is mapping -%}
        {%- set copied = {} -%}
        {%- for key in value -%}
            {%- do copied.update({key | string: ad_funnel.without_dates(value[key])}) -%}
        {%- endfor -%}
        {{- return(copied) -}}
    {%- elif value is iterable -%}
        {%- set copied = [] -%}
        {%- for item in value -%}
            {%- do copied.append(ad_funnel.without_dates(item)) -%}
        {%- endfor -%}
        {{- return(copied) -}}
    {%- endif -%}
    {{- return(value | string) -}}
{%- endmacro -%}


{#- One setting against its kind. -#}
{%- macro check_setting(name, value, known) -%}
    {%- set kind = known.kind -%}
    {%- set listed = (value is sequence and value is not string and value is not mapping) -%}
    {%- set duration = '^[0-9]{1,6} (second|minute|hour|day)s?$' -%}

    {%- if kind == 'relation' -%}
        {%- if value is not string or not value.strip() or ';' in value or '--' in value -%}
            {%- do ad_funnel.bad_setting(
                name, value, 'one relation, such as "{{ ref(\'my_table\') }}" or "{{ source(\'ads\', \'my_table\') }}"'
            ) -%}
        {%- endif -%}

    {%- elif kind == 'column map' -%}
        {%- do ad_funnel.check_column_map(name, value, known.columns) -%}

    {%- elif kind == 'time zone' -%}
        {%- if value is not string or value not in ad_funnel.time_zones() -%}
            {%- do ad_funnel.bad_setting(name, value, 'the name of a time zone, such as UTC or Europe/Berlin') -%}
        {%- endif -%}

    {%- elif kind == 'currency' -%}
        {%- if value is not string or not modules.re.fullmatch('[A-Z]{3}', value) -%}
            {%- do ad_funnel.bad_setting(name, value, 'a currency code of three capital letters, such as EUR') -%}
        {%- endif -%}

    {%- elif kind == 'text' -%}
        {%- if not ad_funnel.is_plain_text(value) -%}
            {%- do ad_funnel.bad_setting(name, value, ad_funnel.plain_text_rule()) -%}
        {%- endif -%}

    {%- elif kind == 'text list' -%}
        {%- if not listed -%}
            {%- do ad_funnel.bad_setting(name, value, 'a list of texts') -%}
        {%- endif -%}
        {%- for text in value if not ad_funnel.is_plain_text(text) -%}
            {%- do ad_funnel.bad_setting(name, value, 'a list of texts, each ' ~ ad_funnel.plain_text_rule()) -%}
        {%- endfor -%}

    {%- elif kind == 'mark list' -%}
        {%- if not listed -%}
            {%- do ad_funnel.bad_setting(name, value, 'a list of texts') -%}
        {%- endif -%}
        {%- for mark in value if not ad_funnel.is_mark(mark) -%}
            {%- do ad_funnel.bad_setting(
                name, value, 'a list of texts, each quoted, of at most 100 letters, digits, signs (but quotes and ;) '
                ~ 'and blanks inside'
            ) -%}
        {%- endfor -%}

    {%- elif kind == 'timestamp' -%}
        {%- set clock = '([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]+)?)?( ?(UTC|Z|[+]00(:?00)?))?' -%}
        {%- if not modules.re.fullmatch('.{10}([ T]' ~ clock ~ ')?', value | string)
            or not ad_funnel.is_calendar_date((value | string)[:10]) -%}
            {%- do ad_funnel.bad_setting(name, value, 'a UTC time such as 2025-01-31 or 2025-01-31 18:00:00') -%}
        {%- endif -%}

    {%- elif kind == 'date' -%}
        {#- A day that somebody wrote as its midnight is a day. -#}
        {%- if not modules.re.fullmatch('.{10}( 00:00:00)?', value | string)
            or not ad_funnel.is_calendar_date((value | string)[:10]) -%}
            {%- do ad_funnel.bad_setting(name, value, 'a date such as 2025-01-31') -%}
        {%- endif -%}

    {%- elif kind == 'duration' -%}
        {%- if value is not string or not modules.re.fullmatch(duration, value) -%}
            {%- do ad_funnel.bad_setting(
                name, value, 'a duration: a whole number and second(s), minute(s), hour(s) or day(s), such as "30 days"'
            ) -%}
        {%- endif -%}

    {%- elif kind == 'positive duration' -%}
        {%- if value is not string or not modules.re.fullmatch(duration, value)
            or ad_funnel.duration_seconds(value) == 0 -%}
            {%- do ad_funnel.bad_setting(name, value, 'a duration longer than nothing, such as "7 days"') -%}
        {%- endif -%}

    {%- elif kind == 'count' -%}
        {%- if value is not integer or value < 0 or value > 1000000000 -%}
            {%- do ad_funnel.bad_setting(name, value, 'a whole number from 0 to 1000000000') -%}
        {%- endif -%}

    {%- elif kind == 'idle days' -%}
        {%- if value is not integer or value < 0 or value > 36500 -%}
            {%- do ad_funnel.bad_setting(name, value, 'a whole number of days from 0 to 36500') -%}
        {%- endif -%}

    {%- elif kind == 'positive count' -%}
        {%- if value is not integer or value < 1 or value > 10000 -%}
            {%- do ad_funnel.bad_setting(name, value, 'a whole number from 1 to 10000') -%}
        {%- endif -%}

    {%- elif kind == 'shares' -%}
        {%- set is_written = value is string and modules.re.fullmatch('[0-9]{1,3}(/[0-9]{1,3}){2}', value) -%}
        {%- if not is_written or value.split('/') | map('int') | sum != 100 -%}
            {%- do ad_funnel.bad_setting(
                name, value, 'three whole percentages that add up to 100, such as "40/20/40"'
            ) -%}
        {%- endif -%}

    {%- elif kind == 'boolean' -%}
        {%- if value is not boolean -%}
            {%- do ad_funnel.bad_setting(name, value, 'true or false') -%}
        {%- endif -%}

    {%- elif kind == 'choice' -%}
        {#- 4096.0 and true are equal to a choice of numbers, and would be written otherwise. -#}
        {%- if value is not string and value is not integer or value not in known.choices -%}
            {%- do ad_funnel.bad_setting(name, value, 'one of ' ~ known.choices | join(', ')) -%}
        {%- endif -%}

    {%- elif kind == 'choices' -%}
        {%- set strange = value | reject('in', known.choices) | list if listed else [] -%}
        {%- if not listed or strange or value | unique | list | length < value | length -%}
            {%- do ad_funnel.bad_setting(name, value, 'a list, each once, of some of ' ~ known.choices | join(', ')) -%}
        {%- endif -%}

    {%- elif kind == 'share' -%}
        {%- if value is boolean or value is not number or value < 0.0001 or value > 0.9999 or value != value -%}
            {%- do ad_funnel.bad_setting(name, value, 'a number from 0.0001 to 0.9999, such as 0.05') -%}
        {%- endif -%}

    {%- elif kind == 'experiment plans' -%}
        {%- do ad_funnel.check_experiment_plans(name, value) -%}

    {%- elif kind == 'texts by name' -%}
        {%- set expected = 'texts by plain names, such as {gclid: google_ads}' -%}
        {%- if value is not mapping -%}
            {%- do ad_funnel.bad_setting(name, value, expected) -%}
        {%- endif -%}
        {%- for key, text in value.items() -%}
            {%- set is_plain = modules.re.fullmatch('[A-Za-z_][A-Za-z0-9_]*', key | string) -%}
            {%- if not is_plain or not ad_funnel.is_plain_text(text) -%}
                {%- do ad_funnel.bad_setting(name, value, expected) -%}
            {%- endif -%}
        {%- endfor -%}

    {%- elif kind == 'text lists by platform' -%}
        {%- set expected = 'lists of sources by platform, such as {meta_ads: [facebook, fb]}' -%}
        {%- if value is not mapping -%}
            {%- do ad_funnel.bad_setting(name, value, expected) -%}
        {%- endif -%}
        {%- for platform, texts in value.items() -%}
            {%- set are_listed = texts is sequence and texts is not string and texts is not mapping -%}
            {%- if not ad_funnel.is_plain_text(platform) or not are_listed
                or texts | reject('string') | list or not texts -%}
                {%- do ad_funnel.bad_setting(name, value, expected) -%}
            {%- endif -%}
            {%- for text in texts if not ad_funnel.is_plain_text(text) -%}
                {%- do ad_funnel.bad_setting(name, value, expected) -%}
            {%- endfor -%}
        {%- endfor -%}

    {%- elif kind == 'series by platform' -%}
        {%- set expected = 'measured or reported by platform, such as {meta_ads: reported}' -%}
        {%- if value is not mapping -%}
            {%- do ad_funnel.bad_setting(name, value, expected) -%}
        {%- endif -%}
        {%- for platform, series in value.items()
            if not ad_funnel.is_plain_text(platform) or series not in ['measured', 'reported'] -%}
            {%- do ad_funnel.bad_setting(name, value, expected) -%}
        {%- endfor -%}

    {%- elif kind == 'windows by type' -%}
        {%- set expected = 'windows by conversion type, such as {purchase: {click: "7 days", view: "1 day"}}' -%}
        {%- if value is not mapping -%}
            {%- do ad_funnel.bad_setting(name, value, expected) -%}
        {%- endif -%}
        {%- for type, windows in value.items() -%}
            {%- if not ad_funnel.is_plain_text(type) or windows is not mapping -%}
                {%- do ad_funnel.bad_setting(name, value, expected) -%}
            {%- endif -%}
            {%- for touch, held in windows.items() -%}
                {%- if touch not in ['click', 'view'] or not modules.re.fullmatch(duration, held | string) -%}
                    {%- do ad_funnel.bad_setting(name, value, expected) -%}
                {%- endif -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro -%}


{#- What was decided before the experiments began, each by its name; every part may be left out. -#}
{%- macro check_experiment_plans(name, plans) -%}
    {%- set expected = 'plans by experiment, such as {new_headline: {control: old, shares: {old: 50, new: 50}}}' -%}
    {%- if plans is not mapping -%}
        {%- do ad_funnel.bad_setting(name, plans, expected) -%}
    {%- endif -%}
    {%- for experiment, plan in plans.items() -%}
        {%- set entry = name ~ '[' ~ experiment ~ ']' -%}
        {%- if not ad_funnel.is_plain_text(experiment) or plan is not mapping -%}
            {%- do ad_funnel.bad_setting(name, plans, expected) -%}
        {%- endif -%}
        {%- for key in plan if key not in ['control', 'shares', 'unit', 'starts', 'ends'] -%}
            {%- do ad_funnel.bad_setting(entry, key, 'made of the keys control, shares, unit, starts and ends') -%}
        {%- endfor -%}
        {%- if 'control' in plan -%}
            {%- do ad_funnel.check_setting(entry ~ '.control', plan.control, {'kind': 'text'}) -%}
        {%- endif -%}
        {%- if 'unit' in plan -%}
            {%- do ad_funnel.check_setting(
                entry ~ '.unit', plan.unit, {'kind': 'choice', 'choices': ['row', 'user']}
            ) -%}
        {%- endif -%}
        {%- for key in ['starts', 'ends'] if key in plan -%}
            {%- do ad_funnel.check_setting(entry ~ '.' ~ key, plan[key], {'kind': 'date'}) -%}
        {%- endfor -%}
        {%- if 'starts' in plan and 'ends' in plan and plan.starts | string > plan.ends | string -%}
            {%- do ad_funnel.bad_setting(entry ~ '.ends', plan.ends, 'no day before it starts') -%}
        {%- endif -%}
        {%- if 'shares' in plan -%}
            {%- set shares = plan.shares if plan.shares is mapping else {} -%}
            {%- set right = namespace(all=shares | length > 1) -%}
            {%- for variant, share in shares.items()
                if not ad_funnel.is_plain_text(variant) or share is boolean or share is not number
                or share <= 0 or share > 1000000 or share != share -%}
                {%- set right.all = false -%}
            {%- endfor -%}
            {%- if not right.all or plan.control is defined and plan.control not in shares -%}
                {%- do ad_funnel.bad_setting(
                    entry ~ '.shares', plan.shares,
                    'a number above 0 for each of two or more variants, the control among them, such as {a: 50, b: 50}'
                ) -%}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro -%}


{%- macro vars_of_command_line() -%}
    {%- set given = invocation_args_dict.get('vars') or {} -%}
    {{- return(fromyaml(given) if given is string else given) -}}
{%- endmacro -%}


{#-
    A column map: our name to the user's, or to a mapping that also says how the column is written. Whether the table
    has the column is checked when the table is read (raw_table.sql): it may not have been built before.
-#}
{%- macro check_column_map(name, value, columns) -%}
    {%- set on_command_line = ad_funnel.vars_of_command_line() -%}
    {%- if value is not mapping -%}
        {%- do ad_funnel.bad_setting(name, value, 'a mapping of our column names to yours, such as {user_id: uid}') -%}
    {%- endif -%}
    {%- for ours, theirs in value.items() -%}
        {%- set entry = name ~ '[' ~ ours ~ ']' -%}
        {%- if ours not in columns -%}
            {%- do ad_funnel.bad_setting(name, ours, 'made of our column names: ' ~ columns | join(', ')) -%}
        {%- endif -%}
        {%- set about = theirs if theirs is mapping else {'column': theirs} -%}
        {%- for key in about if key not in ['column', 'format', 'time_zone', 'divide_by', 'null_values'] -%}
            {%- do ad_funnel.bad_setting(
                entry, key, 'made of the keys column, format, time_zone, divide_by and null_values'
            ) -%}
        {%- endfor -%}

        {%- set kind = columns[ours].split(' required')[0] -%}
        {%- set named = about.column if 'column' in about else ours -%}
        {%- set is_list = kind == 'texts' and named is sequence and named is not string and named is not mapping -%}
        {%- if is_list and named | length == 0 -%}
            {%- do ad_funnel.bad_setting(entry, named, 'a column, or a list of one or more columns') -%}
        {%- endif -%}
        {#- It is looked up among the table's columns, and the name that was found is quoted: so nothing in it runs. -#}
        {#- (On the command line a name that is made to end a statement is no slip: it is refused.) -#}
        {%- for column in (named if is_list else [named])
            if column is not string or not column.strip() or column | length > 300
            or not modules.re.fullmatch('[^\\x00]+', column)
            or name in on_command_line and modules.re.search('[\\x00-\\x1f\\x7f;]', column) -%}
            {%- do ad_funnel.bad_setting(
                entry, column, 'the name of a column: at most 300 signs of any kind'
                ~ (' but ; and line breaks, which only project files may have' if name in on_command_line else '')
            ) -%}
        {%- endfor -%}
        {#- A count of seconds is an instant; which day that is depends on a time zone, and a date has none. -#}
        {%- set formats = ad_funnel.date_formats() + ([] if kind == 'date' else ad_funnel.epoch_formats()) -%}
        {%- if 'format' in about and (kind not in ['time', 'date'] or about.format not in formats) -%}
            {%- do ad_funnel.bad_setting(
                entry ~ '.format', about.format, 'on a time or date column, one of ' ~ formats | join(', ')
            ) -%}
        {%- endif -%}
        {%- if 'time_zone' in about and (kind != 'time' or about.time_zone not in ad_funnel.time_zones()) -%}
            {%- do ad_funnel.bad_setting(
                entry ~ '.time_zone', about.time_zone,
                'on a time column, the name of a time zone, such as Europe/Berlin'
            ) -%}
        {%- endif -%}
        {%- set powers = [1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000] -%}
        {%- set is_power = 'divide_by' in about and about.divide_by is integer and about.divide_by in powers -%}
        {%- if 'divide_by' in about and ('money' not in kind or about.divide_by != 'minor_unit' and not is_power) -%}
            {%- do ad_funnel.bad_setting(
                entry ~ '.divide_by', about.divide_by,
                'on a money column, a power of ten from 1 to 1000000000, or minor_unit'
            ) -%}
        {%- endif -%}
        {%- if 'null_values' in about -%}
            {%- do ad_funnel.check_setting(entry ~ '.null_values', about.null_values, {'kind': 'mark list'}) -%}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro -%}


{%- macro date_formats() -%}
    {{- return(['iso', 'day_first', 'month_first']) -}}
{%- endmacro -%}

{%- macro epoch_formats() -%}
    {{- return(['epoch_seconds', 'epoch_milliseconds', 'epoch_microseconds', 'epoch_nanoseconds']) -}}
{%- endmacro -%}


{#- YYYY-MM-DD, and a day that there is. -#}
{%- macro is_calendar_date(value) -%}
    {%- if not modules.re.fullmatch('(?!0000)[0-9]{4}-(0[1-9]|1[0-2])-[0-3][0-9]$', value | string) -%}
        {{- return(false) -}}
    {%- endif -%}
    {%- set year, month, day = (value | string).split('-') | map('int') -%}
    {%- set is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) -%}
    {%- set days = [31, 29 if is_leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] -%}
    {{- return(day >= 1 and day <= days[month - 1]) -}}
{%- endmacro -%}


{#- Text that may stand between quotes in any engine's SQL. -#}
{%- macro is_plain_text(value) -%}
    {%- set fits = value is string and modules.re.fullmatch('[\\w .,:/()+@#*<>=-]+', value) is not none -%}
    {{- return(fits and value | length <= 100 and value == value.strip()) -}}
{%- endmacro -%}

{#- Text that means nothing in some log; it is written out by `text_literal`, which knows backslashes. -#}
{%- macro is_mark(value) -%}
    {%- set fits = value is string
        and modules.re.fullmatch('[\\w .,:/()+@#*<>=%&!?$|~^\\[\\]\\\\-]+$', value) is not none -%}
    {{- return(fits and value | length <= 100 and value == value.strip()) -}}
{%- endmacro -%}

{%- macro plain_text_rule() -%}
    {{- return('a quoted text of at most 100 letters, digits, . , : / ( ) + @ # * < > = _ - and blanks inside') -}}
{%- endmacro -%}


{#-
    `ref('fct_ads__clicks')` in a package takes the model of that name in the user's own project, with no more than a
    warning. So a clash of names is an error.
-#}
{%- macro check_model_names() -%}
    {%- set models = graph.nodes.values() | selectattr('resource_type', 'in', ['model', 'seed', 'snapshot']) | list -%}
    {%- set ours = models | selectattr('package_name', 'equalto', 'ad_funnel') | map(attribute='name') | list -%}
    {%- for node in models if node.package_name != 'ad_funnel' and node.name in ours -%}
        {%- do exceptions.raise_compiler_error(
            'The ' ~ node.resource_type ~ ' ' ~ node.name ~ ' (' ~ node.original_file_path ~ ') has the name of one of '
            ~ 'ad_funnel, which would read it in place of its own. Cure: rename yours.'
        ) -%}
    {%- endfor -%}
{%- endmacro -%}
