"""What happens to raw tables, and a project that goes through it: loads, edits, settings and builds in any order."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import harness
from hypothesis import strategies as st

# --------------------------------------------------------------------------------------------- what happens to raw data

# Few ids, users and moments, so that rows meet: copies, clicks before their impressions, windows that just end. Summer
# time begins on 30 March in Berlin; midnights of UTC, Berlin and New York are near.
MOMENTS = [
    f"2025-{day} {clock}" for day in ("03-28", "03-29", "03-30", "03-31", "04-01")
    for clock in ("03:59:58", "04:00:01", "12:00:00", "21:59:55", "22:00:00", "22:59:57", "23:00:02", "23:59:59")
] + ["2025-06-01 00:00:00", "2025-02-30", ""]
DAYS = ["2025-03-28", "2025-03-29", "2025-03-30", "2025-03-31", "2025-04-01", "2025-06-01", "03/04/2025"]
IMPRESSIONS = [f"i{number}" for number in range(6)]
CLICKS = [f"k{number}" for number in range(5)]
CONVERSIONS = [f"v{number}" for number in range(4)]


def row(**columns: list[str]) -> st.SearchStrategy[dict[str, str]]:
    return st.fixed_dictionaries({name: st.sampled_from(values) for name, values in columns.items()})


PLATFORM = {"platform": ["p", "p", "q", ""]}
MONEY = {"cost": ["", "0.5", "0.25", "-1", "x"], "currency": ["", "EUR", "XXX"]}
WHO = {"user_id": ["u", "w", ""], "user_agent": ["", "Mozilla", "Crawly bot", "spider"]}

ROWS = {
    "impressions": row(
        impression_id=[*IMPRESSIONS, ""], impression_at=MOMENTS, ad_id=["a", "b", ""], campaign_id=["", "c"],
        device_type=["", "tv"], is_viewable=["", "true", "false"], **PLATFORM, **MONEY, **WHO,
    ),
    "clicks": row(
        click_id=[*CLICKS, ""], clicked_at=MOMENTS, impression_id=[*IMPRESSIONS, ""], ad_id=["a", ""],
        campaign_id=["", "d"], device_type=["", "phone"], **PLATFORM, **MONEY, **WHO,
    ),
    "conversions": row(
        conversion_id=[*CONVERSIONS, ""], converted_at=MOMENTS, conversion_type=["purchase", "sign_up"],
        click_id=[*CLICKS, "", ""], impression_id=[*IMPRESSIONS, "", ""], user_id=["u", "w", ""],
        value=["", "10", "3.5", "-2", "NaN"], currency=["", "EUR", "XXX"], order_id=["", "o"],
        adjusts_conversion_id=["", "", "", *CONVERSIONS], adjustment_type=["", "", "", "retract", "restate"],
        **PLATFORM,
    ),
    "visits": row(
        visit_id=[f"w{number}" for number in range(4)] + [""], visited_at=MOMENTS, channel=["", "direct"],
        utm_source=["", "mail"], user_id=["u", "w", ""], user_agent=["", "Crawly bot"],
    ),
    "spend": row(
        date_day=DAYS, amount=["10", "4.5", "-3", ""], ad_id=["", "a"], campaign_id=["", "c", "d"],
        currency=["", "EUR", "XXX"], is_credit=["", "true"], **PLATFORM,
    ),
    "ads": row(
        ad_id=["a", "b"], campaign_id=["c", "d", ""], valid_from=["", "2025-03-30"], experiment=["", "of ads"],
        variant=["control", "new", ""], **PLATFORM,
    ),
    "assignments": row(
        experiment=["of users", ""], user_id=["u", "w", ""], variant=["control", "new"], assigned_at=MOMENTS,
    ),
    "campaigns": row(campaign_id=["c", "d"], campaign_name=["One", "Two"], **PLATFORM),
    "budgets": row(
        campaign_id=["c", "d", ""], first_day=DAYS, last_day=DAYS, amount=["10", "0", "x"], currency=["", "EUR", "XXX"],
        **PLATFORM,
    ),
    "exchange_rates": row(date_day=DAYS[:5], currency=["EUR", "XXX"], rate=["1.1", "2", "0"]),
    "bot_patterns": row(pattern=["bot", "spider", "mozilla"]),
}
EVENTS = ["impressions", "clicks", "conversions", "visits", "spend"]
# Where a table is partitioned: days from a row's own day to the partition that it lies in, which is the day that it
# arrived on: its own mostly; later ones; earlier ones, of rows that arrived before their time.
ARRIVALS = st.sampled_from([0, 0, 0, 1, 3, -1, -2, -9])
TIMES = ["impression_at", "clicked_at", "converted_at", "visited_at", "date_day"]

SETTINGS = {
    "reporting_time_zone": ["UTC", "Europe/Berlin", "America/New_York"],
    "match_window": ["1 day", "2 hours"],
    "click_window": ["30 days", "1 day"],
    "view_window": ["1 day", "0 seconds", "3 days"],
    "conversion_counting": ["every", "one_per_click"],
    "clicks_keep": ["earliest_event", "latest_load"],
    "impressions_keep": ["earliest_event", "latest_load"],
    "click_flood_clicks": [20, 1],
    "breakdowns": [[], ["device_type", "hour_of_day"]],
    "clock_skew": ["5 minutes", "1 hour"],
    "exchange_rate_max_age": ["7 days", "1 day"],
    "reporting_currency": ["USD", "EUR"],
    "visits_keep": ["earliest_event", "latest_load"],
    "attribution_mode": ["overlapping", "consumed"],
    "experiment_plans": [{}, {"of ads": {"unit": "user"}, "of users": {"starts": "2025-03-30"}}],
    "min_experiment_events": [30, 1],
}
# Parts of the project: what a build that was killed, or selected a part, has brought up to date.
PARTS = [
    ["ad_funnel.staging"], ["ad_funnel.staging", "ad_funnel.ledger"], ["ledger_ads__impressions"],
    ["+ledger_ads__clicks"], ["ledger_ads__impressions_by_day"], ["+fct_ads__click_matches"],
    ["+fct_ads__clicks", "fct_ads__view_matches"], ["fct_ads__impressions_by_day"], ["+fct_ads__daily"],
]

table_of_events = st.sampled_from(EVENTS)
position = st.integers(0, 30)
loads = st.one_of(*(
    st.tuples(st.just("add"), st.just(table), st.lists(rows, min_size=1, max_size=8), ARRIVALS)
    for table, rows in ROWS.items()
))
edits = st.one_of(*(
    st.tuples(st.just("edit"), st.just(table), position, rows) for table, rows in ROWS.items()
))
partial_builds = st.tuples(st.just("build"), st.sampled_from(PARTS))
changes = st.one_of(
    loads,
    loads,
    edits,
    st.tuples(st.just("again"), table_of_events),
    st.tuples(st.just("remove"), st.sampled_from(list(ROWS)), position),
    st.sampled_from(list(SETTINGS)).flatmap(
        lambda name: st.tuples(st.just("set"), st.just(name), st.sampled_from(SETTINGS[name]))
    ),
    st.tuples(st.just("set"), st.just("as_of"), st.sampled_from([
        "2025-03-29 22:00:01", "2025-03-30 12:00:00", "2025-04-02", "2025-06-02",
    ])),
)
first_loads = st.tuples(*(
    st.tuples(st.just("add"), st.just(table), st.lists(ROWS[table], min_size=1, max_size=25), ARRIVALS)
    for table in EVENTS
))
first_clocks = st.sampled_from(["2025-03-29 12:00:00", "2025-03-30 22:00:00", "2025-04-02 00:00:00"])
rounds = st.tuples(st.lists(changes, min_size=1, max_size=5), st.lists(partial_builds, max_size=2))


# ------------------------------------------------------------------------------------------------------- the machine

class Sequence:
    """One project, its raw rows and settings, through loads and builds."""

    layers = ("ledger", "facts", "marts")
    parts: list[str] = []

    def __init__(
        self, project: harness.Project, stamp: str, is_partitioned: bool = False, as_of: str = "2025-04-02 00:00:00",
    ) -> None:
        self.project = project
        self.is_partitioned = is_partitioned
        self.rows: dict[str, list[dict[str, Any]]] = {table: [] for table in ROWS}
        self.settings: dict[str, Any] = {
            "as_of": as_of, "look_back": "1000 days", **{f"{table}_stamp": stamp for table in EVENTS},
        }
        self.loads = 0

    def forget(self) -> None:
        schemas = self.project.sql(
            "select schema_name from information_schema.schemata where schema_name like 'main_ads%'"
        )
        self.project.execute(*(f"drop schema {schema['schema_name']} cascade" for schema in schemas))

    def do(self, kind: str, *about: Any) -> None:
        getattr(self, kind)(*about)

    def add(self, table: str, rows: list[dict[str, str]], arrival: int = 0) -> None:
        self.loads += 1
        loaded_at = f"2025-05-01 00:00:{self.loads:02}"
        self.rows[table] += [
            {"partition_day": self.partition(table, row, arrival), **row, "loaded_at": loaded_at} for row in rows
        ]

    def partition(self, table: str, row: dict[str, str], arrival: int) -> str:
        """So many days after the event's own; of a row without a day any."""
        if not self.is_partitioned or table not in EVENTS:
            return ""
        time = next((row[name] for name in TIMES if name in row), "")
        with suppress(ValueError):
            return str(date.fromisoformat(time[:10]) + timedelta(days=arrival))
        return "2025-04-02"

    def again(self, table: str) -> None:
        self.add(table, self.rows[table][:])

    def edit(self, table: str, position: int, row: dict[str, str]) -> None:
        if self.rows[table]:
            del self.rows[table][position % len(self.rows[table])]
            self.add(table, [row])

    def remove(self, table: str, position: int) -> None:
        if self.rows[table]:
            del self.rows[table][position % len(self.rows[table])]

    def set(self, name: str, value: Any) -> None:
        self.settings[name] = value

    def build(self, part: list[str] | None = None, full_refresh: bool = False) -> None:
        self.load()
        part = part or self.parts
        outcome = self.run(*(["--select", *part] if part else []), *(["--full-refresh"] if full_refresh else []))
        assert outcome, outcome.text

    def try_build(self) -> harness.Outcome:
        self.load()
        return self.run("--select", *self.parts)

    def build_and_test(self, *tests: str) -> harness.Outcome:
        self.build()
        return self.run("--select", *tests, command="test")

    def run(self, *arguments: str, command: str = "run") -> harness.Outcome:
        return self.project.dbt(
            command, *arguments,
            variables={f"ad_funnel__{name}": value for name, value in self.settings.items()},
        )

    def load(self) -> None:
        with duckdb.connect(str(self.project.database)) as connection:
            connection.execute("create schema if not exists raw")
            for table, rows in self.rows.items():
                names = raw_columns(table)
                connection.execute(f"create or replace table raw.{table} ({' varchar, '.join(names)} varchar)")
                if rows:
                    connection.executemany(
                        f"insert into raw.{table} values ({', '.join('?' * len(names))})",
                        [[row.get(name, "") for name in names] for row in rows],
                    )

    def differences_from_full_refresh(self) -> list[str]:
        """What the tables hold now against what one full refresh makes of the same raw rows and settings."""
        with duckdb.connect(str(self.project.database)) as connection:
            connection.execute("drop schema if exists grown cascade")
            connection.execute("create schema grown")
            for schema, table in self.tables():
                connection.execute(f"create table grown.{table} as select * from {schema}.{table}")
        self.build(full_refresh=True)
        with duckdb.connect(str(self.project.database)) as connection:
            return [
                difference for schema, table in self.tables()
                for difference in harness.differing_rows(connection, f"{schema}.{table}", f"grown.{table}")
            ]

    def tables(self) -> list[tuple[str, str]]:
        """Schema and name of each model of these layers."""
        return [
            (f"main_ads_{layer}", model.stem)
            for layer in self.layers for model in sorted((harness.REPO / "models" / layer).glob("*.sql"))
            if model.stem not in harness.REPORT_MODELS
        ]


def raw_columns(table: str) -> list[str]:
    return [*ROWS[table].wrapped_strategy.mapping, "partition_day", "loaded_at"]


def project_of_raw_tables(folder: Path) -> harness.Project:
    project = harness.on_raw_tables(
        folder, {table: [dict.fromkeys(raw_columns(table), "")] for table in ROWS}, attribution=True,
        experiments=True, reach="sketch", frequency=True, landing_pages=True,
    )
    project.freeze()
    return project
