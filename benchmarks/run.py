"""Runs the contenders in turn, checks that they tell the same numbers, and prints what each costs.

    python benchmarks/run.py --impressions 1_000_000 --rounds 3
    python benchmarks/run.py --impressions 10_000_000 --only floor,full,package
    python benchmarks/run.py --growth 1e6,1e7,1e8       # how cost grows
    python benchmarks/run.py --history 30,365           # whether adding a day stays flat

Rounds are interleaved, so that whatever else the machine does falls on all alike; each run is a process of its own.
README.md says what each contender is.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from typing import Callable

import duckdb

import generate

HERE = Path(__file__).resolve().parent
REPO = HERE.parent
DBT = (str(Path(sys.executable).with_name("dbt")), "--quiet")
# Unit tests look at the rules, not at anyone's data; where the package is installed they do not run.
NO_UNIT_TESTS = ("--exclude-resource-type", "unit_test")
PACKAGE_MART = "main_ads_marts.mart_ads__ad_daily"
FULL_BUILD = "package: full build with its tests"
MODELS_ONLY = "package: models only"
ONE_MORE_DAY = "package: one more day"
DBT_ITSELF = "dbt itself: the demo, nothing new"


@dataclass
class Run:
    """What one run of a contender cost: seconds, and bytes."""

    wall: float
    cpu: float
    peak: int
    spill: int
    kept: int = 0


@dataclass
class Bench:
    """One scale: the data, the folder to work in, the limits."""

    work: Path
    impressions: int
    days: int
    seed: int
    threads: int
    memory: str

    @property
    def data(self) -> Path:
        return self.work / f"data-{self.impressions}-{self.days}-{self.seed}"

    @property
    def raw(self) -> Path:
        """Where contenders read: links to the files that have arrived so far."""
        return self.work / "raw"

    @property
    def temp(self) -> Path:
        return self.work / "temp"

    def environment(self, database: Path, folder: Path) -> dict[str, str]:
        return {
            **os.environ,
            "DBT_PROFILES_DIR": str(folder),
            "BENCH_RAW": str(self.raw),
            "BENCH_DATABASE": str(database),
            "BENCH_TEMP": str(self.temp),
            "BENCH_THREADS": str(self.threads),
            "BENCH_MEMORY": self.memory,
            "AD_FUNNEL_DUCKDB": str(database),
        }

    def make_data(self) -> None:
        """Made once for its parameters, whole or not at all."""
        if not self.data.exists():
            unfinished = self.data.with_name(self.data.name + ".unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            say(f"Generating {self.impressions:,} impressions in {self.days} days ...")
            apart(generate.generate, unfinished, self.impressions, self.days, self.seed)
            unfinished.rename(self.data)

    def arrive(self, until: date = generate.LAST_DAY) -> None:
        """Lets the contenders see the files of these days."""
        shutil.rmtree(self.raw, ignore_errors=True)
        for file in self.data.glob("**/*.parquet"):
            day = file.parent.name.removeprefix("day=")
            if day == file.parent.name or date.fromisoformat(day) <= until:
                link = self.raw / file.relative_to(self.data)
                link.parent.mkdir(parents=True, exist_ok=True)
                link.symlink_to(file)

    def measure(self, command: tuple[str, ...], database: Path, folder: Path = HERE) -> Run:
        shutil.rmtree(self.temp, ignore_errors=True)
        self.temp.mkdir(parents=True)
        log = self.work / "output.log"
        with log.open("w") as output:
            started = time.monotonic()
            process = subprocess.Popen(
                command, cwd=folder, env=self.environment(database, folder), stdout=output, stderr=subprocess.STDOUT
            )
            spill, pid = 0, 0
            while not pid:
                time.sleep(0.02)
                spill = max(spill, size_of(self.temp))
                # Of the process and all that it has waited for: the JVM, too.
                pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            wall = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)  # or Popen would wait for it once more
        if process.returncode:
            raise SystemExit(f"Failed: {' '.join(command)}\n{log.read_text()[-4000:]}")
        peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        return Run(wall, usage.ru_utime + usage.ru_stime, peak, spill)


@dataclass
class Contender:
    """`prepare` is not measured; `mart` is what its mart is read from."""

    name: str
    command: tuple[str, ...]
    database: Path
    mart: str
    folder: Path = HERE
    prepare: Callable[[], None] | None = None
    keeps_database: bool = False
    runs: list[Run] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)

    def run(self, bench: Bench) -> None:
        if not self.keeps_database:
            remove_database(self.database)
        if self.prepare:
            self.prepare()
        run = bench.measure(self.command, self.database, self.folder)
        run.kept = size_of(self.database)
        self.runs.append(run)

    def median(self, what: str) -> float:
        return median(getattr(run, what) for run in self.runs)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def size_of(path: Path) -> int:
    """Bytes at or below a path; files and folders may vanish while they are counted."""
    files = [path, *(Path(folder) / name for folder, _, names in os.walk(path) for name in names)]
    total = 0
    for file in files:
        try:
            total += file.stat().st_size if file.is_file() else 0
        except FileNotFoundError:
            pass
    return total


def remove_database(database: Path) -> None:
    for path in database.parent.glob(database.name + "*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def dbt_project(bench: Bench, name: str, database: Path, target: str = "duckdb") -> Path:
    """A copy of a project of this folder, its packages installed, parsed once: as anyone's second build finds it."""
    folder = bench.work / f"{name}_{target}"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(HERE / name, folder)
    packages = folder / "packages.yml"
    if packages.exists():
        packages.write_text(packages.read_text().replace("local: ../..", f"local: {REPO}"))
        bench.measure((*DBT, "deps"), database, folder)
    bench.measure((*DBT, "parse", "--target", target), database, folder)
    return folder


def demo(bench: Bench) -> Contender:
    """The package alone on its demo, which has been built: what remains is the cost of dbt itself."""
    folder = bench.work / "demo"
    database = folder / "demo.duckdb"
    command = (*DBT, "build", "--profiles-dir", "profiles", *NO_UNIT_TESTS)
    shutil.rmtree(folder, ignore_errors=True)
    ignored = shutil.ignore_patterns(".*", "target", "logs", "dbt_packages", "*.duckdb*", "benchmarks")
    shutil.copytree(REPO, folder, ignore=ignored)
    bench.measure(command, database, folder)
    return Contender(DBT_ITSELF, command, database, "", folder, keeps_database=True)


def one_more_day(bench: Bench, folder: Path, database: Path) -> Contender:
    """All days but the last are built beforehand."""
    before = bench.work / "before.duckdb"
    build = (*DBT, "build", *NO_UNIT_TESTS)

    def all_but_the_last_day() -> None:
        if not before.exists():
            bench.arrive(generate.LAST_DAY - timedelta(days=1))
            remove_database(database)
            bench.measure(build, database, folder)
            database.rename(before)
        shutil.copy(before, database)
        bench.arrive()

    return Contender(ONE_MORE_DAY, build, database, PACKAGE_MART, folder, all_but_the_last_day)


def contenders(bench: Bench, only: list[str]) -> list[Contender]:
    """In the order in which they run. The floor is always first: the others are compared with its mart."""
    def sql_script(name: str, title: str) -> Contender:
        command = (sys.executable, str(HERE / "run_sql.py"), str(HERE / f"{name}.sql"))
        return Contender(title, command, bench.work / f"{name}.duckdb", "mart")

    def python_script(name: str, title: str, script: str, library: str) -> Contender:
        if not importlib.util.find_spec(library):
            raise SystemExit(f"{library} is not installed. Cure: make bench-all, or leave {name} out of --only.")
        output = bench.work / f"{name}.mart"
        command = (sys.executable, str(HERE / script), str(output))
        return Contender(title, command, output, f"read_parquet('{output}/*.parquet')")

    chosen = [sql_script("floor", "floor")]
    if "full" in only:
        chosen.append(sql_script("full", "full script"))
    if "polars" in only:
        chosen.append(python_script("polars", "polars", "polars_mart.py", "polars"))
    if "spark" in only:
        chosen.append(python_script("spark", "PySpark", "spark_mart.py", "pyspark"))
    if "package-on-spark" in only:
        title = "package on Spark: full build with its tests"
        chosen.append(python_script("package-on-spark", title, "spark_package.py", "pyspark"))
        database = chosen[-1].database
        chosen[-1].mart = f"read_parquet('{database}/mart/*.parquet')"
        chosen[-1].folder = dbt_project(bench, "package", database, target="spark")
    if "usual" in only:
        database = bench.work / "usual.duckdb"
        folder = dbt_project(bench, "usual", database)
        chosen.append(Contender("usual dbt project", (*DBT, "build"), database, "main.ad_daily", folder))
    if "package" in only:
        database = bench.work / "package.duckdb"
        folder = dbt_project(bench, "package", database)
        (bench.work / "before.duckdb").unlink(missing_ok=True)
        build = (*DBT, "build", *NO_UNIT_TESTS)
        chosen += [
            Contender(FULL_BUILD, build, database, PACKAGE_MART, folder),
            Contender(MODELS_ONLY, (*DBT, "run"), database, PACKAGE_MART, folder),
            one_more_day(bench, folder, database),
            demo(bench),
        ]
    return chosen


def apart(function: Callable, *arguments):
    """In a process of its own: the peak memory of a child begins with that of its parent, so this one stays small."""
    with ProcessPoolExecutor(max_workers=1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def compare_marts(floor: Path, other: Path, mart: str) -> list[str]:
    """Number for number, both ways."""
    with duckdb.connect() as connection:
        connection.execute("set enable_progress_bar = false")
        connection.execute(f"attach '{floor}' as floor (read_only)")
        if not mart.startswith("read_"):
            connection.execute(f"attach '{other}' as other (read_only)")
            mart = f"other.{mart}"
        columns = connection.execute("describe floor.mart").fetchall()
        names = ", ".join(name for name, *_ in columns)
        typed = ", ".join(f"cast({name} as {type_}) as {name}" for name, type_, *_ in columns)
        connection.execute(f"create view ours as select {names} from floor.mart")
        connection.execute(f"create view theirs as select {typed} from {mart}")
        missing, extra = (
            connection.execute(f"select count(*) from (from {one} except all from {two})").fetchall()[0][0]
            for one, two in (("ours", "theirs"), ("theirs", "ours"))
        )
    return [f"{missing} rows of the floor's mart are missing, {extra} others are there"] if missing or extra else []


def compare_kept(by_hand: Path, package: Path) -> list[str]:
    """The full script keeps the tables that the package keeps: all columns and rows, by count and order-free sum. Left
    out are the columns that serve increments and builds."""
    of_builds = {"id_number", "row_stamp", "rule_version", "invocation_id", "built_from", "built_at"}
    kept: dict[str, dict[str, tuple]] = {"by_hand": {}, "package": {}}
    with duckdb.connect() as connection:
        connection.execute("set enable_progress_bar = false")
        connection.execute(f"attach '{by_hand}' as by_hand (read_only)")
        connection.execute(f"attach '{package}' as package (read_only)")
        tables = connection.execute(
            "select database_name, schema_name, table_name from duckdb_tables() "
            "where database_name in ('by_hand', 'package') and regexp_matches(table_name, '^(ledger|fct|dim)_ads__')"
        ).fetchall()
        for database, schema, table in tables:
            path = f"{database}.{schema}.{table}"
            columns = sorted(name for name, *_ in connection.execute(f"describe {path}").fetchall())
            columns = ", ".join(name for name in columns if name not in of_builds)
            found = connection.execute(f"select count(*), sum(hash({columns})::hugeint) from {path}").fetchall()[0]
            kept[database][table] = (columns, *found)
    ours, theirs = kept["package"], kept["by_hand"]
    return [f"{name} is not the package's" for name in ours if ours[name] != theirs.get(name)]


def tell_sums(floor: Contender) -> str:
    """What the mart holds, so that nobody compares empty tables."""
    names = ("gross_impressions", "clicks", "conversions", "view_through_conversions", "spend", "conversion_value")
    with duckdb.connect(str(floor.database), read_only=True) as connection:
        sums = ", ".join(f"sum({name})" for name in names)
        rows, *values = connection.execute(f"select count(*), {sums} from mart").fetchall()[0]
    return f"{rows:,} rows, " + ", ".join(f"{name} {value:,}" for name, value in zip(names, values))


def show(chosen: list[Contender]) -> None:
    """A table for a README: medians, and ratios of CPU."""
    floor = chosen[0]
    full = next((one for one in chosen if one.name == "full script"), None)
    print("\n| contender | wall s | CPU s | × floor | × full script | peak MB | spilled MB | kept MB | same numbers |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|---|")
    for one in chosen:
        cpu = one.median("cpu")
        ratios = [f"{cpu / of.median('cpu'):.2f}" if of else "" for of in (floor, full)]
        if not one.mart:
            ratios = ["", ""]
        megabytes = [f"{one.median(what) / 1e6:,.0f}" for what in ("peak", "spill", "kept")]
        same = "" if one is floor or not one.mart else "; ".join(one.differences) or "yes"
        print(f"| {one.name} | {one.median('wall'):.1f} | {cpu:.1f} | {' | '.join(ratios + megabytes)} | {same} |")
    print(f"\nThe mart: {tell_sums(floor)}.")

    costs = {one.name: one.median("cpu") for one in chosen}
    if FULL_BUILD in costs:
        whole, models = costs[FULL_BUILD], costs[MODELS_ONLY]
        day, itself = costs[ONE_MORE_DAY], costs[DBT_ITSELF]
        print(f"Data tests: {(whole - models) / models:.0%} of the models' CPU.")
        print(f"One more day: {(day - itself) / whole:.1%} of the full build's CPU above the cost of dbt itself.")


def show_nodes(folder: Path, count: int) -> None:
    """The nodes of the last full build that took longest."""
    results = json.loads((folder / "target" / "run_results.json").read_text())["results"]
    slowest = sorted(results, key=lambda result: -result["execution_time"])[:count]
    print("\n| node | s |\n|---|--:|")
    for result in slowest:
        kind, _, name = result["unique_id"].split(".")[:3]
        print(f"| {kind} {name[:80]} | {result['execution_time']:.2f} |")


def compete(bench: Bench, only: list[str], rounds: int, nodes: int = 0) -> list[Contender]:
    bench.make_data()
    bench.arrive()
    chosen = contenders(bench, only)
    for number in range(rounds):
        for contender in chosen:
            contender.run(bench)
            run = contender.runs[-1]
            say(f"round {number + 1}: {contender.name}: {run.wall:.1f} s, {run.cpu:.1f} CPU-s")
            if contender.mart and contender is not chosen[0] and not contender.differences:
                contender.differences += apart(
                    compare_marts, chosen[0].database, contender.database, contender.mart
                )
            if number == 0 and contender.name == FULL_BUILD:
                for by_hand in (one for one in chosen if one.name == "full script"):
                    by_hand.differences += apart(compare_kept, by_hand.database, contender.database)
            if nodes and number == rounds - 1 and contender.name == FULL_BUILD:
                show_nodes(contender.folder, nodes)
    return chosen


def show_growth(bench: Bench, scales: list[int], only: list[str], rounds: int) -> bool:
    """Each scale, then CPU seconds for each million impressions: level or falling is linear or better."""
    same, rows = True, []
    for impressions in scales:
        bench.impressions = impressions
        print(f"\n{impressions:,} impressions")
        chosen = compete(bench, only, rounds)
        show(chosen)
        same = same and not any(one.differences for one in chosen)
        for one in chosen:
            if one.mart:
                megabytes = [f"{one.median(what) / 1e6:,.0f}" for what in ("peak", "spill", "kept")]
                cpu = one.median("cpu")
                rows.append(f"| {impressions:,} | {one.name} | {one.median('wall'):.1f} | {cpu:.1f} "
                            f"| {cpu / impressions * 1e6:.2f} | {' | '.join(megabytes)} |")
    print("\n| impressions | contender | wall s | CPU s | CPU s per million | peak MB | spilled MB | kept MB |")
    print("|--:|---|--:|--:|--:|--:|--:|--:|")
    print("\n".join(rows), flush=True)
    return same


def show_history(bench: Bench, histories: list[int], rounds: int) -> bool:
    """What one more day of the same size costs after more and more days."""
    per_day = bench.impressions / bench.days
    print("| days | impressions a day | wall s | CPU s | peak MB | same numbers |\n|--:|--:|--:|--:|--:|---|")
    same = True
    for days in histories:
        bench.days, bench.impressions = days, round(per_day * days)
        bench.make_data()
        bench.arrive()
        chosen = contenders(bench, ["package"])
        floor, more = chosen[0], next(one for one in chosen if one.name == ONE_MORE_DAY)
        for _ in range(rounds):
            floor.run(bench)
            more.run(bench)
            more.differences += apart(compare_marts, floor.database, more.database, more.mart)
        same = same and not more.differences
        print(f"| {days} | {per_day:,.0f} | {more.median('wall'):.1f} | {more.median('cpu'):.1f} "
              f"| {more.median('peak') / 1e6:,.0f} | {'; '.join(more.differences) or 'yes'} |", flush=True)
    return same


def main() -> None:
    def count(text: str) -> int:
        return int(float(text))

    def listed(text: str) -> list[str]:
        return text.split(",")

    known = ["floor", "full", "package", "usual", "polars", "spark", "package-on-spark"]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--impressions", type=count, default=1_000_000)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", type=listed, default=known[:4], help=f"of {','.join(known)}; the floor always runs")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory-limit", default="8GB")
    parser.add_argument("--work", type=Path, default=REPO / "target" / "benchmarks", help="where data and results lie")
    parser.add_argument("--nodes", type=int, default=0, help="also show so many of the package's slowest nodes")
    parser.add_argument("--growth", type=listed, help="impressions, one scale after another")
    parser.add_argument("--history", type=listed, help="days, one history after another")
    given = parser.parse_args()
    if strange := set(given.only) - set(known):
        parser.error(f"--only knows {', '.join(known)}, not {', '.join(strange)}")

    bench = Bench(
        given.work.resolve(), given.impressions, given.days, given.seed, given.threads, given.memory_limit
    )
    if given.growth:
        same = show_growth(bench, [count(text) for text in given.growth], given.only, given.rounds)
    elif given.history:
        same = show_history(bench, [int(text) for text in given.history], given.rounds)
    else:
        chosen = compete(bench, given.only, given.rounds, given.nodes)
        show(chosen)
        same = not any(one.differences for one in chosen)
    if not same:
        raise SystemExit("The contenders do not tell the same numbers.")


if __name__ == "__main__":
    main()
