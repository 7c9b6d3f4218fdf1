"""Users can be erased, marts hold nobody's id, and secrets stay secret.

`story` is a project whose logs are files, through: two builds (the logs forget January in between), a publication with
facts and ledger, scripts/erase.py, the next build and publication, and a full refresh on logs that have January again.
"""

from __future__ import annotations

import ast
import csv
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import harness
import pytest
import yaml
from faults import fault

pytestmark = pytest.mark.slow  # a story of six builds and as many copies of its files

Rows = list[dict[str, Any]]

SCRIPTS = Path("dbt_packages", "ad_funnel", "scripts")  # in the consumer's project
LEDGERS = ("impressions", "clicks", "conversions", "visits")
FORGOTTEN = "user-to-be-forgotten-4711"
OTHER = "Zoë \"quoted\" O'Hara 0815"  # spelt otherwise in JSON, and in SQL
EVENT_IDS = {"user_id", "impression_id", "click_id", "conversion_id", "visit_id", "order_id", "user_agent",
             "landing_url"}

# `keep_open: false`: dbt, run in this process, lets go of the file when it has finished. Uncompressed, the file shows
# the bytes of an id.
PROFILE = """
lake:
  target: duckdb
  outputs:
    duckdb:
      type: duckdb
      path: '{path}'
      threads: 2
      keep_open: false
      settings: {{force_compression: uncompressed}}
"""

# ----------------------------------------------------------------------------------------------------- the lake's logs


def impression(name: str, at: str, user: str, **others: str) -> dict[str, str]:
    return {"impression_id": name, "impression_at": at, "ad_id": "a", "campaign_id": "c", "user_id": user,
            "cost": "0.5", "currency": "", "device_type": "", "user_agent": "", "loaded_at": "2025-06-10", **others}


def click(name: str, at: str, user: str, **others: str) -> dict[str, str]:
    return {"click_id": name, "clicked_at": at, "impression_id": "", "ad_id": "a", "campaign_id": "c", "user_id": user,
            "cost": "0.1", "currency": "", "landing_url": "", "landed_at": "", "user_agent": "",
            "loaded_at": "2025-06-10", **others}


def conversion(name: str, at: str, user: str, **others: str) -> dict[str, str]:
    return {"conversion_id": name, "converted_at": at, "conversion_type": "purchase", "click_id": "",
            "impression_id": "", "user_id": user, "value": "10", "currency": "", "order_id": "",
            "adjusts_conversion_id": "", "adjustment_type": "", "loaded_at": "2025-06-10", **others}


def visit(name: str, at: str, user: str, **others: str) -> dict[str, str]:
    return {"visit_id": name, "visited_at": at, "user_id": user, "channel": "", "utm_source": "", "landing_url": "",
            "user_agent": "", "loaded_at": "2025-06-10", **others}


THEIR_URL = "https://shop.example/their-own-page"
LOGS = {
    "impressions": [
        # Accepted, its copy, and one that was clicked.
        *[impression("f1", "2025-06-02 10:00:00", FORGOTTEN, user_agent="their own browser")] * 2,
        impression("f2", "2025-06-03 10:00:00", f" {FORGOTTEN}\t", currency="EUR"),
        # Another user's conflicting copies, on their day and days later; and theirs of another user's.
        impression("f3", "2025-06-04 10:00:00", FORGOTTEN),
        impression("f3", "2025-06-04 11:00:00", "ann"),
        impression("f4", "2025-06-04 10:00:00", FORGOTTEN),
        impression("f4", "2025-06-08 10:00:00", "ann"),
        impression("a4", "2025-06-05 10:00:00", "ann"),
        impression("a4", "2025-06-05 11:00:00", FORGOTTEN),
        # Rejected: no usable time, in the future, no id, unreadable and negative money.
        impression("f5", "2025-02-30", FORGOTTEN),
        impression("f6", "2025-07-01 10:00:00", FORGOTTEN),
        impression("", "2025-06-05 10:00:00", FORGOTTEN, user_agent="their own browser"),
        impression("f7", "2025-06-05 10:00:00", FORGOTTEN, cost="much"),
        impression("f8", "2025-06-05 10:00:00", FORGOTTEN, cost="-2"),
        impression("f9", "2025-06-06 10:00:00", FORGOTTEN, cost=""),
        # A bot, others who saw something each day, and nobody in particular.
        impression("f10", "2025-06-06 11:00:00", FORGOTTEN, user_agent="Spider bot"),
        *[impression(f"a{day}0", f"2025-06-{day:02} 09:00:00", "ann", campaign_id="ann's") for day in range(1, 11)],
        impression("z1", "2025-06-07 10:00:00", OTHER),
        impression("n1", "2025-06-07 10:00:00", ""),
    ],
    "clicks": [
        *[click("k1", "2025-06-03 10:01:00", FORGOTTEN, impression_id="f2", landing_url=THEIR_URL)] * 2,
        click("k2", "2025-06-04 10:01:00", FORGOTTEN, impression_id="f1"),
        click("k2", "2025-06-09 10:01:00", "ann", impression_id="a90", campaign_id="ann's"),
        click("k3", "2025-06-03 10:01:05", FORGOTTEN, impression_id="f2", cost="x"),  # rejected
        click("k4", "2025-06-03 10:01:08", FORGOTTEN, impression_id="f2"),  # a repeat
        click("k5", "31/06/2025", FORGOTTEN),
        *[click(f"l{day}", f"2025-06-{day:02} 09:01:00", "ann", impression_id=f"a{day}0", campaign_id="ann's")
          for day in range(1, 8)],
        click("n1", "2025-06-07 10:01:00", "", impression_id="n1"),
        click("z1", "2025-06-07 10:01:00", OTHER, impression_id="z1"),
    ],
    "conversions": [
        *[conversion("v1", "2025-06-03 12:00:00", FORGOTTEN, click_id="k1", order_id="their-order")] * 2,
        conversion("v2", "2025-06-02 12:00:00", FORGOTTEN),  # by user, after a view
        conversion("v3", "2025-06-04 12:00:00", FORGOTTEN, value="5", adjusts_conversion_id="v1",
                   adjustment_type="restate"),
        conversion("v4", "2025-06-05 12:00:00", FORGOTTEN, currency="EUR"),
        conversion("v4", "2025-06-07 12:00:00", "ann", click_id="l7"),
        conversion("v5", "2025-06-05 12:00:00", FORGOTTEN, value="NaN"),
        conversion("v6", "", FORGOTTEN),
        *[conversion(f"w{day}", f"2025-06-{day:02} 13:00:00", "ann", click_id=f"l{day}", order_id=f"o{day}")
          for day in range(1, 5)],
        conversion("z1", "2025-06-07 12:00:00", OTHER),
    ],
    "visits": [
        # Accepted, its copy, the page of a click, another user's conflicting copy, a bot's, and rejected ones.
        *[visit("s1", "2025-06-02 11:00:00", FORGOTTEN, landing_url=THEIR_URL, utm_source="mail")] * 2,
        visit("s2", "2025-06-03 10:01:01", FORGOTTEN, landing_url=THEIR_URL),
        visit("s3", "2025-06-04 10:00:00", FORGOTTEN),
        visit("s3", "2025-06-08 10:00:00", "ann"),
        visit("s4", "2025-06-05 10:00:00", FORGOTTEN, user_agent="Spider bot"),
        visit("s5", "2025-02-30", FORGOTTEN),
        visit("", "2025-06-05 10:00:00", FORGOTTEN),
        *[visit(f"t{day}", f"2025-06-{day:02} 12:00:00", "ann", channel="search") for day in range(1, 5)],
        visit("z1", "2025-06-07 11:00:00", OTHER),
    ],
}
JANUARY = {
    "impressions": [impression("j1", "2025-01-05 10:00:00", FORGOTTEN),
                    *[impression("j2", "2025-01-05 10:00:00", FORGOTTEN, placement="top")] * 2,
                    impression("j3", "2025-01-05 10:00:00", "ann", campaign_id="ann's")],
    "clicks": [click("j1", "2025-01-05 10:01:00", FORGOTTEN, impression_id="j1"),
               click("j3", "2025-01-05 10:01:00", "ann", impression_id="j3", campaign_id="ann's")],
    "conversions": [conversion("j1", "2025-01-05 11:00:00", FORGOTTEN, click_id="j1"),
                    conversion("j2", "2025-01-05 11:00:00", FORGOTTEN, value="-3")],
    "visits": [visit("j1", "2025-01-05 10:30:00", FORGOTTEN), visit("j3", "2025-01-05 10:30:00", "ann")],
}
SPEND = [{"date_day": "2025-06-01", "amount": "20", "campaign_id": "ann's", "platform": "", "loaded_at": "2025-06-10"}]
ASSIGNMENTS = [{"experiment": "exp", "user_id": user, "variant": variant, "assigned_at": "2025-06-01"}
               for user, variant in ((FORGOTTEN, "control"), (f" {FORGOTTEN} ", "control"), ("ann", "new"))]


def rows_of(*users: str) -> dict[str, int]:
    logs = {**LOGS, "assignments": ASSIGNMENTS}
    return {table: sum(row["user_id"].strip() in users for row in rows) for table, rows in logs.items()}


# -------------------------------------------------------------------------------------------------------- the project

@dataclass
class Lake:
    """A project whose raw tables are files, and what is said of it."""

    project: harness.Project
    said: list[str] = field(default_factory=list)

    @property
    def published(self) -> Path:
        return self.project.folder / "published.duckdb"

    def log(self, january: bool) -> None:
        for table, rows in LOGS.items():
            rows = rows + JANUARY[table] if january else rows
            self.write_log(table, rows)
        self.write_log("spend", SPEND)
        self.write_log("assignments", ASSIGNMENTS)

    def write_log(self, table: str, rows: list[dict[str, str]]) -> None:
        folder = self.project.folder / "raw"
        folder.mkdir(exist_ok=True)
        with (folder / f"{table}.csv").open("w", newline="") as file:
            names = dict.fromkeys(name for row in rows + JANUARY.get(table, []) for name in row)
            writer = csv.DictWriter(file, names)
            writer.writeheader()
            writer.writerows(rows)

    def script(self, name: str, *arguments: str | Path, stdin: str = "", before: str = "") -> str:
        """Runs it as a user would, in the project's folder; `before` is code that puts something in its way."""
        code = f"import os, signal, sys\nimport {name}\n{before}\nsys.exit({name}.main())"
        script = ["-c", code] if before else [SCRIPTS / f"{name}.py"]
        done = subprocess.run(
            [sys.executable, *script, self.project.database, *arguments],
            cwd=self.project.folder, input=stdin.encode(), capture_output=True,
            env={**os.environ, "PYTHONPATH": str(self.project.folder / SCRIPTS), "PYTHONDONTWRITEBYTECODE": "1"},
        )
        self.code, said = done.returncode, (done.stdout + done.stderr).decode()
        assert "Traceback" not in said, said
        assert not any(user in said for user in (FORGOTTEN, OTHER)), "an id was printed"
        return said

    def erase(self, *users: str, options: tuple[str | Path, ...] = (), before: str = "", code: int = 0) -> str:
        said = self.script("erase", *options, stdin="".join(f"{user}\n" for user in users), before=before)
        assert self.code == code, said
        return said

    def publish(self, *options: str, code: int = 0) -> str:
        said = self.script("publish", self.published, *options)
        assert self.code == code, said
        return said

    def tables(self) -> dict[str, Rows]:
        """All rows of all ledgers, facts and marts."""
        return {
            each["table_name"]: self.project.sql(f"from {each['table_schema']}.{each['table_name']} order by all")
            for each in self.project.sql(
                "select table_schema, table_name from information_schema.tables "
                "where regexp_matches(table_schema, '_ads_(ledger|facts|marts)$') and table_name not like 'ad_funnel%'"
            )
        }

    def holding(self, text: str) -> set[str]:
        """What holds a text, but the raw tables: files by their bytes, tables by their rows."""
        found = set()
        for file in self.files():
            forms = {text.encode(), json.dumps(text)[1:-1].encode()}
            found |= {file.name for form in forms if form in file.read_bytes()}
        for file in (self.project.database, self.published):
            if file.exists():
                found |= {f"{file.name}: {table}" for table in tables_with(file, text)}
        return found

    def files(self) -> list[Path]:
        left_out = {self.project.folder / name for name in ("raw", "dbt_packages")}
        return [file for file in self.project.folder.rglob("*")
                if file.is_file() and not left_out & {file, *file.parents}]


def tables_with(file: Path, text: str) -> list[str]:
    """In a process of its own: DuckDB would find the file that this one has open, and compresses texts."""
    code = """
import sys, duckdb, json
connection = duckdb.connect(sys.argv[1], read_only=True)
for schema, table in connection.execute("select schema_name, table_name from duckdb_tables()").fetchall():
    if connection.execute(f'select count(*) from "{schema}"."{table}" t where contains(t::varchar, $1)',
                          [sys.argv[2]]).fetchone()[0]:
        print(table)
"""
    return subprocess.check_output([sys.executable, "-c", code, file, text], text=True).split()


def lake(folder: Path) -> Lake:
    raw_tables = (*LOGS, "spend", "assignments", "bot_patterns")
    project = harness.consumer(folder, {
        **{f"ad_funnel__{table}": f"{{{{ source('logs', '{table}') }}}}" for table in raw_tables},
        "ad_funnel__as_of": "2025-06-11 00:00:00",
        "ad_funnel__attribution": True,
        "ad_funnel__experiments": True,
        "ad_funnel__reach": "sketch",
        "ad_funnel__frequency": True,
        "ad_funnel__landing_pages": True,
        "ad_funnel__breakdowns": ["device_type"],
        "ad_funnel__reject_stop_basis_points": 10000,
        "ad_funnel__conflict_stop_basis_points": 10000,
        "ad_funnel__conversions_columns": {"user_id": {"null_values": ["(not set)"]}},
    }, name="lake")
    project.has_artifacts = True
    project.write("profiles.yml", PROFILE.format(path=project.database))
    location = f"read_csv('{project.folder}/raw/{{name}}.csv', header = true, all_varchar = true)"
    project.write("models/sources.yml", yaml.safe_dump({"version": 2, "sources": [{
        "name": "logs", "meta": {"external_location": location},
        "tables": [{"name": table} for table in raw_tables],
    }]}))
    lake = Lake(project)
    lake.log(january=True)
    lake.write_log("bot_patterns", [{"pattern": "bot"}])
    project.freeze()
    return lake


@dataclass
class Story:
    lake: Lake
    file_before: Path  # copies of the build file and the published one, out of the project's folder
    published_before: Path
    before: dict[str, Rows]
    held_before: set[str]
    said: str
    held_after: set[str]
    after: dict[str, Rows]  # the tables when the command had ended
    published_after: set[str]
    layers_after: str
    publication_after: str
    built: harness.Outcome
    held_at_last: set[str]
    at_last: dict[str, Rows]  # after the next build
    anew: dict[str, Rows]  # after a full refresh


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    folder = tmp_path_factory.mktemp("privacy")
    it = lake(folder)
    project = it.project
    project.run()
    it.log(january=False)
    project.build(*harness.NO_UNIT_TESTS)
    it.publish("--with", "facts", "--with", "ledger")
    story: dict[str, Any] = {
        "lake": it,
        "file_before": Path(shutil.copy(project.database, folder / "before.duckdb")),
        "published_before": Path(shutil.copy(it.published, folder / "published.duckdb")),
        "before": it.tables(),
        "held_before": it.holding(FORGOTTEN),
    }
    story["said"] = it.erase(FORGOTTEN, options=("--published", it.published))
    story["held_after"], story["after"] = it.holding(FORGOTTEN), it.tables()
    with duckdb.connect() as connection:
        connection.execute(f"attach '{it.published}' as published (read_only)")
        story["published_after"] = {row[0] for row in connection.execute(
            "select table_name from duckdb_tables() where database_name = 'published'").fetchall()}
        [story["layers_after"]] = connection.execute(
            "select layers from published.main_ads_marts.ad_funnel_generation").fetchone()
    story["publication_after"] = it.publish("--with", "ledger", code=1)
    story["built"] = project.build(*harness.NO_UNIT_TESTS)
    it.publish("--with", "facts", "--with", "ledger")
    story["held_at_last"], story["at_last"] = it.holding(FORGOTTEN), it.tables()
    copy = shutil.copy(project.database, folder / "at_last.duckdb")
    it.log(january=True)
    project.run("--full-refresh")
    story["anew"] = it.tables()
    it.log(january=False)
    shutil.copy(copy, project.database)
    return Story(**story)


@pytest.fixture
def at_last(story: Story, tmp_path: Path) -> Lake:
    """The project after the build that followed the erasure, to go on with."""
    shutil.copy(story.file_before.with_name("at_last.duckdb"), story.lake.project.database)
    return story.lake


@pytest.fixture
def before(story: Story) -> Lake:
    """The project before anybody was erased."""
    story.lake.published.unlink(missing_ok=True)
    shutil.copy(story.file_before, story.lake.project.database)
    return story.lake


def theirs(rows: Rows) -> Rows:
    return [row for row in rows if row["disposition"] == "erased"]


def without(rows: Rows, *columns: str) -> Rows:
    """In any order."""
    rows = [{name: value for name, value in row.items() if name not in columns} for row in rows]
    return sorted(rows, key=lambda row: str(list(row.values())))


OF_THE_BUILD = ("built_at", "invocation_id", "built_from")


# ---------------------------------------------------------------------------------------------------------- the story

@fault(59)
def test_the_id_was_everywhere_before(story: Story) -> None:
    """So that the next tests can see something go."""
    assert {"warehouse.duckdb", "published.duckdb: fct_ads__clicks"} <= story.held_before
    for table in LEDGERS:
        kinds = {row["disposition"] for row in story.before[f"ledger_ads__{table}"] if row["user_id"] == FORGOTTEN}
        assert kinds == {"accepted", "duplicate", "conflict", "rejected"} - (
            {"conflict"} if table != "impressions" else set()), table
    credited = {row["credit_status"] for row in story.before["fct_ads__conversions"] if row["user_id"] == FORGOTTEN}
    assert {"click", "view"} <= credited
    assert {file.name for file in story.lake.files()} >= {"manifest.json", "dbt.log"}


@fault(59)
def test_the_id_is_in_no_file_of_ours_after_the_command(story: Story) -> None:
    assert story.held_after == set()


@fault(59)
def test_the_id_is_in_no_file_of_ours_after_the_next_build_and_publication(story: Story) -> None:
    """The raw tables still hold it."""
    assert FORGOTTEN in (story.lake.project.folder / "raw" / "clicks.csv").read_text()
    assert story.held_at_last == set()


@pytest.mark.parametrize("text", ["their own browser", THEIR_URL, "their-order", "spider bot", "f10", "j2"])
def test_nothing_else_of_their_rows_is_left(text: str, story: Story) -> None:
    for tables in (story.after, story.at_last):
        assert [name for name, rows in tables.items() for row in rows if text in map(str, row.values())] == []


@fault(59)
def test_the_build_passes_its_tests(story: Story) -> None:
    warned = {name for name, status in story.built.statuses.items() if status == "warn"}
    assert set(story.built.statuses.values()) == {"success", "pass", "warn"}
    assert "the_ledger_balances_by_day" not in warned


def test_every_row_of_theirs_is_erased_with_its_time_and_money(story: Story) -> None:
    for tables in (story.after, story.at_last):
        for table, (time, money) in {
            "impressions": ("impression_at", "cost"), "clicks": ("clicked_at", "cost"),
            "conversions": ("converted_at", "value"), "visits": ("visited_at", None),
        }.items():
            kept = [time, "date_day", "ledger_day", "loaded_at"]
            if money:
                kept += ["platform", "currency", money, f"has_{money}", f"is_{money}_unreadable"]
            was = [row for row in story.before[f"ledger_ads__{table}"] if row["user_id"] == FORGOTTEN]
            now = theirs(tables[f"ledger_ads__{table}"])
            assert len(now) == rows_of(FORGOTTEN)[table] + sum(r["user_id"] == FORGOTTEN for r in JANUARY[table])

            def of(rows: Rows) -> Rows:
                return without([{name: row[name] for name in kept} for row in rows])
            assert of(now) == of(was)
            assert not {row["row_stamp"] for row in now} & {row["row_stamp"] for row in was}
            for row in now:
                told = {name for name, value in row.items() if value is not None} - set(kept)
                assert told == {"disposition", "reason", "row_stamp", "rule_version", "invocation_id"} | (
                    {"is_invalid"} if table in ("impressions", "visits") else set())
                assert (row["reason"], row.get("is_invalid", False)) == ("erased", False)


def test_rows_and_money_are_the_same_by_table_day_and_currency(story: Story) -> None:
    def totals(tables: dict[str, Rows]) -> dict[tuple, tuple]:
        found: dict[tuple, tuple] = {}
        for row in tables["mart_ads__ledger"]:
            key = (row["source_table"], row["date_day"], row["currency"])
            values = (row["row_count"], row["amount"] or 0, row["unreadable_amounts"])
            found[key] = tuple(map(sum, zip(found.get(key, (0, 0, 0)), values)))
        return found

    assert totals(story.at_last) == totals(story.before)
    erased = {table: sum(row["row_count"] for row in story.at_last["mart_ads__ledger"]
                         if (row["source_table"], row["disposition"]) == (table, "erased")) for table in LEDGERS}
    assert erased == {table: rows_of(FORGOTTEN)[table] + sum(row["user_id"] == FORGOTTEN for row in JANUARY[table])
                      for table in LEDGERS}


def test_numbers_of_others_are_the_same(story: Story) -> None:
    """But for a click of theirs that was a conflicting copy."""
    for mart in ("mart_ads__campaign_daily", "mart_ads__campaign_monthly", "mart_ads__ad_daily"):
        def of_ann(tables: dict[str, Rows]) -> Rows:
            return without([row for row in tables[mart] if row["campaign_id"] == "ann's"
                            and str(row.get("date_day", "")) not in ("2025-06-09", "2025-06-07")
                            and str(row.get("month_start", "")) != "2025-06-01"], "built_at", "data_through")
        assert len(of_ann(story.before)) > 0
        assert of_ann(story.at_last) == of_ann(story.before), mart


def test_what_is_theirs_counts_no_more(story: Story) -> None:
    [campaign] = [row for row in story.at_last["mart_ads__campaign"] if row["campaign_id"] == "c"]
    # Ann's copies and one of her own, the other user's, nobody's.
    assert (campaign["gross_impressions"], campaign["clicks"], campaign["conversions"]) == (5, 2, 1)


@pytest.mark.parametrize("table, key", [("impressions", "f3"), ("impressions", "f4"), ("clicks", "k2"),
                                        ("conversions", "v4")])
def test_a_conflicting_copy_of_another_user_is_accepted(table: str, key: str, story: Story) -> None:
    """On the day of the erased row, and on other days."""
    def disposition(tables: dict[str, Rows]) -> list[str]:
        return [row["disposition"] for row in tables[f"ledger_ads__{table}"]
                if row[f"{table[:-1]}_id"] == key and row["user_id"] == "ann"]
    assert (disposition(story.before), disposition(story.at_last)) == (["conflict"], ["accepted"])


@fault(59)
def test_builds_on_top_equal_a_full_refresh(story: Story) -> None:
    """What the command makes of old rows in the ledger, too, which the full refresh makes of the raw tables: but for
    their stamps, which say that the raw tables were not asked."""
    models = {file.stem for file in harness.REPO.glob("models/[!s]*/*.sql")}
    assert story.anew.keys() == models - harness.BUDGET_MARTS.keys() - harness.REPORT_MODELS
    for table, rows in story.anew.items():
        assert without(story.at_last[table], "row_stamp", *OF_THE_BUILD) == without(
            rows, "row_stamp", *OF_THE_BUILD), table
    for table in LEDGERS:
        def in_june(rows: Rows) -> Rows:
            return without([row for row in rows if str(row["date_day"]) >= "2025-06"], *OF_THE_BUILD)
        name = f"ledger_ads__{table}"
        assert in_june(story.at_last[name]) == in_june(story.anew[name])
        assert {row["row_stamp"] for row in theirs(story.at_last[name]) if str(row["date_day"]) < "2025-02"} == {-1}


def test_the_command_says_where_the_raw_tables_hold_the_id(story: Story) -> None:
    for table, rows in rows_of(FORGOTTEN).items():
        assert f"{rows} rows of the raw table that ad_funnel__{table} names" in story.said
    assert "Now run dbt build" in story.said
    assert "warehouse.duckdb, " not in story.said and "target" not in story.said


def test_of_a_published_copy_the_marts_are_left(story: Story) -> None:
    assert story.published_after == {
        *harness.ALL_MARTS, "ad_funnel_generation"}
    assert story.layers_after == "marts"


def test_nothing_can_be_published_before_the_next_build(story: Story) -> None:
    assert "users were erased" in story.publication_after
    assert "Cure: a whole dbt build" in story.publication_after


# --------------------------------------------------------------------------------------------------------- the command

def list_of(lake: Lake) -> Rows:
    return lake.project.sql("from main_ads_ledger.ad_funnel_erasures")


def erased_in(lake: Lake, table: str = "clicks") -> int:
    [row] = lake.project.sql(
        f"select count(*) as n from main_ads_ledger.ledger_ads__{table} where disposition = 'erased'")
    return row["n"]


def test_erasing_twice_changes_nothing(at_last: Lake) -> None:
    before, listed = at_last.tables(), list_of(at_last)
    assert "are erased: 0." in at_last.erase(FORGOTTEN)
    assert (at_last.tables(), list_of(at_last)) == (before, listed)
    at_last.publish()


def test_nobody_is_stored_on_the_list(at_last: Lake) -> None:
    [row] = list_of(at_last)
    assert set(row) == {"user_hash", "hash_key", "erased_at"}
    assert re.fullmatch("[0-9a-f]{64}", row["user_hash"]) and re.fullmatch("[0-9a-f]{64}", row["hash_key"])
    assert at_last.project.sql(
        f"select sha256('{row['hash_key']}' || '{FORGOTTEN}') as hash") == [{"hash": row["user_hash"]}]


@pytest.mark.slow
def test_an_unknown_user_is_kept_out_when_they_come(at_last: Lake) -> None:
    before = at_last.tables()
    assert "are erased: 1." in at_last.erase("not-yet-seen")
    assert at_last.tables() == before
    try:
        at_last.write_log("clicks", [*LOGS["clicks"], click("new", "2025-06-10 10:00:00", "not-yet-seen")])
        at_last.project.run()
        assert at_last.holding("not-yet-seen") == set()
        assert erased_in(at_last) == len(theirs(before["ledger_ads__clicks"])) + 1
    finally:
        at_last.log(january=False)


@pytest.mark.slow
def test_several_users_are_erased_as_they_are_written(before: Lake) -> None:
    """With blanks, carriage returns, a mark in front, twice, and in any alphabet."""
    assert before.holding(OTHER) != set()
    said = before.erase(f"\ufeff{FORGOTTEN}\r", "", f"\t{OTHER} ", OTHER, "(not set)")
    assert "are erased: 3." in said
    assert before.holding(FORGOTTEN) | before.holding(OTHER) == set()
    wiped = {table: erased_in(before, table) for table in LEDGERS}
    assert before.project.run()
    assert before.holding(FORGOTTEN) | before.holding(OTHER) == set()
    assert {table: erased_in(before, table) for table in LEDGERS} == wiped
    assert wiped["clicks"] == rows_of(FORGOTTEN, OTHER)["clicks"] + 1


@pytest.mark.slow
def test_a_build_of_the_ledger_alone_does_not_bring_them_back(before: Lake) -> None:
    """The views of staging are older than the list."""
    before.erase(FORGOTTEN)
    for _ in range(2):
        outcome = before.project.dbt("run", "--select", "ledger_ads__clicks")
        assert not outcome
        assert "Users were erased. Cure: one whole dbt build" in outcome.text
        assert before.holding(FORGOTTEN) == set()
        said = before.erase(FORGOTTEN)
        assert "perhaps the raw table that ad_funnel__clicks names: dbt build was not run" in said
    before.project.run()
    assert f"{rows_of(FORGOTTEN)['clicks']} rows of the raw table" in before.erase(FORGOTTEN)


@pytest.mark.slow
def test_another_build_file_takes_over_the_list(story: Story, before: Lake, tmp_path: Path) -> None:
    erased = shutil.copy(story.file_before.with_name("at_last.duckdb"), tmp_path / "erased.duckdb")
    said = before.erase(options=("--from", erased))
    assert "are erased: 1." in said
    assert before.holding(FORGOTTEN) == set()
    before.erase(OTHER)  # with the same key
    before.project.run()
    assert before.holding(FORGOTTEN) | before.holding(OTHER) == set()
    assert len({row["hash_key"] for row in list_of(before)}) == 1


@pytest.mark.slow
def test_lists_with_keys_of_their_own_are_brought_together(story: Story, before: Lake, tmp_path: Path) -> None:
    erased = shutil.copy(story.file_before.with_name("at_last.duckdb"), tmp_path / "erased.duckdb")
    before.erase(OTHER, before="erase.erasing.secrets.token_hex = lambda _: '0' * 64")
    before.erase(options=("--from", erased))
    assert before.holding(FORGOTTEN) == set()
    before.project.run()
    assert before.holding(FORGOTTEN) | before.holding(OTHER) == set()
    assert len({row["hash_key"] for row in list_of(before)}) == 2


@pytest.mark.slow
@pytest.mark.parametrize("where", [
    "erase.erasing.erase_from_ledger", "erase.rewrite", "erase.check_copy", "erase.replace", "os.replace",
    "erase.erase_published",
])
def test_a_command_that_was_killed_is_finished_by_the_next(where: str, story: Story, before: Lake) -> None:
    shutil.copy(story.published_before, before.published)
    options = ("--published", before.published)
    before.erase(FORGOTTEN, options=options, code=-9,
                 before=f"{where} = lambda *_: os.kill(os.getpid(), signal.SIGKILL)")

    assert len(before.project.sql("from main_ads_ledger.ledger_ads__spend")) == 1  # it opens
    if where == "erase.rewrite":
        before.project.run()
    before.erase(FORGOTTEN, options=options)
    assert before.holding(FORGOTTEN) == set()
    assert not list(before.project.folder.glob("*.erasing")) and not list(before.project.folder.glob("*.new"))


@contextmanager
def opened_elsewhere(file: Path, read_only: bool):
    code = f"import duckdb, sys; c = duckdb.connect(sys.argv[1], read_only={read_only}); print(1, flush=True); input()"
    holder = subprocess.Popen([sys.executable, "-c", code, file], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        holder.stdout.readline()
        yield
    finally:
        holder.communicate(b"\n")


@pytest.mark.parametrize("read_only", [False, True], ids=["writer", "reader"])
def test_a_file_that_somebody_has_open_is_left_alone(read_only: bool, at_last: Lake) -> None:
    content = at_last.project.database.read_bytes()
    with opened_elsewhere(at_last.project.database, read_only):
        said = at_last.erase(FORGOTTEN, options=("--wait", "0.3"), code=1)
    assert "Nothing was erased. " in said
    assert "if another program has it open, such as a dbt build or a reader" in said
    assert at_last.project.database.read_bytes() == content


def test_the_file_stays_what_it_was(before: Lake) -> None:
    """Its rights, its format, the link to it, and what others keep in it."""
    file = before.project.database
    real = file.rename(file.with_name("real.duckdb"))
    real.chmod(0o660)
    file.symlink_to(real.name)
    try:
        before.project.execute(
            "create schema own", "create sequence own.numbers", "create type own.mood as enum ('good')",
            "create table own.notes (id integer primary key default nextval('own.numbers'), m own.mood not null)",
            "insert into own.notes (m) values ('good')", "create index by_mood on own.notes (m)",
            "comment on table own.notes is 'mine'", "create macro own.one() as 1",
            "create view own.b as from main_ads_marts.mart_ads__campaign", "create view own.a as from own.b",
        )
        [version] = before.project.sql("select tags from duckdb_databases() where database_name = 'real'")
        campaigns = before.project.sql("from own.a order by all")
        before.erase(FORGOTTEN)
        assert file.is_symlink() and real.stat().st_mode & 0o777 == 0o660
        assert before.project.sql("select tags from duckdb_databases() where database_name = 'real'") == [version]
        assert before.project.sql("from own.a order by all") == campaigns
        assert before.project.sql("insert into own.notes (m) values ('good') returning id, own.one() as one") == [
            {"id": 2, "one": 1}]
    finally:
        file.unlink()
        real.unlink()


def test_a_full_disk_is_said_and_the_next_command_finishes(before: Lake) -> None:
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))"
    said = before.erase(FORGOTTEN, before=f"look = erase.rewrite\ndef rewrite(*about):\n    {limit}\n    look(*about)\n"
                                          "erase.rewrite = rewrite", code=1)
    assert "if the disk is full, make room" in said
    assert "Done: the rows of these users are erased in the tables of" in said
    assert "is not rewritten, so the ids may stand where it is free; the search for what else holds an id" in said
    assert "warehouse.duckdb" in before.holding(FORGOTTEN)  # its free parts
    before.erase(FORGOTTEN)
    assert before.holding(FORGOTTEN) == set()


def test_a_copy_that_lacks_something_takes_no_file_s_place(before: Lake) -> None:
    said = before.erase(FORGOTTEN, code=1, before=
                        "erase.CONTENTS['views'] = 'view_name, random() from duckdb_views() where not internal'")
    assert "views are not as they were: " in said
    assert "drop, what is named there" in said
    assert "warehouse.duckdb" in before.holding(FORGOTTEN)  # its free parts
    before.erase(FORGOTTEN)
    assert before.holding(FORGOTTEN) == set()


def test_places_that_are_the_users_own_are_listed(before: Lake) -> None:
    logs = before.project.folder / "logs" / "note.log"
    logs.write_text(f"something went wrong with {FORGOTTEN}.")
    before.project.write("target/rows.json", json.dumps([OTHER]))
    before.project.write("target/other.txt", f"{FORGOTTEN}0 is somebody else")
    before.project.execute("create schema other", f"create table other.one as select '{FORGOTTEN}0' as uid")
    before.project.execute("create schema own", f"create table own.kept as select '{FORGOTTEN}' as uid, 7 as n",
                           "create table own.numbers as select 7 as uid union all select 77")
    try:
        said = before.erase(FORGOTTEN, OTHER, "7")
        for place in ("logs/note.log: delete it", "target/rows.json: delete it", "table own.kept: 1 row",
                      "table own.numbers: 1 row", "ids under 6 characters"):
            assert place in said, place
        assert "other.txt" not in said and "other.one" not in said
    finally:
        logs.unlink()
        (before.project.folder / "target/rows.json").unlink()
        (before.project.folder / "target/other.txt").unlink()


def test_leftovers_of_killed_programs_go_too(before: Lake) -> None:
    spilled = before.project.folder / "warehouse.duckdb.tmp" / "duckdb_temp_block-1.block"
    before.project.write(spilled.relative_to(before.project.folder), FORGOTTEN)
    shutil.copy(before.project.database, before.project.folder / "warehouse.duckdb.erasing")
    before.erase(FORGOTTEN)
    assert before.holding(FORGOTTEN) == set()


@pytest.mark.parametrize("arguments, stdin, text", [
    ([], "\n \n", "No user id was given. Cure"),
    (["--published", "no.duckdb"], "u", "There is no published file no.duckdb. Cure"),
    (["--published", "warehouse.duckdb"], "u", "is the build file"),
    (["--project", "nowhere"], "u", "There is no folder nowhere. Cure"),
    (["--from", "warehouse.duckdb"], "", "Nobody was erased from"),
    ([], "ann\n'zoe'\n\"bob\"\n",
     "2 of the ids have quotes, commas, or blanks that staging keeps, around them; the first is in line 2"),
    ([], "ann\nbob\u00a0\n\u3000eve\nmax\u2060\n", "3 of the ids have quotes, commas, or blanks"),
    ([], "ann\n\u201cbob\u201d\n\u00bbeve\u00ab\n\u201emax\u201c\n\u2018zoe\u2019\n", "4 of the ids have quotes"),
    ([], "ann,\nbob;\nann\x00\n", "3 of the ids have quotes, commas"),
])
def test_what_is_wrong_is_said(arguments: list[str], stdin: str, text: str, before: Lake) -> None:
    content = before.project.database.read_bytes()
    assert text in before.script("erase", *arguments, stdin=stdin)
    assert (before.code, before.project.database.read_bytes() == content) == (1, True)


def test_ids_without_a_row_are_said(before: Lake) -> None:
    said = before.erase("nobody-of-ours", "another", "\"a third\"", options=("--quotes-belong-to-ids",))
    assert "main_ads_ledger: 0 rows of 3 ids." in said
    assert "3 of the 3 ids have no row here" in said
    rows = sum(rows_of(FORGOTTEN)[table] + sum(row["user_id"] == FORGOTTEN for row in JANUARY[table])
               for table in LEDGERS)
    said = before.erase("nobody-of-ours", FORGOTTEN)
    assert f"main_ads_ledger: {rows} rows of 2 ids." in said
    assert "1 of the 2 ids have no row here" in said


def test_a_search_that_fails_does_not_make_what_was_erased_undone(before: Lake) -> None:
    said = before.erase(FORGOTTEN, code=1, before="erase.Wanted = lambda _: 1 / 0 if False else open('/no/such')")
    assert "Everything was erased: " in said and "is rewritten." in said
    assert "But the search for what else holds an id did not end: " in said
    assert before.holding(FORGOTTEN) == set()


@pytest.mark.slow
def test_a_hundred_thousand_ids_one_as_long_as_a_page_and_some_in_no_latin_letters(before: Lake) -> None:
    before.project.execute("create schema own", "create table own.kept as select unnest(["
                           "'x 用户名甲乙丙 y', 'x用户名', 'nobody-00000777-someone', "
                           "'nobody-00000777-someone-else', '0nobody-00000777-someone']) as t")
    many = [f"nobody-{number:08}-someone" for number in range(100_000)]
    said = before.erase(FORGOTTEN, "x" * 1_000_000, "用户名甲乙丙", *many)
    assert "are erased: 100003." in said
    assert "table own.kept: 3 rows" in said  # a hyphen ends a word
    assert before.holding(FORGOTTEN) == set()


@pytest.mark.slow
@pytest.mark.parametrize("rights", [0o600, 0o640])
def test_nothing_is_ever_readable_by_more_than_what_it_replaces(rights: int, before: Lake) -> None:
    """Whatever the files are that the commands write beside it, and from their first byte: as they are opened."""
    before.project.database.chmod(rights)
    seen = before.project.folder / "seen"
    watch = (
        "import publish, threading, time, pathlib, stat\n"
        "def look():\n"
        "    found = set()\n"
        "    while not ended.is_set():\n"
        "        for file in [*pathlib.Path('.').glob('*.duckdb*'), *pathlib.Path('.').glob('*.duckdb*/*')]:\n"
        "            try: status = file.stat()\n"
        "            except OSError: continue\n"
        "            if stat.S_ISDIR(status.st_mode) or file.name.endswith('.lock'): continue\n"
        "            found.add((file.name, oct(status.st_mode & 0o777)))\n"
        "    pathlib.Path('seen').write_text(str(sorted(found)))\n"
        "ended = threading.Event()\n"
        "watcher = threading.Thread(target=look); watcher.start()\n"
        "import atexit\n"
        "threading._register_atexit(ended.set)\n"
    )
    old = os.umask(0o022)
    try:
        before.script("publish", before.published, "--with", "facts", before=watch)
        published = ast.literal_eval(seen.read_text())
        assert before.code == 0 and before.published.stat().st_mode & 0o777 == rights
        before.erase(FORGOTTEN, options=("--published", before.published), before=watch)
        erased = ast.literal_eval(seen.read_text())
    finally:
        os.umask(old)
        seen.unlink(missing_ok=True)
    assert {"published.duckdb.new"} <= {name for name, _ in published}
    assert {"warehouse.duckdb.erasing", "published.duckdb.new"} <= {name for name, _ in erased}
    wider = {each for each in (*published, *erased) if int(each[1], 8) & 0o077 & ~rights}
    assert wider == set()
    assert {before.project.database.stat().st_mode & 0o777, before.published.stat().st_mode & 0o777} == {rights}


def test_a_file_that_was_never_built_is_refused(before: Lake, tmp_path: Path) -> None:
    project = harness.Project(before.project.folder, "lake")
    with duckdb.connect(str(tmp_path / "other.duckdb")):
        pass
    shutil.copy(tmp_path / "other.duckdb", project.database)
    assert "no record of a build of ad_funnel. Cure" in before.erase("u", code=1)


# --------------------------------------------------------------------------------------------------- marts hold no ids

@fault(59)
def test_marts_have_no_columns_of_ids(story: Story) -> None:
    manifest = json.loads((story.lake.project.folder / "target" / "manifest.json").read_text())
    marts = {name: node for name, node in manifest["nodes"].items()
             if node["resource_type"] == "model" and node["fqn"][:2] == ["ad_funnel", "marts"]}
    assert {node["name"] for node in marts.values()} == {*harness.ALL_MARTS}
    for node in marts.values():
        assert not EVENT_IDS & set(node["columns"]), node["name"]
        ids = {name for name in node["columns"] if name.endswith("_id")}
        assert ids <= {"ad_id", "campaign_id", "ad_group_id"}, node["name"]
        assert {column for column, value in story.before[node["name"]][0].items()} == set(node["columns"])


def test_a_published_copy_of_the_marts_holds_no_id(before: Lake) -> None:
    before.publish()
    assert [each for each in before.holding(FORGOTTEN) if each.startswith("published")] == []
    content = before.published.read_bytes()
    before.project.write("published.duckdb.new", FORGOTTEN)  # a publisher of facts was killed
    assert "holds the marts only" in before.erase(FORGOTTEN, options=("--published", before.published))
    assert before.published.read_bytes() == content
    assert before.holding(FORGOTTEN) == set()


# -------------------------------------------------------------------------------------------------------------- secrets

SECRET = "s3cr3t-and-Very-own"
SECRET_PROFILE = """
vault:
  target: duckdb
  outputs:
    duckdb:
      type: duckdb
      path: '{path}'
      threads: 2
      settings: {{http_proxy_password: "{{{{ env_var('DBT_ENV_SECRET_PASSWORD') }}}}"}}
      attach:
        - {{path: "{{{{ env_var('DBT_ENV_SECRET_FILE') }}}}", alias: other}}
"""


@pytest.mark.slow
@fault(62)
def test_secrets_are_in_no_artifact_log_or_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = harness.consumer(tmp_path, {"ad_funnel__clicks": "{{ ref('hits') }}"}, name="vault")
    project.write("models/hits.sql", "select 'c' as click_id, timestamp '2025-06-01' as clicked_at")
    project.write("profiles.yml", SECRET_PROFILE.format(path=project.database))
    other = tmp_path / SECRET
    environment = {**os.environ, "DBT_ENV_SECRET_PASSWORD": SECRET, "DBT_ENV_SECRET_FILE": str(other)}

    def said_by(*command: str, succeeds: bool = True) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "dbt.cli.main", "--debug", *command, "--profiles-dir", "."], cwd=project.folder,
            env=environment, capture_output=True, text=True,
        )
        assert (done.returncode == 0) == succeeds, done.stdout
        return done.stdout + done.stderr

    said = [said_by(*command) for command in (
        ["run"], ["build", "--select", "+fct_ads__clicks"], ["compile", "--select", "ad_funnel.marts"],
        ["docs", "generate"], ["run-operation", "ad_funnel.show_campaigns"], ["debug"],
    )]
    assert other.exists()  # the secret was used
    project.write("tests/fails.sql", "select * from {{ ref('hits') }} where error('no') is null")
    said.append(said_by("build", "--select", "hits", succeeds=False))
    other.unlink()
    other.mkdir()  # it cannot be attached, and the error names it
    said.append(said_by("build", "--select", "hits", succeeds=False))

    assert not [text for text in said if SECRET in text]
    files = [file for folder in ("target", "logs") for file in (project.folder / folder).rglob("*") if file.is_file()]
    assert {file.name for file in files} >= {"manifest.json", "run_results.json", "catalog.json", "dbt.log"}
    assert [file.name for file in files if SECRET.encode() in file.read_bytes()] == []


@fault(62)
def test_the_package_asks_for_nothing_secret() -> None:
    """What a plain env_var() gives is written into artifacts."""
    asked = {
        (str(file.relative_to(harness.REPO)), name)
        for pattern in ("*.yml", "*/*.yml", "*/*/*.yml", "macros/*.sql", "macros/*/*.sql", "models/*/*.sql",
                        "models/*.md", "tests/*/*.sql", "seeds/*")
        for file in harness.REPO.glob(pattern) if file.is_file()
        and not {"target", "logs", "dbt_packages", "benchmarks"} & set(file.relative_to(harness.REPO).parts)
        for name in re.findall(r"env_var\(\s*['\"]?([^'\"),]*)", file.read_text())
    }
    server = [f"AD_FUNNEL_POSTGRES_{name}" for name in ("HOST", "PORT", "USER", "DATABASE", "SCHEMA")]
    server += ["AD_FUNNEL_SPARK_FOLDER", "AD_FUNNEL_SPARK_SCHEMA"]
    plain = {(file, name) for file, name in asked if not name.startswith("DBT_ENV_SECRET_")}
    switch = {(f"models/{layer}/_{layer}_unit_tests.yml", "AD_FUNNEL_TABLES_ARE_BUILT") for layer in ("facts", "ledger")}
    assert plain == {("profiles/profiles.yml", name) for name in ("AD_FUNNEL_DUCKDB", *server)} | switch
    assert len(asked - plain) == 1  # the server's password
