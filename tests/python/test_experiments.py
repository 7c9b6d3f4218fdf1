"""Experiments: every figure against scipy, verdicts, and what simulated experiments come to, all through real builds."""

from __future__ import annotations

import csv
import math
import random
from collections import defaultdict
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import experiments as brute
import harness
import numpy as np
import pytest
import yaml
from scipy import stats

Rows = list[dict[str, Any]]

MART = "main_ads_marts.mart_ads__experiments"
DAY = datetime(2025, 3, 1)
FIGURES = ("value", "value_low", "value_high", "lift", "lift_low", "lift_high", "minimum_detectable_lift", "p_value",
           "q_value", "always_valid_p_value", "always_valid_q_value")


def mart(project: harness.Project, where: str = "true") -> dict[tuple[str, str, str], dict[str, Any]]:
    rows = project.sql(f"select * from {MART} where {where}")
    return {(row["experiment"], row["variant"], row["metric"]): row for row in rows}


def is_near(one: float | None, other: float | None, relative: float = 1e-9) -> bool:
    if one is None or other is None:
        return one is None and other is None
    return math.isclose(one, other, rel_tol=relative, abs_tol=1e-12)


# ------------------------------------------------------------------------------------------------ the formulas alone

FORMULAS = {
    "normal_cdf": ("{{ ad_funnel.normal_cdf('a') }}", lambda a, b: stats.norm.cdf(a),
                   [(z, 0) for z in np.linspace(-40, 40, 4001)]),
    "two_sided_p": ("{{ ad_funnel.two_sided_p('a') }}", lambda a, b: 2 * stats.norm.sf(abs(a)),
                    [(z, 0) for z in np.linspace(-40, 40, 4001)]),
    "normal_quantile": ("{{ ad_funnel.normal_quantile('a') }}", lambda a, b: stats.norm.ppf(a),
                        [(p, 0) for p in [*np.linspace(1e-5, 1 - 1e-5, 2001), *np.geomspace(3e-11, 1e-3, 200)]]),
    "chi_square_tail": ("{{ ad_funnel.chi_square_tail('a', 'cast(b as integer)') }}",
                        lambda a, b: stats.chi2.sf(a, b),
                        [(x, df) for df in range(1, 31) for x in [0, *np.geomspace(1e-3, 2000, 60)]]),
}


@pytest.fixture(scope="module")
def formulas(tmp_path_factory: pytest.TempPathFactory) -> harness.Project:
    project = harness.on_raw_tables(
        tmp_path_factory.mktemp("formulas"), {"impressions": [{"impression_id": "", "impression_at": "", "ad_id": ""}]})
    project.execute(*(
        f"create table raw.{name} as select * from (values "
        + ", ".join(f"({i}, {float(a)!r}::double, {float(b)!r}::double)" for i, (a, b) in enumerate(cases))
        + ") as cases(n, a, b)"
        for name, (_, _, cases) in FORMULAS.items()
    ))
    for name, (sql, _, _) in FORMULAS.items():
        project.write(f"models/{name}.sql", f"select n, {sql} as computed from raw.{name}")
    project.run("--select", *FORMULAS)
    return project


@pytest.mark.parametrize("name", FORMULAS)
def test_distributions_are_right_to_twelve_decimals(formulas: harness.Project, name: str) -> None:
    _, expected, cases = FORMULAS[name]
    computed = formulas.sql(f"select computed from main.{name} order by n")
    assert len(computed) == len(cases) > 1000
    for (a, b), row in zip(cases, computed):
        assert abs(row["computed"] - expected(a, b)) < 1e-12, (a, b)


# --------------------------------------------------------------------------------------------- random events, by scipy

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
                "assigned_at": str(DAY + timedelta(days=dice.choice([-2, 1, 1, 1, 2, 5, 29]), seconds=dice.randrange(9000))),
            })
    dice.shuffle(rows["assignments"])
    return rows


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> harness.Project:
    project = harness.on_raw_tables(
        tmp_path_factory.mktemp("random"), random_events(7), experiments=True, as_of="2025-04-20 12:00:00",
        experiment_plans=PLANS, significance_level=RULES.significance, power=RULES.power,
        expected_lift=RULES.expected_lift, min_experiment_events=RULES.min_events)
    project.build(*harness.NO_UNIT_TESTS)
    return project


def facts(project: harness.Project, name: str) -> Rows:
    return project.sql(f"select * from main_ads_facts.{name}")


@pytest.fixture(scope="module")
def counted(project: harness.Project) -> dict[str, Rows]:
    """Of each experiment the rows that count in it, from the facts in plain Python."""
    conversions = defaultdict(list)
    for row in facts(project, "fct_ads__conversions"):
        if row["credit_status"] == "click" and not row["is_invalid"]:
            conversions[row["credited_click_id"]].append(row)
    clicks, clicks_of = [], defaultdict(list)
    for row in facts(project, "fct_ads__clicks"):
        clicks.append(row)
        if row["is_matched"]:
            clicks_of[row["impression_id"]].append(row)
    lines = defaultdict(Decimal)
    for row in facts(project, "fct_ads__spend"):
        of = ("campaign", row["campaign_id"]) if row["is_unallocated"] else ("ad", row["ad_id"])
        lines[row["date_day"], *of] += row["spend"]
    impressions = facts(project, "fct_ads__impressions")
    shown: dict[tuple, int] = defaultdict(int)
    for row in impressions:
        shown[row["date_day"], "campaign", row["campaign_id"]] += 1
        shown[row["date_day"], "ad", row["ad_id"]] += 1

    def measured(own: dict[str, Any] | None, its_clicks: Rows) -> dict[str, Any]:
        event = own or its_clicks[0]
        valid = [click for click in its_clicks if not click["is_invalid"]]
        bought = [row for click in its_clicks for row in conversions[click["click_id"]]]
        told = [(event["date_day"], "campaign", event["campaign_id"]), (event["date_day"], "ad", event["ad_id"])]
        spend = sum(round(lines[key] / shown[key], 12) for key in told if own and key in lines)
        if not any(key in lines for key in told):
            spend += sum(row["event_cost"] or 0 for row in [*([own] if own else []), *its_clicks])
        return {
            "event": event,
            "at": own["impression_at"] if own else event["clicked_at"],
            "impressions": int(own is not None and not own["is_invalid"]),
            "clicked_impressions": int(own is not None and bool(valid)),
            "converted_impressions": int(own is not None and bool(bought)),
            "clicks": len(valid),
            "converted_clicks": sum(bool(conversions[click["click_id"]]) for click in its_clicks),
            "conversions": len(bought),
            "conversion_value": sum(row["conversion_value"] for row in bought),
            "spend": Decimal(spend).quantize(Decimal("0.000000001")),
        }

    everything = [measured(row, clicks_of[row["impression_id"]]) for row in impressions]
    everything += [measured(None, [row]) for row in clicks if not row["is_matched"]]
    raw = random_events(7)
    fates = {row["ad_id"]: (row["experiment"], row["variant"]) for row in raw["ads"]}

    given = defaultdict(dict)
    for row in raw["assignments"]:
        if "2025-03-02" <= row["assigned_at"][:10] <= "2025-03-27":
            user = given[row["user_id"].strip()]
            user[row["variant"]] = min(user.get(row["variant"], "9"), row["assigned_at"])
    seen = defaultdict(set)
    for row in everything:
        experiment, variant = fates[row["event"]["ad_id"]]
        if experiment == "viewers" and not row["event"]["is_invalid"]:
            seen[row["event"]["user_id"]].add(variant)

    found: dict[str, Rows] = defaultdict(list)
    for row in everything:
        event, user = row["event"], row["event"]["user_id"]
        experiment, variant = fates[event["ad_id"]]
        if experiment == "rows" or experiment == "later" and str(event["date_day"]) >= "2025-03-20" or (
                experiment == "viewers" and user and seen[user] == {variant}):
            found[experiment].append({**row, "variant": variant, "user_id": user})
        if len(given.get(user, ())) == 1 and str(event["date_day"]) <= "2025-03-27":
            [(variant, at)] = given[user].items()
            if str(row["at"]) >= at:
                found["people"].append({**row, "variant": variant, "user_id": user})
    found["given"] = [{"user_id": user, "variants": set(variants)} for user, variants in given.items()]
    found["seen"] = [{"user_id": user, "variants": variants} for user, variants in seen.items() if user and variants]
    return found


def test_the_random_events_are_of_every_kind(counted: dict[str, Rows]) -> None:
    """Or the comparisons below would say little."""
    for experiment in EXPERIMENTS:
        assert len(counted[experiment]) > 100
        assert any(row["clicks"] == 2 for row in counted[experiment])
        assert any(row["impressions"] == 0 and row["clicks"] for row in counted[experiment])
    assert sum(len(user["variants"]) > 1 for user in counted["given"]) > 10
    assert sum(len(user["variants"]) > 1 for user in counted["seen"]) > 2


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_sums_are_those_of_the_rows_that_count(project: harness.Project, counted: dict[str, Rows],
                                               experiment: str) -> None:
    said = mart(project, f"experiment = '{experiment}'")
    for metric, (numerator, denominator) in brute.METRICS.items():
        sums = defaultdict(lambda: [Decimal(0), Decimal(0)])
        for row in counted[experiment]:
            sums[row["variant"]][0] += row[numerator]
            sums[row["variant"]][1] += row[denominator]
        assert {variant: [row["numerator"], row["denominator"]] for (_, variant, name), row in said.items()
                if name == metric} == sums, metric


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_every_figure_is_that_of_scipy(project: harness.Project, counted: dict[str, Rows], experiment: str) -> None:
    control, unit = EXPERIMENTS[experiment]
    units = counted[experiment] if unit == "row" else brute.by_user(counted[experiment])
    expected = brute.comparisons(units, control, unit, RULES)
    said = mart(project, f"experiment = '{experiment}'")
    assert {(variant, metric) for _, variant, metric in said} == expected.keys()
    wrong = [(variant, metric, figure, said[experiment, variant, metric][figure], told[figure])
             for (variant, metric), told in expected.items() for figure in FIGURES
             if not is_near(said[experiment, variant, metric][figure], told[figure])]
    assert wrong == []
    assert sum(told["p_value"] is not None for told in expected.values()) >= 3


def test_units_are_split_as_planned_or_not(project: harness.Project, counted: dict[str, Rows]) -> None:
    for experiment, plan in (("people", {"base": 0.5, "bold": 0.25, "calm": 0.25}),
                             ("viewers", {"control": 0.5, "video": 0.5}),
                             ("rows", {"Control": 1 / 3, "red": 1 / 3, "blue": 1 / 3})):
        units = dict.fromkeys(plan, 0)
        for user in counted[{"people": "given", "viewers": "seen"}.get(experiment, "")]:
            if len(user["variants"]) == 1:
                units[min(user["variants"])] += 1
        for row in counted["rows"] if experiment == "rows" else []:
            units[row["variant"]] += row["impressions"]
        total = sum(units.values())
        p = stats.chisquare(list(units.values()), [total * share for share in plan.values()]).pvalue
        for (_, variant, _), row in mart(project, f"experiment = '{experiment}'").items():
            assert row["units"] == units[variant]
            assert is_near(row["sample_ratio_p_value"], p)
    contaminated = {name: sum(len(user["variants"]) > 1 for user in counted[users])
                    for name, users in (("people", "given"), ("viewers", "seen"))}
    said = mart(project)
    assert {name: {row["contaminated_users"] for (e, _, _), row in said.items() if e == name}
            for name in EXPERIMENTS} == {"rows": {0}, "later": {0}, **{n: {c} for n, c in contaminated.items()}}
    assert all(row["verdict"] in ("do not trust", "control") and "are in several variants" in row["problem"]
               for (name, _, _), row in said.items() if name in contaminated)


def test_sums_to_any_day_are_those_of_the_experiment_by_that_day(project: harness.Project,
                                                                 counted: dict[str, Rows]) -> None:
    """What accumulates day by day is what all rows by then would give: of users, too."""
    for experiment, (_, unit) in EXPERIMENTS.items():
        for day in ("2025-03-09", "2025-03-22"):
            by_then = [row for row in counted[experiment] if str(row["event"]["date_day"]) <= day]
            units = by_then if unit == "row" else brute.by_user(by_then)
            for metric in ("ctr", "cvr", "roas"):
                told = project.sql(
                    "select variant, sum(numerator_squares)::double as xx, sum(products)::double as xy, "
                    "sum(denominator_squares)::double as yy from main_ads_facts.fct_ads__experiment_daily "
                    f"where experiment = '{experiment}' and metric = '{metric}' and date_day <= date '{day}' group by 1")
                expected = brute.sides(units, metric)
                assert {row["variant"] for row in told} == expected.keys()
                for row in told:
                    side = expected[row["variant"]]
                    assert is_near(row["xx"], float((side.x**2).sum()))
                    assert is_near(row["xy"], float((side.x * side.y).sum()))
                    assert is_near(row["yy"], float((side.y**2).sum()))


# ------------------------------------------------------------------------------------------- simulated experiments

PEEKS = """
with so_far as (
    select
        experiment,
        variant,
        date_day,
        {%- for column in ['numerator', 'denominator', 'numerator_squares', 'products', 'denominator_squares'] %}
        cast(sum({{ column }}) over (partition by experiment, variant order by date_day) as double) as {{ column }},
        {%- endfor %}
    from {{ ref('fct_ads__experiment_daily') }}
    where metric = 'ctr' and experiment like 'nothing %'
),

estimates as (
    select
        *,
        numerator / denominator as value,
        {{ ad_funnel.ratio_variance(
            'numerator / denominator', 'numerator_squares', 'products', 'denominator_squares', 'denominator'
        ) }} as variance
    from so_far
),

differences as (
    select
        control.experiment,
        control.date_day,
        treatment.value - control.value as difference,
        treatment.variance + control.variance as variance,
        (treatment.value - control.value) / sqrt(treatment.variance + control.variance) as z,
        0.09 * control.value * control.value as mixture
    from estimates as control
    inner join estimates as treatment
        on control.experiment = treatment.experiment and control.date_day = treatment.date_day
    where control.variant = 'control' and treatment.variant = 'treatment'
        and least(control.numerator, treatment.numerator) >= 30
)

select
    experiment,
    date_day,
    {{ ad_funnel.two_sided_p('z') }} as p_value,
    {{ ad_funnel.always_valid_p('difference', 'variance', 'mixture') }} as always_valid_p_value
from differences
"""


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> harness.Project:
    """`nothing n`: 500 times the same 1,440 users, who come over 240 days, are split at random; they differ in how often
    they are shown the ad and in how often they click. `lift n`: 400 experiments of 2 * 250 impressions, each of a user
    of its own, with a click-through rate of 0.2 against 0.32."""
    folder = tmp_path_factory.mktemp("simulated")
    tables = ("impressions", "clicks", "ads", "assignments")
    project = harness.consumer(folder, {
        **{f"ad_funnel__{table}": f"{{{{ source('raw', '{table}') }}}}" for table in tables},
        "ad_funnel__experiments": True, "ad_funnel__expected_lift": 0.3, "ad_funnel__as_of": "2025-12-31",
    })
    project.write("models/sources.yml", yaml.safe_dump({
        "version": 2, "sources": [{"name": "raw", "tables": [{"name": table} for table in tables]}],
    }))
    project.write("models/peeks.sql", PEEKS)
    dice = np.random.default_rng(20250301)

    users = 1440
    shown = 1 + dice.geometric(0.25, users)  # five or so a user, some many
    user = np.repeat(np.arange(users), shown)
    people = {"n": np.arange(len(user)), "u": user, "d": user // 6,  # six new users a day
              "c": dice.random(len(user)) < dice.beta(0.4, 1.6, users)[user]}  # some click always, most never
    rows = 400 * 2 * 250
    tests = {"n": np.arange(rows), "c": dice.random(rows) < np.where(np.arange(rows) % 2 == 1, 0.32, 0.2)}
    with duckdb.connect(str(project.database)) as connection:
        for statement in (
            "create schema raw",
            """create table raw.impressions as
            select 'p' || n as impression_id, timestamp '2025-03-01 12:00:00' + to_days(d::integer) as impression_at,
                'everybody' as ad_id, 'u' || u as user_id, c as is_clicked
            from people
            union all
            select 't' || n, timestamp '2025-03-01 12:00:00', 'ad' || (n % 800), 't' || n, c
            from tests""",
            """create table raw.clicks as
            select impression_id as click_id, impression_id, impression_at + to_seconds(60) as clicked_at
            from raw.impressions
            where is_clicked""",
            """create table raw.ads as
            select 'ad' || n as ad_id, 'lift ' || (n // 2) as experiment,
                if(n % 2 = 0, 'control', 'treatment') as variant
            from range(800) as ads(n)""",
            # Each experiment's split is its own: of a hash that knows both.
            f"""create table raw.assignments as
            select 'nothing ' || e as experiment, 'u' || u as user_id, timestamp '2025-02-01' as assigned_at,
                if(md5_number_lower(e || ' splits ' || u) % 2 = 0, 'control', 'treatment') as variant
            from range(500) as es(e), range({users}) as us(u)""",
        ):
            connection.execute(statement)
    project.run()
    return project


def share(found: list[bool]) -> float:
    return sum(found) / len(found)


def naive_p(control: dict[str, Any], treatment: dict[str, Any]) -> float:
    """As if each impression had been given its variant by itself."""
    return stats.chi2_contingency([
        [float(side["numerator"]), float(side["denominator"] - side["numerator"])] for side in (control, treatment)
    ], correction=False).pvalue


def test_where_users_were_randomised_the_naive_test_cries_wolf_and_the_delta_method_does_not(
    simulated: harness.Project
) -> None:
    """Nothing differs between the variants: a test at 5 % is to find something in 5 % of the experiments."""
    said = mart(simulated, "metric = 'ctr' and experiment like 'nothing %'")
    experiments = {experiment for experiment, _, _ in said}
    assert len(experiments) == 500
    naive = share([naive_p(said[e, "control", "ctr"], said[e, "treatment", "ctr"]) < 0.05 for e in experiments])
    delta = share([said[e, "treatment", "ctr"]["p_value"] < 0.05 for e in experiments])
    print(f"naive {naive:.1%}, delta method {delta:.1%}")
    assert naive > 0.15
    assert 0.03 < delta < 0.075


def test_who_peeks_needs_p_values_that_are_always_valid(simulated: harness.Project) -> None:
    """Nothing differs; someone looks each day, 200 times, and stops at the first p below 5 %."""
    rows = simulated.sql("select experiment, min(p_value) as p, min(always_valid_p_value) as always_valid, "
                         "count(*) as peeks from main.peeks group by experiment")
    assert len(rows) == 500 and min(row["peeks"] for row in rows) >= 200
    fixed, always_valid = (share([row[p] < 0.05 for row in rows]) for p in ("p", "always_valid"))
    print(f"fixed horizon {fixed:.1%}, mSPRT {always_valid:.1%}")
    assert fixed > 0.3
    assert always_valid < 0.05
    # The mart looks on the last day, on which there mostly are users of both variants.
    last = simulated.sql("select * from main.peeks where date_day = (select max(date_day) from main.peeks)")
    said = mart(simulated, "metric = 'ctr'")
    assert len(last) > 450
    for row in last:
        for p in ("p_value", "always_valid_p_value"):
            assert is_near(row[p], said[row["experiment"], "treatment", "ctr"][p])


def test_a_difference_that_is_there_is_found_as_often_as_promised(simulated: harness.Project) -> None:
    """With 250 rows a side, 0.2 against 0.32 has a power of 0.87 at 5 %."""
    said = mart(simulated, "metric = 'ctr' and experiment like 'lift %' and not is_control")
    assert len(said) == 400
    spread = math.sqrt(2 * 0.26 * 0.74 / 250)
    power = stats.norm.sf(stats.norm.ppf(0.975) - 0.12 / spread)
    found = share([row["p_value"] < 0.05 for row in said.values()])
    print(f"power {found:.1%}, promised {power:.1%}")
    assert abs(found - power) < 0.05
    assert all(row["lift"] > 0 for row in said.values() if row["p_value"] < 0.05)
    covered = share([row["lift_low"] < 0.6 < row["lift_high"] for row in said.values()])
    assert abs(covered - 0.95) < 0.035
