"""Increments: what each change of the raw tables rebuilds, one consequence after another, and no more than it must.

That any sequence of them ends where one full refresh ends: test_sequences.py.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

import harness
import pytest
from faults import fault
from sequences import EVENTS, Sequence, project_of_raw_tables, raw_columns


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> harness.Project:
    return project_of_raw_tables(tmp_path_factory.mktemp("increments"))


# ------------------------------------------------------------------------------------------- one consequence at a time

JUNE = "2025-06-{:02}"
LEDGERS = [f"ledger_ads__{table}" for table in EVENTS]
BY_DAY = [
    "ledger_ads__impressions_by_day", "fct_ads__impressions_by_day", "fct_ads__click_matches", "fct_ads__view_matches",
    "fct_ads__daily",
]


def impression(day: int, name: str = "", clock: str = "12:00:00", **others: str) -> dict[str, str]:
    return {**dict.fromkeys(raw_columns("impressions")[:-2], ""), "impression_id": name or f"i{day}", "platform": "p",
            "impression_at": f"{JUNE.format(day)} {clock}", "ad_id": "a", "cost": "0.5", "user_id": f"u{day}", **others}


def visit(day: int, name: str = "", clock: str = "12:01:30", **others: str) -> dict[str, str]:
    return {**dict.fromkeys(raw_columns("visits")[:-2], ""), "visit_id": name or f"w{day}",
            "visited_at": f"{JUNE.format(day)} {clock}", "user_id": f"u{day}", **others}


def click(day: int, name: str = "", clock: str = "12:01:00", **others: str) -> dict[str, str]:
    return {**dict.fromkeys(raw_columns("clicks")[:-2], ""), "click_id": name or f"k{day}", "platform": "p",
            "clicked_at": f"{JUNE.format(day)} {clock}", "impression_id": f"i{day}", "user_id": f"u{day}", **others}


def conversion(day: int, name: str = "", clock: str = "13:00:00", **others: str) -> dict[str, str]:
    return {**dict.fromkeys(raw_columns("conversions")[:-2], ""), "conversion_id": name or f"v{day}", "platform": "p",
            "converted_at": f"{JUNE.format(day)} {clock}", "conversion_type": "purchase", "click_id": f"k{day}",
            "value": "10", **others}


def spend(day: int, **others: str) -> dict[str, str]:
    return {**dict.fromkeys(raw_columns("spend")[:-2], ""), "date_day": JUNE.format(day), "amount": "4.5",
            "platform": "p", "campaign_id": "d", **others}


class June(Sequence):
    """Ten days with an impression, a click, a conversion and a spend line each, built but for the marts."""

    layers = ("ledger", "facts")
    parts = ["ad_funnel.staging", "ad_funnel.ledger", "ad_funnel.facts"]
    tables_of_days = LEDGERS + BY_DAY

    def __init__(self, project: harness.Project, stamp: str = "fingerprint", **settings: Any) -> None:
        super().__init__(project, stamp)
        self.settings |= {"as_of": "2025-06-11 00:00:00", **settings}
        for table, row in zip(EVENTS, (impression, click, conversion, visit, spend)):
            self.add(table, [row(day) for day in range(1, 11)])
        self.add("ads", [{"ad_id": "a", "campaign_id": "c", "valid_from": "", "platform": "p"}])
        self.add("exchange_rates", [{"date_day": JUNE.format(1), "currency": "EUR", "rate": "1.1"}])
        kept = project.sql("select 1 from information_schema.schemata where schema_name = 'june'")
        is_plain = stamp == "fingerprint" and not settings
        if is_plain and kept:
            self.copy("june", "main_ads_{}")
            return
        self.forget()
        self.build()
        if is_plain:
            project.execute("create schema june")
            self.copy("main_ads_{}", "june")

    def copy(self, source: str, target: str) -> None:
        """Keeps the first build for the tests that begin with it, or brings it back."""
        self.project.execute(*(
            f"create or replace table {target.format(layer)}.{model.stem} "
            f"as select * from {source.format(layer)}.{model.stem}"
            for layer in self.layers for model in (harness.REPO / "models" / layer).glob("*.sql")
            if "materialized='view'" not in model.read_text() and model.stem not in harness.REPORT_MODELS
        ))

    def rebuilt(self) -> dict[str, list[int | None]]:
        """Builds; table -> days of June that were stored anew or taken out, for tables that had any."""
        before = {table: self.versions(table) for table in self.tables_of_days}
        self.build()
        found = {}
        for table, versions in before.items():
            now = self.versions(table)
            days = [day for day in versions | now if versions.get(day) != now.get(day)]
            if days:
                found[table] = sorted((day and day.day for day in days), key=lambda day: (day is None, day))
        return found

    def versions(self, table: str) -> dict[Any, str]:
        schema, version = ("ledger", "invocation_id") if table.startswith("ledger") else ("facts", "built_from")
        version = "built_from" if table.endswith("by_day") else version
        day = "ledger_day" if table in LEDGERS else "date_day"
        rows = self.project.sql(f"select distinct {day} as day, {version} as version from main_ads_{schema}.{table}")
        assert len({row["day"] for row in rows}) == len(rows), f"{table}: a day of two builds"
        return {row["day"]: row["version"] for row in rows}

    def check(self) -> None:
        assert self.differences_from_full_refresh() == []


@fault(45)
def test_nothing_new_rebuilds_nothing(project: harness.Project) -> None:
    assert June(project).rebuilt() == {}


@fault(43)
def test_a_late_row_rebuilds_its_day_and_what_its_windows_reach(project: harness.Project) -> None:
    june = June(project)
    june.add("impressions", [impression(4, "late")])
    assert june.rebuilt() == {
        "ledger_ads__impressions": [4],
        "ledger_ads__impressions_by_day": [4],
        "fct_ads__impressions_by_day": [4],
        "fct_ads__click_matches": [3, 4, 5, 6],  # the clock skew before, the match window after
        "fct_ads__view_matches": [4, 5, 6],  # the view window after
        "fct_ads__daily": [4],
    }
    june.check()


@pytest.mark.slow
def test_a_copy_on_another_day_is_judged_with_its_original(project: harness.Project) -> None:
    june = June(project)
    june.add("impressions", [impression(2, "i7")])  # earlier than the one that was accepted
    june.add("clicks", [click(9, "k4")])  # later than it
    assert {table: days for table, days in june.rebuilt().items() if table in LEDGERS} == {
        "ledger_ads__impressions": [2, 7], "ledger_ads__clicks": [4, 9],
    }
    assert june.project.sql("""
        select impression_at::date::text as day, disposition from main_ads_ledger.ledger_ads__impressions
        where impression_id = 'i7' order by 1
    """) == [{"day": JUNE.format(2), "disposition": "accepted"}, {"day": JUNE.format(7), "disposition": "conflict"}]
    june.check()


@pytest.mark.slow
def test_copies_on_days_that_are_not_built_have_a_say(project: harness.Project) -> None:
    june = June(project)
    june.add("clicks", [click(5, "k7")])  # earlier than that of day 7, so this one is accepted
    june.add("impressions", [impression(5, "i7")])
    june.build()
    june.add("clicks", [click(2, "other", clock="12:30:00"), click(7, "other")])
    june.add("impressions", [impression(2, "other"), impression(7, "other")])
    june.build()
    june.rows["clicks"] = [row for row in june.rows["clicks"] if row["clicked_at"] != f"{JUNE.format(2)} 12:30:00"]
    june.rows["impressions"][1] |= {"impression_id": "renamed"}
    june.rows["impressions"] = [row for row in june.rows["impressions"] if row["impression_at"][:10] != JUNE.format(2)]
    assert june.rebuilt()["ledger_ads__clicks"] == [2, 7]  # and not 5
    june.check()


@pytest.mark.slow
def test_an_original_that_goes_makes_room_for_its_copy(project: harness.Project) -> None:
    june = June(project)
    june.add("clicks", [click(9, "k4")])
    june.build()
    june.rows["clicks"] = [row for row in june.rows["clicks"] if row["clicked_at"] != f"{JUNE.format(4)} 12:01:00"]
    assert june.rebuilt()["ledger_ads__clicks"] == [4, 9]
    assert june.project.sql("select disposition from main_ads_ledger.ledger_ads__clicks where click_id = 'k4'") == [
        {"disposition": "accepted"},
    ]
    june.check()


def test_a_day_that_became_empty_is_taken_out(project: harness.Project) -> None:
    june = June(project)
    june.rows["impressions"] = [row for row in june.rows["impressions"] if row["impression_id"] != "i10"]
    june.rows["spend"] = [row for row in june.rows["spend"] if row["date_day"] != JUNE.format(5)]
    rebuilt = june.rebuilt()
    assert (rebuilt["ledger_ads__impressions"], rebuilt["ledger_ads__spend"]) == ([10], [5])
    assert rebuilt["fct_ads__impressions_by_day"] == [10]
    june.check()


@pytest.mark.slow
@fault(46)
def test_a_row_that_moves_leaves_its_old_day(project: harness.Project) -> None:
    june = June(project)
    june.rows["clicks"][2] |= {"clicked_at": f"{JUNE.format(8)} 09:00:00"}
    assert june.rebuilt() == {
        "ledger_ads__clicks": [3, 8], "fct_ads__click_matches": [3, 8], "fct_ads__daily": [3, 8],
    }
    june.check()


@pytest.mark.slow
def test_an_impression_that_arrives_after_its_click_matches_it(project: harness.Project) -> None:
    june = June(project)
    june.add("clicks", [click(6, "early", impression_id="slow")])
    june.build()
    june.add("impressions", [impression(6, "slow")])
    june.build()
    assert june.project.sql("select is_matched from main_ads_facts.fct_ads__clicks where click_id = 'early'") == [
        {"is_matched": True},
    ]
    june.check()


@pytest.mark.slow
def test_a_conversion_days_later_changes_the_click_s_day(project: harness.Project) -> None:
    june = June(project)
    june.add("conversions", [conversion(9, "much later", click_id="k1")])
    assert june.rebuilt() == {
        "ledger_ads__conversions": [9], "fct_ads__view_matches": [9], "fct_ads__daily": [1, 9],
    }
    assert june.project.sql(f"""
        select sum(conversions)::int as conversions from main_ads_facts.fct_ads__daily
        where date_day = '{JUNE.format(1)}' and campaign_id = 'c'
    """) == [{"conversions": 2}]
    june.check()


@pytest.mark.slow
def test_the_daily_sums_are_rebuilt_where_an_event_counts(project: harness.Project) -> None:
    june = June(project)
    june.add("clicks", [click(6, "next", "10:00:00", impression_id="i5")])
    assert june.rebuilt()["fct_ads__daily"] == [5, 6]  # the impression's day, the click's own
    june.add("conversions", [conversion(9, "of next", click_id="next")])
    assert june.rebuilt()["fct_ads__daily"] == [5, 6, 9]
    june.add("spend", [spend(2, campaign_id="e")])
    assert june.rebuilt()["fct_ads__daily"] == [2]
    june.check()


@pytest.mark.slow
def test_adjustments_and_siblings_reach_back(project: harness.Project) -> None:
    june = June(project, conversion_counting="one_per_click")
    june.add("conversions", [conversion(8, "second", click_id="k2")])
    june.build()
    june.add("conversions", [conversion(9, "away", adjusts_conversion_id="v2", adjustment_type="retract", value="")])
    assert june.rebuilt()["ledger_ads__conversions"] == [9]
    assert june.project.sql("""
        select conversion_id, credit_status from main_ads_facts.fct_ads__conversions
        where conversion_id in ('v2', 'second') order by 1
    """) == [
        {"conversion_id": "second", "credit_status": "click"}, {"conversion_id": "v2", "credit_status": "retracted"},
    ]
    june.check()


@pytest.mark.slow
def test_repeats_and_floods_cross_midnight(project: harness.Project) -> None:
    june = June(project, click_flood_clicks=2)
    june.add("clicks", [click(6, "after", "00:00:02", impression_id="x", user_id="w")])
    june.build()
    june.add("clicks", [
        click(5, "before", "23:59:58", impression_id="x", user_id="w"),
        click(5, "other", "23:59:30", impression_id="y", user_id="w"),
    ])
    assert june.rebuilt()["ledger_ads__clicks"] == [5]
    assert june.project.sql("select click_id, invalid_reason from main_ads_ledger.ledger_ads__invalid_clicks") == [
        {"click_id": "after", "invalid_reason": "repeat_click"},
    ]
    june.check()


@pytest.mark.slow
def test_a_bot_pattern_rejudges_every_impression(project: harness.Project) -> None:
    june = June(project)
    june.rows["impressions"][3] |= {"user_agent": "Crawly Spider"}
    june.build()
    june.add("bot_patterns", [{"pattern": "spider"}])
    rebuilt = june.rebuilt()
    assert rebuilt["ledger_ads__impressions"] == list(range(1, 11))
    assert "ledger_ads__clicks" not in rebuilt
    june.check()


@pytest.mark.slow
def test_an_exchange_rate_rebuilds_the_days_that_it_is_used_on(project: harness.Project) -> None:
    june = June(project, exchange_rate_max_age="2 days")
    june.rows["impressions"][3] |= {"currency": "EUR"}
    june.build()
    june.add("exchange_rates", [{"date_day": JUNE.format(4), "currency": "EUR", "rate": "2"}])
    assert june.rebuilt() == {"fct_ads__impressions_by_day": [4, 5], "fct_ads__daily": [4, 5]}
    assert june.project.sql(f"""
        select sum(spend)::double as spend from main_ads_facts.fct_ads__daily
        where date_day = '{JUNE.format(4)}' and campaign_id = 'c'
    """) == [{"spend": 1.0}]
    june.check()


@pytest.mark.slow
def test_an_ad_that_changes_its_campaign_rebuilds_the_daily_sums_alone(project: harness.Project) -> None:
    june = June(project)
    june.add("impressions", [impression(7, "alone", ad_id="b")])
    june.add("ads", [{"ad_id": "b", "campaign_id": "c", "valid_from": "", "platform": "p"}])
    june.build()
    june.rows["ads"][1] |= {"campaign_id": "elsewhere"}
    assert june.rebuilt() == {"fct_ads__daily": [7]}
    june.rows["ads"][0] |= {"campaign_id": "moved"}
    assert june.rebuilt() == {"fct_ads__daily": list(range(1, 11))}
    assert june.project.sql("""
        select sum(impressions)::int as shown, sum(clicks)::int as clicked, sum(conversions)::int as converted
        from main_ads_facts.fct_ads__daily where campaign_id = 'moved'
    """) == [{"shown": 10, "clicked": 10, "converted": 10}]
    june.check()


@pytest.mark.slow
@pytest.mark.parametrize("setting, value", [
    ("reporting_time_zone", "America/New_York"), ("match_window", "30 seconds"), ("breakdowns", ["country"]),
])
def test_a_setting_that_judges_rebuilds_every_day(project: harness.Project, setting: str, value: Any) -> None:
    june = June(project)
    june.set(setting, value)
    assert set(june.rebuilt()) == {*LEDGERS, *BY_DAY}
    june.check()
    june.settings.pop(setting)  # and back, on top of the wider (or narrower) tables
    june.build()
    june.check()


@pytest.mark.slow
def test_a_setting_that_does_not_judge_rebuilds_nothing(project: harness.Project) -> None:
    june = June(project)
    june.settings |= {"allowed_lateness": "1 day", "partial_money_metrics": True, "look_back": "20 days"}
    assert june.rebuilt() == {}
    june.check()


@pytest.mark.slow
@fault(42)
def test_a_row_from_the_future_comes_in_when_its_time_has_come(project: harness.Project) -> None:
    june = June(project)
    june.add("impressions", [impression(12, "tomorrow")])
    assert june.rebuilt()["ledger_ads__impressions"] == [12]
    assert june.rebuilt() == {}
    june.set("as_of", "2025-06-13 00:00:00")
    assert june.rebuilt()["ledger_ads__impressions"] == [12]
    june.check()
    june.set("as_of", "2025-06-11 00:00:00")  # a clock that is set back
    june.build()
    june.check()


# Days from the row's own to its partition: that of arrival, which is behind the look-back at last, and of late arrival.
@pytest.mark.slow
@fault(42)
@pytest.mark.parametrize("partition, stamp", [
    (12, "fingerprint"), (12, "loaded_at"), (12, "counts"), (11, "counts"), (9, "fingerprint"), (9, "counts"),
    (13, "loaded_at"),
])
@pytest.mark.parametrize("table, event", [("impressions", impression), ("spend", spend)])
def test_a_row_from_the_future_comes_in_whatever_its_partition(
    project: harness.Project, table: str, event: Any, partition: int, stamp: str
) -> None:
    june = June(project)
    june.settings |= {"look_back": "3 days", f"{table}_stamp": stamp}
    ledger, built = f"ledger_ads__{table}", []
    june.parts = ["ad_funnel.staging", ledger]
    june.add(table, [{**event(12), "partition_day": JUNE.format(partition)}])
    for now in (11, 13, 14, 16, 19):
        june.set("as_of", f"{JUNE.format(now)} 00:00:00")
        if now > 13:  # each of these builds stores its day again
            june.add(table, [{**event(12), "ad_id": f"more {now}", "partition_day": JUNE.format(12)}])
            june.add(table, [{**event(now - 1), "partition_day": JUNE.format(now - 1)}])
        june.build()
        [row] = june.project.sql(
            f"select count(*) as rows, count(date_day) as accepted from main_ads_ledger.{ledger} "
            f"where ledger_day = '{JUNE.format(12)}'"
        )
        built.append((row["rows"], row["accepted"]))
    assert built == [(1, 0), (1, 1), (2, 2), (3, 3), (4, 4)]


@pytest.mark.slow
@fault(42)
def test_local_times_read_as_utc_come_in_hours_later(project: harness.Project) -> None:
    june = June(project)
    june.set("as_of", "2025-06-12 18:00:00")
    june.add("clicks", [
        {**click(12, f"{hour} o'clock"), "clicked_at": f"2025-06-12 {hour}:30:00", "partition_day": JUNE.format(12)}
        for hour in (17, 18, 19)
    ])
    june.build()
    june.set("as_of", "2025-06-13 18:00:00")
    assert june.rebuilt()["ledger_ads__clicks"] == [12]
    assert june.project.sql(
        "select disposition, count(*) as n from main_ads_ledger.ledger_ads__clicks "
        "where day(ledger_day) = 12 group by 1"
    ) == [{"disposition": "accepted", "n": 3}]
    june.check()


@pytest.mark.slow
def test_a_build_after_a_long_pause_looks_back_from_the_last_day(project: harness.Project) -> None:
    june = June(project, look_back="2 days")
    june.add("impressions", [impression(day) for day in range(11, 16)])
    june.set("as_of", "2025-09-30 00:00:00")
    assert june.rebuilt()["ledger_ads__impressions"] == [11, 12, 13, 14, 15]
    june.check()


@pytest.mark.slow
def test_rows_without_a_day_stand_under_the_day_of_their_partition(project: harness.Project) -> None:
    june = June(project)
    june.add("clicks", [
        {**click(8, "no time"), "clicked_at": "", "partition_day": JUNE.format(8)},
        {**click(9, "from the future"), "clicked_at": "2025-06-13 09:00:00", "partition_day": JUNE.format(9)},
        {**click(7, "neither"), "clicked_at": ""},
        {**click(6, "no such day"), "clicked_at": "", "partition_day": "0001-01-01"},
    ])
    assert june.rebuilt()["ledger_ads__clicks"] == [8, 13, None]
    assert june.project.sql(
        "select click_id, day(ledger_day) as ledger_day from main_ads_ledger.ledger_ads__clicks "
        "where date_day is null order by click_id"
    ) == [
        {"click_id": "from the future", "ledger_day": 13}, {"click_id": "neither", "ledger_day": None},
        {"click_id": "no such day", "ledger_day": None}, {"click_id": "no time", "ledger_day": 8},
    ]
    june.add("clicks", [{**click(8, "nor this"), "clicked_at": "", "partition_day": JUNE.format(10)}])
    assert june.rebuilt()["ledger_ads__clicks"] == [10, None]
    june.set("as_of", "2025-06-14 00:00:00")
    assert june.rebuilt()["ledger_ads__clicks"] == [13, None]
    june.check()


@pytest.mark.slow
def test_rows_without_a_day_are_counted_anew_whichever_builds_stored_them(project: harness.Project) -> None:
    """Ids of builds are in no order: of the last one and those before either may be the greater."""
    june = June(project)
    counted = "select sum(row_count) as n from main_ads_ledger.ledger_ads__impressions_by_day where date_day is null"
    for number in range(1, 7):
        lost = {"impression_at": "", "partition_day": JUNE.format(number)}
        june.add("impressions", [{**impression(number, f"lost {number}"), **lost}])
        assert None in june.rebuilt()["ledger_ads__impressions_by_day"]
        assert june.project.sql(counted) == [{"n": number}]
    del june.rows["impressions"][-1]
    june.build()
    assert june.project.sql(counted) == [{"n": 5}]
    june.check()


@pytest.mark.slow
def test_partitions_before_the_look_back_are_not_read(project: harness.Project) -> None:
    """A row of late that stands where it must not is the proof: no build sees it, and the totals tell."""
    june = June(project, look_back="3 days")
    june.add("impressions", [impression(9, "there", partition_day=JUNE.format(8))])
    assert june.rebuilt()["ledger_ads__impressions"] == [9]
    june.add("impressions", [impression(9, "hidden", partition_day=JUNE.format(2))])
    assert june.rebuilt() == {}
    assert june.build_and_test("late_rows_are_taken_in").statuses["late_rows_are_taken_in"] == "warn"


# ------------------------------------------------------------------------------------------------ beyond the look-back

@pytest.mark.slow
@fault(44)
def test_rows_older_than_the_look_back_are_counted_and_taken_in_by_one_command(project: harness.Project) -> None:
    june = June(project, look_back="3 days")
    june.add("clicks", [click(2, "very late"), click(8, "late")])
    assert june.rebuilt()["ledger_ads__clicks"] == [8]
    outcome = june.build_and_test("late_rows_are_taken_in")
    assert outcome.statuses["late_rows_are_taken_in"] == "warn"
    compiled = next((june.project.folder / "target/compiled").rglob("late_rows_are_taken_in.sql")).read_text()
    assert june.project.sql(compiled) == [
        {"source_table": "clicks", "raw_rows": 12, "ledger_rows": 11},
    ]
    june.set("look_back", "10000 days")
    assert june.rebuilt()["ledger_ads__clicks"] == [2]
    june.check()


def test_what_the_raw_table_forgot_the_ledger_remembers(project: harness.Project) -> None:
    june = June(project, look_back="3 days")
    june.rows["impressions"] = june.rows["impressions"][4:]
    june.add("impressions", [impression(10, "new")])
    assert june.rebuilt()["ledger_ads__impressions"] == [10]
    assert june.project.sql("select count(*) as n from main_ads_facts.fct_ads__impressions") == [{"n": 11}]


@pytest.mark.slow
@pytest.mark.parametrize("forgotten", [True, False])
def test_a_copy_of_an_id_from_before_the_look_back(project: harness.Project, forgotten: bool) -> None:
    """An earlier copy would take the place of the one that was accepted; not of one that the raw table forgot."""
    june = June(project, look_back="3 days", impressions_keep="latest_load")
    if forgotten:
        june.rows["impressions"] = june.rows["impressions"][4:]
    june.add("impressions", [impression(10, "i2")])
    assert june.rebuilt()["ledger_ads__impressions"] == ([10] if forgotten else [2, 10])
    assert june.project.sql("""
        select day(date_day)::int as day, disposition from main_ads_ledger.ledger_ads__impressions
        where impression_id = 'i2' order by 1
    """) == [
        {"day": 2, "disposition": "accepted" if forgotten else "conflict"},
        {"day": 10, "disposition": "conflict" if forgotten else "accepted"},
    ]
    if not forgotten:
        june.check()


@pytest.mark.slow
def test_a_setting_that_would_lose_what_the_raw_table_forgot_is_refused(project: harness.Project) -> None:
    june = June(project, look_back="3 days")
    june.rows["impressions"] = june.rows["impressions"][4:]
    june.build()
    june.set("earliest_event", "2000-01-02")
    outcome = june.try_build()
    assert not outcome
    assert "the raw table of impressions holds 2 rows, and the ledger 6" in outcome.text
    assert "--full-refresh" in outcome.text
    assert june.project.sql("select count(*) as n from main_ads_ledger.ledger_ads__impressions") == [{"n": 10}]
    june.build(full_refresh=True)
    assert june.project.sql("select count(*) as n from main_ads_ledger.ledger_ads__impressions") == [{"n": 6}]


# -------------------------------------------------------------------------------------------------------- the stamps

@pytest.mark.slow
def test_each_stamp_sees_what_it_says(project: harness.Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(June, "parts", ["ad_funnel.staging", "ad_funnel.ledger"])
    monkeypatch.setattr(June, "tables_of_days", ["ledger_ads__impressions"])
    seen = {}
    for stamp in ("fingerprint", "loaded_at", "counts"):
        june = June(project, stamp)
        june.rows["impressions"][0] |= {"device_type": "edited in place"}
        edited = "ledger_ads__impressions" in june.rebuilt()
        june.rows["impressions"][1] |= {"loaded_at": "2025-07-01 00:00:00"}
        loaded = "ledger_ads__impressions" in june.rebuilt()
        june.add("impressions", [impression(3, "more")])
        seen[stamp] = (edited, loaded, "ledger_ads__impressions" in june.rebuilt())
    assert seen == {"fingerprint": (True, True, True), "loaded_at": (False, True, True), "counts": (False, False, True)}


@pytest.mark.slow
def test_another_table_is_read_though_its_rows_count_the_same(project: harness.Project) -> None:
    june = June(project, "counts")
    project.execute("create or replace table raw.mended as select * replace ('2' as cost) from raw.impressions")
    sources = project.folder / "models/sources.yml"
    tables = sources.read_text()
    try:
        sources.write_text(tables.replace("- name: impressions", "- name: impressions\n    identifier: mended"))
        project.manifest = None
        assert june.rebuilt()["ledger_ads__impressions"] == list(range(1, 11))
        assert project.sql("select sum(cost)::int as cost from main_ads_facts.fct_ads__impressions") == [{"cost": 20}]
    finally:
        sources.write_text(tables)
        project.freeze()


def test_the_number_of_the_rules_is_raised_with_them() -> None:
    """Stored days are kept while the version of the rules is the same, and macros are not in it. So: if the results of
    any row can differ now, raise the number in rule_version(); then, either way, put the new digest here."""
    files = ["staging/raw_contract.sql", "staging/raw_table.sql", "staging/time.sql", "ledger/judgement.sql",
             "staging/erasure.sql", "increments/days.sql", "facts/facts.sql", "facts/reach.sql",
             "facts/landing_pages.sql", "staging/iso_text.sql", "staging/unreadable.sql"]
    rules = [harness.REPO / "macros" / name for name in files]
    rules += sorted((harness.REPO / "macros" / "cross_db").glob("*.sql"))
    rules += sorted((harness.REPO / "models" / "staging").glob("*.sql"))
    rules += [file for folder in ("ledger", "facts") for file in sorted((harness.REPO / "models" / folder).glob("*"))
              if "stored_by_day(" in file.read_text()]
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in rules)).hexdigest()[:12]
    number = re.search(r"return\('(\d+)-' ~ local_md5", (rules[3]).read_text()).group(1)
    assert (number, digest) == ("6", "93de39a6de17")
