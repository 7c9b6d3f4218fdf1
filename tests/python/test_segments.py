"""Segments of random events: every row equals a recomputation in plain Python, and rates shrink as simulated worlds say
that they should."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from math import isclose, sqrt
from typing import Any
from zoneinfo import ZoneInfo

import harness
import pytest

Row = dict[str, Any]
BREAKDOWNS = ("placement", "device_type", "country", "hour_of_day")
ZONE = ZoneInfo("Europe/Berlin")
FIRST = datetime(2025, 3, 20)  # ten days before clocks are set forward there
SETTINGS = {"as_of": "2025-05-31 12:00:00", "reporting_time_zone": "Europe/Berlin", "reporting_currency": "EUR",
            "breakdowns": list(BREAKDOWNS), "landing_pages": False}


def random_rows(seed: int) -> dict[str, list[Row]]:
    dice = random.Random(seed)
    rows: dict[str, list[Row]] = {"impressions": [], "clicks": [], "conversions": []}
    for n in range(2500):
        at = FIRST + timedelta(minutes=dice.randrange(20 * 24 * 60))
        device = dice.choice(["mobile", "mobile", "desktop", ""])
        impression = {
            "impression_id": f"i{n}", "impression_at": str(at), "ad_id": "a",
            "platform": dice.choice(["ads", "social"]), "campaign_id": dice.choice(["c1", "c1", "c2", ""]),
            "user_id": dice.choice([f"u{dice.randrange(40)}"] * 4 + [""]), "placement": dice.choice(["top", "side"]), "device_type": device,
            "country": dice.choice(["DE", "DE", "DE", "AT", ""]), "cost": dice.choice(["0.02", ""]),
            "user_agent": "evilbot" if dice.random() < 0.05 else "",
        }
        rows["impressions"].append(impression)
        while dice.random() < (0.25 if device == "desktop" else 0.1):
            k = f"k{len(rows['clicks'])}"
            clicked = at + timedelta(seconds=dice.choice([15, 90, 4000, 90000]))
            rows["clicks"].append({
                "click_id": k, "clicked_at": str(clicked), "platform": impression["platform"], "ad_id": "a",
                "impression_id": dice.choice([f"i{n}", f"i{n}", f"i{n}", ""]), "campaign_id": impression["campaign_id"],
                "device_type": dice.choice([device, "tablet"]), "country": "CH", "cost": dice.choice(["0.5", ""]),
                "user_id": impression["user_id"],
            })
            while dice.random() < 0.4:
                rows["conversions"].append({
                    "conversion_id": f"v{len(rows['conversions'])}", "conversion_type": "purchase",
                    "converted_at": str(clicked + timedelta(hours=dice.randrange(1, 60))), "click_id": k,
                    "platform": impression["platform"], "user_id": f"u{dice.randrange(40)}", "value": "9.90",
                    "currency": dice.choice(["EUR", "EUR", "XXX"]),
                })
    rows["spend"] = [{"date_day": "2025-03-25", "platform": "ads", "campaign_id": "c2", "amount": "7.5"}]
    rows["campaigns"] = [
        {"platform": "ads", "campaign_id": "c1", "targeting_segment": "old", "valid_from": ""},
        {"platform": "ads", "campaign_id": "c1", "targeting_segment": "new", "valid_from": "2025-04-01"},
        {"platform": "social", "campaign_id": "c1", "targeting_segment": "all", "valid_from": ""},
        {"platform": "ads", "campaign_id": "c2", "targeting_segment": "", "valid_from": ""},
    ]
    rows["bot_patterns"] = [{"pattern": "evilbot"}]
    return rows


@dataclass
class World:
    project: harness.Project
    daily: list[Row]
    lifetime: list[Row]
    facts: dict[str, list[Row]]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    project = harness.on_raw_tables(tmp_path_factory.mktemp("segments"), random_rows(11), **SETTINGS)
    project.build(*harness.NO_UNIT_TESTS)
    return read(project)


def read(project: harness.Project) -> World:
    facts = {fact: project.sql(f"select * from main_ads_facts.fct_ads__{fact}")
             for fact in ("impressions", "clicks", "conversions", "daily")}
    return World(project, project.sql("select * from main_ads_marts.mart_ads__segment_daily"),
                 project.sql("select * from main_ads_marts.mart_ads__segment"), facts)


# ------------------------------------------------------------------------------------------- the rules a second time

def hour(time: datetime) -> str:
    return f"{time.replace(tzinfo=ZoneInfo('UTC')).astimezone(ZONE).hour:02}"


def audience(platform: str, campaign: str, day: date) -> str:
    if campaign != "c1":
        return "unknown"
    return "all" if platform == "social" else "old" if day < date(2025, 4, 1) else "new"


def counted(facts: dict[str, list[Row]]) -> dict[tuple, dict[str, set]]:
    """What each cell counts, by the events themselves: each click and conversion where its impression stands."""
    impressions = {(row["platform"], row["impression_id"]): row for row in facts["impressions"]}
    clicks = {(row["platform"], row["click_id"]): row for row in facts["clicks"]}
    cells: dict[tuple, dict[str, set]] = defaultdict(lambda: defaultdict(set))

    def count(measure: str, what: Any, day: date, platform: str, shown: Row | None, said: Row) -> None:
        stands = shown or said
        at = shown["impression_at"] if shown else said["clicked_at"]
        values = {name: stands.get(name) or "unknown" for name in ("placement", "device_type", "country")}
        values |= {"hour_of_day": hour(at), "targeting_segment": audience(platform, stands["campaign_id"], day)}
        if shown is None:
            values["placement"] = "unknown"  # a click tells none
        for kind, value in values.items():
            cells[day, platform, stands["campaign_id"], kind, value][measure].add(what)

    for key, row in impressions.items():
        count("gross_impressions", key, row["date_day"], row["platform"], row, row)
        if not row["is_invalid"]:
            count("impressions", key, row["date_day"], row["platform"], row, row)
    for key, row in clicks.items():
        shown = impressions.get((row["platform"], row["impression_id"])) if row["is_matched"] else None
        if not row["is_invalid"]:
            count("clicks", key, row["date_day"], row["platform"], shown, row)
            if shown:
                count("clicked_impressions", (row["platform"], row["impression_id"]), shown["date_day"],
                      row["platform"], shown, row)
    for row in facts["conversions"]:
        if row["credit_status"] == "click" and not row["is_invalid"]:
            click = clicks[row["credited_platform"], row["credited_click_id"]]
            shown = impressions.get((click["platform"], click["impression_id"])) if click["is_matched"] else None
            of = (click["date_day"], click["platform"], shown, click)
            count("conversions", (row["platform"], row["conversion_id"]), *of)
            count("converted_clicks", (click["platform"], click["click_id"]), *of)
    return cells


MEASURES = ("gross_impressions", "impressions", "clicks", "clicked_impressions", "conversions", "converted_clicks")
RATES = {"ctr": ("clicked_impressions", "impressions"), "cvr": ("converted_clicks", "clicks")}


def shrunk(cells: list[tuple[int, int]], margin: float = 1) -> list[float | None]:
    """Of siblings (hits, trials): by the formulas of macros/metrics/shrinkage.sql, one step after the other."""
    trials = sum(n for _, n in cells)
    if trials == 0:
        return [None] * len(cells)
    p = sum(x for x, _ in cells) / trials
    pq = p * (1 - p)
    full = [(x, n) for x, n in cells if n]
    spread = sum(n * (x / n - p) ** 2 for x, n in full)
    variance = pq * (2 * (len(full) - 1) * pq + (1 - 6 * pq) * sum(1 / n for _, n in full))
    chance = (len(full) - 1) * pq + margin * sqrt(abs(variance))
    size = trials - sum(n * n for _, n in full) / trials
    between = max((spread - chance) / size, 0) if size > 0 else 0
    if between == 0:
        return [p] * len(cells)
    return [p if n == 0 else x / n if between >= pq else p + (x / n - p) * n * between / (n * between + pq - between)
            for x, n in cells]


def wilson(hits: int, trials: int) -> tuple[float, float]:
    z, share = 1.959963984540054, hits / trials
    middle = share + z * z / (2 * trials)
    reach = z * sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    return (middle - reach) / (1 + z * z / trials), (middle + reach) / (1 + z * z / trials)


def same(one: float | None, other: float | None) -> bool:
    return one is other if one is None or other is None else isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)


# ------------------------------------------------------------------------------------------------------------- tests

def test_every_segment_counts_its_own_events(world: World) -> None:
    expected = counted(world.facts)
    built = {(row["date_day"], row["platform"], row["campaign_id"], row["segment_type"], row["segment"]): row
             for row in world.daily}
    assert len(built) == len(world.daily) > 1000
    assert {key[3] for key in built} == {*BREAKDOWNS, "targeting_segment"}
    assert {"old", "new", "all", "unknown"} == {key[4] for key in built if key[3] == "targeting_segment"}
    for key, row in built.items():
        assert [row[measure] for measure in MEASURES] == [len(expected[key][measure]) for measure in MEASURES], key
    assert expected.keys() <= built.keys()


def test_all_days_are_the_sums_of_days(world: World) -> None:
    sums: dict[tuple, list] = defaultdict(lambda: [0] * 8)
    for row in world.daily:
        of = sums[row["platform"], row["campaign_id"], row["segment_type"], row["segment"]]
        for n, measure in enumerate((*MEASURES, "spend", "conversion_value")):
            of[n] += row[measure] or 0
    built = {(row["platform"], row["campaign_id"], row["segment_type"], row["segment"]):
             [row[measure] or 0 for measure in (*MEASURES, "spend", "conversion_value")] for row in world.lifetime}
    assert built == sums


def test_what_spend_lines_tell_is_not_allocated(world: World) -> None:
    on_day = [row for row in world.daily if row["date_day"] == date(2025, 3, 25) and row["campaign_id"] == "c2"
              and row["platform"] == "ads"]
    for kind in BREAKDOWNS:
        told = {row["segment"]: row["spend"] for row in on_day if row["segment_type"] == kind and row["spend"]}
        assert told == {"unallocated": Decimal("7.5")}
    assert [row["spend"] for row in on_day if row["segment_type"] == "targeting_segment"] == [Decimal("7.5")]


@pytest.mark.parametrize("mart", ["daily", "lifetime"])
def test_rates_have_intervals_and_shrink_toward_their_parents(world: World, mart: str) -> None:
    families = defaultdict(list)
    for row in getattr(world, mart):
        campaign = None if row["segment_type"] == "targeting_segment" else row["campaign_id"]
        families[row.get("date_day"), row["platform"], row["segment_type"], campaign].append(row)
    moved = 0
    for rows in families.values():
        for rate, (hits, trials) in RATES.items():
            expected = shrunk([(row[hits], row[trials]) for row in rows])
            for row, should_be in zip(rows, expected):
                assert same(row[f"{rate}_shrunk"], should_be), (row, should_be)
                low, high = wilson(row[hits], row[trials]) if row[trials] else (None, None)
                assert same(row[f"{rate}_low"], low) and same(row[f"{rate}_high"], high)
                moved += should_be is not None and row[rate] is not None and row[rate] != should_be
    assert moved > 20
    if mart == "lifetime":  # desktops are clicked more than twice as often, and that is no noise
        by_device = {row["segment"]: row["ctr_shrunk"] for row in world.lifetime
                     if (row["platform"], row["campaign_id"], row["segment_type"]) == ("ads", "c1", "device_type")}
        assert by_device["desktop"] > 1.5 * by_device["mobile"]


@pytest.mark.slow
def test_cells_of_few_users_stand_under_other(world: World, tmp_path_factory: pytest.TempPathFactory) -> None:
    project = world.project.twin(tmp_path_factory.mktemp("few") / "twin")
    project.build(*harness.NO_UNIT_TESTS, variables={"ad_funnel__min_cell_users": 4})
    folded = read(project)
    users = defaultdict(set)
    for fact in ("impressions", "clicks"):
        for row in world.facts[fact]:
            for kind in BREAKDOWNS:
                users[row["date_day"], row["platform"], row["campaign_id"], kind, row[kind]].add(row["user_id"])
    for row in world.facts["conversions"]:
        for day in {row["date_day"], row["credited_day"] or row["date_day"]}:
            for kind in BREAKDOWNS:
                users[day, row["credited_platform"] or row["platform"], row["campaign_id"], kind, row[kind]].add(
                    row["user_id"])
    shown = [(row["date_day"], row["platform"], row["campaign_id"], row["segment_type"], row["segment"])
             for row in folded.daily if row["segment"] not in ("other", "unallocated")
             and row["segment_type"] != "targeting_segment"]
    assert len(shown) > 100
    known = {len(users[key] - {None}) for key in shown}
    assert {0, 4} < known and not {1, 2, 3} & known  # where nobody is named, nobody can be told
    others = [row for row in folded.daily if row["segment"] == "other"]
    assert len(others) > 100
    assert all(row["segment"] == "other" for row in folded.daily
               if row["campaign_id"] == "other" and row["segment_type"] != "targeting_segment")
    for measure in (*MEASURES, "spend"):
        totals = [sum(row[measure] or 0 for row in rows if row["segment_type"] == "country")
                  for rows in (world.daily, folded.daily)]
        assert totals[0] == totals[1], measure


def test_shrinking_errs_less_than_rates_themselves() -> None:
    """Worlds of which the truth is known: 24 siblings that are alike, in small cells and in larger ones, and siblings
    that differ. The margin that chance is given pays in the first, and costs little in the last."""
    dice = random.Random(3)
    errors = {name: [0.0, 0.0, 0.0] for name in ("own", "shrunk", "without margin")}
    for world, differs, size in ((0, False, 2), (1, False, 400), (2, True, 400)):
        for _ in range(300):
            truth = [dice.betavariate(6, 144) if differs else 0.04 for _ in range(24)]
            trials = [dice.randrange(1, 2 * size) for _ in truth]
            cells = [(sum(dice.random() < rate for _ in range(n)), n) for rate, n in zip(truth, trials)]
            for name, estimates in (("own", [x / n for x, n in cells]), ("shrunk", shrunk(cells)),
                                    ("without margin", shrunk(cells, margin=0))):
                errors[name][world] += sum((one - other) ** 2 for one, other in zip(estimates, truth))
    for world, of_own, of_moments in ((0, 0.05, 0.5), (1, 0.1, 0.9), (2, 0.8, 1.1)):
        assert errors["shrunk"][world] < of_own * errors["own"][world], errors
        assert errors["shrunk"][world] < of_moments * errors["without margin"][world], errors


@pytest.mark.slow
def test_without_breakdowns_there_are_audiences_alone(
    world: World, tmp_path_factory: pytest.TempPathFactory
) -> None:
    project = world.project.twin(tmp_path_factory.mktemp("none") / "twin")
    project.run("--full-refresh", variables={"ad_funnel__breakdowns": []})
    kinds = project.sql("select distinct segment_type from main_ads_marts.mart_ads__segment_daily")
    assert kinds == [{"segment_type": "targeting_segment"}]
