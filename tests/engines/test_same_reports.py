"""Random reports of two platforms, with every law among them, come to the same on every engine."""

from __future__ import annotations

import random
from typing import Any

import engines
import harness
import pytest

RELATIONS = (
    "main_ads_ledger.ledger_ads__reports", "main_ads_facts.fct_ads__reports", "main_ads_facts.fct_ads__reported_spend",
    "main_ads_facts.fct_ads__spend", "main_ads_facts.fct_ads__freshness", "main_ads_facts.fct_ads__performance",
    "main_ads_facts.dim_ads__campaign_names", "main_ads_facts.fct_ads__visit_campaigns",
    "main_ads_facts.fct_ads__visits", "main_ads_facts.fct_ads__discrepancy_daily",
    "main_ads_marts.mart_ads__campaign_daily", "main_ads_marts.mart_ads__ledger",
    *(f"main_ads_marts.{mart}" for mart in harness.REPORT_MARTS),
)


def reports(chance: random.Random, count: int) -> list[dict[str, Any]]:
    """At most one row of a line and load; so nothing stops the build. Loads are an hour apart or more."""
    rows: dict[tuple, dict[str, Any]] = {}
    for _ in range(count):
        platform, campaign, group, ad = (chance.choice(names) for names in ("pq", "cde", "gh", "ab"))
        level = chance.randrange(4)
        first = chance.randrange(1, 8)
        row = {
            "date_day": f"2025-03-{first:02}", "platform": platform,
            "last_day": f"2025-03-{first + chance.randrange(12):02}" if chance.random() < 0.05 else None,
            "account_id": chance.choice((None, "x", "y")),
            "campaign_id": campaign if level > 0 and chance.random() < 0.8 else None,
            "ad_group_id": f"{campaign}{group}" if level > 1 and chance.random() < 0.8 else None,
            "ad_id": f"{campaign}{group}{ad}" if level > 2 else None,
            "device": chance.choice(("phone", "a|b", None)), "network": chance.choice(("search", "| x", None)),
            "conversion_type": chance.choice((None, None, "Purchase", "lead")),
            "currency": chance.choice(("USD", "JPY", "CAN", None)),
            "loaded_at": chance.choice((None, f"2025-04-0{chance.choice((1, 2))} {chance.randrange(10, 14)}:00:00")),
        }
        key = tuple(row.values() if row["currency"] else (row | {"currency": "USD"}).values())
        rows.setdefault(key, row | {
            "impressions": chance.choice((None, 0, chance.randrange(1000))), "clicks": chance.choice((None, 3, 40)),
            "link_clicks": chance.choice((None, 2)),
            "spend": chance.choice((None, -40, chance.randrange(10**6), "many")),
            "conversions": chance.choice((None, 0.5, "4.416667")), "conversion_value": chance.choice((None, 12.345)),
            "view_through_conversions": chance.choice((None, 1)), "view_through_value": chance.choice((None, "0.1")),
            "time_zone": chance.choice((None, "UTC", "Asia/Tokyo")),
            "attribution_window": chance.choice((None, "7d_click", "1d_view")), "placement": None,
        })
    return list(rows.values())


def visits(chance: random.Random, count: int) -> list[dict[str, Any]]:
    """With tags and click ids of every kind, by people who may buy."""
    return [{
        "visit_id": f"w{number}", "visited_at": f"2025-03-{chance.randrange(1, 8):02} 1{chance.randrange(10)}:00:00",
        "user_id": f"u{chance.randrange(40)}", "channel": chance.choice((None, None, None, "partner")),
        "utm_source": chance.choice((None, "q", "P", "google", "fb", "(direct)")),
        "utm_medium": chance.choice((None, "cpc", "Email", "organic")),
        "utm_campaign": chance.choice((None, "c", "SPRING", "Spring Sale", "twins", "Größe", "none of them")),
        "utm_id": chance.choice((None, None, None, "d")), "gclid": chance.choice((None, None, "x")),
        "landing_url": chance.choice((None, "/a?fbclid=1", "/a?utm_id=e&MSCLKID=2")),
    } for number in range(count)]


@pytest.mark.parametrize("keep", ["latest_line", pytest.param("latest_day", marks=pytest.mark.slow)])
def test_reports_come_to_the_same(
    engine: engines.Engine, keep: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    chance = random.Random(7)
    rows = reports(chance, 3000)
    project = harness.on_raw_tables(tmp_path_factory.mktemp("reports"), {
        "reports": rows,
        "spend": [{"date_day": day, "platform": "p", "campaign_id": campaign, "ad_id": ad, "amount": "7.5",
                   "currency": "USD", "is_credit": credit}
                  for day, campaign, ad, credit in (("2025-03-01", "c", None, None), ("2025-03-02", None, "dga", None),
                                                    ("2025-03-03", "e", None, "true"))],
        "clicks": [{"click_id": "k1", "clicked_at": "2025-03-02 10:00:00", "platform": "q", "ad_id": "cga",
                    "campaign_id": "c", "cost": "0.5", "currency": "USD"}],
        "exchange_rates": [{"date_day": "2025-03-01", "currency": "JPY", "rate": "0.0067"}],
        "ads": [{"ad_id": "ehb", "platform": "q", "ad_group_id": "eh", "campaign_id": "e"}],
        "campaigns": [
            {"campaign_id": campaign, "platform": platform, "campaign_name": name, "valid_from": begins,
             "utm_campaign": tag}
            for campaign, platform, name, begins, tag in (
                ("c", "p", "Spring", None, "spr"), ("c", "p", "Spring Sale", "2025-03-04", None),
                ("d", "p", "Twins", None, None), ("e", "q", "twins", None, "GRÖSSE"),
                ("g", "google_ads", "C", None, None))
        ],
        "visits": visits(chance, 400),
        "conversions": [
            {"conversion_id": f"v{number}", "converted_at": f"2025-03-{chance.randrange(3, 9):02} 20:00:00",
             "conversion_type": "purchase", "user_id": f"u{chance.randrange(40)}", "value": "9.99",
             "order_id": chance.choice((None, "o1"))} for number in range(60)
        ],
    }, attribution=True, utm_sources={"r": ["fb"]}, reports_keep=keep, as_of="2025-04-30 12:00:00",
        reject_stop_basis_points=10_000,
        reports_columns={"segment": ["device", "network"], "spend": {"divide_by": "minor_unit"}})
    twin = engines.Twin(project, engine, project.folder.parent / "twin")
    twin.load("reports", "spend", "clicks", "exchange_rates", "ads", "campaigns", "visits", "conversions")
    project.build()  # and nothing is lost or doubled
    twin.project.run()
    assert [line for relation in RELATIONS for line in twin.differing(relation)] == []
    became = {row["disposition"] for row in project.sql(
        "select distinct disposition from main_ads_ledger.ledger_ads__reports")}
    assert became >= {"accepted", "superseded", "unplaced", "rejected"}

    project.load("reports", [rows[0] | {"placement": place, "spend": money, "loaded_at": None}
                             for place, money in (("top", "100"), ("side", "250"))])
    twin.load("reports")
    for one in (project, twin.project):  # the stop reads records of the engine's own JSON
        outcome = one.dbt("run", "--select", "ledger_ads__reports")
        assert not outcome and "reports_columns: {segment: [device, network, placement]}" in outcome.text
