"""The worked cases of the formula sheet: from event rows through a real build to the numbers in the marts.

Each case is a campaign of one build. Event n of a campaign is made by SQL: impression `x:1`, click `x:1` on it a minute
later, conversion `x:1` through that click an hour later.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import harness
import pytest
import yaml

Campaigns = dict[str, dict[str, Any]]

CASES = {  # campaign -> impressions, clicks, conversions, spend
    "converts": (10_000, 200, 200, None),
    "clicked": (1_000, 10, 0, None),
    "campaign_before": (1_000, 0, 0, 15),
    "cheaper_campaign": (500_000, 0, 0, 5_000),
    "vanity": (100_000, 5_000, 10, None),
    "value": (20_000, 1_000, 50, None),
    "test_before": (10_000, 1_000, 50, None),
    "test_after": (10_000, 1_000, 150, None),
    "two_clicks": (1, 1, 0, None),  # and one more, below
    "two_purchases": (1, 1, 1, None),  # and one more, below
    "nothing_shown": (0, 0, 0, 100),
    "nobody_clicked": (50, 0, 0, 5),
}

TABLES = {
    "impressions": """
        select
            campaign_id || ':' || n as impression_id,
            timestamp '2025-03-03' + to_seconds(n % 80000) as impression_at,
            'ad of ' || campaign_id as ad_id,
            campaign_id
        from cases, range(1, impressions + 1) as numbers(n)
    """,
    "clicks": """
        select
            campaign_id || ':' || n as click_id,
            timestamp '2025-03-03 00:01:00' + to_seconds(n % 80000) as clicked_at,
            campaign_id || ':' || n as impression_id
        from cases, range(1, clicks + 1) as numbers(n)
        union all
        select 'two_clicks:2', timestamp '2025-03-03 00:05:00', 'two_clicks:1'
    """,
    "conversions": """
        select
            campaign_id || ':' || n as conversion_id,
            timestamp '2025-03-03 01:01:00' + to_seconds(n % 80000) as converted_at,
            'purchase' as conversion_type,
            campaign_id || ':' || n as click_id
        from cases, range(1, conversions + 1) as numbers(n)
        union all
        select 'two_purchases:2', timestamp '2025-03-04', 'purchase', 'two_purchases:1'
    """,
    "spend": """
        select date '2025-03-03' as date_day, amount, campaign_id from cases where amount is not null
    """,
}


def consumer_of(folder: Path, *tables: str) -> harness.Project:
    settings = {f"ad_funnel__{table}": f"{{{{ source('raw', '{table}') }}}}" for table in tables}
    project = harness.consumer(folder, settings)
    project.write("models/sources.yml", yaml.safe_dump({
        "version": 2, "sources": [{"name": "raw", "tables": [{"name": table} for table in tables]}],
    }))
    cases = ", ".join(f"('{name}', {', '.join(str(n or 'null') for n in case)})" for name, case in CASES.items())
    project.execute(
        "create schema raw",
        f"create temp table cases as from (values {cases}) "
        "as rows(campaign_id, impressions, clicks, conversions, amount)",
        *(f"create table raw.{table} as {TABLES[table]}" for table in tables),
    )
    return project


def read_campaigns(project: harness.Project) -> Campaigns:
    return {row["campaign_id"]: row for row in project.sql("select * from main_ads_marts.mart_ads__campaign")}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> harness.Project:
    project = consumer_of(tmp_path_factory.mktemp("cases"), "impressions", "clicks", "conversions", "spend")
    project.freeze()
    return project


@pytest.fixture(scope="module")
def campaigns(project: harness.Project) -> Campaigns:
    """Counting every conversion."""
    project.run()
    return read_campaigns(project)


@pytest.fixture(scope="module")
def campaigns_one_per_click(project: harness.Project, campaigns: Campaigns) -> Campaigns:
    project.run("--select", "+mart_ads__campaign", variables={"ad_funnel__conversion_counting": "one_per_click"})
    return read_campaigns(project)


@pytest.fixture(scope="module")
def campaigns_without_clicks_table(tmp_path_factory: pytest.TempPathFactory) -> Campaigns:
    project = consumer_of(tmp_path_factory.mktemp("cases"), "impressions")
    project.execute("delete from raw.impressions where campaign_id <> 'nobody_clicked'")
    project.run("--select", "+mart_ads__campaign")
    return read_campaigns(project)


def test_conversion_per_impression(campaigns: Campaigns) -> None:
    campaign = campaigns["converts"]
    assert (campaign["impressions"], campaign["conversions"]) == (10_000, 200)
    assert campaign["conversion_per_impression"] == 0.02


def test_click_through_rate(campaigns: Campaigns) -> None:
    campaign = campaigns["clicked"]
    assert (campaign["impressions"], campaign["clicks"], campaign["ctr"]) == (1_000, 10, 0.01)


def test_cost_per_impression(campaigns: Campaigns) -> None:
    campaign = campaigns["cheaper_campaign"]
    assert (campaign["impressions"], campaign["spend"], campaign["cost_per_impression"]) == (500_000, 5_000, 0.01)


def test_change_of_cost_per_impression_against_the_campaign_before(campaigns: Campaigns) -> None:
    before = campaigns["campaign_before"]["cost_per_impression"]
    after = campaigns["cheaper_campaign"]["cost_per_impression"]
    assert before == 0.015
    assert round(100 * (after - before) / before, 1) == -33.3


def test_vanity_and_value_have_the_same_ctr(campaigns: Campaigns) -> None:
    assert [campaigns[name]["ctr"] for name in ("vanity", "value")] == [0.05, 0.05]


def test_value_converts_where_vanity_does_not(campaigns: Campaigns) -> None:
    assert [campaigns[name]["cvr"] for name in ("vanity", "value")] == [0.002, 0.05]


def test_value_delivers_five_times_the_conversions(campaigns: Campaigns) -> None:
    assert campaigns["value"]["conversions"] == 5 * campaigns["vanity"]["conversions"] == 50


@pytest.mark.parametrize("measure, first, last", [
    ("impressions", "vanity", "value"), ("clicks", "vanity", "value"), ("conversions", "value", "vanity"),
])
def test_vanity_is_first_by_volume_and_last_by_conversions(
    measure: str, first: str, last: str, campaigns: Campaigns
) -> None:
    ranked = sorted(("vanity", "value"), key=lambda name: campaigns[name][measure], reverse=True)
    assert ranked == [first, last]


def test_lift_of_an_ab_test_that_worked(campaigns: Campaigns) -> None:
    before, after = (campaigns[name]["conversion_per_impression"] for name in ("test_before", "test_after"))
    assert (before, after) == (0.005, 0.015)
    assert round(100 * (after - before) / before, 6) == 200


def test_two_clicks_on_one_impression(campaigns: Campaigns) -> None:
    campaign = campaigns["two_clicks"]
    assert (campaign["clicks"], campaign["clicked_impressions"], campaign["ctr"]) == (2, 1, 1.0)


def test_two_purchases_after_one_click(campaigns: Campaigns) -> None:
    campaign = campaigns["two_purchases"]
    assert (campaign["conversions"], campaign["converted_clicks"], campaign["cvr"]) == (2, 1, 1.0)


def test_two_purchases_after_one_click_counted_once(campaigns_one_per_click: Campaigns) -> None:
    campaign = campaigns_one_per_click["two_purchases"]
    assert (campaign["conversions"], campaign["converted_clicks"], campaign["cvr"]) == (1, 1, 1.0)


def test_second_purchase_stays_among_all_conversions(campaigns_one_per_click: Campaigns) -> None:
    assert campaigns_one_per_click["two_purchases"]["all_conversions"] == 2


@pytest.mark.parametrize("name", ["converts", "value", "vanity"])
def test_counting_once_keeps_one_conversion_of_each_click(
    name: str, campaigns: Campaigns, campaigns_one_per_click: Campaigns
) -> None:
    assert campaigns_one_per_click[name]["conversions"] == campaigns[name]["conversions"] == CASES[name][2]


def test_money_spent_and_nothing_shown(campaigns: Campaigns) -> None:
    campaign = campaigns["nothing_shown"]
    assert (campaign["impressions"], campaign["spend"], campaign["cpm"]) == (0, 100, None)


def test_shown_and_nobody_clicked(campaigns: Campaigns) -> None:
    campaign = campaigns["nobody_clicked"]
    assert (campaign["impressions"], campaign["clicks"], campaign["spend"]) == (50, 0, 5)
    assert (campaign["ctr"], campaign["cvr"], campaign["cpc"]) == (0.0, None, None)


def test_no_clicks_table(campaigns_without_clicks_table: Campaigns) -> None:
    campaign = campaigns_without_clicks_table["nobody_clicked"]
    assert (campaign["impressions"], campaign["clicks"], campaign["ctr"]) == (50, None, None)


@pytest.mark.parametrize("name", ["converts", "vanity", "value", "test_before", "test_after"])
def test_textbook_formulas_hold_where_every_event_has_one_follower(name: str, campaigns: Campaigns) -> None:
    campaign = campaigns[name]
    assert campaign["ctr"] == campaign["clicks"] / campaign["impressions"]
    assert campaign["cvr"] == campaign["conversions"] / campaign["clicks"]
    assert campaign["conversion_per_impression"] == pytest.approx(campaign["ctr"] * campaign["cvr"], rel=1e-12)


@pytest.mark.parametrize("name", CASES)
def test_nothing_is_lost_between_events_and_marts(name: str, campaigns: Campaigns) -> None:
    impressions, clicks, conversions, spend = CASES[name]
    campaign = campaigns[name]
    assert campaign["gross_impressions"] == impressions
    assert campaign["gross_clicks"] == clicks + (name == "two_clicks")
    assert campaign["all_conversions"] == conversions + (name == "two_purchases")
    assert campaign["spend"] == spend
