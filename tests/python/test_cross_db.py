"""What differs by engine stands in one folder, once for each engine."""

from __future__ import annotations

import re
from pathlib import Path

import harness
import pytest
import yaml

CROSS_DB = harness.REPO / "macros" / "cross_db"
ENGINES = {file.stem for file in CROSS_DB.glob("*.sql")} - {"cross_db"}
NAMES = re.compile("duckdb|postgres|spark|snowflake|bigquery|redshift|databricks|trino", re.IGNORECASE)


# dbt takes the other engine's macros for it where it has none of its own.
HEIRS = {"redshift": "postgres", "databricks": "spark"}


def macros(file: Path) -> set[str]:
    return set(re.findall(r"\{%-? macro (\w+)\(", file.read_text()))


def test_no_other_file_names_an_engine() -> None:
    files = [file for folder in ("models", "macros", "tests") for pattern in ("*.sql", "*.yml", "*.md")
             for file in (harness.REPO / folder).rglob(pattern) if file.parent != CROSS_DB]
    assert len(files) > 80
    named = {str(file.relative_to(harness.REPO)): NAMES.findall(file.read_text()) for file in files}
    # An adapter is named after the loader whose tables it reads, on whatever engine they are: Google's export, too.
    named = {file: [name for name in names if not (file.startswith("macros/adapters/") and name.lower() == "bigquery")]
             for file, names in named.items()}
    assert {file: names for file, names in named.items() if names} == {}


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_each_engine_has_what_engines_do_not_share(engine: str) -> None:
    dispatching = CROSS_DB / "cross_db.sql"
    dispatched = set(re.findall(r"adapter\.dispatch\('(\w+)', 'ad_funnel'\)", dispatching.read_text()))
    shared = {name.removeprefix("default__") for name in macros(dispatching) if name.startswith("default__")}
    own = macros(CROSS_DB / f"{engine}.sql")
    assert dispatched and shared <= dispatched <= macros(dispatching)
    assert all(name.startswith(f"{engine}__") for name in own)
    if engine in HEIRS:
        own |= {name.replace(HEIRS[engine], engine) for name in macros(CROSS_DB / f"{HEIRS[engine]}.sql")}
    assert {f"{engine}__{name}" for name in dispatched - shared} - own == set()


def test_what_redshift_takes_from_postgres_is_what_fits() -> None:
    """It would take any macro of PostgreSQL's, and few of its functions are there."""
    ours, theirs = (macros(CROSS_DB / f"{engine}.sql") for engine in ("redshift", "postgres"))
    dispatched = re.findall(r"adapter\.dispatch\('(\w+)'", (CROSS_DB / "cross_db.sql").read_text())
    taken = {name for name in dispatched if f"postgres__{name}" in theirs and f"redshift__{name}" not in ours}
    assert taken == {"type_double"}


def test_names_of_unit_tests_are_names_of_relations() -> None:
    """dbt builds a relation of that name, and names have 63 characters at most on some engines."""
    names = [test["name"] for file in (harness.REPO / "models").rglob("*_unit_tests.yml")
             for test in yaml.safe_load(file.read_text())["unit_tests"]]
    assert len(names) > 60
    assert [name for name in names if len(name) > 63] == []
