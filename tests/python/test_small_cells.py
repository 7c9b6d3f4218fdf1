"""Cells of few users: folded into `other` where the setting says so, with every total kept."""

from __future__ import annotations

from pathlib import Path

import harness
import pytest
from faults import fault

pytestmark = pytest.mark.slow  # every breakdown at once, built three times

NOON = "2025-06-02 12:00:00"


def shown(campaign: str, ad: str, users: int, known: bool = True) -> list[dict[str, str]]:
    return [
        {"impression_id": f"{campaign} {ad} {number}", "impression_at": NOON, "campaign_id": campaign, "ad_id": ad,
         "user_id": f"{campaign} {ad} {number}" if known else "", "cost": "0.5"}
        for number in range(users)
    ]


IMPRESSIONS = [
    *shown("big", "popular", 5), *shown("big", "rare", 2), *shown("small", "only", 3),
    *shown("anonymous", "unnamed", 2, known=False),
]
CLICKS = [{"click_id": row["impression_id"], "clicked_at": NOON, "impression_id": row["impression_id"],
           "campaign_id": row["campaign_id"], "ad_id": row["ad_id"], "user_id": row["user_id"]}
          for row in IMPRESSIONS if row["impression_id"].endswith("0")]
CONVERSIONS = [{"conversion_id": row["click_id"], "converted_at": "2025-06-03 12:00:00", "conversion_type": "purchase",
                "click_id": row["click_id"], "user_id": row["user_id"], "value": "10"} for row in CLICKS]
SPEND = [{"date_day": "2025-06-02", "amount": "9", "campaign_id": "big", "ad_id": "rare"}]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> harness.Project:
    tables = {"impressions": IMPRESSIONS, "clicks": CLICKS, "conversions": CONVERSIONS, "spend": SPEND}
    return harness.on_raw_tables(tmp_path_factory.mktemp("cells"), tables, as_of="2025-06-10")


def read(project: harness.Project, sql: str, min_users: int) -> list[tuple]:
    project.build(*harness.NO_UNIT_TESTS, variables={"ad_funnel__min_cell_users": min_users})
    return [tuple(row.values()) for row in project.sql(sql)]


ADS = """
    select campaign_id, ad_id, impressions, clicks, conversions, spend::double, conversion_value::double
    from main_ads_marts.mart_ads__ad_daily where date_day = '2025-06-02' order by all
"""
TOTALS = """
    select sum(impressions), sum(clicks), sum(clicked_impressions), sum(conversions), sum(spend), sum(conversion_value)
    from main_ads_marts.mart_ads__campaign
"""


@fault(60)
def test_cells_of_few_users_are_folded_and_totals_kept(project: harness.Project) -> None:
    as_it_is = read(project, ADS, min_users=0)
    totals = project.sql(TOTALS)
    assert as_it_is == [
        ("anonymous", "unnamed", 2, 1, 1, 1.0, 10.0),
        ("big", "popular", 5, 1, 1, 2.5, 10.0),
        ("big", "rare", 2, 1, 1, 9.0, 10.0),
        ("small", "only", 3, 1, 1, 1.5, 10.0),
    ]
    assert read(project, ADS, min_users=4) == [
        ("anonymous", "unnamed", 2, 1, 1, 1.0, 10.0),  # nobody is named there
        ("big", "other", 2, 1, 1, 9.0, 10.0),
        ("big", "popular", 5, 1, 1, 2.5, 10.0),
        ("other", "other", 3, 1, 1, 1.5, 10.0),
    ]
    assert project.sql(TOTALS) == totals


def test_a_cell_of_just_enough_users_stays(project: harness.Project) -> None:
    assert [row[:2] for row in read(project, ADS, min_users=3)] == [
        ("anonymous", "unnamed"), ("big", "other"), ("big", "popular"), ("small", "only"),
    ]


@pytest.mark.slow
@fault(60)
def test_variants_of_few_users_are_left_out(tmp_path: Path) -> None:
    ads = [{"ad_id": ad, "experiment": "exp", "variant": variant}
           for ad, variant in (("popular", "control"), ("rare", "new"), ("unnamed", "newer"))]
    project = harness.on_raw_tables(tmp_path, {"impressions": IMPRESSIONS, "ads": ads}, as_of="2025-06-10",
                                    experiments=True)
    variants = "select distinct variant from main_ads_marts.mart_ads__experiments order by all"
    assert read(project, variants, min_users=0) == [("control",), ("new",), ("newer",)]
    assert read(project, variants, min_users=3) == [("control",), ("newer",)]
