"""Reach and frequency, on random journeys and on one campaign of many users: every row equals a recomputation in plain
Python from the events of the facts; and sketches are as near as they say."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from math import sqrt
from typing import Any

import harness
import pytest
import random_journeys

pytestmark = pytest.mark.slow  # two hundred thousand impressions, built four times

Row = dict[str, Any]
MARTS = tuple(harness.REACH_MARTS)
SIZE = 4096
GROUPS = [(n, n) for n in range(1, 11)] + [(11, 20), (21, 50), (51, None)]

# A campaign of 30,000 users, 7,000 on each of 30 days, one of them again and again; and one of seven.
MANY = """
    insert into raw.impressions (impression_id, impression_at, ad_id, platform, campaign_id, user_id)
    select
        'many' || n, cast(timestamp '2025-03-02' + to_days(n % 30) as varchar), 'a', 'ads',
        case when n % 500 = 1 then 'few' else 'many' end,
        case
            when n % 500 = 1 then 'one of few ' || n % 7
            when n % 1000 = 0 then 'eager'
            else 'user ' || (n * 7919) % (case when n % 3 = 0 then 8999 else 29989 end)
        end
    from range(210000) as numbers(n)
    where {}
"""


@dataclass
class World:
    project: harness.Project
    exact: dict[str, list[Row]]
    sketched: list[Row]
    folded: dict[str, list[Row]]
    impressions: list[Row]
    conversions: list[Row]
    spend: dict[tuple[str, str], tuple[Decimal | None, int]]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    project = harness.on_raw_tables(
        tmp_path_factory.mktemp("reach"), random_journeys.random_rows(5, users=600), as_of=random_journeys.AS_OF,
        reach="exact", frequency=True, reject_stop_basis_points=10000)
    wanted = ("--select", *(f"+{mart}" for mart in MARTS))
    project.execute(MANY.format("n % 30 < 20"))
    project.run(*wanted, variables={"ad_funnel__reach": "sketch"})
    project.execute(MANY.format("n % 30 >= 20"))
    project.run(*wanted, variables={"ad_funnel__reach": "sketch"})
    [sketched] = read(project, "mart_ads__reach").values()
    project.run(*wanted, variables={"ad_funnel__min_cell_users": 60})
    folded = read(project, *MARTS)
    project.run(*wanted)
    facts = "main_ads_facts"
    return World(
        project, read(project, *MARTS), sketched, folded,
        project.sql(f"select platform, campaign_id, user_id, impression_at, date_day from {facts}.fct_ads__impressions "
                    "where not is_invalid"),
        project.sql(
            f"select conversions.*, clicks.user_id as clicked_by from {facts}.fct_ads__conversions as conversions "
            f"left join {facts}.fct_ads__clicks as clicks on credited_platform = clicks.platform "
            "and credited_click_id = click_id where credit_status in ('click', 'view') and not conversions.is_invalid"),
        {(row["platform"], row["campaign_id"]): (row["spend"], row["shown"]) for row in project.sql(
            "select platform, campaign_id, sum(spend) as spend, sum(impressions) as shown "
            f"from {facts}.fct_ads__daily group by all")},
    )


def read(project: harness.Project, *marts: str) -> dict[str, list[Row]]:
    return {mart: project.sql(f"select * from main_ads_marts.{mart}") for mart in marts}


# ------------------------------------------------------------------------------------------- the rules a second time

def periods_of(day: date) -> Iterator[tuple[str, date | None]]:
    yield "day", day
    yield "week", day - timedelta(days=day.weekday())
    yield "month", day.replace(day=1)
    yield "lifetime", None


def cells_of(impressions: list[Row]) -> dict[tuple, list[Row]]:
    cells = defaultdict(list)
    for row in impressions:
        for period, start in periods_of(row["date_day"]):
            cells[period, start, row["platform"], row["campaign_id"]].append(row)
    return {(period, start or min(row["date_day"] for row in rows), *campaign): rows
            for (period, start, *campaign), rows in cells.items()}


def users_of(rows: list[Row]) -> set[str]:
    return {row["user_id"] for row in rows if row["user_id"] is not None}


def estimate(users: set[str]) -> int:
    hashes = sorted({int(hashlib.md5(user.encode()).hexdigest()[:12], 16) for user in users})
    return len(hashes) if len(hashes) < SIZE else round((SIZE - 1) * 16 ** 12 / hashes[SIZE - 1])


def by_key(rows: list[Row]) -> dict[tuple, Row]:
    keyed = {(row["period"], row["period_start"], row["platform"], row["campaign_id"]): row for row in rows}
    assert len(keyed) == len(rows)
    return keyed


def exposures_of(world: World) -> dict[tuple[str, str], list[tuple[int, Row | None]]]:
    """Of each campaign and known user: how often it was shown before the first conversion, and that one."""
    first: dict[tuple, Row] = {}
    for row in sorted(world.conversions, key=lambda row: (row["converted_at"], row["conversion_id"], row["platform"])):
        first.setdefault((row["credited_platform"], row["campaign_id"], row["user_id"] or row["clicked_by"]), row)
    shown = defaultdict(list)
    for row in world.impressions:
        if row["user_id"] is not None:
            shown[row["platform"], row["campaign_id"], row["user_id"]].append(row["impression_at"])
    found = defaultdict(list)
    for key, times in shown.items():
        conversion = first.get(key)
        before = [time for time in times if conversion is None or time <= conversion["converted_at"]]
        if before:
            found[key[:2]].append((len(before), conversion))
    return found


def wilson(hits: int, trials: int) -> tuple[float, float]:
    z, share = 1.959963984540054, hits / trials
    middle = share + z * z / (2 * trials)
    reach = z * sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    return (middle - reach) / (1 + z * z / trials), (middle + reach) / (1 + z * z / trials)


# ------------------------------------------------------------------------------------------------------------ tests

def test_reach_counts_distinct_users_of_every_period(world: World) -> None:
    built, cells = by_key(world.exact["mart_ads__reach"]), cells_of(world.impressions)
    assert built.keys() == cells.keys() and len(built) > 200
    for key, rows in cells.items():
        row, users = built[key], len(users_of(rows))
        known = sum(1 for one in rows if one["user_id"] is not None)
        counts = row["impressions"], row["known_user_impressions"], row["users"]
        assert counts == (len(rows), known, users or None), key
        assert row["frequency"] == (known / users if users else None) and row["known_user_share"] == known / len(rows)
        assert row["users_relative_error"] == (0 if users else None)
    assert any(row["known_user_share"] < 1 for row in built.values())


def test_a_sketch_is_that_of_all_users_of_its_days(world: World) -> None:
    """To the last digit, though each day keeps its own least hashes only, and the days were built in two builds."""
    built, cells = by_key(world.sketched), cells_of(world.impressions)
    assert built.keys() == cells.keys()
    assert {key: row["users"] for key, row in built.items()} == {
        key: estimate(users_of(rows)) or None for key, rows in cells.items()}


def test_a_sketch_is_as_near_as_it_says(world: World) -> None:
    built, exact = by_key(world.sketched), by_key(world.exact["mart_ads__reach"])
    estimated = {key: row for key, row in built.items() if row["users_relative_error"]}
    assert len(estimated) >= 5 and {row["users_relative_error"] for row in estimated.values()} == {0.015629}
    for key, row in built.items():
        if key in estimated:
            assert abs(row["users"] / exact[key]["users"] - 1) < 3 * 0.0156, key
        else:
            assert row["users"] == exact[key]["users"], "few are counted exactly"
        assert row["impressions"] == exact[key]["impressions"]
        assert row["known_user_impressions"] == exact[key]["known_user_impressions"]


def test_a_sketch_keeps_few_hashes_and_no_ids(world: World) -> None:
    stored = "main_ads_facts.fct_ads__reach_sketches"
    [most] = world.project.sql(f"select max(n) as n from (select count(user_hash) as n from {stored} group by "
                               "date_day, platform, campaign_id, ad_id)")
    assert most == {"n": SIZE}
    assert "user_id" not in {row["column_name"] for row in world.project.sql(f"describe {stored}")}


def test_frequency_counts_exposures_before_the_conversion(world: World) -> None:
    built = {(row["platform"], row["campaign_id"], row["first_exposure"]): row
             for row in world.exact["mart_ads__frequency"]}
    expected = {
        (*campaign, start) for campaign, users in exposures_of(world).items()
        for start, _ in GROUPS if any(exposures >= start for exposures, _ in users)
    }
    assert built.keys() == expected
    assert {start for _, _, start in expected} == {start for start, _ in GROUPS}, "every group is met"
    for campaign, users in exposures_of(world).items():
        spend, shown = world.spend[campaign]
        for start, end in GROUPS:
            reached = [(exposures, conversion) for exposures, conversion in users if exposures >= start]
            if not reached:
                continue
            row = built[(*campaign, start)]
            last = [(exposures, conversion) for exposures, conversion in reached if end is None or exposures <= end]
            impressions = sum(min(exposures, end or exposures) - start + 1 for exposures, _ in reached)
            converted = [conversion for _, conversion in last if conversion]
            values = [conversion["conversion_value"] for conversion in converted]
            told = [value for value in values if value is not None]
            value = sum(told) if told or not values else None
            assert (row["last_exposure"], row["users"], row["reached_users"], row["impressions"]) == (
                end, len(last), len(reached), impressions)
            assert (row["converted_users"], row["conversion_value"]) == (len(converted), value)
            assert row["conversion_rate"] == len(converted) / len(reached)
            assert row["marginal_conversion_rate"] == len(converted) / impressions
            low, high = row["marginal_conversion_rate_low"], row["marginal_conversion_rate_high"]
            assert (low, high) == pytest.approx(wilson(len(converted), impressions), rel=1e-9, abs=1e-15)
            assert 0 <= low <= row["marginal_conversion_rate"] <= high <= 1
            cost = float(spend) / shown if spend is not None else None
            assert row["average_cost_per_impression"] == cost
            if cost is not None and converted:
                assert row["cost_per_converted_user"] == pytest.approx(cost * impressions / len(converted), rel=1e-12)
            assert row["value_per_impression"] == (float(value) / impressions if value is not None else None)


def test_the_journeys_have_conversions_amid_impressions(world: World) -> None:
    """Or that later ones are left out would say nothing."""
    rows = world.exact["mart_ads__frequency"]
    shown = sum(1 for row in world.impressions if row["user_id"] is not None)
    assert sum(row["converted_users"] for row in rows) > 20
    assert sum(row["impressions"] for row in rows) < shown


def test_cells_of_few_users_stand_under_other(world: World) -> None:
    for mart, rows in world.folded.items():
        assert "other" in {row["campaign_id"] for row in rows}, mart
        assert all(row["users"] is None or row["users"] == 0 or row["users"] >= 60 for row in rows
                   if row["campaign_id"] != "other" and row.get("exposures") != "other"), mart
        name = "impressions"
        assert sum(row[name] for row in rows) == sum(row[name] for row in world.exact[mart]), mart
    [other] = {row["first_exposure"] for row in world.folded["mart_ads__frequency"] if row["exposures"] == "other"}
    assert other is None


def test_off_where_it_is_not_asked_for(world: World) -> None:
    names = world.project.dbt("list", "--resource-type", "model", "--output", "name", variables={
        "ad_funnel__reach": None, "ad_funnel__frequency": False})
    assert names, names.text
    assert "mart_ads__campaign_change" in names.text
    assert not any(name in names.text for name in (*MARTS, "fct_ads__exposures_by_day", "fct_ads__reach_sketches"))
