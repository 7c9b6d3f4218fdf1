#!/usr/bin/env python3
"""Write dbt's documentation of a project as one HTML file, without the tests that hide the models in its graph.

    python scripts/docs_site.py ad_funnel_docs.html --profiles-dir profiles

All other arguments are those of `dbt docs generate`. The page is dbt's own. What it shows is put into it here rather than
by `--static`: that would let a `</script>` in the text of any macro end the page's own script.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

# Where dbt's page has room for what it shows.
PLACES = {"manifest": '"MANIFEST.JSON INLINE DATA"', "catalog": '"CATALOG.JSON INLINE DATA"'}


def main(arguments: list[str]) -> int:
    if not arguments or arguments[0].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 2
    file, *options = arguments
    with tempfile.TemporaryDirectory() as target:
        code = subprocess.run([
            sys.executable, "-W", "ignore::RuntimeWarning", "-m", "dbt.cli.main", "--quiet", "docs", "generate",
            "--target-path", target, *options,
        ]).returncode
        if code:
            return code
        page = (Path(target) / "index.html").read_text(encoding="utf-8")
        shown = {name: json.loads((Path(target) / f"{name}.json").read_text(encoding="utf-8")) for name in PLACES}
    without_tests(shown["manifest"])
    for name, place in PLACES.items():
        if place not in page:
            sys.exit(f"The page of this dbt has no place for its {name}. Cure: dbt docs generate --static.")
        page = page.replace(place, json.dumps(shown[name]).replace("</", "<\\/"))
    new = Path(f"{file}.new")
    new.write_text(page, encoding="utf-8")
    os.replace(new, file)
    print(f"Documentation: {file}")
    return 0


def without_tests(manifest: dict) -> None:
    """Tests of columns stay: they are shown beside their model, and not in the graph."""
    gone = {name for name, node in manifest["nodes"].items()
            if node["resource_type"] == "test" and not node.get("test_metadata")} | set(manifest.get("unit_tests", {}))
    manifest["unit_tests"], manifest["disabled"] = {}, {}
    manifest["nodes"] = {name: node for name, node in manifest["nodes"].items() if name not in gone}
    for relatives in (manifest["parent_map"], manifest["child_map"]):
        for name in gone:
            relatives.pop(name, None)
        for name, others in relatives.items():
            relatives[name] = [other for other in others if other not in gone]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
