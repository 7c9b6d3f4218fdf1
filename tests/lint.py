"""sqlfluff over the SQL of models and tests: over the files that have changed since they last passed.

    python tests/lint.py [--all]

It takes two seconds a file, so linted.txt beside this script has the digest of each file that passed, with the rules and
sqlfluff's version in it. sqlfluff renders them in the demo's project, which is built for it where there is something to
lint. A file that sqlfluff skips, for it is off in the demo, is not recorded.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

REPO = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPO / "tests" / "python"))
RECORD = Path(__file__).with_name("linted.txt")


def digest(file: Path) -> str:
    rules = (REPO / ".sqlfluff").read_bytes() + (REPO / ".sqlfluffignore").read_bytes() + version("sqlfluff").encode()
    return hashlib.sha256(rules + file.read_bytes()).hexdigest()[:16]


def main(arguments: list[str]) -> int:
    files = [file for folder in ("models", "tests") for file in sorted((REPO / folder).rglob("*.sql"))]
    found = {str(file.relative_to(REPO)): digest(file) for file in files}
    passed = dict(reversed(line.split()) for line in RECORD.read_text().splitlines()) if RECORD.exists() else {}
    to_lint = [path for path in found if "--all" in arguments or passed.get(path) != found[path]]
    print(f"{len(to_lint)} of {len(found)} files to lint, the others have passed as they are", flush=True)
    if not to_lint:
        return 0
    import harness  # dbt with it: a run without anything to lint does not wait for that

    with tempfile.TemporaryDirectory(prefix="ad_funnel_lint_") as folder:
        demo, _ = harness.demo(Path(folder))
        done = subprocess.run(
            [Path(sys.executable).with_name("sqlfluff"), "lint", "--processes", "2", "--disable-progress-bar", *to_lint],
            cwd=REPO, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env={**os.environ, "AD_FUNNEL_DUCKDB": str(demo.database)},
        )
    off = "because it is disabled"
    print("\n".join(line for line in done.stdout.splitlines() if off not in line))
    skipped = {path: reason for path in to_lint
               for reason in re.findall(rf"Skipped file \S*/{re.escape(path)} (because.*)", done.stdout)}
    if done.returncode or any(off not in reason for reason in skipped.values()):
        return 1
    RECORD.write_text("".join(f"{found[path]} {path}\n" for path in found if path not in skipped))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
