"""Money: rolled up from daily marts, lost in conflicts, reported at two levels, measured or not."""

from __future__ import annotations

import csv
import random
from collections import defaultdict
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import harness
import pytest

Row = dict[str, Any]
MARTS = "main_ads_marts.mart_ads__"
STAGED = ("--select", "stg_ads__spend", "ledger_ads__spend")

# --------------------------------------------------------------------------------------------------- rolling up by sums
# The rule of docs/marts.md ("Roll up by sums"), written out: what a BI tool does, without the package's macros.

COUNTS = """gross_impressions impressions measurable_impressions viewable_impressions clicked_impressions
    converted_impressions gross_clicks clicks unmatched_clicks landing_measurable_clicks landed_clicks converted_clicks
    conversions valued_conversions view_through_conversions valued_view_through_conversions
    conversions_by_conversion_date valued_conversions_by_conversion_date all_conversions valued_all_conversions
    unattributed_conversions costed_events uncosted_events unknown_cost_events unknown_value_conversions""".split()
MONEY = {  # measure -> what counts its known amounts, and what should have one
    "conversion_value": ("valued_conversions", "conversions"),
    "view_through_value": ("valued_view_through_conversions", "view_through_conversions"),
    "conversion_value_by_conversion_date": ("valued_conversions_by_conversion_date", "conversions_by_conversion_date"),
    "all_conversion_value": ("valued_all_conversions", "all_conversions"),
    "spend": ("costed_events", "uncosted_events"),
}
METRICS = {
    "ctr": "clicked_impressions / impressions", "cvr": "converted_clicks / clicks",
    "conversion_per_impression": "converted_impressions / impressions",
    "viewability_rate": "viewable_impressions / measurable_impressions",
    "landing_rate": "landed_clicks / landing_measurable_clicks",
    "invalid_impression_rate": "(gross_impressions - impressions) / gross_impressions",
    "invalid_click_rate": "(gross_clicks - clicks) / gross_clicks",
    "clicks_per_impression": "clicks / impressions", "conversions_per_click": "conversions / clicks",
    "cost_per_impression": "known_spend / impressions", "cpm": "1000 * known_spend / impressions",
    "vcpm": "1000 * known_spend / viewable_impressions", "cpc": "known_spend / clicks",
    "cpa": "known_spend / conversions", "roas": "known_value / known_spend",
    "roi": "(known_value - known_spend) / known_spend",
    "average_conversion_value": "known_value / conversions", "value_per_click": "known_value / clicks",
}
ROLL_UPS = {  # daily mart, coarser mart -> what the rows of both are grouped by
    ("ad_daily", "campaign_daily"): ("date_day", "platform", "campaign_id"),
    ("ad_daily", "campaign_weekly"): ("date_trunc('week', date_day)::date", "platform", "campaign_id"),
    ("ad_daily", "campaign_monthly"): ("date_trunc('month', date_day)::date", "platform", "campaign_id"),
    ("ad_daily", "campaign"): ("platform", "campaign_id"),
    ("ad_daily", "platform_daily"): ("date_day", "platform"),
    ("campaign_daily", "campaign_weekly"): ("date_trunc('week', date_day)::date", "platform", "campaign_id"),
    ("campaign_daily", "campaign_monthly"): ("date_trunc('month', date_day)::date", "platform", "campaign_id"),
    ("campaign_daily", "campaign"): ("platform", "campaign_id"),
    ("campaign_daily", "platform_daily"): ("date_day", "platform"),
    ("segment_daily", "segment"): ("platform", "campaign_id", "segment_type", "segment"),
}
PERIODS = {"campaign_weekly": "week_start", "campaign_monthly": "month_start"}


def rolled_up(mart: str, by: tuple[str, ...], naive: bool = False) -> str:
    """The coarser rows that sums of the daily mart make. `naive`: money by plain sums, as without the counters."""
    keys = [f"{key} as key_{number}" for number, key in enumerate(by)]
    counts = [f"sum({name}) as {name}" for name in COUNTS]
    money = [
        f"sum({name}) as {name}" if naive
        else f"case when sum({known}) > 0 or sum({of}) = 0 then sum({name}) end as {name}"
        for name, (known, of) in MONEY.items()
    ]
    sums = f"select {', '.join(keys + counts + money)} from {MARTS}{mart} group by {', '.join(by)}"
    metrics = []
    for name, formula in METRICS.items():
        numerator, denominator = formula.rsplit(" / ", 1)
        metrics.append(
            f"case when {denominator} > 0 then ({numerator})::double / ({denominator})::double end as {name}"
        )
    return f"""
        select *, {', '.join(metrics)} from (
            select *,
                case when unknown_cost_events = 0 then spend end as known_spend,
                case when unknown_value_conversions = 0 then conversion_value end as known_value
            from ({sums})
        )"""


def differences(project: harness.Project, daily: str, coarser: str, naive: bool = False) -> list[str]:
    """Rows that the daily mart makes and the coarser one has not, by the columns that differ."""
    by = ROLL_UPS[daily, coarser]
    keys = [PERIODS.get(coarser, "date_day") if "date" in key else key for key in by]
    names = [*COUNTS, *MONEY, *METRICS]
    there = {tuple(row[key] for key in keys): row for row in project.sql(f"from {MARTS}{coarser}")}
    found = []
    for row in project.sql(rolled_up(daily, by, naive)):
        key = tuple(row[f"key_{number}"] for number in range(len(by)))
        found += [
            f"{key} {name}: {row[name]}, not {there[key][name]}" for name in names if row[name] != there[key][name]
        ]
    return found


def random_rows(seed: int) -> dict[str, list[Row]]:
    """Platforms, campaigns and ads of which some money is known, some not, some in a currency without a rate."""
    dice = random.Random(seed)
    start = datetime(2025, 1, 20)
    rows: dict[str, list[Row]] = defaultdict(list)
    for n in range(260):
        at = start + timedelta(hours=dice.randrange(24 * 40))
        platform, campaign = dice.choice(["p", "p", "q", "r"]), dice.choice(["c1", "c2", "c3", "c4", "c5", ""])
        # r reports no cost at all, c3 none either; c4 in an unknown currency alone.
        cost = "" if platform == "r" or campaign == "c3" else dice.choice(["0.5", "0.25", ""])
        currency = "XXX" if campaign == "c4" else dice.choice(["USD", "USD", "USD", "XXX"])
        event = {"platform": platform, "campaign_id": campaign, "ad_id": f"{campaign}{dice.choice('ab')}",
                 "user_agent": dice.choice(["", "", "bot"])}
        shown = {**event, "impression_id": f"i{n}", "impression_at": str(at), "cost": cost, "currency": currency,
                 "is_viewable": dice.choice(["", "true", "false"]) if campaign != "c2" else "",
                 "device_type": dice.choice(["tv", "phone"]), "user_id": f"u{n}"}
        rows["impressions"].append(shown)
        if dice.random() < 0.5:
            clicked_at = at + timedelta(minutes=dice.choice([5, 5, 3000]))
            rows["clicks"].append({
                **event, "click_id": f"k{n}", "clicked_at": str(clicked_at), "impression_id": f"i{n}", "cost": "",
                "landed_at": dice.choice(["", str(clicked_at)]), "currency": "", "user_id": f"u{n}"})
            if dice.random() < 0.6:
                worth = "" if campaign in ("c1", "c5") else dice.choice(["", "10", "3.5"])
                rows["conversions"].append({
                    "conversion_id": f"v{n}", "converted_at": str(clicked_at + timedelta(days=dice.randrange(9))),
                    "conversion_type": "purchase", "platform": platform, "click_id": dice.choice([f"k{n}", ""]),
                    "impression_id": f"i{n}", "user_id": "", "value": worth,
                    "currency": dice.choice(["USD", "USD", "XXX"])})
    for n in range(25):
        campaign = dice.choice(["c1", "c2", "c4"])
        rows["spend"].append({
            "date_day": str((start + timedelta(days=n)).date()), "platform": dice.choice("pq"), "campaign_id": campaign,
            "ad_id": dice.choice(["", f"{campaign}a", "x"]), "amount": dice.choice(["4", "9"]), "is_credit": "",
            "currency": "XXX" if campaign == "c4" else dice.choice(["USD", "USD", "XXX"])})
    for n in range(80):  # r's logs have no cost, its reports some; s has no logs
        campaign = dice.choice(["c1", "c2", "c3"])
        rows["reports"].append({
            "date_day": str((start + timedelta(days=dice.randrange(30))).date()), "platform": dice.choice("rs"),
            "account_id": "x", "campaign_id": campaign, "segment": str(n), "impressions": dice.choice(["", "0", "10"]),
            "clicks": dice.choice(["", "1"]), "conversions": dice.choice(["", "0", "1.5"]),
            "conversion_value": dice.choice(["", "0", "7"]) if campaign != "c2" else "",
            "spend": dice.choice(["", "0", "2"]) if campaign != "c3" else "",
            "currency": dice.choice(["USD", "USD", "XXX"])})
    rows["campaigns"] = [{"campaign_id": "c1", "platform": "p", "targeting_segment": "all"}]
    rows["bot_patterns"] = [{"pattern": "bot"}]
    return rows


@pytest.fixture(scope="module")
def rolled(tmp_path_factory: pytest.TempPathFactory) -> harness.Project:
    project = harness.on_raw_tables(tmp_path_factory.mktemp("rolled"), random_rows(5), as_of="2025-04-30",
                                    breakdowns=["device_type"])
    project.run("--select", *(f"+mart_ads__{mart}" for pair in ROLL_UPS for mart in pair), "daily_marts_roll_up",
                "+mart_ads__performance", "+mart_ads__performance_daily")
    return project


@pytest.mark.parametrize("daily, coarser", ROLL_UPS)
def test_sums_of_a_daily_mart_are_the_coarser_mart(rolled: harness.Project, daily: str, coarser: str) -> None:
    assert differences(rolled, daily, coarser) == []


@pytest.mark.parametrize("daily, coarser", [pair for pair in ROLL_UPS if pair[1] != "campaign_daily"])
def test_plain_sums_of_money_would_not_be(rolled: harness.Project, daily: str, coarser: str) -> None:
    """Or the counters would do nothing."""
    assert any(" spend:" in found or "_value:" in found for found in differences(rolled, daily, coarser, naive=True))


@pytest.mark.parametrize("ids", [1, 2, 3, 4])
def test_sums_of_daily_performance_are_the_performance(rolled: harness.Project, ids: int) -> None:
    """The same rule, for the money of reports, too."""
    by = ["platform", "account_id", "campaign_id", "ad_id"][:ids] + ["series"]
    level = ["platform", "account", "campaign", "ad"][ids - 1]
    mart = {tuple(row[key] for key in by): row
            for row in rolled.sql(f"from {MARTS}performance where level = '{level}'")}
    money = {name: MONEY[name] for name in ("conversion_value", "view_through_value", "spend")}
    counts = "impressions clicks conversions valued_conversions costed_events uncosted_events report_lines".split()
    sums = [f"sum({name}) as {name}" for name in counts] + [
        f"case when sum({known}) > 0 or sum({of}) = 0 then sum({name}) end as {name}"
        for name, (known, of) in money.items()]
    daily = rolled.sql(f"select {', '.join(by + sums)} from {MARTS}performance_daily group by {', '.join(by)}")
    assert len(daily) == len(mart) > ids
    for row in daily:
        there = mart[tuple(row[key] for key in by)]
        assert {name: there[name] for name in row} == row
    unknown = [row for row in daily if row["conversions"] and row["conversion_value"] is None]
    assert {row["series"] for row in unknown if ids > 2} in ({"measured", "reported"}, set())


def test_measured_performance_is_the_campaign(rolled: harness.Project) -> None:
    names = ["impressions", "clicks", "conversions", *list(MONEY)[:2], "spend", "cpm", "cpc", "cpa", "roas", "roi",
             "average_conversion_value", "value_per_click"]
    found = [rolled.sql(f"select platform, campaign_id, {', '.join(names)} from {MARTS}{mart} order by all")
             for mart in ("campaign where gross_impressions > 0 and platform <> 's'",
                          "performance where level = 'campaign' and series = 'measured' and impressions is not null")]
    assert found[0] == [row for row in found[1] if row["platform"] != "s"] and len(found[0]) > 10
    assert any(row["conversions"] and row["conversion_value"] is None for row in found[0])


def test_delivery_of_which_no_report_has_the_money_is_of_unknown_cost(rolled: harness.Project) -> None:
    """A day between others would have 0, as if nothing had been shown."""
    unpaid = """
        select date_day::date as date_day, campaign_id from raw.reports where platform = 's'
        group by all having count(spend) = 0 and max(impressions::int) > 0"""
    found = rolled.sql(f"select spend, uncosted_events from {MARTS}campaign_daily "
                       f"inner join ({unpaid}) using (date_day, campaign_id) where platform = 's'")
    assert len(found) > 2
    assert all(row["spend"] is None and row["uncosted_events"] == 1 for row in found)


def test_each_build_looks_whether_daily_marts_roll_up(rolled: harness.Project) -> None:
    assert rolled.dbt("test", "--select", "daily_marts_roll_up").statuses == {"daily_marts_roll_up": "pass"}
    rolled.execute(f"update {MARTS}campaign set spend = 0, cpm = 0 where spend is null")
    assert rolled.dbt("test", "--select", "daily_marts_roll_up").statuses == {"daily_marts_roll_up": "fail"}


# ---------------------------------------------------------------------------------------------------------- conflicts

def line(day: int = 1, amount: str = "10", **more: str) -> Row:
    return {"date_day": f"2025-06-{day:02}", "platform": "p", "campaign_id": "c", "amount": amount, **more}


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> harness.Project:
    project = harness.on_raw_tables(tmp_path_factory.mktemp("lines"), {
        "spend": [{**line(), "loaded_at": "", "device": "", "network": "", "reported_clicks": ""}],
        "impressions": [{"impression_id": "i", "impression_at": "2025-06-01 12:00:00", "ad_id": "a"}],
    }, as_of="2025-06-10")
    project.freeze()
    return project


def build_spend(project: harness.Project, rows: list[Row], **settings: Any) -> harness.Outcome:
    no_more = {"device": "", "network": "", "loaded_at": "", "reported_clicks": ""}
    project.load("spend", [{**no_more, **row} for row in rows])
    return project.dbt(
        "build", *STAGED, "--exclude", "the_ledger_balances_by_day", "--full-refresh", *harness.NO_UNIT_TESTS,
        variables={f"ad_funnel__{name}": value for name, value in settings.items()},
    )


def test_spend_lines_by_a_column_that_is_not_mapped_stop_the_build(lines: harness.Project) -> None:
    by_device = [line(day, amount, device=device, network="web") for day in (1, 2, 3)
                 for device, amount in (("tv", "1000.5"), ("phone", "20"), ("desktop", "20"))]
    outcome = build_spend(lines, [*by_device, line(4)])
    assert outcome.statuses["spend_lines_have_one_amount"] == "error"
    # One of each day's three rows counts: which one is no chance, but nothing to rely on either.
    counted = lines.sql("select sum(amount) as amount from main_ads_ledger.ledger_ads__spend "
                        "where disposition = 'accepted'")[0]["amount"]
    lost = Decimal("3131.5") - counted
    assert f"10 rows of \"warehouse\".\"raw\".\"spend\" are 4 lines, {lost.normalize():f} USD would not count" \
        in outcome.text
    assert "device (in 3 of 3)" in outcome.text and "network" not in outcome.text
    assert "Cure: sum the amounts up in a short model" in outcome.text


def test_columns_of_other_names_are_named_too(lines: harness.Project) -> None:
    rows = [{"Day": "1/6/2025", "Campaign ID": "c", "Cost (EUR)": amount, "Device": device, "date_day": "", "amount": ""}
            for device, amount in (("tv", "10"), ("phone", "20"))]
    lines.load("spend", rows)
    outcome = lines.dbt("build", *STAGED, "--exclude", "the_ledger_balances_by_day", "--full-refresh",
                        *harness.NO_UNIT_TESTS, variables={"ad_funnel__spend_columns": {
                            "date_day": {"column": "Day", "format": "day_first"}, "campaign_id": "Campaign ID",
                            "amount": "Cost (EUR)"}})
    assert "What tells them apart is in no mapped column: Device (in 1 of 1)" in outcome.text


def test_lines_that_one_load_stamps_seconds_apart_are_no_corrections(lines: harness.Project) -> None:
    """As loaders do that write row by row: 20 of 50 would count as if each row replaced the one before."""
    rows = [line(1, amount, device=device, loaded_at=f"2025-06-02 03:00:{second:02} UTC")
            for second, (device, amount) in enumerate([("tv", "10"), ("phone", "20"), ("desktop", "20")])]
    outcome = build_spend(lines, rows)
    assert outcome.statuses["spend_lines_have_one_amount"] == "error"
    assert "3 rows of" in outcome.text and "are 1 lines, 30 USD would not count" in outcome.text
    assert "device (in 1 of 1)" in outcome.text
    corrected = [line(1, "10", loaded_at="2025-06-02 03:00:00 UTC"), line(1, "20", loaded_at="2025-06-02 03:11:00 UTC")]
    assert build_spend(lines, corrected).statuses["spend_lines_have_one_amount"] == "pass"


def test_without_a_column_that_tells_them_apart_the_message_says_so(lines: harness.Project) -> None:
    outcome = build_spend(lines, [line(1, "10"), line(1, "11")])
    assert "2 rows of" in outcome.text and "No column tells them apart" in outcome.text


@pytest.mark.parametrize("rows, reason", [
    ([line(1, "10", loaded_at="2025-06-02"), line(1, "12", loaded_at="2025-06-03")], "superseded"),
    ([line(1, "10", loaded_at=""), line(1, "12", loaded_at="2025-06-03")], "superseded"),
    ([line(1, "10"), line(1, "10")], "same_payload"),
    ([line(1, "10", reported_clicks="1"), line(1, "10", reported_clicks="2")], "other_payload"),
])
def test_lines_that_are_told_again_stop_nothing(lines: harness.Project, rows: list[Row], reason: str) -> None:
    outcome = build_spend(lines, rows)
    assert outcome.statuses["spend_lines_have_one_amount"] == "pass", outcome.text
    assert lines.sql("select reason from main_ads_ledger.ledger_ads__spend where disposition <> 'accepted'") == [
        {"reason": reason}]


def test_two_amounts_of_an_older_load_are_no_longer_of_interest(lines: harness.Project) -> None:
    outcome = build_spend(lines, [line(1, "10", loaded_at="2025-06-02"), line(1, "11", loaded_at="2025-06-02"),
                                  line(1, "21", loaded_at="2025-06-03")])
    assert outcome.statuses["spend_lines_have_one_amount"] == "pass", outcome.text


@pytest.mark.slow
def test_a_key_that_is_half_of_one_stops_the_build(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Two creatives of each bid under the bid's id: half of the impressions would be lost."""
    shown = [{"impression_id": f"bid{bid}", "impression_at": "2025-06-01 12:00:00", "ad_id": creative, "cost": "0.5"}
             for bid in range(20) for creative in ("a", "b")]
    project = harness.on_raw_tables(tmp_path_factory.mktemp("half"), {"impressions": shown}, as_of="2025-06-10")
    outcome = project.dbt("build", "--select", "+mart_ads__ledger", *harness.NO_UNIT_TESTS)
    assert outcome.statuses["not_too_many_rows_conflict"] == "error"
    assert "20 of 40 rows, 10 of 20 USD are conflicts, rows of one platform, impression_id" in outcome.text
    assert "They differ in ad_id (in 20 of 20)" in outcome.text
    assert project.dbt("test", "--select", "not_too_many_rows_conflict", "few_rows_conflict", variables={
        "ad_funnel__conflict_stop_basis_points": 5000}).statuses == {
            "not_too_many_rows_conflict": "pass", "few_rows_conflict": "warn"}


# --------------------------------------------------------------------------------- two levels, and spend lines alone

def test_ads_in_no_campaign_are_not_added_to_what_campaigns_report(tmp_path_factory: pytest.TempPathFactory) -> None:
    """And with spend lines alone rows become mature."""
    days = range(1, 6)
    project = harness.on_raw_tables(tmp_path_factory.mktemp("levels"), {"spend": [
        *({**line(day, "100"), "ad_id": ""} for day in days),
        *({**line(day, "40"), "ad_id": "gone", "campaign_id": ""} for day in days),
        {**line(6, "40"), "ad_id": "gone", "campaign_id": ""},  # nobody else reports that day
    ]}, as_of="2025-08-01")
    outcome = project.dbt("build", "--select", "+mart_ads__campaign_daily", "+mart_ads__platform_daily",
                          "+mart_ads__ledger", "+money_adds_up", "--indirect-selection", "cautious",
                          *harness.NO_UNIT_TESTS)
    assert outcome, outcome.text
    assert outcome.statuses["every_spend_line_is_placed"] == "warn"
    assert outcome.statuses["money_adds_up"] == "pass"
    assert project.sql(f"select sum(spend) as spend, count(*) as days from {MARTS}platform_daily") == [
        {"spend": Decimal(540), "days": 6}]
    assert project.sql(f"select reason, row_count, amount from {MARTS}ledger where reason = 'unplaced' limit 1") == [
        {"reason": "unplaced", "row_count": 1, "amount": Decimal(40)}]
    assert project.sql("select sum(unplaced_spend) as amount from main_ads_facts.fct_ads__spend") == [
        {"amount": Decimal(200)}]
    assert project.sql("select data_through from main_ads_facts.fct_ads__freshness") == [
        {"data_through": datetime(2025, 6, 7)}]
    assert project.dbt("run", "--select", "fct_ads__freshness", "mart_ads__campaign_daily", variables={
        "ad_funnel__click_window": "2 days", "ad_funnel__view_window": "1 day", "ad_funnel__allowed_lateness": "1 day",
        "ad_funnel__match_window": "1 day"})
    assert project.sql(f"select max(date_day)::varchar as day from {MARTS}campaign_daily where is_click_mature") == [
        {"day": "2025-06-03"}]


REDDIT = harness.SHARED_DATA / "reports/fivetran_reddit_ads"


@pytest.mark.skipif(not REDDIT.exists(), reason="the report samples are not beside the checkout")
def test_reddits_ads_are_not_added_to_reddits_campaigns(tmp_path_factory: pytest.TempPathFactory) -> None:
    lines: list[Row] = []
    for level in ("campaign", "ad"):
        with (REDDIT / f"reddit_ads_{level}_report_data.csv").open(newline="") as file:
            lines += [{"date_day": row["date"], "platform": "reddit", "amount": row["spend"],
                       "campaign_id": row.get("campaign_id", ""), "ad_id": row.get("ad_id", "")}
                      for row in csv.DictReader(file)]
    project = harness.on_raw_tables(tmp_path_factory.mktemp("reddit"), {"spend": lines}, as_of="2023-02-01",
                                    spend_columns={"amount": {"column": "amount", "divide_by": 1000000}})
    project.run("--select", "+mart_ads__campaign")
    assert project.sql(f"select sum(spend) as spend from {MARTS}campaign") == [{"spend": Decimal("12970.777467")}]
    assert project.sql("select sum(unplaced_spend) as spend, count(distinct ad_id) filter (unplaced_spend > 0) as ads "
                       "from main_ads_facts.fct_ads__spend") == [{"spend": Decimal("5035.019678"), "ads": 5}]


# --------------------------------------------------------------------------------------- not measured, also by column

BY_CLICK = ["converted_clicks", "conversions", "valued_conversions", "conversion_value", "converted_impressions",
            "conversions_by_conversion_date", "valued_conversions_by_conversion_date",
            "conversion_value_by_conversion_date"]
BY_VIEW = ["view_through_conversions", "view_through_value", "valued_view_through_conversions"]
VALUES = ["conversion_value", "valued_conversions", "view_through_value", "valued_view_through_conversions",
          "conversion_value_by_conversion_date", "valued_conversions_by_conversion_date", "all_conversion_value",
          "valued_all_conversions"]
ABSENT = {  # columns that the raw tables lack -> measures that are not measured then
    "": [],
    "impressions.is_viewable": ["viewable_impressions"],
    "clicks.impression_id": ["clicked_impressions", "converted_impressions", "unmatched_clicks"],
    "conversions.click_id": [],  # a user joins them
    "conversions.click_id conversions.user_id": BY_CLICK,
    "conversions.click_id clicks.user_id": BY_CLICK,
    "conversions.impression_id impressions.user_id": BY_VIEW,
    "conversions.click_id conversions.impression_id conversions.user_id":
        [*BY_CLICK, *BY_VIEW, "unattributed_conversions"],
    "conversions.value": VALUES,
}


@pytest.fixture(scope="module")
def columns(tmp_path_factory: pytest.TempPathFactory) -> harness.Project:
    project = harness.on_raw_tables(tmp_path_factory.mktemp("columns"), EVENTS, as_of="2025-06-10", frequency=True,
                                    attribution=True, data_driven_attribution=False)
    project.freeze()
    return project


NOON = "2025-06-01 12:00:00"
EVENTS: dict[str, list[Row]] = {
    "impressions": [{"impression_id": "i", "impression_at": NOON, "ad_id": "a", "user_id": "u", "is_viewable": "true",
                     "is_measurable": "true"}],
    "clicks": [{"click_id": "k", "clicked_at": NOON, "impression_id": "i", "user_id": "u", "ad_id": "a"}],
    "conversions": [{"conversion_id": "v", "converted_at": NOON, "conversion_type": "buy", "click_id": "k",
                     "impression_id": "i", "user_id": "u", "value": "5"}],
}


@pytest.mark.parametrize("absent, expected", ABSENT.items())
def test_a_measure_hangs_on_its_columns(columns: harness.Project, absent: str, expected: list[str]) -> None:
    for table, rows in EVENTS.items():
        columns.load(table, [{name: value for name, value in row.items() if f"{table}.{name}" not in absent.split()}
                             for row in rows])
    columns.run("--select", "stg_ads__measured")
    [row] = columns.sql("from main_ads_staging.stg_ads__measured")
    assert sorted(name.removeprefix("has_") for name, is_there in row.items() if not is_there) == sorted(expected)


@pytest.mark.slow
def test_what_clicks_cannot_name_is_not_0(columns: harness.Project) -> None:
    """And what they come to be able to name is counted from then on, on every day."""
    def mart() -> Row:
        columns.run("--select", "+mart_ads__campaign")
        return columns.sql(f"from {MARTS}campaign")[0]

    for table, rows in EVENTS.items():
        columns.load(table, rows)
    columns.load("impressions", [{name: value for name, value in EVENTS["impressions"][0].items()
                                  if name != "is_viewable"}])
    # As an adapter writes it: the column is there, and blank in every click.
    for click in ({**EVENTS["clicks"][0], "impression_id": ""},
                  {name: value for name, value in EVENTS["clicks"][0].items() if name != "impression_id"}):
        columns.load("clicks", [click])
        row = mart()
        assert [row[name] for name in ("impressions", "clicks", "conversions", "measurable_impressions")] == [1] * 4
        assert {row[name] for name in ("clicked_impressions", "unmatched_clicks", "converted_impressions", "ctr",
                                       "conversion_per_impression", "viewable_impressions", "viewability_rate",
                                       "vcpm")} == {None}
        [daily] = columns.sql("select sum(unmatched_clicks) as unmatched, sum(viewable_impressions) as viewable "
                              "from main_ads_facts.fct_ads__daily")
        assert daily == {"unmatched": None, "viewable": None}
    columns.load("clicks", EVENTS["clicks"])
    columns.load("impressions", EVENTS["impressions"])
    row = mart()
    names = ("clicked_impressions", "unmatched_clicks", "ctr", "viewability_rate")
    assert [row[name] for name in names] == [1, 0, 1, 1]


@pytest.mark.slow
def test_without_a_column_of_values_no_mart_says_0(columns: harness.Project) -> None:
    """Not on rows without a conversion either, such as a day with spend alone: ROAS would be 0."""
    marts = "attribution", "frequency", "campaign_daily"
    for name in ("value", "worth"):
        for table, rows in EVENTS.items():
            columns.load(table, rows)
        columns.load("impressions", [{**EVENTS["impressions"][0], "cost": "1"},
                                     {**EVENTS["impressions"][0], "impression_id": "j", "user_id": "w", "cost": "1",
                                      "impression_at": "2025-06-03 12:00:00"}])
        columns.load("conversions", [{{"value": name}.get(key, key): value
                                      for key, value in EVENTS["conversions"][0].items()}])
        columns.run("--full-refresh", "--select", *(f"+mart_ads__{mart}" for mart in marts))
        for mart in marts:
            values = [row["conversion_value"] for row in columns.sql(f"from {MARTS}{mart}")]
            assert values and (set(values) == {None}) == (name == "worth"), mart
