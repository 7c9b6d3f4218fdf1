"""The real-time-bidding logs of iPinYou, read by a project of four short files: the way of anyone's own logs.

The logs are not part of this repository; the numbers below were counted in the files by other means.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import harness
import pytest
import yaml

LOGS = harness.SHARED_DATA / "ipinyou"

pytestmark = pytest.mark.skipif(not LOGS.is_dir(), reason=f"the iPinYou logs are not there: {LOGS}")

# The consumer's project, but for packages.yml and the profile: docs/install.md shows the like.

SETTINGS = """
ad_funnel__impressions: "{{ ref('ipinyou_impressions') }}"
ad_funnel__impressions_columns:
  impression_at: {time_zone: Asia/Shanghai}
  cost: {divide_by: 100000}  # fen per thousand impressions -> CNY per impression
ad_funnel__clicks: "{{ ref('ipinyou_clicks') }}"
ad_funnel__clicks_columns:
  clicked_at: {time_zone: Asia/Shanghai}
ad_funnel__default_platform: ipinyou
ad_funnel__reporting_time_zone: Asia/Shanghai
ad_funnel__reporting_currency: CNY
ad_funnel__repeat_click_window: 0 seconds  # the publisher of the logs has filtered them
ad_funnel__click_flood_clicks: 0
"""

IMPRESSIONS = r"""
select
    column00 || ':' || column18 as impression_id,  -- bidid and creative
    strptime(column01, '%Y%m%d%H%M%S%g') as impression_at,
    column18 as ad_id,
    column22 as campaign_id,  -- the advertiser
    nullif(column03, 'null') as user_id,
    column20 as cost  -- payprice
from read_csv('data/imp.*.tsv', delim = '\t', header = false, quote = '', all_varchar = true)
"""

CLICKS = r"""
select
    column00 || ':' || column18 as click_id,
    column00 || ':' || column18 as impression_id,
    strptime(column01, '%Y%m%d%H%M%S%g') as clicked_at,
    column18 as ad_id,
    column22 as campaign_id,
    nullif(column03, 'null') as user_id
from read_csv('data/clk.*.tsv', delim = '\t', header = false, quote = '', all_varchar = true)
"""

# -------------------------------------------------------------------------------------------------------------------

NO_CONVERSIONS = """
select
    cast(null as varchar) as conversion_id,
    cast(null as timestamp) as converted_at,
    cast(null as varchar) as conversion_type,
    cast(null as varchar) as click_id,
    cast(null as double) as value
where false
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> harness.Project:
    project = harness.consumer(tmp_path_factory.mktemp("ipinyou"), yaml.safe_load(SETTINGS))
    project.write("models/ipinyou_impressions.sql", IMPRESSIONS.replace("data/", f"{LOGS}/"))
    project.write("models/ipinyou_clicks.sql", CLICKS.replace("data/", f"{LOGS}/"))
    project.build(*harness.NO_UNIT_TESTS)
    return project


@pytest.fixture(scope="module")
def ledger(project: harness.Project) -> dict[tuple[str, bool], int]:
    """(raw table, whether the rows count) -> how many."""
    rows = project.sql(
        "select source_table, disposition = 'accepted' and reason = 'valid' as counts, sum(row_count) as row_count "
        "from main_ads_marts.mart_ads__ledger group by all"
    )
    return {(row["source_table"], row["counts"]): row["row_count"] for row in rows}


@pytest.fixture(scope="module")
def days(project: harness.Project) -> set[date]:
    """The days of all raw rows, and of every mart by day."""
    return {row["date_day"] for row in project.sql(
        "select date_day from main_ads_marts.mart_ads__ledger union all "
        "select date_day from main_ads_marts.mart_ads__campaign_daily union all "
        "select date_day from main_ads_marts.mart_ads__ad_daily"
    )}


def campaign_of(project: harness.Project) -> dict[str, Any]:
    [campaign] = project.sql("select * from main_ads_marts.mart_ads__campaign")
    return campaign


@pytest.fixture(scope="module")
def campaign(project: harness.Project, ledger: object, days: object) -> dict[str, Any]:
    """The one campaign of the logs, from impressions and clicks alone."""
    return campaign_of(project)


@pytest.fixture(scope="module")
def campaign_with_conversions(project: harness.Project, campaign: object) -> dict[str, Any]:
    """The same once there is a table of conversions, though without a row."""
    project.write("models/ipinyou_conversions.sql", NO_CONVERSIONS)
    project.settings(yaml.safe_load(SETTINGS) | {"ad_funnel__conversions": "{{ ref('ipinyou_conversions') }}"})
    project.run("--select", "+mart_ads__campaign")
    return campaign_of(project)


def test_all_raw_impressions_are_accounted_for(ledger: dict) -> None:
    assert (ledger["impressions", True], ledger["impressions", False]) == (3_988, 12)


def test_all_raw_clicks_are_accounted_for(ledger: dict) -> None:
    """The click log ends its lines with CRLF."""
    assert (ledger["clicks", True], ledger["clicks", False]) == (235, 5)


def test_every_raw_row_stands_on_its_day_in_shanghai(days: set[date]) -> None:
    assert days == {date(2013, 10, 21)}


def test_local_times_are_kept_as_utc(project: harness.Project) -> None:
    """18:29 in Shanghai is 10:29 UTC."""
    [times] = project.sql("select min(impression_at)::varchar as first from main_ads_facts.fct_ads__impressions")
    assert times["first"] == "2013-10-21 10:29:02.623"


def test_campaign_is_the_advertiser(campaign: dict[str, Any]) -> None:
    assert (campaign["platform"], campaign["campaign_id"]) == ("ipinyou", "2821")


def test_every_accepted_event_is_valid(campaign: dict[str, Any]) -> None:
    assert (campaign["gross_impressions"], campaign["impressions"]) == (3_988, 3_988)
    assert (campaign["gross_clicks"], campaign["clicks"]) == (235, 235)


def test_one_click_finds_its_impression(campaign: dict[str, Any]) -> None:
    """The sample's clicks come from later impressions than its first 4,000."""
    assert (campaign["clicked_impressions"], campaign["unmatched_clicks"]) == (1, 234)


def test_ctr_counts_the_matched_click_only(campaign: dict[str, Any]) -> None:
    assert campaign["ctr"] == 1 / 3_988


def test_spend_is_the_exact_sum_of_prices_paid(campaign: dict[str, Any]) -> None:
    assert str(campaign["spend"]) == "3.628130000"


def test_cpm(campaign: dict[str, Any]) -> None:
    assert round(campaign["cpm"], 6) == 0.909762


@pytest.mark.parametrize("name", ["conversions", "conversion_value", "converted_clicks", "cvr", "cpa", "roas"])
def test_without_a_conversions_table_nothing_is_said_of_them(name: str, campaign: dict[str, Any]) -> None:
    assert campaign[name] is None


@pytest.mark.parametrize("name, value", [("conversions", 0), ("conversion_value", 0), ("cvr", 0.0), ("cpa", None)])
def test_with_an_empty_conversions_table_none_happened(
    name: str, value: float | None, campaign_with_conversions: dict[str, Any]
) -> None:
    assert campaign_with_conversions[name] == value


def test_empty_conversions_table_changes_no_other_measure(
    campaign: dict[str, Any], campaign_with_conversions: dict[str, Any]
) -> None:
    for name in ("impressions", "clicks", "clicked_impressions", "unmatched_clicks", "spend", "ctr", "cpm", "cpc"):
        assert campaign_with_conversions[name] == campaign[name]
