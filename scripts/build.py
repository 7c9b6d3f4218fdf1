#!/usr/bin/env python3
"""Run dbt, and say how far it is, what it found, and when another program has the DuckDB file open.

    python scripts/build.py build --select mart_ads__campaign

All arguments are dbt's, and so is the exit code. A line at least every 15 seconds says how far dbt is; at the end come
counts, a line for each warning with the file that says what to do, and each failure in full. dbt's own log, with every
model and test, is in logs/dbt.log as ever. With an option of dbt's for its output (--quiet, --debug, --log-level,
--log-format) dbt speaks for itself.

DuckDB lets one process into a file, and dbt opens the file before it runs anything of a package. So no macro can put
this error in words; dbt alone ends with a traceback.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable

# dbt's last words, and DuckDB's in them.
ERROR = re.compile(r"Encountered an error:")
LOCKED = re.compile(
    r'Could not set lock on file "(?P<file>[^"]+)"(: Conflicting lock is held in (?P<holder>.+? \(PID [0-9]+\)))?'
)
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
OWN_OUTPUT = re.compile(r"(--quiet|-q|--debug|-d|--log-level|--log-format|--no-quiet)(=.*)?")

EVERY = 10  # seconds between two lines about progress; whatever is late, 15 are not reached
RESULTS = ("LogModelResult", "LogTestResult", "LogSeedResult", "LogSnapshotResult", "LogFreshnessResult",
           "LogNodeResult", "LogNodeNoOpResult", "LogUnitTestResult", "LogSkipBecauseError", "SkippingDetails")
PASSED = ("success", "pass", "no-op")


def main(arguments: list[str]) -> int:
    if any(OWN_OUTPUT.fullmatch(argument) for argument in arguments):
        return run(arguments, {"DBT_USE_COLORS": "true"} if sys.stdout.isatty() else {}, Plain())
    progress = Progress()
    code = run([*arguments, "--log-format", "json", "--no-use-colors"], {}, progress)
    if not progress.locked:
        progress.sum_up(code)
    return code


def run(arguments: list[str], environment: dict[str, str], listener: Plain | Progress) -> int:
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore::RuntimeWarning", "-m", "dbt.cli.main", *arguments],
        env={**environment, **os.environ},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8", errors="replace",
    )
    try:
        for line in process.stdout:
            listener.hear(line)
    except KeyboardInterrupt:  # dbt gets it, too, and ends in good order
        pass
    code = process.wait()
    listener.end()
    return code


class Plain:
    """dbt's own words as they come, but for its last ones if they are about the file."""

    def __init__(self) -> None:
        self.last_words: list[str] = []

    def hear(self, line: str) -> None:
        if self.last_words or ERROR.search(line):
            self.last_words.append(line)
        else:
            print(line, end="", flush=True)

    def end(self) -> None:
        if not say_locked("".join(self.last_words)):
            print("".join(self.last_words), end="")


class Progress:
    """Hears dbt's log as JSON, and says in a few lines what it amounts to."""

    def __init__(self, say: Callable[[str], None] = lambda text: print(text, flush=True)) -> None:
        self.say, self.begun, self.spoken = say, time.monotonic(), time.monotonic()
        self.doing, self.builds, self.done, self.total = "starting dbt", False, 0, 0
        self.statuses: Counter[str] = Counter()
        self.files: dict[str, str] = {}  # test -> the file that says what it means
        self.warnings: list[tuple[str, str]] = []  # a test and what its file says, or '' and dbt's words
        self.expected: list[str] = []  # the tests that warned, as dbt lists them
        self.failures: list[str] = []
        self.rest: list[str] = []  # what is no JSON: a traceback
        self.locked = False
        self.ended = threading.Event()
        self.tell()
        threading.Thread(target=self.keep_speaking, daemon=True).start()

    def keep_speaking(self) -> None:
        while not self.ended.wait(1):
            if time.monotonic() - self.spoken >= EVERY:
                self.tell()

    def tell(self) -> None:
        self.spoken = time.monotonic()
        far = f"{self.done:>4} of {self.total}: " if self.total else ""
        self.say(f"{clock(self.spoken - self.begun)}  {far}{self.doing}")

    def hear(self, line: str) -> None:
        try:
            event = json.loads(line)
            info, data = event["info"], event.get("data", {})
        except (ValueError, KeyError, TypeError):
            self.rest.append(line)
            return
        name, text, node = info["name"], COLOURS.sub("", info.get("msg", "")), data.get("node_info") or {}
        if name in ("MainEncounteredError", "MainStackTrace"):
            self.rest.append(text + "\n")
        elif name == "AdapterRegistered":
            self.doing = "reading the project"
            self.tell()
        elif name == "LogStartLine":
            self.total = data.get("total", self.total)
            self.doing = f"{node.get('resource_type', '')} {node.get('node_name', '')}".strip()
            if not self.builds:
                self.builds = True
                self.tell()
        elif name in RESULTS:
            self.done = max(self.done, data.get("index") or 0)
            self.total = data.get("total") or data.get("num_models") or self.total
            # (Of a unit test dbt writes the status None into its node.)
            said = (str(status).lower() for status in (node.get("node_status"), data.get("status")) if status)
            self.statuses[next((status for status in said if status != "none"), "skipped")] += 1
        elif name == "PrintEvent":
            self.say(text)
        elif name == "JinjaLogInfo":
            self.explained(text)
        elif name in ("RunResultFailure", "RunResultError", "RunResultErrorNoMessage"):
            self.failures.append(text)
        elif info["level"] == "error" and name not in ("EndOfRunSummary",) and not text.startswith("  "):
            self.failures.append(text)
        elif name == "RunResultWarning":
            if found := re.match(r"Warning in test (\S+) \((.+)\)", text):
                self.files[found[1]] = found[2]
                self.expected.append(found[1])
        elif name in ("RunResultWarningMessage", "CheckNodeTestFailure", "EndOfRunSummary"):
            pass  # explained
        elif info["level"] == "warn":
            self.warnings.append(("", text))

    def explained(self, text: str) -> None:
        """The package's own words at the end of a build (macros/publishing/explain.sql), and operations' words."""
        found = re.match(r"(Warning|Failed): (\w+), (\d+ rows?)\n  (.*)", text)
        if not found:
            self.say(f"{clock(time.monotonic() - self.begun)}  {text}")
            self.spoken = time.monotonic()
        elif found[1] == "Warning":
            first = re.split(r"[.] | Cure: ", found[4], maxsplit=1)[0].rstrip(".")
            self.warnings.append((found[2], f"{found[3]}. {first}."))
        else:
            self.failures.append(text)

    def end(self) -> None:
        self.ended.set()
        self.locked = say_locked("".join(self.rest))

    def sum_up(self, code: int) -> None:
        counts = Counter()
        for status, number in self.statuses.items():
            counts["passed" if status in PASSED else "warned" if status == "warn" else
                   "skipped" if status.startswith("skip") else "failed"] += number
        explained = [name for name, _ in self.warnings]  # of tests that are not the package's dbt knows no more
        self.warnings += [(name, "the name says what should be so.") for name in self.expected if name not in explained]
        if self.warnings:
            self.say(f"\nWarnings ({len(self.warnings)}), each with the file that says what it means and the cure:")
        for name, text in self.warnings:
            file = self.files.get(name) or ""
            self.say(f"  {name}: {text} -> {file}" if name else f"  {' '.join(text.split())}")
        for text in self.failures:
            self.say("\n" + text)
        if code and self.rest:
            self.say("".join(self.rest))
        words = [f"{number} {kind}" for kind in ("passed", "warned", "failed", "skipped") if (number := counts[kind])]
        self.say(f"\n{'Done' if not code else 'Failed'} in {clock(time.monotonic() - self.begun).strip()}: "
                 f"{', '.join(words) or 'nothing was run'}.")


def clock(seconds: float) -> str:
    return f"{int(seconds) // 60:>3}:{int(seconds) % 60:02}"


def say_locked(last_words: str) -> bool:
    locked = LOCKED.search(last_words)
    if not locked:
        return False
    holder = f" ({locked['holder']})" if locked["holder"] else ""
    print(
        f"{locked['file']} is open in another program{holder}: another build, or a reader. dbt changed nothing. Cure: "
        "wait for it to end, or close it, and build again; let readers open the published file, not this one.",
        file=sys.stderr,
    )
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
