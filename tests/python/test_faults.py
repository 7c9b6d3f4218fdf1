"""The fault catalogue as tests: each of its rows is injected into a real build, which does what the catalogue says.

Faults in rows stand together in one project (`faults.py`); those that stop a build, or need a second one, are here.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

import faults
import harness
import pytest
import yaml
from faults import Built, Check, fault, values

CATALOGUE = harness.SHARED_DATA.parent / "design" / "FAULTS.md"

# Rows of the catalogue that no test shows yet.
ELSEWHERE: set[int] = set()


def test_every_row_of_the_catalogue_is_shown() -> None:
    if not CATALOGUE.exists():
        pytest.skip("the catalogue of faults does not lie beside the checkout")
    listed = {int(number) for number in re.findall(r"^\| (\d+) \|", CATALOGUE.read_text(), re.MULTILINE)}
    shown = {
        number for file in Path(__file__).parent.glob("*.py")
        for numbers in re.findall(r"^ *@(?:pytest\.mark\.)?fault\(([\d, ]+)\)$", file.read_text(), re.MULTILINE)
        for number in ast.literal_eval(f"({numbers},)")
    }
    assert listed and shown | ELSEWHERE == listed
    assert not shown & ELSEWHERE, "shown by now: take them out of ELSEWHERE"


# --------------------------------------------------------------------------------------------------- faults in the rows

@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> harness.Project:
    project = faults.project(tmp_path_factory.mktemp("faults"))
    project.freeze()
    return project


@pytest.fixture(scope="module")
def outcome(project: harness.Project) -> harness.Outcome:
    return project.build(*harness.NO_UNIT_TESTS)


@pytest.fixture(scope="module")
def built(project: harness.Project, outcome: harness.Outcome) -> Built:
    return Built(project)


@pytest.mark.parametrize("check", faults.CHECKS, ids=lambda check: check.name)
def test_fault(built: Built, check: Check) -> None:
    check.run(built)


@fault(27)
def test_adjustments_that_wait_too_long_are_shown_with_their_money(
    project: harness.Project, outcome: harness.Outcome
) -> None:
    assert outcome.statuses["adjustments_find_their_conversion"] == "warn"
    compiled = next((project.folder / "target/compiled").rglob("adjustments_find_their_conversion.sql")).read_text()
    found = {row["conversion_id"]: (row["found"], row["value"]) for row in project.sql(compiled)}
    assert {name: why for name, why in found.items() if name.startswith("f27:")} == {
        "f27:early": ("no conversion has this id", 4),
        "f27:which": ("other platforms have this id", 1),
        "f27:other": ("other platforms have this id", 1),
        "f27:again": ("it adjusts another adjustment", 1),
    }


@pytest.mark.parametrize("warning", [
    pytest.param("no_cost_is_absurd", id="33"),
    pytest.param("all_money_is_known", id="34"),
    pytest.param("every_ad_has_a_campaign", id="54"),
    pytest.param("reference_rows_are_unique", id="55"),
])
@fault(33, 34, 54, 55)
def test_build_warns(outcome: harness.Outcome, warning: str) -> None:
    assert outcome.statuses[warning] == "warn"


def test_no_other_test_fails(outcome: harness.Outcome) -> None:
    assert set(outcome.statuses.values()) == {"success", "pass", "warn"}


def read(project: harness.Project, relation: str) -> Counter:
    """Rows that may stand in any order, without what tells one build from another."""
    of_the_build = ("built_at", "invocation_id")
    return Counter(
        tuple((name, value) for name, value in row.items() if name not in of_the_build)
        for row in Built(project).rows(relation)
    )


@fault(40)
def test_session_of_another_time_zone_gives_the_same_rows(
    project: harness.Project, outcome: harness.Outcome, tmp_path: Path
) -> None:
    elsewhere = project.twin(tmp_path / "elsewhere")
    faults.in_session(elsewhere, "Asia/Kathmandu")
    elsewhere.run("--full-refresh")
    for relation in (*harness.MART_GRAINS, *(f"ledger_ads__{table}" for table in faults.TABLES)):
        assert read(elsewhere, relation) == read(project, relation), relation


@fault(20)
def test_hostile_names_are_shown(project: harness.Project, outcome: harness.Outcome) -> None:
    shown = project.dbt("run-operation", "ad_funnel.show_campaigns")
    assert shown, shown.text
    assert project.sql("select count(*) as n from raw.impressions") == [{"n": len(faults.RAW["impressions"])}]


@fault(8)
def test_ids_of_seeds_are_declared_as_text() -> None:
    seeds = yaml.safe_load((harness.REPO / "seeds" / "_seeds.yml").read_text())["seeds"]
    for seed in seeds:
        path = harness.REPO / "seeds" / f"{seed['name']}.csv"
        columns = path.read_text().splitlines()[0].split(",")
        assert seed["config"]["column_types"] == dict.fromkeys(columns, "varchar(10000)"), seed["name"]


# -------------------------------------------------------------------------------- faults that need builds of their own

FEW = {
    "impressions": [{"impression_id": "i1", "impression_at": faults.MORNING, "ad_id": "a", "campaign_id": "c"}],
    "clicks": [{"click_id": "c1", "clicked_at": "2025-03-03 10:01:00", "impression_id": "i2"}],
    "conversions": [{
        "conversion_id": "v2", "converted_at": "2025-03-04 12:00:00", "conversion_type": "purchase", "value": "5",
        "click_id": None, "adjusts_conversion_id": "v1", "adjustment_type": "restate",
    }],
    "spend": [{"date_day": faults.DAY, "amount": "3", "campaign_id": "c"}],
}


@pytest.fixture(scope="module")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> harness.Project:
    """A few rows and no reference data, parsed once."""
    project = harness.on_raw_tables(tmp_path_factory.mktemp("few"), FEW, as_of="2025-03-31 00:00:00")
    project.freeze()
    return project


@pytest.fixture
def few(parsed: harness.Project, tmp_path: Path) -> harness.Project:
    """Never built before."""
    return parsed.twin(tmp_path / "few")


def load_csv(project: harness.Project, text: str) -> None:
    """A loader that lets the engine guess how the file is made."""
    project.write("log.csv", text)
    project.execute("create or replace table raw.impressions as "
                    f"select * from read_csv('{project.folder / 'log.csv'}', all_varchar = true)")


def stopped(project: harness.Project) -> str:
    """The message of a build that stops before it makes a mart of what is wrong."""
    outcome = project.dbt("build", *harness.NO_UNIT_TESTS)
    assert not outcome
    marts = {row["table_name"] for row in project.sql("select * from duckdb_tables() where table_name like 'mart_%'")}
    assert marts <= {"mart_ads__orders_daily"}, "orders are made of conversions alone"
    return outcome.text


@fault(9)
def test_file_with_a_field_too_many_stops_the_build(few: harness.Project) -> None:
    load_csv(few, "impression_id,impression_at,ad_id\n1,2025-03-03 10:00:00,a\n2,2025-03-03 10:00:00,a,extra\n")
    message = stopped(few)
    assert "raw.impressions has no column impression_id, which ad_funnel reads as" in message.replace('"', "")
    assert "in the setting ad_funnel__impressions_columns, such as {impression_id: your_column}" in message


@fault(10)
def test_missing_column_stops_the_build(few: harness.Project) -> None:
    few.execute("alter table raw.spend rename column amount to net_amount")
    message = stopped(few)
    assert "raw.spend has no column amount, which ad_funnel reads as amount." in message.replace('"', "")
    assert "in the setting ad_funnel__spend_columns, such as {amount: your_column}" in message


@fault(52)
def test_missing_table_stops_the_build(few: harness.Project) -> None:
    few.execute("drop table raw.impressions")
    message = stopped(few)
    assert re.search(r"The table \S*impressions\S*, named by the setting ad_funnel__impressions, does not exist. Cure:",
                     message)


@fault(13, 52)
def test_empty_tables_build_and_warn(few: harness.Project) -> None:
    """Nobody maps the optional tables here: they are left out."""
    load_csv(few, "impression_id,impression_at,ad_id,campaign_id\n")
    few.execute("delete from raw.clicks", "delete from raw.conversions")
    outcome = few.build(*harness.NO_UNIT_TESTS)
    assert outcome.statuses["mapped_tables_have_rows"] == "warn"
    row = Built(few).campaign("c", "unknown")
    assert values(row, "spend", "impressions", "clicks", "conversions", "roas") == (3, 0, 0, 0, 0)
    assert values(row, "ctr", "cvr", "conversion_per_impression", "cpm", "cpc", "cpa") == (None,) * 6
    assert Built(few).rows("mart_ads__orders_daily") == []


@fault(26, 27, 42)
def test_what_comes_later_is_taken_in_by_the_next_build(few: harness.Project) -> None:
    future = {**FEW["impressions"][0], "impression_id": "i3", "impression_at": "2025-04-01 10:00:00"}
    few.execute(f"insert into raw.impressions by name select unnest({future!r})")
    few.run()
    before = Built(few)
    assert before.click("c1")["is_matched"] is False
    assert before.conversion("v2")["is_waiting"] is True
    assert before.judged("impressions") == ["accepted", "in_future"]

    late = {**FEW["impressions"][0], "impression_id": "i2"}
    original = {**FEW["conversions"][0], "conversion_id": "v1", "converted_at": "2025-03-03 12:00:00", "value": "9",
                "click_id": "c1", "adjusts_conversion_id": "", "adjustment_type": ""}
    few.execute(f"insert into raw.impressions by name select unnest({late!r})",
                f"insert into raw.conversions by name select unnest({original!r})")
    few.run(variables={"ad_funnel__as_of": "2025-04-01 12:00:00"})
    after = Built(few)
    assert values(after.click("c1"), "is_matched", "campaign_id") == (True, "c")
    assert after.conversion("v2")["is_waiting"] is False
    assert values(after.conversion("v1"), "credit_status", "conversion_value") == ("click", 5)
    assert after.judged("impressions") == ["accepted"] * 3
    assert values(after.campaign("c", "unknown"), "impressions", "clicked_impressions", "conversion_value") == (3, 1, 5)
