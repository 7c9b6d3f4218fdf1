"""The semantic layer that scripts/semantic_layer.py writes: dbt takes it, and its expressions come to what the marts have.

MetricFlow itself is not in this environment; what it does with these metrics is done here in SQL: sums of the columns
over a grain, then the expressions over those sums.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path

import duckdb
import harness
import pytest
import yaml
from dbt.cli.main import dbtRunner

sys.path.insert(0, str(harness.REPO / "scripts"))
import semantic_layer  # noqa: E402

MARTS = "main_ads_marts"
GRAINS = {  # of a mart: its columns, and how the ad's days come to them
    "mart_ads__campaign": {"platform": "platform", "campaign_id": "campaign_id"},
    "mart_ads__campaign_daily": {"date_day": "date_day", "platform": "platform", "campaign_id": "campaign_id"},
    "mart_ads__campaign_weekly": {"week_start": "date_trunc('week', date_day)", "platform": "platform",
                                  "campaign_id": "campaign_id"},
    "mart_ads__campaign_monthly": {"month_start": "date_trunc('month', date_day)", "platform": "platform",
                                   "campaign_id": "campaign_id"},
    "mart_ads__platform_daily": {"date_day": "date_day", "platform": "platform"},
}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> harness.Project:
    return harness.demo(tmp_path_factory.mktemp("semantic"))[0]


def query(page: dict, grain: dict[str, str]) -> str:
    """The SQL of every metric of the legacy YAML at a grain."""
    columns = {measure["name"]: measure["expr"] for measure in page["semantic_models"][0]["measures"]}
    added = [f"sum({columns[metric['type_params']['measure']]}) as {metric['name']}"
             for metric in page["metrics"] if metric["type"] == "simple"]
    steps = [f"select {', '.join(f'{sql} as {name}' for name, sql in grain.items())}, {', '.join(added)} "
             f"from {MARTS}.mart_ads__ad_daily group by all"]
    for metric in page["metrics"]:
        if metric["type"] == "derived":
            steps.append(f"select *, {metric['type_params']['expr']} as {metric['name']} from ({steps[-1]})")
    return steps[-1]


@pytest.mark.parametrize("mart", GRAINS)
def test_every_metric_is_the_marts(demo: harness.Project, mart: str) -> None:
    page, grain = semantic_layer.legacy(), GRAINS[mart]
    measures_and_metrics = [metric.name for metric in semantic_layer.metrics() if not metric.hidden]
    assert len(measures_and_metrics) == 48
    with duckdb.connect(str(demo.database), read_only=True) as connection:
        def rows(sql: str) -> dict[tuple, dict]:
            cursor = connection.execute(sql)
            names = [column[0] for column in cursor.description]
            read = [dict(zip(names, row)) for row in cursor.fetchall()]
            return {tuple(str(row[name])[:10] for name in grain): row for row in read}
        ours, theirs = rows(query(page, grain)), rows(f"select * from {MARTS}.{mart}")
    compared = 0
    for key in ours.keys() & theirs.keys():
        for name in measures_and_metrics:
            one, other = ours[key][name], theirs[key][name.removeprefix("ads_")]
            assert one is other is None or None not in (one, other) and math.isclose(one, other, rel_tol=1e-12), (
                mart, key, name, one, other)
            compared += 1
    assert compared >= 48 * 17


def test_dbt_takes_it_beside_a_consumers_own_metrics(tmp_path: Path) -> None:
    consumer = harness.on_raw_tables(tmp_path, {"impressions": [
        {"impression_id": "1", "impression_at": "2025-01-01", "ad_id": "a"}]})
    consumer.write("models/own.sql", "select date '2025-01-01' as date_day, 1 as spend")
    consumer.write("models/own.yml", yaml.safe_dump({
        "version": 2,
        "models": [{"name": "own", "time_spine": {"standard_granularity_column": "date_day"},
                    "columns": [{"name": "date_day", "granularity": "day"}]}],
        "semantic_models": [{
            "name": "own", "model": "ref('own')", "defaults": {"agg_time_dimension": "date_day"},
            "primary_entity": "own_row", "measures": [{"name": "spend", "agg": "sum"}],
            "dimensions": [{"name": "date_day", "type": "time", "type_params": {"time_granularity": "day"}}],
        }],
        "metrics": [{"name": "spend", "label": "Spend", "type": "simple", "type_params": {"measure": "spend"}}],
    }))
    assert semantic_layer.main([str(consumer.folder / "models" / "ads"), "--without-time-spine"]) == 0
    parsed = consumer.invoke(dbtRunner(), "parse")
    assert parsed.success, parsed.exception
    metrics = {metric.name for metric in parsed.result.metrics.values()}
    assert {"spend", "ads_spend", "ads_roas"} <= metrics
    assert len(metrics) == 1 + len(semantic_layer.metrics())


def test_the_newer_yaml_has_the_same_metrics() -> None:
    [model] = semantic_layer.latest()["models"]
    assert [metric["name"] for metric in model["metrics"]] == [metric.name for metric in semantic_layer.metrics()]
    assert not any("fill_nulls_with" in metric for metric in model["metrics"])
