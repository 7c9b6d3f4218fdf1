"""Settings are checked before any SQL runs: what may stand in them, and what a hostile command line comes to.

Most tests call `check_settings()` itself, on a parse that is made once. That dbt runs it while it parses, so in every
command and before anything else, is tested with real commands, at the end.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import harness
import pytest
import yaml
from faults import fault

STAGING = harness.REPO / "macros" / "staging"
SETTINGS = (STAGING / "settings.sql").read_text()
TABLES = re.findall(r"^ {8}'(\w+)': \{$", (STAGING / "raw_contract.sql").read_text(), re.MULTILINE)
KINDS = {
    **{f"ad_funnel__{table}": "relation" for table in TABLES},
    **{f"ad_funnel__{table}_columns": "column map" for table in TABLES},
    **dict(re.findall(r"'(ad_funnel__\w+)':\s*\{'kind': '([^']+)'", SETTINGS)),
}

MAPPED = {
    "ad_funnel__impressions": "{{ source('raw', 'impressions') }}",
    "ad_funnel__spend": "{{ source('raw', 'spend') }}",
}
ROWS = {
    "impressions": [{"impression_id": "i1", "impression_at": "2025-01-01", "ad_id": "a1", "cost": "7"}],
    "spend": [{"date_day": "2025-01-01", "amount": "5", "ad_id": "a1", "uid": "u1"}],
}


def frozen(folder: Path) -> harness.Project:
    """Parsed once, and of the package only the staging models kept: then a command takes a tenth of a second."""
    project = harness.on_raw_tables(folder, ROWS)
    project.settings({"ad_funnel": MAPPED})
    project.write("macros/hello.sql", "{% macro hello() %}{% do log('hello') %}{% endmacro %}")
    project.write("macros/check_defaults.sql", """{% macro check_defaults(changed={}) %}
        {%- for name, about in ad_funnel.settings().items() -%}
            {%- for value in [changed.get(name, about.default), about.get('demo')] if value is not none -%}
                {%- do ad_funnel.check_setting(name, value, about) -%}
            {%- endfor -%}
        {%- endfor -%}
    {% endmacro %}""")
    project.write("macros/say_times.sql", """{% macro say_times() %}
        {%- set plan = ad_funnel.plans_in_text({'exp': {'starts': modules.datetime.date(2024, 12, 31)}}).exp -%}
        {%- do log('as_of ' ~ ad_funnel.as_of() ~ ', earliest ' ~ ad_funnel.setting('ad_funnel__earliest_event')
            ~ ', starts ' ~ (plan.starts if plan.starts is string else ''), info=true) -%}
    {% endmacro %}""")
    project.freeze()
    kept = {key: node for key, node in project.manifest.nodes.items()
            if node.resource_type == "operation" or node.name.startswith("stg_ads__") and node.resource_type == "model"}
    project.manifest.nodes = kept
    project.manifest.unit_tests.clear()
    return project


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> harness.Project:
    """Nothing is ever built in it, and its project file never changes."""
    return frozen(tmp_path_factory.mktemp("settings"))


@pytest.fixture(scope="module")
def filed(project: harness.Project, tmp_path_factory: pytest.TempPathFactory) -> harness.Project:
    """For settings in the project file: every test writes its own. The parse is the other project's."""
    return replace(harness.on_raw_tables(tmp_path_factory.mktemp("filed"), ROWS), manifest=project.manifest)


def check(project: harness.Project, settings: dict | str | None = None) -> harness.Outcome:
    return project.dbt("run-operation", "ad_funnel.check_settings", variables=settings)


def refusal(outcome: harness.Outcome) -> tuple[str, str, str]:
    """The setting that the error names, what it shows of it, and what it says it may hold."""
    assert not outcome
    found = re.search(r"The setting (\S+) holds (.*?)\. It must be (.*)\.$", outcome.text, re.MULTILINE | re.DOTALL)
    assert found, outcome.text[-2000:]
    name, held, rest = found.groups()
    return name, re.sub(r"\n +", "\n", held), rest.split(".\n")[0]


def tables(project: harness.Project) -> dict[str, int]:
    """Every table and view of the warehouse, with its number of rows."""
    rows = project.sql("""
        select schema_name || '.' || table_name as name, estimated_size as n from duckdb_tables()
        union all
        select schema_name || '.' || view_name, null from duckdb_views() where not internal
    """)
    return {row["name"]: row["n"] for row in rows}


UNTOUCHED = {f"raw.{table}": len(rows) for table, rows in ROWS.items()}

# ----------------------------------------------------------------------------------------------- wrong values, by kind

ON_COLUMNS = "ad_funnel__impressions_columns"

WRONG: dict[str, tuple[str, str, list[Any]]] = {  # kind -> one setting, what the error says it may hold, wrong values
    "duration": ("ad_funnel__click_window", 'a duration: a whole number and second(s), minute(s), hour(s) or day(s)', [
        "a while", "30", 30, "", "-1 days", "1.5 days", "30 weeks", "1000000000 days", "30 days\n", True, ["30 days"],
    ]),
    "count": ("ad_funnel__absurd_cost", "a whole number from 0 to 1000000000", [-1, 1.5, "20", True, [20], 10**30]),
    "positive duration": ("ad_funnel__training_window", "a duration longer than nothing", [
        "0 days", "00 seconds", "a while", "7", 7, "", "-1 days", "1.5 days", True, ["7 days"],
    ]),
    "idle days": ("ad_funnel__idle_days", "a whole number of days from 0 to 36500", [
        -1, 36501, 1.5, "30", "30 days", True, [30],
    ]),
    "positive count": ("ad_funnel__max_touches", "a whole number from 1 to 10000", [
        0, -1, 10001, 1.5, "20", True, [20],
    ]),
    "shares": ("ad_funnel__position_shares", "three whole percentages that add up to 100", [
        "40/20/41", "40/60", "40/20/20/20", "-10/70/40", "0.4/0.2/0.4", "40/ 20/40", "", 100, [40, 20, 40],
        "40/20/40\n",
    ]),
    "share": ("ad_funnel__significance_level", "a number from 0.0001 to 0.9999", [
        0, 1, 5, -0.05, 0.99991, "0.05", "5 %", True, [0.05], {"level": 0.05},
    ]),
    "experiment plans": ("ad_funnel__experiment_plans", "plans by experiment", [
        "exp", 1, ["exp"], {"exp": "control"}, {"exp": None}, {"exp": ["control"]}, {1: {}}, {"it's": {}}, {"": {}},
    ]),
    "boolean": ("ad_funnel__partial_money_metrics", "true or false", ["true", 1, [True]]),
    "choice": ("ad_funnel__clicks_keep", "one of earliest_event, latest_load", [
        "EARLIEST_EVENT", "", 1, ["latest_load"],
    ]),
    "choices": ("ad_funnel__breakdowns", "a list, each once, of some of placement, device_type, country, hour_of_day", [
        "country", ["planet"], ["country", "country"], ["Country"], {"country": 1}, [["country"]],
    ]),
    "time zone": ("ad_funnel__reporting_time_zone", "the name of a time zone, such as UTC or Europe/Berlin", [
        "Berlin", "europe/berlin", "UTC+1", "", 1, ["UTC"],
    ]),
    "currency": ("ad_funnel__reporting_currency", "a currency code of three capital letters, such as EUR", [
        "eur", "EURO", "E1R", "€€€", "EUR\n", "", 978, ["EUR"],
    ]),
    "text": ("ad_funnel__default_platform", "a quoted text of at most 100 letters", [
        "it's", 'a"b', "a;b", "a\\b", "a\nb", "x" * 101, "", "  ", " ads", 7, ["ads"],
    ]),
    "text list": ("ad_funnel__primary_conversion_types", "a list of texts", [
        "purchase", [1], ["it's"], [["purchase"]], {"purchase": 1}, ["purchase", ""],
    ]),
    "mark list": ("ad_funnel__null_ids", "a list of texts", [
        "NULL", [0], ["it's"], ['a"b'], ["a;b"], ["a\nb"], [["NULL"]], {"NULL": 1}, ["NULL", ""], [" NULL"],
        ["x" * 101],
    ]),
    "timestamp": ("ad_funnel__as_of", "a UTC time such as 2025-01-31 or 2025-01-31 18:00:00", [
        "now", "2025-01-31 18", "2025-01-31 18:00:00+02:00", "2025-01-31 18:00 CET", "2025-01-31T",
        "31.01.2025", "", 20250131,
        "2025-02-30", "2025-01-31 25:00:00", "2025-01-31 18:60:00", "2025-01-31 ", "0000-01-01",
    ]),
    "date": ("ad_funnel__earliest_event", "a date such as 2025-01-31", [
        "31.01.2025", "2025-1-31", "2025-01-31 18:00:00", "", 20250131, "2025-02-29", "1900-02-29", "2025-04-31",
        "2025-13-01",
    ]),
    "windows by type": ("ad_funnel__conversion_windows", "windows by conversion type, such as", [
        "7 days", ["purchase"], {"purchase": "7 days"}, {"purchase": {"hover": "1 day"}},
        {"purchase": {"click": "a while"}}, {"purchase": {"click": 7}}, {"it's": {"click": "1 day"}},
        {1: {"click": "1 day"}},
    ]),
    "texts by name": ("ad_funnel__click_id_platforms", "texts by plain names, such as", [
        "gclid", ["gclid"], {"it's": "google"}, {1: "google"}, {"gclid": 1}, {"gclid": "it's"}, {"gclid": ""},
    ]),
    "text lists by platform": ("ad_funnel__utm_sources", "lists of sources by platform, such as", [
        "facebook", ["facebook"], {"meta": "facebook"}, {"meta": []}, {"meta": [1]}, {"meta": ["it's"]},
        {"it's": ["facebook"]}, {1: ["facebook"]}, {"meta": [["facebook"]]}, {"meta": {"facebook": 1}},
    ]),
    "series by platform": ("ad_funnel__best_series", "measured or reported by platform, such as", [
        "reported", ["reported"], {"ads": "best"}, {"ads": ["reported"]}, {"it's": "reported"}, {1: "reported"},
    ]),
    "column map": (ON_COLUMNS, "a mapping of our column names to yours, such as", ["user_id", ["user_id"], 7, True]),
}


def id_of(value: Any) -> str:
    return repr(value)[:40]


@pytest.mark.parametrize(("kind", "value"), [(k, v) for k, (_, _, vs) in WRONG.items() for v in vs], ids=id_of)
def test_wrong_value_is_refused(project: harness.Project, kind: str, value: Any) -> None:
    setting, expected, _ = WRONG[kind]
    name, held, allowed = refusal(check(project, {setting: value}))
    assert name == setting
    assert held == value if isinstance(value, str) else yaml.safe_load(held) == as_json(value)
    assert expected in allowed


def as_json(value: Any) -> Any:
    """Keys of a mapping are text there."""
    return {str(key): as_json(held) for key, held in value.items()} if isinstance(value, dict) else value


# What the error says of an entry of a column map: the entry, what it shows, what may stand there.
NAME_RULE = "the name of a column: at most 300 signs of any kind but ; and line breaks"
FORMAT_RULE = "on a time or date column, one of iso, day_first, month_first, epoch_seconds"
ZONE_RULE = "on a time column, the name of a time zone"
MONEY_RULE = "on a money column, a power of ten from 1 to 1000000000, or minor_unit"
TEXTS_RULE = "a list of texts"
KEYS_RULE = "made of the keys column, format, time_zone, divide_by and null_values"

WRONG_ENTRIES: list[tuple[Any, str, Any, str]] = [
    ({"uid": "user_id"}, "", "uid", "made of our column names: impression_id, impression_at, ad_id"),
    ({"pattern": "p"}, "", "pattern", "made of our column names"),
    ({"user_id": {"colum": "uid"}}, "[user_id]", "colum", KEYS_RULE),
    ({"user_id": {"column": "uid", "type": "text"}}, "[user_id]", "type", KEYS_RULE),
    *(({"user_id": column}, "[user_id]", column, NAME_RULE)
      for column in ["a;b", "", "  ", "a\nb", "a\rb", "a\x00b", "x" * 301, 7, True, ["uid"]]),
    ({"user_id": {"column": "a;b"}}, "[user_id]", "a;b", NAME_RULE),
    ({"impression_at": {"format": "%d/%m/%Y"}}, "[impression_at].format", "%d/%m/%Y", FORMAT_RULE),
    ({"impression_at": {"format": ["iso"]}}, "[impression_at].format", ["iso"], FORMAT_RULE),
    ({"user_id": {"format": "iso"}}, "[user_id].format", "iso", FORMAT_RULE),
    ({"impression_at": {"time_zone": "Berlin"}}, "[impression_at].time_zone", "Berlin", ZONE_RULE),
    ({"impression_at": {"time_zone": 1}}, "[impression_at].time_zone", 1, ZONE_RULE),
    ({"user_id": {"time_zone": "UTC"}}, "[user_id].time_zone", "UTC", ZONE_RULE),
    *(({"cost": {"divide_by": divisor}}, "[cost].divide_by", divisor, MONEY_RULE)
      for divisor in [7, 0, -100, "100", "a hundred", 10_000_000_000, 1_000_000.0, 0.1, [100], True]),
    ({"user_id": {"divide_by": 100}}, "[user_id].divide_by", 100, MONEY_RULE),
    ({"user_id": {"divide_by": "minor_unit"}}, "[user_id].divide_by", "minor_unit", MONEY_RULE),
    ({"user_id": {"null_values": "-"}}, "[user_id].null_values", "-", TEXTS_RULE),
    ({"user_id": {"null_values": [0]}}, "[user_id].null_values", [0], TEXTS_RULE),
    ({"user_id": {"null_values": ["it's"]}}, "[user_id].null_values", ["it's"], TEXTS_RULE),
]


@pytest.mark.parametrize(("columns", "entry", "shown", "expected"), WRONG_ENTRIES, ids=id_of)
def test_wrong_entry_of_a_column_map_is_refused(
    project: harness.Project, columns: Any, entry: str, shown: Any, expected: str
) -> None:
    name, held, allowed = refusal(check(project, {ON_COLUMNS: columns}))
    assert name == ON_COLUMNS + entry
    assert held == shown if isinstance(shown, str) else yaml.safe_load(held) == shown
    assert expected in allowed


@pytest.mark.parametrize("value", [float("inf"), float("nan"), 0.00001])
def test_a_number_that_yaml_and_json_write_otherwise_is_refused(project: harness.Project, value: float) -> None:
    name, _, allowed = refusal(check(project, {"ad_funnel__significance_level": value}))
    assert (name, allowed.split(",")[0]) == ("ad_funnel__significance_level", "a number from 0.0001 to 0.9999")


@pytest.mark.parametrize("plan, entry, expected", [
    ({"kontrol": "a"}, "", "made of the keys control, shares, unit, starts and ends"),
    ({"control": "it's"}, ".control", "a quoted text"),
    ({"control": 1}, ".control", "a quoted text"),
    ({"unit": "session"}, ".unit", "one of row, user"),
    ({"starts": "soon"}, ".starts", "a date"),
    ({"ends": "2025-02-30"}, ".ends", "a date"),
    ({"starts": "2025-02-02", "ends": "2025-02-01"}, ".ends", "no day before it starts"),
    ({"shares": "50/50"}, ".shares", "a number above 0 for each of two or more variants"),
    ({"shares": {"a": 100}}, ".shares", "two or more variants"),
    ({"shares": {"a": 100, "b": 0}}, ".shares", "a number above 0"),
    ({"shares": {"a": 100, "b": "50"}}, ".shares", "a number above 0"),
    ({"shares": {"a": 100, "b": True}}, ".shares", "a number above 0"),
    ({"shares": {"a": 100, "b": float("nan")}}, ".shares", "a number above 0"),
    ({"shares": {"a": 100, "b'": 1}}, ".shares", "a number above 0"),
    ({"shares": {"a": 1, "b": 1}, "control": "c"}, ".shares", "the control among them"),
])
def test_parts_of_plans_are_checked(project: harness.Project, plan: dict[str, Any], entry: str, expected: str) -> None:
    name, _, allowed = refusal(check(project, {"ad_funnel__experiment_plans": {"exp": plan}}))
    assert name == "ad_funnel__experiment_plans[exp]" + entry
    assert expected in allowed


@pytest.mark.parametrize("time_format", ["epoch_seconds", "epoch_milliseconds", "epoch_microseconds"])
def test_format_that_gives_no_calendar_date_is_refused_on_a_date(project: harness.Project, time_format: str) -> None:
    """A count of seconds is an instant; which day that is depends on a time zone, and a date has none."""
    name, held, _ = refusal(check(project, {"ad_funnel__spend_columns": {"date_day": {"format": time_format}}}))
    assert (name, held) == ("ad_funnel__spend_columns[date_day].format", time_format)


RIGHT: dict[str, list[Any]] = {
    "duration": ["1 second", "90 minutes", "0 days", "999999 hours", "1 days"],
    "count": [0, 1, 1_000_000],
    "positive duration": ["1 second", "365 days"],
    "idle days": [0, 30, 36_500],
    "positive count": [1, 10_000],
    "shares": ["40/20/40", "0/0/100", "34/33/33"],
    "share": [0.05, 0.0001, 0.9999],
    "experiment plans": [
        {}, {"exp": {}},
        {"exp": {"control": "Größe (a)", "shares": {"Größe (a)": 0.5, "b": 99.5}, "unit": "user",
                 "starts": "2025-01-01", "ends": "2025-01-01"}, "other": {"unit": "row"}},
    ],
    "boolean": [True, False],
    "choice": ["latest_load"],
    "choices": [[], ["country"], ["country", "placement", "device_type"]],
    "time zone": ["UTC", "America/Argentina/Buenos_Aires", "Etc/GMT+5"],
    "currency": ["JPY"],
    "text": ["Größe, 名 (a/b) <c>", "x" * 100],
    "text list": [[], ["purchase", "Sign-Up"]],
    "mark list": [[], ["NULL", "\\N", "(not set)", "名", "100%"]],
    "timestamp": ["2025-01-31", "2024-02-29 23:59:59", "2025-01-31T18:00:00Z", "2025-01-31 18:00",
                  "2025-01-31 18:00:00.5 UTC", "2025-01-31 18:00:00+00:00"],
    "date": ["2024-02-29", "2000-02-29", "1999-12-31"],
    "windows by type": [{}, {"purchase": {"click": "7 days"}, "sign_up": {"click": "1 day", "view": "2 hours"}}],
    "texts by name": [{}, {"gclid": "Google Ads", "ScCid": "snapchat"}],
    "text lists by platform": [{}, {"meta_ads": ["Facebook Ads", "fb"], "Größe": ["g"]}],
    "series by platform": [{}, {"meta_ads": "reported", "Größe": "measured"}],
    "column map": [
        {},
        {"user_id": "Größe in cm", "ad_id": {"column": "_a.b$c-d"}},
        {"impression_at": {"format": "month_first", "time_zone": "Asia/Kathmandu"}, "loaded_at": {}},
        {"cost": {"divide_by": 1_000_000_000, "null_values": ["-", "N/A", "(none)", "\\N", "#N/A", "100%", "[null]"]}},
        {"cost": {"divide_by": "minor_unit"}},
        {"user_id": 'a"b', "ad_id": "a'b", "cost": "Amount spent (EUR)", "platform": "24h clicks", "country": " a/b"},
        {"user_id": "Cost / conv.", "ad_id": "-- uid", "cost": "`", "platform": "\\", "country": "100 % of $1, ${x}"},
        {"impression_at": {"format": "epoch_nanoseconds"}},
    ],
}


@pytest.mark.parametrize("turn", range(max(map(len, RIGHT.values()))))
def test_right_values_are_accepted(project: harness.Project, turn: int) -> None:
    """The next value of each kind, all at once."""
    outcome = check(project, {WRONG[kind][0]: values[turn % len(values)] for kind, values in RIGHT.items()})
    assert outcome, outcome.text[-2000:]


TIMES = {  # as YAML writes them -> the clock
    "2025-01-31": "2025-01-31", '"2025-01-31"': "2025-01-31", "2025-01-31 18:00:00": "2025-01-31 18:00:00",
    "2025-01-31T18:00:00": "2025-01-31 18:00:00", "2025-01-31T18:00:00Z": "2025-01-31 18:00:00",
    '"2025-01-31T18:00:00Z"': "2025-01-31 18:00:00", "2025-01-31 18:00:00.25": "2025-01-31 18:00:00",
    '"2025-01-31 18:00"': "2025-01-31 18:00:00", '"2025-01-31 18:00:00 UTC"': "2025-01-31 18:00:00",
}


@pytest.mark.parametrize("written", TIMES)
@pytest.mark.parametrize("place", ["command line", "project file"])
def test_time_of_a_setting_is_one_text(
    project: harness.Project, filed: harness.Project, written: str, place: str
) -> None:
    """Without quotes it is a date or time to YAML; models and macros get our text."""
    settings = f"{{ad_funnel__as_of: {written}, ad_funnel__earliest_event: 2024-01-01}}"
    if place == "command line":
        outcome = project.dbt("run-operation", "say_times", variables=settings)
    else:
        filed.settings(MAPPED | yaml.safe_load(settings))
        outcome = filed.dbt("run-operation", "say_times")
    assert f"as_of {TIMES[written]}, earliest 2024-01-01, starts 2024-12-31" in outcome.text, outcome.text[-2000:]


@pytest.mark.parametrize("size", [4096.0, 256.0, True, "4096"])
def test_a_choice_of_numbers_is_never_half_taken(project: harness.Project, size: Any) -> None:
    """4096.0 is equal to 4096, and would be written as it is."""
    assert refusal(check(project, {"ad_funnel__sketch_size": size}))[0] == "ad_funnel__sketch_size"
    assert refusal(check(project, {"ad_funnel__max_touches": 20.0}))[0] == "ad_funnel__max_touches"


# ------------------------------------------------------------------------------------ every setting, those to come too

SQL = "1 day'); create table raw.hacked as select 1 as a; drop table raw.impressions; --"
# What is left when the Jinja has run looks harmless.
JINJA = "{% if execute %}{% do run_query('create table raw.hacked as select 1 as a') %}{% endif %}1 day"
ONE_OF_EACH_KIND = sorted({kind: name for name, kind in KINDS.items()}.values())


def in_shape(name: str, text: str) -> Any:
    """The text where a setting of that kind holds text."""
    columns = {"ad_funnel__exchange_rates_columns": "rate", "ad_funnel__bot_patterns_columns": "pattern",
               "ad_funnel__visits_columns": "channel", "ad_funnel__assignments_columns": "variant"}
    return {
        "column map": {columns.get(name, "platform"): {"column": text}},
        "text list": [text],
        "mark list": [text],
        "choices": [text],
        "windows by type": {"purchase": {"click": text}},
        "texts by name": {"gclid": text},
        "text lists by platform": {"meta": [text]},
        "experiment plans": {"exp": {"control": text}},
        "series by platform": {"ads": text},
    }.get(KINDS[name], text)


def test_names_of_settings_are_all_found(project: harness.Project) -> None:
    """What these tests read in the macros' text is what the package knows."""
    outcome = check(project, {"ad_funnel__no_such": 1})
    listed = re.search(r"to one of (.*?)\.", outcome.text, re.DOTALL)
    assert listed and sorted(listed[1].split(", ")) == sorted(KINDS)


def test_every_kind_is_tested() -> None:
    assert set(KINDS.values()) == {*WRONG, "relation"} == {*RIGHT, "relation"}


@fault(61)
@pytest.mark.parametrize("name", KINDS)
def test_sql_on_the_command_line_is_refused(project: harness.Project, name: str) -> None:
    refused, held, _ = refusal(check(project, {name: in_shape(name, SQL)}))
    assert re.sub(r"\[(platform|rate|pattern|channel|variant)\]$|\[exp\]\.control$", "", refused) == name
    assert "drop table raw.impressions" in held
    assert tables(project) == UNTOUCHED


@fault(61)
@pytest.mark.parametrize("name", KINDS)
def test_jinja_on_the_command_line_is_refused(project: harness.Project, name: str) -> None:
    refused, held, allowed = refusal(check(project, {name: in_shape(name, JINJA)}))
    assert (refused, held) == (name, "(not shown: it holds Jinja)")
    assert allowed == "a plain value: no Jinja on the command line"
    assert tables(project) == UNTOUCHED


@pytest.mark.parametrize("name", ONE_OF_EACH_KIND)
def test_nested_jinja_on_the_command_line_is_refused(project: harness.Project, name: str) -> None:
    refused, held, _ = refusal(check(project, {"ad_funnel": {name: in_shape(name, JINJA)}}))
    assert (refused, held) == ("ad_funnel", "(not shown: it holds Jinja)")
    assert tables(project) == UNTOUCHED


@pytest.mark.parametrize("name", ONE_OF_EACH_KIND)
def test_nested_sql_on_the_command_line_is_refused(project: harness.Project, name: str) -> None:
    refused, held, _ = refusal(check(project, {"ad_funnel": {name: in_shape(name, SQL)}}))
    assert refused == "ad_funnel"
    assert "drop table raw.impressions" in held
    assert tables(project) == UNTOUCHED


@pytest.mark.parametrize("value", [
    "{{ target.schema }}", "{% set a = 1 %}1 day", "{# 1 #}1 day", {"{{ 1 }}": {"click": "1 day"}},
    {"purchase": {"{{ 1 }}": "1 day"}}, ["{{ 1 }}"],
], ids=id_of)
def test_jinja_is_seen_wherever_it_stands(project: harness.Project, value: Any) -> None:
    assert refusal(check(project, {"ad_funnel__conversion_windows": value}))[1] == "(not shown: it holds Jinja)"


def test_jinja_behind_escapes_of_yaml_is_refused(project: harness.Project) -> None:
    settings = r'{ad_funnel__click_window: "\x7b\u007b run_query(1) }}1 day"}'
    assert refusal(check(project, settings))[1] == "(not shown: it holds Jinja)"


def test_jinja_in_place_of_all_nested_settings_is_refused(project: harness.Project) -> None:
    assert refusal(check(project, {"ad_funnel": JINJA}))[:2] == ("ad_funnel", "(not shown: it holds Jinja)")
    assert tables(project) == UNTOUCHED


def test_relation_on_the_command_line_is_refused(project: harness.Project) -> None:
    refused, held, allowed = refusal(check(project, {"ad_funnel__clicks": "raw.other"}))
    assert (refused, held) == ("ad_funnel__clicks", "raw.other")
    assert allowed == "set in dbt_project.yml only, not on the command line"


def test_only_the_checked_macros_read_vars() -> None:
    """A `var()` elsewhere would run the Jinja in it before it is refused. (`var(--name)` is a colour of the report's.)"""
    allowed = {STAGING / "settings.sql", STAGING / "check_settings.sql"}
    files = [path for folder in ("macros", "models", "tests") for path in (harness.REPO / folder).rglob("*.sql")]
    readers = {
        path for path in [*files, harness.REPO / "dbt_project.yml"]
        if re.search(r"\bvar\s*([.]|[(](?!--|[$]))", re.sub(r"\{#.*?#\}", "", path.read_text(), flags=re.DOTALL))
    }
    assert readers == allowed


# ------------------------------------------------------------------------------------------- what stands in which file

@pytest.mark.parametrize("settings, name, held", [
    ("{ad_funnel__as_of: 2026-11-30 18:00:00+02:00}", "ad_funnel__as_of", "2026-11-30 18:00:00+02:00"),
    ("{ad_funnel__experiment_plans: {x: {starts: 2025-03-01 12:00:00}}}", "ad_funnel__experiment_plans[x].starts",
     "2025-03-01 12:00:00"),
])
def test_times_of_yaml_are_shown_where_they_are_refused(
    project: harness.Project, settings: str, name: str, held: str
) -> None:
    """JSON has no type for what YAML makes of them."""
    assert refusal(check(project, settings))[:2] == (name, f'"{held}"')


def error_of(outcome: harness.Outcome) -> str:
    assert not outcome
    return outcome.text


def unknown_of(outcome: harness.Outcome) -> str:
    assert not outcome
    found = re.search(r"ad_funnel does not know the setting (\S+)\. Cure: correct its name to one of ", outcome.text)
    assert found, outcome.text[-2000:]
    return found[1]


def test_unknown_setting_on_the_command_line_is_refused(project: harness.Project) -> None:
    assert unknown_of(check(project, {"ad_funnel__clik_window": "1 day"})) == "ad_funnel__clik_window"


def test_unknown_setting_in_the_packages_scope_is_refused(filed: harness.Project) -> None:
    filed.settings(MAPPED | {"ad_funnel": {"ad_funnel__clik_window": "1 day"}})
    assert unknown_of(check(filed)) == "ad_funnel__clik_window"


def test_short_name_in_the_packages_scope_is_refused(filed: harness.Project) -> None:
    filed.settings(MAPPED | {"ad_funnel": {"click_window": "1 day"}})
    assert unknown_of(check(filed)) == "click_window"


def test_scope_that_is_no_mapping_is_refused(filed: harness.Project) -> None:
    filed.settings(MAPPED | {"ad_funnel": ["1 day"]})
    assert refusal(check(filed)) == ("ad_funnel", '["1 day"]', "a mapping of settings")


@pytest.mark.parametrize("scope", ["top", "nested"])
def test_wrong_value_in_the_project_file_is_refused(filed: harness.Project, scope: str) -> None:
    wrong = {"ad_funnel__click_window": "a while"}
    filed.settings(MAPPED | (wrong if scope == "top" else {"ad_funnel": wrong}))
    assert refusal(check(filed))[:2] == ("ad_funnel__click_window", "a while")


@pytest.mark.parametrize("value", [5, "", "  ", ["raw.impressions"], "raw.impressions; drop table raw.spend",
                                   "raw.impressions -- all of it"], ids=id_of)
def test_wrong_relation_is_refused(filed: harness.Project, value: Any) -> None:
    filed.settings(MAPPED | {"ad_funnel__impressions": value})
    name, held, allowed = refusal(filed.dbt("run", "--select", "stg_ads__impressions"))
    assert name == "ad_funnel__impressions"
    assert held == value if isinstance(value, str) else yaml.safe_load(held) == value
    assert allowed.startswith("one relation, such as")
    assert tables(filed).keys() >= UNTOUCHED.keys()


def test_blank_relation_is_refused(filed: harness.Project) -> None:
    """`ad_funnel__clicks:` with nothing behind it: neither a table nor the word that there is none."""
    filed.settings(MAPPED | {"ad_funnel__clicks": None})
    outcome = filed.dbt("run", "--select", "stg_ads__clicks")
    assert refusal(outcome)[0] == "ad_funnel__clicks"


def test_every_default_is_what_its_setting_may_hold(project: harness.Project) -> None:
    """They are not checked when they are read."""
    assert project.dbt("run-operation", "check_defaults")
    changed = {"changed": {"ad_funnel__null_ids": ["a;b"]}}
    assert refusal(project.dbt("run-operation", "check_defaults", "--args", json.dumps(changed)))[0] == "ad_funnel__null_ids"


def platform_of(project: harness.Project, settings: dict | None = None) -> str:
    outcome = project.dbt("run", "--select", "stg_ads__impressions", variables=settings)
    assert outcome, outcome.text[-2000:]
    return project.sql("select platform from main_ads_staging.stg_ads__impressions")[0]["platform"]


def test_setting_in_the_packages_scope_works(filed: harness.Project) -> None:
    filed.settings(MAPPED | {"ad_funnel": {"ad_funnel__default_platform": "scoped"}})
    assert platform_of(filed) == "scoped"


def test_relations_in_the_packages_scope_keep_the_lineage(project: harness.Project) -> None:
    staged = project.manifest.nodes["model.ad_funnel.stg_ads__impressions"]
    assert staged.depends_on.nodes == ["source.consumer.raw.impressions"]


@pytest.mark.parametrize("scope", ["top", "nested"])
def test_command_line_beats_the_project_file(filed: harness.Project, scope: str) -> None:
    setting = {"ad_funnel__default_platform": "file"}
    filed.settings(MAPPED | (setting if scope == "top" else {"ad_funnel": setting}))
    assert platform_of(filed, {"ad_funnel__default_platform": "command line"}) == "command line"


@pytest.mark.parametrize("settings", [{"ad_funnel__default_platform": "cli"}, {}, "ads", None], ids=id_of)
def test_command_line_takes_no_scope(project: harness.Project, settings: Any) -> None:
    """dbt would read it after the project file's settings, so it could not win."""
    name, _, allowed = refusal(check(project, {"ad_funnel": settings}))
    assert (name, allowed) == ("ad_funnel", "written setting by setting on the command line")


# -------------------------------------------------------------------------------------------------- tables and columns

def test_missing_table_is_named_with_its_setting(filed: harness.Project) -> None:
    filed.settings(MAPPED | {"ad_funnel__impressions": "warehouse.raw.nowhere"})
    error = error_of(filed.dbt("run", "--select", "stg_ads__impressions"))
    assert "The table warehouse.raw.nowhere, named by the setting ad_funnel__impressions, does not exist." in error


@pytest.mark.parametrize("relation", [
    "raw.impressions", "warehouse.raw.impressions", '"warehouse"."raw"."impressions"',
    '"Warehouse"."RAW"."Impressions"', "(select * from raw.impressions)", "query('from raw.impressions')",
])
def test_table_that_is_there_is_found(filed: harness.Project, relation: str) -> None:
    """However it is written, and where no table is named at all it is the engine's business."""
    filed.settings(MAPPED | {"ad_funnel__impressions": relation})
    filed.run("--select", "stg_ads__impressions")
    assert filed.sql("select impression_id from main_ads_staging.stg_ads__impressions") == [{"impression_id": "i1"}]


def test_source_that_was_never_loaded_is_named_with_its_setting(filed: harness.Project) -> None:
    filed.settings(MAPPED)
    filed.execute("alter table raw.spend rename to spend_elsewhere")
    outcome = filed.dbt("run", "--select", "stg_ads__spend")
    filed.execute("alter table raw.spend_elsewhere rename to spend")
    assert re.search(r"The table \S*spend\S*, named by the setting ad_funnel__spend, does not exist", error_of(outcome))


def test_mapped_column_that_the_table_lacks_is_named(filed: harness.Project) -> None:
    filed.settings(MAPPED | {"ad_funnel__spend_columns": {"campaign_id": "cid"}})
    error = error_of(filed.dbt("run", "--select", "stg_ads__spend"))
    assert re.search(r"The table \S*spend\S* has no column cid, which ad_funnel reads as campaign_id\.", error)
    assert "It has date_day, amount, ad_id, uid." in error
    assert "Cure: name the right one in the setting ad_funnel__spend_columns" in error


def test_mapped_column_is_not_replaced_by_the_one_of_our_name(filed: harness.Project) -> None:
    filed.settings(MAPPED | {"ad_funnel__spend_columns": {"ad_id": "creative"}})
    assert "has no column creative, which ad_funnel reads as ad_id" in error_of(
        filed.dbt("run", "--select", "stg_ads__spend"))


def test_required_column_that_the_table_lacks_is_named(filed: harness.Project) -> None:
    filed.settings(MAPPED | {"ad_funnel__clicks": "{{ source('raw', 'spend') }}"})
    error = error_of(filed.dbt("run", "--select", "stg_ads__clicks"))
    assert "has no column click_id, which ad_funnel reads as click_id." in error
    assert "in the setting ad_funnel__clicks_columns, such as {click_id: your_column}." in error


def test_number_column_needs_a_format_to_be_a_time(filed: harness.Project) -> None:
    filed.execute("create or replace table raw.counted as select 1 as impression_id, 1735689600 as ts, 1 as ad_id")
    filed.settings(MAPPED | {"ad_funnel__impressions": "raw.counted",
                             "ad_funnel__impressions_columns": {"impression_at": "ts"}})
    error = error_of(filed.dbt("run", "--select", "stg_ads__impressions"))
    assert "The setting ad_funnel__impressions_columns[impression_at] reads the number column ts as a time." in error
    assert "such as {column: ts, format: epoch_seconds}" in error


@pytest.mark.parametrize("sql_type", ["integer", "double", "decimal(10, 1)"])
def test_number_column_is_a_date_by_its_digits(filed: harness.Project, sql_type: str) -> None:
    filed.execute("create or replace table raw.counted_days as "
                  f"select 20250131::{sql_type} as day, 1 as amount, 1 as ad_id")
    filed.settings(MAPPED | {"ad_funnel__spend": "raw.counted_days",
                             "ad_funnel__spend_columns": {"date_day": "day"}})
    filed.run("--select", "stg_ads__spend")
    assert filed.sql("select date_day from main_ads_staging.stg_ads__spend") == [{"date_day": date(2025, 1, 31)}]


ANY_NAMES = ["Amount spent (EUR)", "Cost / conv.", "24h clicks", 'a "quoted" name', "it's", "`", "\\", "{{ 1 }}",
             "-- x",
             "a;b", "a\nb", "a\r\n\tb", 'x"; drop table raw.spend; --',
             "100 % of $1", "Größe", " blank before", "select", "a.b", "*", "${x}", "名"]


@pytest.mark.parametrize("name", ANY_NAMES)
def test_column_of_any_name_can_be_mapped(filed: harness.Project, name: str) -> None:
    quoted = name.replace('"', '""')
    filed.execute("create or replace table raw.exported as "
                  f"select '2025-01-31' as day, '12.5' as \"{quoted}\", 'a' as ad_id, 'x' as amount")
    filed.settings(MAPPED | {"ad_funnel__spend": "raw.exported",
                             "ad_funnel__spend_columns": {"date_day": "day", "amount": name}})
    filed.run("--select", "stg_ads__spend")
    assert filed.sql("select cast(amount as double) as amount from main_ads_staging.stg_ads__spend") == [
        {"amount": 12.5}]
    assert tables(filed).keys() >= UNTOUCHED.keys()


@pytest.mark.parametrize("name", ["", "  ", "a\x00b", "x" * 301, 7])
def test_what_is_no_name_of_a_column_is_refused_in_project_files(filed: harness.Project, name: Any) -> None:
    filed.settings(MAPPED | {"ad_funnel__spend_columns": {"amount": name}})
    assert refusal(check(filed))[2] == "the name of a column: at most 300 signs of any kind"


def test_no_event_table_at_all_is_refused(filed: harness.Project) -> None:
    filed.settings({"ad_funnel__ads": "raw.ads"})
    error = error_of(check(filed))
    assert "ad_funnel has no events to read" in error
    for table in ("impressions", "clicks", "conversions", "spend"):
        assert f"ad_funnel__{table}" in error


def test_model_with_the_name_of_one_of_ours_stops_the_build(tmp_path: Path) -> None:
    project = harness.on_raw_tables(tmp_path, ROWS)
    project.write("models/fct_ads__clicks.sql", "select 1 as mine")
    error = error_of(project.dbt("build"))
    assert "The model fct_ads__clicks (models/fct_ads__clicks.sql) has the name of one of ad_funnel" in error
    assert "Cure: rename yours." in error
    assert tables(project) == UNTOUCHED


# --------------------------------------------------------------------------------------------------- the real commands

COMMANDS = [("build",), ("run",), ("show", "--inline", "select 1 as a"), ("run-operation", "hello")]


@pytest.mark.parametrize("command", [COMMANDS[0], COMMANDS[-1]], ids=lambda command: command[0])
def test_command_refuses_sql(project: harness.Project, command: tuple[str, ...]) -> None:
    """No model reads this setting: it is the package's own hook that refuses it."""
    outcome = replace(project, manifest=None).dbt(*command, variables={"ad_funnel__absurd_cost": SQL})
    assert refusal(outcome) == ("ad_funnel__absurd_cost", SQL, "a whole number from 0 to 1000000000")
    assert tables(project) == UNTOUCHED


@fault(61)
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_every_command_refuses_jinja(project: harness.Project, command: tuple[str, ...]) -> None:
    outcome = replace(project, manifest=None).dbt(*command, variables={"ad_funnel__click_window": JINJA})
    assert refusal(outcome)[:2] == ("ad_funnel__click_window", "(not shown: it holds Jinja)")
    assert tables(project) == UNTOUCHED
