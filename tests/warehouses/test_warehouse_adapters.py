"""Every call of an adapter compiles for each warehouse, over tables of texts and over nested columns, as those of GA4's
export; a strict parser takes what comes out. None of it was run."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import adapter_calls
import fakes
import pytest
import strict
import yaml
from test_warehouses import WAREHOUSES

KINDS = {"VARCHAR": "text", "BIGINT": "number", "HUGEINT": "number", "DOUBLE": "float", "BOOLEAN": "boolean"}


@cache
def adapters(folder: Path) -> tuple[adapter_calls.Adapters, dict[str, dict[str, str]]]:
    """The project of the calls, and the columns of its raw tables."""
    adapters = adapter_calls.project(folder)
    columns = {table: {row["column_name"]: KINDS.get(row["column_type"], "nested")
                       for row in adapters.project.sql(f'describe raw."{table}"')} for table in adapters.tables}
    return adapters, columns


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("adapters")


@cache
def compiled(name: str, folder: Path) -> dict[str, str]:
    """Of each call: the statement that makes its model."""
    made, columns = adapters(folder)
    project = replace(made.project, manifest=None)
    output = {"type": name, "threads": 1, **WAREHOUSES[name].output}
    output["dataset" if name == "bigquery" else "schema"] = "main"
    project.write("profiles.yml", yaml.safe_dump({project.profile: {"target": "there", "outputs": {"there": output}}}))
    warehouse = replace(
        WAREHOUSES[name], statements=[], relations=[("raw", table, "table", True, {}) for table in columns],
        columns=lambda relation: columns[re.search(r"\braw\b\W+(\w+)", relation.lower())[1]])
    with fakes.without_a_connection(warehouse):
        outcome = project.dbt("run", "--select", "path:models/adapters")
    assert outcome, outcome.text
    found = {}
    for model in [*(call.model for call in made.calls), *(f"all_{table}" for table in adapter_calls.UNIONS)]:
        [found[model]] = [statement for statement in warehouse.statements
                          if re.search(rf"create or replace\s+view\s+\S*\b{model}\b|create\s+view\s+\S*\b{model}(__dbt_tmp)?\b",
                                       statement, re.IGNORECASE)]
    return found


@pytest.mark.parametrize("name", WAREHOUSES)
def test_every_call_compiles(name: str, folder: Path) -> None:
    statements = compiled(name, folder)
    assert len(statements) >= len(adapter_calls.CALLS) + len(adapter_calls.UNIONS)
    found = {model: faults for model, statement in statements.items() if (faults := strict.faults(statement, name))}
    assert not found, "\n\n".join(f"{model}: {faults}\n{statements[model][:1500]}"
                                  for model, faults in list(found.items())[:10])


@pytest.mark.parametrize(("name", "right", "wrong"), [
    ("snowflake", "get_path(", "json_extract_string("), ("bigquery", "json_query_array(", "jsonb_array_elements("),
    ("redshift", "json_extract_path_text(", "get_json_object("), ("databricks", "get_json_object(", "json_value("),
])
def test_a_planted_error_is_found(name: str, right: str, wrong: str, folder: Path) -> None:
    statement = compiled(name, folder)["made_visits_from_ga4_bigquery"]
    assert right in statement and strict.faults(statement, name) == []
    assert strict.faults(statement.replace(right, wrong, 1), name)


@pytest.mark.skipif(not adapter_calls.SAMPLES.is_dir(), reason="the samples are not there")
@pytest.mark.parametrize(("name", "read"), [
    ("snowflake", "to_variant(events."), ("bigquery", "to_json_string(events."), ("redshift", "json_serialize(events."),
    ("databricks", "to_json(events."),
])
def test_nested_columns_are_read_as_json(name: str, read: str, folder: Path) -> None:
    assert read in compiled(name, folder)["ga4_visits"]
    assert read not in compiled(name, folder)["ga4_text_visits"]
