"""The demo says the same on every engine, and every test and unit test of the package passes there."""

from __future__ import annotations

import engines
import harness
import pytest


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[harness.Project, harness.Outcome]:
    project = harness.alone(tmp_path_factory.mktemp("demo"))
    return project, project.build(*harness.NO_UNIT_TESTS)


def test_the_demo_is_the_same(
    demo: tuple[harness.Project, harness.Outcome], engine: engines.Postgres, tmp_path_factory: pytest.TempPathFactory
) -> None:
    project, outcome = demo
    twin = engines.Twin(project, engine, tmp_path_factory.mktemp("twin") / "demo")
    built = twin.project.build()
    assert set(built.statuses.values()) == {"success", "pass", "warn"}
    assert {name: built.statuses[name] for name in outcome.statuses} == outcome.statuses
    assert len(built.statuses) > len(outcome.statuses), "no unit test ran"
    assert twin.differences() == []

    again = twin.project.build(*harness.NO_UNIT_TESTS)
    assert again.statuses == outcome.statuses
    assert twin.differences() == []


def test_a_number_that_differs_is_found(
    demo: tuple[harness.Project, harness.Outcome], engine: engines.Postgres, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """After the test above, in its database."""
    twin = engines.Twin(demo[0], engine, tmp_path_factory.mktemp("twin") / "demo")
    campaign = "main_ads_marts.mart_ads__campaign"
    engine.run(f"update {campaign} set spend = spend + 0.000000001 where campaign_id = 'camp-a'")
    engine.run(f"update {campaign} set ctr = ctr * 1.00000000001 where campaign_id = 'camp-b'")
    engine.run("delete from main_ads_facts.fct_ads__freshness")
    engine.run("update main_ads_facts.fct_ads__markov set weight = weight + 0.00000000001 where path_channel = 'meta'")
    found = twin.differences()
    assert {line.split(":")[0] for line in found} == {
        campaign, "main_ads_facts.fct_ads__freshness", "main_ads_facts.fct_ads__markov"}
    for told in ('column "spend", only in', "ctr: ('google_ads', 'camp-b', 0.05, 0.0500000000005"):
        assert any(told in line for line in found), found
