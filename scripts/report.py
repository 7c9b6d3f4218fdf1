#!/usr/bin/env python3
"""Write the report, one HTML file, whatever engine the marts are in.

    python scripts/report.py ad_funnel_report.html --profiles-dir profiles

dbt's operation `ad_funnel.report` makes the page; on a server it can only print it, since no Jinja writes files. This
runs it and puts what it prints into the file, in one step. All other arguments are dbt's.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path


def main(arguments: list[str]) -> int:
    if not arguments or arguments[0].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 2
    file, *options = arguments
    target = Path(file)
    if not target.absolute().parent.is_dir():
        print(f"There is no folder {target.absolute().parent}. Cure: make it, or correct the path.", file=sys.stderr)
        return 1
    done = subprocess.run(
        [*dbt(), "--quiet", "run-operation", "ad_funnel.report", "--args", "{to: '-'}", *options],
        stdout=subprocess.PIPE, encoding="utf-8", env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )
    begin, end = done.stdout.find("<!doctype html>"), done.stdout.rfind("</html>")
    if done.returncode or begin < 0 or end < 0:
        print(done.stdout, end="", file=sys.stderr)
        return done.returncode or 1
    new = target.with_name(target.name + ".new")
    new.write_text(done.stdout[begin:end] + "</html>\n", encoding="utf-8")
    os.replace(new, target)
    print(f"Report: {target}")
    return 0


def dbt() -> list[str]:
    """dbt-core of this Python, else the program of dbt 2 beside it."""
    if importlib.util.find_spec("dbt") and importlib.util.find_spec("dbt.cli"):
        return [sys.executable, "-W", "ignore::RuntimeWarning", "-m", "dbt.cli.main"]
    return [str(Path(sys.executable).with_name("dbt"))]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
