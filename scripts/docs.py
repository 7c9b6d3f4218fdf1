#!/usr/bin/env python3
"""Writes what the docs repeat of the code (`make docs`); with --check, only says what is stale, and ends with 1.

    python scripts/docs.py [--check]

  docs/settings.md   the columns `value` and `default`, from macros/staging/settings.sql; the rest is by hand.
  docs/metrics.md    the tables, from the docs blocks in models/measures_and_metrics.md.
  docs/adapters.md   the whole page, from macros/adapters (adapters_page.py).
  dbt_project.yml    every setting with its default, as a comment.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import jinja2

sys.path.insert(0, str(Path(__file__).parent))
import adapters_page  # noqa: E402

REPO = Path(__file__).resolve().parents[1]
MACROS = ("staging/settings.sql", "staging/raw_contract.sql")

# What a setting of each kind may hold. Those with a list of choices show that list.
VALUES = {
    "relation": "`\"{{ ref('…') }}\"` or `\"{{ source('…', '…') }}\"`",
    "column map": "mapping",
    "time zone": "name of a time zone",
    "currency": "currency code",
    "text": "text",
    "text list": "list of texts",
    "mark list": "list of texts",
    "texts by name": "mapping",
    "timestamp": "date or time",
    "date": "date",
    "duration": "duration",
    "positive duration": "duration above 0",
    "count": "whole number",
    "positive count": "whole number above 0",
    "idle days": "whole number",
    "share": "number between 0 and 1",
    "shares": "three percentages",
    "boolean": "`true`, `false`",
    "experiment plans": "mapping",
    "series by platform": "mapping",
    "text lists by platform": "mapping",
    "windows by type": "mapping",
}


class Returned(Exception):
    """dbt's `return()` ends a macro, wherever in it it is called."""


class Macros:
    """The macros of some files, as `ad_funnel`: those that need nothing of dbt."""

    def __init__(self) -> None:
        environment = jinja2.Environment(extensions=["jinja2.ext.do"])
        known = {"return": self._return, "ad_funnel": self}
        self._modules = [
            environment.from_string((REPO / "macros" / path).read_text(), known).module for path in MACROS
        ]

    @staticmethod
    def _return(value: Any) -> None:
        raise Returned(value)

    def __getattr__(self, name: str) -> Any:
        [macro] = [getattr(module, name) for module in self._modules if hasattr(module, name)]

        def call(*arguments: Any) -> Any:
            try:
                return macro(*arguments)
            except Returned as returned:
                return returned.args[0]

        return call


def settings() -> dict[str, dict[str, Any]]:
    return Macros().settings()


def as_yaml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(value)}]"
    return str(value)


def value_and_default(about: dict[str, Any]) -> tuple[str, str]:
    kind, default = about["kind"], about["default"]
    if kind in ("choice", "choices"):
        value = ("list of " if kind == "choices" else "") + ", ".join(f"`{choice}`" for choice in about["choices"])
    else:
        value = VALUES[kind]
    if default is None:
        return value, "not set"
    return value, f"{len(default)} texts" if kind == "mark list" else f"`{as_yaml(default)}`"


def names_in(cell: str, known: dict[str, Any]) -> list[str]:
    """The settings that a row of the page is about. `ad_funnel__<table>` is every raw table's."""
    found = []
    for name in re.findall(r"`(ad_funnel__[\w<>]+)`", cell):
        pattern = re.compile(name.replace("<table>", "[a-z_]+?") + "$")
        kind = "column map" if name.endswith("_columns") else "relation"
        found += [name] if name in known else [
            setting for setting, about in known.items() if about["kind"] == kind and pattern.match(setting)
        ]
    return found


def settings_page(page: str, known: dict[str, dict[str, Any]]) -> str:
    """The page with its columns `value` and `default` as the package has them."""
    lines, described = [], []
    for line in page.splitlines():
        if line.startswith("| `ad_funnel__"):
            name, _, _, meaning = [cell.strip() for cell in line.strip("|").split("|")]
            names = names_in(name, known)
            cells = {value_and_default(known[one]) for one in names}
            if len(cells) != 1:
                raise SystemExit(f"docs/settings.md: {name} is no setting, or its defaults differ: give each a row")
            value, default = cells.pop()
            line = f"| {name} | {value} | {default} | {meaning} |"
            described += names
        lines.append(line)
    missing, twice = set(known) - set(described), {name for name in described if described.count(name) > 1}
    if missing or twice:
        raise SystemExit(f"docs/settings.md: no row for {sorted(missing)}, several for {sorted(twice)}")
    return "\n".join(lines) + "\n"


def project_file(text: str, page: str, known: dict[str, dict[str, Any]]) -> str:
    """dbt_project.yml with the settings in the order and groups of their page."""
    begin, end = "# All settings (make docs writes this list", "# The end of the settings.\n"
    head, rest = text.split(begin, 1)
    first = rest.split("\n", 1)[0]
    lines = [begin + first]
    for group in re.split(r"^## ", page, flags=re.MULTILINE)[1:]:
        title, *rows = group.splitlines()
        lines.append(f"#   {title}")
        for row in rows:
            if row.startswith("| `ad_funnel__"):
                cell = row.split("|")[1]
                for name in re.findall(r"`(ad_funnel__[\w<>]+)`", cell):
                    about = known[names_in(f"`{name}`", known)[0]]
                    default = value_and_default(about)[1].strip("`")
                    lines.append(f"#     {name}: {default}")
    return head + "\n".join(lines) + "\n" + end + rest.split(end, 1)[1]


def blocks() -> dict[str, dict[str, str]]:
    """Heading -> name of a docs block -> its text."""
    text = (REPO / "models/measures_and_metrics.md").read_text()
    return {
        part.split("\n", 1)[0]: {
            name: " ".join(body.split())
            for name, body in re.findall(r"{% docs (\w+) %}\n(.*?)\n{% enddocs %}", part, re.DOTALL)
        }
        for part in re.split(r"^# ", text, flags=re.MULTILINE)[1:]
    }


def metrics_page(page: str) -> str:
    """The page with each table between `<!-- HEADING -->` and `<!-- end -->` as the blocks say."""
    known = blocks()

    def table(found: re.Match[str]) -> str:
        rows = [f"| `{name}` | {text} |" for name, text in known[found[1]].items()]
        return "\n".join([f"<!-- {found[1]} -->", "", "| column | meaning |", "|---|---|", *rows, "", "<!-- end -->"])

    return re.sub(r"<!-- (.+?) -->\n.*?<!-- end -->", table, page, flags=re.DOTALL)


def pages() -> dict[Path, str]:
    """What each file should be."""
    known = settings()
    settings_file, metrics_file, project = REPO / "docs/settings.md", REPO / "docs/metrics.md", REPO / "dbt_project.yml"
    page = settings_page(settings_file.read_text(), known)
    return {
        settings_file: page,
        metrics_file: metrics_page(metrics_file.read_text()),
        REPO / "docs/adapters.md": adapters_page.page(),
        project: project_file(project.read_text(), page, known),
    }


def main(arguments: list[str]) -> int:
    stale = {path: text for path, text in pages().items() if path.read_text() != text}
    for path, text in stale.items():
        if "--check" not in arguments:
            path.write_text(text)
        print(f"{path.relative_to(REPO)} {'is stale: run make docs' if '--check' in arguments else 'written'}")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
