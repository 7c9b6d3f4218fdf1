"""What a user's project file may change in the package, and what stops a build or keeps it from being published.

One parse, of which each test changes the configs as a project file would have. That dbt hands root configs on to
packages, and runs these checks, is tested with real projects at the end.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import harness
import pytest
import yaml

CLICKS = [{"click_id": "c1", "clicked_at": "2025-06-01", "ad_id": "a", "user_id": "u"}]
BUILDS = harness.REPO / "macros" / "publishing" / "builds.sql"
GUARDS = harness.REPO / "macros" / "publishing" / "guards.sql"
PROBES = """
{% macro disarmed() %}{% do log('disarmed: ' ~ tojson(ad_funnel.disarmed_guards()), info=true) %}{% endmacro %}
{% macro length(name, unit) %}
    {% do log('length: ' ~ ad_funnel.length_of_name(name, unit), info=true) %}
{% endmacro %}
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> harness.Project:
    project = harness.on_raw_tables(tmp_path_factory.mktemp("overrides"), {"clicks": CLICKS})
    project.write("macros/probes.sql", PROBES)
    project.freeze()
    return project


@pytest.fixture
def override(project: harness.Project) -> Iterator[Callable]:
    """Sets configs of all nodes of a kind in the package, or of those with this name."""
    kept: list[tuple[Any, str, Any]] = []
    nodes = dict(project.manifest.nodes)

    def set_configs(kind: str, name: str = "", **configs: Any) -> None:
        for unique_id, node in nodes.items():
            if node.resource_type == kind and node.package_name == "ad_funnel" and name in ("", node.name):
                for config, value in configs.items():
                    if config == "enabled":  # dbt leaves out what reads it, too
                        for other, reader in nodes.items():
                            if other == unique_id or unique_id in reader.depends_on_nodes:
                                project.manifest.nodes.pop(other, None)
                    else:
                        kept.append((node, config, node.config[config]))
                        node.config[config] = value
        project.manifest.build_flat_graph()

    yield set_configs
    for node, config, value in reversed(kept):
        node.config[config] = value
    project.manifest.nodes.update(nodes)
    project.manifest.build_flat_graph()


def disarmed(project: harness.Project) -> list[str]:
    outcome = project.dbt("run-operation", "disarmed")
    assert outcome, outcome.text
    found = json.loads(re.search("disarmed: (.*)", outcome.text).group(1))
    return [f"{guard['name']} ({guard['how']})" for guard in found]


def check(project: harness.Project) -> harness.Outcome:
    return project.dbt("run-operation", "ad_funnel.check_overrides")


# ------------------------------------------------------------------------------------------------------------- guards

def test_the_lists_of_guards_are_the_tests(project: harness.Project) -> None:
    manifest = project.manifest
    disabled = [node for nodes in manifest.disabled.values() for node in nodes]
    tests = [node for node in [*manifest.nodes.values(), *disabled]
             if node.resource_type == "test" and node.package_name == "ad_funnel"
             and not node.original_file_path.startswith(("tests/demo", "tests/warnings"))]
    named, by_models = {}, Counter()
    for node in tests:
        reads = sorted({ref.name for ref in node.refs})
        if node.original_file_path.startswith("tests/"):
            # Visits are read by tests of all ledgers, where there are any.
            named[node.name] = [name for name in reads if not name.endswith("_visits")]
        elif node.config.severity.lower() == "error":
            by_models[" ".join(reads)] += 1
    lines = []
    for name, reads in sorted(named.items()):
        text = ", ".join(f"'{each}'" for each in reads)
        lines.append(f"        '{name}': [{text}],")
        if len(lines[-1]) > 120:
            filled = textwrap.fill(text + ",", 116, initial_indent=" " * 12, subsequent_indent=" " * 12)
            lines[-1] = f"        '{name}': [\n{filled}\n        ],"
    expected = ["\n".join(lines), "\n".join(f"        '{reads}': {n}," for reads, n in sorted(by_models.items()))]
    found = re.findall(r"return\(\{\n(.*?)\n    \}\)", GUARDS.read_text(), re.DOTALL)
    assert found == expected, "\n\n".join(["macros/publishing/guards.sql should hold", *expected])


def test_nothing_is_disarmed_by_default(project: harness.Project) -> None:
    assert disarmed(project) == []


GUARD = "the_ledger_balances_by_day"


@pytest.mark.parametrize("config, value, how", [
    ("severity", "warn", "+severity: warn"),
    ("error_if", ">100", '+error_if: ">100"'),
    ("where", "1 = 0", '+where: "1 = 0"'),
    ("limit", 0, "+limit: 0"),
    ("fail_calc", "0", '+fail_calc: "0"'),
    ("enabled", False, "+enabled: false"),
])
def test_a_guard_that_is_disarmed_is_named(
    project: harness.Project, override: Callable, config: str, value: Any, how: str
) -> None:
    override("test", GUARD, **{config: value})
    assert disarmed(project) == [f"{GUARD} ({how})"]


@pytest.mark.parametrize("configs", [{"severity": "warn"}, {"where": "1 = 0"}, {"enabled": False}])
def test_guards_in_yaml_are_counted(project: harness.Project, override: Callable, configs: dict[str, Any]) -> None:
    override("test", "rules_of_mart_ads__platform_daily", **configs)
    assert [re.sub("[0-9]+", "n", guard) for guard in disarmed(project)] == [
        "n of the n tests of fct_ads__daily and mart_ads__platform_daily (left out, or weaker)"
    ]


@pytest.mark.parametrize("configs", [
    {"store_failures": True, "limit": 100}, {"error_if": "> 0"}, {"warn_if": ">5"}, {"tags": ["ads"], "meta": {"a": 1}},
    {"severity": "error"},
])
def test_what_disarms_no_guard(project: harness.Project, override: Callable, configs: dict[str, Any]) -> None:
    override("test", **configs)
    assert disarmed(project) == []


def test_a_mart_may_be_left_out_with_the_tests_that_read_it(project: harness.Project, override: Callable) -> None:
    override("model", "mart_ads__campaign_change", enabled=False)
    assert "changes_add_up" not in {node.name for node in project.manifest.nodes.values()}
    assert disarmed(project) == []


def test_warnings_are_the_users_to_silence(project: harness.Project, override: Callable) -> None:
    override("test", "all_money_is_known", enabled=False)
    override("test", "few_rows_are_rejected", warn_if=">5")
    assert disarmed(project) == []


# ------------------------------------------------------------------------------------------------------------- models

@pytest.mark.parametrize("model, config, value, expected", [
    ("ledger_ads__clicks", "materialized", "table", "incremental"),
    ("fct_ads__daily", "materialized", "view", "incremental"),
    ("ledger_ads__spend", "incremental_strategy", "append", "whole_days"),
    ("fct_ads__daily", "on_schema_change", "ignore", "sync_all_columns"),
    ("mart_ads__campaign", "materialized", "incremental", "table or view"),
    ("stg_ads__clicks", "materialized", "ephemeral", "table or view"),
    ("mart_ads__campaign", "contract", {"enforced": False}, "enforced: true"),
])
def test_what_would_lose_or_double_rows_is_refused(
    project: harness.Project, override: Callable, model: str, config: str, value: Any, expected: str
) -> None:
    if config == "contract":
        value = type(project.manifest.nodes[f"model.ad_funnel.{model}"].config.contract)(**value)
    override("model", model, **{config: value})
    if config != "contract":
        outcome = check(project)  # a first build: nothing to lose
        assert outcome and "the next build will be refused. Your project sets +" in " ".join(outcome.text.split())
    relation = project.manifest.nodes[f"model.ad_funnel.{model}"]
    table = f"{relation.schema}.{relation.alias}"
    project.execute(f"create schema if not exists {relation.schema}", f"create table {table} as select 1 as n")
    try:
        outcome = check(project)
    finally:
        project.execute(f"drop table {table}")
    assert not outcome
    text = " ".join(outcome.text.split())
    assert f"Nothing was built. Your project sets +{config} of the model {model} of ad_funnel to" in text, text
    assert f"It must be {expected}" in text
    assert "models: consumer: +" in text


@pytest.mark.parametrize("configs", [
    {"schema": "ads", "alias": "a", "tags": ["ads"], "meta": {"stored_by_day": "date_day", "owner": "us"}},
    {"full_refresh": False}, {"persist_docs": {"relation": True}}, {"grants": {"select": ["bi"]}},
])
def test_what_is_the_users_to_choose(project: harness.Project, override: Callable, configs: dict[str, Any]) -> None:
    override("model", "ledger_ads__clicks", **configs)
    override("model", "mart_ads__campaign", **{name: value for name, value in configs.items() if name != "meta"})
    outcome = check(project)
    assert outcome, outcome.text


@pytest.mark.parametrize("model", ["stg_ads__clicks", "fct_ads__clicks", "mart_ads__campaign"])
@pytest.mark.parametrize("materialized", ["table", "view"])
def test_what_is_made_again_may_be_a_table_or_a_view(
    project: harness.Project, override: Callable, model: str, materialized: str
) -> None:
    override("model", model, materialized=materialized)
    assert check(project)


def test_the_version_that_builds_record_is_the_packages() -> None:
    macro = re.search(r"macro package_version\(\) -%\}\{\{- return\('(.*)'\)", BUILDS.read_text()).group(1)
    assert yaml.safe_load((harness.REPO / "dbt_project.yml").read_text())["version"] == macro


# -------------------------------------------------------------------------------------------------------------- names

@pytest.mark.parametrize("name, unit, length", [
    ("ads", "bytes", 3), ("größe", "bytes", 7), ("größe", "characters", 5), ("広告", "bytes", 6),
    ("\U0001F642", "bytes", 4),
])
def test_names_are_measured_as_engines_do(project: harness.Project, name: str, unit: str, length: int) -> None:
    outcome = project.dbt("run-operation", "length", "--args", f"{{name: {name}, unit: {unit}}}")
    assert f"length: {length}\n" in outcome.text + "\n"
