"""docs/adapters.md from the adapters themselves: the comment at the head of each file in macros/adapters, and the list of
them in registry.sql. `make docs` writes it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jinja2

REPO = Path(__file__).resolve().parents[1]
ADAPTERS = REPO / "macros" / "adapters"

HEAD = """<!-- Written from macros/adapters by make docs. -->
# Adapters

An adapter reads the tables of a loader and returns a raw table of the package. It is a macro that you call in a model of
your own; nothing happens until you call it. For a second account, call it twice with `union all`; filters and renames are
SQL around the call.

```sql
-- models/reports.sql
{{ ad_funnel.reports_from_fivetran_google_ads(
    campaign_stats=source('google_ads', 'campaign_stats'),
    account_history=source('google_ads', 'account_history')
) }}
union all
{{ ad_funnel.reports_from_fivetran_meta(
    basic_ad=source('facebook_ads', 'basic_ad'),
    actions=source('facebook_ads', 'basic_ad_actions'),
    conversion_types=['offsite_conversion.fb_pixel_purchase']
) }}
```

```yaml
# dbt_project.yml
vars:
  ad_funnel__reports: "{{ ref('reports') }}"
```

`dbt run-operation ad_funnel.show_adapter --args '{name: fivetran_google_ads, schema: google_ads}'` prints the sources,
models and vars to paste; without a name it lists the adapters. [Start](start.md) is a whole example, with what comes out.

- The columns of each table are checked before any SQL runs. An error names the adapter, the table, the missing columns,
  what is there and the fix. Optional columns that are absent are NULL, never 0.
- Every column is text, as the loader wrote the value, except the times of events, which are UTC timestamps. The package
  reads the text and rejects, with its value, what it cannot read. Amounts in micros are divided exactly.
- Column names match in any case and with other separators: `metrics.cost_micros` is `metrics_cost_micros`.
"""


def adapters() -> dict[str, dict[str, Any]]:
    """The list in registry.sql, which needs nothing of dbt."""
    returned: list[dict] = []
    environment = jinja2.Environment(extensions=["jinja2.ext.do"])
    text = (ADAPTERS / "registry.sql").read_text()
    environment.from_string(text, {"return": returned.append}).module.adapters()
    return returned[0]


def section(name: str, gives: dict[str, Any]) -> str:
    text = (ADAPTERS / f"{name}.sql").read_text()
    comment = re.match(r"\{#-\n(.*?)\n-#\}", text, re.DOTALL)
    if comment is None:
        raise SystemExit(f"{name}.sql does not begin with a comment that says what it reads")
    lines = [line.removeprefix("    ") for line in comment[1].splitlines()]
    macros = dict(re.findall(r"macro (\w+_from_\w+)\(([^)]*)\)", text))
    calls = []
    for table in gives:
        macro = f"{table}_from_{name}"
        calls.append(f"- `{table}`: `{macro}({' '.join(macros[macro].split())})`")
    return "\n".join([f"\n## {name}\n", *lines, "", *calls, ""])


def page() -> str:
    return HEAD + "".join(section(name, gives) for name, gives in adapters().items())
