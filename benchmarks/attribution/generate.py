"""Touches and conversions as Parquet: visits by twenty channels, some of them far more used than others."""

from __future__ import annotations

from pathlib import Path

import duckdb

# Of five touches one user, of ten one conversion, in eighty days; all hashed, so the same size gives the same rows.
TABLES = {
    "visits": """
        select
            'visit-' || n as visit_id,
            timestamp '2025-01-11' + to_microseconds(cast(hash(n, 1) % 6912000000000 as bigint)) as visited_at,
            'user-' || hash(n, 2) % {users} as user_id,
            'channel ' || cast(1 + floor(20 * power(hash(n, 3) / 18446744073709551616, 1.5)) as integer) as channel
        from range({touches}) as numbers (n)
    """,
    "conversions": """
        select
            'conversion-' || n as conversion_id,
            timestamp '2025-01-11' + to_microseconds(cast(hash(n, 4) % 6912000000000 as bigint)) as converted_at,
            'purchase' as conversion_type,
            'user-' || hash(n, 5) % {users} as user_id,
            cast(1 + hash(n, 6) % 20000 as decimal(18, 2)) / 100 as value
        from range({touches} // 10) as numbers (n)
    """,
}


def generate(folder: Path, touches: int) -> None:
    folder.mkdir(parents=True)
    with duckdb.connect() as connection:
        for table, query in TABLES.items():
            query = query.format(touches=touches, users=touches // 5)
            connection.execute(f"copy ({query}) to '{folder / table}.parquet'")
