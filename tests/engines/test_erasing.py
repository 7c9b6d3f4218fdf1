"""Users are erased from a server as they are from a file: the same rows are left, before and after the next build."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import engines
import harness
import pytest
import test_search

pytestmark = pytest.mark.slow  # two builds on each engine, and a vacuum of each table

SCRIPTS = harness.REPO / "scripts"
USER = "user-of-801"  # long enough to be looked for within texts
ONLY_MODELS = ("--exclude-resource-type", "unit_test", "--exclude-resource-type", "test")
LEDGERS = [f"main_ads_ledger.ledger_ads__{table}" for table in ("clicks", "conversions", "impressions", "visits")]


@pytest.fixture(scope="module")
def twin(engine: engines.Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[engines.Twin]:
    if engine.name == "spark":
        pytest.skip("nobody is erased on Spark")
    folder = tmp_path_factory.mktemp("erased")
    original = harness.alone(folder / "demo")
    profile = (original.folder / "profiles.yml").read_text()
    original.write("profiles.yml", profile.replace("threads: 2", "threads: 2, keep_open: false"))
    for seed in (original.folder / "seeds").glob("*.csv"):
        seed.write_text(seed.read_text().replace("u-801", USER))
    twin = engines.Twin(original, engine, folder / "twin")
    for project in (original, twin.project):
        project.build(*ONLY_MODELS)
    engine.run(
        "create schema ads_published",
        "create table ads_published.fct_ads__clicks as select * from main_ads_facts.fct_ads__clicks",
        "create table ads_published.mart_ads__campaign as select * from main_ads_marts.mart_ads__campaign",
        "create table ads_published.ad_funnel_generation as select cast('marts, facts' as text) as layers",
        "create schema own",
        f"create table own.notes as select '{USER} called' as text union all select '{USER}5 wrote'",
    )
    yield twin


def script(name: str, *arguments: str | Path, twin: engines.Twin, stdin: str) -> tuple[int, str]:
    server = twin.engine.server
    done = subprocess.run(
        [sys.executable, SCRIPTS / name, *arguments], input=stdin, capture_output=True, text=True,
        cwd=twin.project.folder, env={
            **os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PGHOST": server["host"], "PGPORT": str(server["port"]),
            "PGUSER": server["user"], "PGPASSWORD": server["password"], "PGDATABASE": twin.engine.database,
        },
    )
    said = done.stdout + done.stderr
    assert "Traceback" not in said, said
    return done.returncode, said


def erase(twin: engines.Twin, *arguments: str, stdin: str = USER) -> tuple[int, str]:
    return script("erase_postgres.py", *arguments, twin=twin, stdin=stdin)


def files_of(twin: engines.Twin) -> dict[str, int]:
    return {table: number for table, number in twin.engine.rows(
        "select schemaname || '.' || tablename, pg_relation_filenode((schemaname || '.' || tablename)::regclass) "
        "from pg_tables where schemaname in ('main_ads_ledger', 'main_ads_facts')")}


def rows_with_user(twin: engines.Twin) -> set[str]:
    return {
        table for [table] in twin.engine.rows(
            "select table_schema || '.' || table_name from information_schema.tables "
            "where table_type = 'BASE TABLE' and table_schema like 'main_ads%' or table_schema = 'ads_published'")
        if twin.engine.rows(f"select 1 from {table} as rows_of where rows_of::text ~ '\\m{USER}\\M' limit 1")
    }


def test_what_is_wrong_is_said(twin: engines.Twin) -> None:
    held = rows_with_user(twin)
    assert {*LEDGERS, "main_ads_facts.fct_ads__clicks", "ads_published.fct_ads__clicks"} <= held
    for arguments, stdin, text in (
        ((), "\n", "No user id was given. Cure"),
        ((), f"'{USER}'", "1 of the ids have quotes"),
        (("--published", "nowhere"), USER, "There is no publication in the schema nowhere. Cure"),
        (("--project", "nowhere"), USER, "There is no folder nowhere. Cure"),
    ):
        code, said = erase(twin, *arguments, stdin=stdin)
        assert (code, "Nothing was erased. " in said, text in said) == (1, True, True), said
    assert rows_with_user(twin) == held


def test_an_open_transaction_that_keeps_old_rows_is_said(twin: engines.Twin) -> None:
    """Of a table that an update has changed: VACUUM FULL copies what a transaction may still look at."""
    reader = twin.engine.connect()
    try:
        reader.set_session(isolation_level="REPEATABLE READ")
        reader.cursor().execute("select * from own.notes")
        code, said = erase(twin, "--wait", "0.3")
    finally:
        reader.close()
    assert code == 1
    assert "Done: the rows of these users are erased in all tables" in said
    assert "that were deleted, because a transaction that began before may still look at them. Cure" in said


def test_the_user_is_in_no_table_of_ours(twin: engines.Twin) -> None:
    before = files_of(twin)
    code, said = erase(twin, "--published", "ads_published", stdin=f"{USER}\nnobody-of-ours\n")
    assert code == 0, said
    assert "table own.notes: 1 row\n" in said  # of the two, one is somebody else's
    assert "perhaps the raw table that ad_funnel__clicks names: dbt build was not run since users were erased" in said
    assert "table main_ads_raw.raw_ad_clicks: 4 rows" in said
    assert "main_ads_ledger: 0 rows of 2 ids." in said  # the first command erased them
    assert "Out of reach from here: the write-ahead log" in said
    assert {table for table in rows_with_user(twin) if "_raw." not in table} == set()
    assert twin.engine.rows("select layers from ads_published.ad_funnel_generation") == [("marts",)]
    assert twin.engine.rows("select count(*) from ads_published.fct_ads__clicks") == [(0,)]
    assert twin.engine.rows("select count(*) from ads_published.mart_ads__campaign") > [(0,)]
    after = files_of(twin)
    assert all(before[table] != after[table] for table in LEDGERS)  # no old row is left in a file


@pytest.mark.slow
def test_a_build_of_the_ledger_alone_does_not_bring_them_back(twin: engines.Twin) -> None:
    outcome = twin.project.dbt("run", "--select", "ledger_ads__clicks")
    assert not outcome
    assert "Users were erased. Cure: one whole dbt build" in outcome.text


def test_the_same_rows_are_left_as_in_a_file(twin: engines.Twin) -> None:
    code, said = script("erase.py", twin.original.database, twin=twin, stdin=USER)
    assert code == 0, said
    assert "rows erased." in said
    assert [line for table in LEDGERS for line in twin.differing(table)] == []
    for project in (twin.original, twin.project):
        project.build(*ONLY_MODELS)
    assert twin.differences(may_be_empty=(*harness.EXPERIMENT_MARTS, "fct_ads__unplaced_spend")) == []
    assert {table for table in rows_with_user(twin) if "_raw." not in table} == set()


@pytest.mark.parametrize("seed", range(5))
def test_the_search_finds_what_one_pattern_finds(engine: engines.Postgres, seed: int) -> None:
    if engine.name == "spark":
        pytest.skip("nobody is erased on Spark")
    import erase_postgres

    users, texts = test_search.worlds(seed)
    connection = engine.connect()
    try:
        server = erase_postgres.Postgres(connection, wait=5)
        server.execute("create schema if not exists searched")
        server.execute('create table if not exists searched.one (text varchar, other integer, "odd? 100%" jsonb)')
        server.execute("truncate searched.one")
        for text in texts:
            server.change("insert into searched.one values (?, 1, '{}')", [text])
        found = [line for line in test_search.erasing.Wanted(users).tables(server) if "searched.one" in line]
    finally:
        connection.close()
    expected = sum(any(test_search.is_in(user, text) for user in users if len(user) >= 6) for text in texts)
    assert found == [f"table searched.one: {expected} rows"]
