"""What looks good and what sells: every place of the demo's campaigns, and budgets day by day, made again in Python."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import harness
import pytest

Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> harness.Project:
    return harness.demo(tmp_path_factory.mktemp("ranking"))[0]


# ------------------------------------------------------------------------------------------------------------ ranking

GOALS = {  # of the objectives that the demo knows
    "awareness": "brand", "engagement": "engagement", "sales": "conversion", "leads": "conversion",
    "app_installs": "conversion", "retargeting": "conversion", None: "conversion",
}
JUDGED_BY = {
    "brand": (("reach", True), ("vcpm", False)),
    "engagement": (("ctr", True), ("cpc", False)),
    "conversion": (("cpa", False), ("roas", True)),
}


def places(rows: Rows, measure: Callable[[dict], Any], more_is_better: bool = True) -> dict[tuple, int | None]:
    """Of each row: one more than the rows that are better; None where it is not measured."""
    found = {(row["platform"], row["campaign_id"]): measure(row) for row in rows}
    better = [value if more_is_better else -value for value in found.values() if value is not None]
    return {
        key: None if value is None else 1 + sum(other > (value if more_is_better else -value) for other in better)
        for key, value in found.items()
    }


def mean(values: list[int | None]) -> Fraction | None:
    known = [value for value in values if value is not None]
    return Fraction(sum(known), len(known)) if known else None


def expected_places(campaigns: Rows) -> dict[tuple, dict[str, int | None]]:
    single = {
        name: places(campaigns, lambda row, name=name: row[name])
        for name in ("impressions", "clicks", "ctr", "conversions", "conversion_value", "roas")
    }

    def together(*names: str) -> dict[tuple, int | None]:
        return places(
            campaigns, lambda row: mean([single[name][row["platform"], row["campaign_id"]] for name in names]), False
        )

    found = {name + "_rank": ranks for name, ranks in single.items()}
    found["vanity_rank"] = together("impressions", "clicks", "ctr")
    found["value_rank"] = together("conversions", "conversion_value", "roas")
    found["goal_rank"] = {}
    for goal, metrics in JUDGED_BY.items():
        alike = [row for row in campaigns if GOALS[row["objective"]] == goal]
        by = [places(alike, lambda row, name=name: row[name], more) for name, more in metrics]
        found["goal_rank"] |= places(
            alike, lambda row: mean([ranks[row["platform"], row["campaign_id"]] for ranks in by]), False
        )
    return {key: {name: ranks[key] for name, ranks in found.items()} for key in found["vanity_rank"]}


def test_every_place_is_as_python_counts_it(demo: harness.Project) -> None:
    campaigns = demo.sql(
        "select campaigns.*, count(distinct user_id) as reach from main_ads_marts.mart_ads__campaign as campaigns "
        "left join main_ads_facts.fct_ads__impressions as shown on campaigns.platform = shown.platform "
        "and campaigns.campaign_id = shown.campaign_id and not shown.is_invalid group by all")
    for row in campaigns:
        row["reach"] = row["reach"] or None
    expected = expected_places(campaigns)
    rows = demo.sql("select * from main_ads_marts.mart_ads__campaign_ranking")
    assert len(rows) == len(campaigns) == len(expected)
    for row in rows:
        ranks = expected[row["platform"], row["campaign_id"]]
        assert {name: row[name] for name in ranks} == ranks, row["campaign_id"]
        assert row["goal"] == GOALS[row["objective"]]
        assert row["rank_gap"] == row["value_rank"] - row["vanity_rank"]
        assert row["goal_campaigns"] == sum(GOALS[other["objective"]] == row["goal"] for other in campaigns)


def test_what_looks_best_need_not_sell(demo: harness.Project) -> None:
    [reach], [sale] = (
        demo.sql(f"select * from main_ads_marts.mart_ads__campaign_ranking where campaign_name = '{name}'")
        for name in ("Summer Reach", "Winter Sale")
    )
    assert (reach["ctr"], reach["vanity_rank"], reach["verdict"]) == (sale["ctr"], 1, "looks better than it sells")
    assert (sale["value_rank"], sale["verdict"]) == (1, "sells better than it looks")
    assert reach["value_rank"] > 10 and reach["goal_rank"] == 1
    assert reach["reason"] == (
        f"brand campaign: number 1 by reach, 2 by vcpm, of 3 brand campaigns; number 1 by what looks good, "
        f"{reach['value_rank']} by what sells, of all 19"
    )


@pytest.mark.slow
def test_a_reason_says_what_is_unknown_and_of_how_many_once(tmp_path_factory: pytest.TempPathFactory) -> None:
    """With conversions alone there is nothing to rank by but their number and value."""
    project = harness.on_raw_tables(tmp_path_factory.mktemp("reason"), {
        "clicks": [{"click_id": f"k{n}", "clicked_at": "2025-06-01", "ad_id": "a", "platform": "p",
                    "campaign_id": name} for n, name in enumerate(("one", "two", "brand"))],
        "campaigns": [{"campaign_id": "brand", "platform": "p", "objective": "Brand"}],
        "spend": [{"date_day": "2025-06-01", "platform": "p", "campaign_id": "two", "amount": "3"}],
    }, as_of="2025-06-11")
    project.run("--select", "+mart_ads__campaign_ranking")
    assert {row["campaign_id"]: row["reason"] for row in project.sql(
        "select campaign_id, reason from main_ads_marts.mart_ads__campaign_ranking")} == {
        "one": "conversion campaign: cpa and roas unknown; number 1 by what looks good, of all 3",
        "two": "conversion campaign: cpa and roas unknown; number 1 by what looks good, of all 3",
        "brand": "brand campaign: impressions and vcpm unknown; number 1 by what looks good, of all 3",
    }


@pytest.mark.slow
def test_without_reach_brand_campaigns_are_judged_by_impressions(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Of `often` one user was shown three ads, of `many` two users one each."""
    shown = [("often", "u1"), ("often", "u1"), ("often", "u1"), ("many", "u1"), ("many", "u2")]
    project = harness.on_raw_tables(tmp_path_factory.mktemp("brand"), {
        "impressions": [{"impression_id": f"i{n}", "impression_at": "2025-06-01", "ad_id": "a", "platform": "p",
                         "campaign_id": campaign, "user_id": user} for n, (campaign, user) in enumerate(shown)],
        "campaigns": [{"campaign_id": name, "platform": "p", "objective": "Brand"} for name in ("often", "many")],
    }, as_of="2025-06-11")
    firsts = {}
    for variables in ({}, {"ad_funnel__reach": "exact"}):
        project.run("--select", "+mart_ads__campaign_ranking", variables=variables)
        rows = project.sql("select * from main_ads_marts.mart_ads__campaign_ranking order by goal_rank")
        firsts[rows[0]["campaign_id"]] = rows[0]["reach"], rows[0]["reason"].split(",")[0]
    assert firsts == {"often": (None, "brand campaign: number 1 by impressions"),
                      "many": (2, "brand campaign: number 1 by reach")}


def test_objectives_are_sorted_by_the_words_of_the_setting(demo: harness.Project) -> None:
    demo.run("--select", "mart_ads__campaign_ranking", variables={
        "ad_funnel__brand_objectives": ["Lead"], "ad_funnel__engagement_objectives": [],
    })
    goals = demo.sql("select distinct objective, goal from main_ads_marts.mart_ads__campaign_ranking where objective > ''")
    assert {row["objective"] for row in goals if row["goal"] == "brand"} == {"leads"}
    assert {row["goal"] for row in goals} == {"brand", "conversion"}


# ------------------------------------------------------------------------------------------------------------ budgets

DAYS = [date(2025, 6, 1) + timedelta(days=number) for number in range(10)]
SPEND = {"even": "10", "fast": "20", "slow": "5", "foreign": "10"}
BUDGETS = {  # campaign -> first and last day of June, amount; the last whole day is the 9th
    ("even", 1, 20): "200", ("fast", 1, 20): "200", ("slow", 1, 20): "200", ("fast", 4, 6): "50",
    ("even", 5, 9): "50", ("slow", 5, 9): "50", ("even", 25, 30): "60", ("foreign", 1, 20): "200",
    ("nobody", 1, 20): "100",
}
STATUS = {
    ("even", 1, 20): "on plan", ("fast", 1, 20): "ahead of plan", ("slow", 1, 20): "behind plan",
    ("fast", 4, 6): "overspent", ("even", 5, 9): "ended on budget", ("slow", 5, 9): "ended below budget",
    ("even", 25, 30): "not begun", ("foreign", 1, 20): "spend unknown", ("nobody", 1, 20): "behind plan",
    ("yen", 1, 20): "budget unknown", ("partly yen", 1, 20): "budget unknown",
}


def budget(campaign: str, first: int | str, last: int | str, amount: str, currency: str = "USD") -> dict[str, str]:
    days = {name: f"2025-06-{day:02}" if isinstance(day, int) else day
            for name, day in (("first_day", first), ("last_day", last))}
    return {"campaign_id": campaign, "platform": "p", "amount": amount, "currency": currency, **days}


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> harness.Project:
    lines = [{"date_day": str(day), "amount": amount, "platform": "p", "campaign_id": campaign,
              "currency": "XXX" if campaign == "foreign" and day.day == 3 else "USD"}
             for day in DAYS for campaign, amount in SPEND.items()]
    # Half of each amount as a line of its own: budgets of one span add up.
    budgets = [budget(*key, str(Decimal(amount) / 2)) for key, amount in BUDGETS.items() for _ in range(2)]
    clicks = [{"click_id": "k", "clicked_at": "2025-06-10 09:00:00", "platform": "p", "campaign_id": "even"}]
    project = harness.on_raw_tables(tmp_path_factory.mktemp("budgets"), {
        "spend": lines, "clicks": clicks, "budgets": [
            *budgets, *(budget(campaign, 1, 20, "9000", "JPY") for campaign in ("yen", "partly yen")),
            budget("partly yen", 1, 20, "100"),
        ],
    }, as_of="2025-06-11")
    assert project.build().statuses["budgets_are_plain"] == "warn"  # (fast, 4 to 6) is within (fast, 1 to 20)
    return project


def test_budgets_are_paced_by_whole_days(planned: harness.Project) -> None:
    rows = {(row["campaign_id"], row["first_day"].day, row["last_day"].day): row
            for row in planned.sql("select * from main_ads_marts.mart_ads__budget_pacing")}
    assert {key: row["status"] for key, row in rows.items()} == STATUS
    for (campaign, first, last), amount in BUDGETS.items():
        row = rows[campaign, first, last]
        over = [day for day in DAYS if first <= day.day <= last and day.day <= 9]
        days, spend = last - first + 1, sum(Decimal(SPEND.get(campaign, 0)) for _ in over)
        assert row["last_whole_day"] == date(2025, 6, 9)
        assert (row["days"], row["days_over"]) == (days, max(0, min(last, 9) - first + 1))
        assert row["budget"] == Decimal(amount)
        if campaign == "foreign":
            assert not row["is_cost_complete"] and row["spend"] == spend - 10
            assert {row[name] for name in ("budget_left", "spent_share", "pace", "projected_spend")} == {None}
            continue
        assert row["spend"] == spend and row["budget_left"] == Decimal(amount) - spend
        assert row["spent_share"] == pytest.approx(float(spend / Decimal(amount)))
        if row["days_over"]:
            assert row["pace"] == pytest.approx(float(spend / Decimal(amount)) * days / row["days_over"])
            assert row["projected_spend"] == pytest.approx(float(spend) * days / row["days_over"])
        left = days - row["days_over"]
        assert row["daily_spend_left"] == (pytest.approx(float(Decimal(amount) - spend) / left) if left else None)


def test_budgets_that_cannot_be_used_are_named(planned: harness.Project) -> None:
    broken = [
        ("missing_id", budget("", 1, 2, "5")),
        *(("invalid_date", budget("even", *days, "5")) for days in (("2025-02-30", 2), (2, 1), (1, "9999-12-31"))),
        *(("invalid_number", budget("even", 1, 2, amount)) for amount in ("five", "0", "-5", "")),
    ]
    planned.load("budgets", [*(row for _, row in broken), budget("even", 1, 20, "200")])
    outcome = planned.build("--select", "stg_ads__budgets+")
    assert outcome.statuses["budgets_are_plain"] == "warn"
    found = planned.sql("select reject_reason as found from main_ads_staging.stg_ads__budgets where reject_reason > ''")
    assert sorted(row["found"] for row in found) == sorted(reason for reason, _ in broken)
    assert len(planned.sql("select 1 from main_ads_marts.mart_ads__budget_pacing")) == 1


@pytest.mark.slow
def test_before_anything_is_told_no_plan_has_begun(tmp_path_factory: pytest.TempPathFactory) -> None:
    project = harness.on_raw_tables(tmp_path_factory.mktemp("early"), {
        "clicks": [{"click_id": None, "clicked_at": None}], "budgets": [budget("even", 1, 20, "200")],
    }, as_of="2025-06-11")
    project.run()
    [row] = project.sql("select status, days_over, last_whole_day from main_ads_marts.mart_ads__budget_pacing")
    assert row == {"status": "not begun", "days_over": 0, "last_whole_day": None}


@pytest.mark.slow
def test_without_budgets_there_is_no_pacing(tmp_path_factory: pytest.TempPathFactory) -> None:
    project = harness.on_raw_tables(tmp_path_factory.mktemp("none"), {
        "clicks": [{"click_id": "k", "clicked_at": "2025-06-10 09:00:00"}],
    }, as_of="2025-06-11")
    assert "mart_ads__budget_pacing" not in project.build(*harness.NO_UNIT_TESTS).statuses
