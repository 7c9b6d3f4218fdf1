#!/usr/bin/env python3
"""Writes macros/staging/time_zones.sql: the time zones that settings may name, as the installed pytz has them.

    .venv/bin/python scripts/time_zones.py

Run it when tests/python/test_jinja.py says that pytz knows other zones than the file.
"""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytz

FILE = Path(__file__).resolve().parents[1] / "macros" / "staging" / "time_zones.sql"

MACRO = """\
{{#-
    The names of all time zones (scripts/time_zones.py writes this file). A list of our own, because dbt 2 cannot look
    into pytz.
-#}}
{{%- macro time_zones() -%}}
    {{%- set names -%}}
{names}
    {{%- endset -%}}
    {{{{- return(names.split()) -}}}}
{{%- endmacro -%}}
"""


def text() -> str:
    names = textwrap.wrap(" ".join(sorted(pytz.all_timezones)), 112, break_on_hyphens=False, break_long_words=False)
    return MACRO.format(names=textwrap.indent("\n".join(names), " " * 8))


if __name__ == "__main__":
    FILE.write_text(text())
