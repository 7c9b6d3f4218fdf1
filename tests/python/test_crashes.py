"""Builds that die: killed at any statement, out of disk, or shut out by another build.

Each kill is a real SIGKILL of a real dbt process that works on a day's late, edited and removed rows, on top of a
finished build that is published. Afterwards readers have what they had, the file opens, and the next plain build gives
the tables of a clean build and can be published. The standing test kills at a few points spread over the build, its
tests and its hooks; AD_FUNNEL_SOAK_KILLS=400 kills at as many (`make soak`).
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import duckdb
import harness
import pytest
from faults import fault

pytestmark = pytest.mark.slow  # each kill is a build

KILLS = int(os.environ.get("AD_FUNNEL_SOAK_KILLS", "4"))

# Children are forked from a process that has imported dbt and holds no database open.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["dbt.cli.main", "dbt.adapters.duckdb", "harness"])

AS_OF = {"ad_funnel__as_of": "2025-06-11 00:00:00"}


# ---------------------------------------------------------------------------------------------------------- the child

def child(project: harness.Project, kill_at: int | None, report: str, largest_file: int | None) -> None:
    """Runs in a process of its own: a build, killed at its nth statement, a moment after every second one began."""
    from dbt.cli.main import dbtRunner

    if largest_file:  # what a full disk looks like from inside: writes fail
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))
    statements = 0
    messages: list[str] = []

    def hear(event) -> None:
        nonlocal statements
        if event.info.level != "debug":
            messages.append(event.info.msg)
        if event.info.name == "SQLQuery":
            statements += 1
            if statements == kill_at:
                if kill_at % 2:
                    os.kill(os.getpid(), signal.SIGKILL)
                threading.Timer(0.004, os.kill, (os.getpid(), signal.SIGKILL)).start()

    arguments = ["--project-dir", str(project.folder), "--profiles-dir", str(project.folder), "--quiet",
                 "--log-level-file", "none", "--vars", str(AS_OF)]
    result = dbtRunner(callbacks=[hear]).invoke(["build", *arguments])
    messages += [node.message or "" for node in getattr(result.result, "results", None) or []]
    messages.append(str(result.exception or ""))
    Path(report).write_text(f"{result.success} {statements}\n" + "\n".join(messages))


def build(project: harness.Project, kill_at: int | None = None, largest_file: int | None = None) -> tuple[int, str]:
    """The child's exit code, and its report: success, number of statements, messages."""
    report = project.folder / "report.txt"
    report.unlink(missing_ok=True)
    process = PROCESSES.Process(target=child, args=(project, kill_at, str(report), largest_file))
    process.start()
    process.join(300)
    return process.exitcode, report.read_text() if report.exists() else ""


# -------------------------------------------------------------------------------------------------------- the project

def day_of_events(day: int, month: int = 6) -> dict[str, list[dict[str, str]]]:
    date = f"2025-{month:02}-{day if month != 2 else day - 31:02}"
    moment = f"{date} 12:{{:02}}:00"
    return {
        "impressions": [
            {"impression_id": f"i{day}-{number}", "impression_at": moment.format(number), "ad_id": f"a{number % 3}",
             "user_id": f"u{number}", "cost": "0.01", "loaded_at": moment.format(59)} for number in range(20)
        ],
        "clicks": [
            {"click_id": f"k{day}-{number}", "clicked_at": moment.format(number + 20),
             "impression_id": f"i{day}-{number}", "user_id": f"u{number}", "loaded_at": moment.format(59)}
            for number in range(6)
        ],
        "conversions": [
            {"conversion_id": f"v{day}-{number}", "converted_at": moment.format(number + 40),
             "conversion_type": "purchase", "click_id": f"k{day}-{number}", "user_id": f"u{number + 9}", "value": "5",
             "loaded_at": moment.format(59)} for number in range(3)
        ],
        "spend": [{"date_day": date, "amount": "7", "campaign_id": "c", "loaded_at": moment.format(59)}],
    }


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> harness.Project:
    """Five days, built; then a day more, late rows, a day that became empty, copies of ids on other days: not built."""
    tables: dict[str, list[dict[str, str]]] = {}
    for day in range(1, 6):
        for table, rows in day_of_events(day).items():
            tables.setdefault(table, []).extend(rows)
    project = harness.on_raw_tables(tmp_path_factory.mktemp("crashes"), tables)
    code, report = build(project)
    assert code == 0 and report.startswith("True"), report
    assert publish(project).returncode == 0

    for table, rows in day_of_events(6).items():
        tables[table] += rows
    copies = day_of_events(4)["impressions"]
    tables["impressions"] += [{**row, "impression_at": "2025-06-02 09:00:00"} for row in copies]
    tables["clicks"] = [row for row in tables["clicks"] if not row["click_id"].startswith("k3")]
    for table, rows in tables.items():
        project.load(table, rows)
    keep(project, "changed.duckdb")
    return project


def rewind(project: harness.Project) -> None:
    for path in project.folder.glob("warehouse.duckdb*"):
        path.unlink()
    shutil.copyfile(project.folder / "changed.duckdb", project.database)


def keep(project: harness.Project, name: str) -> None:
    with duckdb.connect(str(project.database)) as connection:  # a child leaves without closing the file
        connection.execute("checkpoint")
    os.replace(project.database, project.folder / name)


@pytest.fixture(scope="module")
def statements(project: harness.Project) -> int:
    """How many statements an undisturbed build has; it leaves what every later one must come to."""
    rewind(project)
    code, report = build(project)
    assert code == 0 and report.startswith("True"), report
    keep(project, "undisturbed.duckdb")
    rewind(project)
    project.execute(*(f"drop schema main_ads_{layer} cascade" for layer in ("ledger", "facts", "marts", "staging")))
    code, report = build(project)
    assert code == 0 and report.startswith("True"), report
    keep(project, "clean.duckdb")
    assert differences(project, "undisturbed.duckdb") == []
    return int(report.split()[1])


def differences(project: harness.Project, file: str = "warehouse.duckdb") -> list[str]:
    """What the tables of a file hold against those of the clean build."""
    found = []
    with duckdb.connect() as connection:
        connection.execute(f"attach '{project.folder / file}' as here (read_only)")
        connection.execute(f"attach '{project.folder / 'clean.duckdb'}' as clean (read_only)")
        tables = connection.execute("""
            select schema_name, table_name from duckdb_tables()
            where database_name = 'clean' and regexp_matches(schema_name, '_ads_(ledger|facts|marts)$')
                and table_name <> 'ad_funnel_builds'
        """).fetchall()
        assert len(tables) > 25
        for schema, table in tables:
            found += harness.differing_rows(connection, f"here.{schema}.{table}", f"clean.{schema}.{table}")
    return found


def publish(project: harness.Project) -> subprocess.CompletedProcess:
    script, target = harness.REPO / "scripts" / "publish.py", project.folder / "published.duckdb"
    return subprocess.run([sys.executable, script, project.database, target], capture_output=True, text=True)


# ----------------------------------------------------------------------------------------------------------- the tests

@fault(47)
def test_a_killed_build_harms_nothing(project: harness.Project, statements: int) -> None:
    published = project.folder / "published.duckdb"
    first_generation = published.read_bytes()
    points = sorted({1 + number * (statements - 1) // max(KILLS - 1, 1) for number in range(KILLS)})
    killed = 0
    for point in points:
        rewind(project)
        code, _ = build(project, kill_at=point)
        killed += code == -signal.SIGKILL
        assert code in (-signal.SIGKILL, 0), f"statement {point}: exit code {code}"
        with duckdb.connect(str(project.database)) as connection:  # the file opens
            assert connection.execute("select count(*) from raw.impressions").fetchone()[0] == 140
        if code:
            publish(project)  # refuses, or has nothing new to publish if the build had hardly begun
        assert not code or published.read_bytes() == first_generation, f"published after a kill at statement {point}"
        code, report = build(project)
        assert code == 0 and report.startswith("True"), f"after a kill at statement {point}: {report}"
        assert differences(project) == [], f"after a kill at statement {point}"
    assert publish(project).returncode == 0 and published.read_bytes() != first_generation
    print(f"\nkilled at {killed} of {statements} statements")
    assert killed >= len(points) - 1  # the last may come when all is done


@fault(48)
def test_a_full_disk_is_said_and_harms_nothing(project: harness.Project, statements: int) -> None:
    rewind(project)
    project.execute("""
        insert into raw.impressions by name
        select 'many' || i as impression_id, '2025-06-06 12:00:00' as impression_at, md5(i::varchar) as user_id
        from range(600000) as rows (i)
    """)
    room = project.database.stat().st_size + 64 * 1024
    assert room > 10 * 1024 * 1024  # dbt writes files of its own: they are smaller
    code, report = build(project, largest_file=room)
    assert not report.startswith("True")
    assert "warehouse.duckdb" in report and "File too large" in report, (code, report)
    code, report = build(project)
    assert code == 0 and report.startswith("True"), report
    assert project.sql("""
        select count(*) as impressions, sum(cost) as cost from main_ads_facts.fct_ads__impressions
    """) == project.sql("select count(distinct impression_id) as impressions, 1.20 as cost from raw.impressions")


@fault(49)
def test_a_second_build_is_told_who_holds_the_file(project: harness.Project, statements: int) -> None:
    rewind(project)
    holder = PROCESSES.Process(target=hold, args=(str(project.database), str(project.folder / "held")))
    holder.start()
    while not (project.folder / "held").exists():
        assert holder.is_alive()
    try:
        code, report = build(project)
        assert not report.startswith("True")
        assert "Could not set lock on file" in report and str(holder.pid) in report, report
        said = subprocess.run(
            [sys.executable, harness.REPO / "scripts" / "build.py", "build", "--project-dir", project.folder,
             "--profiles-dir", project.folder], capture_output=True, text=True,
        )
        assert (said.returncode, "Traceback" in said.stdout + said.stderr) == (2, False), said.stdout + said.stderr
        for text in ("is open in another program", f"PID {holder.pid})", "dbt changed nothing. Cure: "):
            assert text in said.stderr, said.stderr
    finally:
        holder.kill()
        holder.join()
    code, report = build(project)
    assert code == 0 and report.startswith("True"), report
    assert differences(project) == []


def hold(database: str, mark: str) -> None:
    with duckdb.connect(database):
        Path(mark).touch()
        signal.pause()
