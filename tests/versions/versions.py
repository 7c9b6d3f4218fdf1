"""Builds the demo, with all its tests, on the lowest and on the newest versions that are supported, and compares.

    python tests/versions/versions.py

Run it with the Python of `.venv`: what its versions build is compared, too. The others get an environment of their own
beside it, from lowest.txt and newest.txt (`make lock` writes them from pyproject.toml). Of ledgers, facts and marts
every row must be the same.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import duckdb

REPO = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPO / "tests" / "python"))
import harness  # noqa: E402

LAYERS = ("ledger", "facts", "marts")

# Numbers made by DuckDB's own hash function, which is another one in another version.
OWN = (*harness.HOW_BUILT, "row_stamp", "id_number")


def main() -> None:
    built = {"installed": build(Path(sys.executable).parent, "installed")}
    for leg, python in {"lowest": lowest_python(), "newest": sys.executable}.items():
        built[leg] = build(environment(leg, python), leg)
    found = [line for leg in ("lowest", "newest") for line in differences(built["installed"], built[leg])]
    print("\n".join(found) or "The same rows on all of them.")
    sys.exit(1 if found else 0)


def lowest_python() -> str:
    """Python 3.10, where there is one: by its name, or as pyenv keeps it."""
    kept = sorted(Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")).glob("versions/3.10.*/bin/python"))
    for python in ("python3.10", *map(str, kept)):
        try:
            if subprocess.run([python, "--version"], capture_output=True).returncode == 0:
                return python
        except FileNotFoundError:
            pass
    print(f"There is no Python 3.10 here: the lowest versions run on Python {sys.version.split()[0]}.")
    return sys.executable


def environment(leg: str, python: str) -> Path:
    """Where its programs are. Made anew when what is to be in it has changed."""
    folder, wanted = REPO / f".venv-{leg}", Path(__file__).with_name(f"{leg}.txt")
    if not (folder / "installed").exists() or (folder / "installed").stat().st_mtime < wanted.stat().st_mtime:
        subprocess.run([python, "-m", "venv", "--clear", folder], check=True)
        subprocess.run([folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
                        "--only-binary", ":all:", "--require-hashes", "--requirement", wanted], check=True)
        (folder / "installed").touch()
    return folder / "bin"


def build(programs: Path, leg: str) -> Path:
    """The database that these versions make."""
    target = REPO / "target" / "versions" / leg
    target.mkdir(parents=True, exist_ok=True)
    database = target / "demo.duckdb"
    database.unlink(missing_ok=True)
    subprocess.run([programs / "python", "-c", "import sys, duckdb; from importlib.metadata import version; print("
                    f"'{leg}: Python', sys.version.split()[0], 'dbt-core', version('dbt-core'), 'dbt-duckdb', "
                    "version('dbt-duckdb'), 'DuckDB', duckdb.__version__, flush=True)"], check=True)
    subprocess.run([programs / "dbt", "--log-level", "error", "build", "--project-dir", REPO,
                    "--profiles-dir", REPO / "profiles", "--target", "duckdb", "--target-path", target],
                   env={**os.environ, "AD_FUNNEL_DUCKDB": str(database)}, check=True)
    return database


def differences(one: Path, other: Path) -> list[str]:
    """Every row that stands in one of two databases only, three at most of a table."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{one}' as one (read_only)")
        connection.execute(f"attach '{other}' as other (read_only)")
        # (What is a view names the database it was made in.)
        tables = connection.execute(f"""
            select schema_name || '.' || table_name from duckdb_tables()
            where database_name = 'one' and schema_name in {tuple(f'main_ads_{layer}' for layer in LAYERS)}
                and table_name <> 'ad_funnel_builds'
            order by all
        """).fetchall()
        assert len(tables) > 20, f"only {tables} are tables"
        found = []
        for [table] in tables:
            columns, others = ([name for name, *_ in connection.execute(f"describe {database}.{table}").fetchall()]
                               for database in ("one", "other"))
            if columns != others:
                found.append(f"{table}: columns {columns} in {one.parent.name}, {others} in {other.parent.name}")
                continue
            names = ", ".join(name for name in columns if name not in OWN)
            for here, there, file in (("one", "other", one), ("other", "one", other)):
                rows = connection.execute(f"select {names} from {here}.{table} except all "
                                          f"select {names} from {there}.{table} limit 3").fetchall()
                found += [f"{table}: only in {file.parent.name}: {row}" for row in rows]
        return found


if __name__ == "__main__":
    main()
