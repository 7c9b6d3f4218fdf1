"""The adapters of loaders' tables: what each makes of rows made up for it and of real samples, and what it says of
tables that it is not for."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import adapter_calls
import harness
import pytest
from adapter_calls import CALLS, REPORTS, Adapters, Call

has_samples = pytest.mark.skipif(not adapter_calls.SAMPLES.is_dir(), reason="the samples are not there")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Adapters, harness.Outcome]:
    """Every call over its tables; then again over an empty table, over one without a column that it needs, over one that
    has this under another name, and over a stranger's."""
    adapters = adapter_calls.project(tmp_path_factory.mktemp("adapters"))
    project = adapters.project
    faulty: list[str] = []
    for call in CALLS:
        argument, table = next(iter(call.tables.items()))
        for fault, columns in (
            ("empty", "* from raw.{table} limit 0"), ("missing", '* exclude "{column}" from raw.{table}'),
            ("renamed", '* rename ("{column}" as "its other name") from raw.{table}'), ("stranger", None),
        ):
            if columns is not None:
                faulty.append(f"{call.model}_{fault}")
                select = columns.format(table=table, column=call.column)
                project.execute(f'create view raw."{faulty[-1]}" as select {select}')
            instead = {argument: "stranger" if columns is None else faulty[-1]}
            project.write(f"models/faulty/{call.model}_on_{fault}.sql", call.sql(**instead))
    adapter_calls.write_sources(project, adapters.tables + faulty)
    outcome = project.dbt("run", "--select", "path:models/adapters", "path:models/faulty")
    return adapters, outcome


def rows_of(built: tuple[Adapters, harness.Outcome], model: str, columns: str = "*") -> list[dict[str, Any]]:
    assert built[1].statuses.get(model) == "success", built[1].text
    return built[0].project.sql(f"select {columns} from main.{model}")


def test_first_run(built: tuple) -> None:
    adapters, outcome = built
    names = {call.model for call in adapters.calls}
    bad = {name: status for name, status in outcome.statuses.items() if name in names and status != "success"}
    assert not bad, outcome.text
    assert names <= set(outcome.statuses), outcome.text
