"""What one library makes of the prepared paths: prints, as JSON, its calls' CPU seconds and its credit by channel.

Neither reading the paths nor importing the library is counted.

    python libraries.py <ChannelAttribution|marketing-attribution-models> <heuristics|markov> <paths.parquet>
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable

library, task, paths = sys.argv[1:]


def cpu() -> float:
    times = os.times()
    return times.user + times.system


def channel_attribution() -> Callable[[], dict]:
    import pandas
    from ChannelAttribution import heuristic_models, markov_model

    data = pandas.read_parquet(paths, columns=["path", "conversions", "value", "idle"])

    def heuristics() -> dict:
        found = heuristic_models(data, "path", "conversions", "value", flg_pro=False).set_index("channel_name")
        names = {"first_touch": "first_touch", "last_touch": "last_touch", "linear": "linear_touch"}
        return {ours: found[f"{theirs}_conversions"].to_dict() for ours, theirs in names.items()}

    def markov() -> dict:
        found = markov_model(data, "path", "conversions", "value", "idle", order=1, verbose=False, flg_pro=False)
        return {"markov": dict(zip(found["channel_name"], found["total_conversions"]))}

    return heuristics if task == "heuristics" else markov


def marketing_attribution_models() -> Callable[[], dict]:
    import polars
    from mam import MAM

    data = polars.read_parquet(paths, columns=["journey_id", "path", "hours", "is_converted"])

    def prepared() -> MAM:
        return MAM(
            data, format_type="journey", channels_colname="path", user_id_colname="journey_id",
            journey_with_conv_colname="is_converted", time_till_conv_colname="hours", path_separator=">",
        )

    def credit(result) -> dict:
        return dict(result.to_polars().select("channels", "attribution").iter_rows())

    def heuristics() -> dict:
        mam = prepared()
        return {
            "first_touch": credit(mam.run_first_click()), "last_touch": credit(mam.run_last_click()),
            "linear": credit(mam.run_linear()),
        }

    def markov() -> dict:
        effects = prepared().run_markov().metadata["removal_effect"]["removal_effect"]
        return {"markov": (effects / effects.sum()).to_dict()}

    return heuristics if task == "heuristics" else markov


libraries = {"ChannelAttribution": channel_attribution, "marketing-attribution-models": marketing_attribution_models}
call = libraries[library]()
started = cpu()
credit = call()
print("\n" + json.dumps({"cpu": cpu() - started, "credit": credit}))
