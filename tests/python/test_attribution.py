"""Attribution: real builds of random journeys against plain Python (attribution.py), worked examples, edge cases."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

import attribution as brute
import harness
import pytest
import random_journeys
from random_journeys import AS_OF, DAY, DIALS

Rows = list[dict[str, Any]]

MODELS = ["first_touch", "last_touch", "last_click", "last_non_direct", "linear", "position_based", "time_decay",
          "shapley_simplified", "markov", "shapley"]
MARTS = harness.ATTRIBUTION_MARTS
CREDIT_UNIT = Fraction(1, 10**10)
MONEY_UNIT = Fraction(1, 10**9)

# ---------------------------------------------------------------------------------------------------- random journeys

@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> harness.Project:
    return random_journeys.project(tmp_path_factory.mktemp("journeys"))


class World:
    """What was built under some settings, and what plain Python makes of the same conversions and touches."""

    def __init__(self, project: harness.Project, variables: dict[str, Any], settings: brute.Settings) -> None:
        self.settings = settings
        outcome = project.dbt(
            "build", *harness.NO_UNIT_TESTS, variables={f"ad_funnel__{name}": v for name, v in variables.items()}
        )
        self.failed = [name for name, status in outcome.statuses.items() if status not in ("success", "pass", "warn")]
        assert not self.failed, outcome.text

        def read(name: str) -> Rows:
            schema = "main_ads_marts" if name.startswith("mart_") else (
                "main_ads_ledger" if name.startswith("ledger_") else "main_ads_facts")
            return project.sql(f"select * from {schema}.{name}")

        self.built = {name: read(name) for name in (
            "fct_ads__touchpoints", "fct_ads__markov", "fct_ads__shapley", "fct_ads__daily", *MARTS,
        )}
        [freshness] = read("fct_ads__freshness")
        clicks, shown, visits = read("fct_ads__clicks"), read("fct_ads__impressions"), read("ledger_ads__visits")
        through = max(freshness["data_through"], *(row["visited_at"] for row in visits))
        self.touches = touches_of(clicks, shown, visits, settings)
        self.conversions = conversions_of(read("fct_ads__conversions"), clicks, shown)
        self.converted = brute.journeys(self.conversions, self.touches, settings)
        idle = brute.idle_journeys(self.conversions, self.touches, settings, through)
        self.training = brute.training(self.converted, idle, settings, through)

        self.paths = [(journey.stops(settings), Fraction(int(journey.conversion is not None)))
                      for journey in self.training]
        self.value_paths = [(journey.stops(settings), (journey.conversion and journey.conversion.value) or Fraction(0))
                            for journey in self.training]
        self.met = [(frozenset(journey.stops(settings)), journey.conversion is not None) for journey in self.training]
        self.channels = sorted({stop for stops, _ in self.paths for stop in stops})
        self.effects = brute.removal_effects(self.paths)
        self.shapley = brute.shapley_values(self.channels, brute.conversion_rate_game(self.met))
        self.weights = {"markov": brute.positive_shares(self.effects), "shapley": brute.positive_shares(self.shapley)}

    def credits(self, journey: brute.Journey) -> dict[str, list[Any]]:
        return brute.heuristics(journey, self.settings) | {
            model: brute.by_weights(journey, weights, self.settings) for model, weights in self.weights.items()
        }


def touches_of(clicks: Rows, shown: Rows, visits: Rows, settings: brute.Settings) -> list[brute.Touch]:
    found = [
        brute.Touch("click", row["click_id"], row["clicked_at"], row["user_id"], row["platform"], row["campaign_id"])
        for row in clicks if row["user_id"] and not row["is_invalid"]
    ]
    if settings.view_window:
        found += [
            brute.Touch("view", row["impression_id"], row["impression_at"], row["user_id"], row["platform"],
                        row["campaign_id"])
            for row in shown if row["user_id"] and not row["is_invalid"]
        ]
    for row in visits:
        explained = any(
            click["user_id"] == row["user_id"]
            and timedelta(0) <= row["visited_at"] - click["clicked_at"] < timedelta(minutes=5) for click in clicks
        )
        if row["user_id"] and row["disposition"] == "accepted" and row["user_agent"] != "evilbot" and not explained:
            tags = [tag for tag in (row["utm_source"], row["utm_medium"]) if tag]
            found.append(brute.Touch("visit", row["visit_id"], row["visited_at"], row["user_id"],
                                     row["channel"] or " / ".join(tags) or "direct", row["utm_campaign"] or "unknown"))
    return found


def conversions_of(rows: Rows, clicks: Rows, shown: Rows) -> list[brute.Conversion]:
    users = {("click", row["platform"], row["click_id"]): row["user_id"] for row in clicks}
    users |= {("view", row["platform"], row["impression_id"]): row["user_id"] for row in shown}
    found = []
    for row in rows:
        if row["is_invalid"] or row["credit_status"] not in ("click", "view", "none"):
            continue
        named = None
        if row["credit_rule"] in ("named_click", "named_impression"):
            kind = "click" if row["credit_rule"] == "named_click" else "view"
            name = row["credited_click_id"] if kind == "click" else row["credited_impression_id"]
            named = brute.Touch(kind, name, row["credited_at"], users[kind, row["credited_platform"], name],
                                row["credited_platform"], row["campaign_id"])
        value = None if row["conversion_value"] is None else Fraction(row["conversion_value"])
        found.append(brute.Conversion(row["platform"], row["conversion_id"], row["conversion_type"],
                                      row["converted_at"], row["user_id"], value, named))
    return found


@pytest.fixture(scope="module", params=[
    pytest.param(name, marks=[] if name == "default" else pytest.mark.slow) for name in DIALS
])
def world(request: pytest.FixtureRequest, project: harness.Project) -> World:
    return World(project, *DIALS[request.param])


def rows_by_conversion(world: World) -> dict[tuple[str, str], Rows]:
    found = defaultdict(list)
    for row in sorted(world.built["fct_ads__touchpoints"], key=lambda row: row["touch_number"]):
        found[row["platform"], row["conversion_id"]].append(row)
    return found


def test_the_random_journeys_are_of_every_kind(world: World) -> None:
    """Or the comparisons below would say little."""
    lengths = Counter(len(journey.touches) for journey in world.converted)
    assert lengths[0] > 5 and lengths[1] > 5
    assert sum(journey.left_out > 0 for journey in world.converted) > 0 or world.settings.max_touches == 100
    assert len({conversion.user for conversion in world.conversions}) < len(world.conversions)
    assert any(journey.conversion.named and journey.conversion.named.user != journey.conversion.user
               for journey in world.converted)
    assert any(len(journey.touches) != len({touch.at for touch in journey.touches}) for journey in world.converted) or (
        world.settings.max_touches == 1)
    assert sum(journey.conversion is None for journey in world.training) > 20
    assert any(value < 0 for value in world.shapley.values())


def test_every_conversion_has_its_touches_in_their_order(world: World) -> None:
    built = rows_by_conversion(world)
    expected = {(j.conversion.platform, j.conversion.name): j for j in world.converted}
    assert built.keys() == expected.keys()
    for key, journey in expected.items():
        rows = built[key]
        touches = [(t.touch_type, t.touch_id, t.at, t.channel, t.campaign, t.stop(world.settings))
                   for t in journey.touches] or [(None, None, None, *["unattributed"] * 3)]
        names = ("touch_type", "touch_id", "touched_at", "channel", "campaign_id", "path_channel")
        assert [tuple(row[name] for name in names) for row in rows] == touches
        assert [row["touch_number"] for row in rows] == list(range(1, len(rows) + 1))
        assert {(row["touches"], row["touches_left_out"]) for row in rows} == {
            (len(journey.touches), journey.left_out)}


@pytest.mark.parametrize("model", MODELS)
def test_credit_is_that_of_the_definition(world: World, model: str) -> None:
    built = rows_by_conversion(world)
    for journey in world.converted:
        rows = built[journey.conversion.platform, journey.conversion.name]
        if not journey.touches:
            assert [row[f"{model}_credit"] for row in rows] == [1]
            continue
        for row, share in zip(rows, world.credits(journey)[model], strict=True):
            assert abs(Fraction(row[f"{model}_credit"]) - Fraction(share)) <= 3 * CREDIT_UNIT / 2, (row, share)


@pytest.mark.parametrize("model", MODELS)
def test_credit_and_money_add_up_exactly(world: World, model: str) -> None:
    for rows in rows_by_conversion(world).values():
        value = rows[0]["conversion_value"]
        credits, values = ([row[f"{model}_{what}"] for row in rows] for what in ("credit", "value"))
        assert sum(credits) == 1 and min(credits) >= 0
        if value is None:
            assert set(values) == {None}
            continue
        assert sum(values) == value and min(values) >= 0
        for credit, part in zip(credits, values):
            assert abs(Fraction(part) - Fraction(credit) * Fraction(value)) <= MONEY_UNIT


def test_removal_effects_are_those_of_the_chain_without_each_channel(world: World) -> None:
    built = {row["path_channel"]: row for row in world.built["fct_ads__markov"]}
    worth = brute.removal_effects(world.value_paths)
    assert built.keys() == set(world.channels)
    for channel, row in built.items():
        assert abs(Fraction(row["removal_effect"]) - world.effects[channel]) < Fraction(1, 10**13)
        assert abs(Fraction(row["value_removal_effect"]) - worth[channel]) < Fraction(1, 10**13)
        assert abs(Fraction(row["weight"]) - world.weights["markov"][channel]) < Fraction(1, 10**13)
        mine = [converted for stops, converted in world.paths if channel in stops]
        assert (row["journeys"], row["conversions"]) == (len(mine), sum(mine))


def test_shapley_values_are_those_of_the_definition(world: World) -> None:
    built = {row["path_channel"]: row for row in world.built["fct_ads__shapley"]}
    assert built.keys() == set(world.channels)
    for channel, row in built.items():
        assert abs(Fraction(row["shapley_value"]) - world.shapley[channel]) < Fraction(1, 10**13)
        assert abs(Fraction(row["weight"]) - world.weights["shapley"][channel]) < Fraction(1, 10**13)


def test_simplified_shapley_is_the_shapley_value_of_the_conversions_among_channels(world: World) -> None:
    """Worth of a group: the conversions of the journeys that met none but its channels."""
    met = [frozenset(journey.stops(world.settings)) for journey in world.converted if journey.touches]
    players = sorted(set().union(*met))
    values = brute.shapley_values(players, lambda group: Fraction(sum(channels <= group for channels in met)))
    credited: dict[str, Fraction] = defaultdict(Fraction)
    for row in world.built["fct_ads__touchpoints"]:
        credited[row["path_channel"]] += Fraction(row["shapley_simplified_credit"])
    for player in players:
        assert abs(credited[player] - values[player]) < len(met) * 3 * CREDIT_UNIT


# ------------------------------------------------------------------------------------------------------------- marts

@pytest.mark.parametrize("model", MODELS)
def test_mart_sums_the_touchpoints_by_day_and_campaign(world: World, model: str) -> None:
    credited: dict[tuple, list[Any]] = defaultdict(lambda: [Decimal(0), []])
    for row in world.built["fct_ads__touchpoints"]:
        cell = credited[row["date_day"], row["channel"], row["campaign_id"]]
        cell[0] += row[f"{model}_credit"]
        cell[1].append(row[f"{model}_value"])
    spent = {(row["date_day"], row["platform"], row["campaign_id"]): row["spend"]
             for row in world.built["fct_ads__daily"] if row["spend"] is not None}
    mart = {(row["date_day"], row["channel"], row["campaign_id"]): row
            for row in world.built["mart_ads__attribution"] if row["model"] == model}
    assert mart.keys() == credited.keys() | spent.keys()
    for key, row in mart.items():
        conversions, values = credited[key]
        told = [value for value in values if value is not None]
        assert row["month_start"] == row["date_day"].replace(day=1)
        assert row["conversions"] == conversions
        assert row["conversion_value"] == (sum(told) if told or not conversions else None)
        if key in spent:
            assert row["spend"] == spent[key]
            assert row["cpa"] == (float(row["spend"]) / float(conversions) if conversions else None)


def test_models_stand_side_by_side_with_their_shift_from_last_click(world: World) -> None:
    sums: dict[tuple, dict[str, Decimal]] = defaultdict(lambda: dict.fromkeys(MODELS, Decimal(0)))
    for row in world.built["fct_ads__touchpoints"]:
        for model in MODELS:
            sums[row["channel"], row["campaign_id"]][model] += row[f"{model}_credit"]
    mart = {(row["channel"], row["campaign_id"]): row for row in world.built["mart_ads__attribution_models"]}
    assert mart.keys() == sums.keys()
    for key, row in mart.items():
        for model in MODELS:
            assert row[f"{model}_conversions"] == sums[key][model]
            if model != "last_click":
                assert row[f"{model}_shift"] == sums[key][model] - sums[key]["last_click"]


def test_paths_are_the_journeys_with_repeats_named_once(world: World) -> None:
    paths: dict[str, list[brute.Journey]] = defaultdict(list)
    for journey in world.converted:
        stops = journey.stops(world.settings)
        changes = [stop for here, stop in zip([None, *stops], stops) if stop != here]
        paths[" > ".join(changes) or "unattributed"].append(journey)
    learned, idle = Counter(), Counter()
    for journey in world.training:
        stops = journey.stops(world.settings)
        path = " > ".join(stop for here, stop in zip([None, *stops], stops) if stop != here)
        learned[path] += 1
        idle[path] += journey.conversion is None
    mart = {row["path"]: row for row in world.built["mart_ads__conversion_paths"]}
    assert mart.keys() == paths.keys() | learned.keys()
    assert sum(idle.values()) > 0
    for path, row in mart.items():
        assert (row["journeys"], row["non_converting_journeys"]) == (learned[path], idle[path]), path
    for path in mart.keys() - paths.keys():
        row = mart[path]
        assert (row["conversions"], row["touches"], row["conversion_value"], row["share"]) == (0, 0, 0, 0)
        assert (row["path_length"], row["median_hours_to_convert"]) == (len(path.split(" > ")), None)
    for path, mine in paths.items():
        row = mart[path]
        hours = sorted((j.ended_at - j.touches[0].at).total_seconds() / 3600 for j in mine if j.touches)
        middle = len(hours) // 2
        median = None if not hours else (hours[middle] + hours[-middle - 1]) / 2
        told = [j.conversion.value for j in mine if j.conversion.value is not None]
        assert (row["conversions"], row["touches"]) == (len(mine), sum(len(j.touches) for j in mine))
        assert row["path_length"] == (0 if path == "unattributed" else len(path.split(" > ")))
        assert row["share"] == len(mine) / len(world.converted)
        assert row["median_hours_to_convert"] == (median if median is None else pytest.approx(median))
        assert row["conversion_value"] == (sum(told) if told else None)


@pytest.mark.parametrize(("measured_from", "place"), [("first_touch", 0), ("last_touch", -1)])
def test_lag_counts_whole_days(world: World, measured_from: str, place: int) -> None:
    lags = Counter((j.ended_at - j.touches[place].at).days for j in world.converted if j.touches)
    mart = sorted((row for row in world.built["mart_ads__conversion_lag"] if row["measured_from"] == measured_from),
                  key=lambda row: row["days_to_convert"])
    assert [row["days_to_convert"] for row in mart] == list(range(max(lags) + 1))
    assert [row["conversions"] for row in mart] == [lags[day] for day in range(max(lags) + 1)]
    so_far = 0
    for row in mart:
        so_far += row["conversions"]
        assert row["cumulative_share"] == so_far / lags.total()
        assert row["share"] == row["conversions"] / lags.total()


# ------------------------------------------------------------------------------------ worked examples and edge cases

class Examples:
    """A project of visits and conversions alone, built from journeys that are written out."""

    def __init__(self, folder: Path) -> None:
        self.project = harness.on_raw_tables(
            folder, self.rows([]), attribution=True, as_of=AS_OF, look_back="1000 days"
        )
        self.project.freeze()

    @staticmethod
    def rows(journeys: list[tuple[str, bool]]) -> dict[str, Rows]:
        """'A > B': two visits, a day apart, an hour before the conversion, if there is one. A user each."""
        visits = [dict.fromkeys(("visit_id", "visited_at", "user_id", "channel", "utm_campaign"))]
        conversions = [dict.fromkeys(("conversion_id", "converted_at", "conversion_type", "user_id", "value"))]
        for number, (path, is_converted) in enumerate(journeys):
            stops = path.split(" > ") if path else []
            for place, stop in enumerate(stops):
                at = datetime(2025, 4, 20, 11) - timedelta(days=len(stops) - 1 - place)
                visits.append({"visit_id": f"{number}-{place}", "visited_at": str(at), "user_id": f"u{number}",
                               "channel": stop})
            if is_converted:
                conversions.append({"conversion_id": f"v{number:05}", "converted_at": "2025-04-20 12:00:00",
                                    "conversion_type": "purchase", "user_id": f"u{number}", "value": "100"})
        return {"visits": visits, "conversions": conversions}

    def build(self, journeys: list[tuple[str, bool]], **settings: Any) -> Examples:
        return self.build_rows(self.rows(journeys), **settings)

    def build_rows(self, rows: dict[str, Rows], **settings: Any) -> Examples:
        for table, each in rows.items():
            self.project.load(table, each)
        self.outcome = self.project.build(
            "--select", *(f"+{mart}" for mart in MARTS), "--indirect-selection", "cautious", *harness.NO_UNIT_TESTS,
            variables={f"ad_funnel__{name}": value for name, value in settings.items()},
        )
        assert {"attribution_adds_up", "data_driven_models_have_few_channels"} <= self.outcome.statuses.keys()
        return self

    def table(self, name: str, key: str, value: str) -> dict[str, Any]:
        schema = "main_ads_marts" if name.startswith("mart_") else "main_ads_facts"
        rows = self.project.sql(f"select {key} as key, {value} as value from {schema}.{name}")
        assert len(rows) == len({row["key"] for row in rows})
        return {row["key"]: row["value"] for row in rows}

    def credit(self, model: str, conversion: str = "v00000") -> list[float]:
        rows = self.project.sql(
            f"select {model}_credit as credit from main_ads_facts.fct_ads__touchpoints "
            f"where conversion_id = '{conversion}' order by touch_number"
        )
        return [None if row["credit"] is None else round(float(row["credit"]), 9) for row in rows]

    def by_channel(self, model: str) -> dict[str, float]:
        rows = self.project.sql(
            "select channel, sum(conversions) as conversions from main_ads_marts.mart_ads__attribution "
            f"where model = '{model}' group by channel"
        )
        return {row["channel"]: round(float(row["conversions"]), 8) for row in rows}


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Examples:
    return Examples(tmp_path_factory.mktemp("examples"))


def floats(values: dict[str, Any]) -> dict[str, float]:
    return {name: round(float(value), 12) for name, value in values.items()}


def test_the_textbook_chain_of_three_channels(examples: Examples) -> None:
    """C1 > C2 > C3 converts; C1, and C2 > C3, do not. Without C1 half of the conversions are lost, without C2 or C3
    all of them: so 20 %, 40 % and 40 % of the credit (a worked example that many texts on Markov attribution share)."""
    examples.build([("C1 > C2 > C3", True), ("C1", False), ("C2 > C3", False)])
    assert floats(examples.table("fct_ads__markov", "path_channel", "removal_effect")) == {"C1": 0.5, "C2": 1, "C3": 1}
    assert floats(examples.table("fct_ads__markov", "path_channel", "weight")) == {"C1": 0.2, "C2": 0.4, "C3": 0.4}
    assert examples.credit("markov") == [0.2, 0.4, 0.4]


def test_two_channels_in_the_game_of_conversion_rates(examples: Examples) -> None:
    """Rates: A alone 1/4, B alone 1/2, both channels allowed (1 + 1 + 2) / (4 + 2 + 2) = 1/2. So A adds 1/4 as the
    first and 0 as the second, 1/8 on average, and B 1/2 and 1/4, 3/8."""
    examples.build([
        ("A", True), *[("A", False)] * 3, ("B", True), ("B", False), ("A > B", True), ("B > A", True),
    ])
    assert floats(examples.table("fct_ads__shapley", "path_channel", "shapley_value")) == {"A": 0.125, "B": 0.375}
    assert examples.credit("shapley", "v00006") == [0.25, 0.75]
    assert examples.credit("shapley", "v00007") == [0.75, 0.25]


def test_simplified_shapley_shares_a_path_among_its_channels(examples: Examples) -> None:
    """Zhao, Mahboobi and Bagheri (2018): every channel of a path has the same part of it, and so has every occurrence
    of the channel of that part."""
    examples.build([("A > B > A > C", True), ("A", True), ("A > B", True)])
    third, sixth = round(1 / 3, 9), round(1 / 6, 9)
    assert examples.credit("shapley_simplified") == [sixth, third, sixth, third]
    channels = examples.by_channel("shapley_simplified")
    assert channels == {"A": pytest.approx(11 / 6), "B": pytest.approx(5 / 6), "C": pytest.approx(1 / 3)}


@pytest.mark.parametrize(("path", "shares", "expected"), [
    pytest.param("A", "40/20/40", [1], marks=pytest.mark.slow),
    pytest.param("A > B", "40/20/40", [0.5, 0.5], marks=pytest.mark.slow),
    pytest.param("A > B > C", "40/20/40", [0.4, 0.2, 0.4], marks=pytest.mark.slow),
    ("A > B > C > D", "40/20/40", [0.4, 0.1, 0.1, 0.4]),
    ("A > B", "30/60/10", [0.75, 0.25]),
    pytest.param("A > B", "0/100/0", [0.5, 0.5], marks=pytest.mark.slow),
    pytest.param("A > B > C", "0/0/100", [0, 0, 1], marks=pytest.mark.slow),
])
def test_position_based(examples: Examples, path: str, shares: str, expected: list[float]) -> None:
    examples.build([(path, True)], position_shares=shares, data_driven_attribution=True)
    assert examples.credit("position_based") == expected


@pytest.mark.slow
def test_a_touch_one_half_life_older_has_half_the_credit(examples: Examples) -> None:
    examples.build([("A > B > C", True)], time_decay_half_life="1 day")
    assert examples.credit("time_decay") == [round(1 / 7, 9), round(2 / 7, 9), round(4 / 7, 9)]


@pytest.mark.slow
def test_touches_too_old_to_weigh_anything_are_no_error(examples: Examples) -> None:
    examples.build([("A > B", True)], time_decay_half_life="1 second")
    assert examples.credit("time_decay") == [0, 1]


def test_no_conversion_at_all(examples: Examples) -> None:
    examples.build([("A > B", False), ("A", False)])
    assert examples.table("fct_ads__touchpoints", "conversion_id", "1") == {}
    assert examples.table("fct_ads__markov", "path_channel", "removal_effect") == {"A": None, "B": None}
    assert floats(examples.table("fct_ads__markov", "path_channel", "weight")) == {"A": 0, "B": 0}
    assert floats(examples.table("fct_ads__shapley", "path_channel", "shapley_value")) == {"A": 0, "B": 0}
    # Paths that led to nothing are counted, too.
    assert [mart for mart in MARTS if examples.project.sql(f"from main_ads_marts.{mart} limit 1")] == [
        "mart_ads__conversion_paths",
    ]


@pytest.mark.slow
def test_no_touch_at_all(examples: Examples) -> None:
    examples.build([("", True), ("", True)])
    assert {model: examples.by_channel(model) for model in MODELS} == dict.fromkeys(MODELS, {"unattributed": 2})
    assert examples.table("mart_ads__conversion_paths", "path", "path_length") == {"unattributed": 0}
    assert examples.table("mart_ads__conversion_lag", "days_to_convert", "conversions") == {}
    assert examples.table("fct_ads__markov", "path_channel", "weight") == {}


@pytest.mark.slow
def test_one_channel(examples: Examples) -> None:
    examples.build([("A > A", True), ("A", False)])
    assert floats(examples.table("fct_ads__markov", "path_channel", "weight")) == {"A": 1}
    assert floats(examples.table("fct_ads__shapley", "path_channel", "shapley_value")) == {"A": 0.5}
    assert [examples.by_channel(model) for model in MODELS] == [{"A": 1}] * len(MODELS)


@pytest.mark.slow
def test_only_direct(examples: Examples) -> None:
    """Last non-direct has nobody but the last direct visit."""
    examples.build([("direct > (Direct) / (none) > direct", True)])
    assert examples.credit("last_non_direct") == [0, 0, 1]


def test_last_non_direct_passes_over_direct_visits(examples: Examples) -> None:
    examples.build([("search > mail > direct > direct", True)])
    assert examples.credit("last_non_direct") == [0, 1, 0, 0]
    assert examples.credit("last_touch") == [0, 0, 0, 1]


@pytest.mark.slow
def test_cycles(examples: Examples) -> None:
    """Who leaves B comes back to A four times of five: the chain goes round, and the effects are exact all the same."""
    paths = [("A > B > A > B > A > B", True), ("B > A > B", False), ("A", False), ("B", True)]
    examples.build(paths)
    effects = brute.removal_effects([(path.split(" > "), Fraction(int(done))) for path, done in paths])
    assert floats(examples.table("fct_ads__markov", "path_channel", "removal_effect")) == pytest.approx(
        floats(effects), abs=1e-13)


@pytest.mark.slow
def test_more_channels_than_a_statement_sweeps_and_hardly_a_way_out(examples: Examples) -> None:
    """The chain is solved by ten states a statement; and two of its channels go round and round."""
    random = Random(5)
    paths = [(" > ".join(f"C{random.randrange(20):02}" for _ in range(random.randrange(1, 9))), random.random() < 0.4)
             for _ in range(60)]
    paths.append((" > ".join(["loop > back"] * 50), True))
    examples.build(paths)
    steps = examples.project.sql("select distinct step from main_ads_facts.fct_ads__markov_chain")
    assert {row["step"] for row in steps} == {0, 10, 20, 23}
    effects = brute.removal_effects([(path.split(" > "), Fraction(int(done))) for path, done in paths])
    built = examples.table("fct_ads__markov", "path_channel", "removal_effect")
    assert len(built) == 22 and built.keys() == effects.keys()
    for channel, effect in effects.items():
        assert abs(Fraction(built[channel]) - effect) < Fraction(1, 10**13), channel


@pytest.mark.slow
def test_channels_of_no_weight_share_alike(examples: Examples) -> None:
    """The journey with X lies before the training window, so nobody knows what X is worth."""
    rows = examples.rows([("A", True), ("X > Y", True)])
    for row in rows["visits"] + rows["conversions"]:
        for name in ("visited_at", "converted_at"):
            if row.get("user_id") == "u1" and row.get(name):
                row[name] = row[name].replace("2025-04", "2025-01")
    examples.build_rows(rows)
    assert examples.table("fct_ads__markov", "path_channel", "weight").keys() == {"A"}
    assert examples.credit("markov", "v00001") == examples.credit("shapley", "v00001") == [0.5, 0.5]


def test_with_more_channels_than_shapley_can_tell_apart_its_credit_is_unknown(examples: Examples) -> None:
    examples.build([(f"C{number:02}", number % 2 == 0) for number in range(16)])
    assert examples.outcome.statuses["data_driven_models_have_few_channels"] == "warn"
    assert examples.credit("shapley") == [None] and examples.credit("markov") == [1]
    assert examples.by_channel("shapley") == {}
    assert sum(examples.by_channel("markov").values()) == 8


@pytest.mark.slow
def test_fifteen_channels_are_few_enough(examples: Examples) -> None:
    """All alike but for the last, which nobody converts after: by symmetry the others have the same value."""
    examples.build([(f"C{number:02}", number < 14) for number in range(15)])
    assert examples.outcome.statuses["data_driven_models_have_few_channels"] == "pass"
    values = floats(examples.table("fct_ads__shapley", "path_channel", "shapley_value"))
    assert len({value for channel, value in values.items() if channel != "C14"}) == 1
    assert sum(values.values()) == pytest.approx(14 / 15)


@pytest.mark.slow
def test_with_more_channels_than_markov_can_tell_apart_its_credit_is_unknown(examples: Examples) -> None:
    examples.build([(f"C{number:03}", True) for number in range(201)])
    assert examples.credit("markov") == examples.credit("shapley") == [None]
    assert sum(examples.by_channel("linear").values()) == 201


@pytest.mark.slow
def test_somebody_with_thousands_of_touches_and_conversions(examples: Examples) -> None:
    rows = examples.rows([])
    rows["visits"] += [{"visit_id": f"w{n}", "visited_at": str(DAY + timedelta(minutes=n)), "user_id": "u",
                        "channel": f"C{n % 7}"} for n in range(5000)]
    rows["conversions"] += [{"conversion_id": f"v{n:05}", "converted_at": str(DAY + timedelta(minutes=n)),
                             "conversion_type": "purchase", "user_id": "u", "value": "1"} for n in range(0, 5000, 5)]
    examples.build_rows(rows)
    [row] = examples.project.sql(
        "select count(*) as row_count, max(touches) as touches, max(touches_left_out) as left_out "
        "from main_ads_facts.fct_ads__touchpoints"
    )
    assert row == {"row_count": sum(min(n + 1, 100) for n in range(0, 5000, 5)), "touches": 100, "left_out": 4896}


def test_repeat_buyers_are_credited_by_conversion(examples: Examples) -> None:
    rows = examples.rows([("A > B", True)])
    rows["conversions"].append({**rows["conversions"][1], "conversion_id": "again"})
    examples.build_rows(rows)
    assert examples.credit("linear") == examples.credit("linear", "again") == [0.5, 0.5]
    assert examples.by_channel("linear") == {"A": 1, "B": 1}
    examples.build_rows(rows, attribution_mode="consumed")  # at one moment, the first by id is the next conversion
    assert examples.by_channel("linear") == {"A": 0.5, "B": 0.5, "unattributed": 1}


@pytest.mark.slow
@pytest.mark.parametrize(("visited_at", "counts"), [
    ("2025-04-18 12:00:00", False), ("2025-04-18 12:00:00.000001", True), ("2025-04-20 12:00:00", True),
    ("2025-04-20 12:00:00.000001", False),
])
def test_windows_are_half_open_to_the_microsecond(examples: Examples, visited_at: str, counts: bool) -> None:
    rows = examples.rows([("A", True)])
    rows["visits"][1]["visited_at"] = visited_at
    examples.build_rows(rows, visit_window="2 days")
    assert examples.by_channel("linear") == {"A" if counts else "unattributed": 1}


# ---------------------------------------------------------------------------------------------------- switches

@pytest.mark.slow
def test_with_attribution_off_nothing_of_it_is_built(tmp_path: Path) -> None:
    rows = Examples.rows([("A", True)])
    project = harness.on_raw_tables(tmp_path, rows)
    outcome = project.build(*harness.NO_UNIT_TESTS)
    names = {row["name"] for row in project.sql("select table_name as name from information_schema.tables "
                                                "where table_schema like 'main_ads%'")}
    assert "mart_ads__ledger" in names and not {name for name in names if "visit" in name or "touch" in name
                                                or "attribution" in name or name in MARTS}
    assert not [name for name in outcome.statuses if "ads__visits" in name or "attribution" in name or "markov" in name]
    assert {row["source_table"] for row in project.sql("select source_table from main_ads_marts.mart_ads__ledger")} == {
        "conversions"}


@pytest.mark.slow
def test_without_data_driven_models_the_others_stand(tmp_path: Path) -> None:
    project = harness.on_raw_tables(tmp_path, Examples.rows([("A > B", True)]), attribution=True,
                                    data_driven_attribution=False, as_of=AS_OF)
    outcome = project.build(*harness.NO_UNIT_TESTS)
    assert not {"fct_ads__markov", "fct_ads__shapley", "fct_ads__training_journeys"} & outcome.statuses.keys()
    [row] = project.sql("select linear_conversions, markov_conversions, shapley_shift "
                        "from main_ads_marts.mart_ads__attribution_models where channel = 'A'")
    assert row == {"linear_conversions": Decimal("0.5"), "markov_conversions": None, "shapley_shift": None}
    models = {row["model"] for row in project.sql("select model from main_ads_marts.mart_ads__attribution")}
    assert models == set(MODELS) - {"markov", "shapley"}


@pytest.mark.slow
def test_cells_of_few_users_stand_under_other(examples: Examples) -> None:
    rows = examples.rows([("A", True), ("A", True), ("A", True), ("B", True), ("B > A", True),
                          ("D", False), ("D", False), ("E", False), ("E", False), ("E", False)])
    for row in rows["visits"]:
        row["utm_campaign"] = "rare" if row["channel"] == "B" else "usual"
    examples.build_rows(rows, min_cell_users=3)
    assert examples.table("mart_ads__conversion_paths", "path", "conversions") == {"A": 3, "E": 0, "other": 2}
    assert examples.table("mart_ads__conversion_paths", "path", "non_converting_journeys") == {
        "A": 0, "E": 3, "other": 2}
    assert examples.table("mart_ads__attribution_models", "channel || ' ' || campaign_id",
                          "linear_conversions") == {"A usual": Decimal("3.5"), "B other": Decimal("1.5")}
