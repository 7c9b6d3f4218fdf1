"""Reports of platforms: each row counts once, at the level that it is of, in the money and the days of its account.

The samples are real files of loaders, mapped by a short model each, as a user would write it. The numbers that must
come out were computed apart.
"""

from __future__ import annotations

import copy
import json
import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import harness
import pytest

SAMPLES = harness.SHARED_DATA / "reports"
needs_samples = pytest.mark.skipif(not SAMPLES.exists(), reason="the sample reports are not here")

COLUMNS = (
    "date_day", "last_day", "platform", "account_id", "campaign_id", "ad_group_id", "ad_id", "segment",
    "conversion_type", "impressions", "clicks", "link_clicks", "spend", "currency", "conversions", "conversion_value",
    "view_through_conversions", "view_through_value", "time_zone", "attribution_window", "loaded_at", "partition_day",
)
MEASURES = (
    "impressions", "clicks", "link_clicks", "spend", "conversions", "conversion_value", "view_through_conversions",
    "view_through_value",
)
Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> harness.Project:
    """One parse for all: relations are plain names here, so another table of reports changes nothing that dbt knows."""
    project = harness.consumer(tmp_path_factory.mktemp("reports"), {
        **{f"ad_funnel__{table}": f"raw.{table}" for table in ("reports", "spend", "ads", "exchange_rates")},
        "ad_funnel__as_of": "2026-11-30 12:00:00",
        "ad_funnel__look_back": "10000 days",
    })
    project.freeze()
    manifest = copy.copy(project.manifest)
    manifest.unit_tests = {}
    project = replace(project, manifest=manifest)
    load(project, [report()])
    project.run()
    return project


def report(day: str = "2025-03-03", **values: Any) -> dict[str, Any]:
    """A row with all columns, each None but for what it says."""
    return dict.fromkeys(COLUMNS) | {"date_day": day, "platform": "ads"} | values


def load(project: harness.Project, rows: Rows | str, **others: Rows) -> None:
    """Reports as rows of text, or as a query over the files of loaders."""
    project.load("spend", others.get("spend") or [
        dict.fromkeys(("date_day", "platform", "campaign_id", "ad_id", "amount", "currency", "is_credit"))])
    project.load("ads", others.get("ads") or [dict.fromkeys(("ad_id", "platform", "ad_group_id", "campaign_id"))])
    project.load("exchange_rates", others.get("rates") or [dict.fromkeys(("date_day", "currency", "rate"))])
    project.execute("drop table if exists raw.reports", "drop view if exists raw.report_query")
    if isinstance(rows, str):
        project.execute(f"create view raw.report_query as {rows}",
                        "create table raw.reports as select * from raw.report_query")
    else:
        project.load("reports", rows)


# What changes with the reports; the other tables of a build stay as they are.
CHANGED = ("stg_ads__reports", "stg_ads__ads", "stg_ads__exchange_rates", "dim_ads__ads", "ledger_ads__reports",
           "dim_ads__days", "dim_ads__exchange_rates", "fct_ads__reports")
# Conservation, by day and by platform and measure, and the other tests of what was built.
CHECKS = ("reports_balance_by_measure", "reports_add_up", "ad_funnel_unique_line_ledger_ads__reports_")


def facts(project: harness.Project, *more: str, **settings: Any) -> harness.Outcome:
    """Builds the reports' ledger and facts, and tests that nothing was lost or doubled."""
    variables = {f"ad_funnel__{name}": value for name, value in settings.items()}
    outcome = project.dbt("build", "--select", *CHANGED, *CHECKS, *more, "--indirect-selection", "cautious",
                          variables=variables)
    if outcome:
        assert outcome.statuses["reports_balance_by_measure"] == outcome.statuses["reports_add_up"] == "pass"
    return outcome


def built(project: harness.Project, *more: str, **settings: Any) -> None:
    outcome = facts(project, *more, **settings)
    assert outcome, outcome.text


def total(project: harness.Project, where: str = "true") -> dict[str, Decimal | int | None]:
    sums = ", ".join(f"sum({measure}) as {measure}" for measure in MEASURES)
    return project.sql(f"select {sums} from main_ads_facts.fct_ads__reports where {where}")[0]


def of(project: harness.Project, *measures: str, where: str = "true") -> tuple:
    found = total(project, where)
    return tuple(found[measure] for measure in measures)


def dispositions(project: harness.Project) -> dict[str, int]:
    return {row["disposition"]: row["row_count"] for row in project.sql(
        "select disposition, count(*) as row_count from main_ads_ledger.ledger_ads__reports group by all")}


def lines(project: harness.Project, measure: str, where: str = "true") -> dict[tuple, Any]:
    return {(row["campaign_id"], row["ad_group_id"], row["ad_id"]): row[measure] for row in project.sql(
        f"select * from main_ads_facts.fct_ads__reports where {where}")}


def money(*texts: str) -> tuple[Decimal, ...]:
    return tuple(Decimal(text) for text in texts)


def csv(name: str) -> str:
    return f"read_csv('{SAMPLES / name}', all_varchar = true, header = true)"


# --------------------------------------------------------------------------------------------------------- made-up rows


def test_what_a_campaign_reports_beyond_its_ads_is_unallocated(project: harness.Project) -> None:
    """Check 21. The next day has no lines of ads: all of it is."""
    load(project, [
        report(campaign_id="c", spend="100.00", impressions="1000", conversions="3.27"),
        report(campaign_id="c", ad_id="a1", spend="40.00", impressions="300", conversions="1"),
        report(campaign_id="c", ad_id="a2", spend="20.00", impressions="100", conversions="0.5"),
        report("2025-03-04", campaign_id="c", spend="100.00", impressions="1000", conversions="3.27"),
    ])
    built(project)
    rest = ("unallocated", "unallocated")
    for measure, first, second in (("spend", "40", "100"), ("impressions", "600", "1000"),
                                   ("conversions", "1.77", "3.27")):
        assert lines(project, measure, "date_day = date '2025-03-03'")["c", *rest] == Decimal(first)
        assert lines(project, measure, "date_day = date '2025-03-04'") == {("c", *rest): Decimal(second)}
    assert of(project, "spend", "impressions", "conversions") == (200, 2000, Decimal("6.54"))


def test_each_measure_has_a_rest_of_its_own(project: harness.Project) -> None:
    """Four levels; clicks are reported by the account alone, link clicks by nobody."""
    load(project, [
        report(account_id="x", spend="100", impressions="1000", clicks="7"),
        report(account_id="x", campaign_id="c", spend="80", impressions="1000"),
        report(account_id="x", campaign_id="c", ad_group_id="g", spend="50", impressions="400"),
        report(account_id="x", campaign_id="c", ad_group_id="g", ad_id="a", spend="45", impressions="402"),
        report(account_id="x", campaign_id="d", ad_group_id="h", ad_id="b", spend="10"),
    ])
    built(project)
    rest = "unallocated"
    assert lines(project, "spend") == {
        (rest, rest, rest): 10, ("c", rest, rest): 30, ("c", "g", rest): 5, ("c", "g", "a"): 45, ("d", "h", "b"): 10}
    assert lines(project, "impressions") == {
        (rest, rest, rest): 0, ("c", rest, rest): 598, ("c", "g", rest): 0, ("c", "g", "a"): 402, ("d", "h", "b"): None}
    assert of(project, "spend", "impressions", "clicks", "link_clicks") == (100, 1000, 7, None)


def test_finer_lines_that_report_more_count_and_are_marked(project: harness.Project) -> None:
    """Beyond half a percent."""
    load(project, [
        report(day, campaign_id="c", ad_id=ad, spend=spend)
        for day, finer in (("2025-03-03", "1005"), ("2025-03-04", "1005.01"))
        for ad, spend in ((None, "1000"), ("a", finer))
    ])
    built(project)
    assert total(project)["spend"] == Decimal("2010.01")
    marked = project.sql("select date_day, campaign_id, ad_id, spend from main_ads_facts.fct_ads__reports "
                         "where finer_lines_exceed")
    assert [(str(row["date_day"]), row["ad_id"], row["spend"]) for row in marked] == [("2025-03-04", "unallocated", 0)]


def test_a_line_whose_parent_nobody_knows_is_unplaced(project: harness.Project) -> None:
    load(project, [
        report(campaign_id="c", spend="100"),
        report(ad_id="lost", spend="60"),  # its campaign is unknown: it may be in the 100
        report(ad_id="known", spend="30"),  # of c, by the ads table
        report("2025-03-04", ad_id="lost", spend="60"),  # nothing else is reported on that day
        report("2025-03-05", ad_id="later", campaign_id="c", spend="5"),
        report("2025-03-06", campaign_id="c", spend="8"),
        report("2025-03-06", ad_id="later", spend="5"),  # of c, by its line of the day before
        report("2025-03-07", campaign_id="c", ad_group_id="g", spend="9"),
        report("2025-03-07", campaign_id="c", ad_id="groupless", spend="9"),
    ], ads=[{"ad_id": "known", "platform": "ads", "ad_group_id": None, "campaign_id": "c"}])
    built(project)
    assert dispositions(project) == {"accepted": 7, "unplaced": 2}
    unplaced = project.sql("select ad_id, spend, reason from main_ads_ledger.ledger_ads__reports "
                           "where disposition = 'unplaced' order by 1")
    assert [tuple(row.values()) for row in unplaced] == [
        ("groupless", 9, "unknown_parent"), ("lost", 60, "unknown_parent")]
    assert total(project)["spend"] == 100 + 60 + 5 + 8 + 9
    assert lines(project, "spend", "date_day = date '2025-03-03'") == {
        ("c", "unallocated", "unallocated"): 70, ("c", "unknown", "known"): 30}


def test_lines_of_other_accounts_say_nothing_of_a_line(project: harness.Project) -> None:
    """The campaigns of account x do not hold the ads of account y."""
    load(project, [
        report(account_id="x", campaign_id="c", spend="100"),
        report(account_id="y", ad_id="a", spend="60"),
        report(ad_id="b", spend="1"),  # of either
        report(spend="170"),  # both, or another
    ])
    built(project)
    assert (dispositions(project), total(project)["spend"]) == ({"accepted": 2, "unplaced": 2}, 160)


def test_minor_units_are_those_of_each_currency(project: harness.Project) -> None:
    """Check 22."""
    load(project, [report(campaign_id=currency, currency=currency, spend="1234", conversion_value="1")
                   for currency in ("JPY", "USD", "KWD")])
    built(project, reports_columns={"spend": {"divide_by": "minor_unit"}})
    found = project.sql("select currency, spend, conversion_value from main_ads_staging.stg_ads__reports")
    assert {row["currency"]: row["spend"] for row in found} == dict(zip(
        ("JPY", "USD", "KWD"), money("1234", "12.34", "1.234")))
    assert {row["conversion_value"] for row in found} == {1}


def test_rows_of_people_and_their_tools_are_taken(project: harness.Project) -> None:
    """Check 23: whole numbers with a point, days without dashes, lines without money, corrections below 0."""
    rows = [
        report(campaign_id="c1", impressions="4233.0"),
        report("20210915", campaign_id="c2", impressions="1"),
        report(campaign_id="c3", conversions="2.5"),
        report(campaign_id="c4", spend="-0.40"),
        report(),  # the account, or all that the platform has
    ]
    load(project, [*rows, report(campaign_id="c5", impressions="4233.5")])
    built(project)
    assert dispositions(project) == {"accepted": 5, "rejected": 1}
    assert of(project, "impressions", "spend", "conversions") == (4234, Decimal("-0.40"), Decimal("2.5"))
    rejected = project.sql("select campaign_id, reason from main_ads_ledger.ledger_ads__reports where reason > ''")
    assert rejected == [{"campaign_id": "c5", "reason": "invalid_number"}]


def test_money_without_a_rate_is_unknown(project: harness.Project) -> None:
    """The rest of a campaign of which an ad's money is unknown is, too; nothing is made 0."""
    load(project, [
        report(campaign_id="c", currency="USD", spend="100", impressions="10"),
        report(campaign_id="c", ad_id="a", currency="CAN", spend="60", impressions="4"),
        report(campaign_id="d", currency="EUR", spend="10"),
    ], rates=[{"date_day": "2025-03-01", "currency": "EUR", "rate": "1.10"}])
    built(project)
    rest = ("unallocated", "unallocated")
    assert lines(project, "spend") == {("c", *rest): None, ("c", "unknown", "a"): None, ("d", *rest): 11}
    assert of(project, "impressions") == (10,)
    assert sum(lines(project, "unknown_cost_rows").values()) == 1


def test_the_total_of_a_line_and_its_conversion_types_are_not_added(project: harness.Project) -> None:
    load(project, [
        report(campaign_id="total", conversions="10", spend="5"),
        report(campaign_id="total", conversion_type="purchase", conversions="4"),
        report(campaign_id="total", conversion_type="lead", conversions="6"),
        report(campaign_id="types", spend="5"),
        report(campaign_id="types", conversion_type="Purchase", conversions="4", view_through_conversions="1"),
        report(campaign_id="types", conversion_type="lead", conversions="7"),
    ])
    built(project)
    assert {key[0]: value for key, value in lines(project, "conversions").items()} == {"total": 10, "types": 11}
    assert of(project, "spend", "view_through_conversions") == (10, 1)


def test_segments_of_several_columns_never_collide(project: harness.Project) -> None:
    pairs = [("a", "b"), ("a |", "b"), ("a", "| b"), ("a | b", ""), ("", "a | b"), (None, None), ("a", None)]
    load(project, [report(campaign_id="c", spend="1", one=one, two=two) | {"three": str(number)}
                   for number, (one, two) in enumerate(pairs)])
    built(project, reports_columns={"segment": ["one", "two"]})
    assert (dispositions(project), total(project)["spend"]) == ({"accepted": 7}, 7)


def test_other_numbers_of_one_load_stop_the_build(project: harness.Project) -> None:
    """Loaded nine minutes apart is one load. The columns that tell the rows apart are named, no others."""
    rows = [
        report(campaign_id="c", spend=spend, loaded_at=f"2025-03-04 01:0{minute}:00") | {
            "device": device, "hour": hour, "source": "api", "note": None}
        for spend, minute, device, hour in (("5", 0, "phone", "1"), ("7.25", 9, "desktop", "1"), ("2", 9, "phone", "2"))
    ]
    load(project, rows)
    outcome = facts(project)
    assert not outcome
    assert "ads: 3 rows are 1 lines, 12.25 USD would be lost" in outcome.text
    assert "ad_funnel__reports_columns: {segment: [segment, device, hour]}" in outcome.text  # beside what is mapped
    built(project, reports_columns={"segment": ["segment", "device", "hour"]})
    assert total(project)["spend"] == Decimal("14.25")


def test_equal_numbers_of_one_load_are_a_warning(project: harness.Project) -> None:
    """Two devices, or a copy: nobody can tell. Those of a later load are a copy, those without numbers lose nothing."""
    rows = [report(campaign_id="c", spend="5", loaded_at="2025-03-04 01:00:00"),
            report(campaign_id="c", spend="5", loaded_at="2025-03-05 01:00:00"),
            *(report(campaign_id="d", clicks="0", loaded_at="2025-03-04 01:00:00") for _ in range(2))]
    load(project, rows)
    outcome = facts(project, "no_report_repeats_in_a_load")
    assert outcome.statuses["no_report_repeats_in_a_load"] == "pass"
    load(project, [*rows, report(campaign_id="c", spend="5", loaded_at="2025-03-05 01:00:02")])
    outcome = facts(project, "no_report_repeats_in_a_load")
    assert outcome.statuses["no_report_repeats_in_a_load"] == "warn"


def test_count_that_cannot_be_read_costs_no_money(project: harness.Project) -> None:
    """A line of which nothing else is readable is rejected; so is one whose money cannot be read."""
    load(project, [report(campaign_id="c", spend="5", impressions="100", clicks="--", conversions="n/a",
                          conversion_value="--"),
                   report(campaign_id="d", clicks="--"), report(campaign_id="e", spend="--", clicks="3")])
    outcome = facts(project, "optional_values_can_be_read")
    assert of(project, "spend", "impressions", "clicks") == (5, 100, None)
    assert dispositions(project) == {"accepted": 1, "rejected": 2}
    assert outcome.statuses["optional_values_can_be_read"] == "warn"
    assert "column_name conversion_value, scope all rows, unreadable_rows 1" in outcome.text


def test_many_rejects_are_explained(project: harness.Project) -> None:
    """A report has no id: the row itself is the example."""
    load(project, [report(campaign_id="c", spend="5"), report(campaign_id="d", spend="many")])
    outcome = facts(project, "mart_ads__ledger", "few_rows_are_rejected", reject_stop_basis_points=10_000)
    assert outcome and outcome.statuses["few_rows_are_rejected"] == "warn"
    assert "invalid_number: 1 row, such as {" in outcome.text and '"spend":"many"' in outcome.text


def test_a_later_load_is_no_conflict(project: harness.Project) -> None:
    load(project, [
        report(campaign_id="c", spend="5", loaded_at="2025-03-04 01:00:00"),
        report(campaign_id="c", spend="7", loaded_at="2025-03-04 01:10:01"),
        report(campaign_id="c", spend="7", loaded_at="2025-03-05 01:00:00"),
        report(campaign_id="c", spend="1"),  # without a load time it is the earliest
    ])
    built(project)
    assert (dispositions(project), total(project)["spend"]) == ({"accepted": 1, "duplicate": 1, "superseded": 2}, 7)


def test_loads_are_told_apart_by_kind_of_report(project: harness.Project) -> None:
    """The report of conversion types comes later than that of money: it takes the place of nothing."""
    load(project, [
        report(ad_id="a", spend="5", loaded_at="2025-03-04 01:00:00"),
        report(campaign_id="c", spend="8", loaded_at="2025-03-04 00:00:00"),
        report(ad_id="a", campaign_id="c", conversion_type="lead", conversions="2", loaded_at="2025-03-04 05:00:00"),
    ])
    built(project, reports_keep="latest_day")
    assert of(project, "spend", "conversions") == (8, 2)


def test_days_of_another_zone_are_marked(project: harness.Project) -> None:
    """A day of Auckland may have begun before the reporting zone's: it is no day of the future."""
    load(project, [
        report("2026-12-01", campaign_id="c", spend="1", time_zone="Pacific/Auckland"),
        report(campaign_id="d", spend="1", time_zone="UTC"),
        report("2026-12-02", campaign_id="c", spend="1"),
    ])
    built(project)
    found = project.sql("select campaign_id, is_other_day from main_ads_facts.fct_ads__reports order by 1")
    assert [tuple(row.values()) for row in found] == [("c", True), ("d", False)]
    assert dispositions(project) == {"accepted": 2, "rejected": 1}


LEDGER, FACT = "main_ads_ledger.ledger_ads__reports", "main_ads_facts.fct_ads__reports"


def test_what_is_lost_or_doubled_is_noticed(project: harness.Project) -> None:
    """Each check of the build fails where a table is not what it should be."""
    load(project, [report(campaign_id="c", spend="5", clicks="3"), report(campaign_id="c", ad_id="a", spend="4"),
                   report("2025-03-04", campaign_id="c", spend="5")])
    built(project)
    unique = "ad_funnel_unique_line_ledger_ads__reports_"
    for check, table, damage in (
        ("reports_balance_by_measure", LEDGER, "update {} set clicks = 4 where clicks = 3"),
        ("reports_balance_by_measure", LEDGER, "delete from {} where ad_id = 'a'"),
        ("reports_add_up", FACT, "update {} set spend = 9 where ad_id = 'a'"),
        ("reports_add_up", FACT, "update {} set spend = 4.5 where date_day = date '2025-03-04'"),
        (unique, LEDGER, "insert into {0} select * from {0} where ad_id = 'a'"),
    ):
        project.execute(f"create or replace table raw.whole as from {table}", damage.format(table))
        outcome = project.dbt("test", "--select", check)
        project.execute(f"create or replace table {table} as from raw.whole")
        assert outcome.statuses == {check: "fail"}, damage


# ------------------------------------------------------------------------------------------- money of reports is spend

SPEND = ("ledger_ads__spend", "fct_ads__unplaced_spend", "fct_ads__reported_spend", "fct_ads__spend",
         "fct_ads__freshness", "fct_ads__daily", "money_adds_up")


def spent(project: harness.Project) -> dict[tuple[str, str, bool], Decimal]:
    return {(row["campaign_id"], row["ad_id"], row["is_reported"]): row["spend"] for row in project.sql(
        "select * from main_ads_facts.fct_ads__spend")}


def charge(**values: Any) -> dict[str, Any]:
    return {"date_day": "2025-03-03", "platform": "ads", "campaign_id": None, "ad_id": None, "amount": None,
            "currency": "USD", "is_credit": None} | values


def test_the_invoice_wins_over_the_report_of_its_campaign_and_day(project: harness.Project) -> None:
    load(project, [
        report(campaign_id="both", spend="60"), report(campaign_id="both", ad_id="a", spend="50"),
        report(campaign_id="reported", spend="30"), report(campaign_id="reported", ad_id="b", spend="20"),
        report(campaign_id="reported", ad_id="invoiced", spend="7"),
        report(campaign_id="credited", spend="8"),
        report("2025-03-04", campaign_id="both", spend="61"),
    ], spend=[charge(campaign_id="both", amount="55"), charge(campaign_id="invoiced", amount="5"),
              charge(campaign_id="credited", amount="2", is_credit="true"), charge(ad_id="invoiced", amount="6")])
    built(project, *SPEND)
    rest = "unallocated"
    assert {key: value for key, value in spent(project).items() if key != ("both", rest, True)} == {
        ("both", rest, False): 55, ("invoiced", rest, False): 5, ("credited", rest, False): -2,
        ("unknown", "invoiced", False): None, ("reported", "invoiced", True): 7, ("reported", rest, True): 3,
        ("reported", "b", True): 20,
        ("credited", rest, True): 8}
    assert spent(project)["both", rest, True] == 61  # of the next day, which nobody charged
    assert project.sql("select sum(spend) as spend from main_ads_facts.fct_ads__daily") == [
        {"spend": 55 + 5 - 2 + 7 + 3 + 20 + 8 + 61}]
    # The charge of an ad in no campaign may be part of a campaign's: it is not placed, and the report's amount counts.
    assert project.sql("select ad_id from main_ads_facts.fct_ads__unplaced_spend") == [{"ad_id": "invoiced"}]


def test_what_accounts_report_includes_campaigns_that_only_the_invoice_has(project: harness.Project) -> None:
    load(project, [
        report(account_id="x", spend="100"), report(account_id="x", campaign_id="c", spend="30"),
        report("2025-03-04", account_id="x", spend="100"),
    ], spend=[charge(campaign_id="c", amount="28"), charge(campaign_id="d", amount="60")])
    built(project, *SPEND)
    rest = "unallocated"
    found = project.sql(
        "select date_day::text as d, campaign_id, spend from main_ads_facts.fct_ads__spend order by all")
    assert [tuple(row.values()) for row in found] == [
        ("2025-03-03", "c", 28), ("2025-03-03", "d", 60), ("2025-03-03", rest, 10), ("2025-03-04", rest, 100)]


def test_data_reach_as_far_as_reports_where_there_are_no_events(project: harness.Project) -> None:
    load(project, [report("2025-03-09", campaign_id="c", spend="1")])
    built(project, *SPEND)
    through = "select data_through::text as through from main_ads_facts.fct_ads__freshness"
    assert project.sql(through) == [{"through": "2025-03-10 00:00:00"}]
    built(project, *SPEND, as_of="2025-03-09 12:00:00")  # the day is not over
    assert project.sql(through) == [{"through": "2025-03-09 12:00:00"}]


# ------------------------------------------------------------------------------------------------------------ the marts

MARTS = ("fct_ads__performance", "mart_ads__performance_daily", "mart_ads__performance", "mart_ads__report_coverage")


def performance(project: harness.Project, level: str, series: str = "reported") -> dict[str, dict[str, Any]]:
    """The rows of a level, by its id."""
    return {row[f"{level}_id" if level not in ("all", "platform") else "platform"]: row for row in project.sql(
        f"select * from main_ads_marts.mart_ads__performance where level = '{level}' and series = '{series}'")}


def test_series_are_rows_and_share_no_ratio(project: harness.Project) -> None:
    """Without logs what platforms report is best; the setting may say otherwise. Money is in both."""
    load(project, [
        report(campaign_id="c", ad_id="a", impressions="1000", clicks="1200", conversions="1.5", conversion_value="30",
               spend="60"),
        report(campaign_id="c", impressions="1000", clicks="1200", conversions="2", spend="100"),
        report("2025-03-06", campaign_id="c", conversions="1"),
    ])
    built(project, *SPEND, *MARTS)
    found = performance(project, "platform")["ads"]
    assert (found["impressions"], found["clicks"], found["conversions"], found["spend"]) == (1000, 1200, 3, 100)
    assert (found["ctr"], found["cpm"], found["cpa"], found["roas"]) == (1.2, 100, 100 / 3, 0.3)
    assert (found["report_lines"], found["lines_without_spend"], found["is_best"]) == (3, 1, True)
    assert found["cvr"] is found["clicked_impressions"] is None
    measured = performance(project, "platform", "measured")["ads"]
    assert (measured["spend"], measured["impressions"], measured["cpm"], measured["is_best"]) == (
        100, None, None, False)
    by_ad = performance(project, "ad")
    assert by_ad["a"]["spend"], by_ad["unallocated"]["spend"] == (60, 40)
    daily = project.sql("select date_day::text as d, is_mature from main_ads_marts.mart_ads__performance_daily "
                        "where series = 'reported' and ad_id = 'unallocated' order by 1")
    assert [tuple(row.values()) for row in daily] == [("2025-03-03", True), ("2025-03-06", False)]  # 3 days later

    built(project, *MARTS, best_series={"ads": "measured"})
    assert not performance(project, "platform")["ads"]["is_best"]


def test_reports_without_money_have_that_of_the_invoice(project: harness.Project) -> None:
    load(project, [report(campaign_id="c", conversions="4", impressions="10", clicks="2")],
         spend=[charge(campaign_id="c", amount="50")])
    built(project, *SPEND, *MARTS)
    [found] = performance(project, "campaign").values()
    assert (found["spend"], found["cpa"], found["cpm"]) == (50, 12.5, 5000)


def test_metrics_of_partly_unknown_money_are_null(project: harness.Project) -> None:
    load(project, [
        report(campaign_id="c", ad_id=ad, spend="5", conversions="2", conversion_value="8", currency=currency)
        for ad, currency in (("a", "USD"), ("b", "CAN"))
    ])
    built(project, *SPEND, *MARTS)
    found = performance(project, "campaign")["c"]
    assert (found["spend"], found["cpa"], found["roas"], found["is_cost_complete"]) == (5, None, None, False)


def test_a_report_of_a_period_is_in_totals_alone(project: harness.Project) -> None:
    """R11. Its money is in no mart of days; where its account reports a day of it, or a longer period, it may be a part
    of that and counts nowhere."""
    load(project, [
        report("2025-01-01", last_day="2025-01-31", account_id="x", campaign_id="c", spend="100", clicks="9"),
        report("2025-02-01", last_day="2025-02-28", account_id="x", campaign_id="c", spend="200"),
        report("2025-02-28", last_day="2025-02-28", account_id="x", campaign_id="c", spend="3"),
        report("2025-01-15", last_day="2025-01-31", account_id="x", campaign_id="c", spend="40"),
        report("2025-03-02", last_day="2025-03-01", account_id="x", campaign_id="c", spend="5"),
        report("2026-11-01", last_day="2027-01-01", account_id="x", campaign_id="c", spend="6"),
    ])
    built(project, *SPEND, *MARTS)
    assert dispositions(project) == {"accepted": 2, "unplaced": 2, "rejected": 2}
    assert [row["reason"] for row in project.sql(
        "select distinct reason from main_ads_ledger.ledger_ads__reports where reason > '' order by 1")] == [
        "in_future", "invalid_date", "overlapping_period"]
    found = performance(project, "campaign")["c"]
    assert (found["spend"], found["clicks"], found["report_lines"], found["period_lines"]) == (103, 9, 2, 1)
    assert (str(found["first_day"]), str(found["last_day"])) == ("2025-01-01", "2025-02-28")
    assert performance(project, "all").keys() == {"all"}
    for daily in ("main_ads_marts.mart_ads__performance_daily", "main_ads_facts.fct_ads__daily"):
        assert project.sql(f"select distinct date_day::text as d, spend from {daily} where spend > 0") == [
            {"d": "2025-02-28", "spend": 3}]


def test_claims_of_several_platforms_have_no_sum(project: harness.Project) -> None:
    """R10: each may claim the same order. One platform's are the sum."""
    load(project, [report(campaign_id="c", clicks="4", spend="5", conversions="2", conversion_value="8"),
                   report(campaign_id="c", platform="other", clicks="6", spend="7", conversions="1")])
    built(project, *SPEND, *MARTS)
    found = performance(project, "all")["all"]
    assert (found["clicks"], found["spend"], found["cpc"]) == (10, 12, 1.2)
    assert found["conversions"] is found["conversion_value"] is found["cpa"] is found["roas"] is None
    load(project, [report(campaign_id="c", spend="5", conversions="2"), report(platform="other", spend="7")])
    built(project, *SPEND, *MARTS)
    assert (performance(project, "all")["all"]["conversions"], performance(project, "all")["all"]["cpa"]) == (2, 6)


def test_the_report_page_has_both_series(project: harness.Project, tmp_path: Path) -> None:
    load(project, [
        report(campaign_id="c", impressions="1000", clicks="1200", conversions="1.5", conversion_value="30", spend="60"),
        report("2025-03-04", platform="other", campaign_id="d", impressions="10", spend="5.25"),
    ], spend=[charge(campaign_id="c", amount="50")])
    built(project, *SPEND, *MARTS)
    outcome = project.dbt("run-operation", "ad_funnel.report", "--args", f"{{to: '{tmp_path}/report.html'}}")
    assert outcome, outcome.text
    page = (tmp_path / "report.html").read_text()
    shown = json.loads(re.search(r'id="data">(.*?)</script>', page, re.DOTALL)[1])["performance"]
    found = {}
    for line in shown["lines"].split("\n"):
        day, platform, _, series, _, *values = line.split(",")
        found[shown["platforms"][int(platform)], "measured" if series == "0" else "reported"] = (
            day, *(Decimal(value) if value else None for value in values[:5]))
    assert found == {
        (row["platform"], row["series"]): (str(row["date_day"]), *(row[name] for name in shown["columns"][:5]))
        for row in project.sql("select * from main_ads_marts.mart_ads__performance_daily")}
    assert found["ads", "reported"] == ("2025-03-03", 1000, 1200, Decimal("1.5"), 30, 60)


def test_coverage_says_what_became_of_the_rows(project: harness.Project) -> None:
    load(project, [
        report("2025-03-30", account_id="x", campaign_id="c", spend="80", loaded_at="2025-04-01 01:00:00"),
        report("2025-03-30", account_id="x", campaign_id="c", spend="100", loaded_at="2025-04-02 01:00:00"),
        report("2025-03-30", account_id="x", campaign_id="c", ad_id="a", spend="75"),
        report("2025-03-30", account_id="x", ad_id="lost", spend="7"),
        report("2025-03-30", account_id="x", campaign_id="d", spend="many"),
        report("2025-04-02", account_id="x", campaign_id="c", spend="10", time_zone="Asia/Tokyo"),
    ])
    built(project, *SPEND, *MARTS)
    march, april = project.sql("select * from main_ads_marts.mart_ads__report_coverage order by month_start")
    assert [march[f"{name}_rows"] for name in ("report", "accepted", "superseded", "unplaced", "rejected")] == [
        5, 2, 1, 1, 1]
    assert (march["spend"], march["unplaced_spend"], march["ad_spend_share"], march["campaign_spend_share"]) == (
        100, 7, 0.75, 0.25)
    assert (march["days"], march["days_missing"], str(march["last_loaded_at"])) == (2, 1, "2025-04-02 01:00:00")
    assert (april["days"], april["days_missing"], april["other_day_lines"]) == (2, 1, 1)


# ---------------------------------------------------------------------------------------------------------- the samples

GOOGLE = """
    select date as date_day, 'google_ads' as platform, customer_id as account_id, {ids} ad_network_type, device,
        impressions, clicks, cost_micros, conversions, conversions_value as conversion_value, view_through_conversions,
        _fivetran_synced as loaded_at
    from {file}
"""
GOOGLE_MAP = {"segment": ["ad_network_type", "device"], "spend": {"column": "cost_micros", "divide_by": 1000000}}


def google(level: str) -> str:
    """The statistics of one level, as a user's model reads them."""
    ids = {"account": "null as campaign_id, null as ad_group_id,",
           "campaign": "id as campaign_id, null as ad_group_id,",
           "ad_group": "campaign_id, id as ad_group_id,"}[level]
    return GOOGLE.format(ids=ids, file=csv(f"fivetran_google_ads/{level}_stats_data.csv"))


@needs_samples
def test_google_ad_groups(project: harness.Project) -> None:
    """Check 1."""
    load(project, google("ad_group"))
    built(project, reports_columns=GOOGLE_MAP)
    assert of(project, "impressions", "clicks", "spend", "conversions") == (
        4483, 620, *money("3156.84", "14.483334"))
    for month, conversions in (("03", "4.416667"), ("04", "5.066667")):
        assert of(project, "conversions", where=f"date_trunc('month', date_day) = date '2021-{month}-01'") == (
            Decimal(conversions),)


@needs_samples
def test_google_levels_together(project: harness.Project) -> None:
    """Check 2: their days are apart, so each level counts."""
    load(project, " union all ".join(google(level) for level in ("account", "campaign", "ad_group")))
    built(project, reports_columns=GOOGLE_MAP)
    assert total(project)["spend"] == Decimal("5020.503323")
    by_level = project.sql(
        "select level, sum(spend) as spend from main_ads_facts.fct_ads__reports group by 1 order by 1")
    assert [row["spend"] for row in by_level] == list(money("1632.333323", "3156.84", "231.33"))
    assert set(dispositions(project)) <= {"accepted", "duplicate"}


MICROSOFT_SEGMENT = ["device_os", "device_type", "network", "ad_distribution", "bid_match_type",
                     "delivered_match_type", "top_vs_other"]
MICROSOFT = """
    select date as date_day, 'microsoft_ads' as platform, account_id, campaign_id, {ids}, currency_code as currency,
        impressions, clicks, spend, conversions, revenue as conversion_value, {segment}
    from {file}
"""


def microsoft(level: str) -> str:
    ids = {"campaign": "null as ad_group_id, null as ad_id", "ad": "ad_group_id, ad_id"}[level]
    language = {"campaign": "null as language", "ad": "language"}[level]
    return MICROSOFT.format(ids=ids, segment=", ".join([*MICROSOFT_SEGMENT, language]),
                            file=csv(f"fivetran_microsoft_ads/microsoft_ads_{level}_performance_daily_report_data.csv"))


@needs_samples
def test_microsoft_campaigns(project: harness.Project) -> None:
    """Check 4: a row per device, network and match type."""
    load(project, microsoft("campaign"))
    built(project, reports_columns={"segment": MICROSOFT_SEGMENT})
    assert of(project, "impressions", "clicks", "spend", "conversions") == (7569, 592, Decimal("946.34"), 2)
    by_campaign = project.sql(
        "select sum(spend) as spend from main_ads_facts.fct_ads__reports group by campaign_id order by spend")
    assert [row["spend"] for row in by_campaign] == list(money("34.35", "318.08", "593.91"))
    assert of(project, "spend", where="date_trunc('month', date_day) = date '2019-05-01'") == money("472.25")
    assert project.sql("select count(*) as lines from main_ads_facts.fct_ads__reports") == [{"lines": 403}]


@needs_samples
def test_microsoft_campaigns_without_segment_stop_the_build(project: harness.Project) -> None:
    """Check 5."""
    load(project, f"select *, date as date_day, 'microsoft_ads' as platform, currency_code as currency "
                  f"from {csv('fivetran_microsoft_ads/microsoft_ads_campaign_performance_daily_report_data.csv')}")
    outcome = facts(project)
    assert not outcome
    assert "microsoft_ads: 2630 rows are 403 lines, 925.67 USD would be lost" in outcome.text
    named = outcome.text.partition("{segment: [")[2].partition("]")[0].split(", ")
    assert set(named) <= {*MICROSOFT_SEGMENT} and {"device_os", "network"} <= {*named}
    built(project, reports_columns={"segment": named})  # the cure is one
    assert of(project, "spend") == money("946.34")


@needs_samples
def test_microsoft_campaigns_and_ads(project: harness.Project) -> None:
    """Check 6."""
    load(project, f"{microsoft('campaign')} union all {microsoft('ad')}")
    built(project, reports_columns={"segment": [*MICROSOFT_SEGMENT, "language"]})
    assert of(project, "spend") == money("1107.93")
    assert of(project, "spend", where="level = 'ad'") == money("208.36")
    assert of(project, "spend", where="ad_id = 'unallocated'") == money("899.57")


@needs_samples
def test_reddit_levels(project: harness.Project) -> None:
    """Check 7: the table of ads no longer has those that are reported."""
    load(project, " union all ".join(
        f"select date as date_day, 'reddit_ads' as platform, account_id, {campaign} as campaign_id, {ad} as ad_id, "
        f"impressions, clicks, spend, _fivetran_synced as loaded_at "
        f"from {csv(f'fivetran_reddit_ads/reddit_ads_{level}_report_data.csv')}"
        for level, campaign, ad in (("account", "null", "null"), ("campaign", "campaign_id", "null"),
                                    ("ad", "null", "ad_id"))))
    built(project, reports_columns={"spend": {"divide_by": 1000000}})
    assert of(project, "impressions", "clicks", "spend") == (3469863, 8815, Decimal("12970.777467"))
    unplaced = project.sql("select sum(spend) as spend, count(distinct ad_id) as ads from "
                           "main_ads_ledger.ledger_ads__reports where disposition = 'unplaced'")
    assert unplaced == [{"spend": Decimal("5035.019678"), "ads": 5}]


@needs_samples
def test_apple_levels(project: harness.Project) -> None:
    """Check 8: ad groups find their campaign in their history, as a user would join it."""
    columns = ("impressions, taps as clicks, local_spend_amount as spend, local_spend_currency as currency, "
               "conversions")
    load(project, f"""
        select date as date_day, 'apple_search_ads' as platform, id as campaign_id, null as ad_group_id, {columns}
        from {csv("fivetran_apple_search_ads/campaign_report_data.csv")}
        union all
        select date, 'apple_search_ads', history.campaign_id, reports.ad_group_id, {columns}
        from {csv("fivetran_apple_search_ads/ad_group_report_data.csv")} as reports
        left join (
            select id, max(campaign_id) as campaign_id
            from {csv("fivetran_apple_search_ads/ad_group_history_data.csv")} group by id
        ) as history on reports.ad_group_id = history.id
    """)
    built(project)
    assert of(project, "impressions", "clicks", "spend", "conversions") == (6336, 129, 100, 25)


@needs_samples
def test_linkedin_campaigns(project: harness.Project) -> None:
    """Check 9: rows with clicks and without impressions do not report 0 impressions."""
    load(project, f"""
        select day as date_day, 'linkedin_ads' as platform, campaign_id, impressions, clicks,
            landing_page_clicks as link_clicks, cost_in_usd as spend
        from {csv("fivetran_linkedin/linkedin_ad_analytics_by_campaign_data.csv")}
    """)
    built(project)
    assert of(project, "impressions", "clicks", "spend") == (1359, 919, Decimal("530.62"))
    without = project.sql(
        "select sum(clicks) as clicks, count(*) filter (impressions is null) as without from "
        "main_ads_facts.fct_ads__reports group by campaign_id having count(impressions) = 0")
    assert (len(without), sum(row["clicks"] for row in without)) == (3, 188)
    assert project.sql("select count(*) as lines from main_ads_facts.fct_ads__reports where impressions is null") == [
        {"lines": 9}]
    built(project, *SPEND, *MARTS)
    campaigns = [row for row in performance(project, "campaign").values() if row["impressions"] is None]
    assert [(row["ctr"], row["cpm"]) for row in campaigns] == [(None, None)] * 3


@needs_samples
def test_tiktok_hours(project: harness.Project) -> None:
    """Check 10: hours are segments of one day."""
    load(project, f"""
        select stat_time_hour as date_day, stat_time_hour as hour, 'tiktok_ads' as platform, campaign_id, impressions,
            clicks, spend, conversion as conversions, _fivetran_synced as loaded_at
        from {csv("fivetran_tiktok_ads/tiktok_campaign_report_hourly_data.csv")}
    """)
    built(project, reports_columns={"segment": "hour"})
    assert of(project, "impressions", "clicks", "spend", "conversions") == (34470, 244, Decimal("444.792"), 2)
    days = project.sql("select distinct date_day::text as d from main_ads_facts.fct_ads__reports")
    assert days == [{"d": "2021-09-15"}]


META = f"""
    select date as date_day, 'meta_ads' as platform, ad_id, null as conversion_type, impressions,
        inline_link_clicks as link_clicks, spend, null as conversions, null as view_through_conversions
    from {csv("fivetran_facebook_ads/facebook_ads_basic_ad_data.csv")}
"""


@needs_samples
def test_meta_ads(project: harness.Project) -> None:
    """Check 11."""
    load(project, META)
    built(project)
    assert of(project, "impressions", "link_clicks", "clicks", "spend") == (37275, 149, None, Decimal("643.63"))
    by_ad = project.sql(
        "select sum(spend) as spend from main_ads_facts.fct_ads__reports group by ad_id order by 1 desc")
    assert [row["spend"] for row in by_ad] == list(money("263.77", "159.33", "144", "76.53"))


@needs_samples
def test_meta_actions(project: harness.Project) -> None:
    """Check 12: conversions of one type, some on days without delivery."""
    load(project, f"""{META}
        union all
        select date, 'meta_ads', ad_id, action_type, null, null, null, _7_d_click, _1_d_view
        from {csv("fivetran_facebook_ads/facebook_ads_basic_ad_actions_data.csv")}
        where action_type = 'offsite_conversion.fb_pixel_lead'
    """)
    built(project)
    assert of(project, "conversions", "view_through_conversions", "spend") == (17, 2, Decimal("643.63"))
    assert project.sql("select count(*) as days from main_ads_facts.fct_ads__reports where impressions is null") == [
        {"days": 4}]


SHOP = f"""
    select date_day, 'meta_ads' as platform, campaign_id, ad_set_id as ad_group_id, ad_id, impressions, clicks, spend,
        reported_conversions as conversions, reported_conversion_value as conversion_value,
        '2026-02-20 01:00:00' as loaded_at
    from {csv("d2c_data_stack/meta_ads_ad_insights.csv")}
"""


@needs_samples
def test_reports_of_a_shop(project: harness.Project) -> None:
    """Checks 15 and 16."""
    load(project, SHOP)
    built(project, *SPEND, *MARTS)
    assert of(project, "impressions", "clicks", "spend", "conversions", "conversion_value") == (
        202046, 2008, Decimal("653.65"), 44, Decimal("2522.56"))
    by_campaign = project.sql(
        "select sum(spend) as spend, sum(conversions) as conversions, sum(conversion_value) as value "
        "from main_ads_facts.fct_ads__reports group by campaign_id order by campaign_id")
    assert [tuple(row.values()) for row in by_campaign] == [
        money("375.63", "15", "913.11"), money("183.72", "25", "1455.75"), money("94.30", "4", "153.70")]
    found = performance(project, "platform")["meta_ads"]
    assert {metric: round(found[metric], 6) for metric in ("cpm", "cpc", "cpa", "roas")} == {
        "cpm": 3.235154, "cpc": 0.325523, "cpa": 14.855682, "roas": 3.859191}
    assert round(found["ctr"] * 100, 6) == 0.993833
    assert project.sql("select sum(spend) as spend from main_ads_facts.fct_ads__daily") == [
        {"spend": Decimal("653.65")}]


LOADED_TWICE = f"""
    select * from ({SHOP}) where date_day = '2026-02-01'
    union all
    select * replace (case ad_id when 'ad_301' then '3' else conversions end as conversions,
        '2026-02-21 01:00:00' as loaded_at)
    from ({SHOP}) where date_day = '2026-02-01' and ad_id <> 'ad_303'
"""


@needs_samples
@pytest.mark.parametrize(("keep", "spend", "became"), [
    ("latest_line", "6.08", {"accepted": 3, "superseded": 1, "duplicate": 1}),
    ("latest_day", "4.50", {"accepted": 2, "superseded": 3}),
])
def test_a_day_that_was_loaded_again(
    project: harness.Project, keep: str, spend: str, became: dict[str, int]
) -> None:
    """Check 19."""
    load(project, LOADED_TWICE)
    built(project, reports_keep=keep)
    assert of(project, "spend", "conversions") == (Decimal(spend), 3)
    assert dispositions(project) == became
