"""What mart_ads__experiments must say, from the rows of facts, with scipy: it shares no formula with the package."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np
from scipy import optimize, stats

Rows = list[dict[str, Any]]

MEASURES = ("impressions", "clicked_impressions", "converted_impressions", "clicks", "converted_clicks", "conversions",
            "conversion_value", "spend")
METRICS = {
    "ctr": ("clicked_impressions", "impressions"),
    "cvr": ("converted_clicks", "clicks"),
    "conversion_per_impression": ("converted_impressions", "impressions"),
    "value_per_click": ("conversion_value", "clicks"),
    "cpa": ("spend", "conversions"),
    "roas": ("conversion_value", "spend"),
}
SHARES = ("ctr", "cvr", "conversion_per_impression")


@dataclass(frozen=True)
class Rules:
    significance: float = 0.05
    power: float = 0.8
    expected_lift: float = 0.3
    min_events: int = 30


@dataclass
class Side:
    """One variant's units, each with its sums of a metric's numerator and denominator."""

    x: list[Any]
    y: list[Any]
    value: float | None = field(init=False, default=None)
    variance: float | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.sum_x, self.sum_y = (float(sum(map(Decimal, map(str, values)))) for values in (self.x, self.y))
        self.x, self.y = (np.array([millionths(value) for value in values]) for values in (self.x, self.y))
        if self.sum_y > 0:
            self.value = self.sum_x / self.sum_y
            self.variance = np.sum((self.x - self.value * self.y) ** 2) / self.sum_y**2

    def events(self, is_share: bool) -> float:
        parts = [(self.sum_x, self.x), (self.sum_y, self.y)]
        if is_share:
            parts.append((self.sum_y - self.sum_x, self.y - self.x))
        return min(total**2 / (part**2).sum() if (part**2).sum() > 0 else 0.0 for total, part in parts)

    @property
    def rows(self) -> float:
        """As many independent rows as would give a share this variance."""
        if self.variance > 0:
            return self.value * (1 - self.value) / self.variance
        return self.sum_y**2 / (self.y**2).sum()


def sides(unit_rows: Rows, metric: str) -> dict[str, Side]:
    """By variant, of rows that each are a unit. Amounts are factors in millionths."""
    numerator, denominator = METRICS[metric]
    found = defaultdict(lambda: ([], []))
    for row in unit_rows:
        for values, measure in zip(found[row["variant"]], (numerator, denominator)):
            values.append(row[measure] or 0)
    return {variant: Side(x, y) for variant, (x, y) in found.items()}


def millionths(amount: Any) -> float:
    return float(Decimal(str(amount)).quantize(Decimal("0.000001"), ROUND_HALF_UP))


def by_user(rows: Rows) -> Rows:
    totals: dict[tuple, dict[str, Any]] = {}
    for row in rows:
        total = totals.setdefault((row["variant"], row["user_id"]), {
            "variant": row["variant"], "user_id": row["user_id"], **dict.fromkeys(MEASURES, 0)})
        for measure in MEASURES:
            total[measure] += row[measure] or 0
    return list(totals.values())


# -------------------------------------------------------------------------------------------------------- statistics

def interval(side: Side, metric: str, rules: Rules) -> tuple[float | None, float | None]:
    z = stats.norm.ppf(1 - rules.significance / 2)
    if side.value is None:
        return None, None
    if metric in SHARES:
        def distance(share: float) -> float:
            return (side.value - share) ** 2 * side.rows - z**2 * share * (1 - share)
        low = 0.0 if side.value == 0 else optimize.brentq(distance, 0, side.value, xtol=1e-15, rtol=1e-14)
        high = 1.0 if side.value == 1 else optimize.brentq(distance, side.value, 1, xtol=1e-15, rtol=1e-14)
        return low, high
    if side.value <= 0:
        return None, None
    spread = stats.lognorm(s=np.sqrt(side.variance) / side.value, scale=side.value)
    if side.variance == 0:
        return side.value, side.value
    return spread.ppf(rules.significance / 2), spread.ppf(1 - rules.significance / 2)


def lift_interval(side: Side, control: Side, rules: Rules) -> tuple[float | None, float | None]:
    """The quotients that a z-test of value - quotient * base does not refuse, looked for."""
    z = stats.norm.ppf(1 - rules.significance / 2)
    if not control.value or control.value**2 <= z**2 * control.variance:
        return None, None

    def distance(quotient: float) -> float:
        return (side.value - quotient * control.value) ** 2 - z**2 * (side.variance + quotient**2 * control.variance)
    middle = side.value / control.value
    step = max(abs(middle), 1.0)
    while distance(middle + step) < 0 or distance(middle - step) < 0:
        step *= 2
    if distance(middle) == 0:
        return middle - 1, middle - 1
    return tuple(optimize.brentq(distance, *ends, xtol=1e-15, rtol=1e-14) - 1
                 for ends in ((middle - step, middle), (middle, middle + step)))


def difference_variance(side: Side, control: Side, metric: str, unit: str) -> float:
    if metric in SHARES and unit == "row":
        pooled = (side.sum_x + control.sum_x) / (side.sum_y + control.sum_y)
        return pooled * (1 - pooled) * (1 / side.rows + 1 / control.rows)
    return side.variance + control.variance


def always_valid(difference: float, variance: float, mixture: float) -> float:
    """1 over the likelihood of the difference under a mixture of effects, over that without an effect."""
    log_ratio = (stats.norm.logpdf(difference, scale=np.sqrt(variance + mixture))
                 - stats.norm.logpdf(difference, scale=np.sqrt(variance)))
    return min(1.0, np.exp(-log_ratio))


def detectable(variance: float, base: float, rules: Rules) -> float:
    """The lift that is found with that power: where the test's power has its value."""
    z = stats.norm.ppf(1 - rules.significance / 2)
    return optimize.brentq(
        lambda lift: stats.norm.sf(z - lift * base / np.sqrt(variance)) - rules.power, 0, 1e9, xtol=1e-15, rtol=1e-14)


def comparisons(unit_rows: Rows, control_name: str, unit: str, rules: Rules) -> dict[tuple[str, str], dict[str, Any]]:
    """Of one experiment: (variant, metric) -> what the mart must say of it."""
    said: dict[tuple[str, str], dict[str, Any]] = {}
    for metric in METRICS:
        by_variant = sides(unit_rows, metric)
        control = by_variant[control_name]
        for variant, side in by_variant.items():
            low, high = interval(side, metric, rules)
            told = said[variant, metric] = {
                "value": side.value, "value_low": low, "value_high": high, "lift": None, "lift_low": None,
                "lift_high": None, "minimum_detectable_lift": None, "p_value": None, "always_valid_p_value": None,
                "q_value": None, "always_valid_q_value": None,
            }
            if variant == control_name or side.value is None or control.value is None:
                continue
            if control.value > 0:
                told["lift"] = side.value / control.value - 1
                told["lift_low"], told["lift_high"] = lift_interval(side, control, rules)
            variance = difference_variance(side, control, metric, unit)
            if control.value > 0 and variance > 0:
                told["minimum_detectable_lift"] = detectable(variance, control.value, rules)
            is_share = metric in SHARES
            enough = min(side.events(is_share), control.events(is_share)) >= rules.min_events
            if enough and variance > 0:
                difference = side.value - control.value
                told["p_value"] = 2 * stats.norm.sf(abs(difference) / np.sqrt(variance))
                told["always_valid_p_value"] = always_valid(
                    difference, variance, (rules.expected_lift * control.value) ** 2)
    for p, q in (("p_value", "q_value"), ("always_valid_p_value", "always_valid_q_value")):
        tested = [told for told in said.values() if told[p] is not None]
        if tested:
            for told, adjusted in zip(tested, stats.false_discovery_control([told[p] for told in tested])):
                told[q] = adjusted
    return said
