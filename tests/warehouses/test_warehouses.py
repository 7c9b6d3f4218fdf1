"""Each warehouse that nobody can reach from here: dbt's adapter for it compiles a whole build without a connection, and
a strict parser takes every statement. None of it was run."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import cache
from pathlib import Path

import fakes
import harness
import pytest
import strict
import yaml

WAREHOUSES = {
    warehouse.name: warehouse for warehouse in (
        fakes.Warehouse(
            "snowflake",
            {"account": "nowhere", "user": "nobody", "password": "none", "database": "warehouse", "warehouse": "w"},
            {"text": "TEXT", "timestamp": "TIMESTAMP_NTZ", "timestamptz": "TIMESTAMP_TZ", "date": "DATE",
             "number": "FIXED", "float": "REAL", "boolean": "BOOLEAN", "nested": "VARIANT"},
            capitals=True,
        ),
        fakes.Warehouse(
            "bigquery", {"method": "oauth", "project": "warehouse"},
            {"text": "STRING", "timestamp": "DATETIME", "timestamptz": "TIMESTAMP", "date": "DATE",
             "number": "NUMERIC", "float": "FLOAT64", "boolean": "BOOLEAN", "nested": "RECORD"},
        ),
        fakes.Warehouse(
            "redshift",
            {"host": "nowhere.invalid", "user": "nobody", "password": "none", "port": 5439, "dbname": "warehouse"},
            {"text": "STRING", "timestamp": "TIMESTAMP", "timestamptz": "TIMESTAMPTZ", "date": "DATE",
             "number": "NUMERIC", "float": "FLOAT", "boolean": "BOOLEAN", "nested": "SUPER"},
        ),
        fakes.Warehouse(
            "databricks",
            {"host": "nowhere.invalid", "http_path": "/sql/none", "token": "none", "catalog": "warehouse"},
            {"text": "string", "timestamp": "timestamp_ntz", "timestamptz": "timestamp", "date": "date",
             "number": "decimal(28,9)", "float": "double", "boolean": "boolean", "nested": "array<string>"},
        ),
    )
}

# Every type, format and unit that a raw column may have, and every setting that changes SQL.
TYPED = {
    "impressions": {
        "Impression Id": "text", "impression_at": "timestamptz", "ad_id": "number", "platform": "text",
        "user_id": "float", "cost": "float", "currency": "text", "is_measurable": "boolean", "is_viewable": "number",
        "user_agent": "text", "loaded_at": "timestamp", "partition_day": "date", "it's": "text",
    },
    "clicks": {
        "click_id": "text", "clicked_at": "text", "impression_id": "text", "cost": "number", "landing_url": "text",
        "landed_at": "text", "loaded_at": "number", "partition_day": "timestamptz",
    },
    "conversions": {
        "conversion_id": "text", "converted_at": "float", "conversion_type": "text", "value": "text",
        "order_id": "date", "click_id": "boolean", "loaded_at": "date",
    },
    "spend": {"date_day": "text", "amount": "text", "ad_id": "text", "is_credit": "text", "reported_clicks": "float"},
    "visits": {"visit_id": "number", "visited_at": "timestamptz", "user_id": "text", "channel": "text"},
}
SETTINGS = {
    "ad_funnel__impressions_columns": {
        "impression_id": "Impression Id", "cost": {"divide_by": 1000000}, "user_id": {"null_values": ["0", "none"]},
        "loaded_at": {"time_zone": "America/New_York"},
    },
    "ad_funnel__clicks_columns": {
        "clicked_at": {"format": "day_first", "time_zone": "Europe/Berlin"},
        "landed_at": {"format": "epoch_milliseconds"},
        "loaded_at": {"format": "epoch_seconds"}, "cost": {"null_values": ["-1"]},
    },
    "ad_funnel__conversions_columns": {"converted_at": {"format": "epoch_seconds"}, "value": {"divide_by": 100}},
    "ad_funnel__spend_columns": {"date_day": {"format": "month_first"}},
    "ad_funnel__reporting_time_zone": "America/New_York", "ad_funnel__impressions_stamp": "fingerprint",
    "ad_funnel__clicks_stamp": "loaded_at", "ad_funnel__conversions_stamp": "counts",
    "ad_funnel__clicks_keep": "latest_load", "ad_funnel__conversion_counting": "one_per_click",
    "ad_funnel__conversion_windows": {"sign_up": {"click": "7 days"}},
    "ad_funnel__primary_conversion_types": ["purchase"], "ad_funnel__breakdowns": ["country", "hour_of_day"],
    "ad_funnel__min_cell_users": 10, "ad_funnel__partial_money_metrics": True, "ad_funnel__attribution": True,
    "ad_funnel__attribution_mode": "consumed", "ad_funnel__attribution_level": "campaign",
    "ad_funnel__reach": "sketch", "ad_funnel__frequency": True, "ad_funnel__landing_pages": True,
    "ad_funnel__page_parameters": ["id"],
}


def build(project: harness.Project, warehouse: fakes.Warehouse, raw: dict[str, dict[str, str]]) -> fakes.Warehouse:
    """All that dbt would run; that the build succeeds says that every model and test compiled."""
    output = {"type": warehouse.name, "threads": 1, **warehouse.output}
    output["dataset" if warehouse.name == "bigquery" else "schema"] = "main"
    project.write("profiles.yml", yaml.safe_dump({project.profile: {"target": "there", "outputs": {"there": output}}}))
    project.freeze()
    nodes = [node for node in project.manifest.nodes.values() if node.package_name == "ad_funnel"]
    warehouse.relations = [
        (node.schema.lower(), node.alias, "view" if node.config.materialized == "view" else "table",
         node.resource_type == "seed",
         {column.name: column.data_type for column in node.columns.values() if column.data_type})
        for node in nodes if node.resource_type in ("model", "seed")
    ]
    warehouse.relations += [("main_ads_ledger", "ad_funnel_builds", "table", False, {})]
    warehouse.relations += [("raw", table, "table", True, {}) for table in raw]
    warehouse.columns = lambda relation: next(columns for table, columns in raw.items() if table in relation.lower())
    with fakes.without_a_connection(warehouse):
        outcome = project.dbt("build", "--exclude-resource-type", "unit_test", "--exclude-resource-type", "seed")
    assert outcome, outcome.text
    assert len(outcome.statuses) == len([
        node for node in nodes if node.resource_type in ("model", "test") and node.config.enabled
    ])
    return warehouse


@cache
def built(name: str, folder: Path) -> list[str]:
    """Of the demo, built by day, and of somebody's typed tables with every setting, built whole; each once. `make test-all`
    builds both in both ways."""
    demo = {file.stem: dict.fromkeys(file.read_text().splitlines()[0].split(","), "text")
            for file in (harness.REPO / "seeds").glob("*.csv")}
    alone = harness.alone(folder)
    theirs = harness.consumer(folder, {
        **{f"ad_funnel__{table}": f"{{{{ source('raw', '{table}') }}}}" for table in TYPED}, **SETTINGS,
    })
    theirs.write("models/sources.yml", yaml.safe_dump({
        "version": 2, "sources": [{"name": "raw", "tables": [{"name": table} for table in TYPED]}],
    }))
    builds = [(alone, demo, True), (theirs, TYPED, False)]
    if os.environ.get("AD_FUNNEL_TEST_ALL"):
        builds += [(alone, demo, False), (theirs, TYPED, True)]
    return list(dict.fromkeys(
        statement
        for project, raw, stored in builds
        for statement in build(project, replace(WAREHOUSES[name], stored=stored, statements=[]), raw).statements
    ))


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {name: tmp_path_factory.mktemp(name) for name in WAREHOUSES}


@pytest.mark.parametrize("name", WAREHOUSES)
def test_every_statement_is_the_warehouses(name: str, folders: dict[str, Path]) -> None:
    statements = built(name, folders[name])
    assert len(statements) > 300
    text = "\n".join(statements).lower()
    for told in ("replaces the rows where (ledger_day between", "is_settled", "small_campaigns", "america/new_york",
                 "swept_10 as", "fives as"):
        assert told in text, f"nothing compiled has {told}"
    found = {fault: statement for statement in statements for fault in strict.faults(statement, name)}
    assert not found, "\n\n".join(f"{fault}\n{statement[:1500]}" for fault, statement in list(found.items())[:10])


# What may be written by mistake, mostly another engine's words: (what stands there, what is put in its place).
PLANTED = {
    "snowflake": [
        ("regexp_like(", "regexp_full_match("),
        ("try_to_decimal(", "try_decimal("),
        ("as timestamp_ntz)", "as datetime64)"),
        ("dateadd(second, ", "to_seconds("),
        ("id_number order by id_number asc nulls last)", "id_number)"),
        ("staged as  (", "staged as not materialized ("),
        ("group by", "gruop by"),
        ("to_json(", "to_json_string("),
        ("sum(cast(", "sum(distinct on ("),
        ("except", "except all"),
        (" as double)", " as float128)"),
        ("mod(members, ", "(members & "),
        ("with met as", "with recursive met as"),
    ],
    "bigquery": [
        ("except distinct", "except"),
        ("regexp_contains(", "regexp_like("),
        ("safe_cast(", "try_cast("),
        ("as float64)", "as double)"),
        ("to_hex(md5(", "encode(md5("),
        ("timestamp_add(", "dateadd("),
        ("group by", "gruop by"),
        ("as string)", "as varchar)"),
        ("union all", "union"),
        ("on own.date_day = around.date_day", "on own.date_day >= around.date_day"),
        ("strpos(", "position("),
        ("bignumeric(28, 15)", "decimal(28, 15)"),
        ("from_channels.state = visits.j", "from_channels.state >= visits.j"),
        ("avg(case", "percentile_cont(case"),
    ],
    "redshift": [
        ("rows between unbounded preceding and current row", ""),
        ("farmfingerprint64(", "hash_record_extended("),
        ("json_serialize(object(", "row_to_json(row("),
        ("try_cast(", "safe_cast("),
        ("as double precision)", "as float64)"),
        ("left join", "left outter join"),
        ("except", "except all"),
        ("dateadd(", "timestampadd("),
        ("btrim(", "btrimm("),
        ("staged as  (", "staged as not materialized ("),
        ("is null and expected_ctr", "is distinct from expected_ctr"),
        ("rows between unbounded preceding and current row\n        ) as bigint", ") as bigint"),
    ],
    "databricks": [
        ("try_multiply(", "safe_multiply("),
        ("xxhash64(", "farm_fingerprint("),
        ("timestamp_ntz '", "timestamp_ltz9 '9"),
        ("as double)", "as float8)"),
        ("listagg(", "string_agg("),
        ("replace where", "replace were"),
        ("timestampadd(second, ", "to_seconds("),
        ("group by", "gruop by"),
        ("staged as  (", "staged as not materialized ("),
        ("id_number order by id_number asc nulls last)", "id_number)"),
        ("with met as", "with recursive met as"),
    ],
}


@pytest.mark.parametrize(
    ("name", "right", "wrong"), [(name, *pair) for name, pairs in PLANTED.items() for pair in pairs]
)
def test_a_planted_error_is_found(name: str, right: str, wrong: str, folders: dict[str, Path]) -> None:
    holding = [statement for statement in built(name, folders[name]) if right in statement]
    assert holding, f"nothing compiled has {right}"
    assert strict.faults(holding[0], name) == []
    assert strict.faults(holding[0].replace(right, wrong, 1), name)


def test_there_are_enough_of_them() -> None:
    assert set(PLANTED) == set(WAREHOUSES) and all(len(pairs) >= 5 for pairs in PLANTED.values())
