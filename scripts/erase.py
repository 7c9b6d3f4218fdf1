#!/usr/bin/env python3
"""Erase users from a build file and from the copies that were published of it, and keep them out of later builds.

User ids are read from the standard input, one per line, or asked for: arguments would land in the history of the shell
and in the list of processes. They are compared as staging reads the column user_id: without blanks around them. No id
is stored or printed; the table ad_funnel_erasures, beside the ledger, holds keyed hashes, by which later builds know
the rows of erased users in the raw tables and take of them only when they were, and their money.

    python erase.py warehouse.duckdb --published published.duckdb < ids.txt && dbt build

1. The ledger's rows of these users lose all but that, on days that the raw tables have forgotten too.
2. Facts that hold ids of users or of events are emptied; the next dbt build makes them anew, without these users.
3. The file is written anew: DuckDB leaves what was deleted in its file. This takes room for a second copy.
4. Of published copies with facts or the ledger only the marts are left: publish again after the next build.
5. What still holds an id, such as your raw tables, is listed: that is yours to clean.

It can be killed at any time; the same command then finishes. Backups and other copies of your files are yours to clean.
"""

from __future__ import annotations

import argparse
import getpass
import hashlib
import json
import re
import secrets
import shutil
import sys
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timezone
from pathlib import Path

import duckdb
from publish import (
    NEW, OLD, NotPublished, Relation, attach, escaped, keep_old_generation, new_file, only_publisher_of, quoted, remove,
    replace,
)

# The ledgers that have users: what their rows keep when they are erased (macros/staging/erasure.sql says the same of
# staging, and a test holds the two together), and the column that, with the platform, makes rows copies of each other.
LEDGERS = {
    "ledger_ads__impressions": ("impression_id", "impression_at", "cost"),
    "ledger_ads__clicks": ("click_id", "clicked_at", "cost"),
    "ledger_ads__conversions": ("conversion_id", "converted_at", "value"),
    "ledger_ads__visits": ("visit_id", "visited_at", None),  # of no platform, and free
}
STAGING = ("impressions", "clicks", "conversions", "visits", "assignments")

# Ids of no user and of no event. A table with any other column called ..._id is emptied until the next build.
HARMLESS_IDS = {"ad_id", "campaign_id", "ad_group_id", "invocation_id"}

# What staging trims from texts.
BLANKS = " \t\n\r\f\x0b"

# Shorter ids stand in other words by chance: they are looked for as whole values only.
LEAST_LENGTH = 6

REASON = "users were erased, and what is made of the ledger is empty until the next build"
STUB = "Users were erased. Cure: one whole dbt build, which reads the raw tables without them."


class NotErased(Exception):
    """What was not done, and the cure."""


@dataclass(frozen=True)
class Target:
    """What one dbt target has built into the file, by its latest record in ad_funnel_builds."""

    schema: str
    relations: tuple[Relation, ...]

    @property
    def erasures(self) -> str:
        return f"{quoted(self.schema)}.ad_funnel_erasures"

    @property
    def builds(self) -> str:
        return f"{quoted(self.schema)}.ad_funnel_builds"

    def named(self, name: str) -> Relation | None:
        return next((relation for relation in self.relations if relation.name == name), None)


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
    given = parser.parse_args(arguments)
    try:
        users = read_users(needed=given.other is None)
        for line in erase(users, given.build_file, given.published, given.other, given.project, given.wait):
            print(line, flush=True)
    except (NotErased, NotPublished, OSError, duckdb.Error) as reason:
        print(f"Not everything was erased. {reason}", "Then give the command again: it does what is left.", sep="\n",
              file=sys.stderr)
        return 1
    return 0


def read_users(needed: bool) -> list[str]:
    if sys.stdin.isatty():
        lines = iter(lambda: getpass.getpass("User id (not shown; an empty line ends): "), "")
    else:
        try:
            lines = sys.stdin.buffer.read().decode("utf-8-sig").split("\n")
        except UnicodeDecodeError as error:
            raise NotErased("The ids are not UTF-8 text. Cure: convert them.") from error
    users = sorted({line.strip(BLANKS) for line in lines} - {""})
    if needed and not users:
        raise NotErased("No user id was given. Cure: give them on the standard input, one per line.")
    return users


def erase(
    users: list[str], build_file: Path, published: list[Path], other: Path | None, project: Path, wait: float
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

    with only_publisher_of(Path(f"{build_file}.erasing"), wait):
        shutil.rmtree(scratch(build_file), ignore_errors=True)  # of an eraser that was killed
        try:
            yield from erase_alone(users, build_file, published, listed, project, wait)
        finally:
            shutil.rmtree(scratch(build_file), ignore_errors=True)


def erase_alone(
    users: list[str], build_file: Path, published: list[Path], listed: list[tuple], project: Path, wait: float
) -> Iterator[str]:
    database = name_of_database(build_file, wait)
    with duckdb.connect() as connection:
        open_build(connection, build_file, database, wait, "read_write")
        targets = targets_in(connection, database)
        in_raw = [line for target in targets for line in rows_in_raw_tables(connection, target, users)]
        connection.execute("begin transaction")
        done = [line for target in targets for line in erase_from(connection, target, users, listed)]
        connection.execute("commit")
        connection.execute(f"checkpoint {quoted(database)}")
    yield from done
    rewrite(build_file, database, wait)
    yield f"{build_file} was written anew."
    for file in published:
        yield erase_published(file.resolve(), targets, wait)

    found = [*in_raw, *places(users, build_file, published, project, wait)]
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
        names = {relation.database for target in targets_in(connection, "build") for relation in target.relations}
    if len(names) > 1:
        raise NotErased(
            f"The build is in several databases: {', '.join(sorted(names))}; only one can be erased from as a whole. "
            "Cure: build into one file."
        )
    return names.pop()


def targets_in(connection: duckdb.DuckDBPyConnection, database: str) -> list[Target]:
    schemas = [name for [name] in connection.execute(
        "select schema_name from duckdb_tables() where database_name = ? and table_name = 'ad_funnel_builds' "
        "order by 1", [database],
    ).fetchall()]
    targets = []
    for schema in schemas:
        row = connection.execute(
            f"select relations from {quoted(schema)}.ad_funnel_builds where relations is not null "
            "order by build_number desc limit 1"
        ).fetchone()
        if row:
            targets.append(Target(schema, tuple(Relation(**relation) for relation in json.loads(row[0]))))
    if not targets:
        raise NotErased("The build file has no record of a build of ad_funnel. Cure: dbt build; or correct the path.")
    return targets


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


def rows_in_raw_tables(connection: duckdb.DuckDBPyConnection, target: Target, users: list[str]) -> Iterator[str]:
    """Counted by what staging reads. For a moment nobody is erased, so that it shows them."""
    has_list = connection.execute(
        "select count(*) from duckdb_tables() where database_name = current_database() and schema_name = ? "
        "and table_name = 'ad_funnel_erasures'", [target.schema],
    ).fetchone()[0]
    for table in STAGING:
        staging = target.named(f"stg_ads__{table}")
        if staging is None:
            continue
        connection.execute("begin transaction")
        try:
            if has_list:
                connection.execute(f"delete from {target.erasures}")
            [rows] = connection.execute(
                f"select count(*) from {name(staging)} where user_id in (select unnest(?::varchar[]))", [users]
            ).fetchone()
            if rows:
                yield f"{counted(rows)} of the raw table that ad_funnel__{table} names (builds pass over them)"
        except duckdb.Error as error:
            cause = "dbt build was not run since users were erased" if STUB in str(error) else "it is not in reach"
            yield f"perhaps the raw table that ad_funnel__{table} names: {cause}"
        finally:
            connection.execute("rollback")


def erase_from(
    connection: duckdb.DuckDBPyConnection, target: Target, users: list[str], listed: list[tuple]
) -> Iterator[str]:
    now = datetime.now(timezone.utc).replace(tzinfo=None, microsecond=0)
    new = put_on_list(connection, target, users, listed, now)
    yield f"{target.schema}: users new on the list of those who are erased: {new}."
    bar_old_staging(connection, target)

    with_users = [each for each in stored(connection, target) if "user_id" in columns(connection, each)]
    connection.execute("create or replace temp table erased_users (user_id varchar)")
    for relation in with_users:
        connection.execute(f"""
            insert into erased_users
            select users.user_id
            from (select distinct user_id from {name(relation)}) as users
            cross join (select distinct hash_key from {target.erasures}) as hash_keys
            where sha256(hash_keys.hash_key || users.user_id) in (select user_hash from {target.erasures})
        """)
    [known] = connection.execute("select count(*) from erased_users").fetchone()
    if known:
        invocation_id = str(uuid.uuid4())
        for relation in stored(connection, target):
            if relation.name in LEDGERS:
                rows = erase_from_ledger(connection, relation, invocation_id)
                yield f"{name(relation)}: {counted(rows)} erased."
            elif {each for each in columns(connection, relation) if each.endswith("_id")} - HARMLESS_IDS:
                connection.execute(f"delete from {name(relation)}")
        connection.execute(
            f"insert into {target.builds} "
            "(build_number, invocation_id, command, started_at, finished_at, status, reason, relations) "
            "select max(build_number) + 1, ?, 'erase', ?, ?, 'not publishable', ?, ? "
            f"from {target.builds}",
            [invocation_id, now, now, REASON, json.dumps([vars(relation) for relation in target.relations])],
        )
    connection.execute("drop table erased_users")


def put_on_list(
    connection: duckdb.DuckDBPyConnection, target: Target, users: list[str], listed: list[tuple], now: datetime
) -> int:
    connection.execute(
        f"create table if not exists {target.erasures} (user_hash varchar, hash_key varchar, erased_at timestamp)"
    )
    keys = [key for [key] in connection.execute(
        f"select hash_key from {target.erasures} group by 1 order by min(erased_at), 1"
    ).fetchall()]
    key = keys[0] if keys else secrets.token_hex(32)
    rows = listed + [(hashlib.sha256((key + user).encode()).hexdigest(), key, now) for user in users]
    known = {value for [value] in connection.execute(f"select user_hash from {target.erasures}").fetchall()}
    new = [row for row in dict((row[0], row) for row in rows).values() if row[0] not in known]
    for row in new:
        connection.execute(f"insert into {target.erasures} values (?, ?, ?)", list(row))
    return len(new)


def bar_old_staging(connection: duckdb.DuckDBPyConnection, target: Target) -> None:
    """Staging that was built before anybody was erased knows nothing of it: a build of the ledger alone would read the
    user in again. So it stops such a build, until a whole one puts a new view in its place."""
    for table in STAGING:
        staging = target.named(f"stg_ads__{table}")
        view = staging and connection.execute(
            "select sql from duckdb_views() where database_name = current_database() and schema_name = ? "
            "and view_name = ?", [staging.schema, staging.identifier],
        ).fetchone()
        if view and "'erased'" not in view[0]:
            nothing = ", ".join(f"null::{kind} as {quoted(column)}" for column, kind in connection.execute(
                "select column_name, data_type from duckdb_columns() where database_name = current_database() "
                "and schema_name = ? and table_name = ? order by column_index", [staging.schema, staging.identifier],
            ).fetchall())
            connection.execute(
                f"create or replace view {name(staging)} as select {nothing} where error('{STUB}') is null"
            )


def erase_from_ledger(connection: duckdb.DuckDBPyConnection, ledger: Relation, invocation_id: str) -> int:
    """Makes of the users' rows what staging and the ledger would make of them, and sees to it that the next build looks
    at what hangs on them. No raw row has a row_stamp of -1: inside the look-back its day is judged again."""
    table, (key, time, money) = name(ledger), LEDGERS[ledger.name]
    theirs = "user_id in (select user_id from erased_users)"
    days = connection.execute(f"select distinct date_day from {table} where {theirs}").fetchall()
    dated = [day for [day] in days if isinstance(day, date)]
    event = f"(platform, {key})" if money else key

    # A copy of the same event by somebody else may be accepted now.
    connection.execute(f"""
        update {table} set row_stamp = -1
        where disposition in ('duplicate', 'conflict') and {event} in (
            select {event} from {table}
            where {theirs} and disposition in ('accepted', 'duplicate', 'conflict')
        )
    """)
    # What is stored by day is built anew where the day's rows have another invocation_id.
    connection.execute(
        f"update {table} set invocation_id = ? "
        "where date_day in (select unnest(?::date[])) or (? and date_day is null)",
        [invocation_id, dated, len(dated) < len(days)],
    )
    kept = {time, "date_day", "ledger_day", "early_partition_day", "loaded_at", "platform", "currency", money,
            f"has_{money}", f"is_{money}_unreadable", "rule_version", "invocation_id"}
    becomes = {"disposition": "'erased'", "reason": "'erased'", "row_stamp": "-1", "is_invalid": "false"}
    changes = [f"{quoted(column)} = {becomes.get(column, 'null')}"
               for column in columns(connection, ledger) if column not in kept]
    [rows] = connection.execute(f"update {table} set {', '.join(changes)} where {theirs}").fetchone()
    return rows


def stored(connection: duckdb.DuckDBPyConnection, target: Target) -> list[Relation]:
    """The package's own tables, but the marts: these hold no ids (a test holds them to it)."""
    tables = set(connection.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = current_database()"
    ).fetchall())
    return [relation for relation in target.relations
            if relation.layer != "marts" and (relation.schema, relation.identifier) in tables]


def columns(connection: duckdb.DuckDBPyConnection, relation: Relation) -> list[str]:
    return [column for column, *_ in connection.execute(f"describe {name(relation)}").fetchall()]


def name(relation: Relation) -> str:
    return f"{quoted(relation.schema)}.{quoted(relation.identifier)}"


def counted(rows: int) -> str:
    return "1 row" if rows == 1 else f"{rows} rows"


# ---------------------------------------------------------------------------------------------------- the file anew

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
            replace(connection, new, build_file)
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
            replace(connection, new, file)
    return f"{file}: facts and ledger were taken out. Publish again after the next build."


# ------------------------------------------------------------------------------------------------ what still holds ids

def places(users: list[str], build_file: Path, published: list[Path], project: Path, wait: float) -> Iterator[str]:
    """Where an id still is, without saying which. (Files of DuckDB are asked, not looked at: they compress texts.)"""
    long = [user for user in users if len(user) >= LEAST_LENGTH]
    short = [user for user in users if len(user) < LEAST_LENGTH]
    for file in (build_file, *published):
        yield from (f"{file}, {line}" for line in tables_with(long, short, file.resolve(), wait))
    for folder in ("target", "logs"):
        for file in sorted(each for each in (project / folder).rglob("*") if each.is_file()):
            if is_in(file, long):
                yield f"{file}: delete it"
    if short:
        yield f"perhaps more: ids under {LEAST_LENGTH} characters were looked for only as whole values of tables"


def tables_with(long: list[str], short: list[str], file: Path, wait: float) -> Iterator[str]:
    with duckdb.connect() as connection:
        open_build(connection, file, "searched", wait, "read_only")
        found: dict[tuple[str, str], list[str]] = {}
        for schema, table, column in connection.execute(
            "select schema_name, table_name, column_name from duckdb_columns() where database_name = 'searched' "
            "and (schema_name, table_name) in (select (schema_name, table_name) from duckdb_tables() "
            "where database_name = 'searched') and data_type not in ('BOOLEAN', 'DATE', 'DOUBLE', 'FLOAT') "
            "and data_type not like 'TIMESTAMP%' and data_type not like 'DECIMAL%' order by all"
        ).fetchall():
            found.setdefault((schema, table), []).append(f"cast({quoted(column)} as varchar)")
        pattern = word_among(long)
        for (schema, table), texts in found.items():
            # All columns at once: the line ends between them end words, too.
            condition = f"regexp_matches(concat_ws(e'\\n', {', '.join(texts)}), $pattern)"
            if short:
                condition += "".join(f" or trim({text}, $blanks) in (select unnest($short))" for text in texts)
            values = {"pattern": pattern} | ({"blanks": BLANKS, "short": short} if short else {})
            [rows] = connection.execute(
                f"select count(*) from {quoted(schema)}.{quoted(table)} where {condition}", values
            ).fetchone()
            if rows:
                yield f"table {schema}.{table}: {counted(rows)}"


def is_in(file: Path, texts: list[str]) -> bool:
    """Also as JSON writes it."""
    forms = {form for text in texts for form in (text, json.dumps(text)[1:-1])}
    pattern = re.compile(word_among(forms).encode())
    overlap = 2 + max((len(form.encode()) for form in forms), default=0)
    before = b""
    with open(file, "rb") as stream:
        while chunk := stream.read(1 << 22):
            if pattern.search(before + chunk):
                return True
            before = (before + chunk)[-overlap:]
    return False


def word_among(texts: Iterable[str]) -> str:
    """A pattern, for re and for DuckDB, that fits where one of these texts stands and is no part of a longer word."""
    if not texts:
        return "[^\\s\\S]"  # nothing
    return f"(?:^|[^0-9A-Za-z_])(?:{'|'.join(map(re.escape, sorted(texts)))})(?:$|[^0-9A-Za-z_])"


if __name__ == "__main__":
    sys.exit(main())
