"""What attribution costs beside the libraries of PyPI that do it, on the same journeys.

    python benchmarks/attribution/run.py --touches 5_000_000 --rounds 3

dbt builds the package over the raw touches once. What is measured is the SQL of its models, run anew from the accepted
visits and conversions on, in a process of its own. The libraries start from prepared paths, made here of the very
journeys that the package found, and only their calls are counted. All must tell the same credit by channel.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

HERE = Path(__file__).resolve().parent
REPO = HERE.parents[1]
DBT = (str(Path(sys.executable).with_name("dbt")), "--quiet")

JOURNEYS = ("fct_ads__touches", "fct_ads__journey_windows", "fct_ads__journeys")
LEARNT = ("fct_ads__training_journeys", "fct_ads__markov_chain", "sweeps", "fct_ads__markov")
CREDIT = ("fct_ads__touchpoints", "fct_ads__attribution_daily")
MARTS = ("mart_ads__attribution", "mart_ads__attribution_models", "mart_ads__conversion_paths",
         "mart_ads__conversion_lag")

PATHS = """
    copy (
        select
            cast(journey_number as varchar) as journey_id,
            string_agg(path_channel, '>' order by touch_number) as path,
            string_agg(cast(0.5 * (touches - touch_number) as varchar), '>' order by touch_number) as hours,
            any_value(is_converted) as is_converted,
            cast(any_value(is_converted) as integer) as conversions,
            coalesce(any_value(conversion_value), 0)::double as value,
            cast(not any_value(is_converted) as integer) as idle
        from main_ads_facts.fct_ads__training_journeys
        group by journey_number
    ) to '{file}'
"""
CREDITED = """
    select path_channel, sum(first_touch_credit)::double, sum(last_touch_credit)::double, sum(linear_credit)::double
    from main_ads_facts.fct_ads__touchpoints where touches > 0 group by path_channel
"""


@dataclass
class Contender:
    name: str
    command: tuple[str, ...]
    cpu: list[float] = field(default_factory=list)
    peak: list[float] = field(default_factory=list)
    furthest: float | None = None  # of its credits from the package's, as a share of these


class Bench:
    def __init__(self, work: Path, touches: int, memory: str) -> None:
        self.folder = work / f"attribution-{touches}"
        self.raw, self.paths = self.folder / "raw", self.folder / "paths.parquet"
        self.project, self.database = self.folder / "package", self.folder / "attribution.duckdb"
        self.touches, self.memory = touches, memory

    def run(self, *command: str, folder: Path | None = None) -> tuple[str, float, float]:
        """What it printed, CPU seconds and peak memory of the process and its children."""
        environment = {**os.environ, "BENCH_DATABASE": str(self.database), "BENCH_RAW": str(self.raw),
                       "DBT_PROFILES_DIR": str(self.project)}
        process = subprocess.Popen(command, cwd=folder or HERE, env=environment, stdout=subprocess.PIPE, text=True)
        printed = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"Failed: {' '.join(command)}\n{printed[-4000:]}")
        peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        return printed, usage.ru_utime + usage.ru_stime, peak

    def python(self, code: str) -> str:
        """In a process of its own: the peak memory of a child begins with that of its parent, so this stays small."""
        return self.run(sys.executable, "-c", code)[0]

    def query(self, sql: str) -> list[list]:
        return json.loads(self.python(
            f"import duckdb, json; connection = duckdb.connect({str(self.database)!r}, read_only=True)\n"
            f"print(json.dumps(connection.execute({sql!r}).fetchall()))"
        ))

    def prepare(self) -> None:
        shutil.rmtree(self.project, ignore_errors=True)
        shutil.copytree(HERE / "package", self.project)
        packages = self.project / "packages.yml"
        packages.write_text(packages.read_text().replace("local: ../../..", f"local: {REPO}"))
        self.run(*DBT, "deps", folder=self.project)
        if not self.raw.exists():
            self.python(f"import generate, pathlib; generate.generate(pathlib.Path({str(self.raw)!r}), {self.touches})")
        self.database.unlink(missing_ok=True)
        self.run(*DBT, "run", folder=self.project)
        for name, data_driven in (("all", "true"), ("heuristics", "false")):
            self.run(*DBT, "compile", "--target-path", f"target/{name}", "--vars",
                     f"{{ad_funnel__data_driven_attribution: {data_driven}}}", folder=self.project)
        self.python(f"import duckdb; duckdb.connect({str(self.database)!r}).execute({PATHS.format(file=self.paths)!r})")

    def models(self, name: str, compiled: str, *models: str) -> Contender:
        folder = self.project / "target" / compiled / "compiled"
        command = (sys.executable, str(HERE / "models.py"), str(folder), str(self.database), self.memory, *models)
        return Contender(name, command)

    def library(self, name: str, task: str) -> Contender:
        command = (sys.executable, str(HERE / "libraries.py"), name, task, str(self.paths))
        return Contender(f"{name}: {task}", command)

    def contenders(self) -> list[Contender]:
        libraries = ("ChannelAttribution", "marketing-attribution-models")
        return [
            self.models("package: heuristics, from touches to daily sums", "heuristics", *JOURNEYS, *CREDIT),
            *(self.library(name, "heuristics") for name in libraries),
            self.models("package: Markov, from touches to weights", "all", *JOURNEYS, *LEARNT),
            *(self.library(name, "markov") for name in libraries),
            self.models("package: everything, from touches to marts", "all",
                        *JOURNEYS, *LEARNT, "fct_ads__shapley", *CREDIT, *MARTS),
        ]

    def credit(self) -> dict[str, dict[str, float]]:
        """The package's, of the conversions that some touch led to."""
        rows = self.query(CREDITED)
        found = {model: {row[0]: row[place] for row in rows}
                 for place, model in enumerate(("first_touch", "last_touch", "linear"), start=1)}
        return {**found, "markov": dict(self.query(
            "select path_channel, weight::double from main_ads_facts.fct_ads__markov"))}

    def compete(self, rounds: int) -> list[Contender]:
        self.prepare()
        ours, chosen = self.credit(), self.contenders()
        for _ in range(rounds):
            for one in chosen:
                printed, cpu, peak = self.run(*one.command)
                if not one.name.startswith("package"):
                    told = json.loads(printed.splitlines()[-1])
                    cpu, one.furthest = told["cpu"], furthest(told["credit"], ours)
                one.cpu.append(cpu)
                one.peak.append(peak)
                print(f"{one.name}: {cpu:.1f} CPU-s, {peak / 1e6:,.0f} MB", file=sys.stderr, flush=True)
        return chosen


def furthest(theirs: dict[str, dict[str, float]], ours: dict[str, dict[str, float]]) -> float:
    """Their largest distance from our credit, both as shares of all credit."""
    def shares(credit: dict[str, float]) -> dict[str, float]:
        return {name: value / sum(credit.values()) for name, value in credit.items()}

    found = 0.0
    for model, credit in theirs.items():
        credit, exact = shares(credit), shares(ours[model])
        assert credit.keys() == exact.keys(), f"{model}: channels {credit.keys() ^ exact.keys()} are on one side only"
        found = max(found, *(abs(credit[name] / exact[name] - 1) for name in exact))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--touches", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--memory-limit", default="1200MB", help="DuckDB's; the process needs some more")
    parser.add_argument("--work", type=Path, default=REPO / "target" / "benchmarks", help="where data and results lie")
    given = parser.parse_args()

    chosen = Bench(given.work.resolve(), given.touches, given.memory_limit).compete(given.rounds)
    print("| contender | CPU s | peak MB | furthest from exact |\n|---|--:|--:|--:|")
    for one in chosen:
        off = "" if one.furthest is None else f"{one.furthest:.0e}"
        print(f"| {one.name} | {median(one.cpu):.1f} | {median(one.peak) / 1e6:,.0f} | {off} |")


if __name__ == "__main__":
    main()
