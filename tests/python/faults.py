"""The faults of the catalogue, injected into one project: raw rows, and beside them what must become of them.

Each fault has a campaign of its own (`f14` for row 14), so that faults do not disturb each other; ids begin with its
name. `CHECKS` are plain functions of what was built: `test_faults.py` runs them on the package as it is, `guards.py` on
mutants of it.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import harness

Row = dict[str, Any]
Rows = list[Row]

# ------------------------------------------------------------------------------------------------------ rows and checks

TABLES = ("impressions", "clicks", "conversions", "spend")
REFERENCES = ("ads", "campaigns", "platforms", "exchange_rates", "bot_patterns")
RAW: dict[str, Rows] = {table: [] for table in (*TABLES, "reports", *REFERENCES)}

AS_OF = datetime(2025, 6, 30, 12)
SETTINGS: dict[str, Any] = {
    "reporting_time_zone": "Europe/Berlin",
    "reporting_currency": "EUR",
    "as_of": str(AS_OF),
    "primary_conversion_types": ["purchase"],
    "click_flood_clicks": 3,
    "clicks_keep": "latest_load",
    "reject_stop_basis_points": 10_000,  # most rows here are faults
    "conflict_stop_basis_points": 10_000,
    "clicks_columns": {"cost": {"column": "cost_micros", "divide_by": 1_000_000}},
    "conversions_columns": {"converted_at": {"format": "day_first", "time_zone": "Europe/Berlin"}},
    "reports_columns": {"conversion_value": {"divide_by": "minor_unit"}},
}

DAY, MORNING = "2025-03-03", "2025-03-03 10:00:00"  # a Monday
PLATFORM = "ads"


def campaign_of(event_id: str) -> str:
    return event_id.split(":")[0]


def impression(event_id: str, at: str | None = MORNING, **more: Any) -> None:
    campaign = campaign_of(event_id)
    RAW["impressions"].append({
        "impression_id": event_id, "impression_at": at, "ad_id": f"ad of {campaign}", "platform": PLATFORM,
        "campaign_id": campaign, "user_id": None, "cost": None, "currency": None, "device_type": None, "country": None,
        "user_agent": None, "loaded_at": None,
    } | more)


def click(event_id: str, at: str | None = "2025-03-03 10:01:00", **more: Any) -> None:
    RAW["clicks"].append({
        "click_id": event_id, "clicked_at": at, "platform": PLATFORM, "impression_id": None, "ad_id": None,
        "campaign_id": campaign_of(event_id), "user_id": None, "cost_micros": None, "currency": None,
        "user_agent": None, "loaded_at": None,
    } | more)


def conversion(event_id: str, at: str | None = "2025-03-03 11:00:00Z", **more: Any) -> None:
    """Its log writes local times of Berlin where no zone is told."""
    RAW["conversions"].append({
        "conversion_id": event_id, "converted_at": at, "conversion_type": "purchase", "platform": PLATFORM,
        "click_id": None, "impression_id": None, "user_id": None, "value": None, "currency": None, "order_id": None,
        "adjusts_conversion_id": None, "adjustment_type": None, "loaded_at": None,
    } | more)


def spend(campaign_id: str | None, amount: str | None, day: str | None = DAY, **more: Any) -> None:
    """Its columns come in another order, among some that we do not read and one that the ledger has too (row 11)."""
    RAW["spend"].append({
        "it's extra": "x", "reason": "valid", "loaded_at": None, "reported_conversions": None, "reported_clicks": None,
        "reported_impressions": None, "is_credit": None, "currency": None, "campaign_id": campaign_id, "ad_id": None,
        "platform": PLATFORM, "amount": amount, "date_day": day,
    } | more)


def report(campaign_id: str | None, day: str = DAY, **more: Any) -> None:
    RAW["reports"].append(dict.fromkeys((
        "last_day", "account_id", "ad_group_id", "ad_id", "segment", "conversion_type", "impressions", "clicks",
        "spend", "conversions", "conversion_value", "view_through_conversions", "currency", "time_zone", "loaded_at",
    )) | {"date_day": day, "platform": "reported", "account_id": "x", "campaign_id": campaign_id} | more)


def reference(table: str, **row: Any) -> None:
    RAW[table].append({"platform": PLATFORM, **row} if table in ("ads", "campaigns") else row)


@dataclass
class Built:
    """What a build made of the rows above; every relation is read once."""

    project: harness.Project
    read: dict[str, Rows] = field(default_factory=dict)

    def rows(self, relation: str, **where: Any) -> Rows:
        if relation not in self.read:
            layer = {"ledger": "ledger", "mart": "marts"}.get(relation.split("_")[0], "facts")
            self.read[relation] = self.project.sql(f"select * from main_ads_{layer}.{relation}")
        return [row for row in self.read[relation] if all(row[name] == value for name, value in where.items())]

    def row(self, relation: str, **where: Any) -> Row:
        rows = self.rows(relation, **where)
        assert len(rows) == 1, f"{len(rows)} rows of {relation} have {where}"
        return rows[0]

    def campaign(self, campaign_id: str, platform: str = PLATFORM) -> Row:
        return self.row("mart_ads__campaign", campaign_id=campaign_id, platform=platform)

    def days(self, campaign_id: str, platform: str = PLATFORM) -> dict[date, Row]:
        rows = self.rows("mart_ads__campaign_daily", campaign_id=campaign_id, platform=platform)
        return {row["date_day"]: row for row in sorted(rows, key=lambda row: row["date_day"])}

    def judged(self, table: str, **where: Any) -> list[str]:
        """What became of rows, sorted: the reason where a row was not accepted."""
        return sorted(row["reason"] or row["disposition"] for row in self.rows(f"ledger_ads__{table}", **where))

    def impression(self, event_id: str, platform: str = PLATFORM) -> Row:
        return self.row("fct_ads__impressions", impression_id=event_id, platform=platform)

    def click(self, event_id: str) -> Row:
        return self.row("fct_ads__clicks", click_id=event_id)

    def conversion(self, event_id: str) -> Row:
        return self.row("fct_ads__conversions", conversion_id=event_id)


@dataclass(frozen=True)
class Check:
    faults: tuple[int, ...]
    name: str
    run: Callable[[Built], None]


CHECKS: list[Check] = []


def fault(*numbers: int) -> Callable[[Callable], Callable]:
    """Rows of the catalogue that a test, or a check of this file, shows."""
    def mark(function: Callable) -> Callable:
        if function.__module__ == __name__:
            CHECKS.append(Check(numbers, function.__name__, function))
        return function

    return mark


def law(*numbers: int) -> Callable[[Callable], Callable]:
    """Laws of reports (R1 to R11), which the catalogue has not: they are 100 and more for guards."""
    return fault(*(100 + number for number in numbers))


def values(row: Row, *names: str) -> tuple:
    return tuple(row[name] for name in names)


def day(text: str) -> date:
    return date.fromisoformat(text)


def time(text: str) -> datetime:
    return datetime.fromisoformat(text)


# -------------------------------------------------------------------------------------------------------------- parsing

BAD_TIMES = ("2025-02-30", "2025-02-03 25:00:00", "2025-02-03 noon", "2025-13-3", "yesterday", "", "1741000000")

for n, written in enumerate(BAD_TIMES):
    impression(f"f1:{n}", written)
    click(f"f1:{n}", written)
    conversion(f"f1:{n}", written)
    spend("f1", "1", written.replace("03 25:00:00", "32"), ad_id=str(n))


@fault(1)
def impossible_times_are_rejected_and_kept_as_they_came(built: Built) -> None:
    for n, written in enumerate(BAD_TIMES):
        for table in ("impression", "click", "conversion"):
            row = built.row(f"ledger_ads__{table}s", **{f"{table}_id": f"f1:{n}"})
            assert values(row, "disposition", "reason", "date_day") == ("rejected", "invalid_timestamp", None), written
            record = json.loads(row["raw_record"])
            assert (record[{"impression": "impression_at", "click": "clicked_at"}.get(table, "converted_at")] or
                    "") == written
    assert built.judged("spend", campaign_id="f1") == ["invalid_date"] * len(BAD_TIMES)


impression("f2:1", "03/04/2025 10:00:00")
spend("f2", "1", "03/04/2025")
conversion("f2:1", "03/04/2025 10:00:00")  # whose setting says: day first
conversion("f2:2", "04/13/2025 10:00:00")


@fault(2)
def a_day_or_month_first_is_read_only_where_the_column_map_says_which(built: Built) -> None:
    assert built.judged("impressions", impression_id="f2:1") == ["invalid_timestamp"]
    assert built.judged("spend", campaign_id="f2") == ["invalid_date"]
    assert built.conversion("f2:1")["converted_at"] == time("2025-04-03 08:00:00")
    assert built.judged("conversions", conversion_id="f2:2") == ["invalid_timestamp"]


OFFSETS = {
    "2025-03-03 00:30:00+02:00": "2025-03-02 22:30:00", "2025-03-03T00:30:00Z": "2025-03-03 00:30:00",
    "2025-03-02 20:00-0530": "2025-03-03 01:30:00", "2025-03-03T00:30:00.25+02": "2025-03-02 22:30:00.250000",
}
for n, written in enumerate(OFFSETS):
    impression(f"f3:{n}", written)


@fault(3)
def an_offset_is_applied(built: Built) -> None:
    read = [built.impression(f"f3:{n}")["impression_at"] for n in range(len(OFFSETS))]
    assert read == [time(utc) for utc in OFFSETS.values()]
    assert {at: row["impressions"] for at, row in built.days("f3").items()} == {
        day("2025-03-02"): 2, day("2025-03-03"): 2}


FAR_TIMES = ("infinity", "-infinity", "0001-01-01", "9999-12-31", "1999-12-31 22:59:59", "2200-01-01 01:00:00")
for n, written in enumerate(FAR_TIMES):
    impression(f"f4:{n}", written)
    click(f"f4:{n}", written)
    conversion(f"f4:{n}", written)
    spend("f4", "1", written, ad_id=str(n))


@fault(4)
def times_out_of_range_are_rejected(built: Built) -> None:
    for table in TABLES:
        rows = [row for row in built.rows(f"ledger_ads__{table}")
                if str(row.get(f"{table[:-1]}_id") or row.get("campaign_id")).split(":")[0] == "f4"]
        judged = {(row["disposition"], row["reason"], row["date_day"]) for row in rows}
        assert judged == {("rejected", "timestamp_out_of_range", None)}, table
        assert len(rows) == len(FAR_TIMES)


for n, written in enumerate(("1.5", "1_000", "0x10", "1e2")):
    spend("f5", "1", ad_id=f"shown {written}", reported_impressions=written)
    spend("f5", "1", ad_id=f"clicked {written}", reported_clicks=written)
spend("f5", "1_000", ad_id="amount")
spend("f5", "2", ad_id="fine", reported_impressions="1000", reported_clicks="+16")
impression("f5:1", cost="1_000")
impression("f5:2", cost="0x10")


@fault(5)
def what_is_no_whole_number_is_not_counted_and_costs_no_money(built: Built) -> None:
    assert built.judged("spend", campaign_id="f5") == ["accepted"] * 9 + ["invalid_number"]
    assert built.judged("impressions", campaign_id="f5") == ["invalid_number"] * 2
    line = built.row("fct_ads__spend", campaign_id="f5", ad_id="fine")
    assert values(line, "spend", "reported_impressions", "reported_clicks") == (2, 1000, 16)
    for told, count in (("shown", "reported_impressions"), ("clicked", "reported_clicks")):
        for written, read in (("1.5", None), ("1_000", None), ("0x10", None), ("1e2", 100)):
            row = built.row("ledger_ads__spend", campaign_id="f5", ad_id=f"{told} {written}")
            assert values(row, "amount", count, "unreadable_columns") == (
                1, read, None if read else f"{count}: {written}; ")


for n, written in enumerate(("NaN", "nan", "-NaN")):
    impression(f"f6:{n}", cost=written)
    click(f"f6:{n}", cost_micros=written)
    conversion(f"f6:{n}", value=written, platform="p6")
    spend("f6", written, ad_id=str(n))
impression("f6:fine", cost="0.25")


@fault(6)
def no_number_is_rejected_and_poisons_no_sum(built: Built) -> None:
    assert built.judged("impressions", campaign_id="f6") == ["accepted"] + ["invalid_number"] * 3
    assert built.judged("clicks", campaign_id="f6") == ["invalid_number"] * 3
    assert built.judged("conversions", platform="p6") == ["invalid_number"] * 3
    assert built.judged("spend", campaign_id="f6") == ["invalid_number"] * 3
    assert values(built.campaign("f6"), "impressions", "spend", "cpm") == (1, Decimal("0.25"), 250.0)


HUGE = ("1e400", "inf", "-inf", "Infinity", "1e30")
for n, written in enumerate(HUGE):
    impression(f"f7:{n}", cost=written)
    click(f"f7:{n}", cost_micros=written)
    conversion(f"f7:{n}", value=written, platform="p7")
    spend("f7", written, ad_id=str(n), date_day="2025-02-07")


@fault(7)
def numbers_without_end_are_rejected_and_counted(built: Built) -> None:
    for table, where in {"conversions": {"platform": "p7"}, **dict.fromkeys(
            ("impressions", "clicks", "spend"), {"campaign_id": "f7"})}.items():
        assert built.judged(table, **where) == ["invalid_number"] * len(HUGE), table
    counted = built.row("mart_ads__ledger", source_table="spend", date_day=day("2025-02-07"))
    assert values(counted, "disposition", "reason", "row_count", "amount", "unreadable_amounts") == (
        "rejected", "invalid_number", 5, None, 5)


impression("00123", campaign_id="f8")
impression("123", campaign_id="f8")
click("007", campaign_id="f8", impression_id="00123")


@fault(8)
def leading_zeros_of_ids_stay(built: Built) -> None:
    assert built.judged("impressions", campaign_id="f8") == ["accepted"] * 2
    assert values(built.click("007"), "impression_id", "is_matched") == ("00123", True)
    assert values(built.campaign("f8"), "impressions", "clicked_impressions") == (2, 1)


spend("f11", "3.5", currency="usd", reported_clicks="7", loaded_at="2025-03-04 01:00:00")


@fault(11)
def columns_go_by_name(built: Built) -> None:
    """See `spend()`."""
    row = built.row("ledger_ads__spend", campaign_id="f11")
    assert values(row, "disposition", "reason", "date_day", "amount", "currency", "reported_clicks", "loaded_at") == (
        "accepted", None, day(DAY), Decimal("3.5"), "USD", 7, time("2025-03-04 01:00:00"))


impression("f12:1", cost="0.5")
impression("f12:2", cost="half a euro")  # what the next load writes
impression("f12:3", "1741000000", cost="0.5")
impression("f12:4", cost="5e-1")


@fault(12)
def a_type_that_changes_between_loads_costs_its_own_rows_only(built: Built) -> None:
    assert built.judged("impressions", campaign_id="f12") == [
        "accepted", "accepted", "invalid_number", "invalid_timestamp"]
    assert values(built.campaign("f12"), "impressions", "spend") == (2, 1)


# ------------------------------------------------------------------------------------------------------------- identity

for at in ("02:00", "01:00", ""):
    impression("f14:1", cost="1", loaded_at=at and f"2025-03-04 {at}")
    click("f14:1", impression_id="f14:1", loaded_at=at and f"2025-03-04 {at}")
    conversion("f14:1", click_id="f14:1", value="7", loaded_at=at and f"2025-03-04 {at}")
    spend("f14", "1", loaded_at=at and f"2025-03-04 {at}")


@fault(14)
def copies_are_kept_aside_and_the_first_counts(built: Built) -> None:
    for table, key in {"impressions": "impression_id", "clicks": "click_id", "conversions": "conversion_id",
                       "spend": "campaign_id"}.items():
        ids = {key: "f14" if table == "spend" else "f14:1"}
        assert built.judged(table, **ids) == ["accepted", "same_payload", "same_payload"], table
        accepted = built.row(f"ledger_ads__{table}", **ids, disposition="accepted")
        first_or_latest = "01:00" if table in ("impressions", "conversions") else "02:00"
        assert accepted["loaded_at"] == time(f"2025-03-04 {first_or_latest}"), table
        copies = built.rows(f"ledger_ads__{table}", **ids, disposition="duplicate")
        assert len(copies) == 2 and all(row["raw_record"] for row in copies) and not accepted["raw_record"], table
    assert values(built.campaign("f14"), "impressions", "clicks", "conversions", "conversion_value", "spend") == (
        1, 1, 1, 7, 1)


impression("f15:day", "2025-03-03 11:00:00", cost="2", loaded_at="2025-03-03 12:00:00")
impression("f15:day", "2025-03-03 10:00:00", cost="1", loaded_at="2025-03-03 13:00:00")
impression("f15:days", "2025-03-05 10:00:00", cost="4", loaded_at="2025-03-05 12:00:00")
impression("f15:days", "2025-03-04 10:00:00", cost="3", loaded_at="2025-03-06 12:00:00")
impression("f15:load", cost="5", loaded_at="2025-03-04 12:00:00")
impression("f15:load", cost="6", loaded_at="2025-03-03 12:00:00")
for one, other in (("a", "b"), ("b", "a")):  # the payload decides, in whichever order the rows come
    impression(f"f15:{one}", country="A")
    impression(f"f15:{one}", country="B")
    impression(f"f15:{other}{other}", country="B")
    impression(f"f15:{other}{other}", country="A")
click("f15:1", "2025-03-03 10:01:00", cost_micros="1000000", loaded_at="2025-03-03 12:00:00")
click("f15:1", "2025-03-04 10:01:00", cost_micros="2000000", loaded_at="2025-03-04 12:00:00")
conversion("f15:1", "2025-03-04 11:00:00Z", value="2", loaded_at="2025-03-04 12:00:00")
conversion("f15:1", "2025-03-03 11:00:00Z", value="1", loaded_at="2025-03-05 12:00:00")
spend("f15", "10", loaded_at="2025-03-04 12:00:00", date_day="2025-03-10")
spend("f15", "12", loaded_at="2025-03-05 12:00:00", date_day="2025-03-10")


@fault(15)
def a_declared_order_decides_between_two_tellings_of_an_id(built: Built) -> None:
    for number, cost, other_cost in (("day", 1, 2), ("days", 3, 4), ("load", 6, 5)):
        assert built.judged("impressions", impression_id=f"f15:{number}") == ["accepted", "other_payload"]
        assert built.impression(f"f15:{number}")["cost"] == cost, number
        other = built.row("ledger_ads__impressions", impression_id=f"f15:{number}", disposition="conflict")
        assert json.loads(other["raw_record"])["cost"] == str(other_cost)
    assert {row["country"] for number in ("a", "b", "aa", "bb")
            for row in built.rows("fct_ads__impressions", impression_id=f"f15:{number}")} == {"A"}
    assert values(built.click("f15:1"), "clicked_at", "cost") == (time("2025-03-04 10:01:00"), 2)
    assert values(built.conversion("f15:1"), "date_day", "value") == (day(DAY), 1)
    assert built.days("f15")[day("2025-03-10")]["spend"] == 12


impression("f16:1")
impression("f16:1", platform="p16")
click("f16:1", impression_id="f16:1", platform="p16", campaign_id=None)
click("f16:2", impression_id="f16:1", platform="p16b", campaign_id=None)
conversion("f16:1", click_id="f16:1")  # of the one platform, and the click of the other
conversion("f16:2", click_id="f16:1", platform="p16")
conversion("f16:3", click_id="f16:1", platform=None)  # the advertiser's own log


@fault(16)
def an_id_on_two_platforms_is_two(built: Built) -> None:
    assert built.judged("impressions", impression_id="f16:1") == ["accepted"] * 2
    assert values(built.campaign("f16"), "impressions", "clicked_impressions") == (1, 0)
    assert values(built.campaign("f16", "p16"), "impressions", "clicked_impressions") == (1, 1)
    assert built.click("f16:2")["is_matched"] is False
    credited = [built.conversion(f"f16:{n}")["credited_platform"] for n in (1, 2, 3)]
    assert credited == [None, "p16", "p16"]


impression(" f17:1\t", platform=" ads ", campaign_id="f17\r")
impression("F17:1", campaign_id="f17")
click("\n\tf17:1 ", impression_id="f17:1  ", campaign_id=None)
click("f17:2", impression_id=" f17:1", campaign_id=None)


@fault(17)
def white_space_is_trimmed_and_case_kept(built: Built) -> None:
    assert {row["impression_id"] for row in built.rows("fct_ads__impressions", campaign_id="f17")} == {
        "f17:1", "F17:1"}
    for click_id in ("f17:1", "f17:2"):
        assert values(built.click(click_id), "campaign_id", "is_matched") == ("f17", True)


for blank in (None, "  ", "\t"):
    impression("f18:", impression_id=blank)
    click("f18:", click_id=blank)
    conversion("f18:", conversion_id=blank, platform="p18")
    spend(blank, "1", ad_id=blank, platform="p18")


@fault(18)
def rows_without_an_id_are_rejected(built: Built) -> None:
    for table, where in {"impressions": {"campaign_id": "f18"}, "clicks": {"campaign_id": "f18"},
                         "conversions": {"platform": "p18"}, "spend": {"platform": "p18"}}.items():
        assert built.judged(table, **where) == ["missing_id"] * 3, table
    assert built.rows("mart_ads__campaign", platform="p18") == built.rows("mart_ads__campaign", campaign_id="f18") == []


impression("c", platform="a|b", campaign_id="f19")
impression("b|c", platform="a", campaign_id="f19")
impression("f19:null", device_type="x", country=None)
impression("f19:null", device_type=None, country="x")
impression("f19:bar", device_type="x|y", country="z")
impression("f19:bar", device_type="x", country="y|z")
impression("f19:quote", device_type='x","country":"y', country="z")
impression("f19:quote", device_type="x", country='y","country":"z')
spend("f19", "1", ad_id=None, platform="p19")
spend(None, "2", ad_id="f19", platform="p19")


@fault(19)
def keys_and_payloads_do_not_collide(built: Built) -> None:
    assert built.judged("impressions", impression_id="c") == built.judged("impressions", impression_id="b|c") == [
        "accepted"]
    for number in ("null", "bar", "quote"):
        assert built.judged("impressions", impression_id=f"f19:{number}") == ["accepted", "other_payload"], number
    assert built.judged("spend", platform="p19") == ["accepted"] * 2


HOSTILE = (
    "'; drop table raw.impressions; --", '" or ""="', "Robert'); delete from raw.clicks;",
    "<script>alert('x')</script>", '=HYPERLINK("http://x.example","y")', "+1+1", "-2+3", "@SUM(A1)",
    "Frühling 🙂 名前", "\u202eمرحبا\u202c", "back\\slash \\' \\n", "two\nlines", "a tab\tinside",
    "{{ ref('x') }}{% if %}", "100%_of $1 $$", "null?", "NaN!",  # without the sign, marks of nothing (null_ids)
    "a,b;c|d", "unknown?", '{"campaign_id": null}',
)
for name in HOSTILE:
    known = {"platform": "p20", "campaign_id": name}
    impression(name, **known, ad_id=name, country=name, user_agent=name)
    click(name, **known, impression_id=name, user_id=name)
    conversion(name, platform="p20", click_id=name, order_id=name)
    impression(name, "no time", **known, ad_id=name)
    reference("ads", ad_id=name, ad_name=name, **known)
    reference("campaigns", **known, campaign_name=name, objective=name)
reference("bot_patterns", pattern="it's a \"bot\" \\")
impression("f20:bot", user_agent="well, It's a \"Bot\" \\ indeed")


@fault(20)
def hostile_names_stay_whole_everywhere(built: Built) -> None:
    whole = dict.fromkeys(HOSTILE, 1)

    def counted(relation: str, column: str, **where: Any) -> dict[str, int]:
        found = [row[column] for row in built.rows(relation, platform="p20", **where)]
        return {name: found.count(name) for name in found}

    for relation, columns in {
        "fct_ads__impressions": ("impression_id", "ad_id", "campaign_id", "country"),
        "fct_ads__clicks": ("click_id", "impression_id", "user_id", "campaign_id"),
        "fct_ads__conversions": ("conversion_id", "order_id", "credited_click_id", "campaign_id"),
        "dim_ads__ads": ("ad_id", "ad_name", "campaign_id"),
        "dim_ads__campaigns": ("campaign_id", "campaign_name", "objective"),
        "mart_ads__campaign": ("campaign_id", "campaign_name", "objective"),
        "mart_ads__ad_daily": ("ad_id", "ad_name", "campaign_id", "campaign_name"),
    }.items():
        for column in columns:
            assert counted(relation, column) == whole, f"{relation}.{column}"
    assert counted("mart_ads__funnel_steps", "campaign_name", step_number=3, stage_count=1) == whole
    rejected = built.rows("ledger_ads__impressions", platform="p20", reason="invalid_timestamp")
    assert sorted(json.loads(row["raw_record"])["campaign_id"] for row in rejected) == sorted(HOSTILE)
    assert built.impression("f20:bot")["invalid_reason"] == "bot"


# --------------------------------------------------------------------------------------------------------------- funnel

for n, at in enumerate(("09:56:00", "09:55:00", "09:54:59", "10:00:00")):
    impression(f"f21:{n}")
    click(f"f21:{n}", f"2025-03-03 {at}", impression_id=f"f21:{n}")


@fault(21)
def a_click_before_its_impression_matches_within_the_tolerance(built: Built) -> None:
    judged = [values(built.click(f"f21:{n}"), "is_matched", "is_clock_skewed") for n in range(4)]
    assert judged == [(True, True), (True, True), (False, False), (True, False)]
    assert values(built.campaign("f21"), "clicks", "clicked_impressions", "unmatched_clicks", "ctr") == (4, 3, 1, 0.75)


click("f22:0", impression_id="nowhere")
click("f22:1")
for n, at in ((2, "09:59:59"), (3, "10:00:00")):
    impression(f"f22:{n}")
    click(f"f22:{n}", f"2025-03-04 {at}", impression_id=f"f22:{n}")


@fault(22)
def a_click_without_an_impression_in_the_window_is_counted_as_unmatched(built: Built) -> None:
    assert [built.click(f"f22:{n}")["is_matched"] for n in range(4)] == [False, False, True, False]
    assert values(built.campaign("f22"), "clicks", "unmatched_clicks", "clicked_impressions", "impressions") == (
        4, 3, 1, 2)


conversion("f23:1", platform="p23", value="9")


@fault(23)
def a_conversion_that_nothing_leads_to_is_counted_as_unattributed(built: Built) -> None:
    assert values(built.conversion("f23:1"), "credit_status", "campaign_id") == ("none", "unknown")
    assert values(
        built.campaign("unknown", "p23"),
        "unattributed_conversions", "all_conversions", "all_conversion_value", "conversions", "conversion_value",
    ) == (1, 1, 9, 0, 0)


impression("f24:1", user_id="u24v")
click("f24:1", MORNING, user_id="u24c")
for n, (at, how) in enumerate([
    ("2025-04-02 10:00:00Z", {"click_id": "f24:1"}), ("2025-04-02 09:59:59Z", {"click_id": "f24:1"}),
    ("2025-04-02 10:00:00Z", {"user_id": "u24c"}), ("2025-04-02 09:59:59Z", {"user_id": "u24c"}),
    ("2025-03-04 10:00:00Z", {"impression_id": "f24:1"}), ("2025-03-04 09:59:59Z", {"impression_id": "f24:1"}),
    ("2025-03-04 10:00:00Z", {"user_id": "u24v"}), ("2025-03-04 09:59:59Z", {"user_id": "u24v"}),
]):
    conversion(f"f24:{n}", at, **how)


@fault(24)
def a_conversion_after_every_window_is_kept_unattributed(built: Built) -> None:
    assert [built.conversion(f"f24:{n}")["credit_rule"] for n in range(8)] == [
        None, "named_click", None, "user_click", None, "named_impression", None, "user_impression"]
    assert [built.conversion(f"f24:{n}")["credit_status"] for n in (0, 2, 4, 6)] == ["none"] * 4
    assert values(built.campaign("f24"), "conversions", "view_through_conversions") == (2, 2)


click("f25:early", "2025-03-03 08:00:00", user_id="u25")
click("f25:late", "2025-03-03 10:00:00", user_id="u25")
impression("f25:late", "2025-03-03 10:00:00", user_id="u25v")
conversion("f25:1", "2025-03-03 09:00:00Z", click_id="f25:late")
conversion("f25:2", "2025-03-03 09:00:00Z", click_id="f25:late", user_id="u25")
conversion("f25:3", "2025-03-03 10:00:00Z", click_id="f25:late")
conversion("f25:4", "2025-03-03 09:59:59Z", impression_id="f25:late")
conversion("f25:5", "2025-03-03 09:59:59Z", user_id="u25v")


@fault(25)
def a_conversion_before_its_click_is_not_credited_to_it(built: Built) -> None:
    assert [built.conversion(f"f25:{n}")["credited_click_id"] for n in (1, 2, 3)] == [None, "f25:early", "f25:late"]
    assert [built.conversion(f"f25:{n}")["credit_status"] for n in (4, 5)] == ["none"] * 2


click("f27:1", user_id="u27")
conversion("f27:sold", value="40", click_id="f27:1")
conversion("f27:less", "2025-03-06 11:00:00Z", value="25", adjusts_conversion_id="f27:sold", adjustment_type="restate")
conversion("f27:first", "2025-03-05 11:00:00Z", value="30", adjusts_conversion_id="f27:sold", adjustment_type="Restate")
conversion("f27:returned", value="10", click_id="f27:1")
conversion("f27:refund", "2025-03-07 11:00:00Z", adjusts_conversion_id="f27:returned", adjustment_type="retract",
           user_id="u27")
conversion("f27:slow", "2025-03-04 11:00:00Z", value="2", click_id="f27:1")
conversion("f27:before", "2025-03-03 12:00:00Z", value="3", adjusts_conversion_id="f27:slow", adjustment_type="restate")
conversion("f27:early", value="4", adjusts_conversion_id="f27:not yet", adjustment_type="restate")
# A shop's log names no platform; nor do these three conversions, of which two platforms have the last.
conversion("f27:shop", "2025-03-07 12:00:00Z", platform=None, value="6", adjusts_conversion_id="f27:of google",
           adjustment_type="RESTATEMENT")
conversion("f27:of google", value="10", click_id="f27:1")
conversion("f27:payment", platform=None, adjusts_conversion_id="f27:cancelled", adjustment_type="Retraction")
conversion("f27:cancelled", value="10", click_id="f27:1")
conversion("f27:of platform", value="7", adjusts_conversion_id="f27:of shop", adjustment_type="restate")
conversion("f27:of shop", value="10", platform=None, click_id="f27:1")
conversion("f27:which", platform=None, value="1", adjusts_conversion_id="f27:twice", adjustment_type="restate")
conversion("f27:other", value="1", platform="p27", adjusts_conversion_id="f27:of google", adjustment_type="restate")
conversion("f27:again", value="1", adjusts_conversion_id="f27:less", adjustment_type="restate")
for platform in ("p27a", "p27b"):
    conversion("f27:twice", value="10", platform=platform)
for n, (original, kind, value) in enumerate([
    ("f27:sold", "cancel", "1"), ("f27:sold", None, "1"), (None, "retract", None), ("f27:sold", "restate", None),
]):
    conversion(f"f27:bad{n}", value=value, adjusts_conversion_id=original, adjustment_type=kind)


@fault(27)
def adjustments_change_their_original_on_its_own_days(built: Built) -> None:
    def told(name: str) -> tuple:
        return values(built.conversion(f"f27:{name}"), "credit_status", "value", "conversion_value", "is_waiting")

    assert told("sold") == ("click", 40, 25, False)
    assert told("returned") == ("retracted", 10, None, False)
    assert told("slow") == ("click", 2, 3, False)
    assert told("refund") == ("adjustment", None, None, False)
    assert built.conversion("f27:refund")["credited_click_id"] is None
    assert told("early") == ("adjustment", 4, None, True)
    assert told("of google") == ("click", 10, 6, False)
    assert told("cancelled") == ("retracted", 10, None, False)
    assert told("of shop") == ("click", 10, 7, False)
    assert [told(name)[-1] for name in ("shop", "payment", "of platform", "which", "other", "again")] == [
        False, False, False, True, True, True]
    assert built.judged("conversions", reason="invalid_adjustment") == ["invalid_adjustment"] * 4
    measures = ("conversions", "conversion_value", "converted_clicks", "all_conversions")
    assert values(built.days("f27")[day(DAY)], *measures) == (4, 41, 1, 3)
    assert values(built.campaign("f27"), *measures) == (4, 41, 1, 4)



spend("f28", "1", ad_id="x", reported_conversions="0.1")
spend("f28", "1", ad_id="y", reported_conversions="0.2")
spend("f28", "1", ad_id="z", reported_conversions="1e-9")


@fault(28)
def fractions_of_conversions_are_decimal(built: Built) -> None:
    told = [row["reported_conversions"] for row in built.rows("fct_ads__spend", campaign_id="f28")]
    assert all(isinstance(number, Decimal) for number in told)
    assert sum(told) == Decimal("0.300000001")


spend("f29", "100")


@fault(29)
def spend_without_impressions_is_kept_and_its_rates_are_null(built: Built) -> None:
    assert values(built.campaign("f29"), "spend", "impressions", "roas", "cpm", "cpc", "cpa", "cost_per_impression",
                  "vcpm", "ctr") == (100, 0, 0, None, None, None, None, None, None)


impression("f30:1")
click("f30:1", impression_id="f30:1")
click("f30:2", "2025-03-03 10:06:00", impression_id="f30:1")
conversion("f30:1", click_id="f30:1")
conversion("f30:2", "2025-03-03 12:00:00Z", click_id="f30:1")


@fault(30)
def bounded_rates_count_an_impression_and_a_click_once(built: Built) -> None:
    row = built.campaign("f30")
    assert values(row, "clicks", "clicked_impressions", "ctr", "clicks_per_impression") == (2, 1, 1, 2)
    assert values(row, "conversions", "converted_clicks", "cvr", "conversions_per_click") == (2, 1, 0.5, 1)
    assert values(row, "converted_impressions", "conversion_per_impression") == (1, 1)


impression("f31:1")
impression("f31:2")
click("f31:1", impression_id="f31:1")
conversion("f31:1", click_id="f31:1", value="5")
conversion("f31:2", impression_id="f31:2", value="7")


@fault(31)
def view_through_is_never_added_to_click_through(built: Built) -> None:
    assert [built.conversion(f"f31:{n}")["credit_status"] for n in (1, 2)] == ["click", "view"]
    assert values(
        built.campaign("f31"), "conversions", "conversion_value", "view_through_conversions", "view_through_value",
        "conversions_by_conversion_date", "all_conversions", "cvr",
    ) == (1, 5, 1, 7, 1, 2, 1)


impression("f63:1")
click("f63:1", impression_id="f63:1", ad_id="another ad")
impression("f63:2")
click("f63:2", impression_id="f63:2", ad_id="ad of f63")
impression("f63:3")
click("f63:3", impression_id="f63:3", campaign_id="f63 other")


@fault(63)
def a_matched_click_stands_where_its_impression_does(built: Built) -> None:
    clicks = [built.click(f"f63:{n}") for n in (1, 2, 3)]
    assert [row["is_dimension_mismatch"] for row in clicks] == [True, False, True]
    assert {values(row, "ad_id", "campaign_id") for row in clicks} == {("ad of f63", "f63")}
    assert values(built.campaign("f63"), "impressions", "clicks", "ctr") == (3, 3, 1)
    assert built.rows("mart_ads__campaign", campaign_id="f63 other") == []


impression("f64:1", user_agent="EvilBot/1.0", user_id="u64 bot")
click("f64:1", impression_id="f64:1", user_id="u64")
click("f64:2", "2025-03-03 10:02:00", user_id="u64")
conversion("f64:1", click_id="f64:1", user_id="u64")
conversion("f64:2", impression_id="f64:1", user_id="u64")
conversion("f64:3", user_id="u64 bot")
click("f64:3", user_id="u64 bots click", user_agent="EvilBot/1.0")
conversion("f64:4", user_id="u64 bots click")


@fault(64)
def what_comes_after_invalid_traffic_is_invalid_and_never_credited(built: Built) -> None:
    assert values(built.click("f64:1"), "is_invalid", "invalid_reason") == (True, "invalid_impression")
    for n, reason in ((1, "invalid_click"), (2, "invalid_impression")):
        row = built.conversion(f"f64:{n}")
        assert values(row, "is_invalid", "invalid_reason", "credited_click_id", "credited_impression_id") == (
            True, reason, None, None)
    assert [built.conversion(f"f64:{n}")["credit_status"] for n in (3, 4)] == ["none"] * 2
    row = built.campaign("f64")
    assert values(row, "gross_impressions", "impressions", "gross_clicks", "clicks") == (1, 0, 3, 1)
    assert values(row, "conversions", "view_through_conversions", "clicked_impressions") == (0, 0, 0)


# ---------------------------------------------------------------------------------------------------------------- money

impression("f32:1", cost="-1")
click("f32:1", cost_micros="-1")
click("f32:2")
conversion("f32:1", value="-1", click_id="f32:2")
conversion("f32:2", value="5", click_id="f32:2")
conversion("f32:3", "2025-03-04 11:00:00Z", value="-2", adjusts_conversion_id="f32:2", adjustment_type="restate")
spend("f32", "-5")
spend("f32", "-5", "2025-03-04", is_credit="true")
spend("f32", "3", "2025-03-05", is_credit="yes")


@fault(32)
def negative_money_is_rejected_unless_it_is_typed_so(built: Built) -> None:
    assert built.judged("impressions", impression_id="f32:1") == ["negative_cost"]
    assert built.judged("clicks", click_id="f32:1") == ["negative_cost"]
    assert built.judged("conversions", conversion_id="f32:1") == ["negative_value"]
    assert built.judged("spend", campaign_id="f32") == ["accepted", "accepted", "negative_cost"]
    assert values(built.campaign("f32"), "spend", "conversions", "conversion_value", "roas", "cpc") == (
        -8, 1, -2, None, -8)


impression("f33:1", cost="5000")
impression("f33:2", cost="1")


@fault(33)
def an_absurd_cost_still_counts(built: Built) -> None:
    """The warning is seen by a test of its own."""
    assert built.campaign("f33")["spend"] == 5001


for currency, on, rate in (
    ("CHF", "2025-02-24", "0.5"), ("ZZZ", DAY, "0"), ("ZZZ", "2025-03-02", "-1"), ("ZZZ", "2025-03-01", "many"),
    ("BIG", DAY, "900000000"), ("USD", DAY, "0.9"), ("USD", "2025-03-04", "0.8"),
    ("DKK", DAY, "0.13"), ("DKK", DAY, "0.14"),
):
    reference("exchange_rates", date_day=on, currency=currency, rate=rate)
impression("f34:1", cost="1", currency="XXX")
impression("f34:2", cost="2")
impression("f34:3", cost="1", currency="CHF")
impression("f34:4", "2025-03-02 10:00:00", cost="1", currency="CHF")
impression("f34:5", cost="1", currency="ZZZ")
click("f34:1", impression_id="f34:2")
conversion("f34:1", click_id="f34:1", value="9", currency="XXX")
spend("f34 line", "1", currency="XXX")
spend("f34 line", "2")
click("f34 sold:1")
conversion("f34 sold:1", click_id="f34 sold:1", value="9")
spend("f34 sold", "1")
click("f34 lost:1")
conversion("f34 lost:1", click_id="f34 lost:1", value="9", currency="XXX")
conversion("f34 lost:2", click_id="f34 lost:1", value="9")
spend("f34 lost", "1")


@fault(34)
def money_in_an_unknown_currency_is_counted_and_falsifies_nothing(built: Built) -> None:
    row = built.days("f34")[day(DAY)]
    assert values(row, "impressions", "spend", "unknown_cost_events", "is_cost_complete") == (4, 2, 3, False)
    assert values(row, "ctr", "cpm", "cpc", "cpa", "roas", "roi", "cost_per_impression") == (0.25, *[None] * 6)
    assert values(row, "conversions", "conversion_value", "unknown_value_conversions", "is_value_complete") == (
        1, None, 1, False)
    assert built.impression("f34:4")["event_cost"] == Decimal("0.5")
    assert values(built.days("f34")[day("2025-03-02")], "spend", "is_cost_complete", "cpm") == (0.5, True, 500)
    assert values(built.campaign("f34"), "spend", "unknown_cost_events", "cpm") == (Decimal("2.5"), 3, None)
    assert values(built.campaign("f34 line"), "spend", "unknown_cost_events", "is_cost_complete") == (None, 1, False)
    assert values(built.campaign("f34 sold"), "roas", "average_conversion_value") == (9, 9)
    row = built.campaign("f34 lost")
    assert values(row, "conversions", "conversion_value", "cpa", "is_value_complete") == (2, 9, 0.5, False)
    assert values(row, "roas", "roi", "average_conversion_value", "value_per_click") == (None,) * 4


impression("f35:1", cost="1", currency="EUR")
impression("f35:2", cost="1", currency=" usd")
impression("f35:3", "2025-03-04 10:00:00", cost="1", currency="USD")
impression("f35:4", "2025-03-05 10:00:00", cost="1", currency="USD")  # Tuesday's rate carries on
impression("f35:5", cost="0.5", currency="")
click("f35:1")
conversion("f35:1", "2025-03-05 11:00:00Z", click_id="f35:1", value="10", currency="USD")


@fault(35)
def currencies_are_converted_by_the_days_rate(built: Built) -> None:
    assert [row["spend"] for row in built.days("f35").values()] == [Decimal("2.4"), Decimal("0.8"), Decimal("0.8")]
    assert values(built.campaign("f35"), "spend", "unknown_cost_events", "conversion_value") == (4, 0, 8)
    logged = built.rows("mart_ads__ledger", source_table="impressions", date_day=day("2025-03-05"), currency="USD")
    assert [row["amount"] for row in logged] == [1]


for n in range(1000):
    impression(f"f36:{n}", cost="0.01" if n else "0.000000001")
conversion("f36:1", platform="p36", value="12345678901234567.123456789")
conversion("f36:2", platform="p36", value="0.000000001")


@fault(36)
def sums_of_money_are_exact(built: Built) -> None:
    for spent in (built.campaign("f36")["spend"], built.days("f36")[day(DAY)]["spend"]):
        assert isinstance(spent, Decimal) and spent == Decimal("9.990000001")
    assert built.campaign("unknown", "p36")["all_conversion_value"] == Decimal("12345678901234567.12345679")


click("f37:1", cost_micros="1500000")
click("f37:2", cost_micros="9" * 24)
click("f37:3", cost_micros="1" + "0" * 15)
click("f37:4", cost_micros="999999999999999")
conversion("f37:1", click_id="f37:1", value="9" * 19, currency="BIG")
conversion("f37:2", click_id="f37:1", value="9" * 20)


@fault(37)
def micros_that_overflow_are_rejected(built: Built) -> None:
    assert built.judged("clicks", campaign_id="f37") == ["accepted", "accepted", "invalid_number", "invalid_number"]
    assert built.judged("conversions", conversion_id="f37:2") == ["invalid_number"]
    assert built.campaign("f37")["spend"] == Decimal("1000000001.499999")
    # Money that overflows when it is converted is unknown, and no error.
    assert values(built.conversion("f37:1"), "conversion_value", "is_value_unknown") == (None, True)


impression("f38:1", cost="7")
spend("f38 credit", "7", is_credit="true")
impression("f38 credit:1")


@fault(38)
def division_by_zero_is_null(built: Built) -> None:
    row = built.campaign("f38")
    assert values(row, "clicks", "spend", "ctr", "cvr", "cpc", "cpa", "viewability_rate") == (0, 7, 0, *[None] * 4)
    assert values(built.campaign("f38 credit"), "spend", "cpm", "roas", "roi") == (-7, -7000, None, None)
    for mart in harness.MART_GRAINS:
        for row in built.rows(mart):
            wrong = [name for name, value in row.items() if isinstance(value, float) and not math.isfinite(value)]
            assert not wrong, (mart, wrong, row)


# ----------------------------------------------------------------------------------------------------------------- time

SHORT, LONG = datetime(2025, 3, 29, 23), datetime(2024, 10, 26, 22)  # the first instant (UTC) of a Berlin day
for start in (SHORT, LONG):
    for hour in range(-1, 26):
        impression(f"f39:{start:%m}:{hour:02}", str(start + timedelta(hours=hour)))
    impression(f"f39:{start:%m}:last", str(start + timedelta(hours=23 if start == SHORT else 25, seconds=-1)))
for n, local in enumerate((
    "2025-03-30 01:59:59", "2025-03-30 02:30:00", "2025-03-30 03:30:01",  # the second never was
    "2024-10-27 01:59:59", "2024-10-27 02:30:00", "2024-10-27 03:00:00",  # the second was twice
)):
    conversion(f"f39:{n}", local, platform="p39")


@fault(39)
def days_of_23_and_25_hours_hold_their_own_events(built: Built) -> None:
    counted = {at: row["impressions"] for at, row in built.days("f39").items() if row["impressions"]}
    assert counted == {
        day("2025-03-29"): 1, day("2025-03-30"): 24, day("2025-03-31"): 3,
        day("2024-10-26"): 1, day("2024-10-27"): 26, day("2024-10-28"): 1,
    }


@fault(39)
def local_times_that_never_were_or_were_twice_keep_day_and_order(built: Built) -> None:
    rows = [built.conversion(f"f39:{n}") for n in range(6)]
    assert [row["date_day"] for row in rows] == [day("2025-03-30")] * 3 + [day("2024-10-27")] * 3
    at = [row["converted_at"] for row in rows]
    assert at[0] < at[1] < at[2] and at[3] < at[4] < at[5]
    assert (at[0], at[5]) == (time("2025-03-30 00:59:59"), time("2024-10-27 02:00:00"))


impression("f40:1", "2025-03-03 22:59:59")
impression("f40:2", "2025-03-03 23:00:00")
impression("f40:3", "2025-03-04T04:30:00Z")
impression("f40:4", "2025-03-03 23:30:00-05:00")
click("f40:1", "2025-03-04 23:30:00")
conversion("f40:1", "2025-03-05 00:30:00", click_id="f40:1")  # in Berlin; in UTC, and in New York, still the day before


@fault(40)
def the_zone_of_the_session_moves_nothing(built: Built) -> None:
    """The project is built in a session of New York."""
    assert [built.impression(f"f40:{n}")["impression_at"] for n in (3, 4)] == [time("2025-03-04 04:30:00")] * 2
    assert {at: values(row, "impressions", "clicks", "conversions", "conversions_by_conversion_date")
            for at, row in built.days("f40").items()} == {
        day("2025-03-03"): (1, 0, 0, 0), day("2025-03-04"): (3, 0, 0, 0), day("2025-03-05"): (0, 1, 1, 1)}


for n, at in enumerate(("2024-12-29", "2024-12-30", "2025-01-05", "2025-01-06", "2025-01-20")):
    impression(f"f41:{n}", f"{at} 12:00:00")
for n, at in enumerate(("2024-02-28", "2024-02-29", "2024-03-01")):
    impression(f"f41 leap:{n}", f"{at} 12:00:00")


@fault(41)
def weeks_begin_on_monday_and_none_is_lost_across_the_years_end(built: Built) -> None:
    weeks = built.rows("mart_ads__campaign_weekly", campaign_id="f41")
    assert {row["week_start"]: row["impressions"] for row in weeks} == {
        day("2024-12-23"): 1, day("2024-12-30"): 2, day("2025-01-06"): 1, day("2025-01-13"): 0, day("2025-01-20"): 1}
    assert day("2024-12-30").isocalendar()[:2] == (2025, 1)
    days = sorted(built.days("f41"))
    assert len(days) == 23 and all(later - sooner == timedelta(1) for sooner, later in zip(days, days[1:]))


@fault(41)
def the_leap_day_is_a_day(built: Built) -> None:
    assert {at: row["impressions"] for at, row in built.days("f41 leap").items()} == {
        day("2024-02-28"): 1, day("2024-02-29"): 1, day("2024-03-01"): 1}
    months = built.rows("mart_ads__campaign_monthly", campaign_id="f41 leap")
    assert {row["month_start"]: row["impressions"] for row in months} == {day("2024-02-01"): 2, day("2024-03-01"): 1}


for n, at in enumerate(("2025-06-30 12:05:00", "2025-06-30 12:05:01", "2026-01-01")):
    impression(f"f42:{n}", at)
    click(f"f42:{n}", at)
    conversion(f"f42:{n}", at + "Z" * (n < 2), platform="p42")
spend("f42", "1", "2025-06-30")
spend("f42", "1", "2025-07-01")


@fault(42)
def the_future_is_rejected_and_moves_no_watermark(built: Built) -> None:
    expected = ["accepted", "in_future", "in_future"]
    assert built.judged("impressions", campaign_id="f42") == built.judged("clicks", campaign_id="f42") == expected
    assert built.judged("conversions", platform="p42") == expected
    assert built.judged("spend", campaign_id="f42") == expected[:2]
    assert built.row("fct_ads__freshness")["data_through"] == AS_OF
    assert values(built.campaign("f42"), "impressions", "clicks", "spend", "last_day") == (1, 1, 1, AS_OF.date())


# ------------------------------------------------------------------------------------------------------- reference data

reference("ads", ad_id="ad of f53", campaign_id="f53 old", ad_name="First", valid_from="2025-01-01")
reference("ads", ad_id="ad of f53", campaign_id="f53 new", ad_name="Second", valid_from="2025-03-10")
reference("campaigns", campaign_id="f53 old", campaign_name="Before", valid_from=None)
reference("campaigns", campaign_id="f53 old", campaign_name="After", valid_from="2025-03-05")
for n, at in enumerate(("2024-12-31", "2025-03-09", "2025-03-10")):
    impression(f"f53:{n}", f"{at} 12:00:00", campaign_id=None)


@fault(53)
def an_ad_that_moved_and_a_campaign_that_was_renamed_have_a_history(built: Built) -> None:
    assert [built.impression(f"f53:{n}")["campaign_id"] for n in range(3)] == ["f53 old", "f53 old", "f53 new"]
    assert values(built.campaign("f53 old"), "campaign_name", "impressions") == ("After", 2)
    names = [values(row, "campaign_name", "current_campaign_name", "valid_from", "valid_to", "is_current")
             for row in built.rows("dim_ads__campaigns", campaign_id="f53 old")]
    assert sorted(names) == [
        ("After", "After", day("2025-03-05"), day("9999-12-31"), True),
        ("Before", "After", day("1900-01-01"), day("2025-03-05"), False),
    ]


impression("f54:1", platform="p54", campaign_id=None)
impression("f54:2", platform="p54", campaign_id=None, ad_id="")


@fault(54)
def an_ad_without_a_campaign_is_in_the_campaign_unknown(built: Built) -> None:
    assert values(built.campaign("unknown", "p54"), "impressions", "campaign_name") == (2, "unknown")
    assert {row["ad_id"] for row in built.rows("mart_ads__ad_daily", platform="p54")} == {"ad of f54", "unknown"}


for name, loaded in (("Old", "2025-01-01"), ("New", "2025-01-02"), ("Older", "2024-12-31")):
    for table, names in {"ads": {"ad_id": "ad of f55", "ad_name": name, "campaign_id": f"f55 {name}"},
                         "campaigns": {"campaign_id": "f55 New", "campaign_name": name}}.items():
        reference(table, **names, valid_from="2025-01-01", loaded_at=loaded)
    reference("platforms", platform="p55", platform_name="The same")
reference("bot_patterns", pattern="EvilBot")
reference("bot_patterns", pattern="evilbot")
reference("bot_patterns", pattern="bot/")
impression("f55:1", campaign_id=None, cost="1", currency="DKK", user_agent="Mozilla")
impression("f55:2", campaign_id=None, user_agent="a very evilBOT/2.0")


@fault(55)
def reference_rows_told_twice_double_nothing_and_the_latest_counts(built: Built) -> None:
    assert len(built.rows("dim_ads__platforms", platform="p55")) == 1
    assert values(built.campaign("f55 New"), "campaign_name", "gross_impressions", "impressions", "spend") == (
        "New", 2, 1, Decimal("0.14"))
    assert built.impression("f55:2")["invalid_reason"] == "bot"
    for table in TABLES[:3]:
        accepted = built.rows(f"ledger_ads__{table}", disposition="accepted")
        assert len(accepted) == len(built.rows(f"fct_ads__{table}")), table


# ---------------------------------------------------------------------------------------------------------- measurement

impression("f56:1", user_agent="EvilBot/1.0")
impression("f56:2")
click("f56:bot", "2025-03-03 09:00:00", user_agent="evilbot")
for n in range(5):
    click(f"f56:{n}", f"2025-03-03 10:00:{15 * n:02}" if n < 4 else "2025-03-03 10:01:15", user_id="u56")
for n in range(4):
    click(f"f56:nobody {n}", "2025-03-03 10:05:00")
click("f56:double", "2025-03-03 10:10:00", impression_id="f56:2")
click("f56:click", "2025-03-03 10:10:09", impression_id="f56:2")
click("f56:again", "2025-03-03 10:10:19", impression_id="f56:2")
conversion("f56:1", click_id="f56:click")  # a double click is one person's honest click


@fault(56)
def bots_and_floods_are_flagged_and_shown_gross_and_net(built: Built) -> None:
    flagged = {row["click_id"].removeprefix("f56:"): row["invalid_reason"]
               for row in built.rows("fct_ads__clicks", campaign_id="f56") if row["is_invalid"]}
    assert flagged == {"bot": "bot", "3": "click_flood", "click": "repeat_click"}
    assert values(built.conversion("f56:1"), "credit_status", "credited_click_id") == ("click", "f56:double")
    row = built.campaign("f56")
    assert values(row, "gross_impressions", "impressions", "invalid_impression_rate") == (2, 1, 0.5)
    assert values(row, "gross_clicks", "clicks", "clicked_impressions") == (13, 10, 1)
    told = {row["reason"] for row in built.rows("mart_ads__ledger", disposition="accepted", date_day=day(DAY))}
    invalid = {"bot", "click_flood", "repeat_click", "invalid_impression", "invalid_click"}
    assert told - {"unplaced"} == {"valid", *invalid}, told


for number, at, order in ((1, "2025-01-15", "o1"), (2, "2025-01-15", "o1"), (3, "2025-01-16", "o1"),
                          (4, "2025-01-15", "o2"), (5, "2025-01-15", "o3")):
    conversion(f"f57:{number}", f"{at} 12:00:00", platform=f"p57:{number}", order_id=order)
conversion("f57:6", "2025-01-16 12:00:00", platform="p57:5", adjusts_conversion_id="f57:5", adjustment_type="retract")


@fault(57)
def an_order_that_several_platforms_claim_is_one(built: Built) -> None:
    row = built.row("mart_ads__orders_daily", date_day=day("2025-01-15"))
    assert values(row, "orders", "claimed_orders") == (2, 4)
    assert built.rows("mart_ads__orders_daily", date_day=day("2025-01-16")) == []


for n in range(4):
    impression(f"f58:{n}", MORNING if n == 0 else "2025-03-04 10:00:00", platform="p58", ad_id=f"ad {n % 2}", cost="1")
click("f58:0", impression_id="f58:0", platform="p58")


@fault(58)
def rates_are_ratios_of_sums_at_every_grain(built: Built) -> None:
    assert [row["ctr"] for row in built.days("f58", "p58").values()] == [1, 0]
    for mart in ("campaign", "campaign_weekly", "campaign_monthly"):
        row = built.row(f"mart_ads__{mart}", platform="p58")
        assert values(row, "ctr", "cpc", "cpm") == (0.25, 4, 1000), mart
    by_ad = {values(row, "ad_id", "date_day"): row["ctr"] for row in built.rows("mart_ads__ad_daily", platform="p58")}
    assert by_ad == {("ad 0", day("2025-03-03")): 1, ("ad 0", day("2025-03-04")): 0, ("ad 1", day("2025-03-04")): 0}
    by_day = {row["date_day"]: row["ctr"] for row in built.rows("mart_ads__platform_daily", platform="p58")}
    assert by_day == {day("2025-03-03"): 1, day("2025-03-04"): 0}
    assert built.row("mart_ads__funnel_steps", platform="p58", step_number=2)["rate_from_top"] == 0.25


# -------------------------------------------------------------------------------------------------- balance and privacy

AMOUNTS = {"impressions": "cost", "clicks": "cost_micros", "conversions": "value", "spend": "amount"}
ROOM = {"cost": Decimal(10) ** 9, "cost_micros": Decimal(10) ** 15}  # of DECIMAL(18, 9); of DECIMAL(28, 9) else


def money(row: Row, column: str) -> Decimal:
    """The money that a raw row tells, as the ledger should read it; 0 where it tells none that can be read."""
    text = str(row[column] or "").strip()
    if not re.fullmatch(r"[+-]?\d+(\.\d*)?(e[+-]?\d\d?)?", text):
        return Decimal(0)
    amount = Decimal(text)
    if abs(amount) >= ROOM.get(column, Decimal(10) ** 19):
        return Decimal(0)
    if row.get("is_credit"):
        return -abs(amount)
    return amount / (1_000_000 if column == "cost_micros" else 1)


@fault(1, 4, 7, 14, 15, 18, 32, 42)
def every_row_and_its_money_is_in_the_ledger_once(built: Built) -> None:
    for table, column in AMOUNTS.items():
        told = sum((money(row, column) for row in RAW[table]), Decimal(0))
        ledger = built.rows(f"ledger_ads__{table}")
        assert len(ledger) == len(RAW[table]), table
        amount = column.removesuffix("_micros")
        assert sum(row[amount] or 0 for row in ledger) == told, table
        mart = built.rows("mart_ads__ledger", source_table=table)
        assert sum(row["row_count"] for row in mart) == len(ledger), table
        assert sum(row["amount"] or 0 for row in mart) == told, table
        assert all(row["raw_record"] for row in ledger if row["disposition"] != "accepted"), table
        assert {row["disposition"] for row in ledger} == {"accepted", "duplicate", "conflict", "rejected"}, table


@fault()
def marts_hold_no_user_ids(built: Built) -> None:
    """One half of row 60; the other is to fold small cells."""
    users = {row["user_id"] for table in TABLES[:3] for row in RAW[table] if row["user_id"]} - set(HOSTILE)
    assert users
    for mart in harness.MART_GRAINS:
        for row in built.rows(mart):
            assert "user_id" not in row and users.isdisjoint(map(str, row.values())), mart


# ------------------------------------------------------------------------------------------------- reports of platforms

def reported(built: Built, campaign_id: str) -> dict[str, Row]:
    """The lines of a campaign, by ad."""
    return {row["ad_id"]: row for row in built.rows("fct_ads__reports", campaign_id=campaign_id)}


report("r1", spend="5", loaded_at="2025-03-04 01:00:00")
report("r1", spend="7", loaded_at="2025-03-05 01:00:00")
report("r1", spend="2", segment="phone", loaded_at="2025-03-04 01:00:00")


@law(1)
def a_report_line_counts_once(built: Built) -> None:
    assert built.judged("reports", campaign_id="r1") == ["accepted", "accepted", "later_load"]
    assert reported(built, "r1")["unallocated"]["spend"] == 9


report("r2", spend="5", loaded_at="2025-03-04 01:00:00")
report("r2", spend="5", loaded_at="2025-03-04 01:09:00")
report("r2 again", "2025-03-05", spend="5", loaded_at="2025-03-04 01:00:00")
report("r2 again", "2025-03-05", spend="5", loaded_at="2025-03-04 01:11:00")


@law(2)
def rows_of_ten_minutes_are_one_load(built: Built) -> None:
    assert built.judged("reports", campaign_id="r2") == ["accepted", "repeated_in_load"]
    assert built.judged("reports", campaign_id="r2 again") == ["accepted", "same_payload"]


report("r3", "2025-03-06", spend="100", clicks="7")
report("r3", "2025-03-06", ad_id="r3a", spend="60")
report(None, "2025-03-06", ad_id="r3 lost", spend="30")
report("r3 more", "2025-03-07", spend="10")
report("r3 more", "2025-03-07", ad_id="r3b", spend="11")


@law(3, 4)
def levels_are_not_added(built: Built) -> None:
    """Nor is what one level does not report made 0."""
    lines = reported(built, "r3")
    assert {ad: (row["spend"], row["clicks"]) for ad, row in lines.items()} == {
        "r3a": (60, None), "unallocated": (40, 7)}
    assert built.judged("reports", ad_id="r3 lost") == ["unknown_parent"]
    assert {ad: (row["spend"], row["finer_lines_exceed"]) for ad, row in reported(built, "r3 more").items()} == {
        "r3b": (11, False), "unallocated": (0, True)}


report("r5", conversions="4.416667", view_through_conversions="3")
report("r5", conversions="3", conversion_type="lead")
report("r5", conversions="2", conversion_type="purchase")


@law(5, 6)
def fractions_totals_and_views_are_what_they_are(built: Built) -> None:
    line = reported(built, "r5")["unallocated"]
    assert values(line, "conversions", "view_through_conversions") == (Decimal("4.416667"), 3)


for code in ("EUR", "JPY", "KWD"):
    report("r7", conversion_value="1234", currency=code)


@law(7)
def minor_units_are_the_currencys(built: Built) -> None:
    found = {row["currency"]: row["conversion_value"] for row in built.rows("ledger_ads__reports", campaign_id="r7")}
    assert found == {"EUR": Decimal("12.34"), "JPY": 1234, "KWD": Decimal("1.234")}


report("r8", spend="1", time_zone="Asia/Tokyo")
report("r8 here", spend="1", time_zone="Europe/Berlin")


@law(8)
def days_of_other_zones_are_marked(built: Built) -> None:
    assert reported(built, "r8")["unallocated"]["is_other_day"]
    assert not reported(built, "r8 here")["unallocated"]["is_other_day"]


report("r9", spend="60")
report("r9", "2025-03-04", spend="61")
spend("r9", "55", platform="reported")


@law(9)
def the_invoice_wins_over_the_report(built: Built) -> None:
    days = built.days("r9", "reported")
    assert {str(when): row["spend"] for when, row in days.items() if row["spend"]} == {DAY: 55, "2025-03-04": 61}


report("r10", impressions="10", clicks="12", conversions="2", spend="6")
report("r10", platform="reported too", conversions="3", spend="1")


@law(10)
def series_are_not_mixed(built: Built) -> None:
    """Claims of several platforms have no sum, and what nobody logs is not measured."""
    def row(series: str, **where: Any) -> Row:
        return built.row("mart_ads__performance", series=series, **where)

    of_campaign = {"level": "campaign", "platform": "reported", "campaign_id": "r10"}
    claimed = row("reported", **of_campaign)
    assert values(claimed, "clicks", "ctr", "cpa", "is_best") == (12, 1.2, 3, True)
    assert values(row("measured", **of_campaign), "clicks", "spend", "cpa", "is_best") == (None, 6, None, False)
    total = row("reported", level="all")
    assert total["spend"] > 7 and total["conversions"] is total["cpa"] is None


report("r11", "2025-01-01", last_day="2025-01-31", account_id="y", spend="100")
report("r11", "2025-02-01", last_day="2025-02-28", account_id="y", spend="50")
report("r11", "2025-02-28", account_id="y", spend="3")


@law(11)
def periods_are_in_totals_alone(built: Built) -> None:
    assert built.judged("reports", campaign_id="r11") == ["accepted", "accepted", "overlapping_period"]
    total = built.row("mart_ads__performance", level="campaign", campaign_id="r11", series="reported")
    assert values(total, "spend", "period_lines") == (103, 1)
    daily = built.rows("mart_ads__performance_daily", campaign_id="r11", series="reported")
    assert [row["spend"] for row in daily] == [3]
    assert {str(when): row["spend"] for when, row in built.days("r11", "reported").items() if row["spend"]} == {
        "2025-02-28": 3}


@law(1)
def every_report_row_is_in_the_ledger(built: Built) -> None:
    """With its money."""
    ledger = built.rows("ledger_ads__reports")
    assert len(ledger) == len(RAW["reports"])
    assert sum(row["spend"] or 0 for row in ledger) == sum(Decimal(row["spend"] or 0) for row in RAW["reports"])


# --------------------------------------------------------------------------------------------------------- the project

def project(folder: Path) -> harness.Project:
    """A consumer's project on these rows, in a session of another time zone than that of the reports."""
    made = harness.on_raw_tables(folder, RAW, **SETTINGS)
    in_session(made, "America/New_York")
    return made


def in_session(project: harness.Project, time_zone: str) -> None:
    profile = harness.PROFILES.format(profile=project.profile, path=project.database)
    project.write("profiles.yml", profile.replace("threads: 2", f"threads: 2, settings: {{TimeZone: '{time_zone}'}}"))
