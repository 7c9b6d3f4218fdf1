"""The faults of the catalogue, and other hostile rows, come to the same on every engine: told in text, and typed."""

from __future__ import annotations

from hashlib import sha256

import engines
import faults
import harness
import pytest

# The columns of the fault project as a warehouse would have typed them; what does not fit is NULL.
TYPED = {
    "impressions": {"impression_at": "timestamptz", "loaded_at": "timestamp", "cost": "double"},
    "clicks": {"clicked_at": "timestamp", "loaded_at": "timestamptz", "cost_micros": "decimal(24, 3)"},
    "conversions": {"converted_at": "timestamp", "loaded_at": "timestamp", "value": "float"},
    "spend": {
        "date_day": "date", "loaded_at": "timestamp", "amount": "double", "is_credit": "boolean",
        "reported_impressions": "double", "reported_clicks": "bigint", "reported_conversions": "float",
    },
    "ads": {"valid_from": "timestamp", "loaded_at": "date"},
    "campaigns": {"valid_from": "date"},
    "exchange_rates": {"date_day": "timestamptz", "rate": "double"},
}

# The fault project leaves it off, and has no visits.
ATTRIBUTION = {"ad_funnel__attribution": True, "ad_funnel__training_window": "1000 days"}
WITHOUT_VISITS = ("ledger_ads__visits", "fct_ads__visits", "fct_ads__visit_campaigns")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> harness.Project:
    return faults.project(tmp_path_factory.mktemp("faults"))


@pytest.mark.parametrize("columns", ["text", pytest.param("typed", marks=pytest.mark.slow)])
def test_faults_come_to_the_same(
    project: harness.Project, engine: engines.Engine, tmp_path_factory: pytest.TempPathFactory, columns: str
) -> None:
    def type_of(type_: str) -> str:
        return "double" if type_ == "float" and not engine.has_short_floats else type_

    if columns == "typed":
        faults.in_session(project, "UTC")  # the text of an instant, in a raw record, is that of DuckDB's session
        project.execute("set timezone = 'UTC'", *(
            f"create or replace table raw.{table} as select * replace ("
            + ", ".join(f"try_cast(replace({name}, '-NaN', 'NaN') as {type_of(type_)}) as {name}"  # no other has one below 0
                        for name, type_ in types.items())
            + f") from raw.{table}"
            for table, types in TYPED.items()
        ))
    twin = engines.Twin(project, engine, tmp_path_factory.mktemp("twin") / columns)
    engine.run("drop schema if exists raw cascade")
    twin.load(*faults.RAW)
    # Where a build is slow, its tests run on one of the two.
    command = "run" if engine.is_slow and columns == "typed" else "build"
    here, there = (one.dbt(command, "--full-refresh", variables=ATTRIBUTION) for one in (project, twin.project))
    assert there.statuses == here.statuses, there.text
    assert twin.differences(may_be_empty=WITHOUT_VISITS) == []


@pytest.mark.slow
def test_erased_users_are_kept_out(
    project: harness.Project, engine: engines.Engine, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """After the tests above, in what they have built: the list of the erased is written by hand."""
    twin = engines.Twin(project, engine, tmp_path_factory.mktemp("twin") / "erased")
    key, users = "a key", ("u24c", "u56", "Frühling 🙂 名前")
    erased = ", ".join(f"('{key}', '{sha256((key + user).encode()).hexdigest()}')" for user in users)
    write = ("create table main_ads_ledger.ad_funnel_erasures (hash_key varchar(64), user_hash varchar(64))",
             f"insert into main_ads_ledger.ad_funnel_erasures values {erased}")
    project.execute(*write)
    engine.run(*write)
    for one in (project, twin.project):
        build = one.run if engine.is_slow else one.build
        build("--full-refresh", variables=ATTRIBUTION)
    [rows] = project.sql("select count(*) as n from main_ads_ledger.ledger_ads__clicks where disposition = 'erased'")
    assert rows["n"] > 5
    assert twin.differences(may_be_empty=WITHOUT_VISITS) == []
