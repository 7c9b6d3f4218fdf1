"""docs/start.md, typed as it is printed: two models of three lines give CPA and ROAS by campaign in one build.

Two sets of tables: a real shop's, whose platform is put under Google's names, and both loaders' own samples, in which
nobody who bought came by an ad. What must come out is worked out here from the files, in plain Python.
"""

from __future__ import annotations

import csv
import json
import re
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import harness
import pages
import pytest
import yaml

SAMPLES = harness.SHARED_DATA / "reports"
SHOP = SAMPLES / "d2c_data_stack"
pytestmark = pytest.mark.skipif(not SAMPLES.exists(), reason="the sample reports are not here")

PAGE = (harness.REPO / "docs/start.md").read_text()
MODELS = pages.files(PAGE, "sql")
FILES = pages.files(PAGE, "yaml")


def lines_of(file: Path) -> list[dict[str, str]]:
    with file.open(newline="") as text:
        return list(csv.DictReader(text))


# ---------------------------------------------------------------------------------------- the shop, in Google's words

INSIGHTS = lines_of(SHOP / "meta_ads_ad_insights.csv") if SHOP.exists() else []
EVENTS = lines_of(SHOP / "ga4_events.csv") if SHOP.exists() else []
CAMPAIGNS = {row["utm_campaign"]: row["campaign_id"] for row in lines_of(SHOP / "meta_ads_campaigns.csv")} \
    if SHOP.exists() else {}


def at(event: dict[str, str]) -> datetime:
    return datetime.fromisoformat(event["event_timestamp"]).replace(tzinfo=timezone.utc)


def reports_of_the_shop() -> list[dict[str, Any]]:
    """As in `campaign_stats`: one row per day, campaign and device; here half of the ads are a device."""
    summed: dict[tuple, dict[str, Any]] = {}
    for row in INSIGHTS:
        device = "MOBILE" if int(row["ad_id"][-1]) % 2 else "DESKTOP"
        line = summed.setdefault((row["date_day"], row["campaign_id"], device), {
            "date": row["date_day"], "customer_id": "7", "id": row["campaign_id"], "device": device,
            "impressions": 0, "clicks": 0, "cost_micros": 0, "conversions": 0, "conversions_value": Decimal(0)})
        for name, of in (("impressions", "impressions"), ("clicks", "clicks"), ("conversions", "reported_conversions")):
            line[name] += int(row[of])
        line["cost_micros"] += int(Decimal(row["spend"]) * 1_000_000)
        line["conversions_value"] += Decimal(row["reported_conversion_value"])
    return list(summed.values())


def exported(event: dict[str, str]) -> dict[str, Any]:
    """As the export has it. Sessions that came by an ad have no UTM tags, but the id of the ad's campaign."""
    campaign = CAMPAIGNS.get(event["campaign"])
    tags = {} if campaign else {"source": event["source"], "medium": event["medium"], "campaign": event["campaign"]}
    parameters = {"ga_session_id": event["session_id"], "page_location": event["page_location"], **tags,
                  "currency": "USD"}
    is_order = event["event_name"] == "purchase"
    return {
        "event_name": event["event_name"], "event_timestamp": str(int(at(event).timestamp()) * 1_000_000),
        "user_pseudo_id": event["user_pseudo_id"],
        "event_params": json.dumps([{"key": key, "value": {"string_value": value, "int_value": None}}
                                    for key, value in parameters.items()]),
        "session_traffic_source_last_click": json.dumps(
            {"manual_campaign": None, "google_ads_campaign": {"campaign_id": campaign} if campaign else None}),
        "ecommerce": json.dumps({"transaction_id": event["event_id"], "purchase_revenue": event["event_value"]}
                                if is_order else {"transaction_id": None}),
        "traffic_source": json.dumps({"source": "the_first_ever"}),
    }


def flat(event: dict[str, str]) -> dict[str, Any]:
    """As Fivetran has it."""
    campaign, is_order = CAMPAIGNS.get(event["campaign"]), event["event_name"] == "purchase"
    return {
        "name": event["event_name"], "timestamp": event["event_timestamp"], "user_pseudo_id": event["user_pseudo_id"],
        "param_ga_session_id": event["session_id"], "param_page_location": event["page_location"],
        **{f"param_{tag}": None if campaign else event[tag] for tag in ("source", "medium", "campaign")},
        "session_traffic_source_last_click_google_ads_campaign_campaign_id": campaign,
        "traffic_source_source": "the_first_ever", "param_currency": "USD",
        "ecommerce_transaction_id": event["event_id"] if is_order else None,
        "ecommerce_purchase_revenue": event["event_value"] if is_order else None,
    }


# ------------------------------------------------------------------------------------------------------------- builds

def typed(folder: Path, as_of: str, **changed: str) -> harness.Project:
    """The project of the page, without its tables. `changed`: a text of the page -> another."""
    project = harness.consumer(folder, {})
    settings = yaml.safe_load(FILES["dbt_project.yml"])["vars"]
    settings["ad_funnel"]["ad_funnel__as_of"] = as_of
    project.settings(settings)
    for name, text in {**MODELS, "models/sources.yml": FILES["models/sources.yml"]}.items():
        for one, other in changed.items():
            text = text.replace(one, other)
        project.write(name, text)
    return project


def test_two_models_of_three_lines_are_all() -> None:
    assert set(MODELS) == {"models/google_ads.sql", "models/ga4.sql"}
    assert set(FILES) == {"models/sources.yml", "dbt_project.yml"}
    for name, text in MODELS.items():
        lines = text.splitlines()[1:]
        assert len(lines) == 3 and text.count("ad_funnel.") == 1, name


def test_the_page_is_the_first_that_the_readme_links() -> None:
    for page, link in (("README.md", "docs/start.md"), ("docs/install.md", "start.md")):
        links = re.findall(r"\]\(([^)\s#]+\.md)", (harness.REPO / page).read_text())
        assert links[0] == link, page
    assert re.search(r"`docs/start\.md`", (harness.REPO / "models/overview.md").read_text())


ACCOUNTS = [{"id": "7", "updated_at": "2026-01-01", "currency_code": "USD", "time_zone": "UTC"}]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> harness.Project:
    project = typed(tmp_path_factory.mktemp("start"), "2026-05-10 12:00:00")
    project.load("campaign_stats", reports_of_the_shop(), "google_ads")
    project.load("account_history", ACCOUNTS, "google_ads")
    project.load("events", [exported(event) for event in EVENTS], "ga4")
    project.execute('alter table ga4.events rename to "events_*"')
    project.build(*harness.NO_UNIT_TESTS)
    return project


def test_what_comes_out_is_what_is_printed(shop: harness.Project) -> None:
    pages.compare(pages.asked(shop, PAGE), PAGE)


def worked_out() -> dict[str, dict[str, Any]]:
    """Of each campaign: its money; the orders whose buyer came, last and within 30 days, by its ad; their value. Visits
    that came from nowhere take nothing from an earlier one."""
    sessions: dict[str, list[dict[str, str]]] = {}
    for event in EVENTS:
        sessions.setdefault(event["session_id"], []).append(event)
    visits = [min(session, key=at) for session in sessions.values()]
    found = {campaign: {"spend": Decimal(0), "conversions": 0, "value": Decimal(0)} for campaign in CAMPAIGNS.values()}
    for row in INSIGHTS:
        found[row["campaign_id"]]["spend"] += Decimal(row["spend"])
    for order in EVENTS:
        if order["event_name"] != "purchase":
            continue
        before = [visit for visit in visits if visit["user_pseudo_id"] == order["user_pseudo_id"]
                  and timedelta(0) <= at(order) - at(visit) <= timedelta(days=30) and visit["source"] != "(direct)"]
        last = max(before, key=at)["campaign"] if before else None
        if last in CAMPAIGNS:
            found[CAMPAIGNS[last]]["conversions"] += 1
            found[CAMPAIGNS[last]]["value"] += Decimal(order["event_value"])
    return found


def test_cpa_and_roas_are_those_of_the_files(shop: harness.Project) -> None:
    """To the last digit, and none is NULL."""
    [own, _] = pages.asked(shop, PAGE)
    expected = worked_out()
    assert {row["campaign_id"] for row in own} == set(expected) and len(own) == 3
    for row in own:
        campaign = expected[row["campaign_id"]]
        assert (row["spend"], row["conversions"], row["conversion_value"]) == (
            campaign["spend"], campaign["conversions"], campaign["value"])
        assert float(row["cpa"]) == pytest.approx(float(campaign["spend"] / campaign["conversions"]), rel=1e-12)
        assert float(row["roas"]) == pytest.approx(float(campaign["value"] / campaign["spend"]), rel=1e-12)


def test_each_setting_reads_its_own_rows(shop: harness.Project) -> None:
    """Nothing of the other table is rejected, and nothing is lost: 50 sessions, 30 orders."""
    assert shop.sql("select ad_funnel_raw_table as part, count(*) as rows from main.ga4 group by all order by all") == [
        {"part": "conversions", "rows": 30}, {"part": "visits", "rows": 50}]
    ledger = shop.sql("""
        select source_table, disposition, sum(row_count) as rows from main_ads_marts.mart_ads__ledger
        where source_table in ('visits', 'conversions') group by all order by all
    """)
    assert [tuple(row.values()) for row in ledger] == [("conversions", "accepted", 30), ("visits", "accepted", 50)]


@pytest.mark.slow
def test_fivetrans_ga4_comes_to_the_same(shop: harness.Project, tmp_path: Path) -> None:
    """By the two names that the page gives for it."""
    [call] = re.findall(r"`(ad_funnel\.visits_and_conversions_from_fivetran_ga4)`", PAGE)
    [argument] = re.findall(r"`(event=source\('ga4', 'event'\))`", PAGE)
    project = typed(tmp_path, "2026-05-10 12:00:00", **{
        "ad_funnel.visits_and_conversions_from_ga4_bigquery": call, "events=source('ga4', 'events')": argument,
        "- name: events\n        identifier: events_*": "- name: event"})
    project.load("campaign_stats", reports_of_the_shop(), "google_ads")
    project.load("account_history", ACCOUNTS, "google_ads")
    project.load("event", [flat(event) for event in EVENTS], "ga4")
    project.build(*harness.NO_UNIT_TESTS)
    assert pages.asked(project, PAGE) == pages.asked(shop, PAGE)


def test_the_loaders_own_samples_build(tmp_path: Path) -> None:
    """As they are: Google's campaigns with the ad groups of another, and nested events. Nothing was bought; what Google
    claims has a CPA."""
    project = typed(tmp_path, "2021-06-30 12:00:00", **{
        "'campaign_stats')": "'campaign_stats'), ad_group_stats=source('google_ads', 'ad_group_stats')",
        "- name: campaign_stats": "- name: campaign_stats\n      - name: ad_group_stats"})
    google = SAMPLES / "fivetran_google_ads"
    project.execute("create schema google_ads", "create schema ga4")
    for table in ("campaign_stats", "ad_group_stats", "account_history"):
        project.execute(f"create table google_ads.{table} as select * from read_csv('{google}/{table}_data.csv', "
                        "header = true, all_varchar = true)")
    project.execute(f"""create table ga4."events_*" as select * from read_json(
        '{SAMPLES}/ga4_bigquery/events_lite.ndjson', format = 'newline_delimited', sample_size = -1)""")
    project.build(*harness.NO_UNIT_TESTS)

    expected: dict[str, dict[str, Decimal]] = {}
    for table, key in (("campaign_stats", "id"), ("ad_group_stats", "campaign_id")):
        for row in lines_of(google / f"{table}_data.csv"):
            campaign = expected.setdefault(row[key], {"spend": Decimal(0), "conversions": Decimal(0)})
            campaign["spend"] += Decimal(row["cost_micros"]) / 1_000_000
            campaign["conversions"] += Decimal(row["conversions"])
    [own, claimed] = pages.asked(project, PAGE)
    assert {row["campaign_id"]: (row["spend"], row["conversions"]) for row in claimed} == {
        campaign: (sums["spend"], sums["conversions"]) for campaign, sums in expected.items()}
    assert {row["campaign_id"]: row["cpa"] and round(float(row["cpa"]), 6) for row in claimed} == {
        campaign: round(float(sums["spend"] / sums["conversions"]), 6) if sums["conversions"] else None
        for campaign, sums in expected.items()}
    assert {row["campaign_id"]: (row["spend"], row["conversions"]) for row in own} == {
        campaign: (sums["spend"], 0) for campaign, sums in expected.items()}
    [visits] = project.sql("select count(*) as visits from main_ads_facts.fct_ads__visits")
    assert visits == {"visits": 130}
