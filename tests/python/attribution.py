"""Attribution a second time, in plain Python and exact fractions: conversions and touches in, credit out.

It shares no SQL with the package. Markov is a linear solve of the chain with and without each channel, Shapley the
definition by subsets; nothing is clever.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import combinations
from math import factorial
from typing import Any, Iterable

ORDER = {"view": 1, "visit": 2, "click": 3}
DIRECT = {"direct", "(direct)", "(direct) / (none)", "(none)"}


@dataclass(frozen=True)
class Settings:
    click_window: timedelta = timedelta(days=30)
    view_window: timedelta = timedelta(days=1)
    visit_window: timedelta = timedelta(days=30)
    by_type: tuple[tuple[str, str, timedelta], ...] = ()  # conversion type, click or view, its window
    mode: str = "overlapping"
    level: str = "channel"
    max_touches: int = 100
    shares: tuple[int, int, int] = (40, 20, 40)
    half_life: timedelta = timedelta(days=7)
    training_window: timedelta = timedelta(days=90)

    def window(self, touch_type: str, conversion_type: str | None = None) -> timedelta:
        if touch_type == "visit":
            return self.visit_window
        for kind, what, window in self.by_type:
            if (kind, what) == (conversion_type, touch_type):
                return window
        return self.click_window if touch_type == "click" else self.view_window


@dataclass(frozen=True)
class Touch:
    touch_type: str
    touch_id: str
    at: datetime
    user: str | None
    channel: str
    campaign: str

    def order(self) -> tuple:
        return self.at, ORDER[self.touch_type], self.touch_id, self.channel

    def stop(self, settings: Settings) -> str:
        return self.channel if settings.level == "channel" else f"{self.channel}: {self.campaign}"


@dataclass(frozen=True)
class Conversion:
    platform: str
    name: str
    kind: str
    at: datetime
    user: str | None
    value: Fraction | None
    named: Touch | None  # the event that it names and is credited to


@dataclass
class Journey:
    conversion: Conversion | None  # None: it ended without one
    ended_at: datetime
    touches: list[Touch]
    left_out: int = 0

    def stops(self, settings: Settings) -> list[str]:
        return [touch.stop(settings) for touch in self.touches]


# --------------------------------------------------------------------------------------------------------- journeys

def latest(touches: Iterable[Touch], settings: Settings) -> tuple[list[Touch], int]:
    ordered = sorted(touches, key=Touch.order)
    return ordered[-settings.max_touches:], max(0, len(ordered) - settings.max_touches)


def user_of(conversion: Conversion) -> str | None:
    return conversion.user or (conversion.named.user if conversion.named else None)


def journeys(conversions: list[Conversion], touches: list[Touch], settings: Settings) -> list[Journey]:
    """One for each conversion."""
    found = []
    for conversion in conversions:
        user = user_of(conversion)
        if user:
            rivals = [other for other in conversions if user_of(other) == user]
        else:
            rivals = [other for other in conversions if not user_of(other) and conversion.named
                      and other.named and other.named.touch_id == conversion.named.touch_id
                      and other.named.channel == conversion.named.channel]
        before = [other for other in rivals if (other.at, other.platform, other.name)
                  < (conversion.at, conversion.platform, conversion.name)]
        previous = max((other.at for other in before), default=datetime.min)
        mine = {touch for touch in touches if user and touch.user == user} | (
            {conversion.named} if conversion.named else set())
        kept, left_out = latest((
            touch for touch in mine
            if touch.at <= conversion.at < touch.at + settings.window(touch.touch_type, conversion.kind)
            and (settings.mode == "overlapping" or touch.at > previous)
        ), settings)
        found.append(Journey(conversion, conversion.at, kept, left_out))
    return found


def idle_journeys(conversions: list[Conversion], touches: list[Touch], settings: Settings, through: datetime,
                  ) -> list[Journey]:
    """At most one for each user: what led to no conversion, as if they had converted at the last of it."""
    owned: set[Touch] = set()
    unlimited = Settings(**{**settings.__dict__, "max_touches": 10**9})
    for journey in journeys(conversions, touches, unlimited):
        owned |= set(journey.touches)
    by_user = defaultdict(list)
    longest = max(settings.click_window, settings.view_window, settings.visit_window)
    for touch in touches:
        if touch not in owned and touch.at > through - settings.training_window - longest:
            by_user[touch.user].append(touch)
    found = []
    for mine in by_user.values():
        end = max(touch.at for touch in mine)
        kept, left_out = latest((t for t in mine if t.at > end - settings.window(t.touch_type)), settings)
        found.append(Journey(None, end, kept, left_out))
    return found


def training(converted: list[Journey], idle: list[Journey], settings: Settings, through: datetime) -> list[Journey]:
    return [journey for journey in [*converted, *idle]
            if journey.touches and journey.ended_at > through - settings.training_window]


# ------------------------------------------------------------------------------------------------------- heuristics

def whole(number: int, chosen: int) -> list[Fraction]:
    return [Fraction(int(place == chosen)) for place in range(number)]


def normal(weights: list[Any]) -> list[Any]:
    return [weight / sum(weights) for weight in weights]


def heuristics(journey: Journey, settings: Settings) -> dict[str, list[Any]]:
    touches = journey.touches
    count = len(touches)
    clicks = [place for place, touch in enumerate(touches) if touch.touch_type == "click"]
    others = [place for place, touch in enumerate(touches) if touch.channel.lower() not in DIRECT]
    first, middle, last = settings.shares
    if count == 1:
        position = [Fraction(1)]
    elif count == 2:
        position = normal([Fraction(first), Fraction(last)]) if first + last else [Fraction(1, 2)] * 2
    else:
        position = [Fraction(first, 100), *[Fraction(middle, 100 * (count - 2))] * (count - 2), Fraction(last, 100)]
    return {
        "first_touch": whole(count, 0),
        "last_touch": whole(count, count - 1),
        "last_click": whole(count, clicks[-1] if clicks else count - 1),
        "last_non_direct": whole(count, others[-1] if others else count - 1),
        "linear": [Fraction(1, count)] * count,
        "position_based": position,
        "time_decay": normal([0.5 ** ((touches[-1].at - touch.at) / settings.half_life) for touch in touches]),
        "shapley_simplified": by_weights(journey, {}, settings),
    }


def by_weights(journey: Journey, weights: dict[str, Fraction], settings: Settings) -> list[Fraction]:
    """Shared out among the channels of a journey by their weights, and alike among the touches of one."""
    stops = journey.stops(settings)
    counts = Counter(stops)
    known = {stop: weights.get(stop, Fraction(0)) for stop in counts}
    if not sum(known.values()):
        known = dict.fromkeys(counts, Fraction(1))
    return normal([Fraction(known[stop]) / counts[stop] for stop in stops])


# ------------------------------------------------------------------------------------------------------ data-driven

def solve(matrix: list[list[Fraction]], right: list[Fraction]) -> list[Fraction]:
    """x of matrix x = right, by elimination."""
    rows = [[*row, value] for row, value in zip(matrix, right)]
    size = len(rows)
    for step in range(size):
        pivot = next(row for row in range(step, size) if rows[row][step] != 0)
        rows[step], rows[pivot] = rows[pivot], rows[step]
        rows[step] = [value / rows[step][step] for value in rows[step]]
        for row in range(size):
            if row != step and rows[row][step] != 0:
                factor = rows[row][step]
                rows[row] = [a - factor * b for a, b in zip(rows[row], rows[step])]
    return [row[-1] for row in rows]


def chance_to_convert(paths: list[tuple[list[str], Fraction]], without: str | None = None) -> Fraction:
    """Of the absorbing chain that these paths, each with what its end is worth, make; who would come to the channel
    `without` is gone."""
    moves: dict[str, Counter] = defaultdict(Counter)
    leaves: Counter = Counter()
    ends: dict[str, Fraction] = defaultdict(Fraction)
    for stops, worth in paths:
        chain = ["(start)", *stops]
        for here, there in zip(chain, chain[1:]):
            moves[here][there] += 1
            leaves[here] += 1
        leaves[chain[-1]] += 1
        ends[chain[-1]] += worth
    states = [state for state in leaves if state != without]
    matrix = [[Fraction(int(here == there)) - Fraction(moves[here][there], leaves[here]) for there in states]
              for here in states]
    return solve(matrix, [ends[state] / leaves[state] for state in states])[states.index("(start)")]


def removal_effects(paths: list[tuple[list[str], Fraction]]) -> dict[str, Fraction | None]:
    channels = {stop for stops, _ in paths for stop in stops}
    if not paths or not (all_of_them := chance_to_convert(paths)):
        return dict.fromkeys(channels)
    return {channel: 1 - chance_to_convert(paths, channel) / all_of_them for channel in channels}


def shapley_values(players: list[str], worth: Any) -> dict[str, Fraction]:
    """The definition, by subsets: worth(frozenset of players)."""
    count = len(players)
    values = {}
    for player in players:
        others = [other for other in players if other != player]
        values[player] = sum((
            Fraction(factorial(size) * factorial(count - size - 1), factorial(count))
            * (worth(frozenset(group) | {player}) - worth(frozenset(group)))
            for size in range(count) for group in combinations(others, size)
        ), Fraction(0))
    return values


def conversion_rate_game(met: list[tuple[frozenset[str], bool]]) -> Any:
    """The conversion rate of the journeys that met none but these channels."""
    known: dict[frozenset, Fraction] = {}

    def worth(group: frozenset[str]) -> Fraction:
        if group not in known:
            inside = [converted for channels, converted in met if channels <= group]
            known[group] = Fraction(sum(inside), len(inside)) if inside else Fraction(0)
        return known[group]
    return worth


def positive_shares(values: dict[str, Fraction | None]) -> dict[str, Fraction]:
    due = {name: max(value or Fraction(0), Fraction(0)) for name, value in values.items()}
    total = sum(due.values())
    return {name: value / total if total else Fraction(0) for name, value in due.items()}
