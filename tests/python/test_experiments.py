"""Experiments: every figure against scipy, verdicts, and what simulated experiments come to, through real builds."""

from __future__ import annotations

import csv
import math
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import experiments as brute
import harness
import numpy as np
import pytest
import random_experiments
import yaml
from random_experiments import EXPERIMENTS, RULES, random_events
from scipy import stats

Rows = list[dict[str, Any]]

MART = "main_ads_marts.mart_ads__experiments"
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
        # A hundredth of what is promised: a wrong digit of a coefficient shows.
        assert abs(row["computed"] - expected(a, b)) < 1e-14, (a, b)


# --------------------------------------------------------------------------------------------- random events, by scipy

@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> harness.Project:
    project = random_experiments.project(tmp_path_factory.mktemp("random"))
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
                    f"where experiment = '{experiment}' and metric = '{metric}' and date_day <= date '{day}' "
                    "group by variant")
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
    """`nothing n`: 500 times the same 1,440 users, who come over 240 days, are split at random; they differ in how
    often they are shown the ad and in how often they click. `lift n`: 400 experiments of 2 * 250 impressions, each of a
    user of its own, with a click-through rate of 0.2 against 0.32."""
    folder = tmp_path_factory.mktemp("simulated")
    tables = ("impressions", "clicks", "ads", "assignments")
    project = harness.consumer(folder, {
        **{f"ad_funnel__{table}": f"{{{{ source('raw', '{table}') }}}}" for table in tables},
        "ad_funnel__experiments": True, "ad_funnel__as_of": "2025-12-31",
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


# ------------------------------------------------------------------------------------------------- a real experiment

@pytest.mark.slow
@pytest.mark.skipif(not (harness.SHARED_DATA / "adsmart").exists(), reason="the real data is not beside the checkout")
def test_a_real_online_survey_ad(tmp_path: Path) -> None:
    """An auction that showed the ad or a dummy; some answer, some of these say yes. (An answer is a click here, a yes a
    conversion.) 8,077 auctions, with the hour at best."""
    rows: dict[str, Rows] = {"ads": [{"ad_id": name, "experiment": "survey", "variant": name}
                                     for name in ("exposed", "control")]}
    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    events: dict[str, Rows] = defaultdict(list)
    with (harness.SHARED_DATA / "adsmart" / "AdSmartABdata.csv").open() as file:
        for row in csv.DictReader(file):
            name, variant, at = row["auction_id"], row["experiment"], f"{row['date']} {int(row['hour']):02}:00:00"
            events["impressions"].append({"impression_id": name, "impression_at": at, "ad_id": variant})
            counts[variant]["auctions"] += 1
            if "1" in (row["yes"], row["no"]):
                events["clicks"].append({"click_id": name, "impression_id": name, "clicked_at": at, "ad_id": variant})
                counts[variant]["answers"] += 1
            if row["yes"] == "1":
                events["conversions"].append({"conversion_id": name, "click_id": name, "converted_at": at,
                                              "conversion_type": "yes"})
                counts[variant]["yes"] += 1
    assert {variant: dict(each) for variant, each in counts.items()} == {
        "exposed": {"auctions": 4006, "answers": 657, "yes": 308},
        "control": {"auctions": 4071, "answers": 586, "yes": 264},
    }

    project = harness.on_raw_tables(tmp_path, {**rows, **events}, experiments=True,
                                    experiment_plans={"survey": {"ends": "2020-07-09"}}, as_of="2020-07-31")
    project.build(*harness.NO_UNIT_TESTS)
    assert {row["problem"] for row in mart(project).values()} == {None}
    assert {metric for (_, _, metric), row in mart(project).items() if row["verdict"] == "not measured"} == {
        "value_per_click", "cpa", "roas"}
    # The last day of the plan is the last but one of the data.
    by_then = {variant: dict.fromkeys(each, 0) for variant, each in counts.items()}
    for table, at, of in (("impressions", "impression_at", "auctions"), ("clicks", "clicked_at", "answers")):
        for row in events[table]:
            by_then[row["ad_id"]][of] += row[at] < "2020-07-10"
    answered = {row["click_id"]: row["ad_id"] for row in events["clicks"]}
    for row in events["conversions"]:
        by_then[answered[row["click_id"]]]["yes"] += row["converted_at"] < "2020-07-10"

    said = mart(project)
    p_values = []
    for metric, (of, among) in {"ctr": ("answers", "auctions"), "cvr": ("yes", "answers"),
                                "conversion_per_impression": ("yes", "auctions")}.items():
        exposed, control = (by_then[variant] for variant in ("exposed", "control"))
        row = said["survey", "exposed", metric]
        p = stats.chi2_contingency([[side[of], side[among] - side[of]] for side in (exposed, control)],
                                   correction=False).pvalue
        interval = stats.binomtest(exposed[of], exposed[among]).proportion_ci(0.95, "wilson")
        assert is_near(row["p_value"], p)
        assert is_near(row["value_low"], interval.low) and is_near(row["value_high"], interval.high)
        assert is_near(row["lift"], exposed[of] / exposed[among] / (control[of] / control[among]) - 1)
        p_values.append((metric, p))
    adjusted = stats.false_discovery_control([p for _, p in p_values])
    for (metric, _), q in zip(p_values, adjusted):
        row = said["survey", "exposed", metric]
        assert is_near(row["q_value"], q)
        assert row["verdict"] == ("better" if q < 0.05 else "no difference shown") and not row["is_running"]
    split = stats.chisquare([by_then[variant]["auctions"] for variant in ("exposed", "control")]).pvalue
    assert is_near(said["survey", "exposed", "ctr"]["sample_ratio_p_value"], split)


# ------------------------------------------------------------------------------------------------------------ verdicts

VARIANTS = {  # experiment -> variant -> impressions, clicks, conversions, value of each
    "clear": {"control": (4000, 400, 200, 10), "new": (4000, 600, 300, 10), "bad": (4000, 250, 60, 10)},
    "equal": {"Control": (4000, 400, 200, 10), "new": (4000, 404, 198, 10)},
    "ended": {"control": (4000, 400, 200, 10), "new": (4000, 480, 200, 10)},
    "peeked": {"control": (4000, 400, 200, 10), "new": (4000, 480, 200, 10)},
    "young": {"control": (300, 29, 5, 10), "new": (300, 90, 30, 10)},
    "lopsided": {"control": (4000, 400, 200, 10), "new": (4400, 800, 400, 10)},
    "planned": {"control": (4000, 400, 200, 10), "new": (1000, 200, 100, 10)},
    "vanished": {"control": (4000, 400, 200, 10)},
    "stranger": {"control": (4000, 400, 200, 10), "new": (4000, 800, 400, 10), "newer": (4000, 800, 400, 10)},
    "leaderless": {"a": (4000, 400, 200, 10), "b": (4000, 800, 400, 10)},
    "named": {"a": (4000, 400, 200, 10), "control": (4000, 800, 400, 10)},
    "alone": {"control": (4000, 400, 200, 10)},
    "sticky": {"control": (4000, 400, 200, 10), "new": (4000, 800, 400, 10)},
    "whale": {"control": (4000, 400, 200, 10), "new": (4000, 400, 200, 30)},
    "huge": {"control": (4000, 400, 200, 10), "new": (4000, 400, 200, 30)},
    "foreign": {"control": (4000, 400, 200, 10), "new": (4000, 800, 400, 10)},
    "worked": {"control": (10000, 1000, 50, 10), "new": (10000, 1000, 150, 10)},
    "silent": {"control": (4000, 0, 0, 0), "new": (4000, 0, 0, 0)},
    "many": {"control" if n == 0 else f"v{n:02}": (40, 4, 2, 1) for n in range(33)},
}


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str, str], dict[str, Any]]:
    tables = ("impressions", "clicks", "conversions", "ads")
    project = harness.consumer(tmp_path_factory.mktemp("verdicts"), {
        **{f"ad_funnel__{table}": f"{{{{ source('raw', '{table}') }}}}" for table in tables},
        "ad_funnel__experiments": True, "ad_funnel__as_of": "2025-05-01", "ad_funnel__experiment_plans": {
            "ended": {"ends": "2025-03-02"}, "planned": {"shares": {"control": 80, "new": 20}},
            "vanished": {"shares": {"control": 50, "new": 50}}, "stranger": {"shares": {"control": 50, "new": 50}},
            "named": {"control": "a", "shares": {"a": 1, "control": 1}},
        },
    })
    project.write("models/sources.yml", yaml.safe_dump({
        "version": 2, "sources": [{"name": "raw", "tables": [{"name": table} for table in tables]}],
    }))
    cases = ", ".join(f"('{experiment}', '{variant}', {', '.join(map(str, counts))})"
                      for experiment, variants in VARIANTS.items() for variant, counts in variants.items())
    project.execute(
        "create schema raw",
        f"create temp table cases as from (values {cases}) "
        "as rows(experiment, variant, impressions, clicks, conversions, v)",
        "create temp table events as select *, experiment || ':' || variant as ad_id, "
        "experiment || ':' || variant || ':' || n as id from cases, range(impressions) as numbers(n)",
        # On four days; those of `sticky` are of users who see one of its variants, four times.
        "create table raw.impressions as select id as impression_id, ad_id, 0.01 as cost, "
        "timestamp '2025-03-01 12:00:00' + to_days((n % if(experiment = 'ended', 2, 4))::integer) as impression_at, "
        "if(experiment = 'sticky', ad_id || n // 4, null) as user_id from events union all "
        "select 'later', 'nobody', 0, timestamp '2025-03-04', null",
        "create table raw.clicks as select id as click_id, id as impression_id, "
        "timestamp '2025-03-01 12:01:00' + to_days((n % if(experiment = 'ended', 2, 4))::integer) as clicked_at "
        "from events where n < clicks",
        "create table raw.conversions as select id as conversion_id, id as click_id, 'purchase' as conversion_type, "
        "timestamp '2025-03-01 12:02:00' + to_days((n % if(experiment = 'ended', 2, 4))::integer) as converted_at, "
        "case when ad_id = 'whale:new' and n = 0 then 4000 when ad_id = 'huge:new' and n = 0 then 2e10 else v end "
        "as value, "
        "if(experiment = 'foreign' and variant = 'new' and n < 3, 'XXX', 'USD') as currency "
        "from events where n < conversions",
        "create table raw.ads as select experiment || ':' || variant as ad_id, experiment, variant from cases",
    )
    project.build(*harness.NO_UNIT_TESTS)
    return mart(project)


SAID = [  # experiment, variant, metric, verdict, what the problem begins with
    ("clear", "control", "ctr", "control", None),
    ("clear", "new", "ctr", "better", None),
    ("clear", "bad", "ctr", "worse", None),
    ("clear", "new", "cpa", "better", None),
    ("clear", "bad", "cpa", "worse", None),
    ("clear", "new", "roas", "better", None),
    ("equal", "new", "ctr", "no difference shown", None),
    ("equal", "Control", "ctr", "control", None),
    ("ended", "new", "ctr", "better", None),  # of the same: one had its one look, the other is looked at daily
    ("peeked", "new", "ctr", "no difference shown", None),
    ("young", "new", "ctr", "too early", "fewer than 30 events on one side"),
    ("young", "new", "value_per_click", "too early", "fewer than 30 events on one side, or a few large amounts"),
    ("lopsided", "new", "ctr", "do not trust", "sample ratio mismatch"),
    ("planned", "new", "ctr", "better", None),
    ("vanished", "new", "ctr", "do not trust", "sample ratio mismatch"),
    ("stranger", "new", "ctr", "do not trust", "a variant is not in the shares"),
    ("leaderless", "b", "ctr", "no control", "no variant is the control"),
    ("named", "control", "ctr", "better", None),
    ("named", "a", "ctr", "control", None),
    ("alone", "control", "ctr", "control", "there is one variant only"),
    ("sticky", "new", "ctr", "do not trust", "users see one variant each"),
    ("whale", "new", "value_per_click", "too early", "fewer than 30 events on one side, or a few large amounts"),
    ("whale", "new", "ctr", "no difference shown", None),
    ("huge", "new", "value_per_click", "too early", "fewer than 30 events on one side, or a few large amounts"),
    ("huge", "new", "cpa", "no difference shown", None),
    ("foreign", "new", "roas", "not measured", "amounts that could not be converted: 3"),
    ("foreign", "new", "cpa", "better", None),
    ("foreign", "new", "ctr", "better", None),
    ("silent", "new", "ctr", "too early", "fewer than 30 events on one side"),
    ("silent", "new", "cvr", "too early", "fewer than 30 events on one side"),
]


@pytest.mark.parametrize("experiment, variant, metric, verdict, problem", SAID)
def test_the_verdict_is_one_to_bet_on(verdicts: dict, experiment: str, variant: str, metric: str, verdict: str,
                                      problem: str | None) -> None:
    row = verdicts[experiment, variant, metric]
    assert row["verdict"] == verdict, row
    assert (row["problem"] or "").startswith(problem or "") and bool(problem) == bool(row["problem"]), row


def test_verdicts_and_figures_agree(verdicts: dict) -> None:
    assert {row["verdict"] for row in verdicts.values()} == {
        "better", "worse", "no difference shown", "too early", "not measured", "do not trust", "no control", "control"}
    for row in verdicts.values():
        if row["verdict"] in ("better", "worse"):
            assert (row["always_valid_q_value"] if row["is_running"] else row["q_value"]) <= 0.05
            assert (row["lift"] > 0) == ((row["verdict"] == "better") == (row["metric"] != "cpa"))
    assert 0.001 < verdicts["ended", "new", "ctr"]["q_value"] == verdicts["peeked", "new", "ctr"]["q_value"] < 0.05
    assert verdicts["many", "v01", "ctr"]["sample_ratio_p_value"] is None  # more variants than chi-square has room for


def test_where_squares_have_no_room_nothing_is_said_to_be_certain(verdicts: dict) -> None:
    row = verdicts["huge", "new", "value_per_click"]
    assert row["value"] > 1e7 and row["lift"] > 1e6
    assert {row[figure] for figure in ("value_low", "value_high", "lift_low", "lift_high", "minimum_detectable_lift")
            } == {None}


def test_the_test_that_worked_of_the_formula_sheet(verdicts: dict) -> None:
    """Conversion per impression 0.5 % before, 1.5 % after: +200 %, of ten thousand impressions each."""
    before, after = (verdicts["worked", variant, "conversion_per_impression"] for variant in ("control", "new"))
    assert (before["value"], after["value"], after["verdict"]) == (0.005, 0.015, "better")
    assert is_near(after["lift"], 2)
    assert is_near(after["p_value"], stats.chi2_contingency([[50, 9950], [150, 9850]], correction=False).pvalue)
    for times, z in ((1 + after["lift_low"], 1.96), (1 + after["lift_high"], -1.96)):
        spread = math.sqrt(0.015 * 0.985 / 10_000 + times**2 * 0.005 * 0.995 / 10_000)
        assert is_near((0.015 - times * 0.005) / spread, z, 1e-4)
    print(f"lift {after['lift_low']:+.0%} to {after['lift_high']:+.0%}, p = {after['p_value']:.1e}")


@pytest.mark.slow
def test_conversions_of_which_no_value_is_known_are_not_worth_0(tmp_path: Path) -> None:
    """Also where the variant has days without any; the other has no conversion at all, which is 0."""
    at = {day: f"2025-03-0{day} 10:00:00" for day in (1, 2)}
    project = harness.on_raw_tables(tmp_path, {
        "impressions": [{"impression_id": f"{ad}{day}", "impression_at": at[day], "ad_id": ad}
                        for ad in ("old", "new") for day in at],
        "clicks": [{"click_id": f"{ad}{day}", "clicked_at": at[day], "impression_id": f"{ad}{day}"}
                   for ad in ("old", "new") for day in at],
        "conversions": [{"conversion_id": "v", "converted_at": at[2], "conversion_type": "buy", "click_id": "new1",
                         "value": ""}],
        "ads": [{"ad_id": ad, "experiment": "x", "variant": ad} for ad in ("old", "new")],
    }, as_of="2025-03-10", experiments=True, experiment_plans={"x": {"control": "old"}})
    project.run("--select", "+mart_ads__experiments")
    found = project.sql("select variant, numerator, value from main_ads_marts.mart_ads__experiments "
                        "where metric = 'value_per_click' order by variant")
    assert [tuple(row.values()) for row in found] == [("new", None, None), ("old", 0, 0)]
