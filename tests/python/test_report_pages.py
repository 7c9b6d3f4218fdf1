"""docs/reports.md, typed as it is printed, on the tables of a real shop: what comes out is what it prints."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import harness
import pages
import pytest
import yaml

SAMPLES = harness.SHARED_DATA / "reports" / "d2c_data_stack"
pytestmark = pytest.mark.skipif(not SAMPLES.exists(), reason="the sample reports are not here")

PAGE = (harness.REPO / "docs/reports.md").read_text()
SECTIONS = dict(section.split("\n", 1) for section in PAGE.split("\n## ")[1:])
LOGS = "I have logs and reports"
GA4 = "I have reports and GA4"
ALONE = "I have reports only"


def file_of(name: str) -> str:
    return f"read_csv('{SAMPLES / name}', all_varchar = true)"


# The sources of the pages. The log of clicks is made of the visits that Meta sent.
SOURCES = {
    ("meta_ads", "ad_insights"): f"select * from {file_of('meta_ads_ad_insights.csv')}",
    ("meta_ads", "campaigns"): f"select * from {file_of('meta_ads_campaigns.csv')}",
    ("ga4", "events"): f"select * from {file_of('ga4_events.csv')}",
    ("ad_server", "clicks"): f"""
        select session_id as click_id, min(event_timestamp) as clicked_at, min(campaign_id) as campaign_id,
            min(user_pseudo_id) as user_id
        from {file_of('ga4_events.csv')}
        join {file_of('meta_ads_campaigns.csv')} on campaign = utm_campaign
        group by session_id
    """,
}


def models(*sections: str) -> dict[str, str]:
    return {name: text for section in sections for name, text in pages.files(SECTIONS[section], "sql").items()}


def typed(folder: Path, section: str, *sections: str) -> harness.Project:
    """The project of a page: its own models, and those of the pages before it that its settings name."""
    [settings] = [yaml.safe_load(text)["vars"]["ad_funnel"] for text in pages.blocks(SECTIONS[section], "yaml")]
    project = harness.consumer(folder, {**settings, "ad_funnel__as_of": "2026-05-10 12:00:00"})
    for name, text in models(*sections, section).items():
        if f"ref('{Path(name).stem}')" in str(settings):
            project.write(name, text)
    for schema in {schema for schema, _ in SOURCES}:
        project.execute(f"create schema if not exists {schema}")
    for (schema, table), query in SOURCES.items():
        project.execute(f"create table {schema}.{table} as {query}")
    project.write("models/sources.yml", yaml.safe_dump({"version": 2, "sources": [
        {"name": schema, "tables": [{"name": table} for of, table in SOURCES if of == schema]}
        for schema in sorted({schema for schema, _ in SOURCES})]}))
    project.build(*harness.NO_UNIT_TESTS)
    return project


def asked(project: harness.Project, section: str) -> list[list[dict[str, Any]]]:
    return pages.asked(project, SECTIONS[section])


def compare(results: list[list[dict[str, Any]]], section: str) -> None:
    pages.compare(results, SECTIONS[section])


@pytest.fixture(scope="module")
def with_ga4(tmp_path_factory: pytest.TempPathFactory) -> harness.Project:
    return typed(tmp_path_factory.mktemp("ga4"), GA4, ALONE)


def test_reports_and_ga4_come_to_what_is_printed(with_ga4: harness.Project) -> None:
    """Checks 17 and 18, rounded as the page has them."""
    compare(asked(with_ga4, GA4), GA4)


def test_own_cost_and_return_have_the_platforms_money(with_ga4: harness.Project) -> None:
    """Check 17, to the last digit; all ten models have them."""
    rows = with_ga4.sql("""
        select model, campaign_id, sum(spend) as spend, sum(conversions) as conversions, sum(conversion_value) as value
        from main_ads_marts.mart_ads__attribution where channel = 'meta_ads' group by all order by all
    """)
    last = {row["campaign_id"]: row for row in rows if row["model"] == "last_click"}
    assert {campaign: (row["conversions"], row["value"], row["spend"]) for campaign, row in last.items()} == {
        "mc_001": (6, 381, Decimal("375.63")), "mc_002": (4, 174, Decimal("183.72")),
        "mc_003": (1, 28, Decimal("94.3"))}
    cost = {campaign: round(float(row["spend"] / row["conversions"]), 6) for campaign, row in last.items()}
    gain = {campaign: round(float(row["value"] / row["spend"]), 6) for campaign, row in last.items()}
    assert cost == {"mc_001": 62.605, "mc_002": 45.93, "mc_003": 94.3}
    assert gain == {"mc_001": 1.014296, "mc_002": 0.947093, "mc_003": 0.296925}
    assert len({row["model"] for row in rows if row["conversions"] > 0 and row["spend"] > 0}) == 10
    days = with_ga4.sql("""
        select count(distinct model) as models from main_ads_marts.mart_ads__attribution
        where channel = 'meta_ads' and cpa > 0 and roas > 0
    """)
    assert days == [{"models": 10}]


def test_every_visit_says_how_it_found_its_campaign(with_ga4: harness.Project) -> None:
    found = with_ga4.sql("select found_by, count(*) as visits from main_ads_facts.fct_ads__visit_campaigns group by 1")
    assert {row["found_by"]: row["visits"] for row in found} == {"name": 23, "none": 27}


def test_claims_are_compared_with_what_was_counted(with_ga4: harness.Project) -> None:
    """Check 18."""
    rows = with_ga4.sql("select * from main_ads_marts.mart_ads__discrepancy where campaign_id = 'all'")
    found = {(row["period"], str(row["month_start"])[:7], row["measure"]): row for row in rows}
    everything = {measure: row for (period, _, measure), row in found.items() if period == "all"}
    assert everything["conversions"]["reported_per_own"] == 4
    assert round(everything["conversion_value"]["reported_per_own"], 6) == 4.326861
    assert (everything["clicks"]["own"], everything["clicks"]["reported"]) == (23, 2008)
    assert "claims_exceed_all_orders" in everything["conversions"]["causes"].split(", ")
    assert everything["conversions"]["all_orders"] == 30
    assert {row["is_within"] for row in everything.values()} == {False, None}
    months = {month: (row["reported"], row["own"])
              for (period, month, measure), row in found.items() if period == "month" and measure == "conversions"}
    assert months == {"2026-02": (7, 5), "2026-03": (18, 4), "2026-04": (19, 2)}
    january = found["month", "2026-01", "clicks"]  # a visit before the first report
    assert (january["own"], january["reported"], january["causes"]) == (1, None, "report_incomplete")
    assert everything["impressions"]["own"] is everything["spend"]["own"] is None  # nobody logs them
    campaigns = with_ga4.sql("""
        select campaign_id, own, reported from main_ads_marts.mart_ads__discrepancy
        where period = 'all' and measure = 'conversions' and campaign_id <> 'all' order by 1
    """)
    assert [tuple(row.values()) for row in campaigns] == [("mc_001", 6, 15), ("mc_002", 4, 25), ("mc_003", 1, 4)]


def test_reports_with_ga4_have_the_figures_of_reports_alone(with_ga4: harness.Project) -> None:
    """Checks 15 and 16, as the first page prints them. (Purchases of no platform are a row of their own.)"""
    [rows] = asked(with_ga4, ALONE)
    compare([[row for row in rows if row["campaign_id"] != "unknown"]], ALONE)


@pytest.mark.slow
def test_reports_alone_come_to_what_is_printed(tmp_path: Path) -> None:
    project = typed(tmp_path, ALONE)
    compare(asked(project, ALONE), ALONE)


@pytest.mark.slow
def test_logs_and_reports_are_rows_of_one_mart(tmp_path: Path) -> None:
    project = typed(tmp_path, LOGS, ALONE, GA4)
    [rows] = asked(project, LOGS)
    shown = {(row["campaign_id"], row["series"]): (row["clicks"], row["is_best"], row["spend"]) for row in rows}
    assert shown["mc_001", "measured"] == (12, True, Decimal("375.63"))
    assert shown["mc_001", "reported"] == (844, False, Decimal("375.63"))
    counted = project.sql("""
        select counted_by, own from main_ads_marts.mart_ads__discrepancy
        where period = 'all' and campaign_id = 'all' and measure in ('clicks', 'conversions') order by measure
    """)
    assert [tuple(row.values()) for row in counted] == [
        ("clicks", 23), ("credited_clicks", 17)]  # those who came back by a letter within 30 days, too
