"""Runs the compiled SQL of some models, in their order, in the database that dbt has built: what they cost without dbt.

    python models.py <folder of compiled models> <database> <memory limit> <model> ...
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

compiled, database, memory, *names = sys.argv[1:]
connection = duckdb.connect(database, config={
    "threads": 2, "memory_limit": memory, "temp_directory": f"{database}.temp", "preserve_insertion_order": False,
})
connection.execute("set enable_progress_bar = false")
for name in names:
    [file] = Path(compiled).rglob(f"{name}.sql")
    kind = "view" if name == "fct_ads__touches" else "table"
    created = f"create or replace {kind} main_ads_{file.parent.name}.{name} as "
    connection.execute(("" if file.parent.name == "analyses" else created) + file.read_text())
