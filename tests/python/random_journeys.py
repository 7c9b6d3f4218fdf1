"""Random journeys of every kind, and the settings under which they are shared out."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import attribution as brute
import harness

Rows = list[dict[str, Any]]

DAY = datetime(2025, 3, 1)
AS_OF = "2025-04-30 12:00:00"
TABLES = ("impressions", "clicks", "conversions", "visits", "spend", "bot_patterns")

# Few moments, so that touches tie with one another and with conversions, and lie on the edges of windows.
MOMENTS = [DAY + timedelta(days=day, hours=hour) for day in range(46) for hour in (0, 12)]


def random_rows(seed: int, users: int = 220) -> dict[str, Rows]:
    dice = random.Random(seed)
    rows: dict[str, Rows] = {"impressions": [], "clicks": [], "conversions": [], "visits": [], "spend": [
        {"date_day": str((DAY + timedelta(days=day)).date()), "amount": "12.34", "platform": platform,
         "campaign_id": campaign}
        for day in range(0, 46, 3) for platform in ("ads", "social") for campaign in ("c1", "c2")
    ]}

    def number(table: str) -> str:
        return f"{table[0]}{dice.randrange(10)}-{len(rows[table])}"  # ids in another order than times

    for user in [f"u{n}" for n in range(users)] + [""]:
        eager = user == "u0"  # somebody with many touches
        for _ in range(dice.choice([0, 1, 2, 4, 7]) + 60 * eager):
            rows["impressions"].append({
                "impression_id": number("impressions"), "impression_at": str(dice.choice(MOMENTS)), "ad_id": "a",
                "platform": dice.choice(["ads", "social"]), "campaign_id": dice.choice(["c1", "c2"]), "user_id": user,
                "user_agent": dice.choice(["", "", "", "evilbot"]),
            })
        for _ in range(dice.choice([0, 0, 1, 2, 3]) + 40 * eager):
            rows["clicks"].append({
                "click_id": number("clicks"), "clicked_at": str(dice.choice(MOMENTS)), "ad_id": "a",
                "platform": dice.choice(["ads", "social"]), "campaign_id": dice.choice(["c1", "c2", "c3"]),
                "user_id": user, "user_agent": dice.choice(["", "", "", "evilbot"]),
            })
        for _ in range(dice.choice([0, 0, 1, 2, 5]) + 20 * eager):
            rows["visits"].append({
                "visit_id": number("visits"),
                "visited_at": str(dice.choice(MOMENTS) + timedelta(minutes=dice.choice([0, 0, 4, 5, 6]))),
                "user_id": user, "user_agent": dice.choice(["", "", "evilbot"]),
                **dice.choice([
                    {}, {}, {"channel": "(Direct)"}, {"utm_source": "Google", "utm_medium": "organic"},
                    {"utm_source": "google", "utm_medium": "organic", "utm_campaign": "c9"},
                    {"utm_medium": "email"}, {"channel": "partner", "utm_source": "x"},
                ]),
            })
        for _ in range(dice.choice([0, 0, 0, 1, 1, 2, 4])):
            clicks = [row for row in rows["clicks"] if dice.random() < 0.02]
            shown = [row for row in rows["impressions"] if dice.random() < 0.02]
            rows["conversions"].append({
                "conversion_id": number("conversions"), "converted_at": str(dice.choice(MOMENTS)),
                "conversion_type": dice.choice(["purchase", "purchase", "sign_up", "page_view"]),
                "platform": dice.choice(["", "ads", "social"]), "user_id": user if dice.random() < 0.9 else "",
                "value": dice.choice(["", "0", "0.000000001", "9.99", "100", "12345678.123456789"]),
                "click_id": clicks[0]["click_id"] if clicks and dice.random() < 0.3 else "",
                "impression_id": shown[0]["impression_id"] if shown and dice.random() < 0.2 else "",
            })
    for row in dice.sample(rows["conversions"], 12):
        rows["conversions"].append({
            "conversion_id": number("conversions"), "converted_at": row["converted_at"], "conversion_type": "purchase",
            "platform": row["platform"], "adjusts_conversion_id": row["conversion_id"],
            **dice.choice([{"adjustment_type": "retract"}, {"adjustment_type": "restate", "value": "55.5"}]),
        })
    for table in rows.values():
        names = dict.fromkeys(name for row in table for name in row)
        table[:] = [{**dict.fromkeys(names, ""), **row} for row in table]
        dice.shuffle(table)
    return rows


DIALS: dict[str, tuple[dict[str, Any], brute.Settings]] = {
    "default": ({}, brute.Settings()),
    "consumed_by_campaign": (
        {
            "attribution_mode": "consumed", "attribution_level": "campaign", "max_touches": 4,
            "position_shares": "10/60/30", "time_decay_half_life": "36 hours", "visit_window": "5 days",
            "click_window": "12 days", "view_window": "2 days", "training_window": "20 days",
            "conversion_windows": {"sign_up": {"click": "3 days"}, "purchase": {"view": "5 days"}},
        },
        brute.Settings(
            mode="consumed", level="campaign", max_touches=4, shares=(10, 60, 30), half_life=timedelta(hours=36),
            visit_window=timedelta(days=5), click_window=timedelta(days=12), view_window=timedelta(days=2),
            training_window=timedelta(days=20),
            by_type=(("sign_up", "click", timedelta(days=3)), ("purchase", "view", timedelta(days=5))),
        ),
    ),
    "without_views": (
        {"view_window": "0 seconds", "position_shares": "0/100/0", "conversion_counting": "one_per_click",
         "max_touches": 1},
        brute.Settings(view_window=timedelta(0), shares=(0, 100, 0), max_touches=1),
    ),
}


def project(folder: Path) -> harness.Project:
    rows = {**random_rows(6), "bot_patterns": [{"pattern": "evilbot"}]}
    project = harness.on_raw_tables(
        folder, rows, attribution=True, as_of=AS_OF, primary_conversion_types=["purchase", "sign_up"],
    )
    project.freeze()
    return project
