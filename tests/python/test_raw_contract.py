"""Raw tables of any type, order and name are read the same way; what cannot be read is rejected, one by one, and kept;
what is absent is not measured.
"""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import harness
import oracle
import pytest

# Other tables each time: nothing of those before is to be kept.
ANEW = ("--full-refresh",)

Rows = list[dict[str, Any]]

# ------------------------------------------------------------------------------------------------------- the raw rows

UUID = "1c0e8f9a-4b1d-4c6e-8f00-00000000000"  # and a digit
BASE: dict[str, Rows] = {
    "impressions": [
        {"impression_id": UUID + n, "impression_at": at, "ad_id": ad, "platform": "ads", "campaign_id": campaign,
         "user_id": user, "cost": cost, "currency": currency, "placement": "top", "device_type": device,
         "country": "DE", "traffic_type": traffic, "is_measurable": measurable, "is_viewable": viewable,
         "user_agent": agent, "loaded_at": loaded}
        for n, at, ad, campaign, user, cost, currency, device, traffic, measurable, viewable, agent, loaded in [
            ("1", "2025-03-03 10:00:00", "101", "11", "9001", "0.0125", "EUR", "phone", "paid", "true", "true",
             "Mozilla", "2025-03-03 11:00:00"),
            ("1", "2025-03-03 10:00:00", "101", "11", "9001", "0.0125", "EUR", "phone", "paid", "true", "true",
             "Mozilla", "2025-03-03 12:00:00"),  # a copy
            ("2", "2025-03-03 23:30:00", "101", "", "9002", "0.01", "", "desktop", "paid", "true", "false",
             "Mozilla", "2025-03-04 11:00:00"),  # 4 March in Berlin
            ("3", "2025-03-04 08:15:30.25", "102", "12", "", "", "", "", "organic", "", "",
             "Googlebot", "2025-03-04 11:00:00"),
            ("4", "2025-03-04 09:00:00", "102", "12", "9003", "2.5", "USD", "tv", "", "false", "",
             "", "2025-03-04 11:00:00"),
            ("5", "2025-03-30 00:59:59", "102", "12", "9003", "0.000001", "GBP", "tv", "paid", "", "true",
             "", ""),  # one second before the clocks change; no rate
            ("6", "1999-12-31 23:59:59", "102", "12", "9003", "1", "EUR", "tv", "paid", "", "", "", ""),  # too early
            ("7", "2025-03-05 09:00:00", "102", "12", "9003", "-1", "EUR", "tv", "paid", "", "", "", ""),  # negative
        ]
    ],
    "clicks": [
        {"click_id": n, "clicked_at": at, "platform": "ads", "impression_id": shown and UUID + shown, "ad_id": ad,
         "campaign_id": campaign, "user_id": user, "cost": cost, "currency": currency, "landing_url": url,
         "landed_at": landed, "user_agent": "Mozilla", "device_type": "phone", "country": "DE", "loaded_at": loaded}
        for n, at, shown, ad, campaign, user, cost, currency, url, landed, loaded in [
            ("5001", "2025-03-03 10:01:00", "1", "101", "", "9001", "0.5", "EUR", "https://a.example",
             "2025-03-03 10:01:02", "2025-03-03 11:00:00"),
            ("5002", "2025-03-03 10:01:05", "1", "101", "", "9001", "0.5", "EUR", "https://a.example", "",
             "2025-03-03 11:00:00"),  # a repeat click
            ("5003", "2025-03-04 09:30:00", "", "102", "12", "9003", "", "", "", "", ""),  # unmatched
        ]
    ],
    "conversions": [
        {"conversion_id": n, "converted_at": at, "conversion_type": kind, "platform": platform, "click_id": click,
         "impression_id": shown and UUID + shown, "user_id": user, "value": value, "currency": currency,
         "order_id": order, "adjusts_conversion_id": adjusts, "adjustment_type": adjustment, "loaded_at": loaded}
        for n, at, kind, platform, click, shown, user, value, currency, order, adjusts, adjustment, loaded in [
            ("7001", "2025-03-03 12:00:00", "purchase", "ads", "5002", "", "", "40", "EUR", "301", "", "", ""),
            ("7002", "2025-03-04 10:00:00", "sign_up", "ads", "", "2", "", "", "", "", "", "", "2025-03-05 01:00:00"),
            ("7003", "2025-03-04 12:00:00", "purchase", "", "", "", "9003", "30.125", "USD", "302", "", "", ""),
            ("7004", "2025-03-05 12:00:00", "purchase", "ads", "", "", "", "35.5", "EUR", "", "7001", "restate", ""),
            ("7005", "2025-03-05 13:00:00", "page_view", "ads", "", "", "", "", "", "", "", "", ""),
        ]
    ],
    "spend": [
        {"date_day": day, "amount": amount, "platform": "ads", "ad_id": ad, "campaign_id": campaign,
         "currency": currency, "is_credit": credit, "reported_impressions": shown, "reported_clicks": "1",
         "reported_conversions": "0.75", "loaded_at": loaded}
        for day, amount, ad, campaign, currency, credit, shown, loaded in [
            ("2025-03-03", "10.5", "", "11", "EUR", "false", "1000", "2025-03-04 01:00:00"),
            ("2025-03-03", "12.5", "", "11", "EUR", "false", "1000", "2025-03-05 01:00:00"),  # told again
            ("2025-03-03", "4", "101", "11", "USD", "", "", ""),
            ("2025-03-04", "1.25", "", "11", "EUR", "true", "", ""),
        ]
    ],
    "ads": [
        {"ad_id": "101", "platform": "ads", "ad_name": "Spring", "ad_group_id": "1", "ad_group_name": "All",
         "campaign_id": "11", "landing_page": "https://a.example", "experiment": "", "variant": "",
         "valid_from": "2025-01-01", "valid_to": "", "loaded_at": "2025-01-01 00:00:00"},
    ],
    "campaigns": [
        {"campaign_id": "11", "platform": "ads", "campaign_name": "Launch", "objective": "sales",
         "targeting_segment": "", "valid_from": "2025-01-01", "valid_to": "", "loaded_at": "2025-01-01 00:00:00"},
    ],
    "exchange_rates": [
        {"date_day": "2025-03-03", "currency": "USD", "rate": "0.95"},
        {"date_day": "2025-03-04", "currency": "USD", "rate": "0.945"},
    ],
    "bot_patterns": [{"pattern": "googlebot"}],
}
EVENTS = ("impressions", "clicks", "conversions", "spend")
RULES = {
    "ad_funnel__reporting_time_zone": "Europe/Berlin",
    "ad_funnel__reporting_currency": "EUR",
    "ad_funnel__primary_conversion_types": ["purchase", "sign_up"],
    "ad_funnel__as_of": "2025-04-30 12:00:00",
}
ORACLE = oracle.Settings(as_of=datetime(2025, 4, 30, 12))  # the rest is as in the demo: the same as above

LEDGERS = tuple(f"ledger_ads__{table}" for table in EVENTS)
REFERENCES = ("stg_ads__ads", "stg_ads__campaigns", "stg_ads__exchange_rates", "stg_ads__bot_patterns")

# ------------------------------------------------------------------------------------------------------- the project


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> harness.Project:
    """One parse for all: relations are plain names here, so no setting changes what depends on what."""
    folder = tmp_path_factory.mktemp("contract")
    project = harness.consumer(folder, {f"ad_funnel__{table}": f"text.{table}" for table in BASE})
    for table, rows in BASE.items():
        project.load(table, rows, schema="text")
    project.freeze()
    return project


def only(project: harness.Project, *layers: str) -> harness.Project:
    """The same project, of which dbt sees nothing but the models of these layers: so it is many times faster."""
    manifest = copy.copy(project.manifest)
    manifest.nodes = {key: node for key, node in manifest.nodes.items()
                      if node.resource_type == "operation" or node.resource_type == "model" and node.fqn[1] in layers}
    manifest.unit_tests = {}
    return replace(project, manifest=manifest)


@pytest.fixture(scope="module")
def models(project: harness.Project) -> harness.Project:
    return only(project, "staging", "ledger", "facts", "marts")


@pytest.fixture(scope="module")
def staging(project: harness.Project) -> harness.Project:
    return only(project, "staging")


def mapped(schema: str, tables: Any = tuple(BASE), **more: Any) -> dict[str, Any]:
    return RULES | {f"ad_funnel__{table}": f"{schema}.{table}" for table in tables} | more


def keep(project: harness.Project, schema: str, *relations: str) -> None:
    """What was built, under another name. When it was built, and the user's own form of a row, are no content."""
    def content(relation: str) -> str:
        if relation in harness.MART_GRAINS:
            return f"select * exclude (built_at) from main_ads_marts.{relation}"
        if relation in LEDGERS:
            return f"select * exclude (raw_record, rule_version) from main_ads_ledger.{relation}"
        return f"select * from main_ads_staging.{relation}"

    project.execute(f"create or replace schema {schema}", *(
        f"create table {schema}.{relation} as {content(relation)}" for relation in relations
    ))


def differing(project: harness.Project, relation: str, one: str, other: str) -> Rows:
    """Rows that stand in one of two schemas only, repeated ones counted; which build stored them from which table is no
    content."""
    names = [row["column_name"] for row in project.sql(f"describe {one}.{relation}")]
    content = ", ".join(name for name in names if name not in ("row_stamp", "invocation_id"))
    left, right = (f"select {content} from {schema}.{relation}" for schema in (one, other))
    return project.sql(f"({left} except all {right}) union all ({right} except all {left})")


def differences(project: harness.Project, schema: str, mart: str, expected: Rows) -> list[str]:
    return harness.differences(mart, project.sql(f"select * from {schema}.{mart}"), expected)


def stage(project: harness.Project, table: str, rows: str, columns: dict[str, Any] | None = None) -> Rows:
    """The staged rows of a raw table that is made by SQL, by their id."""
    project.execute("create schema if not exists raw", f"create or replace table raw.{table} as {rows}")
    project.settings(RULES | {"ad_funnel__impressions": "text.impressions", f"ad_funnel__{table}": f"raw.{table}",
                              f"ad_funnel__{table}_columns": columns or {}})
    project.run("--select", f"stg_ads__{table}")
    return project.sql(f"select * from main_ads_staging.stg_ads__{table} order by all")


# ------------------------------------------------------------------------------ one content, many types, orders, names

MONEY, TIME = "decimal(14, 6)", "timestamp"
TYPED = {  # kind of our column -> its type; ids apart
    "impression_at": TIME, "clicked_at": TIME, "landed_at": TIME, "converted_at": TIME, "loaded_at": TIME,
    "cost": MONEY, "value": MONEY, "amount": MONEY, "rate": MONEY, "reported_conversions": MONEY,
    "is_measurable": "boolean", "is_viewable": "boolean", "is_credit": "boolean",
    "date_day": "date", "valid_from": "date", "valid_to": "date",
    "reported_impressions": "bigint", "reported_clicks": "bigint",
    "impression_id": "uuid", "click_id": "bigint", "conversion_id": "bigint", "ad_id": "bigint",
    "campaign_id": "bigint", "user_id": "bigint", "order_id": "bigint", "adjusts_conversion_id": "bigint",
}
UNUSUAL = TYPED | {
    "impression_at": "timestamp_ns", "clicked_at": "timestamp_ms", "converted_at": "timestamp_s",
    "cost": "double", "value": "double", "amount": "double", "rate": "double", "reported_conversions": "float",
    "is_viewable": "tinyint", "is_credit": "integer", "date_day": "timestamp",
    "reported_impressions": "hugeint", "reported_clicks": "utinyint", "ad_id": "usmallint", "user_id": "decimal(9, 0)",
    "traffic_type": "enum ('paid', 'organic')", "currency": "enum ('EUR', 'USD', 'GBP')",
}


def recast(types: dict[str, str], columns: list[str]) -> str:
    """A select list: every column of the text tables in its type, blank ones NULL."""
    def as_type(column: str) -> str:
        kind = types.get(column, "varchar")
        value = f"nullif({column}, '')"
        if kind == "timestamptz":
            return f"cast({value} as timestamp) at time zone 'UTC' as {column}"
        if kind in ("tinyint", "integer"):
            return f"cast(cast({value} as boolean) as {kind}) as {column}"
        return f"cast({value} as {kind}) as {column}"

    return ", ".join(as_type(column) for column in columns)


def their_name(column: str) -> str:
    return "My " + column.title().replace("_", " ")


def make(project: harness.Project, schema: str, types: dict[str, str]) -> None:
    project.execute(f"create schema {schema}", *(
        f"create table {schema}.{table} as select {recast(types, list(rows[0]))} from text.{table}"
        for table, rows in BASE.items()
    ))


def make_renamed(project: harness.Project) -> None:
    """Their columns in another order, under names with blanks, among others that we do not read, some of our names."""
    project.execute("create schema renamed", *(
        f"create table renamed.{table} as select 1 as \"it's extra\", current_timestamp as raw_record, "
        + ", ".join(f'{column} as "{their_name(column)}"' for column in reversed(rows[0]))
        + f", 'x' as payload, 'y' as {next(reversed(rows[0]))} from text.{table}"
        for table, rows in BASE.items()
    ))


@pytest.fixture(scope="module")
def kept(models: harness.Project) -> harness.Project:
    """The same rows, built as text, typed, ...: each in a schema `built_from_...`. What marts are made of is compared,
    that is, the ledger and the reference tables: so they need no marts of their own."""
    zoned = {column: "timestamptz" if kind == TIME else kind for column, kind in TYPED.items()}
    make(models, "typed", TYPED)
    make(models, "zoned", zoned)
    make(models, "unusual", UNUSUAL)
    make_renamed(models)
    maps = {f"ad_funnel__{table}_columns": {column: their_name(column).upper() if column.endswith("id")
                                            else {"column": their_name(column)} for column in rows[0]}
            for table, rows in BASE.items()}
    for schema, more in {"text": {}, "typed": {}, "zoned": {}, "unusual": {}, "renamed": maps}.items():
        models.settings(mapped(schema, **more))
        if schema == "text":
            models.run(*ANEW)
            keep(models, "built_from_text", *harness.MART_GRAINS, *LEDGERS, *REFERENCES)
        else:
            models.run("--select", "staging", "ledger", *ANEW)
            keep(models, f"built_from_{schema}", *LEDGERS, *REFERENCES)
    return models


@pytest.fixture(scope="module")
def expected() -> dict[str, Rows]:
    return oracle.build(BASE, ORACLE)


@pytest.mark.parametrize("mart", harness.MART_GRAINS)
def test_text_columns_give_the_oracles_mart(kept: harness.Project, expected: dict[str, Rows], mart: str) -> None:
    assert expected[mart]
    assert differences(kept, "built_from_text", mart, expected[mart]) == []


@pytest.mark.parametrize("relation", [*LEDGERS, *REFERENCES])
@pytest.mark.parametrize("schema", ["typed", "zoned", "unusual", "renamed"])
def test_other_columns_give_the_same_rows(kept: harness.Project, schema: str, relation: str) -> None:
    assert differing(kept, relation, "built_from_text", f"built_from_{schema}") == []


@pytest.fixture(scope="module")
def in_new_york(kept: harness.Project) -> harness.Project:
    """Built in a session of another time zone, from tables of all types."""
    profile = (kept.folder / "profiles.yml").read_text()
    kept.write("profiles.yml", profile.replace("threads: 2", "threads: 2, settings: {TimeZone: 'America/New_York'}"))
    sources = {"impressions": "zoned", "clicks": "text", "conversions": "typed", "spend": "zoned", "ads": "typed"}
    kept.settings(mapped("text") | {f"ad_funnel__{table}": f"{schema}.{table}" for table, schema in sources.items()})
    kept.run(*ANEW)
    keep(kept, "built_in_new_york", *harness.MART_GRAINS, *LEDGERS)
    assert "America/New_York" in kept.dbt("show", "--inline", "select current_setting('TimeZone') as zone").text
    kept.write("profiles.yml", profile)
    return kept


@pytest.mark.parametrize("relation", [*harness.MART_GRAINS, *LEDGERS])
def test_time_zone_of_the_session_does_not_matter(in_new_york: harness.Project, relation: str) -> None:
    assert differing(in_new_york, relation, "built_from_text", "built_in_new_york") == []


def test_column_of_json_is_read_as_its_text(staging: harness.Project) -> None:
    """As a loader lands what it has no type for: quotes are no part of a value, null is none, 111.0 is 111."""
    rows = stage(staging, "clicks", """
        select
            json(click_id) as click_id, json('"2025-03-03 10:00:00 UTC"') as clicked_at, json(user_id) as user_id,
            json('0.5') as cost, json('111.0') as campaign_id, json('"USD"') as currency, json('{"a": 1}') as user_agent
        from (values ('"k1"', 'null'), ('2', '"u1"')) as t(click_id, user_id)
    """)
    assert [(row["click_id"], row["user_id"]) for row in rows] == [("2", "u1"), ("k1", None)]
    assert {(row["clicked_at"], str(row["cost"]), row["campaign_id"], row["currency"], row["user_agent"],
             row["reject_reason"]) for row in rows} == {
        (datetime(2025, 3, 3, 10), "0.500000000", "111", "USD", '{"a":1}', None)}


def test_two_columns_may_change_their_names(staging: harness.Project) -> None:
    rows = stage(staging, "impressions", "select 'i' as impression_id, now() as impression_at, 'a' as campaign_id, "
                 "'c' as ad_id", {"ad_id": "campaign_id", "campaign_id": "ad_id"})
    assert [(row["ad_id"], row["campaign_id"]) for row in rows] == [("a", "c")]


def test_one_column_may_be_read_twice(staging: harness.Project) -> None:
    rows = stage(staging, "clicks", "select 'same' as id, '2025-03-03' as clicked_at",
                 {"click_id": "id", "impression_id": "id"})
    assert [(row["click_id"], row["impression_id"]) for row in rows] == [("same", "same")]


@pytest.mark.parametrize("name", [
    "it's", 'we"ird', "select", "Größe", "{{ 1 }}", "a.b", "; drop table text.impressions; --", "reject_reason",
    "x" * 200,
])
def test_extra_column_of_any_name_does_no_harm(staging: harness.Project, name: str) -> None:
    quoted = name.replace('"', '""')
    [row] = stage(staging, "clicks", f'select 1 as click_id, 7 as "{quoted}", \'no\' as clicked_at')
    assert row["reject_reason"] == "invalid_timestamp"
    assert row["raw_record"][name] == "7"


# ------------------------------------------------------------------------------------------------------- ways to write

Cell = datetime | None


def times(staging: harness.Project, values: str, about: dict[str, Any] | str = "ts") -> list[Cell]:
    """Clicks of these times (SQL values), as they are read."""
    made = f"select n as click_id, ts from (values {values}) as t(n, ts)"
    rows = stage(staging, "clicks", made, {"clicked_at": about})
    return [row["clicked_at"] for row in sorted(rows, key=lambda row: int(row["click_id"]))]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_day_first_and_month_first(staging: harness.Project) -> None:
    """Separators of all kinds, a time of day, an offset. ISO stays ISO; what is no such date is not guessed at."""
    values = ("(1, '03/04/2025'), (2, '03.04.2025 10:30'), (3, '03-04-2025T10:30:00.5'), "
              "(4, '03/04/2025 10:30:00+02:00'), (5, '2025-04-03'), (6, '25/12/2025'), (7, '12/25/2025'), "
              "(8, '3/4/2025'), (9, '03/04/25'), (10, '1/2/2021 23:30'), (11, '1/2/2021 1:05:06 PM'), "
              "(12, '1.2.2021 5:00 UTC'), (13, '20210915'), (14, '2021/9/15')")
    day_first = times(staging, values, {"column": "ts", "format": "day_first"})
    month_first = times(staging, values, {"column": "ts", "format": "month_first"})
    assert day_first == [
        utc("2025-04-03"), utc("2025-04-03 10:30"), utc("2025-04-03 10:30:00.500"), utc("2025-04-03 08:30"),
        utc("2025-04-03"), utc("2025-12-25"), None, utc("2025-04-03"), None, utc("2021-02-01 23:30"),
        utc("2021-02-01 13:05:06"), utc("2021-02-01 05:00"), utc("2021-09-15"), utc("2021-09-15"),
    ]
    assert month_first == [
        utc("2025-03-04"), utc("2025-03-04 10:30"), utc("2025-03-04 10:30:00.500"), utc("2025-03-04 08:30"),
        utc("2025-04-03"), None, utc("2025-12-25"), utc("2025-03-04"), None, utc("2021-01-02 23:30"),
        utc("2021-01-02 13:05:06"), utc("2021-01-02 05:00"), utc("2021-09-15"), utc("2021-09-15"),
    ]


def test_ambiguous_date_is_not_read_without_a_format(staging: harness.Project) -> None:
    assert times(staging, "(1, '03/04/2025'), (2, '03-04-2025'), (3, '25.12.2025')") == [None, None, None]


@pytest.mark.parametrize(("sql_type", "time_format", "value"), [
    ("varchar", "epoch_seconds", "1741000000"), ("bigint", "epoch_seconds", "1741000000"),
    ("integer", "epoch_seconds", "1741000000"), ("double", "epoch_seconds", "1741000000"),
    ("varchar", "epoch_milliseconds", "1741000000000"), ("bigint", "epoch_milliseconds", "1741000000000"),
    ("decimal(20, 3)", "epoch_milliseconds", "1741000000000"),
    ("varchar", "epoch_microseconds", "1741000000000000"), ("hugeint", "epoch_microseconds", "1741000000000000"),
    ("varchar", "epoch_nanoseconds", "1741000000000000000"), ("bigint", "epoch_nanoseconds", "1741000000000000000"),
    ("double", "epoch_nanoseconds", "1741000000000000000"), ("varchar", "epoch_nanoseconds", "1.741e18"),
])
def test_counts_since_1970(staging: harness.Project, sql_type: str, time_format: str, value: str) -> None:
    read = times(staging, f"(1, '{value}'::{sql_type}), (2, null)", {"column": "ts", "format": time_format})
    assert read == [utc("2025-03-03 11:06:40"), None]


def test_counts_since_1970_as_text(staging: harness.Project) -> None:
    """Fractions count; blanks around do not; what is no number, or no time, is none."""
    values = ("(1, ' 1741000000.25 '), (2, '-1'), (3, 'soon'), (4, '1e400'), (5, '99999999999999999999'), "
              "(6, '2025-03-03')")
    assert times(staging, values, {"column": "ts", "format": "epoch_seconds"}) == [
        utc("2025-03-03 11:06:40.250"), utc("1969-12-31 23:59:59"), None, None, None, None]


LOCAL = [  # times of Berlin's clocks, and in UTC
    ("2025-01-15 12:00:00", "2025-01-15 11:00:00"),
    ("2025-07-15 12:00:00", "2025-07-15 10:00:00"),
    ("2025-03-30 01:59:59", "2025-03-30 00:59:59"),  # at 2:00 it is 3:00
    ("2025-03-30 03:00:00", "2025-03-30 01:00:00"),
    ("2025-10-26 01:59:59", "2025-10-25 23:59:59"),  # at 3:00 it is 2:00
    ("2025-10-26 03:00:00", "2025-10-26 02:00:00"),
]
IN_BERLIN = {"column": "ts", "time_zone": "Europe/Berlin"}


@pytest.mark.parametrize("sql_type", ["varchar", "timestamp"])
def test_times_without_offset_are_local_times_of_their_zone(staging: harness.Project, sql_type: str) -> None:
    values = ", ".join(f"({n}, '{local}'::{sql_type})" for n, (local, _) in enumerate(LOCAL, start=1))
    assert times(staging, values, IN_BERLIN) == [utc(at) for _, at in LOCAL]


def test_local_time_that_never_was_or_was_twice_stays_within_its_hour(staging: harness.Project) -> None:
    never, twice = times(staging, "(1, '2025-03-30 02:30:00'), (2, '2025-10-26 02:30:00')", IN_BERLIN)
    assert never in (utc("2025-03-30 00:30"), utc("2025-03-30 01:30"))
    assert twice in (utc("2025-10-26 00:30"), utc("2025-10-26 01:30"))


def test_zone_moves_no_time_that_tells_its_own(staging: harness.Project) -> None:
    assert times(staging, "(1, '2025-07-15 12:00:00Z'), (2, '2025-07-15 12:00:00-05:00')", IN_BERLIN) == [
        utc("2025-07-15 12:00"), utc("2025-07-15 17:00")]
    assert times(staging, "(1, '2025-07-15 12:00:00+00'::timestamptz)", IN_BERLIN) == [utc("2025-07-15 12:00")]


def test_zone_holds_for_other_formats_and_typed_days(staging: harness.Project) -> None:
    assert times(staging, "(1, '15/07/2025 12:00')", IN_BERLIN | {"format": "day_first"}) == [utc("2025-07-15 10:00")]
    assert times(staging, "(1, date '2025-07-15')", IN_BERLIN) == [utc("2025-07-14 22:00")]


def test_days_of_23_and_25_hours(staging: harness.Project) -> None:
    instants = {
        "2025-03-29 22:59:59": 29, "2025-03-29 23:00:00": 30, "2025-03-30 21:59:59": 30, "2025-03-30 22:00:00": 31,
        "2024-10-26 21:59:59": 26, "2024-10-26 22:00:00": 27, "2024-10-27 22:59:59": 27, "2024-10-27 23:00:00": 28,
    }
    rows = stage(staging, "clicks", "select n as click_id, ts as clicked_at from (values "
                 + ", ".join(f"({n}, '{at}')" for n, at in enumerate(instants, start=1)) + ") as t(n, ts)")
    assert [row["date_day"].day for row in rows] == list(instants.values())


@pytest.mark.parametrize(("divide_by", "sql_type", "money"), [
    (1_000_000, "varchar", {"1500000": "1.5", "-1": "-0.000001", "0.0005": "0.000000001",
                            "999999999000000": "999999999", "1000000000000000": None,
                            "99999999999999999999999": None, "many": None}),
    (1_000_000, "bigint", {"1500000": "1.5"}),
    (1_000_000, "double", {"2500000": "2.5"}),
    (1_000_000_000, "hugeint", {"1": "0.000000001"}),
    (100, "varchar", {"199": "1.99", "-199.5": "-1.995"}),
    (100, "decimal(9, 1)", {"199.5": "1.995"}),
    (10, "integer", {"15": "1.5"}),
    (1, "varchar", {"199": "199"}),
])
def test_money_in_parts(
    staging: harness.Project, divide_by: int, sql_type: str, money: dict[str, str | None]
) -> None:
    """Micros, cents and the like; what is more than a cost can be is rejected, not cut."""
    values = ", ".join(f"('{n}', '{written}'::{sql_type})" for n, written in enumerate(money, start=1))
    rows = stage(staging, "impressions", "select n as impression_id, '2025-03-03' as impression_at, 1 as ad_id, micros "
                 f"from (values {values}) as t(n, micros)", {"cost": {"column": "micros", "divide_by": divide_by}})
    assert [row["cost"] for row in rows] == [read and Decimal(read) for read in money.values()]
    assert [row["reject_reason"] == "invalid_number" for row in rows] == [read is None for read in money.values()]


@pytest.mark.parametrize(("column", "null_values", "written"), [
    ("user_id", ["-", "(none)"], "(none)"), ("user_id", ["-"], " - "), ("cost", ["N/A"], "N/A"),
    ("is_viewable", ["1"], "1"), ("loaded_at", ["2025-01-01"], "2025-01-01"),
    ("placement", ["NULL", "null"], "null"),
])
def test_null_values_are_blank(staging: harness.Project, column: str, null_values: list[str], written: str) -> None:
    [row] = stage(staging, "impressions", "select 1 as impression_id, '2025-03-03' as impression_at, 1 as ad_id, "
                  f"'{written}' as theirs", {column: {"column": "theirs", "null_values": null_values}})
    assert (row[column], row["reject_reason"], row["has_cost"]) == (None, None, False)


@pytest.mark.parametrize(("table", "column", "null_value", "blank"), [
    ("impressions", "currency", "n/a", "EUR"), ("impressions", "currency", "N/A", "EUR"),
    ("impressions", "traffic_type", "N/A", "paid"), ("impressions", "traffic_type", "none", "paid"),
    ("conversions", "conversion_type", "(None)", "unknown"), ("conversions", "adjustment_type", "None", None),
])
def test_null_values_are_compared_as_they_are_written(
    staging: harness.Project, table: str, column: str, null_value: str, blank: str | None
) -> None:
    """Before our own spelling (capital currencies, small types) is put in place of the user's."""
    required = {"impressions": "1 as impression_id, '2025-03-03' as impression_at, 1 as ad_id",
                "conversions": "1 as conversion_id, '2025-03-03' as converted_at, 'x' as conversion_type"}[table]
    [row] = stage(staging, table, f"select {required}, '{null_value}' as theirs",
                  {column: {"column": "theirs", "null_values": [null_value]}})
    assert (row[column], row["reject_reason"]) == (blank, None)


@pytest.mark.parametrize(("written", "read"), [("-1::decimal(9, 2)", None), ("2.5", 2.5), ("null::double", None)])
def test_null_values_of_typed_columns_are_blank(staging: harness.Project, written: str, read: float | None) -> None:
    [row] = stage(staging, "impressions", "select 1 as impression_id, '2025-03-03' as impression_at, 1 as ad_id, "
                  f"{written} as cost", {"cost": {"null_values": ["-1.00", "-1"]}})
    assert (row["cost"], row["reject_reason"], row["has_cost"]) == (read, None, read is not None)


@pytest.mark.parametrize(("written", "read"), [
    ("1.0::double", True), ("0::double", False), ("1::tinyint", True), ("2", None), ("'nan'::double", None),
])
def test_truth_value_may_be_a_number(staging: harness.Project, written: str, read: bool | None) -> None:
    [row] = stage(staging, "impressions", "select 1 as impression_id, '2025-03-03' as impression_at, 1 as ad_id, "
                  f"{written} as is_viewable")
    assert (row["is_viewable"], row["reject_reason"]) == (read, None)


def test_number_with_an_exponent_needs_no_more_room_than_it_has(staging: harness.Project) -> None:
    [row] = stage(staging, "conversions", "select 1 as conversion_id, '2025-03-03' as converted_at, 'x' as "
                  "conversion_type, '721088982308469749585859E-8' as value")
    assert row["value"] == Decimal("7210889823084697.495858590")


def test_value_that_is_no_null_value_is_kept(staging: harness.Project) -> None:
    """Null values of a column's own stand in place of those of all ids."""
    [row] = stage(staging, "clicks", "select '--' as click_id, '2025-03-03' as clicked_at",
                  {"click_id": {"null_values": ["-", "---"]}})
    assert (row["click_id"], row["reject_reason"]) == ("--", None)


@pytest.mark.slow
@pytest.mark.parametrize("written", ["--", "NULL", "\\N", "(not set)", "100%", "#N/A", "[null]", "?"])
@pytest.mark.parametrize("column", ["amount", "reported_clicks", "reported_conversions", "is_credit", "loaded_at"])
def test_marks_of_nothing_can_be_named_for_any_column(staging: harness.Project, column: str, written: str) -> None:
    row = {"date_day": "'2025-03-03'", "amount": "'1'", "campaign_id": "'c'", column: f"'{written}'"}
    [row] = stage(staging, "spend", "select " + ", ".join(f"{sql} as {name}" for name, sql in row.items()),
                  {column: {"null_values": [written]}})
    assert (row["reject_reason"], row["unreadable_columns"], row["is_amount_unreadable"]) == (None, None, False)
    assert row[column] == (False if column == "is_credit" else None)


def test_thirty_null_values_are_read_at_once(staging: harness.Project) -> None:
    """One inside the other, as `nullif` is, each would double the expression on DuckDB."""
    [row] = stage(staging, "clicks", "select 'x29' as click_id, '2025-03-03' as clicked_at",
                  {"click_id": {"null_values": [f"x{n}" for n in range(30)]}})
    assert row["reject_reason"] == "missing_id"


# ------------------------------------------------------------------------------------------------- ids of other types

IDS_OF_ALL_TYPES = [  # what stands in the column (SQL) -> the id
    ("111", "111"), ("111::bigint", "111"), ("111.0::double", "111"), ("111::float", "111"), ("'111'", "111"),
    ("111.00::decimal(9, 2)", "111"), ("111::decimal(38, 12)", "111"), ("111::decimal(4, 1)", "111"),
    ("123456789012345::double", "123456789012345"), ("-7.0::double", "-7"), ("-7.00::decimal(5, 2)", "-7"),
    ("111.5::double", "111.5"), ("111.50::decimal(9, 2)", "111.50"), ("1e20::double", "1e+20"),
    ("'nan'::double", None), ("'inf'::double", "inf"), ("0::double", None), ("0::bigint", None),
    ("170141183460469231731687303715884105727::hugeint", "170141183460469231731687303715884105727"),
    ("'1c0e8f9a-4b1d-4c6e-8f00-000000000001'::uuid", "1c0e8f9a-4b1d-4c6e-8f00-000000000001"),
    ("'00000000-0000-0000-0000-000000000000'::uuid", None),
    # Text: exactly what a whole number becomes in a column of floats, and nothing else.
    ("'111.0'", "111"), ("' 111.0 '", "111"), ("'999999999999999.0'", "999999999999999"),
    ("'111.00'", "111.00"), ("'111.5'", "111.5"), ("'0111.0'", "0111.0"), ("'1.2.0'", "1.2.0"), ("'a.0'", "a.0"),
    ("'.0'", ".0"), ("'-7.0'", "-7.0"), ("'1111111111111111.0'", "1111111111111111.0"), ("'00123'", "00123"),
    ("'1.00E+11'", "1.00E+11"),
]


@pytest.mark.slow
@pytest.mark.parametrize("column", ["click_id", "ad_id", "user_id"])
@pytest.mark.parametrize(("written", "read"), IDS_OF_ALL_TYPES)
def test_id_of_any_type_is_the_same_text(
    staging: harness.Project, column: str, written: str, read: str | None
) -> None:
    row = {"click_id": "'k'", "clicked_at": "'2025-03-03'", column: written}
    [row] = stage(staging, "clicks", "select " + ", ".join(f"{sql} as {name}" for name, sql in row.items()))
    is_own = column == "click_id" and written.startswith("0::")  # events may be numbered from 0 on
    assert row[column] == ("0" if is_own else read)


MARKS = ["NULL", "null", "None", "\\N", "(not set)", "undefined", "0", "0.0", "-", "--", "nan", "N/A", "-1", "#N/A", "unknown", "UNDEFINED",
         "00000000-0000-0000-0000-000000000000", " null "]


@pytest.mark.parametrize("written", MARKS)
def test_marks_of_nothing_are_no_ids(staging: harness.Project, written: str) -> None:
    ids = [name for name in BASE["conversions"][0] if name.endswith("_id")]
    if written in ("0", "0.0", "-1"):
        ids.remove("conversion_id")  # see below
    [row] = stage(staging, "conversions", "select '2025-03-03' as converted_at, 'x' as conversion_type, "
                  + ", ".join(f"'{written}' as {name}" for name in ids)
                  + ("" if "conversion_id" in ids else ", null as conversion_id"))
    assert ({row[name] for name in ids}, row["reject_reason"]) == ({None}, "missing_id")


@pytest.mark.parametrize("written", ["0", "-1"])
def test_events_may_be_numbered_from_0_on(staging: harness.Project, written: str) -> None:
    [row] = stage(staging, "clicks", f"select {written} as click_id, '2025-03-03' as clicked_at, {written} as user_id")
    assert (row["click_id"], row["user_id"], row["reject_reason"]) == (written, None, None)


def test_marks_of_nothing_are_a_setting(staging: harness.Project) -> None:
    rows = "select id as click_id, '2025-03-03' as clicked_at from (values ('0'), ('nobody'), ('b')) as t(id)"
    staging.execute("create schema if not exists raw", f"create or replace table raw.clicks as {rows}")
    staging.settings(RULES | {"ad_funnel__impressions": "text.impressions", "ad_funnel__clicks": "raw.clicks",
                              "ad_funnel__null_ids": ["nobody"]})
    staging.run("--select", "stg_ads__clicks")
    staged = staging.sql("select click_id from main_ads_staging.stg_ads__clicks order by click_id nulls last")
    assert [row["click_id"] for row in staged] == ["0", "b", None]


# ---------------------------------------------------------------------------------------- forms of times and numbers

TIMES: dict[str, str | None] = {  # what is written -> UTC; None: invalid; out: out of range
    "2025-03-03": "2025-03-03",
    "2025-03-03 10:11": "2025-03-03 10:11",
    "2025-03-03T10:11": "2025-03-03 10:11",
    "2025-03-03 10:11:12": "2025-03-03 10:11:12",
    "2025-03-03T10:11:12.5": "2025-03-03 10:11:12.500",
    "2025-03-03 10:11:12.123456789": "2025-03-03 10:11:12.123456",
    "2025-03-03T10:11:12Z": "2025-03-03 10:11:12",
    "2025-03-03T10:11Z": "2025-03-03 10:11",
    "2025-03-03 10:11:12+02": "2025-03-03 08:11:12",
    "2025-03-03T10:11:12+0530": "2025-03-03 04:41:12",
    "2025-03-03T10:11:12.25-03:30": "2025-03-03 13:41:12.250",
    "2025-03-03T00:30:00+14:00": "2025-03-02 10:30",
    "2024-02-29": "2024-02-29",
    " 2025-03-03 ": "2025-03-03",
    "\t2025-03-03\r": "2025-03-03",
    # As BigQuery, Snowflake, pandas, Spark, dlt, Ruby and Go write instants.
    "2025-03-03 10:11:12 UTC": "2025-03-03 10:11:12",
    "2025-03-03 10:11:12.123456 UTC": "2025-03-03 10:11:12.123456",
    "2025-03-03 10:11 UTC": "2025-03-03 10:11",
    "2025-03-03T10:11:12 GMT": "2025-03-03 10:11:12",
    "2025-03-03 10:11:12.000 +0000": "2025-03-03 10:11:12",
    "2025-03-03 10:11:12.500 -0800": "2025-03-03 18:11:12.500",
    "2025-03-03 10:11:12.123456789 Z": "2025-03-03 10:11:12.123456",
    "2025-03-03 10:11 +02:00": "2025-03-03 08:11",
    "2025-03-03 10:11:12+00": "2025-03-03 10:11:12",
    "2025-03-03 10:11:12.123456+00:00": "2025-03-03 10:11:12.123456",
    "2025-03-03 10:11:12.5 +0000 UTC": "2025-03-03 10:11:12.500",
    # As spreadsheets and exports write them: the year is first, so nothing is ambiguous.
    "20250303": "2025-03-03",
    "20250303.0": "2025-03-03",
    "20250303 10:11": "2025-03-03 10:11",
    "2025-03-03 5:00:00": "2025-03-03 05:00",
    "2025-03-03T5:00:00Z": "2025-03-03 05:00",
    "2025/03/03": "2025-03-03",
    "2025/03/03 10:11:12": "2025-03-03 10:11:12",
    "2025-3-3": "2025-03-03",
    "2025/3/3 5:06": "2025-03-03 05:06",
    "2025.1.3": "2025-01-03",
    "2025-03-03 10:11 PM": "2025-03-03 22:11",
    "2025-03-03 1:11:12 pm": "2025-03-03 13:11:12",
    "2025-03-03 12:11 AM": "2025-03-03 00:11",
    "2025-03-03 12:11 PM": "2025-03-03 12:11",
    "2000-01-01": "2000-01-01",
    "1999-12-31 23:59:59": "out",
    "2000-01-01T00:30:00+01:00": "out",
    "2200-01-01": "out",
    "0001-01-01": "out",
    "9999-12-31 23:59:59": "out",
    "infinity": "out",
    "-Infinity": "out",
    "2025-02-29": None,
    "2025-02-30": None,
    "2025-13-01": None,
    "2025-00-10": None,
    "2025-03-03 24:00:00": None,
    "2025-03-03 10:60": None,
    "2025-03-03 10:11:60": None,
    "2025-03-03T10:11+24:00": None,
    "2025-03-03T10:11+02:60": None,
    "2025-03-03T10:11+99:00": None,
    "2025-03-03 10": None,
    "2025-03-03T": None,
    "2025-03-03Z": None,
    "2025-03-03 10:11 Europe/Berlin": None,
    "2025-03-03 10:11:12,5": None,
    "20250303T101112": None,
    "03.03.2025": None,
    "03/03/2025": None,
    "Mar 3, 2025": None,
    "1741000000": None,
    "25-03-03": None,
    "2025-W10-1": None,
    "2025-03-03 13:11 PM": None,
    "2025-03-03 0:11 AM": None,
    "2025-03-03 10:11 CET": None,
    "2025-03-03 10:11:12 + 02:00": None,
    "2025-03-03 10:1 1": None,
    "2025-03-03 10:11 UTC+2": None,
    "2025-03-03 UTC": None,
    "2025-03-03 ": "2025-03-03",
    "2025-03-03  10:11": None,
    "2025/13/03": None,
    "2025-03/031": None,
    "20250231": None,
    "20251303": None,
    "202503": None,
    "20250303.5": None,
    "20250303T": None,
    "2025-3-": None,
    "1741000000.5": None,
    "now": None,
    "today": None,
    "epoch": None,
    "NULL": None,
    "-": None,
    "２０２５-03-03": None,
}
COSTS: dict[str, str | None] = {  # what is written -> DECIMAL(18, 9); None: invalid
    "0": "0", "1": "1", "+1.50": "1.5", "007": "7", "1.": "1", ".5": "0.5", "-0": "0", "-0.0": "0",
    "1e2": "100", "1E+2": "100", "1.5e-05": "0.000015", "5e-10": "0.000000001", "4e-10": "0",
    "0.0000000005": "0.000000001", "0.00000000049": "0", "0.1234567894": "0.123456789", "0.1234567895": "0.123456790",
    "999999999.999999999": "999999999.999999999", "999999999": "999999999", " 2.5 ": "2.5", "\t2.5\r": "2.5",
    "1e-99": "0",
    "1000000000": None, "999999999.9999999995": None, "1e9": None, "1e99": None, "1e400": None, "1e100": None,
    "inf": None, "-inf": None, "Infinity": None, "NaN": None, "nan": None, "1_000": None, "1,000": None, "1,5": None,
    "1 000": None, "0x10": None, "0b1": None, "1e": None, "e5": None, ".": None, "+": None, "--1": None, "1.2.3": None,
    "€1": None, "1€": None, "$1": None, "(1)": None, "1%": None, "true": None, "one": None, "-": None,
    "1e1.5": None, "1d": None, "１": None, "23929709.33164105825477e+2": None, "7602648550530e-6": "7602648.55053",
}
VALUES = [  # forms of money that is more than a cost can be, or must lose no digit
    "1e19", "9999999999999999999", "9999999999999999999.999999999", "10000000000000000000", "-12.5",
    "12345678901234.123456789", "12345678901234.123456789e0", "1234567890123.123456789E1", "123456789012345e-1",
    "1.0000000005e0", "1.0000000015e0", "-1.0000000005E0", "123456789.1234567895e0", "0.1234567895e0", "2.5e-10",
]
WHOLES: dict[str, int | None] = {
    "0": 0, "12": 12, "+12": 12, "0012": 12, " 12 ": 12, "123456789012345678": 123456789012345678,
    "5.0": 5, "4233.000": 4233, "7.": 7, "1.2E+03": 1200, "1e3": 1000, "12.5e1": 125, "-3.0": -3,
    "9223372036854775807": 9223372036854775807, "9223372036854775807.0": 9223372036854775807,
    "9223372036854775808": None, "9223372036854775808.0": None, "1e19": None,
    "1.5": None, "4233.5": None, "1.25e1": None, "--": None, "1_000": None,
    "1,000": None, "0x10": None, "": None, "many": None,
    "99999999999999999999": None, "inf": None, "NaN": None,
}
DAYS: dict[str, str | None] = {
    "2025-03-03": "2025-03-03", "2025-03-03 23:59:59": "2025-03-03", "2025-03-03T10:00": "2025-03-03",
    "2025-03-03T10:00:00Z": "2025-03-03", "2025-03-03T23:30:00-05:00": "2025-03-03",
    "2025-03-03T00:30:00+02:00": "2025-03-03", "2024-02-29": "2024-02-29", " 2025-03-03 ": "2025-03-03",
    "20250303": "2025-03-03", "20250303.0": "2025-03-03", "2025-3-3": "2025-03-03", "2025/03/03": "2025-03-03",
    "2025-03-03 5:00:00": "2025-03-03", "2025-03-03 23:30:00 UTC": "2025-03-03",
    "2025-03-03 00:00:00 -0800": "2025-03-03", "2025-03-03 11:30 PM": "2025-03-03",
    "2025-02-29": None, "20250229": None, "03/03/2025": None, "today": None, "2025-03": None,
    "infinity": "out", "1999-12-31": "out", "2200-01-01": "out",
}
BOOLEANS: dict[str, bool | None] = {
    "true": True, "TRUE": True, "t": True, "Yes": True, "y": True, "1": True, " 1 ": True,
    "false": False, "False": False, "F": False, "no": False, "N": False, "0": False, "1.0": True, "0.0": False,
    "": None, "maybe": None, "2": None, "on": None, "-1": None, "NULL": None, "1.5": None,
}
WORDS = {  # what is written as text, currency, traffic type
    "text": {"a": "a", " a ": "a", "\ta\r\n": "a", "\v\fvtnrf\x0b": "vtnrf", "x0b": "x0b",
             "  ": None, "": None, "A b": "A b", "ÄÖ": "ÄÖ", "00123": "00123",
             "'; drop table x; --": "'; drop table x; --", "<b>": "<b>", "=1+1": "=1+1", "🙂": "🙂", "שלום": "שלום"},
    "currency": {"usd": "USD", " Usd ": "USD", "": "EUR", "  ": "EUR", "dollars": "DOLLARS"},
    "traffic": {"paid": "paid", " PAID ": "paid", "Organic": "organic", "": "paid", "promo": "unknown"},
}


def as_rows(forms: Any, column: str, **fixed: Any) -> Rows:
    return [{**fixed, column: written, "case": written} for written in forms]


def write_forms(project: harness.Project, table: str, rows: Rows, id_column: str) -> None:
    """A raw table, with the number of the row for an id."""
    columns = [name for name in dict.fromkeys(name for row in rows for name in row) if name != "case"]
    cells = ", ".join("(" + ", ".join(quoted(row.get(column)) for column in columns) + f", 'n{n}')"
                      for n, row in enumerate(rows))
    project.execute("create schema if not exists forms", f"create or replace table forms.{table} as "
                    f"select * from (values {cells}) as t({', '.join(columns)}, {id_column})")


def quoted(value: Any) -> str:
    return "null::varchar" if value is None else "'" + str(value).replace("'", "''") + "'"


@pytest.fixture(scope="module")
def forms(staging: harness.Project) -> dict[tuple[str, str], dict[str, Any]]:
    """(column, what is written in it) -> the staged row: each form is one row of one build."""
    shown = {"impression_at": "2025-03-03", "ad_id": "1"}
    line = {"date_day": "2025-03-03", "amount": "1"}
    tables = {
        "impressions": [("impression_at", as_rows(TIMES, "impression_at", ad_id="1")),
                        ("cost", as_rows(COSTS, "cost", **shown)),
                        ("is_viewable", as_rows(BOOLEANS, "is_viewable", **shown)),
                        ("placement", as_rows(WORDS["text"], "placement", **shown)),
                        ("currency", as_rows(WORDS["currency"], "currency", **shown)),
                        ("traffic_type", as_rows(WORDS["traffic"], "traffic_type", **shown))],
        "spend": [("date_day", as_rows(DAYS, "date_day", amount="1")),
                  ("reported_clicks", as_rows(WHOLES, "reported_clicks", **line))],
        "clicks": [("landed_at", as_rows(TIMES, "landed_at", clicked_at="2025-03-03"))],
        "conversions": [("value", as_rows([*COSTS, *VALUES], "value", converted_at="2025-03-03", conversion_type="x"))],
    }
    ids = {"impressions": "impression_id", "spend": "campaign_id", "clicks": "click_id", "conversions": "conversion_id"}
    staging.settings(mapped("forms", tables))
    staged = {}
    for table, columns in tables.items():
        write_forms(staging, table, [row for _, rows in columns for row in rows], ids[table])
    staging.run("--select", *(f"stg_ads__{table}" for table in tables))
    for table, columns in tables.items():
        names = [(column, row["case"]) for column, rows in columns for row in rows]
        for row in staging.sql(f"select * from main_ads_staging.stg_ads__{table}"):
            staged[names[int(row[ids[table]][1:])]] = row
    return staged


Forms = dict[tuple[str, str], dict[str, Any]]


@pytest.mark.parametrize("written", TIMES)
def test_form_of_a_time(forms: Forms, written: str) -> None:
    row, expected = forms["impression_at", written], TIMES[written]
    if expected in (None, "out"):
        reason = "timestamp_out_of_range" if expected else "invalid_timestamp"
        assert (row["reject_reason"], row["date_day"]) == (reason, None)
    else:
        assert (row["reject_reason"], row["impression_at"]) == (None, utc(expected))


# What has the form of a time and is none is shown as it was tried.
TRIED_AS = {
    "2025-03-03 0:11 AM": "2025-03-03 00:11 AM",
    "2025-03-03 10:11:12 + 02:00": "2025-03-03 10:11:12+ 02:00",
    "2025-03-03 10:11 UTC+2": "2025-03-03 10:11Z+2",
    "2025/13/03": "2025-13-03",
    "20250231": "2025-02-31",
    "20251303": "2025-13-03",
}


@pytest.mark.parametrize("written", [written for written, expected in TIMES.items() if expected is None])
def test_unreadable_second_time_rejects_nothing(forms: Forms, written: str) -> None:
    row = forms["landed_at", written]
    assert (row["reject_reason"], row["landed_at"], row["unreadable_columns"]) == (
        None, None, f"landed_at: {TRIED_AS.get(written, written)}; ")


@pytest.mark.parametrize("written", COSTS)
def test_form_of_money(forms: Forms, written: str) -> None:
    row, expected = forms["cost", written], COSTS[written]
    assert row["cost"] == (expected and Decimal(expected))
    assert row["reject_reason"] == (None if expected else "invalid_number")


@pytest.mark.parametrize("written", [*COSTS, *VALUES])
def test_form_of_a_value(forms: Forms, written: str) -> None:
    """As money of an event, with more room before the point: as the oracle reads it."""
    expected = oracle.AMOUNT(written)
    assert forms["value", written]["value"] == (None if expected is oracle.Bad.UNREADABLE else expected)


@pytest.mark.parametrize("written", WHOLES)
def test_form_of_a_whole_number(forms: Forms, written: str) -> None:
    row, expected = forms["reported_clicks", written], WHOLES[written]
    assert (row["reported_clicks"], row["reject_reason"]) == (expected, None)
    is_unreadable = expected is None and written
    assert row["unreadable_columns"] == (f"reported_clicks: {written}; " if is_unreadable else None)


@pytest.mark.parametrize("written", DAYS)
def test_form_of_a_day(forms: Forms, written: str) -> None:
    row, expected = forms["date_day", written], DAYS[written]
    if expected in (None, "out"):
        reason = "timestamp_out_of_range" if expected else "invalid_date"
        assert (row["reject_reason"], row["date_day"]) == (reason, None)
    else:
        assert (row["reject_reason"], row["date_day"]) == (None, date.fromisoformat(expected))


@pytest.mark.parametrize("written", BOOLEANS)
def test_form_of_a_boolean(forms: Forms, written: str) -> None:
    row = forms["is_viewable", written]
    assert (row["reject_reason"], row["is_viewable"]) == (None, BOOLEANS[written])
    is_unreadable = BOOLEANS[written] is None and written
    assert row["unreadable_columns"] == (f"is_viewable: {written}; " if is_unreadable else None)


@pytest.mark.parametrize("written", WORDS["text"], ids=repr)
def test_form_of_a_text(forms: Forms, written: str) -> None:
    assert forms["placement", written]["placement"] == WORDS["text"][written]


@pytest.mark.parametrize("written", WORDS["currency"], ids=repr)
def test_form_of_a_currency(forms: Forms, written: str) -> None:
    assert forms["currency", written]["currency"] == WORDS["currency"][written]


@pytest.mark.parametrize("written", WORDS["traffic"], ids=repr)
def test_form_of_a_traffic_type(forms: Forms, written: str) -> None:
    assert forms["traffic_type", written]["traffic_type"] == WORDS["traffic"][written]


@pytest.mark.parametrize(("written", "kind", "reason"), [
    ("'NaN'::double", "cost", "invalid_number"), ("'inf'::double", "cost", "invalid_number"),
    ("1e300::double", "cost", "invalid_number"), ("0.1::double", "cost", None),
    ("1000000000", "cost", "invalid_number"),
    ("-0.01::decimal(9, 2)", "cost", "negative_cost"), ("true", "cost", "invalid_number"),
    ("'infinity'::timestamp", "impression_at", "timestamp_out_of_range"),
    ("'-infinity'::timestamp", "impression_at", "timestamp_out_of_range"),
    ("'infinity'::timestamptz", "impression_at", "timestamp_out_of_range"),
    ("'-infinity'::date", "impression_at", "timestamp_out_of_range"),
    ("timestamp '0001-01-01 (BC)'", "impression_at", "timestamp_out_of_range"),
    ("null::timestamp", "impression_at", "invalid_timestamp"),
])
def test_typed_value_out_of_range(staging: harness.Project, written: str, kind: str, reason: str | None) -> None:
    columns = {"impression_id": "1", "impression_at": "'2025-03-03'", "ad_id": "1", kind: written}
    [row] = stage(staging, "impressions", "select " + ", ".join(f"{sql} as {name}" for name, sql in columns.items()),
                  {"impression_at": {"time_zone": "Europe/Berlin"}})
    assert row["reject_reason"] == reason


@pytest.mark.parametrize("written", ["1.5", "'inf'", "'NaN'", "1e30"])
def test_typed_number_that_is_not_whole(staging: harness.Project, written: str) -> None:
    [row] = stage(staging, "spend", "select date '2025-03-03' as date_day, 1 as amount, 1 as campaign_id, "
                  f"{written}::double as reported_clicks")
    assert (row["reported_clicks"], row["reject_reason"]) == (None, None)
    assert row["unreadable_columns"].startswith("reported_clicks: ")


@pytest.mark.parametrize("sql_type", ["float", "double"])
def test_float_is_read_as_it_is_printed(staging: harness.Project, sql_type: str) -> None:
    """19.99 as a float is 19.98999977..., but nobody wrote that."""
    money = ["19.99", "0.1", "1e-07", "123456.7", "1000000"]
    values = ", ".join(f"('{n}', {written}::{sql_type})" for n, written in enumerate(money, start=1))
    rows = stage(staging, "conversions", "select n as conversion_id, '2025-03-03' as converted_at, "
                 f"'x' as conversion_type, value from (values {values}) as t(n, value)")
    assert [row["value"] for row in rows] == [Decimal(written) for written in money]


@pytest.mark.parametrize("written", ["'infinity'", "'infinity'::timestamp", "'-infinity'::timestamp",
                                     "'infinity'::timestamptz", "'infinity'::date"])
def test_infinite_load_time_is_none(staging: harness.Project, written: str) -> None:
    [row] = stage(staging, "clicks", f"select 1 as click_id, '2025-03-03' as clicked_at, {written} as loaded_at")
    assert (row["reject_reason"], row["loaded_at"]) == (None, None)


# ------------------------------------------------------------------------------------------------------------ rejects

SOUND: dict[str, dict[str, Any]] = {
    "impressions": {"impression_id": "1", "impression_at": "2025-03-03", "ad_id": "a", "cost": "1"},
    "clicks": {"click_id": "1", "clicked_at": "2025-03-03", "cost": "1"},
    "conversions": {"conversion_id": "1", "converted_at": "2025-03-03", "conversion_type": "purchase", "value": "1",
                    "adjusts_conversion_id": None, "adjustment_type": None},
    "spend": {"date_day": "2025-03-03", "amount": "1", "campaign_id": "c", "ad_id": None, "is_credit": None,
              "reported_impressions": None, "reported_clicks": None, "reported_conversions": None},
}
IDS = {"impressions": "impression_id", "clicks": "click_id", "conversions": "conversion_id", "spend": "campaign_id"}
CLOCKS = {"impressions": "impression_at", "clicks": "clicked_at", "conversions": "converted_at"}
LATEST = datetime(2025, 4, 30, 12, 5)  # as_of and the clock skew


def event_rejects(table: str, amount: str, negative: str) -> list[tuple[str, dict[str, Any], str | None]]:
    clock, id_ = CLOCKS[table], IDS[table]
    return [
        (table, {id_: None}, "missing_id"),
        (table, {id_: "  "}, "missing_id"),
        (table, {clock: None}, "invalid_timestamp"),
        (table, {clock: "soon"}, "invalid_timestamp"),
        (table, {clock: "1999-12-31 23:59:59"}, "timestamp_out_of_range"),
        (table, {clock: "2000-01-01"}, None),
        (table, {clock: "2199-12-31 23:59:59"}, "in_future"),
        (table, {clock: "2200-01-01"}, "timestamp_out_of_range"),
        (table, {clock: str(LATEST)}, None),
        (table, {clock: str(LATEST + timedelta(seconds=1))}, "in_future"),
        (table, {amount: "NaN"}, "invalid_number"),
        (table, {amount: "0"}, None),
        (table, {amount: None}, None),
        (table, {amount: "-0.01"}, negative),
        (table, {amount: "-0.0000000001"}, None),  # 0, as far as money is counted
        # The first reason that fits.
        (table, {id_: None, clock: "soon", amount: "NaN"}, "missing_id"),
        (table, {clock: "soon", amount: "NaN"}, "invalid_timestamp"),
        (table, {clock: "2100-01-01", amount: "NaN"}, "in_future"),
    ]


REJECTS: list[tuple[str, dict[str, Any], str | None]] = [
    *event_rejects("impressions", "cost", "negative_cost"),
    *event_rejects("clicks", "cost", "negative_cost"),
    *event_rejects("conversions", "value", "negative_value"),
    ("conversions", {"adjusts_conversion_id": "x"}, "invalid_adjustment"),
    ("conversions", {"adjustment_type": "restate"}, "invalid_adjustment"),
    ("conversions", {"adjustment_type": "retract"}, "invalid_adjustment"),
    ("conversions", {"adjusts_conversion_id": "x", "adjustment_type": "refund"}, "invalid_adjustment"),
    ("conversions", {"adjusts_conversion_id": "x", "adjustment_type": "restate", "value": None}, "invalid_adjustment"),
    ("conversions", {"adjusts_conversion_id": "x", "adjustment_type": "refund", "value": "NaN"}, "invalid_number"),
    ("conversions", {"adjustment_type": "restate", "value": "-1"}, "invalid_adjustment"),
    ("conversions", {"adjusts_conversion_id": "x", "adjustment_type": "restate", "value": "-5"}, None),
    ("conversions", {"adjusts_conversion_id": "x", "adjustment_type": " RESTATE "}, None),
    ("conversions", {"adjusts_conversion_id": "x", "adjustment_type": "retract", "value": None}, None),
    ("spend", {"campaign_id": None}, "missing_id"),
    ("spend", {"campaign_id": None, "ad_id": " "}, "missing_id"),
    ("spend", {"campaign_id": None, "ad_id": "a"}, None),
    ("spend", {"date_day": None}, "invalid_date"),
    ("spend", {"date_day": "soon"}, "invalid_date"),
    ("spend", {"date_day": "1999-12-31"}, "timestamp_out_of_range"),
    ("spend", {"date_day": "2000-01-01"}, None),
    ("spend", {"date_day": "2200-01-01"}, "timestamp_out_of_range"),
    ("spend", {"date_day": "2025-04-30"}, None),
    ("spend", {"date_day": "2025-05-01"}, "in_future"),
    ("spend", {"amount": None}, None),
    ("spend", {"amount": None, "reported_clicks": "7"}, None),
    ("spend", {"amount": None, "is_credit": "yes"}, None),
    ("spend", {"amount": "NaN"}, "invalid_number"),
    ("spend", {"reported_impressions": "1.5"}, None),
    ("spend", {"reported_clicks": "few"}, None),
    ("spend", {"reported_conversions": "few"}, None),
    ("spend", {"reported_conversions": "0.25"}, None),
    ("spend", {"amount": "-1"}, "negative_cost"),
    ("spend", {"amount": "-1", "is_credit": "no"}, "negative_cost"),
    ("spend", {"amount": "-1", "is_credit": "yes"}, None),
    ("spend", {"amount": "0"}, None),
    ("spend", {"campaign_id": None, "date_day": "soon", "amount": "NaN"}, "missing_id"),
    ("spend", {"date_day": "soon", "amount": "NaN"}, "invalid_date"),
]


def their_row(number: int) -> dict[str, Any]:
    """The raw row of a case under the user's own names, with a column that is not ours, ids made different."""
    table, changes, _ = REJECTS[number]
    row = SOUND[table] | changes
    if row[IDS[table]] == SOUND[table][IDS[table]]:
        row[IDS[table]] += f"-{number}"
    return {f"their {name}": value for name, value in row.items()} | {"note": f"case {number}"}


@pytest.fixture(scope="module")
def judged(models: harness.Project) -> dict[str, dict[str, Any]]:
    """The note of a raw row -> its row in the ledger; of accepted rows, whose raw record is not kept, by their id."""
    models.execute("create schema if not exists judged")
    for table in EVENTS:
        rows = [their_row(n) for n, case in enumerate(REJECTS) if case[0] == table]
        columns = list(rows[0])
        cells = ", ".join("(" + ", ".join(quoted(row[column]) for column in columns) + ")" for row in rows)
        names = ", ".join(f'"{column}"' for column in columns)
        models.execute(f"create table judged.{table} as select * from (values {cells}) as t({names})")
    maps = {f"ad_funnel__{table}_columns": {name: f"their {name}" for name in SOUND[table]} for table in EVENTS}
    models.settings(mapped("judged", EVENTS, **maps))
    models.run("--select", "staging", "ledger", *ANEW)
    found = {}
    for table in EVENTS:
        for row in models.sql(f"select * from main_ads_ledger.ledger_ads__{table}"):
            if row["raw_record"]:
                found[json.loads(row["raw_record"])["note"]] = row
            else:
                found[f"{table} {row[IDS[table]]}"] = row
    return found


def case_name(number: int) -> str:
    table, changes, reason = REJECTS[number]
    return f"{table}-{changes}-{reason}"


REJECTED = [n for n, case in enumerate(REJECTS) if case[2]]
ACCEPTED = [n for n, case in enumerate(REJECTS) if not case[2]]


@pytest.mark.parametrize("number", REJECTED, ids=case_name)
def test_row_is_rejected_for_its_reason(judged: dict[str, dict[str, Any]], number: int) -> None:
    row = judged[f"case {number}"]
    assert (row["disposition"], row["reason"]) == ("rejected", REJECTS[number][2])


@pytest.mark.parametrize("number", REJECTED, ids=case_name)
def test_rejected_row_is_kept_as_it_came(judged: dict[str, dict[str, Any]], number: int) -> None:
    assert json.loads(judged[f"case {number}"]["raw_record"]) == their_row(number)


@pytest.mark.parametrize("number", ACCEPTED, ids=case_name)
def test_row_is_accepted(judged: dict[str, dict[str, Any]], number: int) -> None:
    table = REJECTS[number][0]
    row = judged[f"{table} {their_row(number)[f'their {IDS[table]}']}"]
    assert (row["disposition"], row["reason"], row["raw_record"]) == ("accepted", None, None)


def test_no_reason_is_left_out() -> None:
    """As the specification lists them."""
    reasons = {table: {reason for t, _, reason in REJECTS if t == table and reason} for table in EVENTS}
    common = {"missing_id", "timestamp_out_of_range", "in_future", "invalid_number"}
    assert reasons["impressions"] == reasons["clicks"] == common | {"invalid_timestamp", "negative_cost"}
    assert reasons["conversions"] == common | {"invalid_timestamp", "invalid_adjustment", "negative_value"}
    assert reasons["spend"] == common | {"invalid_date", "negative_cost"}


# ---------------------------------------------------------------------------------------------------- what is absent

REQUIRED = {
    "impressions": ("impression_id", "impression_at", "ad_id"),
    "clicks": ("click_id", "clicked_at"),
    "conversions": ("conversion_id", "converted_at", "conversion_type"),
    "spend": ("date_day", "amount", "campaign_id"),  # the ad, or the campaign
}


@pytest.fixture(scope="module")
def bare(models: harness.Project) -> dict[str, Rows]:
    """Built from tables without any optional column, and without reference tables; and the same by the oracle."""
    models.execute("create schema bare", *(
        f"create table bare.{table} as select {', '.join(columns)} from text.{table}"
        for table, columns in REQUIRED.items()
    ))
    models.settings(mapped("bare", REQUIRED))
    models.run(*ANEW)
    keep(models, "built_from_bare", *harness.MART_GRAINS)
    rows = {table: [{name: row[name] for name in columns} for row in BASE[table]]
            for table, columns in REQUIRED.items()}
    return oracle.build(rows, ORACLE)


@pytest.mark.parametrize("mart", [mart for mart in harness.MART_GRAINS if mart != "mart_ads__orders_daily"])
def test_every_optional_column_may_be_absent(project: harness.Project, bare: dict[str, Rows], mart: str) -> None:
    assert bare[mart]
    assert differences(project, "built_from_bare", mart, bare[mart]) == []


def test_no_order_is_known_without_order_ids(project: harness.Project, bare: dict[str, Rows]) -> None:
    assert project.sql("select * from built_from_bare.mart_ads__orders_daily") == []


@pytest.mark.parametrize(("columns", "landed"), [
    ("", [None]),
    ("'https://a' as landing_url", [None]),
    ("null as landed_at", [False]),
    ("'2025-03-03' as landed_at", [True]),
    ("'soon' as landed_at", [None]),  # which is not: never
    ("null as landing_url, null as landed_at", [None]),
    ("'https://a' as landing_url, null as landed_at", [False]),
    ("null as landing_url, '2025-03-03' as landed_at", [True]),
])
def test_landing_is_measured_where_the_log_can_tell(staging: harness.Project, columns: str, landed: list) -> None:
    rows = stage(staging, "clicks", f"select 1 as click_id, '2025-03-03' as clicked_at, {columns}")
    assert [row["is_landed"] for row in rows] == landed


NEEDS = {  # measure -> the raw tables without which it is not measured
    "gross_impressions": {"impressions"}, "impressions": {"impressions"},
    "clicked_impressions": {"impressions", "clicks"}, "converted_impressions": {"impressions", "clicks", "conversions"},
    "gross_clicks": {"clicks"}, "clicks": {"clicks"}, "unmatched_clicks": {"impressions", "clicks"},
    "converted_clicks": {"clicks", "conversions"}, "conversions": {"clicks", "conversions"},
    "conversion_value": {"clicks", "conversions"}, "view_through_conversions": {"impressions", "conversions"},
    "view_through_value": {"impressions", "conversions"}, "conversions_by_conversion_date": {"clicks", "conversions"},
    "conversion_value_by_conversion_date": {"clicks", "conversions"}, "all_conversions": {"conversions"},
    "all_conversion_value": {"conversions"}, "unattributed_conversions": {"conversions"},
}
RATES = {
    "ctr": {"impressions", "clicks"}, "cvr": {"clicks", "conversions"},
    "conversion_per_impression": {"impressions", "clicks", "conversions"},
    "clicks_per_impression": {"impressions", "clicks"}, "conversions_per_click": {"clicks", "conversions"},
    "viewability_rate": {"impressions"}, "landing_rate": {"clicks"},
    "invalid_impression_rate": {"impressions"}, "invalid_click_rate": {"clicks"},
}
FEW_MARTS = ("mart_ads__ad_daily", "mart_ads__campaign", "mart_ads__funnel_steps", "mart_ads__ledger")
COMBINATIONS = {
    "impressions": ("impressions",),
    "clicks": ("clicks",),
    "conversions": ("conversions",),
    "spend": ("spend",),
    "impressions_clicks": ("impressions", "clicks"),
    "impressions_conversions": ("impressions", "conversions"),
}


@pytest.fixture(scope="module", params=COMBINATIONS)
def combination(
    request: pytest.FixtureRequest, project: harness.Project, models: harness.Project
) -> tuple[str, dict[str, Rows]]:
    """Built from some of the tables, with the package's tests where they tell least; and the same by the oracle."""
    tables = COMBINATIONS[request.param]
    models.settings(mapped("text", tables))
    if request.param in ("conversions", "spend"):
        project.build(*harness.NO_UNIT_TESTS, *ANEW)
    else:
        models.run("--select", *(f"+{mart}" for mart in FEW_MARTS), *ANEW)
    keep(models, f"from_{request.param}", *FEW_MARTS)
    return request.param, oracle.build({table: BASE[table] for table in tables}, ORACLE)


@pytest.mark.parametrize("mart", FEW_MARTS)
def test_tables_that_are_there_give_the_oracles_mart(
    project: harness.Project, combination: tuple[str, dict[str, Rows]], mart: str
) -> None:
    name, expected = combination
    assert differences(project, f"from_{name}", mart, expected[mart]) == []


def test_measure_is_null_where_its_tables_are_absent_and_a_number_elsewhere(
    project: harness.Project, combination: tuple[str, dict[str, Rows]]
) -> None:
    name, _ = combination
    there = set(COMBINATIONS[name])
    rows = project.sql(f"select * from from_{name}.mart_ads__ad_daily")
    assert rows
    counts = [measure for measure in NEEDS if not measure.endswith(("_value", "_date"))]
    assert {m: {row[m] is None for row in rows} for m in counts} == {m: {not NEEDS[m] <= there} for m in counts}
    assert [m for m in NEEDS if not NEEDS[m] <= there and any(row[m] is not None for row in rows)] == []


def test_rate_is_null_where_its_tables_are_absent(
    project: harness.Project, combination: tuple[str, dict[str, Rows]]
) -> None:
    name, _ = combination
    there = set(COMBINATIONS[name])
    rows = project.sql(f"select * from from_{name}.mart_ads__campaign")
    assert [m for m in RATES if not RATES[m] <= there and any(row[m] is not None for row in rows)] == []


def test_empty_table_is_measured_as_nothing(models: harness.Project) -> None:
    """There, but without rows: 0, where an absent one is NULL."""
    models.execute("create schema hollow", "create table hollow.clicks as select * from text.clicks limit 0")
    models.settings(mapped("text", ("impressions",), ad_funnel__clicks="hollow.clicks"))
    models.run("--select", "+mart_ads__campaign", *ANEW)
    rows = models.sql("select clicks, clicked_impressions, ctr from main_ads_marts.mart_ads__campaign order by all")
    assert {(row["clicks"], row["clicked_impressions"]) for row in rows} == {(0, 0)}
    assert {row["ctr"] for row in rows} == {0.0}
