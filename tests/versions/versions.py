"""Builds on every dbt that is supported and compares: the rows, what bad settings are told, and what the scripts say.

    python tests/versions/versions.py

Run it with the Python of `.venv`: what its versions build is what the others are compared with. Those have an
environment each beside it, from lowest.txt, newest.txt and dbt2.txt (`make lock` writes them from pyproject.toml).

  demo       on all of them. Every row of every ledger, fact and mart is the same. On dbt 2 with the unit tests, on a
             fresh database; dbt-core runs them in test_demo.py.
  SQL        what the installed dbt-core and dbt 2 compile of the demo is the same, token by token.
  consumer   a project with ten mapped tables (consumer.py): parsed on all of them without a warning; on the installed
             one and dbt 2 three loads, with an edit and late days, give the same rows after each.
  settings   bad ones are refused with the same words: two of them, and with make test-all every kind (a parse
             for each).
  scripts    (with make test-all) show_campaigns, publish, publish.py and erase.py say and
             leave the same.

No version may warn of anything deprecated.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import consumer
import duckdb
import yaml

REPO = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPO / "tests" / "python"))
import harness  # noqa: E402

LAYERS = ("ledger", "facts", "marts")
WORK = REPO / "target" / "versions"
ALL = bool(os.environ.get("AD_FUNNEL_TEST_ALL"))  # make test-all

# Numbers made by DuckDB's own hash function, which is another one in another version.
OWN = (*harness.HOW_BUILT, "row_stamp", "id_number")

# DuckDB's library for dbt 2: the npm package of a platform, its version, and npm's own digest of the archive.
LIBRARIES = {
    ("Linux", "x86_64"): (
        "@duckdb/node-bindings-linux-x64", "1.5.6-r.1",
        "IXcrZJE6kEqM0Z4wwdVnGBHX/frOS33VPNAwDXQ/Q+Fs84b058Qe94chrCCIcNJlG8Y3UHIUU4eBeCQxW5mN1Q==",
    ),
}

# What no version may say. (Warnings of data tests are the demo's own.)
COMPLAINTS = re.compile(r"deprecat|MangledRef|does not match the jinja|unused|\[warning\]", re.IGNORECASE)
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class NotHere(Exception):
    """Why a version cannot be installed on this machine."""


@dataclass
class Leg:
    name: str
    programs: Path
    environment: dict[str, str] = field(default_factory=dict)
    found: list[str] = field(default_factory=list)
    sql: dict[str, list[str]] = field(default_factory=dict)  # of the demo: compiled()

    @property
    def is_dbt_2(self) -> bool:
        return self.name == "dbt2"

    @property
    def command(self) -> list[str | Path]:
        """The installed version, whose internals tests/python/quick.py knows, is run as quickly as the tests run it."""
        quick = [self.programs / "python", Path(__file__).with_name("quick_dbt.py")]
        return quick if self.name == "installed" else [self.programs / "dbt"]

    @property
    def warnings(self) -> list[str]:
        """What has dbt tell of warnings, and little else. (dbt 2 always does.)"""
        return [] if self.is_dbt_2 else ["--show-all-deprecations", "--log-level", "warn"]

    @property
    def folder(self) -> Path:
        return WORK / self.name

    @property
    def demo(self) -> Path:
        return self.folder / "demo.duckdb"

    def dbt(self, *arguments: str, project: Path = REPO, target: str = "duckdb", may_fail: bool = False,
            **environment: str) -> str:
        """What dbt says. A command that fails ends the run, unless it may; what is deprecated is noted."""
        profiles = REPO / "profiles" if project == REPO else project
        folder = ["--target-path", self.folder / f"target_{project.name}"] if arguments[0] != "deps" else []
        done = subprocess.run(
            [*self.command, *arguments, "--project-dir", project, "--profiles-dir", profiles, "--target",
             target, *folder],
            env={**os.environ, "AD_FUNNEL_DUCKDB": str(self.demo), **self.environment, **environment},
            cwd=project, capture_output=True, text=True,
        )
        said = COLOURS.sub("", done.stdout + done.stderr)
        if done.returncode and not may_fail:
            sys.exit(f"{self.name}: dbt {' '.join(arguments)} failed:\n{said[-6000:]}")
        if not may_fail:
            self.found += [f"{self.name}: {line.strip()}" for line in said.splitlines() if COMPLAINTS.search(line)]
        return said


# ------------------------------------------------------------------------------------------------------------ the legs

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
    """Where its programs are. Made again when what is to be in it has changed."""
    folder, wanted = REPO / f".venv-{leg}", Path(__file__).with_name(f"{leg}.txt")
    if not (folder / "installed").exists() or (folder / "installed").stat().st_mtime < wanted.stat().st_mtime:
        subprocess.run([python, "-m", "venv", "--clear", folder], check=True)
        with_uv = os.environ.get("UV")  # quicker: .ci/run has one
        install = ([with_uv, "pip", "install", "--python", folder / "bin" / "python"] if with_uv else
                   [folder / "bin" / "python", "-m", "pip", "install", "--disable-pip-version-check"])
        done = subprocess.run([*install, "--quiet", "--only-binary", ":all:", "--no-deps", "--require-hashes",
                               "--requirement", wanted], capture_output=True, text=True)
        if done.returncode:
            reason = done.stderr.strip().splitlines()[-1]
            if leg == "dbt2" and ("No matching distribution" in done.stderr or "no wheels" in done.stderr):
                raise NotHere(reason)
            sys.exit(f"{leg}: pip failed: {done.stderr[-3000:]}")
        (folder / "installed").touch()
    return folder / "bin"


def library(folder: Path) -> Path:
    """The folder of libduckdb.so, which dbt 2 asks the system for by name."""
    system = (platform.system(), platform.machine())
    if system not in LIBRARIES:
        raise NotHere(f"no package with DuckDB's library is pinned for {' '.join(system)}")
    package, version, digest = LIBRARIES[system]
    place = folder / f"libduckdb-{version}"
    if not (place / "package" / "libduckdb.so").exists():
        if not shutil.which("npm"):
            raise NotHere("there is no npm, which DuckDB's library comes with")
        place.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(["npm", "pack", "--silent", f"{package}@{version}"], cwd=place, capture_output=True,
                              text=True)
        if done.returncode:
            raise NotHere(f"npm pack {package}@{version} failed: {done.stderr.strip()[-300:]}")
        archive = place / done.stdout.strip().splitlines()[-1]
        if base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode() != digest:
            archive.unlink()
            sys.exit(f"{package}@{version} is not the archive that versions.py names: its SHA-512 is another.")
        with tarfile.open(archive) as packed:
            packed.extractall(place, filter="data")
        archive.unlink()
    return place / "package"


def dbt_2() -> Leg | None:
    try:
        programs = environment("dbt2", sys.executable)
        return Leg("dbt2", programs, {"LD_LIBRARY_PATH": str(library(programs.parent))})
    except NotHere as reason:
        print(f"SKIPPED: dbt 2 cannot be installed here: {reason}. Nothing below was run on it.")
        return None


# ---------------------------------------------------------------------------------------------------- what is compared

def build_demo(leg: Leg) -> None:
    if leg.is_dbt_2:
        # dbt 2 has unit tests of a stored model look at its table: they run once it is there.
        waiting = [test["name"] for file in sorted(REPO.glob("models/*/_*_unit_tests.yml"))
                   for test in yaml.safe_load(file.read_text())["unit_tests"]
                   if "AD_FUNNEL_TABLES_ARE_BUILT" in str(test.get("config"))]
        assert len(waiting) > 20, waiting
        leg.dbt("build")
        leg.sql = compiled(leg)  # unit tests compile their models again, with other settings
        leg.dbt("test", "--select", *waiting, AD_FUNNEL_TABLES_ARE_BUILT="yes")
    else:
        # The rows are compared on all; that data tests pass too is seen on the others, and on these with make test-all.
        is_other = leg.name in ("lowest", "newest") and not ALL
        leg.dbt(*leg.warnings, "build", *harness.NO_UNIT_TESTS,
                *(["--exclude-resource-type", "test"] if is_other else []))
        leg.sql = compiled(leg)


def differences(one: Path, other: Path, names: tuple[str, str]) -> list[str]:
    """Every row that is in one of two databases only, three at most of a table."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{one}' as one (read_only)")
        connection.execute(f"attach '{other}' as other (read_only)")
        # (What is a view names the database it was made in.)
        tables, others = (connection.execute(f"""
            select schema_name || '.' || table_name from duckdb_tables()
            where database_name = '{database}' and schema_name in {tuple(f'main_ads_{layer}' for layer in LAYERS)}
                and table_name <> 'ad_funnel_builds' and table_name <> 'ad_funnel_erasures'
            order by all
        """).fetchall() for database in ("one", "other"))
        assert len(tables) > 20, f"only {tables} are tables"
        found = []
        if tables != others:
            found.append(f"only one of {names} has the tables {set(tables) ^ set(others)}")
        for [table] in tables:
            if (table,) not in others:
                continue
            columns, theirs = ([name for name, *_ in connection.execute(f"describe {database}.{table}").fetchall()]
                               for database in ("one", "other"))
            if columns != theirs:
                found.append(f"{table}: columns {columns} in {names[0]}, {theirs} in {names[1]}")
                continue
            compared = ", ".join(f'"{name}"' for name in columns if name not in OWN)
            for here, there, name in (("one", "other", names[0]), ("other", "one", names[1])):
                rows = connection.execute(f"select {compared} from {here}.{table} except all "
                                          f"select {compared} from {there}.{table} limit 3").fetchall()
                found += [f"{table}: only in {name}: {row}" for row in rows]
        return found


def compiled(leg: Leg) -> dict[str, list[str]]:
    """The tokens of each model and singular test: names of databases, builds and moments taken out. (dbt 2 puts unit
    tests in the same folders.)"""
    place = leg.folder / f"target_{REPO.name}" / "compiled" / "ad_funnel"
    tokens = {}
    for file in sorted((*place.glob("models/*/*.sql"), *place.glob("tests/*/*.sql"))):
        if not (REPO / file.relative_to(place)).exists():
            continue
        text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "build", file.read_text())
        text = re.sub(r"'20[0-9]{2}-[0-9]{2}-[0-9]{2} [0-9:]{8}'", "'moment'", text)
        tokens[str(file.relative_to(place))] = re.findall(r"\w+|[^\w\s]", text)
    return tokens


def differing_sql(one: Leg, other: Leg) -> list[str]:
    ours, theirs = one.sql, other.sql
    found = [f"{name}: compiled by one of {one.name} and {other.name} only" for name in sorted(set(ours) ^ set(theirs))]
    assert len(ours) > 80, f"only {len(ours)} files were compiled"
    for name in sorted(set(ours) & set(theirs)):
        if ours[name] != theirs[name]:
            place = next((number for number, (a, b) in enumerate(zip(ours[name], theirs[name])) if a != b),
                         min(len(ours[name]), len(theirs[name])))
            texts = [" ".join(tokens[max(place - 8, 0):place + 8]) for tokens in (ours[name], theirs[name])]
            found.append(f"{name}: {one.name} compiles: … {texts[0]} …, {other.name}: … {texts[1]} …")
    return found


def build_consumer(leg: Leg) -> list[Path]:
    """A copy of its database after each load."""
    project = consumer.make(leg.folder, REPO)
    (project / "macros").mkdir()
    shutil.copy(Path(__file__).with_name("tables.jinja"), project / "macros" / "tables.sql")
    leg.dbt("deps", project=project)
    built = []
    for number, load in enumerate(consumer.LOADS):
        consumer.execute(project, load)
        leg.dbt(*leg.warnings, "run" if number < len(consumer.LOADS) - 1 else "build", project=project)
        built.append(leg.folder / f"load_{number}.duckdb")
        shutil.copy(consumer.database(project), built[-1])
    return built


def parse_consumer(leg: Leg) -> None:
    project = consumer.make(leg.folder, REPO)
    leg.dbt("deps", project=project)
    leg.dbt(*leg.warnings, "parse", project=project)


def refusals(leg: Leg) -> dict[str, str]:
    """What is said of each bad setting: the package's own words."""
    project = leg.folder / "consumer"
    # dbt-core parses once for all cases; that it checks while it parses is tested in test_settings.py.
    parsed = harness.Project(project, project.name)
    if not leg.is_dbt_2:
        parsed.freeze()
    said = {}
    on_command_line, in_the_file = (
        {case: settings for case, settings in bad.items() if ALL or case in ("zone", "choice")}
        for bad in (consumer.BAD_ON_COMMAND_LINE, consumer.BAD_IN_THE_FILE))
    for case, settings in on_command_line.items():
        command = ("run-operation", "ad_funnel.check_settings")
        said[case] = own_words(
            leg.dbt(*command, "--vars", json.dumps(settings), project=project, may_fail=True) if leg.is_dbt_2
            else parsed.dbt(*command, variables=settings).text)
    for case, settings in in_the_file.items():
        other = consumer.make(leg.folder, REPO, settings, name=f"bad_{case}")
        shutil.copytree(project / "dbt_packages", other / "dbt_packages", symlinks=True)
        if leg.is_dbt_2:
            said[case] = own_words(leg.dbt("parse", project=other, may_fail=True))
        else:
            said[case] = own_words(replace(parsed, folder=other).dbt("run-operation", "ad_funnel.check_settings").text)
    return said


def tables_of_jinja(leg: Leg) -> dict[str, str]:
    """What Jinja makes for SQL: tests/python/test_jinja.py compares dbt-core's with Python's."""
    said = leg.dbt("--quiet", "run-operation", "tables_of_jinja", project=leg.folder / "consumer")
    tables = dict(re.findall(r"^table ([\w ]+): (.*)$", said, re.MULTILINE))
    assert len(tables) > 15, said
    return {name: json.dumps(json.loads(text)) for name, text in tables.items()}


def own_words(said: str) -> str:
    text = re.sub(r"\s+", " ", said)
    found = re.search(r"(The setting ad_funnel.*? It must be .*?\.|ad_funnel does not know the setting \w+\.)", text)
    return found.group(1) if found else f"nothing of its own: {text[-600:]}"


def refused_targets(leg: Leg) -> list[str]:
    """Where dbt 2 was never run, it is told so before any SQL."""
    settings = {"DBT_ALLOW_EXPERIMENTAL_ADAPTERS": "true", "DBT_ENV_SECRET_AD_FUNNEL_POSTGRES_PASSWORD": "none"}
    said = re.sub(r"\s+", " ", leg.dbt("parse", target="postgres", may_fail=True, **settings))
    return [] if "On dbt 2 ad_funnel was tried on DuckDB alone" in said else [f"dbt2 takes PostgreSQL: {said[-600:]}"]


def scripts(leg: Leg) -> dict[str, str]:
    """What is said about one demo and one consumer that both legs built, and what is left of them."""
    said = {}
    campaigns = leg.dbt("--quiet", "run-operation", "show_campaigns")
    said["show_campaigns"] = campaigns.replace(str(leg.folder), "").strip()
    publish = leg.dbt("run-operation", "publish", may_fail=True)
    said["publish"] = next((line.strip() for line in publish.splitlines() if "publish is for servers" in line), publish)

    published, project = leg.folder / "published.duckdb", leg.folder / "consumer"
    file = consumer.database(project)

    def python(script: str, *arguments: object, text: str = "") -> str:
        done = subprocess.run([sys.executable, REPO / "scripts" / script, *map(str, arguments)], input=text,
                              capture_output=True, text=True)
        return re.sub(r"\s*\(?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|begun [0-9: -]+ UTC|built [0-9: -]+ UTC", "",
                      f"{done.returncode} {done.stdout}{done.stderr}").replace(str(leg.folder), "")

    said["publish.py"] = python("publish.py", file, published)
    refused = {
        "a part": ("run", "--select", "stg_ads__platforms"),
        "none of its rows": ("run", "--empty", "--select", "stg_ads__platforms"),
        "a failed test": ("build", "--select", "ledger_ads__visits", "mart_ads__ledger"),
    }
    for case, command in refused.items():
        if case == "a failed test":
            consumer.execute(project, consumer.TOO_MANY_REJECTED)
        leg.dbt(*command, project=project, may_fail=True)
        said[f"publish.py after {case}"] = python("publish.py", file, published)
    consumer.execute(project, consumer.MENDED)
    leg.dbt("build", project=project)
    said["publish.py after all was mended"] = python("publish.py", file, published, "--with", "ledger")
    said["erase.py"] = python("erase.py", file, "--published", published, "--project", project, text="user-7\n")
    leg.dbt("build", project=project)
    said["publish.py after an erasure"] = python("publish.py", file, published)
    return {case: re.sub(r"/target_\w+/", "/target/", text) for case, text in said.items()}


def compare(one: dict[str, str], other: dict[str, str], names: tuple[str, str]) -> list[str]:
    return [f"{case}: {names[0]} says: {one[case]}\n    {names[1]} says: {other.get(case)}"
            for case in one if one[case] != other.get(case)]


def timed(name: str, work, *arguments):
    began = time.monotonic()
    result = work(*arguments)
    print(f"{name}: {time.monotonic() - began:.0f} s", flush=True)
    return result


def main() -> None:
    installed = Leg("installed", Path(sys.executable).parent)
    with ThreadPoolExecutor(2) as pool:
        pythons = {"lowest": lowest_python(), "newest": sys.executable}
        made = {name: pool.submit(environment, name, python) for name, python in pythons.items()}
        second = dbt_2()
        lowest, newest = (Leg(name, done.result()) for name, done in made.items())
    legs = [leg for leg in (installed, lowest, newest, second) if leg]
    for leg in legs:
        shutil.rmtree(leg.folder, ignore_errors=True)
        leg.folder.mkdir(parents=True)
        version = subprocess.run([*leg.command, "--version"], capture_output=True, text=True).stdout
        print(f"{leg.name}:", ", ".join(re.findall(r"installed: \S+|dbt-fusion \S+|duckdb: \S+", version)), flush=True)
    both = [leg for leg in (installed, second) if leg]

    # Two at a time: dbt keeps one core busy.
    with ThreadPoolExecutor(2) as pool:
        demos = [pool.submit(timed, f"{leg.name}: demo", build_demo, leg) for leg in legs]
        loads = {leg.name: pool.submit(timed, f"{leg.name}: consumer", build_consumer, leg) for leg in both}
        parsed = [pool.submit(timed, f"{leg.name}: consumer parsed", parse_consumer, leg) for leg in (lowest, newest)]
        for done in (*demos, *parsed, *loads.values()):
            done.result()
        built = {name: done.result() for name, done in loads.items()}
        told = {leg.name: pool.submit(timed, f"{leg.name}: settings", refusals, leg) for leg in both} if second else {}
        told = {name: done.result() for name, done in told.items()}
        tables = {leg.name: tables_of_jinja(leg) for leg in both}
        with_scripts = both if second and ALL else []
        left = {leg.name: pool.submit(timed, f"{leg.name}: scripts", scripts, leg) for leg in with_scripts}
        left = {name: done.result() for name, done in left.items()}

    found = [line for leg in legs for line in dict.fromkeys(leg.found)]
    for leg in legs[1:]:
        found += [f"demo, {line}" for line in differences(installed.demo, leg.demo, ("installed", leg.name))]
    consumer.check(built["installed"])
    if second:
        names = ("installed", "dbt2")
        found += [f"SQL, {line}" for line in differing_sql(installed, second)]
        for number, (one, other) in enumerate(zip(built["installed"], built["dbt2"])):
            found += [f"load {number + 1}, {line}" for line in differences(one, other, names)]
        for kind, texts in {"settings": told, "tables": tables, **({"scripts": left} if left else {})}.items():
            nothing = [case for case, text in texts["installed"].items() if "nothing of its own" in text]
            found += [f"{kind}, {case} is not refused: {texts['installed'][case]}" for case in nothing]
            found += [f"{kind}, {line}" for line in compare(texts["installed"], texts["dbt2"], names)]
        found += refused_targets(second)
        found += [f"after the scripts, {line}" for line in differences(
            consumer.database(installed.folder / "consumer"), consumer.database(second.folder / "consumer"), names)]
    print("\n".join(found) or f"The same on all of them: {', '.join(leg.name for leg in legs)}.")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
