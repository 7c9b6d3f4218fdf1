"""What daily reports of platforms cost: a full build with its tests, and one more day, by the number of rows.

    python benchmarks/reports/run.py --rows 5_000_000

Rows are lines of 500 campaigns on five platforms, over three years, as many segments a day as make that number; a tenth
of the last 30 days is loaded again with other numbers. The sums that must come out are those of one query of the file.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from datetime import date, timedelta
from pathlib import Path

import duckdb

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import run as bench  # noqa: E402

CAMPAIGNS, DAYS, LAST_DAY = 500, 3 * 365, date(2025, 3, 31)

ROWS = """
    copy (
        with days as (
            select cast(day as date) as date_day
            from generate_series(date '{first}', date '{last}', interval 1 day) as days(day)
        ),
        lines as (
            select
                date_day,
                'platform_' || campaign % 5 as platform,
                'account_' || campaign % 25 as account_id,
                'campaign_' || campaign as campaign_id,
                'segment_' || segment as segment,
                hash(date_day, campaign, segment) as noise,
                date_day + interval 29 hour as loaded_at
            from days
            cross join range({campaigns}) as campaigns(campaign)
            cross join range({segments}) as segments(segment)
        ),
        numbers as (
            select
                * exclude (noise),
                cast(noise % 1000 as bigint) as impressions,
                cast(noise % 20 as bigint) as clicks,
                cast(cast(noise % 5000 as decimal(18, 2)) * 0.01 as decimal(18, 2)) as spend,
                cast(cast(noise % 7 as decimal(18, 6)) * 0.25 as decimal(18, 6)) as conversions
            from lines
        )
        select * from numbers
        union all
        select * replace (impressions + 1 as impressions, loaded_at + interval 7 day as loaded_at)
        from numbers
        where date_day > date '{last}' - 30 and hash(campaign_id, segment) % 10 = 0
    ) to '{file}' (format parquet)
"""


def write(file: Path, rows: int, last: date) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute(ROWS.format(
            first=LAST_DAY - timedelta(days=DAYS - 1), last=last, campaigns=CAMPAIGNS, file=file,
            segments=round(rows / CAMPAIGNS / DAYS)))


def expected(file: Path) -> tuple:
    with duckdb.connect() as connection:
        return connection.execute(f"""
            select sum(impressions), sum(clicks), sum(spend) from (
                select *, row_number() over (
                    partition by date_day, campaign_id, segment order by loaded_at desc) as place
                from '{file}'
            ) where place = 1
        """).fetchone()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=lambda text: int(float(text)), default=5_000_000)
    parser.add_argument("--memory-limit", default="8GB")
    parser.add_argument("--work", type=Path, default=bench.REPO / "target" / "benchmarks" / "reports")
    given = parser.parse_args()
    work = given.work.resolve()
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    one = bench.Bench(work, given.rows, DAYS, 1, 2, given.memory_limit)
    database, file = work / "reports.duckdb", one.raw / "reports" / "reports.parquet"
    folder = work / "package"
    shutil.copytree(HERE / "package", folder)
    packages = folder / "packages.yml"
    packages.write_text(packages.read_text().replace("local: ../../..", f"local: {bench.REPO}"))
    one.measure((*bench.DBT, "deps"), database, folder)
    write(file, given.rows, LAST_DAY - timedelta(days=1))
    one.measure((*bench.DBT, "parse"), database, folder)

    build = (*bench.DBT, "build", *bench.NO_UNIT_TESTS)
    print("| build | rows | wall s | CPU s | peak MB | spilled MB | kept MB | same numbers |")
    print("|---|--:|--:|--:|--:|--:|--:|---|")
    for name in ("full build with its tests", "one more day"):
        if name == "one more day":
            write(file, given.rows, LAST_DAY)
        cost = one.measure(build, database, folder)
        with duckdb.connect(str(database), read_only=True) as connection:
            built = connection.execute("""
                select sum(impressions), sum(clicks), sum(spend) from main_ads_facts.fct_ads__reports
            """).fetchone()
            [rows] = connection.execute("select count(*) from main_ads_ledger.ledger_ads__reports").fetchone()
        same = "yes" if built == expected(file) else f"no: {built}"
        megabytes = [f"{size / 1e6:,.0f}" for size in (cost.peak, cost.spill, bench.size_of(database))]
        print(f"| {name} | {rows:,} | {cost.wall:.1f} | {cost.cpu:.1f} | {' | '.join(megabytes)} | {same} |",
              flush=True)


if __name__ == "__main__":
    main()
