#!/usr/bin/env python3
"""Run dbt, and say plainly when another program has the DuckDB file open.

    python scripts/build.py build --select mart_ads__campaign

All arguments are dbt's, and so are output and exit code. DuckDB lets one process into a file, and dbt opens the file
before it runs anything of a package. So no macro can put this error in words; dbt alone ends with a traceback.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys

# dbt's last words, and DuckDB's in them.
ERROR = re.compile(r"Encountered an error:")
LOCKED = re.compile(
    r'Could not set lock on file "(?P<file>[^"]+)"(: Conflicting lock is held in (?P<holder>.+? \(PID [0-9]+\)))?'
)


def main(arguments: list[str]) -> int:
    colors = {"DBT_USE_COLORS": "true"} if sys.stdout.isatty() else {}
    process = subprocess.Popen(
        [sys.executable, "-m", "dbt.cli.main", *arguments], env={**colors, **os.environ},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )
    last_words: list[str] = []
    try:
        for line in process.stdout:
            if last_words or ERROR.search(line):
                last_words.append(line)
            else:
                print(line, end="", flush=True)
    except KeyboardInterrupt:  # dbt gets it, too, and ends in good order
        pass
    code = process.wait()
    locked = LOCKED.search("".join(last_words))
    if locked:
        print(said(locked), file=sys.stderr)
    else:
        print("".join(last_words), end="")
    return code


def said(locked: re.Match[str]) -> str:
    holder = f" ({locked['holder']})" if locked["holder"] else ""
    return (
        f"{locked['file']} is open in another program{holder}: another build, or a reader. dbt changed nothing. Cure: "
        "wait for it to end, or close it, and build again; let readers open the published file, not this one."
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
