"""A reader of published marts, run as a program of its own: `reader.py PUBLISHED_FILE STOP_FILE PAUSE`.

Until STOP_FILE is there it opens the published file again and again, reads every mart, and checks that all it sees is
of one generation. Prints what it counted as JSON.
"""

import json
import sys
import time
from collections import Counter
from pathlib import Path

import duckdb

# Each of them counts every gross click once.
SAME_CLICKS = ("mart_ads__campaign", "mart_ads__campaign_daily", "mart_ads__ad_daily", "mart_ads__platform_daily")


def read(file: str, counts: Counter, generations: set) -> None:
    with duckdb.connect(file, read_only=True) as connection:
        def ask(statement: str) -> tuple:
            counts["queries"] += 1
            return connection.execute(statement).fetchone()

        tables = connection.execute("select table_name, schema_name from duckdb_tables()").fetchall()
        schema = dict(tables)["ad_funnel_generation"]
        invocation_id, built_at = ask(f"select invocation_id, built_at from {schema}.ad_funnel_generation")
        marts = [name for name, _ in tables if name.startswith("mart_")]
        assert len(marts) == 11, marts
        for mart in marts:
            times = ask(f"select min(built_at), max(built_at) from {schema}.{mart}")
            assert times in [(built_at, built_at), (None, None)], (mart, times, built_at)
        clicks = {ask(f"select sum(gross_clicks) from {schema}.{mart}") for mart in SAME_CLICKS}
        assert len(clicks) == 1, clicks
        again = ask(f"select invocation_id, built_at from {schema}.ad_funnel_generation")
        assert again == (invocation_id, built_at), again
    counts["connections"] += 1
    generations.add(invocation_id)


def main(file: str, stop_file: str, pause: str) -> None:
    counts, generations, errors = Counter(), set(), []
    while not Path(stop_file).exists():
        try:
            read(file, counts, generations)
        except (duckdb.Error, AssertionError, KeyError) as error:
            errors.append(f"{type(error).__name__}: {error}")
        time.sleep(float(pause))
    print(json.dumps({**counts, "generations": len(generations), "errors": len(errors), "first": errors[:3]}))


if __name__ == "__main__":
    main(*sys.argv[1:])
