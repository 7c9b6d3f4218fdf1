"""Random journeys are shared out alike on every engine. tests/python/test_attribution.py holds DuckDB's to plain Python;
so this holds all engines' to it."""

from __future__ import annotations

import engines
import harness
import pytest
import random_journeys

# Nothing is told of ads, campaigns, platforms, rates or orders.
EMPTY = (
    "dim_ads__ads", "dim_ads__campaigns", "dim_ads__platforms", "dim_ads__exchange_rates", "mart_ads__orders_daily",
    "fct_ads__unplaced_spend",
)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> harness.Project:
    return random_journeys.project(tmp_path_factory.mktemp("journeys"))


@pytest.fixture(scope="module")
def twin(
    project: harness.Project, engine: engines.Engine, tmp_path_factory: pytest.TempPathFactory
) -> engines.Twin:
    twin = engines.Twin(project, engine, tmp_path_factory.mktemp("twin") / "journeys")
    twin.load(*random_journeys.TABLES)
    twin.project.freeze()
    return twin


@pytest.mark.parametrize("dials", [
    pytest.param(name, marks=[] if name == "consumed_by_campaign" else pytest.mark.slow) for name in random_journeys.DIALS
])
def test_journeys_are_shared_out_alike(project: harness.Project, twin: engines.Twin, dials: str) -> None:
    if twin.engine.is_slow and dials != "consumed_by_campaign":
        pytest.skip("one is enough where it takes minutes")
    settings, _ = random_journeys.DIALS[dials]
    for one in (project, twin.project):
        one.run(variables={f"ad_funnel__{name}": value for name, value in settings.items()})
    assert twin.differences(may_be_empty=EMPTY) == []
