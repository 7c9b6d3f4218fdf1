"""Every order inside a query says its direction and where NULLs go, so no setting of a session changes a row."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import harness
import pytest

# These settings turn the default orders round.
TURNED = "{default_order: desc, default_null_order: nulls_first}"

ONE = re.compile(r"(asc|desc) nulls (first|last)( limit \d+)?$", re.IGNORECASE)
FRAME = re.compile(r"\s(rows|range|groups)\s", re.IGNORECASE)


def orders(sql: str) -> Iterator[str]:
    """Each term of each `order by` that is inside parentheses: of a window, an aggregate or a subquery."""
    sql = re.sub(r"--[^\n]*", "", sql)
    sql = re.sub(r"'(?:[^']|'')*'", "''", sql)
    for found in re.finditer(r"\border\s+by\s", sql, re.IGNORECASE):
        if sql.count("(", 0, found.start()) == sql.count(")", 0, found.start()):
            continue  # the order in which the rows of the whole query are shown
        depth, term = 0, ""
        for place in range(found.end(), len(sql)):
            sign = sql[place]
            depth += {"(": 1, ")": -1}.get(sign, 0)
            if depth < 0 or depth == 0 and (sign == "," or FRAME.match(sql, place)):
                yield " ".join(term.split())
                term = ""
                if sign != ",":
                    break
            else:
                term += sign


def silent(sql: str) -> list[str]:
    return [order for order in orders(sql) if not ONE.search(order)]


@pytest.mark.parametrize("sql, found", [
    ("select row_number() over (partition by a order by b) from t", ["b"]),
    ("select row_number() over (order by b desc, c asc nulls last) from t", ["b desc"]),
    ("select sum(a) over (\n order by coalesce(b, c) nulls last\n rows unbounded preceding) from t",
     ["coalesce(b, c) nulls last"]),
    ("select * from (select * from t order by a asc nulls last limit 10) as u", []),
    ("select string_agg(a, ', ' order by b asc) from t", ["b asc"]),
    ("select listagg(a) within group (order by b) from t", ["b"]),
    ("select * from (select * from t order by a limit 1) as u", ["a limit 1"]),
    ("select sum(a) over (order by f(b, c) desc nulls first rows between 1 preceding and current row) from t", []),
    ("select a -- (order by b\nfrom t order by a", []),
    ("select '(order by b)' from t", []),
])
def test_a_silent_order_is_found(sql: str, found: list[str]) -> None:
    assert silent(sql) == found


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> tuple[harness.Project, harness.Project]:
    """The demo, built in a plain session and in one whose default orders are turned round."""
    folder = tmp_path_factory.mktemp("windows")
    plain = harness.alone(folder)
    plain.freeze()
    turned = plain.twin(folder / "turned")
    profile = (turned.folder / "profiles.yml").read_text()
    turned.write("profiles.yml", profile.replace("threads: 2", f"threads: 2, settings: {TURNED}"))
    for project in (plain, turned):
        project.build("--exclude-resource-type", "unit_test", "--exclude-resource-type", "test")
    return plain, turned


def test_every_order_says_its_direction_and_where_nulls_go(projects: tuple[harness.Project, ...]) -> None:
    folder = projects[0].folder / "target" / "run" / "ad_funnel" / "models"
    models = list(folder.rglob("*.sql"))
    windows = [order for model in models for order in orders(model.read_text())]
    assert len(models) > 60 and len(windows) > 80
    assert {model.name: silent(model.read_text()) for model in models if silent(model.read_text())} == {}


def test_sources_say_it_too() -> None:
    """As they are written: adapters, tests, and what the demo's settings leave out are not compiled above."""
    folders = ("models", "tests", "macros/adapters", "macros/facts", "macros/increments", "macros/ledger", "macros/staging")
    files = [file for folder in folders for file in (harness.REPO / folder).rglob("*.sql")]
    assert len(files) > 150
    assert {
        file.name: found for file in files
        # An order that is made elsewhere is looked at where it is made.
        if (found := [order for order in silent(file.read_text()) if not order.endswith("}}")])
    } == {}


def test_macros_of_other_engines_say_it_too() -> None:
    """What is not compiled here. (Two warehouses' aggregates take no `nulls last`; none of their settings moves NULLs.)"""
    found = {}
    for file in (harness.REPO / "macros").rglob("*.sql"):
        for number, line in enumerate(file.read_text().splitlines(), 1):
            for order in re.findall(r"order by (.*)", line):
                # An order that is made elsewhere is looked at where it is made.
                if not any(part in order for part in ("nulls", "latest_first", " limit 1", "gross_impressions")):
                    found[f"{file.name}:{number}"] = order
    assert {place.split(":")[0] for place in found} == {"bigquery.sql", "redshift.sql"}, found


def test_rows_are_the_same_in_a_session_with_other_orders(
    projects: tuple[harness.Project, ...], tmp_path: Path
) -> None:
    with duckdb.connect() as connection:
        for name, project in zip(("plain", "turned"), projects):
            project.execute("checkpoint")
            copy = shutil.copy(project.database, tmp_path / name)  # this process has the file itself open
            connection.execute(f"attach '{copy}' as {name} (read_only)")
        tables = connection.execute(
            "select table_schema || '.' || table_name from information_schema.tables "
            "where table_catalog = 'plain' and table_type = 'BASE TABLE' and table_name not like 'ad_funnel%'"
        ).fetchall()
        assert len(tables) > 60
        assert [
            line for [table] in tables
            for line in harness.differing_rows(connection, f"plain.{table}", f"turned.{table}")
        ] == []


def test_a_session_that_compares_texts_in_another_way_is_refused(projects: tuple[harness.Project, ...]) -> None:
    plain, _ = projects
    profile = (plain.folder / "profiles.yml").read_text()
    plain.write("profiles.yml", profile.replace("threads: 2", "threads: 2, settings: {default_collation: nocase}"))
    outcome = plain.dbt("run", "--select", "dim_ads__days")
    assert not outcome
    assert "default_collation is nocase" in outcome.text and "Cure: " in outcome.text
