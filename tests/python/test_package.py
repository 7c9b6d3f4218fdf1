"""Installed in somebody else's dbt project, over tables with names and columns of their own.

`shop` starts with impressions and clicks, which reach the package through models named as ours almost are
(`stg_impressions`, `fct_clicks`), and gets conversions and spend later. `lake` keeps its logs in files.
"""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import harness
import pytest
import yaml

Rows = list[dict[str, Any]]
Campaigns = dict[str, dict[str, Any]]

# ------------------------------------------------------------------------------------------------ the shop's project

FIRST_SETTINGS = """
ad_funnel__reporting_time_zone: America/New_York

ad_funnel__impressions: "{{ ref('stg_impressions') }}"
ad_funnel__impressions_columns:
  impression_id: view_uuid
  impression_at: shown_at
  ad_id: creative
  campaign_id: camp
  cost: {column: price_micros, divide_by: 1000000}

ad_funnel__clicks: "{{ ref('fct_clicks') }}"
ad_funnel__clicks_columns:
  click_id: hit
  clicked_at: {column: hit_ms, format: epoch_milliseconds}
  impression_id: view_uuid
  campaign_id: camp
"""

LATER_SETTINGS = """
ad_funnel__conversions: "{{ source('shop', 'checkouts') }}"
ad_funnel__conversions_columns:
  conversion_id: checkout
  converted_at: {column: paid_at, time_zone: America/New_York}
  conversion_type: kind
  click_id: hit
  value: {column: total_cents, divide_by: 100}

ad_funnel__spend: "{{ source('shop', 'Invoice Lines') }}"
ad_funnel__spend_columns:
  date_day: {column: Billed On, format: month_first}
  amount: Net
  campaign_id: Camp
"""

# Six impressions of `spring`, the last in the evening of 2 June in New York; two of `autumn` on the next day.
SEED = """\
view_uuid,shown_at,creative,camp,price_micros
v1,2025-06-02 14:00:00,tulip,spring,2500
v2,2025-06-02 14:01:00,tulip,spring,2500
v3,2025-06-02 14:02:00,tulip,spring,2500
v4,2025-06-02 14:03:00,daisy,spring,2500
v5,2025-06-02 14:04:00,daisy,spring,2500
v6,2025-06-03 01:00:00,daisy,spring,2500
w1,2025-06-03 14:00:00,aster,autumn,4000
w2,2025-06-03 14:01:00,aster,autumn,4000
"""

# Two clicks on v1, five minutes apart, one on v2, one on w1, and one on an impression that is not there.
HITS = [
    {"hit": "h1", "hit_ms": 1748872830000, "view_uuid": "v1", "camp": "spring", "topic": "ads"},  # 14:00:30 UTC
    {"hit": "h2", "hit_ms": 1748873130000, "view_uuid": "v1", "camp": "spring", "topic": "ads"},
    {"hit": "h3", "hit_ms": 1748872890000, "view_uuid": "v2", "camp": "spring", "topic": "ads"},
    {"hit": "h4", "hit_ms": 1748959230000, "view_uuid": "w1", "camp": "autumn", "topic": "ads"},
    {"hit": "h5", "hit_ms": 1748959230000, "view_uuid": "lost", "camp": "autumn", "topic": "ads"},
    {"hit": "h6", "hit_ms": 1748959230000, "view_uuid": "", "camp": "", "topic": "newsletter"},
]

# Two purchases after h1, one after h4: 30.00, 20.00 and 12.50.
CHECKOUTS = [
    {"checkout": "1001", "paid_at": "2025-06-02 10:30:00", "kind": "purchase", "hit": "h1", "total_cents": "3000"},
    {"checkout": "1002", "paid_at": "2025-06-05 10:30:00", "kind": "purchase", "hit": "h1", "total_cents": "2000"},
    {"checkout": "1003", "paid_at": "2025-06-03 23:30:00", "kind": "purchase", "hit": "h4", "total_cents": "1250"},
]

INVOICE_LINES = [{"Billed On": "06/02/2025", "Net": "10.00", "Camp": "spring"}]

MODELS = {
    "stg_impressions": "select * from {{ ref('ad_views') }}",
    "fct_clicks": "select * exclude (topic) from {{ source('tracker', 'hits') }} where topic = 'ads'",
    "campaign_report": """
        select
            campaign_id,
            {{ ad_funnel.ctr() }} as ctr,
            {{ ad_funnel.cvr() }} as cvr,
            {{ ad_funnel.cpa() }} as cpa,
            {{ ad_funnel.roas() }} as roas
        from {{ ref('mart_ads__campaign') }}
    """,
    "totals": """
        select
            {{ ad_funnel.cpm('sum(spend)', 'sum(impressions)') }} as cpm,
            {{ ad_funnel.roas('sum(conversion_value)', 'sum(spend)') }} as roas
        from {{ ref('ad_funnel', 'mart_ads__campaign_daily') }}
    """,
}

# dbt looks for a docs block in the root project first, so ours are asked for by package.
WORDS = """
{% docs clicks %}The clicks of the shop.{% enddocs %}
{% docs __ad_funnel__ %}A page of the shop.{% enddocs %}
"""

SOURCES = """
version: 2
sources:
  - name: tracker
    tables: [{name: hits}]
  - name: shop
    tables: [{name: checkouts}, {name: Invoice Lines}]
"""


# --------------------------------------------------------------------------------------------------------- fixtures

@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> harness.Project:
    shop = harness.consumer(tmp_path_factory.mktemp("package"), yaml.safe_load(FIRST_SETTINGS), name="shop")
    shop.write("seeds/ad_views.csv", SEED)
    shop.write("models/sources.yml", SOURCES)
    shop.write("models/words.md", WORDS)
    for name, model in MODELS.items():
        shop.write(f"models/{name}.sql", model)
    shop.load("hits", HITS, schema="tracker")
    return shop


def read_campaigns(project: harness.Project) -> Campaigns:
    return {row["campaign_id"]: row for row in project.sql("select * from main_ads_marts.mart_ads__campaign")}


def read_marts(project: harness.Project) -> dict[str, Rows]:
    """All rows of all marts; when they were built is no content."""
    marts = project.sql("select table_name from information_schema.tables where table_schema = 'main_ads_marts'")
    return {
        mart["table_name"]: project.sql(
            f"select * exclude (built_at) from main_ads_marts.{mart['table_name']} order by all"
        )
        for mart in marts
    }


@pytest.fixture(scope="module")
def first_build(shop: harness.Project) -> dict[str, dict[str, Any]]:
    """What ran: unique id -> the node in the manifest."""
    shop.build("--write-json")
    target = shop.folder / "target"
    manifest = json.loads((target / "manifest.json").read_text())
    known = manifest["nodes"] | manifest["unit_tests"]
    results = json.loads((target / "run_results.json").read_text())["results"]
    return {run["unique_id"]: known[run["unique_id"]] for run in results if run["unique_id"] in known}


@pytest.fixture(scope="module")
def first_days(shop: harness.Project, first_build: dict) -> dict[str, set[date]]:
    days: dict[str, set[date]] = {}
    for row in shop.sql("select campaign_id, date_day from main_ads_marts.mart_ads__campaign_daily"):
        days.setdefault(row["campaign_id"], set()).add(row["date_day"])
    return days


@pytest.fixture(scope="module")
def first_campaigns(shop: harness.Project, first_build: dict, first_days: dict) -> Campaigns:
    """From impressions and clicks alone."""
    return read_campaigns(shop)


@pytest.fixture(scope="module")
def campaigns(shop: harness.Project, first_campaigns: Campaigns) -> Campaigns:
    """Built on top, with conversions and spend too."""
    shop.load("checkouts", CHECKOUTS, schema="shop")
    shop.load("invoice_lines", INVOICE_LINES, schema="shop")
    shop.execute('alter table shop.invoice_lines rename to "Invoice Lines"')
    shop.settings(yaml.safe_load(FIRST_SETTINGS + LATER_SETTINGS))
    shop.build(*harness.NO_UNIT_TESTS)
    return read_campaigns(shop)


@pytest.fixture(scope="module")
def reports(shop: harness.Project, campaigns: Campaigns) -> dict[str, dict[str, Any]]:
    """The shop's own models that call the package's macros: a row for each campaign, and the totals."""
    rows = {row["campaign_id"]: row for row in shop.sql("select * from main.campaign_report")}
    [rows["totals"]] = shop.sql("select * from main.totals")
    return rows


# ------------------------------------------------------------------------------------- at first: impressions, clicks

def test_package_runs_its_checks_on_the_shops_data(first_build: dict[str, dict]) -> None:
    assert any(node["package_name"] == "ad_funnel" and node["resource_type"] == "test" for node in first_build.values())


def test_demo_seeds_do_not_come_along(first_build: dict[str, dict]) -> None:
    assert {node["name"] for node in first_build.values() if node["resource_type"] == "seed"} == {"ad_views"}
    assert not [node["name"] for node in first_build.values() if "raw_ad_" in node["name"]]


def test_demo_tests_do_not_come_along(first_build: dict[str, dict]) -> None:
    assert not [node["name"] for node in first_build.values() if node["original_file_path"].startswith("tests/demo")]


def test_models_that_are_named_almost_like_ours_stay_the_shops(first_build: dict[str, dict]) -> None:
    owners = {node["name"]: node["package_name"] for node in first_build.values()}
    assert [owners[name] for name in ("fct_clicks", "fct_ads__clicks")] == ["shop", "ad_funnel"]


def test_docs_blocks_of_the_shop_do_not_replace_ours(first_build: dict[str, dict]) -> None:
    [mart] = [node for node in first_build.values() if node["name"] == "mart_ads__campaign"]
    assert mart["columns"]["clicks"]["description"].startswith("Valid clicks")


def test_funnel_of_mapped_columns(first_campaigns: Campaigns) -> None:
    spring = first_campaigns["spring"]
    assert (spring["impressions"], spring["clicks"], spring["clicked_impressions"]) == (6, 3, 2)
    assert spring["ctr"] == 2 / 6


def test_click_on_an_unknown_impression_is_unmatched(first_campaigns: Campaigns) -> None:
    autumn = first_campaigns["autumn"]
    assert (autumn["clicks"], autumn["unmatched_clicks"], autumn["ctr"]) == (2, 1, 0.5)


def test_only_the_rows_of_the_shops_model_are_read(first_campaigns: Campaigns) -> None:
    assert set(first_campaigns) == {"spring", "autumn"}


def test_cost_in_micros_is_spend(first_campaigns: Campaigns) -> None:
    spends = {name: campaign["spend"] for name, campaign in first_campaigns.items()}
    assert spends == {"spring": Decimal("0.015"), "autumn": Decimal("0.008")}


def test_days_are_new_yorks(first_days: dict[str, set[date]]) -> None:
    assert first_days == {"spring": {date(2025, 6, 2)}, "autumn": {date(2025, 6, 3)}}


@pytest.mark.parametrize("name", [
    "conversions", "conversion_value", "converted_clicks", "converted_impressions", "all_conversions",
    "view_through_conversions", "unattributed_conversions", "cvr", "conversion_per_impression", "cpa", "roas",
])
def test_conversions_are_not_measured_without_their_table(name: str, first_campaigns: Campaigns) -> None:
    assert [campaign[name] for campaign in first_campaigns.values()] == [None, None]


# -------------------------------------------------------------------------------------- later: conversions and spend

def test_conversions_count_once_their_table_is_mapped(campaigns: Campaigns) -> None:
    spring = campaigns["spring"]
    assert (spring["conversions"], spring["converted_clicks"], spring["converted_impressions"]) == (2, 1, 1)
    assert (spring["cvr"], spring["conversion_per_impression"]) == (1 / 3, 1 / 6)


def test_value_in_cents_is_money(campaigns: Campaigns) -> None:
    values = {name: campaign["conversion_value"] for name, campaign in campaigns.items()}
    assert values == {"spring": Decimal("50"), "autumn": Decimal("12.5")}


def test_spend_line_takes_the_place_of_event_costs(campaigns: Campaigns) -> None:
    spends = {name: (campaign["spend"], campaign["cost_source"]) for name, campaign in campaigns.items()}
    assert spends == {"spring": (Decimal("10"), "spend"), "autumn": (Decimal("0.008"), "event")}


def test_cost_metrics_follow_the_spend_line(campaigns: Campaigns) -> None:
    spring = campaigns["spring"]
    assert (spring["cpm"], spring["cpc"], spring["cpa"], spring["roas"]) == (10_000 / 6, 10 / 3, 5.0, 5.0)


@pytest.mark.parametrize("name", ["impressions", "clicks", "clicked_impressions", "unmatched_clicks", "ctr"])
def test_more_tables_change_nothing_that_was_measured_before(
    name: str, campaigns: Campaigns, first_campaigns: Campaigns
) -> None:
    before, after = ({key: row[name] for key, row in rows.items()} for rows in (first_campaigns, campaigns))
    assert after == before


def test_metric_macros_read_columns_of_their_names(reports: dict[str, dict], campaigns: Campaigns) -> None:
    for metric in ("ctr", "cvr", "cpa", "roas"):
        assert [reports[name][metric] for name in campaigns] == [campaigns[name][metric] for name in campaigns]
    assert (reports["spring"]["ctr"], reports["spring"]["roas"]) == (1 / 3, 5.0)


def test_metric_macros_take_sums(reports: dict[str, dict]) -> None:
    assert reports["totals"] == {"cpm": 10_008 / 8, "roas": 62.5 / 10.008}


def test_second_run_on_top_gives_the_same_marts(shop: harness.Project, reports: dict) -> None:
    marts = read_marts(shop)
    shop.run()
    assert len(marts["mart_ads__ledger"]) > 0
    assert read_marts(shop) == marts


# ------------------------------------------------------------------------------------------------- a log of clicks only

@pytest.mark.slow
def test_clicks_are_enough(tmp_path: Path) -> None:
    """All the package's checks hold, though nobody told of impressions."""
    project = harness.on_raw_tables(tmp_path, {
        "clicks": [{"click_id": "c1", "clicked_at": "2025-06-02", "impression_id": "i1"}],
    })
    project.build(*harness.NO_UNIT_TESTS)
    campaign = read_campaigns(project)["unknown"]
    assert (campaign["clicks"], campaign["impressions"], campaign["unmatched_clicks"]) == (1, None, None)


# ------------------------------------------------------------------- a project of files, settings under `ad_funnel:`

LAKE_SETTINGS = """
ad_funnel:
  ad_funnel__reporting_time_zone: Asia/Tokyo
  ad_funnel__impressions: "{{ ref('views') }}"
  ad_funnel__clicks: "{{ source('lake', 'clicks') }}"
  ad_funnel__clicks_columns: {clicked_at: at}
  ad_funnel__spend: "{{ source('lake', 'spend') }}"
"""

# One impression on each side of midnight in Tokyo (15:00 UTC).
VIEWS = """
{{{{ config(materialized='external', location='{folder}/views.parquet') }}}}
select 'v1' as impression_id, timestamp '2025-06-02 14:59:00' as impression_at, 'ad' as ad_id, 'one' as campaign_id
union all
select 'v2', timestamp '2025-06-02 15:00:00', 'ad', 'one'
"""

VIEWS_BY_DAY = """
select {{ ad_funnel.reporting_day('impression_at') }} as date_day, count(*) as views
from {{ ref('views') }}
group by all
"""

LAKE_SOURCES = """
version: 2
sources:
  - name: lake
    tables:
      - {{name: clicks, meta: {{external_location: '{folder}/clicks.csv'}}}}
      - {{name: spend, meta: {{external_location: '{folder}/spend.parquet'}}}}
"""


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> harness.Project:
    lake = harness.consumer(tmp_path_factory.mktemp("package"), yaml.safe_load(LAKE_SETTINGS), name="lake")
    lake.write("models/views.sql", VIEWS.format(folder=lake.folder))
    lake.write("models/views_by_day.sql", VIEWS_BY_DAY)
    lake.write("models/sources.yml", LAKE_SOURCES.format(folder=lake.folder))
    lake.write("clicks.csv", "click_id,at,impression_id\nc1,2025-06-02 15:00:30,v2\n")
    lake.execute(
        "copy (select date '2025-06-03' as date_day, 3.5 as amount, 'one' as campaign_id) "
        f"to '{lake.folder}/spend.parquet'"
    )
    lake.run("--select", "views_by_day", "+mart_ads__campaign_daily")
    return lake


@pytest.fixture(scope="module")
def lake_days(lake: harness.Project) -> dict[date, dict[str, Any]]:
    return {row["date_day"]: row for row in lake.sql("select * from main_ads_marts.mart_ads__campaign_daily")}


def test_external_model_feeds_the_package(lake_days: dict[date, dict]) -> None:
    assert {day: row["impressions"] for day, row in lake_days.items()} == {date(2025, 6, 2): 1, date(2025, 6, 3): 1}


def test_csv_file_feeds_the_package(lake_days: dict[date, dict]) -> None:
    assert {day: row["clicks"] for day, row in lake_days.items()} == {date(2025, 6, 2): 0, date(2025, 6, 3): 1}


def test_parquet_file_feeds_the_package(lake_days: dict[date, dict]) -> None:
    assert lake_days[date(2025, 6, 3)]["spend"] == Decimal("3.5")


def test_settings_under_ad_funnel_reach_macros_in_the_consumers_models(lake: harness.Project) -> None:
    assert lake.sql("select * from main.views_by_day order by 1") == [
        {"date_day": date(2025, 6, 2), "views": 1}, {"date_day": date(2025, 6, 3), "views": 1},
    ]


# ------------------------------------------------------------------------------------------ a lake that is partitioned

PARTITIONED_SETTINGS = """
ad_funnel__as_of: "2025-06-30 12:00:00"
ad_funnel__look_back: 5 days
ad_funnel__impressions: "{{ source('lake', 'impressions') }}"
ad_funnel__impressions_columns: {partition_day: day}
"""

PARTITIONED_SOURCES = """
version: 2
sources:
  - name: lake
    config:
      meta: {{external_location: "read_parquet('{folder}/{{name}}/**/*.parquet', hive_partitioning = true)"}}
    tables: [{{name: impressions}}]
"""


def arrives(lake: harness.Project, day: int, rows: str) -> Path:
    """One day's file: `rows` are an id and a time each."""
    folder = lake.folder / f"impressions/day=2025-06-{day:02}"
    folder.mkdir(parents=True, exist_ok=True)
    lake.execute(
        "copy (select 'camp' as campaign_id, 'ad' as ad_id, id as impression_id, "
        f"cast(shown_at as timestamp) as impression_at, timestamp '2025-06-{day:02} 23:59:00' as loaded_at "
        f"from (values {rows}) as rows (id, shown_at)) to '{folder}/rows.parquet'"
    )
    return folder / "rows.parquet"


@pytest.mark.slow
@pytest.mark.parametrize("is_told", [True, False])
def test_partitions_of_long_ago_are_not_opened(tmp_path: Path, is_told: bool) -> None:
    """One of them is spoiled after it was read: that stops a build only where nothing says how the files lie."""
    settings = yaml.safe_load(PARTITIONED_SETTINGS)
    if not is_told:
        del settings["ad_funnel__impressions_columns"]
    lake = harness.consumer(tmp_path, settings, name="lake")
    lake.write("models/sources.yml", PARTITIONED_SOURCES.format(folder=lake.folder))
    files = [arrives(lake, day, f"('i{day}', '2025-06-{day:02} 10:00:00'), ('x{day}', null)") for day in range(1, 29)]
    lake.run()

    files[9].write_bytes(b"spoiled")
    arrives(lake, 29, "('late', '2025-06-27 10:00:00'), ('new', '2025-06-29 10:00:00'), ('x29', null)")
    outcome = lake.dbt("run")

    assert bool(outcome) == is_told
    if is_told:
        days = "select day(date_day) as day, impressions from main_ads_marts.mart_ads__campaign_daily order by 1"
        assert {row["day"]: row["impressions"] for row in lake.sql(days)} == {
            **{day: 1 for day in range(1, 30)}, 27: 2,
        }
        undated = "select count(*) as undated from main_ads_ledger.ledger_ads__impressions where date_day is null"
        assert lake.sql(undated) == [{"undated": 29}]
    else:
        assert "day=2025-06-10" in outcome.text
