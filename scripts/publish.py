#!/usr/bin/env python3
"""Publish the marts of a build that passed: a copy for readers, replaced as a whole.

A build keeps its file to itself and replaces tables before it tests them. This copies the marts of its file into
another one, which readers open: only if the latest build passed (all models and tests of ad_funnel, in one command),
and in one step, so that a reader sees one whole generation. Whoever has the old one open keeps it. The table
ad_funnel_generation, beside the marts, says which generation it is. Every table and column has a comment that says
what it means (where PyYAML is installed, as it is with dbt).

Marts hold no user ids. Facts and the ledger do, and the ledger holds the records that were rejected: publish them
(--with facts, --with ledger) only to readers who may see those. A new published file has the rights of the one that it
replaces; the first one, those of the build file.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

import duckdb
from erasing import Relation, quoted

try:
    import yaml  # comes with dbt
    Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
except ImportError:
    yaml = None

try:
    import fcntl
except ImportError:
    sys.exit("Publishing needs Linux, macOS or WSL: Windows does not replace a file that a reader has open.")

# The format that the new file is written in: readers with DuckDB 1.4 or newer can open it.
STORAGE_VERSION = "v1.4.0"

# Names of the attached files while they are copied. The build's file keeps its own: its views call their tables by it.
OLD, NEW = "ad_funnel_old_generation", "ad_funnel_new_generation"

# Where the package describes its tables and columns.
MODELS = Path(__file__).resolve().parents[1] / "models"

# The same in publish.sql.
GENERATION_COLUMNS = {
    "invocation_id": "dbt's id of the build.",
    "built_at": "When the build began, in UTC.",
    "data_through": "The latest accepted event of the build, in UTC. NULL where there is no data.",
    "published_at": "When the build was published, in UTC.",
    "layers": "What was published: marts, facts, ledger.",
}


class NotPublished(Exception):
    """Why nothing was published, and the cure."""


@dataclass(frozen=True)
class Meaning:
    """What a table and its columns mean."""

    table: str
    columns: dict[str, str]


@dataclass(frozen=True)
class Build:
    """The latest row of ad_funnel_builds."""

    number: int
    invocation_id: str
    started_at: datetime
    status: str
    reason: str | None
    relations: tuple[Relation, ...]

    @property
    def database(self) -> str:
        return next(relation.database for relation in self.relations if relation.layer == "ledger")

    @property
    def freshness(self) -> Relation:
        return next(relation for relation in self.relations if relation.name == "fct_ads__freshness")

    def of(self, layers: list[str]) -> list[Relation]:
        return [relation for relation in self.relations if relation.layer in layers]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build_file", type=Path, help="the DuckDB file that dbt builds")
    parser.add_argument("published_file", type=Path, help="the DuckDB file that readers open, read-only")
    parser.add_argument("--with", dest="more", action="append", default=[], choices=["facts", "ledger"],
                        help="publish this layer too; it holds user ids")
    parser.add_argument("--schema", help="the schema of the ledger, if several targets are built into one file")
    parser.add_argument("--wait", type=float, default=10, metavar="SECONDS",
                        help="how long to wait for a file that another program has open (default: 10)")
    given = parser.parse_args(arguments)
    layers = ["marts", *sorted(set(given.more), key=["facts", "ledger"].index)]
    try:
        print(publish(given.build_file, given.published_file, layers, given.schema, given.wait))
    except (NotPublished, OSError) as reason:
        print(f"Nothing was published. {reason}", file=sys.stderr)
        return 1
    return 0


def publish(build_file: Path, target: Path, layers: list[str], schema: str | None, wait: float) -> str:
    target = target.resolve()  # a link stays a link
    if not build_file.is_file():
        raise NotPublished(f"There is no build file {build_file}. Cure: dbt build, or correct the path.")
    if not target.parent.is_dir():
        raise NotPublished(f"There is no folder {target.parent}. Cure: make it, or correct the path.")
    if target.exists() and target.samefile(build_file):
        raise NotPublished(f"{target} is the build file. Cure: give readers a file of their own.")

    build = publishable_build(build_file, schema, wait)
    with only_publisher_of(target, wait), private_files(), duckdb.connect() as connection:
        if keep_old_generation(connection, target, wait) == (build.invocation_id, ", ".join(layers)):
            return f"{target} already is build {build.invocation_id} ({', '.join(layers)})."
        attach_build(connection, build_file, build.database, wait)
        with new_file(connection, target) as new:
            copied, data_through = copy(connection, build, layers, schema)
            replace(connection, new, target, target if target.exists() else build_file)
    return (
        f"Published {copied} tables ({', '.join(layers)}) of build {build.invocation_id} to {target}: built "
        f"{build.started_at} UTC, data through {data_through or '-'} UTC."
    )


# ----------------------------------------------------------------------------------------------------- the build file

def publishable_build(build_file: Path, schema: str | None, wait: float) -> Build:
    with duckdb.connect() as connection:
        attach_build(connection, build_file, "build", wait)
        build = latest_build(connection, "build", schema)
    name = f"The latest build in {build_file} ({build.invocation_id}, begun {build.started_at} UTC)"
    if build.status == "started":
        raise NotPublished(f"{name} never came to its end: it was killed, or a hook failed. Cure: dbt build.")
    if build.status != "passed":
        raise NotPublished(f"{name} cannot be published: {build.reason}. Cure: a whole dbt build that passes.")
    return build


def latest_build(connection: duckdb.DuckDBPyConnection, database: str, schema: str | None) -> Build:
    schemas = [name for [name] in connection.execute(
        "select schema_name from duckdb_tables() where database_name = ? and table_name = 'ad_funnel_builds' "
        "and schema_name = coalesce(?, schema_name) order by 1", [database, schema],
    ).fetchall()]
    if not schemas:
        raise NotPublished(
            "The build file has no table ad_funnel_builds" + (f" in schema {schema}" if schema else "")
            + ". Cure: dbt build, with ad_funnel in the project; or correct the path."
        )
    if len(schemas) > 1:
        raise NotPublished(f"Several targets are built into this file. Cure: --schema, one of {', '.join(schemas)}.")
    row = connection.execute(
        "select build_number, invocation_id, started_at, status, reason, relations "
        f"from {quoted(database)}.{quoted(schemas[0])}.ad_funnel_builds "
        "order by build_number desc, started_at desc limit 1"
    ).fetchone()
    if row is None:
        raise NotPublished("ad_funnel_builds is empty. Cure: dbt build.")
    return Build(*row[:5], tuple(Relation(**relation) for relation in json.loads(row[5] or "[]")))


def attach_build(connection: duckdb.DuckDBPyConnection, build_file: Path, name: str, wait: float) -> None:
    try:
        attach(connection, build_file, name, wait)
    except duckdb.Error as error:
        raise NotPublished(
            f"{build_file} cannot be read: {error}\nCure: if another program has it open, such as a running dbt "
            "build, wait for it to end; otherwise correct the path."
        ) from error


def attach(connection: duckdb.DuckDBPyConnection, file: Path, name: str, wait: float, mode: str = "read_only") -> None:
    """Once whoever shuts us out has finished: a writer, or, for the mode read_write, anybody."""
    deadline = time.monotonic() + wait
    while True:
        try:
            connection.execute(f"attach '{escaped(file)}' as {quoted(name)} (type duckdb, {mode})")
            return
        except duckdb.IOException as error:
            if "lock" not in str(error) or time.monotonic() > deadline:
                raise
        time.sleep(0.2)


# ------------------------------------------------------------------------------------------------- the published file

@contextmanager
def only_publisher_of(target: Path, wait: float) -> Iterator[None]:
    """The lock ends with its process, however that ends. Its file stays: removing it would let two in."""
    with open(f"{target}.lock", "w") as lock:
        deadline = time.monotonic() + wait
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError as error:
                if time.monotonic() > deadline:
                    raise NotPublished(f"Another publication to {target} is under way. Cure: wait for it.") from error
            time.sleep(0.2)
        yield


def keep_old_generation(
    connection: duckdb.DuckDBPyConnection, target: Path, wait: float
) -> tuple[str, str] | None:
    """Attach the published file, and tell what it holds. While it is attached nobody can open it for writing, so no
    log of theirs (.wal) can come to lie beside the file that takes its place."""
    log = Path(f"{target}.wal")
    if log.exists():
        raise NotPublished(
            f"{log} is there: somebody opened {target.name} for writing. Cure: have them close it, and read it with "
            "read_only; if nobody has it open, delete the .wal file."
        )
    if not target.exists():
        return None
    try:
        attach(connection, target, OLD, wait)
        tables = connection.execute(
            "select schema_name from duckdb_tables() where database_name = ? and table_name = 'ad_funnel_generation'",
            [OLD],
        ).fetchall()
    except duckdb.Error as error:
        raise NotPublished(
            f"{target} cannot be read: {error}\nCure: have whoever opened it for writing close it; if it is none of "
            "your published files, choose another path."
        ) from error
    if not tables:
        raise NotPublished(
            f"{target} has no table ad_funnel_generation, so it is not a published file and stays as it is. Cure: "
            "choose another path, or remove it."
        )
    return connection.execute(
        f"select invocation_id, layers from {OLD}.{quoted(tables[0][0])}.ad_funnel_generation"
    ).fetchone()


@contextmanager
def new_file(connection: duckdb.DuckDBPyConnection, target: Path) -> Iterator[Path]:
    """An empty database beside the target, so that it can take its place in one step. It does not outlive a failure;
    one that a killed publisher left behind goes first: whoever comes here has the lock."""
    file = Path(f"{target}.new")
    remove(file)
    try:
        connection.execute(f"attach '{escaped(file)}' as {NEW} (storage_version '{STORAGE_VERSION}')")
        yield file
    except (duckdb.Error, OSError) as error:
        raise NotPublished(
            f"The copy to {file} failed: {error}\n{target} is as it was. Cure: if the disk is full, make room for a "
            "second copy; otherwise dbt build."
        ) from error
    finally:
        connection.close()
        remove(file)


def copy(
    connection: duckdb.DuckDBPyConnection, build: Build, layers: list[str], schema: str | None
) -> tuple[int, datetime | None]:
    """Every relation as a table of its own, and the row that says which generation it is."""
    relations = build.of(layers)
    connection.execute("begin transaction")
    if latest_build(connection, build.database, schema) != build:
        raise NotPublished("Another build began in the meantime. Cure: publish again when it has ended.")
    elsewhere = {relation.database for relation in relations} - {build.database}
    if elsewhere:
        raise NotPublished(f"Part of the build is in another database: {', '.join(elsewhere)}. Cure: one database.")

    freshness = build.freshness.within(build.database)
    built_at, data_through = connection.execute(f"select built_at, data_through from {freshness}").fetchone()
    if built_at != build.started_at:
        raise NotPublished(f"{freshness} is of another build, begun at {built_at}. Cure: dbt build.")
    meanings = read_meanings()
    for relation in relations:
        source, table = relation.within(build.database), relation.within(NEW)
        connection.execute(f"create schema if not exists {NEW}.{quoted(relation.schema)}")
        connection.execute(f"create table {table} as select * from {source}")
        copy_comments(connection, relation, meanings)
        rows, copied = (connection.execute(f"select count(*) from {each}").fetchone()[0] for each in (source, table))
        if rows != copied:
            raise NotPublished(f"{source} has {rows} rows, its copy {copied}. Cure: check the disk, publish again.")
        check_built_at(connection, relation, build)

    marts = next(relation.schema for relation in relations if relation.layer == "marts")
    generation = f"{NEW}.{quoted(marts)}.ad_funnel_generation"
    connection.execute(
        f"create table {generation} as select ?::varchar as invocation_id, "
        "?::timestamp as built_at, ?::timestamp as data_through, ?::timestamp as published_at, ?::varchar as layers",
        [build.invocation_id, built_at, data_through, datetime.now(timezone.utc).replace(tzinfo=None),
         ", ".join(layers)],
    )
    comment(connection, "table", generation, "One row: which build these tables are of.")
    for column, meaning in GENERATION_COLUMNS.items():
        comment(connection, "column", f"{generation}.{column}", meaning)
    connection.execute("commit")
    return len(relations), data_through


def copy_comments(connection: duckdb.DuckDBPyConnection, relation: Relation, meanings: dict[str, Meaning]) -> None:
    """What the table and its columns mean; of the columns described, those that there are."""
    if relation.name not in meanings:
        return
    table, meaning = relation.within(NEW), meanings[relation.name]
    comment(connection, "table", table, meaning.table)
    for name, *_ in connection.execute(f"describe {table}").fetchall():
        if name in meaning.columns:
            comment(connection, "column", f"{table}.{quoted(name)}", meaning.columns[name])


def read_meanings() -> dict[str, Meaning]:
    """The descriptions of all models, from the YAML and docs blocks of the package that this script is in. (dbt's own
    +persist_docs writes them in each build: it took 3.5 of the demo's 60 CPU seconds.)"""
    if yaml is None:
        return {}
    docs = {name: text for file in MODELS.glob("**/*.md") for name, text in re.findall(
        r"{% docs (\w+) %}(.*?){% enddocs %}", file.read_text(encoding="utf-8"), re.DOTALL)}

    def rendered(text: str) -> str:
        text = re.sub(r"""{{ doc\((?:["']ad_funnel["'], )?["'](\w+)["']\) }}""", lambda found: docs[found[1]], text)
        return " ".join(text.split())

    meanings = {}
    for file in MODELS.glob("**/_*.yml"):
        for model in yaml.load(file.read_text(encoding="utf-8"), Loader).get("models", []):
            meanings[model["name"]] = Meaning(rendered(model.get("description", "")), {
                column["name"]: rendered(column.get("description", "")) for column in model.get("columns", [])
            })
    return meanings


def comment(connection: duckdb.DuckDBPyConnection, kind: str, name: str, text: str) -> None:
    connection.execute(f"comment on {kind} {name} is '{escaped(text)}'")


def check_built_at(connection: duckdb.DuckDBPyConnection, relation: Relation, build: Build) -> None:
    """Every row of a mart says when its build began. Another time was written by something that is not in
    ad_funnel_builds: `dbt clone`, or a build whose hooks did not run."""
    table = relation.within(NEW)
    columns = [name for name, *_ in connection.execute(f"describe {table}").fetchall()]
    if "built_at" in columns:
        [strangers] = connection.execute(
            f"select count(*) from {table} where built_at is distinct from ?", [build.started_at]
        ).fetchone()
        if strangers:
            raise NotPublished(f"{relation.identifier} has {strangers} rows of another build. Cure: dbt build.")


@contextmanager
def private_files() -> Iterator[None]:
    """Nobody else can read what is written meanwhile, from its first byte: copies, their logs, what is spilled."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def give_rights(new: Path, like: Path) -> None:
    """Owner, group and rights of another file; never more. Its own owner keeps a file that we may not give away; a
    group that we may not name reads nothing."""
    status = os.stat(like)
    rights = stat.S_IMODE(status.st_mode)
    for owner, group in ((status.st_uid, status.st_gid), (-1, status.st_gid)):
        with suppress(PermissionError):
            os.chown(new, owner, group)
            break
    if os.stat(new).st_gid != status.st_gid:
        rights &= ~stat.S_IRWXG
    os.chmod(new, rights)


def replace(connection: duckdb.DuckDBPyConnection, new: Path, target: Path, like: Path) -> None:
    """To the disk first, then into its place: whoever opens the target finds one whole generation or the other."""
    connection.execute(f"checkpoint {NEW}")
    connection.execute(f"detach {NEW}")
    give_rights(new, like)
    to_disk(new)
    os.replace(new, target)
    to_disk(target.parent)


def to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove(file: Path) -> None:
    for each in (file, Path(f"{file}.wal")):
        with suppress(FileNotFoundError):
            each.unlink()


def escaped(text: Path | str) -> str:
    return str(text).replace("'", "''")


if __name__ == "__main__":
    sys.exit(main())
