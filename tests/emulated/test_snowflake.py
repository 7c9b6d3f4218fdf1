"""dbt-snowflake against fakesnow, which translates Snowflake's SQL to DuckDB's in this process: the report adapters.

Emulated, not run: fakesnow takes SQL that Snowflake refuses, and refuses SQL that Snowflake takes. The demo does not
build there: on a second connection, SHOW OBJECTS lists nothing, so the package finds no raw table.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import adapter_calls
import engines
import fakesnow
import pytest
import snowflake.connector

REPORTS = ("reports", "campaigns", "ads")


class Emulated:
    """Of this process: its connections share one database in memory."""

    name = "snowflake"
    has_infinity, has_short_floats, has_nested, is_slow = False, True, False, True
    types = {"DOUBLE": "double", "FLOAT": "float", "HUGEINT": "number(38, 0)", "BIGINT": "number(38, 0)"}

    def __init__(self) -> None:
        self.patch = fakesnow.patch()
        self.patch.__enter__()
        self.connection = snowflake.connector.connect(database="WAREHOUSE", schema="MAIN")

    def close(self) -> None:
        self.patch.__exit__(None, None, None)

    def output(self) -> dict[str, Any]:
        return {"type": "snowflake", "account": "none", "user": "none", "password": "none", "database": "WAREHOUSE",
                "schema": "main", "warehouse": "none", "threads": 1}

    def run(self, *statements: str) -> None:
        for statement in statements:
            self.connection.cursor().execute(statement)

    def put_in(self, relation: str, columns: dict[str, str], file: Path) -> None:
        typed = [f"{engines.quoted(name.upper())} {self.types.get(type_, type_)}" for name, type_ in columns.items()]
        self.run(f"create schema if not exists {relation.split('.')[0]}",
                 f"create or replace table {relation} ({', '.join(typed)})")
        with file.open(newline="") as text:
            rows = [tuple(value or None for value in row) for row in list(csv.reader(text))[1:]]
        if rows:
            self.connection.cursor().executemany(
                f"insert into {relation} values ({', '.join(['%s'] * len(columns))})", rows)

    def get_out(self, relation: str, file: Path) -> None:
        cursor = self.connection.cursor()
        cursor.execute(f"select * from {relation}")
        lines = [[column[0].lower() for column in cursor.description], *cursor.fetchall()]
        file.write_text("".join(",".join("" if value is None else engines.quoted(str(value)) for value in line) + "\n"
                                for line in lines))


@pytest.fixture(scope="module")
def engine() -> Iterator[Emulated]:
    engine = Emulated()
    yield engine
    engine.close()


def test_adapters_of_reports(engine: Emulated, tmp_path: Path) -> None:
    adapters = adapter_calls.project(tmp_path / "adapters")
    # The emulator has no AS_ARRAY.
    calls = [call for call in adapters.calls if call.macro.split("_from_")[0] in REPORTS and call.model != "tiktok"
             and call.adapter != "meta_insights"]
    adapters.project.run("--select", *(call.model for call in calls))
    twin = engines.Twin(adapters.project, engine, tmp_path / "twin")
    twin.load(*sorted({table for call in calls for table in call.tables.values()}))
    twin.project.run("--select", *(call.model for call in calls))
    found = [line for call in calls for line in twin.differing(f"main.{call.model}")]
    assert not found, "\n".join(found)
