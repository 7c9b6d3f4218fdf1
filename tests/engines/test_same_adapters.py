"""Each adapter gives the same rows on every engine: of made-up rows, and of the samples where they are."""

from __future__ import annotations

from pathlib import Path

import adapter_calls
import duckdb
import pytest
from engines import Engine, Twin

# Columns of lists and structs, which PostgreSQL has not.
NESTED = {"ga4_nested"}

# A view of one SELECT has CAMPAIGN_ID for campaign_id here, if that is how the raw table writes it; names have no case.
# The same adapter is compared over made-up rows, with names in capitals, too.
IN_CAPITALS = {"tiktok"}


@pytest.fixture(scope="module")
def adapters(tmp_path_factory: pytest.TempPathFactory) -> adapter_calls.Adapters:
    adapters = adapter_calls.project(tmp_path_factory.mktemp("adapters"))
    adapters.calls = [call for call in adapters.calls if call.model not in IN_CAPITALS]
    adapters.project.run("--select", *(call.model for call in adapters.calls))
    return adapters


def test_same_rows(adapters: adapter_calls.Adapters, engine: Engine, tmp_path: Path) -> None:
    twin = Twin(adapters.project, engine, tmp_path / "twin")
    twin.load(*(table for table in adapters.tables if table not in NESTED))
    calls = [call for call in adapters.calls if engine.has_nested or not NESTED & set(call.tables.values())]
    if engine.has_nested and NESTED & set(adapters.tables):
        for table in NESTED:
            with duckdb.connect(str(adapters.project.database)) as connection:
                connection.execute(f"copy raw.{table} to '{tmp_path / table}.parquet'")
            engine.put_parquet_in(f"raw.{table}", tmp_path / f"{table}.parquet")
    twin.project.run("--select", *(call.model for call in calls))
    # HubSpot's sample has no deal that was won.
    found = [line for call in calls
             for line in twin.differing(f"main.{call.model}", may_be_empty=call.model == "hubspot")]
    assert not found, "\n".join(found)
