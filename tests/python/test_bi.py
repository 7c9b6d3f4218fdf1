"""What a BI tool finds in what is published: comments, keys and dimensions to join by, a calendar, names and formats."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import duckdb
import harness
import pytest
import yaml
from harness import REPO

sys.path.insert(0, str(REPO / "scripts"))
import docs_site  # noqa: E402

MARTS = "main_ads_marts"
PUBLISH = REPO / "scripts" / "publish.py"

# Columns of a mart's grain in which each value has everything once.
GRAINS = {"model", "measured_from", "period", "compared_with", "segment_type", "step_number", "metric", "level", "series"}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> harness.Project:
    return harness.demo(tmp_path_factory.mktemp("bi"))[0]


@pytest.fixture(scope="module")
def published(demo: harness.Project) -> Path:
    target = demo.folder / "published.duckdb"
    subprocess.run([sys.executable, PUBLISH, demo.database, target, "--with", "facts"], check=True)
    return target


def read(file: Path, statement: str) -> list[tuple]:
    with duckdb.connect(str(file), read_only=True) as connection:
        return connection.execute(statement).fetchall()


def pages() -> list[dict]:
    """The descriptions of all marts."""
    return [model for file in sorted((REPO / "models" / "marts").glob("_*.yml"))
            for model in yaml.safe_load(file.read_text()).get("models", [])]


def displays() -> dict[str, dict[str, str]]:
    """Name -> what displays() says of it."""
    text = (REPO / "macros" / "metrics" / "displays.sql").read_text()
    kinds = {kind: {"unit": unit, "format": form} for kind, unit, form in re.findall(
        r"'(\w+)': \{'unit': '([^']+)', 'format': '([^']+)'\}", text)}
    return {name: {"label": label, **kinds[kind]} for name, label, kind in re.findall(
        r"'(\w+)': \('([^']+)', '(\w+)'\)", text)}


# ---------------------------------------------------------------------------------------------------------- comments

def test_every_published_table_says_what_it_is(published: Path) -> None:
    tables = read(published, "select table_name, comment from duckdb_tables()")
    assert {"ad_funnel_generation", "mart_ads__campaign", "fct_ads__daily"} <= {name for name, _ in tables}
    assert [name for name, comment in tables if not comment] == []


def test_every_published_column_says_what_it_is(published: Path) -> None:
    columns = read(published, "select table_name, column_name, comment from duckdb_columns() where not internal")
    assert len(columns) > 1300
    assert [f"{table}.{column}" for table, column, comment in columns if not comment] == []
    comments = {(table, column): comment for table, column, comment in columns}
    assert comments["mart_ads__campaign", "spend"].startswith("Media cost in the reporting currency, each unit of money")
    assert not any("{{" in comment or "doc(" in comment for comment in comments.values())


def test_comments_are_the_descriptions_that_dbt_has(demo: harness.Project, published: Path) -> None:
    demo.freeze()
    described = {
        (node.name, column.name): " ".join(column.description.split())
        for node in demo.manifest.nodes.values() if node.resource_type == "model" for column in node.columns.values()
    }
    for table, column, comment in read(
        published, "select table_name, column_name, comment from duckdb_columns() where table_name <> "
                   "'ad_funnel_generation' and not internal"
    ):
        assert described[table, column] == comment


def test_without_a_reader_of_yaml_the_marts_are_published_without_comments(demo: harness.Project, tmp_path: Path) -> None:
    code = "import sys; sys.modules['yaml'] = None; import publish; sys.exit(publish.main())"
    subprocess.run([sys.executable, "-c", code, demo.database, tmp_path / "published.duckdb"], check=True,
                   cwd=PUBLISH.parent)
    assert read(tmp_path / "published.duckdb", "select count(*), count(comment) from duckdb_tables()") == [(32, 1)]


@pytest.mark.parametrize("mart", [page["name"] for page in pages() if page["name"].startswith("mart_ads__")])
def test_a_mart_of_several_grains_says_so(mart: str) -> None:
    [page] = [page for page in pages() if page["name"] == mart]
    [key] = [test["ad_funnel.rules"]["arguments"].get("key", []) for test in page["data_tests"] if "ad_funnel.rules" in test]
    description = " ".join(page["description"].split())
    told = re.search(r"Several grains: keep to (.*) before you add rows up", description)
    assert set(re.findall(r"`(\w+)`", told[1]) if told else []) == GRAINS & set(key)


def test_the_site_of_dbt_docs_leaves_out_the_tests_that_would_be_in_its_graph() -> None:
    manifest = {
        "nodes": {"model.a": {"resource_type": "model"}, "test.one": {"resource_type": "test"},
                  "test.of_a_column": {"resource_type": "test", "test_metadata": {"name": "unique"}}},
        "unit_tests": {"unit_test.u": {}}, "disabled": {"model.off": []},
        "parent_map": {"model.a": [], "test.one": ["model.a"], "unit_test.u": ["model.a"]},
        "child_map": {"model.a": ["test.one", "test.of_a_column", "unit_test.u"]},
    }
    docs_site.without_tests(manifest)
    assert set(manifest["nodes"]) == {"model.a", "test.of_a_column"}
    assert manifest["child_map"] == {"model.a": ["test.of_a_column"]} and manifest["parent_map"] == {"model.a": []}


# ------------------------------------------------------------------------------------------------ names and formats

def test_measures_and_metrics_have_the_names_and_formats_of_one_list() -> None:
    wanted, seen = displays(), set()
    for page in pages():
        for column in page["columns"]:
            if page["name"].startswith("mart_ads__") and column["name"] in wanted:
                shown = column.get("config", {}).get("meta")
                assert shown == wanted[column["name"]], f"{page['name']}.{column['name']}"
                seen.add(column["name"])
    assert seen == set(wanted)


def test_that_list_has_every_measure_and_metric() -> None:
    measures = (REPO / "macros/metrics/measures.sql").read_text().split("endmacro")[0]
    metrics = (REPO / "macros/metrics/metrics.sql").read_text().split("macro metric_columns", 1)[1].split("endmacro")[0]
    assert list(displays()) == [*re.findall(r"^        '(\w+)':", measures, re.MULTILINE),
                                *re.findall(r"\}\} as (\w+)", metrics)]


# ------------------------------------------------------------------------------------------------ keys and calendar

def test_keys_of_marts_are_found_in_the_dimensions(published: Path) -> None:
    marts = read(published, f"select table_name, column_name from duckdb_columns() where schema_name = '{MARTS}' "
                            "and column_name in ('campaign_key', 'ad_key')")
    by_campaign = {table for table, column in marts if column == "campaign_key" and table.startswith("mart_")}
    assert by_campaign >= {table for [table] in read(published, f"""
        select table_name from duckdb_columns()
        where schema_name = '{MARTS}' and table_name like 'mart_%' and column_name in ('platform', 'campaign_id')
        group by 1 having count(*) = 2 and table_name not in (
            'mart_ads__utm_hygiene'  -- its platform is none where there are several
        )""")}
    for table, column in marts:
        if table.startswith("mart_"):
            dimension = f"{MARTS}.dim_ads__current_{column.removesuffix('_key')}s"
            assert read(published, f"select count(*) from {MARTS}.{table} anti join {dimension} using ({column}) "
                                   f"where {column} is not null") == [(0,)], table


def test_a_measure_is_the_same_through_a_dimension(published: Path) -> None:
    by_name = "select {}campaign_name, sum(impressions) from {} group by all order by all"
    daily, campaigns = f"{MARTS}.mart_ads__campaign_daily", f"{MARTS}.dim_ads__current_campaigns"
    assert read(published, by_name.format("campaigns.", f"{daily} join {campaigns} campaigns using (campaign_key)")) == \
        read(published, by_name.format("", daily))


def test_the_calendar_has_no_hole_where_the_daily_marts_have_some(published: Path) -> None:
    days = [day for [day] in read(published, f"select date_day from {MARTS}.dim_ads__calendar order by 1")]
    assert days == [days[0] + timedelta(n) for n in range(len(days))]
    kept = {day for [day] in read(published, f"select distinct date_day from {MARTS}.mart_ads__campaign_daily")}
    assert kept < set(days) and days[-1] == max(kept)
    with_data = {day for [day] in read(published, f"select date_day from {MARTS}.dim_ads__calendar where has_data")}
    assert with_data == {day for [day] in read(published, "select date_day from main_ads_facts.fct_ads__daily")}
    assert all(day.weekday() >= 5 for [day] in read(
        published, f"select date_day from {MARTS}.dim_ads__calendar where is_weekend"))
