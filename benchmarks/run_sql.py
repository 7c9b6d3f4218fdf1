"""Runs a SQL script (floor.sql, full.sql) in a DuckDB file of its own, in this process."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import duckdb

from generate import AS_OF


def main(script: str) -> None:
    connection = duckdb.connect(os.environ["BENCH_DATABASE"], config={
        "threads": os.environ["BENCH_THREADS"],
        "memory_limit": os.environ["BENCH_MEMORY"],
        "temp_directory": os.environ["BENCH_TEMP"],
        "preserve_insertion_order": False,
    })
    connection.execute(f"set variable raw = '{os.environ['BENCH_RAW']}'")
    connection.execute(f"set variable as_of = '{AS_OF}'")
    connection.execute(Path(script).read_text())
    connection.close()


if __name__ == "__main__":
    main(sys.argv[1])
