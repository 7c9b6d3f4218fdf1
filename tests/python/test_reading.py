"""What warnings and guards say of values that cannot be read and of ids that look odd; what a spend line without an
amount comes to. tests/python/test_raw_contract.py has the forms of single values.
"""

from __future__ import annotations

from typing import Any

import harness
import pytest

DAY = "2025-03-03"
WARNINGS = ("optional_values_can_be_read", "no_id_is_everybodys", "ids_of_two_tables_are_alike")
GUARD = "values_that_rules_need_can_be_read"


def clicks() -> list[dict[str, Any]]:
    """A hundred: of 65 users and of one called anonymous, on impressions whose ids another log writes in capitals. One
    landing time in four cannot be read, and three load times in ten."""
    return [{
        "click_id": f"k{n}", "clicked_at": f"{DAY} {n // 60:02}:{n % 60:02}:00", "platform": "ads", "ad_id": "a1",
        "campaign_id": "11" if n < 50 else "12", "impression_id": f"imp{n}",
        "user_id": f"u{n}" if n < 65 else "anonymous", "cost": "0.5",
        "landed_at": "soon" if n % 4 == 0 else f"{DAY} 05:00:00 UTC",
        "loaded_at": "yesterday" if n % 10 < 3 else f"{DAY} 06:00:00 +0000", "partition_day": "20250303",
    } for n in range(100)]


ROWS = {
    "impressions": [{
        "impression_id": f"IMP{n}", "impression_at": f"{DAY} 00:00:00", "ad_id": "a1", "platform": "ads",
        "campaign_id": "11.0", "user_id": f"u{n}", "is_viewable": "yes", "cost": "",
    } for n in range(100)],
    "clicks": clicks(),
    # The lines of campaign 11 tell no amount; one count cannot be read.
    "spend": [
        {"date_day": "20250303", "amount": "", "platform": "ads", "campaign_id": "11", "currency": "USD",
         "reported_impressions": "429062.0", "reported_clicks": "97"},
        {"date_day": "2025/3/3", "amount": "21", "platform": "ads", "campaign_id": "12", "currency": "USD",
         "reported_impressions": "--", "reported_clicks": "1.2E+03"},
        {"date_day": "2025/3/4", "amount": "--", "platform": "ads", "campaign_id": "12", "currency": "USD",
         "reported_impressions": "7", "reported_clicks": ""},
    ],
    "ads": [
        {"ad_id": "a1", "platform": "ads", "campaign_id": "11", "valid_from": "someday"},
        {"ad_id": "a2", "platform": "ads", "campaign_id": "11", "valid_from": "1/2/2025"},
        {"ad_id": "a3", "platform": "ads", "campaign_id": "11", "valid_from": "2025-01-01"},
    ],
}
SETTINGS = {
    "as_of": "2025-03-05", "repeat_click_window": "0 seconds", "click_flood_clicks": 0,
    "ads_columns": {"valid_from": {"format": "month_first"}},
    "spend_columns": {"amount": {"null_values": ["--"]}},
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> harness.Project:
    project = harness.on_raw_tables(tmp_path_factory.mktemp("reading"), ROWS, **SETTINGS)
    project.run("--select", "+fct_ads__daily", "+mart_ads__ledger")
    return project


@pytest.fixture(scope="module")
def tested(built: harness.Project) -> dict[str, tuple[str, list[dict[str, Any]]]]:
    """Each test's status, and the rows that it returns."""
    statuses = built.dbt("test", "--select", *WARNINGS, GUARD).statuses
    found = {}
    for name, status in statuses.items():
        [compiled] = (built.folder / "target" / "compiled").rglob(f"{name}.sql")
        found[name] = status, built.sql(compiled.read_text())
    return found


Tested = dict[str, tuple[str, list[dict[str, Any]]]]


def test_unreadable_values_are_counted_by_column(tested: Tested) -> None:
    status, rows = tested["optional_values_can_be_read"]
    assert status == "warn"
    assert {(row["source_table"], row["column_name"]): row["unreadable_rows"] for row in rows} == {
        ("clicks", "landed_at"): 25, ("clicks", "loaded_at"): 30, ("spend", "reported_impressions"): 1,
        ("ads", "valid_from"): 1,
    }
    [row] = [row for row in rows if row["source_table"] == "spend"]
    assert row["example"] == "reported_impressions: --; "
    assert "ad_funnel__spend_columns" in row["fix"] and "reported_impressions" in row["fix"]


def test_build_stops_where_rules_need_what_cannot_be_read(tested: Tested) -> None:
    """Beyond the reject limit, a fifth: 30 of 100 load times, 1 of 3 version days; landing times decide nothing."""
    status, rows = tested[GUARD]
    assert status == "fail"
    assert {(row["source_table"], row["column_name"], row["scope"]) for row in rows} == {
        ("clicks", "loaded_at", "all rows"), ("clicks", "loaded_at", "look-back"), ("ads", "valid_from", "all rows"),
    }


def test_id_that_most_rows_have_is_warned_of(tested: Tested) -> None:
    status, rows = tested["no_id_is_everybodys"]
    assert status == "warn"
    assert [(row["source_table"], row["column_name"], row["example"], row["row_count"]) for row in rows] == [
        ("clicks", "user_id", "anonymous", 35)]


def test_ids_that_look_unlike_and_find_nothing_are_warned_of(tested: Tested) -> None:
    """`imp7` and `IMP7`; campaign 11.0 is 11, so spend finds its impressions."""
    status, rows = tested["ids_of_two_tables_are_alike"]
    assert status == "warn"
    assert [(row["source_table"], row["column_name"], row["other_table"], row["id_count"], row["found_count"])
            for row in rows] == [("clicks", "impression_id", "impressions", 100, 0)]
    assert (rows[0]["example"], rows[0]["other_example"]) == ("imp0", "IMP0")


def test_spend_line_without_an_amount_keeps_its_counts(built: harness.Project) -> None:
    """Its cost is unknown; the clicks' own costs beneath it stand, where a line with an amount takes their place."""
    lines = built.sql("select * from main_ads_facts.fct_ads__spend order by campaign_id, date_day")
    assert [(line["campaign_id"], line["spend"], line["unknown_cost_events"], line["has_charge"],
             line["reported_impressions"], line["reported_clicks"]) for line in lines] == [
        ("11", None, 1, False, 429062, 97), ("12", 21, 0, True, None, 1200), ("12", None, 1, False, 7, None)]
    daily = built.sql("""
        select campaign_id, sum(spend) as spend, sum(superseded_event_cost) as superseded,
            sum(unknown_cost_events) as unknown
        from main_ads_facts.fct_ads__daily group by campaign_id order by campaign_id
    """)
    assert [(row["campaign_id"], row["spend"], row["superseded"], row["unknown"]) for row in daily] == [
        ("11", 25, None, 1), ("12", 21, 25, 1)]


def test_partition_day_may_be_a_number(built: harness.Project) -> None:
    days = built.sql("select distinct partition_day from main_ads_staging.stg_ads__clicks")
    assert [str(row["partition_day"]) for row in days] == [DAY]
