#!/usr/bin/env python3
"""Write dbt's documentation of this project as one HTML file, with the tests out of its graph.

    python scripts/docs_site.py ad_funnel_docs.html --profiles-dir profiles

All other arguments are those of `dbt docs generate`. The graph shows tests beside models; the selection that the page
begins with leaves them out, and its menu "resources" brings them back.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

# What dbt's page shows at first, in its script.
SHOWN = re.compile(r'(resource_types:\[[^\]]*?)"test","unit_test",')


def main(arguments: list[str]) -> int:
    if not arguments or arguments[0].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 2
    file, *options = arguments
    with tempfile.TemporaryDirectory() as target:
        code = subprocess.run([
            sys.executable, "-W", "ignore::RuntimeWarning", "-m", "dbt.cli.main", "--quiet", "docs", "generate",
            "--static", "--target-path", target, *options,
        ]).returncode
        if code:
            return code
        page = (Path(target) / "static_index.html").read_text(encoding="utf-8")
    page, found = SHOWN.subn(r"\1", page)
    if not found:
        print("This dbt's page begins with another selection: tests are in its graph.", file=sys.stderr)
    new = Path(f"{file}.new")
    new.write_text(page, encoding="utf-8")
    os.replace(new, file)
    print(f"Documentation: {file}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
