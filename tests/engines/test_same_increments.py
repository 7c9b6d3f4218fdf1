"""Generated events, a few hundred thousand where a build is fast, built whole and then grown: every engine stores the
same rows."""

from __future__ import annotations

import os
from datetime import timedelta

import engines
import generate
import harness
import pytest

MANY = "200_000" if os.environ.get("AD_FUNNEL_TEST_ALL") else "20_000"
IMPRESSIONS, DAYS = int(os.environ.get("AD_FUNNEL_ENGINES_IMPRESSIONS", MANY)), 20
NEW = generate.LAST_DAY - timedelta(days=2)  # the first day that the first build has not

EVENTS = ("impressions", "clicks", "conversions", "visits", "spend")
TABLES = (*EVENTS, *generate.REFERENCE)
SETTINGS = {
    "primary_conversion_types": ["purchase", "sign_up"],
    "reporting_time_zone": "Europe/Berlin",
    "reporting_currency": "EUR",
    "look_back": "1000 days",
    "breakdowns": ["country", "hour_of_day"],
    "landing_pages": True,
    "attribution": True,
    "reach": "sketch", "sketch_size": 256, "frequency": True,
    **{f"{table}_columns": {"partition_day": "day"} for table in EVENTS},
    **{f"{table}_stamp": "fingerprint" for table in EVENTS},
}

# So few conversions follow invalid traffic that there may be none.
FEW = ("ledger_ads__invalid_conversions", "fct_ads__unplaced_spend")

# The days that each build has stored.
DAYS_OF_BUILDS = """(
    select distinct ledger.ledger_day, builds.build_number
    from main_ads_ledger.ledger_ads__{table} as ledger
    inner join main_ads_ledger.ad_funnel_builds as builds on ledger.invocation_id = builds.invocation_id
) as days_of_builds"""

CHANGES = (
    # A day that vanishes, and one that loses some rows.
    "delete from raw.impressions where day = date '2025-03-20'",
    "delete from raw.clicks where day = date '2025-03-22' and hash(click_id) % 2 = 0",
    # Edits in place.
    "update raw.impressions set cost = cost * 2 where day = date '2025-03-18' and ad_id = 'ad0001'",
    "update raw.conversions set value = value + 1 where day = date '2025-03-24'",
    "update raw.spend set amount = amount / 3 where day = date '2025-03-25'",
    # Copies that arrive later, some with another payload, of rows of days that nothing else changes.
    "insert into raw.impressions select * replace (day + 2 as day, loaded_at + interval 2 days as loaded_at, "
    "case when hash(impression_id) % 3 = 0 then 'elsewhere' else placement end as placement) "
    "from raw.impressions where day = date '2025-03-16' and hash(impression_id) % 50 = 0",
    "insert into raw.clicks select * replace (day + 1 as day, clicked_at + interval 1 day as clicked_at) "
    "from raw.clicks where day = date '2025-03-17' and hash(click_id) % 10 = 0",
    # A rate that changes.
    "update raw.exchange_rates set rate = rate * 1.1 where date_day = date '2025-03-27'",
)


@pytest.fixture(scope="module")
def files(engine: engines.Engine, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("events")
    generate.generate(folder, IMPRESSIONS, DAYS, seed=1)
    return str(folder)


def test_increments_store_the_same(
    files: str, engine: engines.Engine, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("grown")
    nothing = {table: [{"none": "none"}] for table in TABLES}
    project = harness.on_raw_tables(folder, nothing, as_of=generate.AS_OF, **SETTINGS)
    rows = {table: f"read_parquet('{files}/{table}/**/*.parquet', hive_partitioning = true)" for table in TABLES}
    # Some of those who saw an ad come by themselves.
    rows["visits"] = (
        "(select impression_id as visit_id, impression_at + interval 3 hours as visited_at, user_id, user_agent, "
        f"placement as channel, loaded_at + interval 3 hours as loaded_at, day from {rows['impressions']} "
        "where hash(impression_id) % 20 = 0)"
    )
    project.execute(*(
        f"create or replace table raw.{table} as select * from {rows[table]} "
        + (f"where day < date '{NEW}'" if table in EVENTS else "")
        for table in TABLES
    ))
    twin = engines.Twin(project, engine, folder / "twin")

    # Where a build is slow its tests are left to the demo and the faults.
    build_twin = twin.project.run if engine.is_slow else twin.project.build
    arguments = () if engine.is_slow else harness.NO_UNIT_TESTS

    twin.load(*TABLES)
    for one in (project, twin.project):
        one.freeze()
    project.build(*harness.NO_UNIT_TESTS)
    build_twin(*arguments)
    assert twin.differences(may_be_empty=FEW) == []

    project.execute(
        *(f"insert into raw.{table} select * from {rows[table]} where day >= date '{NEW}'" for table in EVENTS),
        *CHANGES,
    )
    twin.load(*TABLES)
    grown = project.build(*harness.NO_UNIT_TESTS)
    assert build_twin(*arguments).statuses.items() <= grown.statuses.items()
    assert twin.differences(may_be_empty=FEW) == []
    for table in EVENTS:
        assert twin.differing(DAYS_OF_BUILDS.format(table=table)) == []
    kept = f"select count(*) as days from {DAYS_OF_BUILDS.format(table='impressions')} where build_number = 1"
    assert project.sql(kept)[0]["days"] > 5, "every day was built anew"

    # What has grown is what one full refresh makes. (Where a build is slow: DuckDB's is, as its own tests show.)
    if engine.is_slow:
        return
    twin.project.run("--full-refresh")
    assert twin.differences(may_be_empty=FEW) == []
