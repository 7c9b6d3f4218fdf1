"""A page of the docs that is typed as printed: its blocks of code, and its tables of results beside what comes out."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import harness

SCHEMAS = {"mart_ads__": "main_ads_marts", "fct_ads__": "main_ads_facts"}


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def files(text: str, language: str) -> dict[str, str]:
    """The blocks whose first line names a file: its name and text."""
    named = [re.match(r"(?:--|#) ([\w/]+\.(?:sql|yml))\n", block) for block in blocks(text, language)]
    return {match[1]: match.string for match in named if match}


def asked(project: harness.Project, text: str) -> list[list[dict[str, Any]]]:
    """What the queries of the page give."""
    return [project.sql(re.sub(r"\b(from|join) (\w+_ads__)", lambda found: f"{found[1]} {SCHEMAS[found[2]]}.{found[2]}",
                               query))
            for query in blocks(text, "sql") if not query.startswith("-- models/")]


def printed(text: str) -> list[list[dict[str, str]]]:
    """The tables of results, below the queries."""
    found = []
    for table in re.findall(r"^```\n\n((?:\|.*\n)+)", text, re.MULTILINE):
        header, _, *rows = [line.strip("|").split("|") for line in table.splitlines()]
        names = [name.strip() for name in header]
        found.append([dict(zip(names, (cell.strip() for cell in row))) for row in rows])
    return found


def as_printed(value: Any, text: str) -> str:
    if value is None or isinstance(value, str):
        return str(value)
    decimals = len(text.partition(".")[2])
    return str(round(Decimal(str(value)), decimals)) if decimals else str(int(value))


def compare(results: list[list[dict[str, Any]]], text: str) -> None:
    tables = printed(text)
    assert tables and len(tables) == len(results)
    for result, table in zip(results, tables):
        shown = [{name: as_printed(row[name], line[name]) for name in line} for row, line in zip(result, table)]
        assert (len(result), shown) == (len(table), table)
