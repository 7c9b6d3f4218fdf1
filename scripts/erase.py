#!/usr/bin/env python3
"""Erase users from a build file and from the copies that were published of it, and keep them out of later builds.

User ids are read from the standard input, one per line, or asked for: arguments would land in the history of the shell
and in the list of processes. They are compared as staging reads the column user_id: without blanks around them. No id
is stored or printed; the table ad_funnel_erasures, beside the ledger, holds keyed hashes, by which later builds know
the rows of erased users in the raw tables and take of them only when they were, and their money.

    python erase.py warehouse.duckdb --published published.duckdb < ids.txt && dbt build

1. The ledger's rows of these users lose all but that, on days that the raw tables have forgotten too.
2. Facts that hold ids of users or of events are emptied; the next dbt build makes them again, without these users.
3. The file is rewritten: DuckDB leaves what was deleted in its file. This takes room for a second copy.
4. Of published copies with facts or the ledger only the marts are left: publish again after the next build.
5. What still holds an id, such as your raw tables, is listed: that is yours to clean.

It can be killed at any time; the same command then finishes. Backups and other copies of your files are yours to clean.
What it writes can be read by nobody who could not read the file that it replaces. (On PostgreSQL: erase_postgres.py.)
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import erasing
from erasing import NotErased, Relation, Steps, Target, Wanted, quoted, targets_in
from publish import (
    NEW, OLD, NotPublished, attach, escaped, keep_old_generation, new_file, only_publisher_of, private_files, remove,
    replace,
)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build_file", type=Path, help="the DuckDB file that dbt builds")
    parser.add_argument("--published", type=Path, action="append", default=[], metavar="FILE",
                        help="a copy that publish.py made; once for each")
    parser.add_argument("--from", dest="other", type=Path, metavar="BUILD_FILE",
                        help="erase here, too, whoever was erased from this other build file")
    parser.add_argument("--project", type=Path, default=Path(), metavar="FOLDER",
                        help="the dbt project, whose target/ and logs/ are searched (default: here)")
    parser.add_argument("--wait", type=float, default=10, metavar="SECONDS",
                        help="how long to wait for a file that another program has open (default: 10)")
    parser.add_argument("--quotes-belong-to-ids", action="store_true",
                        help="quotes, commas and blanks around ids are part of them; else they are refused")
    given = parser.parse_args(arguments)
    steps = Steps()
    try:
        users = erasing.read_users(given.other is None, given.quotes_belong_to_ids)
        for line in erase(users, given.build_file, given.published, given.other, given.project, given.wait, steps):
            print(line, flush=True)
    except (NotErased, NotPublished, OSError, duckdb.Error) as reason:
        print(steps.stopped(reason), file=sys.stderr)
        return 1
    return 0


def erase(
    users: list[str], build_file: Path, published: list[Path], other: Path | None, project: Path, wait: float,
    steps: Steps,
) -> Iterator[str]:
    build_file = build_file.resolve()  # a link stays a link
    if not build_file.is_file():
        raise NotErased(f"There is no build file {build_file}. Cure: correct the path.")
    for file in published:
        if not file.is_file():
            raise NotErased(f"There is no published file {file}. Cure: correct the path, or leave it out.")
        if file.samefile(build_file):
            raise NotErased(f"{file} is the build file, not a published one. Cure: correct the path.")
    if not project.is_dir():
        raise NotErased(f"There is no folder {project}. Cure: correct --project.")
    listed = read_list(other, wait) if other else []

    with only_publisher_of(Path(f"{build_file}.erasing"), wait), private_files():
        shutil.rmtree(scratch(build_file), ignore_errors=True)  # of an eraser that was killed
        try:
            yield from erase_alone(users, build_file, published, listed, project, wait, steps)
        finally:
            shutil.rmtree(scratch(build_file), ignore_errors=True)


def erase_alone(
    users: list[str], build_file: Path, published: list[Path], listed: list[tuple], project: Path, wait: float,
    steps: Steps,
) -> Iterator[str]:
    steps.plan(f"the rows of these users are erased in the tables of {build_file}",
               f"the tables of {build_file} are as they were")
    steps.plan(f"{build_file} is rewritten",
               f"{build_file} is not rewritten, so the ids may stand where it is free")
    for file in published:
        steps.plan(f"{file} holds marts only", f"{file} is as it was, and may hold facts and the ledger")
    steps.plan("what else holds an id was searched for", "the search for what else holds an id did not end")

    database = name_of_database(build_file, wait)
    with duckdb.connect() as connection:
        engine = DuckDB(connection)
        open_build(connection, build_file, database, wait, "read_write")
        targets = targets_in(engine)
        engine.load("ad_funnel_given", ["user_id"], [(user,) for user in users])
        in_raw = [line for target in targets for line in erasing.rows_in_raw_tables(engine, target)]
        engine.execute("begin")
        done = [line for target in targets for line in erasing.erase_from(engine, target, listed)]
        engine.execute("commit")
        steps.next()
        engine.execute(f"checkpoint {quoted(database)}")
    yield from done
    rewrite(build_file, database, wait)
    steps.next()
    yield f"{build_file} is rewritten."
    for file in published:
        yield erase_published(file.resolve(), targets, wait)
        steps.next()

    found = [*in_raw, *places(users, build_file, published, project, wait)]
    steps.next()
    if found:
        yield "Still there, for you to clean:"
        yield from (f"  {line}" for line in found)
    yield "Now run dbt build: until then facts are empty, and nothing can be published."


# ----------------------------------------------------------------------------------------------------- the build file

def open_build(connection: duckdb.DuckDBPyConnection, file: Path, database: str, wait: float, mode: str) -> None:
    """Its tables by their names. What does not fit into memory goes beside the file."""
    connection.execute(f"set temp_directory = '{escaped(scratch(file))}'")
    try:
        attach(connection, file, database, wait, mode)
    except duckdb.Error as error:
        raise NotErased(
            f"{file} cannot be opened: {error}\nCure: if another program has it open, such as a dbt build or a reader, "
            "close that or wait for it; otherwise correct the path."
        ) from error
    connection.execute(f"use {quoted(database)}")
    if mode == "read_write":  # so nobody else has the file open, and these are of builds that were killed
        for leftover in Path(f"{file}.tmp").glob("duckdb_temp_*"):
            leftover.unlink()


def scratch(file: Path) -> Path:
    return Path(f"{file}.erasing.tmp")


def name_of_database(build_file: Path, wait: float) -> str:
    """The name that the file had when it was built: its views call their tables by it."""
    with duckdb.connect() as connection:
        open_build(connection, build_file, "build", wait, "read_only")
        names = {each.database for target in targets_in(DuckDB(connection)) for each in target.relations}
    if len(names) > 1:
        raise NotErased(
            f"The build is in several databases: {', '.join(sorted(names))}; only one can be erased from as a whole. "
            "Cure: build into one file."
        )
    return names.pop()


def read_list(other: Path, wait: float) -> list[tuple]:
    """The hashes of another build file, with their keys."""
    with duckdb.connect() as connection:
        open_build(connection, other, "other", wait, "read_only")
        schemas = [name for [name] in connection.execute(
            "select schema_name from duckdb_tables() "
            "where database_name = 'other' and table_name = 'ad_funnel_erasures'"
        ).fetchall()]
        if not schemas:
            raise NotErased(f"Nobody was erased from {other}. Cure: correct --from, or leave it out.")
        return [row for schema in schemas for row in connection.execute(
            f"select user_hash, hash_key, erased_at from {quoted(schema)}.ad_funnel_erasures"
        ).fetchall()]


class DuckDB:
    """A connection that uses the build's database (erasing.Engine)."""

    Error = duckdb.Error
    row_id = "rowid"

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection

    def execute(self, sql: str, values: Iterable[Any] = ()) -> list[tuple]:
        return self.connection.execute(sql, list(values)).fetchall()

    def change(self, sql: str, values: Iterable[Any] = ()) -> int:
        return self.execute(sql, values)[0][0]

    def load(self, table: str, columns: Iterable[str], rows: list[tuple]) -> None:
        columns = list(columns)
        self.execute(f"create or replace temp table {table} ({', '.join(f'{name} varchar' for name in columns)})")
        if rows:
            lists = [f"unnest(cast(? as varchar[])) as {name}" for name in columns]
            self.execute(f"insert into {table} select {', '.join(lists)}", [list(values) for values in zip(*rows)])

    def tables(self) -> set[tuple[str, str]]:
        return set(self.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = current_database()"
        ))

    def columns(self, relation: Relation) -> list[str]:
        return [column for column, *_ in self.execute(f"describe {relation}")]

    def texts(self) -> Iterator[tuple[str, str, list[str]]]:
        found: dict[tuple[str, str], list[str]] = {}
        for schema, table, column in self.execute(
            "select schema_name, table_name, column_name from duckdb_columns() "
            "where database_name = current_database() and (schema_name, table_name) in ("
            "select (schema_name, table_name) from duckdb_tables() where database_name = current_database()) "
            "and data_type not in ('BOOLEAN', 'DATE', 'DOUBLE', 'FLOAT') "
            "and data_type not like 'TIMESTAMP%' and data_type not like 'DECIMAL%' order by all"
        ):
            found.setdefault((schema, table), []).append(column)
        for (schema, table), columns in found.items():
            yield schema, table, columns

    def empty(self, relation: Relation) -> None:
        self.change(f"delete from {relation}")

    def definition(self, view: Relation) -> str | None:
        rows = self.execute(
            "select sql from duckdb_views() where database_name = current_database() and schema_name = ? "
            "and view_name = ?", [view.schema, view.identifier],
        )
        return rows[0][0] if rows else None

    def stop_readers(self, view: Relation, message: str) -> None:
        nothing = ", ".join(f"null::{kind} as {quoted(column)}" for column, kind in self.execute(
            "select column_name, data_type from duckdb_columns() where database_name = current_database() "
            "and schema_name = ? and table_name = ? order by column_index", [view.schema, view.identifier],
        ))
        self.execute(
            f"create or replace view {view} as select {nothing} where error({erasing.literal(message)}) is null"
        )

    def sha256(self, text: str) -> str:
        return f"sha256({text})"

    def text(self, column: str) -> str:
        return f"cast({column} as varchar)"

    def joined(self, texts: list[str]) -> str:
        return f"concat_ws(e'\\n', {', '.join(texts)})"

    def words(self, text: str) -> str:
        return f"unnest(list_distinct(regexp_extract_all({text}, '{erasing.WORD.pattern}')))"

    def fits(self, text: str, pattern: str) -> str:
        return f"regexp_matches({text}, {pattern})"


# ------------------------------------------------------------------------------------------- the file, rewritten

def rewrite(build_file: Path, database: str, wait: float) -> None:
    """A copy of what is in the file takes its place. While it is copied others can read the old one, and nobody can
    write to it: so no log of theirs (.wal) can come to lie beside the new one."""
    new = Path(f"{build_file}.erasing")
    remove(new)  # of an eraser that was killed
    try:
        with duckdb.connect() as connection:
            open_build(connection, build_file, database, wait, "read_only")
            if Path(f"{build_file}.wal").exists():
                raise NotErased(f"Somebody wrote to {build_file} in the meantime. Cure: wait until they have finished.")
            [version] = connection.execute(
                "select tags['storage_version'] from duckdb_databases() where database_name = ?", [database]
            ).fetchone()
            version = re.match(r"v[0-9.]+", version or "v1.4.0").group()  # readers of the old file can read the new one
            connection.execute(f"attach '{escaped(new)}' as {NEW} (storage_version '{version}')")
            connection.execute(f"copy from database {quoted(database)} to {NEW}")
            check_copy(connection, database)
            replace(connection, new, build_file, build_file)
    except (duckdb.Error, OSError) as error:
        raise NotErased(
            f"The tables of {build_file} hold the users no more, but the file may, where it is free: the copy that was "
            f"to take its place failed: {error}\nCure: if the disk is full, make room for a second copy; otherwise "
            "mend, or drop, what is named there."
        ) from error
    finally:
        remove(new)


# What a file may hold, by the columns that tell one thing from another.
CONTENTS = {
    "tables": "table_name, comment from duckdb_tables() where not internal",
    "columns": "table_name, column_name, data_type, is_nullable, column_default, comment from duckdb_columns() "
               "where not internal",
    "views": "view_name, comment from duckdb_views() where not internal",
    "indexes": "index_name, expressions from duckdb_indexes() where true",
    "constraints": "table_name, constraint_text from duckdb_constraints() where true",
    "sequences": "sequence_name, increment_by from duckdb_sequences() where true",
    "macros": "function_name, macro_definition from duckdb_functions() where not internal",
    "types": "type_name, logical_type, labels from duckdb_types() where not internal",
}


def check_copy(connection: duckdb.DuckDBPyConnection, database: str) -> None:
    """Each thing that the old file holds is in the new one, each table with as many rows."""
    for kind, contents in CONTENTS.items():
        old, new = (
            {str(row) for row in connection.execute(
                f"select schema_name, {contents} and database_name = ?", [each]
            ).fetchall()}
            for each in (database, NEW)
        )
        if old != new:
            raise duckdb.Error(f"{kind} are not as they were: {', '.join(sorted(old ^ new)[:3])}")
    for schema, table in connection.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = ?", [database]
    ).fetchall():
        rows, copied = (
            connection.execute(f"select count(*) from {quoted(each)}.{quoted(schema)}.{quoted(table)}").fetchone()[0]
            for each in (database, NEW)
        )
        if rows != copied:
            raise duckdb.Error(f"{schema}.{table} has {rows} rows, its copy {copied}")


# -------------------------------------------------------------------------------------------------- published copies

def erase_published(file: Path, targets: list[Target], wait: float) -> str:
    """Readers keep the marts; the other layers come back when the next build is published."""
    marts = {(each.schema, each.identifier) for target in targets for each in target.relations if each.layer == "marts"}
    with only_publisher_of(file, wait), duckdb.connect() as connection:
        generation = keep_old_generation(connection, file, wait)
        if generation[1] == "marts":
            remove(Path(f"{file}.new"))  # of a publisher that was killed
            return f"{file} holds the marts only, which have no ids: it stays as it is."
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = ?", [OLD]
        ).fetchall()
        kept = [each for each in tables if each in marts or each[1] == "ad_funnel_generation"]
        if len(kept) < 2:
            raise NotErased(f"{file} was not published from this build file. Cure: give it with its own build file.")
        with new_file(connection, file) as new:
            for schema, table in kept:
                connection.execute(f"create schema if not exists {NEW}.{quoted(schema)}")
                place = f"{quoted(schema)}.{quoted(table)}"
                connection.execute(f"create table {NEW}.{place} as from {OLD}.{place}")
                if table == "ad_funnel_generation":
                    connection.execute(f"update {NEW}.{place} set layers = 'marts'")
            replace(connection, new, file, file)
    return f"{file}: facts and ledger were taken out. Publish again after the next build."


# ------------------------------------------------------------------------------------------------ what still holds ids

def places(users: list[str], build_file: Path, published: list[Path], project: Path, wait: float) -> Iterator[str]:
    """Where an id still is, without saying which. (Files of DuckDB are asked, not looked at: they compress texts.)"""
    wanted = Wanted(users)
    for file in (build_file, *published):
        with duckdb.connect() as connection:
            open_build(connection, file.resolve(), "searched", wait, "read_only")
            yield from (f"{file}, {line}" for line in wanted.tables(DuckDB(connection)))
    yield from wanted.files(project)


if __name__ == "__main__":
    sys.exit(main())
