#!/usr/bin/env python3
"""Erase users from what ad_funnel has built on PostgreSQL, and keep them out of later builds.

User ids are read from the standard input, one per line, as by erase.py, which does the same in a DuckDB file. The
connection is that of psql: PGHOST, PGPORT, PGUSER, PGDATABASE, PGSERVICE and the like, and ~/.pgpass; be the role that
dbt builds as.

    PGHOST=db.example.com PGDATABASE=warehouse python erase_postgres.py --published ads_published < ids.txt && dbt build

1. In one transaction: the ledger's rows of these users lose all but their time and money; facts that hold ids are
   truncated until the next dbt build; so are facts and ledgers in published schemas. Readers of these tables wait.
2. The ledgers are rewritten (VACUUM FULL): an update leaves the old row in the table's file. This takes room for a
   second copy of the largest one. Statistics are gathered again: they hold values of columns.
3. What still holds an id, such as your raw tables, is listed: that is yours to clean.

What no command can reach here: the write-ahead log and its archive, backups, replicas that lag behind, logs of
statements, what the file system has not yet overwritten; and old rows that an open transaction may still look at, for
which the command waits, and says so if they stay.
"""

from __future__ import annotations

import argparse
import csv
import io
import re
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import erasing
import psycopg2
import psycopg2.extensions
from erasing import LEDGERS, NotErased, Relation, Steps, Wanted, counted, literal, quoted, targets_in

OUT_OF_REACH = (
    "Out of reach from here: the write-ahead log and its archive, backups, replicas that lag behind, logs of "
    "statements, and until the next build the statistics of emptied tables."
)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--published", action="append", default=[], metavar="SCHEMA",
                        help="a schema that `dbt run-operation publish` fills; once for each")
    parser.add_argument("--project", type=Path, default=Path(), metavar="FOLDER",
                        help="the dbt project, whose target/ and logs/ are searched (default: here)")
    parser.add_argument("--wait", type=float, default=10, metavar="SECONDS",
                        help="how long to wait for other transactions (default: 10)")
    parser.add_argument("--quotes-belong-to-ids", action="store_true",
                        help="quotes, commas and blanks around ids are part of them; else they are refused")
    given = parser.parse_args(arguments)
    steps = Steps()
    try:
        users = erasing.read_users(True, given.quotes_belong_to_ids)
        if not given.project.is_dir():
            raise NotErased(f"There is no folder {given.project}. Cure: correct --project.")
        connection = psycopg2.connect("")
        try:
            for line in erase(Postgres(connection, given.wait), users, given.published, given.project, steps):
                print(line, flush=True)
        finally:
            connection.close()
    except (NotErased, OSError, psycopg2.Error) as reason:
        print(steps.stopped(reason), file=sys.stderr)
        return 1
    return 0


def erase(engine: Postgres, users: list[str], published: list[str], project: Path, steps: Steps) -> Iterator[str]:
    steps.plan("the rows of these users are erased in all tables, and published facts and ledgers are emptied",
               "all tables are as they were")
    steps.plan("the ledgers are rewritten",
               "the ledgers are not all rewritten, so the files of tables may hold old rows")
    steps.plan("what else holds an id was searched for", "the search for what else holds an id did not end")

    targets = targets_in(engine)
    for schema in published:
        if (schema, "ad_funnel_generation") not in engine.tables():
            raise NotErased(f"There is no publication in the schema {schema}. Cure: correct --published.")
    engine.load("ad_funnel_given", ["user_id"], [(user,) for user in users])
    in_raw = [line for target in targets for line in erasing.rows_in_raw_tables(engine, target)]
    engine.execute("begin")
    done = [line for target in targets for line in erasing.erase_from(engine, target, [])]
    for schema in published:
        held = {each.identifier for target in targets for each in target.relations if each.layer in ("facts", "ledger")}
        for relation in sorted((schema, table) for table in held if (schema, table) in engine.tables()):
            engine.execute(f"truncate {quoted(relation[0])}.{quoted(relation[1])}")
        engine.change(f"update {quoted(schema)}.ad_funnel_generation set layers = 'marts'")
        done.append(f"{schema}: facts and ledgers were emptied. Publish again after the next build.")
    engine.execute("commit")
    steps.next()
    yield from done

    for target in targets:
        for ledger in (each for each in erasing.stored(engine, target) if each.name in LEDGERS):
            engine.rewrite(ledger)
            yield f"{ledger} is rewritten."
    steps.next()

    wanted = Wanted(users)
    found = [*in_raw, *wanted.tables(engine), *wanted.files(project)]
    steps.next()
    if found:
        yield "Still there, for you to clean:"
        yield from (f"  {line}" for line in found)
    yield OUT_OF_REACH
    for target in targets:
        if engine.execute(f"select 1 from {target.builds} where status = 'started' and build_number > "
                          f"(select coalesce(max(build_number), 0) from {target.builds} where status <> 'started' "
                          "and command <> 'erase')"):
            yield f"{target.schema}: a build has begun and not ended. If it is at work, run this again after it."
    yield "Now run dbt build: until then facts are empty, and nothing can be published."


class Postgres:
    """A connection to the server (erasing.Engine). Texts are compared by their bytes, whatever a column's collation."""

    Error = psycopg2.Error
    row_id = "ctid"

    def __init__(self, connection: psycopg2.extensions.connection, wait: float) -> None:
        connection.autocommit = True
        self.connection, self.wait = connection, wait
        self.execute(f"set lock_timeout = {int(wait * 1000) or 1}")
        self.execute("set client_min_messages = notice")

    def run(self, sql: str, values: Iterable[Any]) -> psycopg2.extensions.cursor:
        values = list(values)
        cursor = self.connection.cursor()
        if values:
            cursor.execute(sql.replace("%", "%%").replace("?", "%s"), values)
        else:
            cursor.execute(sql)
        return cursor

    def execute(self, sql: str, values: Iterable[Any] = ()) -> list[tuple]:
        cursor = self.run(sql, values)
        return cursor.fetchall() if cursor.description else []

    def change(self, sql: str, values: Iterable[Any] = ()) -> int:
        return self.run(sql, values).rowcount

    def load(self, table: str, columns: Iterable[str], rows: list[tuple]) -> None:
        columns = list(columns)
        self.execute(f"drop table if exists pg_temp.{table}")
        typed = ", ".join(f'{name} text collate "C"' for name in columns)
        self.execute(f"create temp table {table} ({typed})")
        lines = io.StringIO()
        csv.writer(lines, quoting=csv.QUOTE_ALL).writerows(rows)
        lines.seek(0)
        self.connection.cursor().copy_expert(f"copy pg_temp.{table} from stdin (format csv)", lines)
        self.execute(f"analyze pg_temp.{table}")

    def tables(self) -> set[tuple[str, str]]:
        return set(self.execute("select schemaname, tablename from pg_tables where schemaname not like 'pg\\_%'"))

    def columns(self, relation: Relation) -> list[str]:
        return [name for [name] in self.execute(
            "select column_name from information_schema.columns where table_schema = ? and table_name = ? "
            "order by ordinal_position", [relation.schema, relation.identifier],
        )]

    def texts(self) -> Iterator[tuple[str, str, list[str]]]:
        yield from self.execute("""
            select pg_namespace.nspname, pg_class.relname, array_agg(pg_attribute.attname::text order by attnum)
            from pg_class
            inner join pg_namespace on pg_class.relnamespace = pg_namespace.oid
            inner join pg_attribute on pg_class.oid = pg_attribute.attrelid
            inner join pg_type on pg_attribute.atttypid = pg_type.oid
            where
                pg_class.relkind in ('r', 'm') and pg_attribute.attnum > 0 and not pg_attribute.attisdropped
                and pg_type.typcategory not in ('B', 'D', 'T')
                and pg_type.typname not in ('numeric', 'float4', 'float8')
                and pg_namespace.nspname not like 'pg\\_%' and pg_namespace.nspname <> 'information_schema'
                and has_schema_privilege(pg_namespace.oid, 'usage') and has_table_privilege(pg_class.oid, 'select')
            group by pg_namespace.nspname, pg_class.relname
            order by pg_namespace.nspname, pg_class.relname
        """)

    def empty(self, relation: Relation) -> None:
        """Its file goes, too."""
        self.execute(f"truncate {relation}")

    def definition(self, view: Relation) -> str | None:
        rows = self.execute(
            "select definition from pg_views where schemaname = ? and viewname = ?", [view.schema, view.identifier]
        )
        return rows[0][0] if rows else None

    def stop_readers(self, view: Relation, message: str) -> None:
        """Its text is no number: the error says it. (A literal alone would be one here and now.)"""
        definition = self.definition(view).rstrip().rstrip(";")
        self.execute(
            f"create or replace view {view} as select * from ({definition}) as before "
            f"where cast({literal(message)} || '' as integer) is null"
        )

    def sha256(self, text: str) -> str:
        return f"encode(sha256(convert_to({text}, 'UTF8')), 'hex')"

    def text(self, column: str) -> str:
        return f'(cast({column} as text) collate "C")'

    def joined(self, texts: list[str]) -> str:
        """(concat_ws() takes a hundred arguments.)"""
        lines = r" || e'\n' || ".join(f"coalesce({text}, '')" for text in texts)
        return f"({lines})"

    def words(self, text: str) -> str:
        return f"(regexp_matches({text}, '{erasing.WORD.pattern}', 'g'))[1]"

    def fits(self, text: str, pattern: str) -> str:
        return f"{text} ~ {pattern}"

    def rewrite(self, table: Relation) -> None:
        deadline = time.monotonic() + self.wait
        while True:
            self.connection.notices.clear()
            self.execute(f"vacuum (full, analyze, verbose) {table}")
            details = [re.search(r"\n\w+:\s+(\d+) ", notice) for notice in self.connection.notices]
            kept = sum(int(detail[1]) for detail in details if detail)
            if not kept:
                return
            if time.monotonic() > deadline:
                raise NotErased(
                    f"{table} keeps {counted(kept)} that were deleted, because a transaction that began before may "
                    "still look at them. Cure: end it; pg_stat_activity shows the oldest by xact_start."
                )
            time.sleep(0.2)


if __name__ == "__main__":
    sys.exit(main())
