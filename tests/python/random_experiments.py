"""Random experiments: ads and assignments, rows and users, on DuckDB here and on every engine in tests/engines/."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import experiments as brute
import harness

Rows = list[dict[str, Any]]

DAY = datetime(2025, 3, 1)
RULES = brute.Rules(significance=0.1, power=0.9, expected_lift=0.2, min_events=12)
PLANS = {
    "people": {"control": "base", "shares": {"base": 50, "bold": 25, "calm": 25}, "starts": "2025-03-02",
               "ends": "2025-03-27"},
    "viewers": {"unit": "user"},
    "later": {"starts": "2025-03-20"},
}
EXPERIMENTS = {  # experiment -> its control, what was randomised
    "rows": ("Control", "row"), "later": ("control", "row"), "viewers": ("control", "user"), "people": ("base", "user"),
}


def random_events(seed: int) -> dict[str, Rows]:
    dice = random.Random(seed)
    ads = {f"ad{n}": fate for n, fate in enumerate([
        ("rows", "Control"), ("rows", "red"), ("rows", "blue"), ("later", "control"), ("later", "new"),
        ("viewers", "control"), ("viewers", "video"), ("", ""),
    ])}
    rows: dict[str, Rows] = {
        "ads": [{"ad_id": ad, "campaign_id": f"c{n % 3}", "experiment": fate[0], "variant": fate[1], "valid_from": ""}
                for n, (ad, fate) in enumerate(ads.items())],
        "impressions": [], "clicks": [], "conversions": [], "assignments": [],
        "spend": [{"date_day": str((DAY + timedelta(days=day)).date()), "amount": "12.5", **of}
                  for day in range(0, 30, 4) for of in (
                      {"ad_id": "ad1", "campaign_id": ""}, {"ad_id": "", "campaign_id": "c0"},
                      {"ad_id": "ad6", "campaign_id": "c0"})],
        "bot_patterns": [{"pattern": "evilbot"}],
    }
    sides = {}
    for user in (f"u{n}" for n in range(600)):
        # Who watches videos watches no others, but for a few.
        sides[user] = ["ad5"] if dice.random() < 0.48 else ["ad6"] if dice.random() < 0.7 else ["ad5", "ad6"]
        eager = dice.random()
        for _ in range(1 + int(6 * dice.random() ** 2)):
            shown = DAY + timedelta(days=dice.randrange(30), seconds=dice.randrange(86400))
            ad = dice.choice([name for name in ads if name not in ("ad5", "ad6")] + sides[user])
            number = len(rows["impressions"])
            rows["impressions"].append({
                "impression_id": f"i{number}", "impression_at": str(shown), "ad_id": ad,
                "user_id": user if dice.random() < 0.95 else "", "cost": dice.choice(["", "0.01", "0.123456", "0"]),
                "user_agent": dice.choice([""] * 19 + ["evilbot"]),
            })
            for _ in range(2 if dice.random() < 0.05 else int(dice.random() < 0.2 + eager / 2)):
                clicked = shown + timedelta(minutes=dice.randrange(1, 600))
                click = f"k{len(rows['clicks'])}"
                rows["clicks"].append({
                    "click_id": click, "clicked_at": str(clicked), "ad_id": ad, "user_id": user,
                    "impression_id": f"i{number}" if dice.random() < 0.9 else "", "cost": dice.choice(["", "0.5"]),
                })
                for _ in range(int(dice.random() * 1.2 + eager)):
                    rows["conversions"].append({
                        "conversion_id": f"v{len(rows['conversions'])}", "conversion_type": "purchase",
                        "converted_at": str(clicked + timedelta(minutes=dice.randrange(500))), "click_id": click,
                        "value": dice.choice(["5", "9.99", "20.123456", "64"]),
                    })
        for _ in range(dice.choice([0, 1, 1, 1, 1, 1, 1, 2])):
            rows["assignments"].append({
                "experiment": "people", "user_id": f" {user} ",
                "variant": "base" if dice.random() < 0.5 else dice.choice(["bold", "calm"]),
                "assigned_at": str(
                    DAY + timedelta(days=dice.choice([-2, 1, 1, 1, 2, 5, 29]), seconds=dice.randrange(9000))),
            })
    dice.shuffle(rows["assignments"])
    return rows


TABLES = list(random_events(7))


def project(folder: Path) -> harness.Project:
    return harness.on_raw_tables(
        folder, random_events(7), experiments=True, as_of="2025-04-20 12:00:00", experiment_plans=PLANS,
        significance_level=RULES.significance, power=RULES.power, expected_lift=RULES.expected_lift,
        min_experiment_events=RULES.min_events)
