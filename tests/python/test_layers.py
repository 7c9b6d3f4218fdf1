"""Which layer may read which, and what is for readers: from the manifest of the demo.

    raw tables -> staging -> ledger -> facts -> marts

A mart reads facts, never a mart: what two marts need is a fact. What is read otherwise is listed here with its reason,
and a line that no longer holds fails, too.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import harness
import pytest

MAY_READ = {
    "staging": {"raw"},
    "ledger": {"staging", "ledger"},
    "facts": {"staging", "ledger", "facts"},
    "marts": {"facts"},
}
EXCEPTIONS = {
    ("ledger_ads__reports", "dim_ads__ads"),  # where a report's line belongs is what the ads table says of its day
    ("ledger_ads__reports", "raw_ad_reports"),  # the error about conflicting rows names the columns they differ in
    ("mart_ads__ledger", "ledger"),  # what became of the rows
    ("mart_ads__report_coverage", "ledger"),
    ("mart_ads__budget_pacing", "stg_ads__budgets"),  # budgets are nobody else's
    ("dim_ads__current_campaigns", "stg_ads__budgets"),
    # To be mended: marts that read marts.
    ("mart_ads__budget_pacing", "mart_ads__campaign_daily"),
    ("mart_ads__campaign_ranking", "mart_ads__campaign"),
    ("mart_ads__campaign_ranking", "mart_ads__reach"),
    ("dim_ads__current_platforms", "dim_ads__current_campaigns"),
    ("dim_ads__current_platforms", "dim_ads__current_ads"),
}
PUBLIC_FACTS = {f"fct_ads__{name}" for name in ("impressions", "clicks", "conversions", "spend", "visits", "daily")}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict]:
    """Name -> layer, access, and the names of what it reads."""
    project = harness.alone(tmp_path_factory.mktemp("layers"))
    project.freeze()
    nodes = project.manifest.nodes
    return {
        node.name: {"layer": Path(node.path).parts[0], "access": str(node.access.value),
                    "reads": {nodes[parent].name for parent in node.depends_on.nodes if parent in nodes}}
        for node in nodes.values() if node.resource_type == "model"
    }


def wrong_arrows(models: dict[str, dict]) -> set[tuple[str, str]]:
    """(model, what it reads): a pair of EXCEPTIONS by the name or the layer of what is read, else by name."""
    def layer(name: str) -> str:
        return models[name]["layer"] if name in models else "raw"
    pairs: Iterable[tuple[str, str]] = (
        (name, read) for name, model in models.items() for read in model["reads"]
        if layer(read) not in MAY_READ[model["layer"]])
    return {(name, layer(read) if (name, layer(read)) in EXCEPTIONS else read) for name, read in pairs}


def test_layers_read_what_lies_below_them(models: dict[str, dict]) -> None:
    assert len(models) > 80
    assert wrong_arrows(models) == EXCEPTIONS


@pytest.mark.parametrize(("model", "read"), [
    ("mart_ads__campaign", "mart_ads__campaign_daily"), ("mart_ads__campaign", "stg_ads__spend"),
    ("fct_ads__clicks", "mart_ads__campaign"), ("fct_ads__daily", "raw_ad_clicks"),
    ("ledger_ads__clicks", "fct_ads__clicks"), ("stg_ads__clicks", "ledger_ads__clicks"),
])
def test_an_arrow_that_is_planted_is_found(models: dict[str, dict], model: str, read: str) -> None:
    planted = {**models, model: {**models[model], "reads": {*models[model]["reads"], read}}}
    assert wrong_arrows(planted) - wrong_arrows(models) == {(model, read)}


def test_marts_and_six_facts_are_public(models: dict[str, dict]) -> None:
    public = {name for name, model in models.items() if model["access"] == "public"}
    assert public == {name for name, model in models.items() if model["layer"] == "marts"} | PUBLIC_FACTS
