"""Real dbt projects in a temporary folder: built in this process, asked with SQL."""

from __future__ import annotations

import csv
import fcntl
import pickle
import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb
import parses
import quick
import yaml
from dbt.cli.main import dbtRunner, dbtRunnerResult

parses.keep()
quick.be_quick()

REPO = Path(__file__).resolve().parents[2]
SHARED_DATA = REPO.parent / "shared" / "data"

# For builds: unit tests look at no data, and cost more than all else. test_demo.py runs them once.
NO_UNIT_TESTS = ("--exclude-resource-type", "unit_test")

# The columns that a mart has one row for each of.
MART_GRAINS = {
    "mart_ads__ad_daily": ("date_day", "platform", "campaign_id", "ad_id"),
    "mart_ads__campaign_daily": ("date_day", "platform", "campaign_id"),
    "mart_ads__campaign_weekly": ("week_start", "platform", "campaign_id"),
    "mart_ads__campaign_monthly": ("month_start", "platform", "campaign_id"),
    "mart_ads__campaign": ("platform", "campaign_id"),
    "mart_ads__platform_daily": ("date_day", "platform"),
    "mart_ads__funnel_steps": ("platform", "campaign_id", "step_number"),
    "mart_ads__orders_daily": ("date_day",),
    "mart_ads__ledger": ("source_table", "date_day", "disposition", "reason", "currency"),
}
# Those that no oracle makes whole: test_change.py, test_ranking.py.
CHANGE_MARTS = {
    "mart_ads__campaign_change": ("period", "period_start", "compared_with", "platform", "campaign_id"),
    "mart_ads__campaign_ranking": ("platform", "campaign_id"),
}
# Those that are built where ad_funnel__reach and ad_funnel__frequency are on: test_reach.py looks at them.
REACH_MARTS = {
    "mart_ads__reach": ("period", "period_start", "platform", "campaign_id"),
    "mart_ads__frequency": ("platform", "campaign_id", "exposures"),
}
# And where there are budgets.
BUDGET_MARTS = {"mart_ads__budget_pacing": ("platform", "campaign_id", "first_day", "last_day")}
# Those that are built where ad_funnel__attribution is on: test_attribution.py looks at them.
ATTRIBUTION_MARTS = {
    "mart_ads__attribution": ("date_day", "channel", "campaign_id", "model"),
    "mart_ads__attribution_models": ("channel", "campaign_id"),
    "mart_ads__conversion_paths": ("path",),
    "mart_ads__conversion_lag": ("measured_from", "days_to_convert"),
}
# And where ad_funnel__experiments is: test_experiments.py.
EXPERIMENT_MARTS = {"mart_ads__experiments": ("experiment", "variant", "metric")}
# And where there are breakdowns or campaigns (segments), and where ad_funnel__landing_pages is on: test_segments.py,
# test_landing_pages.py.
UTM_FIELDS = ("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term")
SEGMENT_MARTS = {
    "mart_ads__segment_daily": ("date_day", "platform", "campaign_id", "segment_type", "segment"),
    "mart_ads__segment": ("platform", "campaign_id", "segment_type", "segment"),
}
LANDING_MARTS = {
    "mart_ads__landing_page": ("month_start", "platform", "campaign_id", "landing_page", *UTM_FIELDS),
    "mart_ads__utm_hygiene": ("month_start", "utm_campaign"),
}
# And where there are reports: test_reports.py.
REPORT_MARTS = {
    "mart_ads__performance_daily": ("date_day", "platform", "account_id", "campaign_id", "ad_id", "series"),
    "mart_ads__performance": ("level", "platform", "account_id", "campaign_id", "ad_id", "series"),
    "mart_ads__report_coverage": ("month_start", "platform", "account_id"),
    "mart_ads__discrepancy": ("period", "month_start", "platform", "campaign_id", "measure"),
}
# What BI tools join marts with: test_bi.py.
DIMENSIONS = {
    "dim_ads__current_campaigns": ("campaign_key",),
    "dim_ads__current_ads": ("ad_key",),
    "dim_ads__current_platforms": ("platform",),
    "dim_ads__calendar": ("date_day",),
}
# Built where the table reports is mapped, and in the demo: test_reports.py.
REPORT_MODELS = {file.stem for file in REPO.glob("models/*/*.sql")
                 if "enabled=ad_funnel.reads_reports()" in file.read_text()}
ALL_MARTS = {  # but for those of budgets and reports
    **MART_GRAINS, **CHANGE_MARTS, **REACH_MARTS, **ATTRIBUTION_MARTS, **EXPERIMENT_MARTS, **SEGMENT_MARTS,
    **LANDING_MARTS, **DIMENSIONS,
}

PROFILES = """
{profile}:
  target: duckdb
  outputs:
    duckdb: {{type: duckdb, path: '{path}', threads: 2}}
"""


@dataclass
class Outcome:
    """What one dbt command came to: `text` holds every message and error, for tests that look for one."""

    success: bool
    text: str
    statuses: dict[str, str]  # node name -> success, pass, warn, fail, error, skipped

    def __bool__(self) -> bool:
        return self.success


@dataclass
class Project:
    """A dbt project with a DuckDB file of its own."""

    folder: Path
    profile: str
    manifest: Any = field(default=None, repr=False)
    has_artifacts: bool = False  # commands write dbt.log, and the JSON that --write-json asks for: a fifth of a build

    @property
    def database(self) -> Path:
        return self.folder / "warehouse.duckdb"

    def twin(self, folder: Path) -> Project:
        """The same project and parse in another folder, with a copy of the database: what one does, the other does not
        see. (A database that this process has open cannot be put back by copying the file.)"""
        shutil.copytree(self.folder, folder, symlinks=True)
        twin = replace(self, folder=folder)
        profile = (self.folder / "profiles.yml").read_text()
        twin.write("profiles.yml", profile.replace(str(self.database), str(twin.database)))
        return twin

    def dbt(self, *arguments: str, variables: dict | str | None = None) -> Outcome:
        messages: list[str] = []
        if variables is not None:
            text = variables if isinstance(variables, str) else yaml.safe_dump(variables)
            arguments = (*arguments, "--vars", text)
        heard = [lambda event: event.info.level != "debug" and messages.append(event.info.msg)]
        result = self.invoke(dbtRunner(self.manifest, callbacks=heard), *arguments)
        if result.exception:
            messages.append(str(result.exception))
        statuses = {}
        for run in getattr(result.result, "results", None) or []:
            if hasattr(run, "node") and run.node.resource_type not in ("operation", "exposure"):
                statuses[run.node.name] = str(run.status)
                messages.append(run.message or "")
        return Outcome(result.success, "\n".join(messages), statuses)

    def freeze(self) -> None:
        """Parse once: later commands take this parse as it is. They are ten times faster, see other vars, and do not
        see that a file has changed."""
        self.manifest = self.invoke(dbtRunner(), "parse").result

    def invoke(self, runner: dbtRunner, *arguments: str) -> dbtRunnerResult:
        arguments = (*arguments, "--project-dir", str(self.folder), "--profiles-dir", str(self.folder), "--quiet")
        if self.has_artifacts:
            return runner.invoke([*arguments])
        if "--write-json" not in arguments:
            arguments = (*arguments, "--no-write-json")
        with parses.without_debug_events():
            return runner.invoke([*arguments, "--log-level-file", "none"])

    def build(self, *arguments: str, variables: dict | str | None = None) -> Outcome:
        """A build that must succeed; its messages are the failure's text otherwise."""
        outcome = self.dbt("build", *arguments, variables=variables)
        assert outcome, outcome.text
        return outcome

    def run(self, *arguments: str, variables: dict | str | None = None) -> Outcome:
        """The models without any test of the package; they must succeed."""
        outcome = self.dbt("run", *arguments, variables=variables)
        assert outcome, outcome.text
        return outcome

    def sql(self, statement: str) -> list[dict[str, Any]]:
        with duckdb.connect(str(self.database)) as connection:
            cursor = connection.execute(statement)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row)) for row in cursor.fetchall()]

    def execute(self, *statements: str) -> None:
        with duckdb.connect(str(self.database)) as connection:
            for statement in statements:
                connection.execute(statement)

    def load(self, table: str, rows: list[dict[str, Any]], schema: str = "raw") -> None:
        """A raw table of text columns, as logs come. A row of None only gives the table its columns."""
        names = list(dict.fromkeys(name for row in rows for name in row))
        path = self.folder / f"{table}.csv"
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, names)
            writer.writeheader()
            writer.writerows(row for row in rows if any(value is not None for value in row.values()))
        self.execute(
            f"create schema if not exists {schema}",
            f"create or replace table {schema}.{table} as "
            f"select * from read_csv('{path}', header = true, all_varchar = true, delim = ',', quote = '\"')",
        )

    def write(self, path: str, text: str) -> None:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def settings(self, settings: dict[str, Any]) -> None:
        """The project file with these vars."""
        config = {
            "name": self.profile,
            "version": "1.0.0",
            "config-version": 2,
            "profile": self.profile,
            "flags": {"send_anonymous_usage_stats": False},
            "vars": settings,
        }
        self.write("dbt_project.yml", yaml.safe_dump(config, sort_keys=False))


def alone(folder: Path) -> Project:
    """The package itself, run alone on its demo: a copy, so that tests share no target folder."""
    folder = folder / "ad_funnel"
    shutil.copytree(REPO, folder, ignore=shutil.ignore_patterns(
        ".*", "target", "logs", "dbt_packages", "spark", "*.duckdb*"))
    project = Project(folder, "ad_funnel")
    project.write("profiles.yml", PROFILES.format(profile="ad_funnel", path=project.database))
    return project


def demo(folder: Path) -> tuple[Project, Outcome]:
    """The package run alone, with its demo built (without unit tests), and what that build came to. All who ask in a
    session get a copy of the same build, as long as no file of the package has changed."""
    project = alone(folder)
    kept = parses.folder() / f"demo-{parses.content(project.folder, {'.'})}"
    with kept.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another process may be building it
        if not (kept / "outcome").exists():
            shutil.rmtree(kept, ignore_errors=True)
            built = alone(kept)
            outcome = built.build(*NO_UNIT_TESTS)
            built.execute("checkpoint")
            (kept / "outcome").write_bytes(pickle.dumps(outcome))
    shutil.copyfile(kept / "ad_funnel" / project.database.name, project.database)
    return project, pickle.loads((kept / "outcome").read_bytes())


def consumer(folder: Path, settings: dict[str, Any], name: str = "consumer") -> Project:
    """Somebody else's project that installs the package from this checkout."""
    project = Project(folder / name, name)
    project.write("profiles.yml", PROFILES.format(profile=name, path=project.database))
    project.write("packages.yml", f"packages:\n  - local: {REPO}\n")
    # Real projects have macros. Without one, dbt raises and catches errors in each dispatch: three seconds a build.
    project.write("macros/own.sql", "{% macro own() %}{% endmacro %}")
    project.settings(settings)
    outcome = project.dbt("deps")
    assert outcome, outcome.text
    return project


def on_raw_tables(folder: Path, tables: dict[str, list[dict[str, Any]]], **settings: Any) -> Project:
    """A consumer whose raw tables have our names and columns: {'impressions': [{'impression_id': ...}], ...}."""
    project = consumer(folder, {
        **{f"ad_funnel__{table}": f"{{{{ source('raw', '{table}') }}}}" for table in tables},
        **{f"ad_funnel__{name}": value for name, value in settings.items()},
    })
    project.write("models/sources.yml", yaml.safe_dump({
        "version": 2, "sources": [{"name": "raw", "tables": [{"name": table} for table in tables]}],
    }))
    for table, rows in tables.items():
        project.load(table, rows)
    return project


# Which build stored a row, and from what: all that two ways to the same tables may differ in.
HOW_BUILT = ("built_at", "invocation_id", "built_from")


def differing_rows(connection: duckdb.DuckDBPyConnection, one: str, other: str) -> list[str]:
    """Rows (three at most each way) that stand in one of two relations only, repeated ones counted."""
    columns = [name for name, *_ in connection.execute(f"describe {one}").fetchall() if name not in HOW_BUILT]
    names = ", ".join(columns)
    found = []
    for here, there in ((one, other), (other, one)):
        rows = connection.execute(
            f"select {names} from {here} except all select {names} from {there} limit 3"
        ).fetchall()
        found += [f"only in {here} ({names}): {row}" for row in rows]
    return found


def differences(mart: str, built: list[dict], expected: list[dict]) -> list[str]:
    """One line for each row that is missing on either side, or holds another value in a column of `expected`."""
    def by_key(rows: list[dict]) -> dict[tuple, dict[str, Any]]:
        keyed = {tuple(row[column] for column in MART_GRAINS[mart]): row for row in rows}
        assert len(keyed) == len(rows), f"{mart}: a row of its grain occurs twice"
        return keyed

    built_by_key, expected_by_key = by_key(built), by_key(expected)
    found = [f"{key}: not built" for key in expected_by_key if key not in built_by_key]
    found += [f"{key}: not expected" for key in built_by_key if key not in expected_by_key]
    for key, row in expected_by_key.items():
        if key in built_by_key:
            got = built_by_key[key]
            found += [
                f"{key} {column}: built {got.get(column, 'no such column')}, expected {value}"
                for column, value in row.items()
                if column not in got or got[column] != value
            ]
    return found
