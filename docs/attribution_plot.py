"""Draws docs/attribution.svg: what each attribution model credits the demo's channels with.

    make build && .venv/bin/python docs/attribution_plot.py ad_funnel.duckdb
"""

from __future__ import annotations

import sys
from html import escape
from pathlib import Path

import duckdb

LEFT, TOP, CELL, ROW, BAR = 150, 92, 66, 26, 50

rows = duckdb.connect(sys.argv[1], read_only=True).execute(
    "select channel, model, sum(conversions)::double from main_ads_marts.mart_ads__attribution "
    "where channel <> 'unattributed' group by channel, model"
).fetchall()
models = ["first_touch", "last_touch", "last_click", "last_non_direct", "linear", "position_based", "time_decay",
          "shapley_simplified", "markov", "shapley"]
credit = {(channel, model): conversions for channel, model, conversions in rows}
channels = sorted({channel for channel, _ in credit if any(credit[channel, model] for model in models)},
                  key=lambda channel: -credit[channel, "last_click"])
most = max(credit.values())

parts = []
for column, model in enumerate(models):
    x = LEFT + column * CELL
    parts.append(f'<text class="model" transform="translate({x + 8},{TOP - 10}) rotate(-30)">{model}</text>')
for line, channel in enumerate(channels):
    y = TOP + line * ROW
    parts.append(f'<text class="channel" x="{LEFT - 10}" y="{y + 15}">{escape(channel)}</text>')
    for column, model in enumerate(models):
        x, conversions = LEFT + column * CELL, credit[channel, model]
        parts.append(f'<rect x="{x}" y="{y + 3}" width="{BAR}" height="16" fill="#eef1f4"/>')
        parts.append(f'<rect x="{x}" y="{y + 3}" width="{BAR * conversions / most:.1f}" height="16" fill="#4878a8"/>')
        parts.append(f'<text x="{x + 4}" y="{y + 15}">{conversions:.1f}</text>')

width, height = LEFT + len(models) * CELL + 40, TOP + len(channels) * ROW + 8
Path(__file__).with_name("attribution.svg").write_text(
    f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">\n'
    "<style>text { font: 11px sans-serif; fill: #222 } .channel { text-anchor: end }</style>\n"
    '<rect width="100%" height="100%" fill="#fff"/>\n' + "\n".join(parts) + "\n</svg>\n"
)
