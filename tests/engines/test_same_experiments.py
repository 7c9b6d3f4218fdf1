"""Random experiments come to the same on every engine. tests/python/test_experiments.py holds DuckDB's to scipy; so
this holds all engines' to it."""

from __future__ import annotations

import engines
import harness
import pytest
import random_experiments

# Nothing is told of campaigns, platforms, rates or orders.
EMPTY = ("dim_ads__campaigns", "dim_ads__platforms", "dim_ads__exchange_rates", "mart_ads__orders_daily",
         "fct_ads__unplaced_spend")


@pytest.mark.slow
def test_experiments_come_to_the_same(engine: engines.Engine, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("experiments")
    project = random_experiments.project(folder)
    twin = engines.Twin(project, engine, folder / "twin")
    twin.load(*random_experiments.TABLES)
    for one in (project, twin.project):
        one.run()
    assert twin.differences(may_be_empty=EMPTY) == []
