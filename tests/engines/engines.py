"""The engines that the package runs on beside DuckDB: each has the same raw rows put in, and its tables got out.

Another engine is one more class with the methods of `Postgres`, and a line in `ENGINES`.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import duckdb
import harness
import jinja2
import yaml

if TYPE_CHECKING:  # an engine can be tried where what another needs is not installed
    import psycopg2

LAYERS = ("ledger", "facts", "marts")

# What is an engine's own: numbers made by its own hash function. (harness.HOW_BUILT names the build.)
OWN = (*harness.HOW_BUILT, "row_stamp", "id_number")

# By these columns the rows of tables with floats are put side by side.
GRAINS = {
    **harness.ALL_MARTS, **harness.BUDGET_MARTS, **harness.REPORT_MARTS,
    "fct_ads__markov_chain": ("step", "i", "j"), "fct_ads__markov": ("path_channel",),
    "fct_ads__shapley": ("path_channel",),
    "dim_ads__experiments": ("experiment", "variant"), "fct_ads__experiment_variants": ("experiment", "variant"),
}


class Postgres:
    """A database of its own on the server of `make postgres`, or on the one that the environment names. It sorts texts
    as people do and lives in New York: neither may move anything."""

    name = "postgres"
    has_infinity, has_short_floats, has_nested, is_slow = True, True, False, False
    types = {"DOUBLE": "double precision", "FLOAT": "real", "HUGEINT": "numeric"}

    def __init__(self) -> None:
        self.server = {
            "host": os.environ.get("AD_FUNNEL_POSTGRES_HOST", "127.0.0.1"),
            "port": int(os.environ.get("AD_FUNNEL_POSTGRES_PORT", "54320")),
            "user": os.environ.get("AD_FUNNEL_POSTGRES_USER", "ad_funnel"),
            "password": os.environ.get("DBT_ENV_SECRET_AD_FUNNEL_POSTGRES_PASSWORD", ""),
        }
        self.home = os.environ.get("AD_FUNNEL_POSTGRES_DATABASE", "ad_funnel")
        self.database = f"ad_funnel_test_{uuid4().hex}"
        self.run(
            f"create database {self.database} template template0 encoding 'UTF8' "
            "locale_provider icu icu_locale 'en-US'",
            f"alter database {self.database} set timezone to 'America/New_York'",
            database=self.home,
        )

    def close(self) -> None:
        self.run(
            f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{self.database}' "
            "and usename = current_user",
            f"drop database {self.database}",  # `with (force)` may not send a worker of the server away (seen)
            database=self.home,
        )

    def output(self) -> dict[str, Any]:
        """Of the profile."""
        return {"type": "postgres", **self.server, "dbname": self.database, "schema": "main", "threads": 2}

    def run(self, *statements: str, database: str | None = None) -> None:
        connection = self.connect(database)
        try:
            connection.autocommit = True
            for statement in statements:
                connection.cursor().execute(statement)
        finally:
            connection.close()

    def connect(self, database: str | None = None) -> psycopg2.extensions.connection:
        import psycopg2

        return psycopg2.connect(**self.server, dbname=database or self.database)

    def rows(self, query: str) -> list[tuple]:
        connection = self.connect()
        try:
            cursor = connection.cursor()
            cursor.execute(query)
            return cursor.fetchall()
        finally:
            connection.close()

    def copy(self, statement: str, file: Path, mode: str) -> None:
        with self.connect() as connection, file.open(mode) as rows:
            connection.cursor().copy_expert(statement, rows)
        connection.close()

    def put_in(self, relation: str, columns: dict[str, str], file: Path) -> None:
        """The rows of a CSV file in place of those of a raw table. `columns`: DuckDB's types."""
        typed = [f"{quoted(name)} {self.types.get(type_, type_)}" for name, type_ in columns.items()]
        self.run(
            f"create schema if not exists {relation.split('.')[0]}",
            f"create table if not exists {relation} ({', '.join(typed)})",
            f"truncate {relation}",
        )
        self.copy(f"copy {relation} from stdin (format csv, header)", file, "rb")
        self.run(f"analyze {relation}")

    def get_out(self, relation: str, file: Path) -> None:
        """A table as a CSV file; texts are quoted, NULL is not."""
        self.copy(f"copy (select * from {relation}) to stdout (format csv, header, force_quote *)", file, "wb")

    def change(self, relation: str, column: str, value: str, where: str) -> None:
        self.run(f"update {relation} set {column} = {value} where {where}")


class Spark:
    """The session of this process, as the profile of the project starts it; but its catalogue is Spark's own, in memory
    (Hive's costs a quarter more), and it lives in New York."""

    name = "spark"
    # Before Java 19, the text of a 32-bit float may have a digit too many: 1.23456784E16, which is 1.2345678E16 (seen).
    has_infinity, has_short_floats, has_nested, is_slow = False, False, True, True

    folder = tempfile.TemporaryDirectory(prefix="ad_funnel_spark_")  # of a process, as its session

    def __init__(self) -> None:
        from pyspark.sql import SparkSession

        text = (harness.REPO / "profiles" / "profiles.yml").read_text()
        jinja = jinja2.Environment()
        jinja.filters["as_number"] = str
        environment = {**os.environ, "AD_FUNNEL_SPARK_FOLDER": self.folder.name}
        profile = yaml.safe_load(jinja.from_string(text).render(env_var=environment.get))
        self.profile = profile["ad_funnel"]["outputs"]["spark"]
        parameters = self.profile["server_side_parameters"]
        parameters["spark.sql.catalogImplementation"] = "in-memory"
        parameters["spark.sql.session.timeZone"] = "America/New_York"
        self.session = SparkSession.builder.config(map=parameters).getOrCreate()

    def close(self) -> None:
        for [schema] in self.rows("show schemas"):
            if schema != "default":
                self.run(f"drop schema {schema} cascade")

    def output(self) -> dict[str, Any]:
        """Of the profile."""
        return self.profile

    def run(self, *statements: str) -> None:
        for statement in statements:
            self.session.sql(statement)

    def rows(self, query: str) -> list[tuple]:
        return [tuple(row) for row in self.session.sql(query).collect()]

    def put_in(self, relation: str, columns: dict[str, str], file: Path) -> None:
        """The rows of a CSV file in place of those of a raw table. `columns`: DuckDB's types."""
        types = ", ".join("'" + name.replace("'", "''") + "': '" + type_.replace("HUGEINT", "DECIMAL(38, 0)") + "'"
                          for name, type_ in columns.items())
        written = file.with_suffix(".parquet")
        with duckdb.connect() as connection:
            connection.execute("set timezone = 'UTC'")
            connection.execute(f"copy (from read_csv('{file}', header = true, columns = {{{types}}}, quote = '\"', "
                               f"escape = '\"', allow_quoted_nulls = false, parallel = false)) to '{written}'")
        self.put_parquet_in(relation, written)

    def put_parquet_in(self, relation: str, file: Path) -> None:
        self.run(
            f"create schema if not exists {relation.split('.')[0]}",
            f"drop table if exists {relation}",
            f"create table {relation} as select * from parquet.`{file}`",
        )

    def get_out(self, relation: str, file: Path) -> None:
        """A table as a CSV file; texts are quoted, NULL is not."""
        written = file.with_suffix(".parquet")
        self.session.sql(f"select * from {relation}").write.mode("overwrite").parquet(str(written))
        with duckdb.connect() as connection:
            connection.execute("set timezone = 'UTC'")
            connection.execute(f"copy (from read_parquet('{written}/*.parquet')) to '{file}' "
                               "(format csv, header, force_quote *)")

    def change(self, relation: str, column: str, value: str, where: str) -> None:
        names = [name for name in self.session.table(relation).columns]
        values = [f"if({where}, {value}, {name}) as {name}" if name == column else name for name in names]
        self.run(f"create table {relation}_changed as select {', '.join(values)} from {relation}",
                 f"drop table {relation}", f"alter table {relation}_changed rename to {relation}")


ENGINES = [Postgres, Spark]
Engine = Postgres | Spark


class Twin:
    """A project of the harness on another engine: the same files and raw rows."""

    def __init__(self, project: harness.Project, engine: Engine, folder: Path) -> None:
        ignored = shutil.ignore_patterns("target", "logs", "*.duckdb*")
        shutil.copytree(project.folder, folder, symlinks=True, ignore=ignored)
        self.original, self.engine = project, engine
        self.project = replace(project, folder=folder, manifest=None)
        self.project.write("profiles.yml", yaml.safe_dump({
            project.profile: {"target": engine.name, "outputs": {engine.name: engine.output()}},
        }))

    def load(self, *tables: str) -> None:
        """The raw rows of the original, as they are now."""
        file = self.project.folder / "raw.csv"
        for table in tables:
            with duckdb.connect(str(self.original.database)) as connection:
                if not self.engine.has_infinity:
                    make_finite(connection, f"raw.{table}")
                connection.execute(f"copy raw.{table} to '{file}' (format csv, header, force_quote *)")
                columns = {name: type_ for name, type_, *_ in connection.execute(f"describe raw.{table}").fetchall()}
            self.engine.put_in(f"raw.{table}", columns, file)

    def differences(self, layers: tuple[str, ...] = LAYERS, may_be_empty: tuple[str, ...] = ()) -> list[str]:
        """Every row that is not on both engines, three at most of a table, and every other table without rows."""
        schemas = [f"main_ads_{layer}" for layer in layers]
        models = [(row["table_schema"], row["table_name"]) for row in self.original.sql(
            "select table_schema, table_name from information_schema.tables "
            "where table_name similar to '[a-z]+_ads__.*' order by all") if row["table_schema"] in schemas]
        assert {schema for schema, _ in models} == set(schemas), "models are not where they are looked for"
        return [
            line for schema, model in models
            for line in self.differing(f"{schema}.{model}", may_be_empty=model in may_be_empty)
        ]

    def differing(self, relation: str, may_be_empty: bool = False) -> list[str]:
        """Of one relation, or of a query in parentheses with a name."""
        file = self.project.folder / "built.csv"
        self.engine.get_out(relation, file)
        with duckdb.connect(str(self.original.database)) as connection:
            count, found = compared(connection, relation, file)
        if not count and not may_be_empty:
            found.append("no rows to compare")
        return [f"{relation}: {line}" for line in found]


def compared(connection: duckdb.DuckDBPyConnection, relation: str, file: Path) -> tuple[int, list[str]]:
    """How many rows DuckDB's relation has, and how those in the file, of another engine, differ from them."""
    types = {name: type_ for name, type_, *_ in connection.execute(f"describe select * from {relation}").fetchall()}
    connection.execute(
        f"create or replace temp table written as select * from read_csv('{file}', header = true, delim = ',', "
        "quote = '\"', escape = '\"', all_varchar = true, allow_quoted_nulls = false, parallel = false)"
    )
    written = [name for name, *_ in connection.execute("describe written").fetchall()]
    if set(written) != set(types):
        return 1, [f"columns {sorted(set(written) ^ set(types))} are on one engine only"]
    [count] = connection.execute(f"select count(*) from {relation}").fetchone()

    # What the data-driven models learn is worked out in floats, and rounded to fifteen decimals.
    floats = [name for name, type_ in types.items() if type_ in ("DOUBLE", "FLOAT", "DECIMAL(28,15)")]
    # Twelve decimals are more than any decimal here has: one digit too many is seen.
    exact = {
        name: "decimal(38, 12)" if type_.endswith("INT") or type_.startswith(("DECIMAL", "INT")) else type_
        for name, type_ in types.items() if name not in floats and name not in OWN
    }
    ours = ", ".join(f"cast({quoted(name)} as {type_}) as {quoted(name)}" for name, type_ in exact.items())
    # PostgreSQL's years before 1, as DuckDB writes them.
    theirs = ", ".join(
        f"cast(regexp_replace({quoted(name)}, '^(.*) (.*) BC$', '\\1 (BC) \\2') as {type_}) as {quoted(name)}"
        if type_ == "TIMESTAMP" else f"cast({quoted(name)} as {type_}) as {quoted(name)}"
        for name, type_ in exact.items()
    )
    connection.execute(f"create or replace temp table here as select {ours} from {relation}")
    connection.execute(f"create or replace temp table there as select {theirs} from written")
    found = harness.differing_rows(connection, "here", "there")
    if found:
        # Rows are long; that a value of one column is on one engine only is mostly all there is to say.
        for name in map(quoted, exact):
            found += [f"column {name}, " + line for line in harness.differing_rows(
                connection, f"(select {name} from here)", f"(select {name} from there)")]
    if not floats:
        return count, found

    grain = GRAINS[relation.split(".")[1]]
    same_row = " and ".join(f"cast(there.{name} as {types[name]}) is not distinct from here.{name}" for name in grain)
    for name in floats:
        one, other = f"cast(here.{name} as double)", f"cast(there.{name} as double)"
        size = "1" if types[name].startswith("DECIMAL") else f"greatest(abs({one}), abs({other}))"
        rows = connection.execute(f"""
            select {', '.join(f'here.{column}' for column in grain)}, {one}, {other}
            from {relation} as here inner join written as there on {same_row}
            where ({one} is null) <> ({other} is null)
                or not abs({one} - {other}) <= 1e-12 * {size}
            limit 3
        """).fetchall()
        found += [f"{name}: {row}" for row in rows]
    return count, found


def make_finite(connection: duckdb.DuckDBPyConnection, relation: str) -> None:
    """Times and dates that are infinite become NULL, on DuckDB too."""
    for name, type_, *_ in connection.execute(f"describe {relation}").fetchall():
        if type_ == "DATE" or type_.startswith("TIMESTAMP"):
            connection.execute(f"update {relation} set {quoted(name)} = null where isinf({quoted(name)})")


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
