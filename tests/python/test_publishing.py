"""Readers see whole generations that passed all checks, and nothing else.

A consumer's project with a target schema of its own. `good` is its build file after a build that passed; the tests
work on copies of it. The soak: AD_FUNNEL_SOAK_SECONDS=600 pytest -s -k load (5 seconds otherwise).
"""

from __future__ import annotations

import fcntl
import json
import os
import resource
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import harness
import pytest
from faults import fault

PUBLISH = Path("dbt_packages", "ad_funnel", "scripts", "publish.py")  # in the consumer's project
READER = Path(__file__).with_name("reader.py")
MARTS = "analytics_ads_marts"

CLICKS = [
    {"click_id": f"c{n}", "clicked_at": f"2025-06-0{n}", "ad_id": f"a{n % 3}", "campaign_id": "spring", "user_id": "u"}
    for n in range(1, 8)
]

# `keep_open: false`: dbt, run in this process, lets go of the file when it has finished.
PROFILE = """
consumer:
  target: duckdb
  outputs:
    duckdb: {{type: duckdb, path: '{path}', schema: analytics, threads: 2, keep_open: false}}
"""

# A test of the consumer's that reads a mart, and a model and test that have nothing to do with the package.
NOTHING_IS_FORBIDDEN = "select * from {{ ref('mart_ads__campaign_daily') }} where campaign_id = 'forbidden'"
OWN_MODEL = "select user_id from {{ source('raw', 'clicks') }}"
OWN_TEST = "select * from {{ ref('own_model') }} where user_id = 'stranger'"


# ---------------------------------------------------------------------------------------------------------- fixtures

@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> harness.Project:
    shop = harness.on_raw_tables(tmp_path_factory.mktemp("publishing"), {"clicks": CLICKS})
    shop.write("profiles.yml", PROFILE.format(path=shop.database))
    shop.write("tests/nothing_is_forbidden.sql", NOTHING_IS_FORBIDDEN)
    shop.write("tests/own_test.sql", OWN_TEST)
    shop.write("models/own_model.sql", OWN_MODEL)
    shop.freeze()
    return shop


@pytest.fixture(scope="module")
def good(shop: harness.Project) -> Path:
    """The build file after a whole build that passed."""
    shop.build("--write-json")
    return shutil.copy(shop.database, shop.folder / "good.duckdb")


@pytest.fixture
def built(shop: harness.Project, good: Path) -> Path:
    """The project's build file, as it was after that build."""
    shop.database.with_name(shop.database.name + ".wal").unlink(missing_ok=True)  # of a build that was killed
    return Path(shutil.copy(good, shop.database))


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "published.duckdb"


@pytest.fixture
def publish(shop: harness.Project, built: Path, target: Path) -> Callable:
    """Runs the script in the consumer's project, as a user would."""
    def run(*options: str, build_file: Path = built, **more) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, PUBLISH, build_file, target, "--wait", "0.5", *options],
            cwd=shop.folder, capture_output=True, text=True, **more,
        )
    return run


@pytest.fixture
def meddle(shop: harness.Project, built: Path, target: Path) -> Callable:
    """Runs the script after this code, which puts something in its way."""
    def run(code: str) -> subprocess.CompletedProcess:
        code = f"import os, signal, subprocess, sys\nimport duckdb, publish\n{code}\nsys.exit(publish.main())"
        return subprocess.run(
            [sys.executable, "-c", code, built, target], capture_output=True, text=True,
            env={**os.environ, "PYTHONPATH": str(shop.folder / PUBLISH.parent)},
        )
    return run


@pytest.fixture
def published(publish: Callable, target: Path) -> Path:
    """A first generation, published from the good build."""
    outcome = publish()
    assert outcome.returncode == 0, outcome.stderr
    return target


def alter(file: Path, *statements: str) -> None:
    with duckdb.connect(str(file)) as connection:
        for statement in statements:
            connection.execute(statement)


def read_elsewhere(file: Path, statement: str) -> list[list]:
    """In another process: within one, DuckDB hands out the file that it already has open."""
    code = (
        "import duckdb, json, sys\n"
        "rows = duckdb.connect(sys.argv[1], read_only=True).execute(sys.argv[2]).fetchall()\n"
        "print(json.dumps(rows, default=str))"
    )
    return json.loads(subprocess.check_output([sys.executable, "-c", code, file, statement]))


def generation(file: Path) -> str:
    [[invocation_id]] = read_elsewhere(file, f"select invocation_id from {MARTS}.ad_funnel_generation")
    return invocation_id


def next_generation(file: Path) -> str:
    """What another build that passed would leave in its file, without building: the same rows, built a second later."""
    with duckdb.connect(str(file)) as connection:
        [[invocation_id]] = connection.execute(
            "insert into analytics_ads_ledger.ad_funnel_builds by name "
            "select * replace (build_number + 1 as build_number, started_at + interval 1 second as started_at, "
            "cast(uuid() as varchar) as invocation_id) from analytics_ads_ledger.ad_funnel_builds "
            "order by build_number desc limit 1 returning invocation_id"
        ).fetchall()
        for schema, table in connection.execute(
            "select schema_name, table_name from duckdb_columns() where column_name = 'built_at' and not internal "
            "and (schema_name, table_name) in (select (schema_name, table_name) from duckdb_tables())"
        ).fetchall():
            connection.execute(f"update {schema}.{table} set built_at = built_at + interval 1 second")
    return invocation_id


def assert_refused(outcome: subprocess.CompletedProcess, target: Path, before: bytes, *texts: str) -> None:
    """Nothing changed, nothing left behind, and the message says why and what to do."""
    assert outcome.returncode == 1
    for text in ("Nothing was published.", "Cure: ", *texts):
        assert text in outcome.stderr, outcome.stderr
    assert "Traceback" not in outcome.stderr
    assert target.read_bytes() == before
    assert not target.with_name(target.name + ".new").exists()


# ----------------------------------------------------------------------------------------------- a build that passed

@pytest.mark.parametrize("layers", [[], ["facts"], ["facts", "ledger"]], ids=["marts", "facts", "ledger"])
def test_published_tables_are_the_built_ones_row_for_row(layers, publish, built, target):
    outcome = publish(*(option for layer in layers for option in ("--with", layer)))
    assert outcome.returncode == 0, outcome.stderr

    schemas = [f"analytics_ads_{layer}" for layer in ("marts", *layers)]
    with duckdb.connect() as connection:
        connection.execute(f"attach '{built}' as warehouse (read_only)")
        connection.execute(f"attach '{target}' as published (read_only)")

        def relations(database: str) -> list[tuple]:
            return connection.execute(
                "select table_schema, table_name from information_schema.tables where table_catalog = ? "
                "and table_name not in ('ad_funnel_builds', 'ad_funnel_generation') order by all", [database],
            ).fetchall()

        assert relations("published") == [each for each in relations("warehouse") if each[0] in schemas]
        assert len(relations("published")) >= {0: 9, 1: 19, 2: 23}[len(layers)]
        for schema, table in relations("published"):
            left, right = f"warehouse.{schema}.{table}", f"published.{schema}.{table}"
            for one, other in ((left, right), (right, left)):
                assert not connection.execute(f"from {one} except all from {other}").fetchall(), table


def test_generation_says_which_it_is(published, built):
    with duckdb.connect(str(built), read_only=True) as connection:
        build = connection.execute(
            "select invocation_id, strftime(started_at, '%c') from analytics_ads_ledger.ad_funnel_builds"
        ).fetchone()
        freshness = connection.execute(
            "select strftime(built_at, '%c'), strftime(data_through, '%c') from analytics_ads_facts.fct_ads__freshness"
        ).fetchone()
    [row] = read_elsewhere(
        published, "select invocation_id, strftime(built_at, '%c'), strftime(data_through, '%c'), layers, "
        f"published_at >= built_at from {MARTS}.ad_funnel_generation"
    )
    assert row == [*build, freshness[1], "marts", True]
    assert build[1] == freshness[0]


def test_nothing_is_left_beside_the_published_file(published):
    assert sorted(file.name for file in published.parent.iterdir()) == ["published.duckdb", "published.duckdb.lock"]


def test_file_can_be_read_by_older_versions(published):
    with duckdb.connect(str(published), read_only=True) as connection:
        [[tags]] = connection.execute("select tags from duckdb_databases() where not internal").fetchall()
    assert tags["storage_version"].startswith("v1.4.0")


def test_publishing_twice_changes_nothing(published, publish):
    before = published.read_bytes()
    outcome = publish()
    assert (outcome.returncode, "already is build" in outcome.stdout) == (0, True)
    assert published.read_bytes() == before


def test_the_same_build_with_more_layers_is_published(published, publish):
    assert publish("--with", "facts").returncode == 0
    assert read_elsewhere(published, "select count(*) from analytics_ads_facts.fct_ads__clicks") == [[len(CLICKS)]]


def test_a_reader_keeps_its_generation_and_the_next_one_sees_the_new(published, publish, built):
    old = generation(published)
    with duckdb.connect(str(published), read_only=True) as connection:
        ask = f"select invocation_id from {MARTS}.ad_funnel_generation"
        assert connection.execute(ask).fetchall() == [(old,)]
        new = next_generation(built)
        assert publish().returncode == 0

        assert generation(published) == new != old
        assert connection.execute(ask).fetchall() == [(old,)]


def test_a_link_and_the_rights_of_the_file_stay(published, publish, built):
    published.chmod(0o664)
    real = published.rename(published.with_name("real.duckdb"))
    published.symlink_to(real)
    new = next_generation(built)
    assert publish().returncode == 0
    assert published.is_symlink()
    assert generation(real) == new
    assert real.stat().st_mode & 0o777 == 0o664


# ------------------------------------------------------------------------------------------- builds that did not pass

@fault(51)
def test_a_failing_test_of_the_users_publishes_nothing(shop, built, published, publish):
    before = published.read_bytes()
    shop.load("clicks", [*CLICKS, {**CLICKS[0], "click_id": "x", "campaign_id": "forbidden"}])

    outcome = shop.dbt("build")

    assert outcome.statuses["nothing_is_forbidden"] == "fail"
    assert set(outcome.statuses.values()) <= {"success", "pass", "warn", "fail"}  # nothing else would stop it
    assert_refused(publish(), published, before, "failed: nothing_is_forbidden")


@pytest.mark.slow
def test_a_failing_test_that_has_nothing_to_do_with_the_package_stops_nothing(shop, built, published, publish):
    old = generation(published)
    shop.load("clicks", [*CLICKS, {**CLICKS[0], "click_id": "x", "user_id": "stranger"}])
    assert shop.dbt("build").statuses["own_test"] == "fail"
    assert publish().returncode == 0
    assert generation(published) != old


@pytest.mark.parametrize("command, text", [
    (["build", "--select", "mart_ads__campaign"], "were not selected or skipped"),
    (["run"], "were not selected or skipped"),
    (["build", "--empty"], "--empty"),
], ids=["select", "run", "empty"])
def test_a_part_is_not_published(command, text, shop, built, published, publish):
    before = published.read_bytes()
    assert shop.dbt(*command).statuses
    assert_refused(publish(), published, before, text, "Cure: a whole dbt build")


# None of these builds a model of the package.
IN_BETWEEN = {
    "run": ["run", "--select", "own_model"],
    "test of their own": ["test", "--select", "own_test"],
    "test that reads a mart": ["test", "--select", "nothing_is_forbidden"],
    "build with such a test": ["build", "--select", "own_model", "nothing_is_forbidden"],
    "all tests": ["test"],
    "compile": ["compile"],
    "docs": ["docs", "generate"],
    "show": ["show", "--inline", "select * from {{ ref('mart_ads__campaign') }}"],
}


@pytest.mark.slow
@pytest.mark.parametrize("command", IN_BETWEEN.values(), ids=IN_BETWEEN)
def test_what_builds_no_model_of_the_package_can_be_run_in_between(command, shop, built, publish):
    assert shop.dbt(*command)
    assert publish().returncode == 0


@pytest.mark.parametrize("name", ["all tests", "compile", "docs", "show"])
def test_what_only_reads_works_on_a_file_that_can_only_be_read(name, shop, built):
    profile = (shop.folder / "profiles.yml").read_text()
    shop.write("profiles.yml", profile.replace("threads: 2", "threads: 2, config_options: {access_mode: read_only}"))
    before = built.read_bytes()
    try:
        outcome = shop.dbt(*IN_BETWEEN[name])
    finally:
        shop.write("profiles.yml", profile)
    assert outcome, outcome.text
    assert built.read_bytes() == before


def test_a_test_that_fails_in_between_publishes_nothing(shop, built, published, publish):
    before = published.read_bytes()
    alter(built, f"update {MARTS}.mart_ads__campaign_daily set campaign_id = 'forbidden'")
    assert shop.dbt("test", "--select", "nothing_is_forbidden").statuses == {"nothing_is_forbidden": "fail"}
    assert_refused(publish(), published, before, "failed: nothing_is_forbidden")


@pytest.mark.slow
def test_a_record_of_an_older_version_gets_its_columns(shop, built, publish):
    alter(built, "alter table analytics_ads_ledger.ad_funnel_builds drop column package_version")
    outcome = shop.dbt("run", "--select", "fct_ads__freshness")
    assert not outcome and "0.1.0 or older" in outcome.text and "Cure: one whole dbt build first" in outcome.text
    shop.build("--write-json")
    assert [row["package_version"] for row in shop.sql(
        "select package_version from analytics_ads_ledger.ad_funnel_builds order by build_number"
    )] == [None, "0.1.0"]
    assert publish().returncode == 0


# Of tables that an older version made: what the ledger was compared by, and what tells a changed day.
@pytest.mark.slow
def test_tables_of_an_older_version_are_built_again(shop, built, publish):
    counts = "select count(*) as n, count(ledger_day) as days from analytics_ads_ledger.ledger_ads__clicks"
    before = shop.sql(counts)
    alter(
        built,
        "alter table analytics_ads_ledger.ledger_ads__clicks drop column ledger_day",
        "alter table analytics_ads_ledger.ledger_ads__clicks drop column row_stamp",
        "alter table analytics_ads_facts.fct_ads__daily drop column built_from",
    )
    shop.build("--write-json")
    assert shop.sql(counts) == before
    assert publish().returncode == 0


def test_tables_of_an_older_version_keep_what_raw_tables_have_forgotten(shop, built):
    alter(built, "alter table analytics_ads_ledger.ledger_ads__clicks drop column ledger_day")
    shop.load("clicks", CLICKS[2:])
    try:
        outcome = shop.dbt("build")
    finally:
        shop.load("clicks", CLICKS)
    assert "older version" in outcome.text and "holds 5 rows, and the ledger 7. Cure: " in outcome.text


# Dies when the eighth model has been built, as by `kill -9`.
KILLED = """
import os, signal, sys
from dbt.cli.main import dbtRunner
built = []
def die(event):
    if event.info.name == 'LogModelResult':
        built.append(1)
        if len(built) == 8:
            os.kill(os.getpid(), signal.SIGKILL)
dbtRunner(callbacks=[die]).invoke(['build', '--quiet', '--project-dir', sys.argv[1], '--profiles-dir', sys.argv[1]])
"""


def test_a_build_that_was_killed_publishes_nothing(shop, built, published, publish):
    before = published.read_bytes()
    results = shop.folder / "target" / "run_results.json"
    old_results = results.read_bytes()

    killed = subprocess.run([sys.executable, "-c", KILLED, shop.folder], capture_output=True)

    assert killed.returncode == -9
    assert results.read_bytes() == old_results  # the artifact tells nothing
    assert_refused(publish(), published, before, "never came to its end", "Cure: dbt build")


def test_rows_of_another_build_are_not_published(built, published, publish):
    """Something wrote into a mart, and no hook of ours ran."""
    before = published.read_bytes()
    next_generation(built)
    alter(built, f"update {MARTS}.mart_ads__platform_daily set built_at = built_at - interval 1 second")
    assert_refused(publish(), published, before, "mart_ads__platform_daily", "of another build")


def test_a_build_without_its_record_is_not_published(built, published, publish):
    before = published.read_bytes()
    next_generation(built)
    alter(built, "update analytics_ads_facts.fct_ads__freshness set built_at = built_at + interval 1 hour")
    assert_refused(publish(), published, before, "fct_ads__freshness", "of another build")


def test_a_build_that_begins_while_the_publisher_looks_is_seen(meddle, built, published):
    before = published.read_bytes()
    next_generation(built)
    outcome = meddle("""
look = publish.publishable_build
def overtaken(build_file, *more):
    build = look(build_file, *more)
    with duckdb.connect(str(build_file)) as connection:
        connection.execute("update analytics_ads_ledger.ad_funnel_builds set build_number = build_number + 1")
    return build
publish.publishable_build = overtaken
""")
    assert_refused(outcome, published, before, "Another build began in the meantime")


def test_a_copy_of_another_size_is_not_published(built, published, publish):
    before = published.read_bytes()
    next_generation(built)
    alter(
        built, f"drop table {MARTS}.mart_ads__orders_daily",
        f"create view {MARTS}.mart_ads__orders_daily as select range from range(100000) where random() < 0.5",
    )
    assert_refused(publish(), published, before, "mart_ads__orders_daily", "rows, its copy")


def test_a_build_in_several_databases_is_refused(built, published, publish):
    before = published.read_bytes()
    next_generation(built)
    builds = "analytics_ads_ledger.ad_funnel_builds"
    alter(built, f"""update {builds} set relations = replace(
        relations, '"facts", "database": "warehouse"', '"facts", "database": "elsewhere"'
    )""")
    assert_refused(publish("--with", "facts"), published, before, "in another database: elsewhere")


def test_a_hook_of_the_users_that_fails_hides_no_build(shop, built, published, publish):
    """Theirs runs first, ours is left out then, and dbt builds all the same."""
    before = published.read_bytes()
    project = harness.Project(shop.folder, shop.profile)
    project_file = (shop.folder / "dbt_project.yml").read_text()
    shop.write("dbt_project.yml", project_file + "on-run-start: [select * from nowhere]\n")

    outcome = project.dbt("run", "--select", "mart_ads__campaign")

    shop.write("dbt_project.yml", project_file)
    assert (outcome.success, outcome.statuses) == (False, {"mart_ads__campaign": "success"})
    assert_refused(publish(), published, before, "were not selected or skipped")


def test_numbers_order_the_builds_not_clocks(built, published, publish):
    before = published.read_bytes()
    next_generation(built)
    alter(
        built, "insert into analytics_ads_ledger.ad_funnel_builds by name "
        "select max(build_number) + 1 as build_number, timestamp '2001-01-01' as started_at, 'started' as status, "
        "'late' as invocation_id from analytics_ads_ledger.ad_funnel_builds",
    )
    assert_refused(publish(), published, before, "late", "never came to its end")


def test_two_targets_in_one_file_are_told_apart(built, published, publish):
    before = published.read_bytes()
    alter(built, "create schema other", "create table other.ad_funnel_builds as "
                 "select * replace ('not publishable' as status, 'it is the other' as reason) "
                 "from analytics_ads_ledger.ad_funnel_builds")
    assert_refused(publish(), published, before, "--schema", "analytics_ads_ledger, other")
    assert_refused(publish("--schema", "other"), published, before, "it is the other")
    assert publish("--schema", "analytics_ads_ledger").returncode == 0


@pytest.mark.parametrize("passed, kept", [(290, range(201, 301)), (150, range(150, 301))])
def test_the_record_stays_small(shop, built, passed, kept):
    """A hundred builds, and all since one passed: what they stored is still to be tested."""
    alter(built, "insert into analytics_ads_ledger.ad_funnel_builds (build_number, status, package_version) "
                 f"select range, if(range = {passed}, 'passed', 'not publishable'), "
                 "(select any_value(package_version) from analytics_ads_ledger.ad_funnel_builds) from range(2, 300)")
    assert shop.dbt("run", "--select", "fct_ads__freshness")
    numbers = shop.sql("select build_number from analytics_ads_ledger.ad_funnel_builds order by build_number")
    assert [row["build_number"] for row in numbers] == list(kept)


# --------------------------------------------------------------------------------------------- files in a wrong state

def test_a_writer_of_the_build_file_is_waited_for(built, published, publish):
    before = published.read_bytes()
    next_generation(built)
    connection = duckdb.connect(str(built))
    assert_refused(publish(), published, before, str(built), "another program has it open")

    threading.Timer(1, connection.close).start()
    assert publish("--wait", "20").returncode == 0


def test_a_renamed_build_file_is_published_with_its_views(built, target, publish):
    """A view calls its tables by the name that the file had when it was built."""
    renamed = built.rename(built.with_name("renamed.duckdb"))
    outcome = publish("--with", "facts", build_file=renamed)
    assert outcome.returncode == 0, outcome.stderr


def test_a_full_disk_leaves_the_published_file(built, published, publish):
    before = published.read_bytes()
    next_generation(built)
    outcome = publish(
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
    )
    assert_refused(outcome, published, before, "published.duckdb.new failed", "disk is full")
    assert sorted(file.suffix for file in published.parent.iterdir()) == [".duckdb", ".lock"]
    assert publish().returncode == 0


def test_what_a_killed_publisher_left_is_cleared_away(meddle, built, published, publish):
    before = published.read_bytes()
    new = next_generation(built)
    killed = meddle("os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)")
    left = published.with_name("published.duckdb.new")
    assert (killed.returncode, left.exists(), published.read_bytes()) == (-9, True, before)
    left.with_name("published.duckdb.new.wal").write_bytes(b"torn")

    assert publish().returncode == 0
    assert generation(published) == new
    assert sorted(file.suffix for file in published.parent.iterdir()) == [".duckdb", ".lock"]


def test_what_a_publisher_at_work_writes_is_left_to_it(built, published, publish):
    before = published.read_bytes()
    next_generation(built)
    theirs = published.with_name("published.duckdb.new")
    theirs.write_bytes(b"half a file")
    with open(f"{published}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        outcome = publish()
        assert theirs.read_bytes() == b"half a file"
    theirs.unlink()
    assert_refused(outcome, published, before, "Another publication")


def test_a_published_file_that_somebody_writes_to_is_not_replaced(built, published, publish):
    before = published.read_bytes()
    next_generation(built)
    with duckdb.connect(str(published)) as connection:
        outcome = publish()
        connection.execute("create table note as select 1 as a")
        assert published.with_name("published.duckdb.wal").exists()
        outcome_with_log = publish()
        # Only now: closing any handle to a file ends this process's locks on it.
        assert_refused(outcome, published, before, "cannot be read", "opened it for writing")
        assert_refused(outcome_with_log, published, before, "published.duckdb.wal is there")


def test_nobody_can_write_to_the_old_file_while_it_is_replaced(meddle, built, published):
    """Their log would come to lie beside the new file."""
    next_generation(built)
    outcome = meddle("""
replace = os.replace
def hindered(new, target):
    write = [sys.executable, "-c", "import duckdb, sys; duckdb.connect(sys.argv[1])", target]
    print(subprocess.run(write, capture_output=True, text=True).stderr)
    replace(new, target)
os.replace = hindered
""")
    assert outcome.returncode == 0, outcome.stderr
    assert "Could not set lock" in outcome.stdout


@pytest.mark.parametrize("content", ["a database", "no database"])
def test_a_file_that_is_none_of_ours_is_not_replaced(content, target, publish):
    if content == "a database":
        alter(target, "create table precious as select 1 as a")
    else:
        target.write_text("precious")
    assert_refused(publish(), target, target.read_bytes(), str(target), "choose another path")


def test_the_build_file_is_not_replaced(built, target, publish):
    target.symlink_to(built)
    assert_refused(publish(), built, built.read_bytes(), "is the build file")


def test_a_file_without_builds_is_refused(published, publish):
    assert_refused(
        publish(build_file=shutil.copy(published, published.with_name("other.duckdb"))), published,
        published.read_bytes(), "no table ad_funnel_builds",
    )


def test_wrong_paths_are_named(shop, built, published, publish):
    before = published.read_bytes()
    assert_refused(publish(build_file=Path("no.duckdb")), published, before, "no build file no.duckdb")
    outcome = subprocess.run(
        [sys.executable, PUBLISH, built, "no/folder/published.duckdb"], cwd=shop.folder, capture_output=True, text=True
    )
    assert (outcome.returncode, "There is no folder" in outcome.stderr) == (1, True)


# --------------------------------------------------------------------------------------------------------- under load

@pytest.mark.slow
@fault(50)
def test_readers_under_load_see_whole_generations_only(shop, built, published, publish, tmp_path):
    """Readers in processes of their own read as fast as they can while generations are published, some of them from
    real builds on other clicks."""
    seconds = float(os.environ.get("AD_FUNNEL_SOAK_SECONDS", 5))
    stop, pause = tmp_path / "stop", "0.2"  # readers that never rest leave no time to build
    readers = [
        subprocess.Popen([sys.executable, READER, published, stop, pause], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    end = time.monotonic() + seconds
    builds, generations = 0, 1
    try:
        while time.monotonic() < end or builds < 2:
            shop.load("clicks", CLICKS[:5 + builds % 3])
            shop.build()
            builds += 1
            for _ in range(3):
                outcome = publish()
                assert (outcome.returncode, "Published" in outcome.stdout) == (0, True), outcome.stderr
                generations += 1
                next_generation(built)
    finally:
        stop.touch()
        counts = [json.loads(reader.communicate()[0]) for reader in readers]

    queries, connections = (sum(each[name] for each in counts) for name in ("queries", "connections"))
    print(f"\n{queries:,} queries over {connections:,} connections, {generations} generations, {builds} builds")
    assert [each["errors"] for each in counts] == [0, 0, 0], counts
    assert min(each["generations"] for each in counts) >= 4, counts
