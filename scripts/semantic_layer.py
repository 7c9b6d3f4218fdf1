#!/usr/bin/env python3
"""Write the formula sheet as a semantic layer into your project: every measure and metric as ads_...

    python dbt_packages/ad_funnel/scripts/semantic_layer.py models/ads_semantic_layer

Two files come into that folder: ads_semantic_layer.yml and ads_time_spine.sql (leave the latter out with
--without-time-spine where your project has a time spine). --spec latest writes the YAML of dbt-core 1.12 and dbt 2, else
it is that of dbt-core 1.11 (--spec legacy). Nothing else of your project is touched; after an upgrade of the package run
it again.

What it writes is made of the package's own lists: measures() with the rule of unknown money, the formulas that the build
restates, and the names that readers see.
"""

from __future__ import annotations

import argparse
import re
import sys
from dataclasses import dataclass
from pathlib import Path

try:
    import yaml
except ImportError:
    sys.exit("PyYAML is not installed. Cure: run this with the Python that has dbt.")

ROOT = Path(__file__).resolve().parents[1]
MART = "mart_ads__ad_daily"
NAME = "ads_semantic_layer"
DIMENSIONS = ("platform", "campaign_key", "campaign_id", "campaign_name", "objective", "targeting_segment", "ad_key",
              "ad_id", "ad_name", "ad_group_id", "ad_group_name", "is_click_mature", "is_mature")
SPINE = "select date_day from {{ ref('ad_funnel', 'dim_ads__calendar') }}\n"
HEAD = "# Written by scripts/semantic_layer.py of ad_funnel: write it again rather than change it.\n"


@dataclass(frozen=True)
class Metric:
    """`sums`: the column whose sum it is; else `expression`, over the metrics named in `inputs`."""

    name: str
    label: str
    description: str
    column: str | None = None
    expression: str | None = None
    inputs: tuple[str, ...] = ()
    hidden: bool = False


# ------------------------------------------------------------------------------------------------ the package's lists

def read_measures() -> dict[str, tuple[str, str] | None]:
    """Name -> for money, the measures that say whether it is known: those in it, and those that it should be of."""
    text = (ROOT / "macros/metrics/measures.sql").read_text(encoding="utf-8").split("endmacro")[0]
    found = re.findall(r"^        '(\w+)':\s*(\{.*?\n?.*?\}),$", text, re.MULTILINE | re.DOTALL)
    rules = [re.search(r"'known': '(\w+)', 'of': '(\w+)'", about) for _, about in found]
    return {name: rule and (rule[1], rule[2]) for (name, _), rule in zip(found, rules)}


def read_ratios() -> list[dict[str, str]]:
    """Each metric's name, numerator, denominator and `where`, as the marts' rules restate them."""
    page = yaml.safe_load((ROOT / "models/marts/_marts.yml").read_text(encoding="utf-8"))
    for model in page["models"]:
        for test in model["data_tests"]:
            if model["name"] == "mart_ads__campaign" and "ad_funnel.rules" in test:
                return test["ad_funnel.rules"]["arguments"]["ratios"]
    sys.exit("models/marts/_marts.yml states no ratios of mart_ads__campaign. Cure: reinstall the package.")


def read_labels() -> dict[str, str]:
    text = (ROOT / "macros/metrics/displays.sql").read_text(encoding="utf-8")
    # (ads): MetricFlow refuses a label that a metric of the project has.
    return {name: f"{label} (ads)" for name, label in re.findall(r"'(\w+)': \('([^']+)', '\w+'\)", text)}


def read_meanings() -> dict[str, str]:
    text = (ROOT / "models/measures_and_metrics.md").read_text(encoding="utf-8")
    return {name: " ".join(body.split()) for name, body in re.findall(
        r"{% docs (\w+) %}(.*?){% enddocs %}", text, re.DOTALL)}


def metrics() -> list[Metric]:
    """Every measure and metric, each after those that it is made of."""
    measures, labels, meanings = read_measures(), read_labels(), read_meanings()
    whole = [name for name, rule in measures.items() if not rule]
    made = [Metric(f"ads_{name}", labels[name], meanings[name], column=name) for name in whole]
    for name, rule in measures.items():
        if rule:
            base = f"ads_sum_of_{name}"
            known, of = (f"ads_{each}" for each in rule)
            made += [
                Metric(base, f"Sum of known {labels[name][0].lower()}{labels[name][1:]}", f"For ads_{name} only: 0 where nothing is known.",
                       column=name, hidden=True),
                Metric(f"ads_{name}", labels[name], meanings[name],
                       expression=f"case when {known} > 0 or {of} = 0 then {base} end", inputs=(known, of, base)),
            ]
    for ratio in read_ratios():
        made.append(metric_of(ratio, list(measures), labels[ratio["name"]], meanings[ratio["name"]]))
    return made


def metric_of(ratio: dict[str, str], measures: list[str], label: str, description: str) -> Metric:
    inputs: list[str] = []

    def named(text: str) -> str:
        def one(found: re.Match[str]) -> str:
            if found[0] not in measures:
                return found[0]
            inputs.append(f"ads_{found[0]}")
            return inputs[-1]
        return re.sub(r"[a-z_]+", one, text)

    top, bottom = named(ratio["numerator"]), named(ratio["denominator"])
    conditions = [f"{bottom} > 0"]
    where = ratio.get("where", "")
    for flag, counter in (("is_cost_complete", "unknown_cost_events"), ("is_value_complete", "unknown_value_conversions")):
        if flag in where:
            conditions.append(named(f"{counter} = 0"))
    return Metric(
        f"ads_{ratio['name']}", label, description, inputs=tuple(dict.fromkeys(inputs)),
        expression=f"case when {' and '.join(conditions)} "
                   f"then cast({top} as double precision) / cast({bottom} as double precision) end",
    )


# ------------------------------------------------------------------------------------------------------ what is written

def legacy() -> dict:
    """The YAML that dbt-core 1.11 reads, and 1.12 too."""
    made = metrics()
    return {
        "semantic_models": [{
            "name": "ads",
            "description": "Measures of the formula sheet by day, platform, campaign and ad.",
            "model": f"ref('ad_funnel', '{MART}')",
            "defaults": {"agg_time_dimension": "date_day"},
            "primary_entity": "ad_day",
            "dimensions": [
                {"name": "date_day", "type": "time", "type_params": {"time_granularity": "day"}},
                *({"name": name, "type": "categorical"} for name in DIMENSIONS),
            ],
            "measures": [{"name": f"{metric.name}_added", "agg": "sum", "expr": metric.column}
                         for metric in made if metric.column],
        }],
        "metrics": [{
            "name": metric.name,
            "label": metric.label,
            "description": metric.description,
            "type": "simple" if metric.column else "derived",
            "type_params": {"measure": f"{metric.name}_added"} if metric.column
            else {"expr": metric.expression, "metrics": list(metric.inputs)},
        } for metric in made],
    }


def latest() -> dict:
    """The YAML that dbt-core 1.12 and dbt 2 read: it belongs to a model of the project, so there is one of one line."""
    return {"models": [{
        "name": "ads_daily",
        "description": f"The mart {MART} for the semantic layer.",
        "semantic_model": {"enabled": True, "name": "ads"},
        "agg_time_dimension": "date_day",
        "primary_entity": "ad_day",
        "columns": [
            {"name": "date_day", "granularity": "day", "dimension": {"name": "date_day", "type": "time"}},
            *({"name": name, "dimension": {"type": "categorical"}} for name in DIMENSIONS),
        ],
        "metrics": [{
            "name": metric.name,
            "label": metric.label,
            "description": metric.description,
            **({"type": "simple", "agg": "sum", "expr": metric.column} if metric.column else
               {"type": "derived", "expr": metric.expression, "input_metrics": [{"name": name} for name in metric.inputs]}),
            **({"hidden": True} if metric.hidden else {}),
        } for metric in metrics()],
    }]}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="a folder beneath models/ of your project; it is made if need be")
    parser.add_argument("--spec", choices=["legacy", "latest"], default="legacy",
                        help="legacy: dbt-core 1.11 and 1.12; latest: dbt-core 1.12 and dbt 2 (default: legacy)")
    parser.add_argument("--without-time-spine", action="store_true", help="your project has a time spine")
    given = parser.parse_args(arguments)
    page = legacy() if given.spec == "legacy" else latest()
    files = {}
    if given.spec == "latest":
        files["ads_daily.sql"] = f"select * from {{{{ ref('ad_funnel', '{MART}') }}}}\n"
    if not given.without_time_spine:
        files["ads_time_spine.sql"] = SPINE
        page.setdefault("models", []).append({
            "name": "ads_time_spine",
            "description": "One row per day of the marts, for MetricFlow.",
            "time_spine": {"standard_granularity_column": "date_day"},
            "columns": [{"name": "date_day", "granularity": "day"}],
        })
    files[f"{NAME}.yml"] = HEAD + yaml.safe_dump({"version": 2, **page}, sort_keys=False, width=118, allow_unicode=True)
    given.folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (given.folder / name).write_text(text, encoding="utf-8")
    print(f"Written to {given.folder}: {', '.join(sorted(files))}. Now run dbt parse.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
