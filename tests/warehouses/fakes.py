"""dbt on a warehouse that is not there: its own adapter writes the SQL, and nothing is sent anywhere.

What dbt asks the database is answered here: which relations and columns there are, and a row or two for what the
package looks up before it builds. Every statement is kept.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from importlib import import_module
from pathlib import Path
from typing import Any, Callable, Iterator
from unittest.mock import MagicMock

import sqlglot
from dbt.adapters.contracts.connection import AdapterResponse
from dbt_common.clients.agate_helper import table_from_data_flat
from sqlglot import exp

NEAR, FAR = date(2025, 3, 3), date(2023, 1, 1)

# What a column of an answer holds, by its name: rows in this order, as many as the longest has.
ANSWERS: dict[str, list] = {
    "last_day": [NEAR], "ledger_day": [NEAR, FAR], "date_day": [NEAR, None], "has_other_versions": [False],
    "in_raw": [5], "in_ledger": [4], "invocation_id": ["an earlier one"], "pattern": ["bot"],
    "failures": [0], "should_warn": [False], "should_error": [False], "states": [12],
    "early_partition_day": [date(2025, 2, 24)], "package_version": ["0.1.0"],
}

# Every name that the package may ask a table of its own for.
MACROS = Path(__file__).resolve().parents[2] / "macros"
NAMES = sorted({
    name for file in ("staging/raw_contract", "ledger/judgement", "increments/days", "publishing/builds")
    for name in re.findall(r"'(\w+)'", (MACROS / f"{file}.sql").read_text())
})


# The types of a contract as Databricks tells them, which alone compares them here.
SPOKEN = {"float8": "double", "integer": "int", "timestamp": "timestamp_ntz",
          "timestamp without time zone": "timestamp_ntz"}


@dataclass
class Warehouse:
    name: str  # of dbt's adapter and of sqlglot's dialect
    output: dict[str, Any]  # of the profile
    # Types as its driver tells them: text, and each of those that a raw column may have.
    types: dict[str, str]
    capitals: bool = False  # whether names without quotes are in capitals
    statements: list[str] = field(default_factory=list)
    stored: bool = False  # whether an earlier build has made every relation
    columns: Callable[[str], dict[str, str]] = None  # of a raw table: name -> kind of type
    # Schema, name, type, whether it is a raw table (which is always there), and the columns that a contract promises.
    relations: list[tuple[str, str, str, bool, dict[str, str]]] = field(default_factory=list)

    def named(self, name: str) -> str:
        return name.upper() if self.capitals else name

    def answer(self, sql: str) -> Any:
        """Rows for a query, made of the names of its columns; for one about relations, all of them."""
        if re.search("show (objects|tables|views)|information_schema|pg_tables|svv_", sql, re.IGNORECASE):
            rows = [{"name": name, "tableName": name} for _, name, *_ in self.relations]
            return table_from_data_flat(rows, ["name", "tableName"])
        if re.fullmatch(r"\s*select \* from \S+ where 1 = 0\s*", re.sub(r"/\*.*?\*/", "", sql)):
            return table_from_data_flat([], list(map(self.named, NAMES)))
        if asked := re.fullmatch(r"\s*describe query select \* from (\S+)\s*", sql):
            rows = [{"name": name, "type": self.types[kind]} for name, kind in self.columns(asked.group(1)).items()]
            return table_from_data_flat(rows, ["name", "type"])
        try:
            query = sqlglot.parse_one(sql, dialect=self.name)
        except sqlglot.errors.SqlglotError:
            return table_from_data_flat([], [])
        if not isinstance(query, exp.Query):
            return table_from_data_flat([], [])
        names = [column.output_name.lower() or "nameless" for column in query.selects]
        if {"clashes", "in_conflict", "lost"} & set(names):  # what would stop a build is not found
            return table_from_data_flat([], list(map(self.named, names)))
        held = {name: ANSWERS.get(name, [NEAR if "max(" in sql and len(names) == 1 else 0]) for name in names}
        if "vanished" in sql and "ledger_day" in held:
            held["ledger_day"] = [NEAR, None]
        rows = [
            {self.named(name): values[number] if number < len(values) else None for name, values in held.items()}
            for number in range(max(map(len, held.values())))
        ]
        return table_from_data_flat(rows, list(map(self.named, names)))


def quiet(*_: Any, **__: Any) -> None:
    """In place of what would only change the warehouse."""


@contextmanager
def without_a_connection(warehouse: Warehouse) -> Iterator[None]:
    """The adapter's methods that would ask or tell the warehouse, replaced."""
    module = import_module(f"dbt.adapters.{warehouse.name}")
    adapter = module.Plugin.adapter
    manager = adapter.ConnectionManager
    kept: list[tuple[type, str, Any]] = []

    def replace(owner: type, name: str, function: Callable) -> None:
        kept.append((owner, name, owner.__dict__.get(name)))
        original = getattr(owner, name)
        for mark in ("_is_available_", "_parse_replacement_"):  # what dbt's templates may call
            if hasattr(original, mark):
                setattr(function, mark, getattr(original, mark))
        setattr(owner, name, function)

    def execute(self: Any, sql: str, *_: Any, fetch: bool = False, **__: Any) -> tuple:
        warehouse.statements.append(sql)
        return AdapterResponse("OK"), warehouse.answer(sql) if fetch else table_from_data_flat([], [])

    def add_query(self: Any, sql: str, *_: Any, bindings: Any = None, **__: Any) -> tuple:
        if not bindings:  # the rows of seeds
            warehouse.statements.append(sql)
        return self.get_thread_connection(), None

    def column_schema(self: Any, sql: str) -> list:
        warehouse.statements.append(sql)
        found = re.fullmatch(r"select \* from (\S+(?:raw)\S+) where 1 = 0", sql.strip())
        raw = warehouse.columns(found.group(1)) if found else None
        names = raw or dict.fromkeys(sqlglot.parse_one(sql, dialect=warehouse.name).named_selects, "text")
        return [self.Column(warehouse.named(name), warehouse.types[kind]) for name, kind in names.items()]

    def columns_in_relation(self: Any, relation: Any) -> list:
        promised = next(columns for _, name, *_, columns in [*warehouse.relations, ("", "", "", False, {})]
                        if columns and name == relation.identifier.lower() or not name)
        types = promised or {"date_day": "date", "platform": "string"}
        return [
            self.Column(warehouse.named(name), SPOKEN.get(type_, type_.replace(", ", ",")))
            for name, type_ in types.items()
        ]

    def listed(self: Any, schema_relation: Any) -> list:
        return [
            self.Relation.create(database=schema_relation.database, schema=schema_relation.schema,
                                 identifier=warehouse.named(name), type=kind)
            for place, name, kind, is_raw, _ in warehouse.relations
            if place == schema_relation.schema.lower() and (warehouse.stored or is_raw)
        ]

    def get_relation(self: Any, database: str, schema: str, identifier: str, **_: Any) -> Any:
        for place, name, kind, is_raw, _ in warehouse.relations:
            if (warehouse.stored or is_raw) and (place, name) == (schema.lower(), identifier.lower()):
                return self.Relation.create(database=database, schema=schema, identifier=identifier, type=kind)
        return None

    def open_(connection: Any) -> Any:
        connection.handle, connection.state = MagicMock(), "open"
        return connection

    replace(manager, "open", staticmethod(open_))
    replace(manager, "execute", execute)
    if hasattr(manager, "add_query"):
        replace(manager, "add_query", add_query)
    for name in ("begin", "commit", "commit_if_has_connection", "rollback_if_open", "clear_transaction"):
        if hasattr(manager, name):
            replace(manager, name, quiet)
    replace(adapter, "get_column_schema_from_query", column_schema)
    replace(adapter, "get_columns_in_relation", columns_in_relation)
    replace(adapter, "list_relations_without_caching", listed)
    replace(adapter, "get_relation", get_relation)
    replace(adapter, "list_schemas", lambda self, database: [])
    replace(adapter, "check_schema_exists", lambda self, database, schema: True)
    for name in ("create_schema", "drop_schema", "drop_relation", "rename_relation", "truncate_relation",
                 "expand_target_column_types", "cache_renamed", "_relations_cache_for_schemas"):
        replace(adapter, name, quiet)
    replace(adapter, "get_missing_columns", lambda self, one, other: [])
    if hasattr(adapter, "get_relation_config"):  # as the model wants it
        replace(adapter, "get_relation_config", lambda self, relation, model_config=None: model_config)
    try:
        yield
    finally:
        for owner, name, original in reversed(kept):
            setattr(owner, name, original) if original else delattr(owner, name)
