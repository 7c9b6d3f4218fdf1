"""The package run alone on its demo seeds: it builds, and every mart is what oracle.py makes of the same raw rows."""

from __future__ import annotations

import csv
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import harness
import oracle
import pytest
import yaml

SEEDS = harness.REPO / "seeds"
MARTS = "main_ads_marts"

# What is set in dbt, and the same for the oracle.
OTHER_SETTINGS: dict[str, tuple[dict[str, Any], oracle.Settings]] = {
    "one_per_click_and_other_windows": (
        {
            "ad_funnel__conversion_counting": "one_per_click",
            "ad_funnel__match_window": "6 hours",
            "ad_funnel__clock_skew": "1 minute",
            "ad_funnel__click_window": "3 days",
            "ad_funnel__view_window": "2 days",
            "ad_funnel__conversion_windows": {"Sign_Up": {"click": "4 hours"}, "purchase": {"view": "8 hours"}},
            "ad_funnel__repeat_click_window": "10 minutes",
            "ad_funnel__click_flood_clicks": 5,
            "ad_funnel__click_flood_window": "20 seconds",
            "ad_funnel__allowed_lateness": "0 days",
        },
        oracle.Settings(
            conversion_counting="one_per_click",
            match_window=timedelta(hours=6),
            clock_skew=timedelta(minutes=1),
            click_window=timedelta(days=3),
            view_window=timedelta(days=2),
            click_window_by_type={"sign_up": timedelta(hours=4)},
            view_window_by_type={"purchase": timedelta(hours=8)},
            repeat_click_window=timedelta(minutes=10),
            click_flood_clicks=5,
            click_flood_window=timedelta(seconds=20),
            allowed_lateness=timedelta(0),
        ),
    ),
    "utc_days_and_dollars": (
        {
            "ad_funnel__reporting_time_zone": "UTC",
            "ad_funnel__reporting_currency": "USD",
            "ad_funnel__default_currency": "USD",
            "ad_funnel__exchange_rate_max_age": "2 days",
            "ad_funnel__partial_money_metrics": True,
            "ad_funnel__impressions_keep": "latest_load",
            "ad_funnel__clicks_keep": "latest_load",
            "ad_funnel__conversions_keep": "latest_load",
            "ad_funnel__as_of": "2025-01-08 12:00:00",
            "ad_funnel__earliest_event": "2024-12-25",
        },
        oracle.Settings(
            reporting_time_zone="UTC",
            reporting_currency="USD",
            default_currency="USD",
            exchange_rate_max_age=timedelta(days=2),
            partial_money_metrics=True,
            keep="latest_load",
            as_of=datetime(2025, 1, 8, 12),
            earliest_event=datetime(2024, 12, 25).date(),
        ),
    ),
}

Rows = list[dict[str, Any]]


def read_marts(project: harness.Project) -> dict[str, Rows]:
    """Every row of every mart, in the order of its grain; when it was built is no content."""
    return {
        mart: project.sql(f"select * exclude (built_at) from {MARTS}.{mart} order by {', '.join(grain)}")
        for mart, grain in harness.MART_GRAINS.items()
    }


# --------------------------------------------------------------------------------------------------------- fixtures

@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> harness.Project:
    return harness.demo(tmp_path_factory.mktemp("demo"))[0]


@pytest.fixture(scope="module")
def marts(demo: harness.Project) -> dict[str, Rows]:
    """The demo's marts after a first build. What the fixtures below build on top is read into memory too."""
    return read_marts(demo)


@pytest.fixture(scope="module")
def schema_columns(demo: harness.Project, marts: dict[str, Rows]) -> set[str]:
    return {row["column_name"] for row in demo.sql(
        f"select column_name from information_schema.columns where table_schema = '{MARTS}'"
    )}


@pytest.fixture(scope="module")
def marts_of_second_build(demo: harness.Project, marts: dict[str, Rows]) -> dict[str, Rows]:
    demo.build(*harness.NO_UNIT_TESTS)
    marts = read_marts(demo)
    demo.freeze()
    return marts


def run_models(project: harness.Project, variables: dict[str, Any]) -> dict[str, Rows]:
    """Without tests: what must be true of the demo under its own settings need not be under others."""
    project.run(variables=variables)
    return read_marts(project)


@pytest.fixture(scope="module", params=OTHER_SETTINGS)
def other_marts(
    request: pytest.FixtureRequest, demo: harness.Project, marts_of_second_build: dict[str, Rows]
) -> tuple[dict[str, Rows], dict[str, Rows]]:
    """The marts under other settings: built, and by the oracle."""
    variables, settings = OTHER_SETTINGS[request.param]
    return run_models(demo, variables), oracle.build(oracle.read_csv_tables(SEEDS), settings)


@pytest.fixture(scope="module")
def with_breakdowns(
    demo: harness.Project, marts_of_second_build: dict[str, Rows]
) -> tuple[dict[str, Rows], dict[str, int]]:
    """The marts, and how finely the daily fact is divided."""
    marts = run_models(demo, {"ad_funnel__breakdowns": ["device_type", "country"]})
    [kinds] = demo.sql(
        "select count(distinct device_type) as devices, count(distinct country) as countries "
        "from main_ads_facts.fct_ads__daily"
    )
    return marts, kinds


@pytest.fixture(scope="module")
def expected() -> dict[str, Rows]:
    return oracle.build(oracle.read_csv_tables(SEEDS), oracle.Settings())


# ------------------------------------------------------------------------------------------------------------ tests

@pytest.mark.parametrize("mart", harness.MART_GRAINS)
def test_mart_equals_the_oracle(mart: str, marts: dict[str, Rows], expected: dict[str, Rows]) -> None:
    assert harness.differences(mart, marts[mart], expected[mart]) == []


@pytest.mark.slow
@pytest.mark.parametrize("mart", harness.MART_GRAINS)
def test_mart_equals_the_oracle_under_other_settings(
    mart: str, other_marts: tuple[dict[str, Rows], dict[str, Rows]]
) -> None:
    built, expected = other_marts
    assert harness.differences(mart, built[mart], expected[mart]) == []


@pytest.mark.parametrize("variables, settings", OTHER_SETTINGS.values(), ids=OTHER_SETTINGS)
def test_other_settings_change_the_marts(
    variables: dict, settings: oracle.Settings, expected: dict[str, Rows]
) -> None:
    """Or the comparison under them would say nothing that the demo's own does not."""
    others = oracle.build(oracle.read_csv_tables(SEEDS), settings)
    assert all(others[mart] != expected[mart] for mart in harness.MART_GRAINS if mart != "mart_ads__orders_daily")


@pytest.mark.parametrize("mart", harness.MART_GRAINS)
def test_second_build_gives_the_same_mart(
    mart: str, marts: dict[str, Rows], marts_of_second_build: dict[str, Rows]
) -> None:
    assert marts_of_second_build[mart] == marts[mart]


@pytest.mark.parametrize("mart", harness.MART_GRAINS)
def test_breakdowns_change_no_mart(
    mart: str, marts: dict[str, Rows], with_breakdowns: tuple[dict[str, Rows], dict[str, int]]
) -> None:
    assert with_breakdowns[0][mart] == marts[mart]


def test_breakdowns_divide_the_daily_fact(with_breakdowns: tuple[dict[str, Rows], dict[str, int]]) -> None:
    """Or that they change no mart would say nothing."""
    assert all(count > 1 for count in with_breakdowns[1].values())


@pytest.fixture(scope="module")
def vanity(marts: dict[str, Rows]) -> tuple[dict[str, Any], dict[str, Any]]:
    """camp-a, which is seen, and camp-b, which sells."""
    by_id = {row["campaign_id"]: row for row in marts["mart_ads__campaign"]}
    return by_id["camp-a"], by_id["camp-b"]


def test_vanity_campaigns_have_the_same_ctr(vanity: tuple[dict, dict]) -> None:
    assert [campaign["ctr"] for campaign in vanity] == [0.05, 0.05]


def test_vanity_campaign_is_first_by_volume(vanity: tuple[dict, dict]) -> None:
    assert [(campaign["impressions"], campaign["clicks"]) for campaign in vanity] == [(600, 30), (120, 6)]


def test_value_campaign_delivers_five_times_the_conversions(vanity: tuple[dict, dict]) -> None:
    assert [campaign["conversions"] for campaign in vanity] == [1, 5]


def test_value_campaign_converts_its_clicks(vanity: tuple[dict, dict]) -> None:
    assert [campaign["cvr"] for campaign in vanity] == [1 / 30, 5 / 6]


def test_vanity_campaign_is_the_cheaper_one_by_mille_only(vanity: tuple[dict, dict]) -> None:
    assert [campaign["cpm"] for campaign in vanity] == [8.5, 47.5]
    assert [round(campaign["cpa"], 9) for campaign in vanity] == [5.1, 1.14]


def test_value_campaign_returns_what_it_cost(vanity: tuple[dict, dict]) -> None:
    assert [round(campaign["roas"], 2) for campaign in vanity] == [0.96, 35.0]


def test_the_readme_shows_the_two_campaigns_as_they_are(vanity: tuple[dict, dict]) -> None:
    """Its bars, a block for 20 people, with the share of the step before, and the rows of its table."""
    readme = (harness.REPO / "README.md").read_text()
    steps = {"shown": "impressions", "clicked": "clicks", "sold": "conversions"}
    percent = {"ctr": 2, "cvr": 2, "conversion_per_impression": 3}
    for campaign in vanity:
        before = None
        for step, name in steps.items():
            [line] = re.findall(rf"^{step} .*$", readme, re.MULTILINE)
            count = campaign[name]
            bar = "█" * (count // 20) + " ▏▎▍▌▋▊▉"[-(count % 20 * 8 // -20)].strip()
            assert re.search(rf" {count}  {bar}(?=\s|$)", line)
            assert before is None or f"{100 * count / before:.2f} % of {before}" in line
            before = count

        [row] = re.findall(rf"^google_ads +{campaign['campaign_name']} +(.*)$", readme, re.MULTILINE)
        assert row.split() == [
            "logs", *(str(campaign[name]) for name in steps.values()), f"{campaign['spend']:.2f}",
            *(f"{campaign[name] * 100:.{digits}f}" for name, digits in percent.items()),
            *(f"{campaign[name]:.2f}" for name in ("cpm", "cpc", "cpa", "roas")),
        ]


def test_every_unit_test_passes(demo: harness.Project, marts: dict[str, Rows]) -> None:
    there = {test["name"] for file in harness.REPO.glob("models/*/_*_unit_tests.yml")
             for test in yaml.safe_load(file.read_text())["unit_tests"]}

    outcome = demo.dbt("test", "--select", "test_type:unit")

    assert outcome.statuses == dict.fromkeys(there, "pass"), outcome.text


def test_no_mart_has_a_column_of_user_ids(schema_columns: set[str]) -> None:
    assert "campaign_id" in schema_columns and "user_id" not in schema_columns


def test_no_mart_holds_a_users_id(marts: dict[str, Rows]) -> None:
    users = set()
    for table in ("impressions", "clicks", "conversions"):
        with Path(SEEDS / f"raw_ad_{table}.csv").open(newline="") as lines:
            users |= {row["user_id"].strip() for row in csv.DictReader(lines)} - {""}
    assert len(users) > 100
    texts = {value for rows in marts.values() for row in rows for value in row.values() if isinstance(value, str)}
    assert not users & texts


# ------------------------------------------------------------------------------------------- queries of the docs

# docs/marts.md comes first: it says where the tables are.
PAGES = dict.fromkeys([
    harness.REPO / "docs/marts.md", harness.REPO / "README.md", harness.REPO / "CONTRIBUTING.md",
    *sorted(harness.REPO.glob("docs/**/*.md")), *harness.REPO.glob("models/*.md"),
])
# (Models have Jinja in them, or read files; test_first_steps.py runs those of docs/install.md, and
# test_report_pages.py those of docs/reports.md, whose platform the demo has not.)
QUERIES = [
    (f"{page.relative_to(harness.REPO)}:{text.count(chr(10), 0, block.start()) + 1}", block[1])
    for page in PAGES if page.name != "reports.md" for text in [page.read_text()]
    for block in re.finditer(r"^ *```sql\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL)
    if "{{" not in block[1] and "read_csv(" not in block[1]
]


def test_queries_of_the_docs_run_as_they_are_printed(demo: harness.Project, marts: dict[str, Rows]) -> None:
    """In one DuckDB client, one after the other: the first one says where the tables are."""
    assert len(QUERIES) > 10 and QUERIES[0][1].startswith("set search_path")
    without_rows = []
    with duckdb.connect(str(demo.database)) as connection:
        for place, query in QUERIES:
            try:
                rows = connection.execute(query).fetchall()
            except duckdb.Error as error:
                pytest.fail(f"{place}: {error}")
            if not rows and not query.startswith("set "):
                without_rows.append(place)
        connection.execute("reset search_path")
    assert without_rows == []
