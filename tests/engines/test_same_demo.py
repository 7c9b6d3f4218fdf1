"""The demo says the same on every engine, and every test and unit test of the package passes there."""

from __future__ import annotations

import os

import engines
import harness
import pytest

EMPTY = ("fct_ads__unplaced_spend",)  # each ad with a spend line is in a campaign


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[harness.Project, harness.Outcome]:
    return harness.demo(tmp_path_factory.mktemp("demo"))


def test_the_demo_is_the_same(
    demo: tuple[harness.Project, harness.Outcome], engine: engines.Engine, tmp_path_factory: pytest.TempPathFactory
) -> None:
    project, outcome = demo
    twin = engines.Twin(project, engine, tmp_path_factory.mktemp("twin") / "demo")
    # Where a build is slow, unit tests are left to the others, and data tests to make test-spark: rows that are the
    # same came of the same rules, and pass the same tests.
    with_tests = not engine.is_slow or bool(os.environ.get("AD_FUNNEL_TEST_ALL"))
    left_out = [*(harness.NO_UNIT_TESTS if engine.is_slow else ()),
                *([] if with_tests else ["--exclude-resource-type", "test"])]
    built = twin.project.build(*left_out)
    assert set(built.statuses.values()) == ({"success", "pass", "warn"} if with_tests else {"success"})
    wanted = {name: status for name, status in outcome.statuses.items() if with_tests or status == "success"}
    assert {name: built.statuses.get(name) for name in wanted} == wanted
    assert engine.is_slow or len(built.statuses) > len(outcome.statuses), "no unit test ran"
    assert twin.differences(may_be_empty=EMPTY) == []


def test_it_is_still_the_same_when_it_is_built_again(
    demo: tuple[harness.Project, harness.Outcome], engine: engines.Engine, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """After the test above, in its database."""
    project, outcome = demo
    twin = engines.Twin(project, engine, tmp_path_factory.mktemp("twin") / "demo")
    again = twin.project.run() if engine.is_slow else twin.project.build(*harness.NO_UNIT_TESTS)
    assert again.statuses.items() <= outcome.statuses.items()
    assert twin.differences(may_be_empty=EMPTY) == []


def test_a_number_that_differs_is_found(
    demo: tuple[harness.Project, harness.Outcome], engine: engines.Engine, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """After the tests above, in their database."""
    twin = engines.Twin(demo[0], engine, tmp_path_factory.mktemp("twin") / "demo")
    campaign = "main_ads_marts.mart_ads__campaign"
    engine.change(campaign, "spend", "spend + 0.000000001", "campaign_id = 'camp-a'")
    engine.change(campaign, "ctr", "ctr * 1.00000000001", "campaign_id = 'camp-b'")
    engine.run("truncate table main_ads_facts.fct_ads__freshness")
    engine.change("main_ads_facts.fct_ads__markov", "weight", "weight + 0.00000000001", "path_channel = 'meta'")
    found = twin.differences(may_be_empty=EMPTY)
    assert {line.split(":")[0] for line in found} == {
        campaign, "main_ads_facts.fct_ads__freshness", "main_ads_facts.fct_ads__markov"}
    for told in ('column "spend", only in', "ctr: ('google_ads', 'camp-b', 0.05, 0.0500000000005"):
        assert any(told in line for line in found), found


def test_what_would_do_harm_is_refused(
    demo: tuple[harness.Project, harness.Outcome], engine: engines.Engine, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """After the tests above: a contract that is not kept, publishing, a session that rounds money."""
    if engine.name != "spark":
        pytest.skip("Spark's own")
    twin = engines.Twin(demo[0], engine, tmp_path_factory.mktemp("twin") / "demo")
    published = twin.project.dbt("run-operation", "publish")
    assert not published and "publish replaces all tables in one transaction, which spark has not" in published.text

    contracts = (twin.project.folder / "models" / "marts" / "_marts.yml").read_text()
    promised = "name: orders\n        data_type: bigint"
    assert promised in contracts
    twin.project.write("models/marts/_marts.yml", contracts.replace(promised, promised.replace("bigint", "string")))
    broken = twin.project.dbt("run", "--select", "mart_ads__orders_daily")
    assert not broken
    assert "mart_ads__orders_daily is not what its contract promises: orders (string, built: bigint)" in broken.text

    name = "spark.sql.decimalOperations.allowPrecisionLoss"
    profile = (twin.project.folder / "profiles.yml").read_text()
    twin.project.write("profiles.yml", profile.replace(f"{name}: 'false'", f"{name}: 'true'"))
    rounding = twin.project.dbt("run", "--select", "mart_ads__orders_daily")
    assert not rounding and f"Spark rounds money: {name} is not false. Cure: in the profile" in rounding.text
    engine.run(f"set {name} = false")
