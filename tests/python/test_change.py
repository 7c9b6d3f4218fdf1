"""Change, on random years: every row equals a recomputation in plain Python from the daily facts: the calendar by the
standard library, the parts as the mean over all orders of the causes, in exact fractions."""

from __future__ import annotations

import itertools
import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import harness
import pytest

FIRST, LAST = date(2019, 12, 12), date(2022, 1, 20)  # a leap year, and one of 53 weeks
Row = dict[str, Any]
Key = tuple[str, date, str, str, str]

MEASURES = ("impressions", "clicks", "conversions", "spend")
RATES = {
    "clicks_per_impression": ("clicks", "impressions"), "conversions_per_click": ("conversions", "clicks"),
    "cost_per_impression": ("known_spend", "impressions"), "cpc": ("known_spend", "clicks"),
    "cpa": ("known_spend", "conversions"),
}
CAMPAIGNS = [("ads", "c1"), ("ads", "c2"), ("ads", "c3"), ("social", "c1"), ("social", "silent"), ("social", "free")]


def random_rows(seed: int) -> dict[str, list[Row]]:
    """Campaigns that come and go, are clicked without an impression or cost something without a click; and costs in a
    currency that nobody knows."""
    dice = random.Random(seed)
    rows: dict[str, list[Row]] = {"impressions": [], "clicks": [], "conversions": [], "spend": []}
    day = FIRST
    while day <= LAST:
        for platform, campaign in CAMPAIGNS:
            is_busy = dice.random() < (0.9 if day.day in (1, 28, 29) or day.isocalendar().week in (1, 52, 53) else 0.04)
            at = datetime(day.year, day.month, day.day, dice.randrange(24))
            of = {"platform": platform, "campaign_id": campaign, "ad_id": campaign}
            for _ in range(dice.choice([0, 1, 2, 7]) if is_busy and campaign != "silent" else 0):
                rows["impressions"].append({
                    "impression_id": f"i{len(rows['impressions'])}", "impression_at": str(at), **of})
            for _ in range(dice.choice([0, 1, 2, 5]) if is_busy else 0):
                click = f"k{len(rows['clicks'])}"
                rows["clicks"].append({"click_id": click, "clicked_at": str(at), **of})
                for _ in range(dice.choice([0, 0, 1, 2])):
                    rows["conversions"].append({
                        "conversion_id": f"v{len(rows['conversions'])}", "converted_at": str(at + timedelta(days=2)),
                        "conversion_type": "purchase", "click_id": click, "platform": platform})
            if campaign != "free" and dice.random() < (0.6 if is_busy else 0.02):
                rows["spend"].append({
                    "date_day": str(day), "amount": str(dice.randrange(1, 900)), "platform": platform,
                    "campaign_id": campaign, "currency": dice.choice(["USD"] * 60 + ["XXX"])})
        day += timedelta(days=1)
    return rows


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> harness.Project:
    project = harness.on_raw_tables(
        tmp_path_factory.mktemp("change"), random_rows(7), as_of="2022-02-10 12:00:00", reject_stop_basis_points=10000)
    project.build("--select", "+mart_ads__campaign_change", "--indirect-selection", "cautious", *harness.NO_UNIT_TESTS)
    return project


@pytest.fixture(scope="module")
def daily(project: harness.Project) -> list[Row]:
    return project.sql("select * from main_ads_facts.fct_ads__daily")


@pytest.fixture(scope="module")
def built(project: harness.Project) -> dict[Key, Row]:
    rows = project.sql("select * from main_ads_marts.mart_ads__campaign_change")
    by_key = {tuple(row[name] for name in (
        "period", "period_start", "compared_with", "platform", "campaign_id")): row for row in rows}
    assert len(by_key) == len(rows)
    return by_key


# ------------------------------------------------------------------------------------------- the rules a second time

def period_of(period: str, day: date) -> date:
    return {"day": day, "week": day - timedelta(days=day.weekday()), "month": day.replace(day=1)}[period]


def days_of(period: str, start: date) -> list[date]:
    return [day for day in (start + timedelta(days=n) for n in range(31)) if period_of(period, day) == start]


def bases(period: str, start: date) -> Iterator[tuple[str, date]]:
    yield "previous", period_of(period, start - timedelta(days=1))
    try:
        if period == "week":
            year, week, _ = start.isocalendar()
            yield "last_year", date.fromisocalendar(year - 1, week, 1)
        else:
            yield "last_year", start.replace(year=start.year - 1)
    except ValueError:
        pass  # 29 February, week 53


def expected(daily: list[Row], data_through: datetime) -> dict[Key, Row]:
    campaigns = {(row["platform"], row["campaign_id"]) for row in daily}
    paying = {row["platform"] for row in daily if row["spend"] is not None}
    by_day = defaultdict(list)
    for row in daily:
        by_day[row["date_day"]].append(row)
    first, last = min(by_day), max(by_day)
    found = {}
    for period in ("day", "week", "month"):
        starts = sorted({period_of(period, first + timedelta(days=n)) for n in range((last - first).days + 1)})
        for start in starts:
            for compared_with, base in bases(period, start):
                if base not in starts:
                    continue
                pairs = {}
                for campaign in campaigns:
                    now, before = (sums(by_day, days_of(period, one), campaign, paying) for one in (start, base))
                    if now["told"] or before["told"]:
                        pairs[campaign] = now, before
                for campaign, row in compared(pairs).items():
                    row.update(base_start=base, days=len(days_of(period, start)), base_days=len(days_of(period, base)))
                    end = datetime.combine(days_of(period, start)[-1] + timedelta(days=1), time())
                    row["is_whole"] = base >= first and end <= data_through
                    found[period, start, compared_with, *campaign] = row
    return found


def sums(by_day: dict[date, list[Row]], days: list[date], campaign: tuple[str, str], paying: set) -> Row:
    rows = [row for day in days for row in by_day.get(day, ()) if (row["platform"], row["campaign_id"]) == campaign]
    told = [Fraction(row["spend"]) for row in rows if row["spend"] is not None]
    values = {name: Fraction(sum(row[name] or 0 for row in rows)) for name in (
        "impressions", "clicks", "conversions", "unknown_cost_events")}
    is_free = not any(row["cost_source"] or row["gross_impressions"] or row["gross_clicks"] for row in rows)
    spend = sum(told, Fraction(0)) if told or (is_free and campaign[0] in paying) else None
    return {**values, "spend": spend, "told": bool(rows), "is_paid": bool(told), "is_free": is_free,
            "known_spend": spend if not values["unknown_cost_events"] else None}


def ratio(numerator: Fraction | None, denominator: Fraction | None) -> Fraction | None:
    return numerator / denominator if denominator and numerator is not None else None


def mean_over_orders(whole: Callable[..., Fraction], causes: dict[str, tuple[Any, Any]]) -> dict[str, Fraction]:
    """What each cause does to the whole when it changes, averaged over all orders in which they may."""
    parts = dict.fromkeys(causes, Fraction(0))
    orders = list(itertools.permutations(causes))
    for order in orders:
        state = {name: base for name, (_, base) in causes.items()}
        for name in order:
            before = whole(**state)
            state[name] = causes[name][0]
            parts[name] += whole(**state) - before
    return {name: part / len(orders) for name, part in parts.items()}


def compared(pairs: dict[tuple[str, str], tuple[Row, Row]]) -> dict[tuple[str, str], Row]:
    totals = [{name: sum(side[n][name] or 0 for side in pairs.values()) for name in MEASURES + ("unknown_cost_events",)}
              for n in (0, 1)]
    # Nobody's cost is known, and somebody was shown: that is not 0.
    are_told = [
        any(side[n]["is_paid"] for side in pairs.values())
        or all(side[n]["is_free"] for side in pairs.values())
        and any(side[n]["spend"] is not None for side in pairs.values())
        for n in (0, 1)
    ]
    cpa = [ratio(total["spend"], total["conversions"]) if is_told and not total["unknown_cost_events"] else None
           for total, is_told in zip(totals, are_told)]
    return {campaign: one_campaign(sides, totals, cpa) for campaign, sides in pairs.items()}


def one_campaign(sides: tuple[Row, Row], totals: list[Row], cpa: list[Fraction | None]) -> Row:
    row: Row = {}
    for side, prefix in zip(sides, ("", "base_")):
        row.update({prefix + name: side[name] for name in MEASURES})
        row.update({prefix + name: ratio(side[one], side[other]) for name, (one, other) in RATES.items()})
    for name in (*MEASURES, *RATES):
        now, base = row[name], row["base_" + name]
        row[name + "_change_rate"] = ratio(now - base, base) if now is not None and base is not None else None

    def factor(numerator: str, denominator: str) -> tuple[Fraction, Fraction]:
        """Of this period and of the base; where one has none, the other's."""
        now, base = (ratio(side[numerator] or Fraction(0), side[denominator]) for side in sides)
        return (now if now is not None else base or Fraction(0)), (base if base is not None else now or Fraction(0))

    clicks, conversions, costs = (
        factor("clicks", "impressions"), factor("conversions", "clicks"), factor("spend", "clicks"))
    impressions = sides[0]["impressions"], sides[1]["impressions"]
    parts = mean_over_orders(lambda i, c, v: i * c * v, {"i": impressions, "c": clicks, "v": conversions})
    # The part of impressions is that of their number and of the campaign's share of it, alike in both orders.
    shares = [ratio(side["impressions"], total["impressions"]) for side, total in zip(sides, totals)]
    shares = [one if one is not None else other or Fraction(0) for one, other in (shares, shares[::-1])]
    two = mean_over_orders(lambda i, s: i * s, {
        "i": (totals[0]["impressions"], totals[1]["impressions"]), "s": tuple(shares)})
    change = impressions[0] - impressions[1]
    rest = mean_over_orders(lambda x, c, v: x * c * v, {"x": (1, 0), "c": clicks, "v": conversions})["x"]
    row["conversions_change"] = sides[0]["conversions"] - sides[1]["conversions"]
    row["conversions_change_by_volume"] = two["i"] * rest
    row["conversions_change_by_mix"] = two["s"] * rest
    assert (two["i"] + two["s"]) * rest == parts["i"] and two["i"] + two["s"] == change
    row["conversions_change_by_clicks_per_impression"] = parts["c"]
    row["conversions_change_by_conversions_per_click"] = parts["v"]
    unshown = [side["conversions"] if not side["impressions"] else 0 for side in sides]
    row["conversions_change_without_impressions"] = unshown[0] - unshown[1]
    assert sum(parts.values()) + unshown[0] - unshown[1] == row["conversions_change"]

    row.update(dict.fromkeys(("cpa_change", "cpa_change_by_cpc", "cpa_change_by_conversions_per_click")))
    if row["cpa"] is not None and row["base_cpa"] is not None:
        parts = mean_over_orders(lambda p, v: p / v, {
            "p": (row["cpc"], row["base_cpc"]), "v": (row["conversions_per_click"], row["base_conversions_per_click"])})
        row["cpa_change"] = row["cpa"] - row["base_cpa"]
        row["cpa_change_by_cpc"], row["cpa_change_by_conversions_per_click"] = parts["p"], parts["v"]

    names = ("mix", "cpc", "conversions_per_click")
    row["total_cpa"], row["base_total_cpa"] = cpa
    row.update(dict.fromkeys((*(f"total_cpa_change_by_{name}" for name in names), "total_cpa_change_without_clicks")))
    if None not in cpa:
        # spend per click = CPA x conversions per click; so a change of spend less the CPA's mean times that of the
        # conversions is the change of the CPA times the mean of conversions per click, exactly.
        shares = [side["clicks"] / total["clicks"] for side, total in zip(sides, totals)]
        mean_cpa, per_click = sum(cpa) / 2, sum(total["conversions"] / total["clicks"] for total in totals) / 2
        spend = mean_over_orders(lambda s, p: s * p, {"s": tuple(shares), "p": costs})
        sold = mean_over_orders(lambda s, v: s * v, {"s": tuple(shares), "v": conversions})
        unclicked = [(side["spend"] or 0) / total["clicks"] if not side["clicks"] else 0
                     for side, total in zip(sides, totals)]
        row["total_cpa_change_by_mix"] = (spend["s"] - mean_cpa * sold["s"]) / per_click
        row["total_cpa_change_by_cpc"] = spend["p"] / per_click
        row["total_cpa_change_by_conversions_per_click"] = -mean_cpa * sold["v"] / per_click
        row["total_cpa_change_without_clicks"] = (unclicked[0] - unclicked[1]) / per_click
    return row


# ------------------------------------------------------------------------------------------------------------ tests

def test_every_row_equals_the_recomputation(built: dict[Key, Row], daily: list[Row]) -> None:
    rows = expected(daily, next(iter(built.values()))["data_through"])
    assert built.keys() == rows.keys()
    wrong = [
        (key, name, built[key][name], value if value is None else float(value))
        for key, row in rows.items() for name, value in row.items() if not alike(built[key][name], value)
    ]
    assert wrong == []


def alike(got: Any, value: Any) -> bool:
    if value is None or got is None or isinstance(value, (bool, date)):
        return got == value
    return float(got) == pytest.approx(float(value), rel=1e-9, abs=1e-9)


def test_the_random_years_have_what_is_hard(built: dict[Key, Row]) -> None:
    """Or the comparison above would say little."""
    rows = built.values()
    assert ("day", date(2020, 2, 29), "previous") in {key[:3] for key in built}
    assert ("day", date(2020, 2, 29), "last_year") not in {key[:3] for key in built}
    assert ("week", date(2020, 12, 28), "previous") in {key[:3] for key in built}
    assert ("week", date(2020, 12, 28), "last_year") not in {key[:3] for key in built}
    for name in ("conversions_change_without_impressions", "total_cpa_change_without_clicks", "cpa_change",
                 "conversions_change_by_mix", "conversions_change_by_volume", "total_cpa_change_by_mix"):
        assert sum(1 for row in rows if row[name]) > 20, name
    assert any(not row["is_cost_complete"] for row in rows) and any(row["spend"] is None for row in rows)
    assert any(not row["is_whole"] for row in rows) and any(row["is_whole"] and row["is_mature"] for row in rows)


@pytest.mark.slow
def test_cost_per_impression_against_the_campaign_before(tmp_path: Path) -> None:
    """The worked case of the formula sheet: 0.015, then 5,000 for 500,000: a third less."""
    project = harness.consumer(tmp_path, {
        f"ad_funnel__{table}": f"{{{{ source('raw', '{table}') }}}}" for table in ("impressions", "spend")})
    project.write("models/sources.yml", "sources: [{name: raw, tables: [{name: impressions}, {name: spend}]}]")
    project.execute(
        "create schema raw",
        "create table raw.impressions as select n as impression_id, 'a' as ad_id, 'c' as campaign_id, "
        "case when n < 1000 then date '2025-03-05' else date '2025-03-12' end as impression_at from range(501000) t(n)",
        "create table raw.spend as from (values (date '2025-03-05', 15, 'c'), (date '2025-03-12', 5000, 'c')) "
        "as lines(date_day, amount, campaign_id)",
    )
    project.run("--select", "+mart_ads__campaign_change")
    [row] = project.sql("select * from main_ads_marts.mart_ads__campaign_change where period = 'week'")
    assert (row["impressions"], row["spend"], row["cost_per_impression"]) == (500_000, 5_000, 0.01)
    assert row["base_cost_per_impression"] == 0.015
    assert round(100 * row["cost_per_impression_change_rate"], 1) == -33.3
    assert row["conversions"] is row["conversions_change_by_mix"] is row["total_cpa_change_by_cpc"] is None, "no clicks"
