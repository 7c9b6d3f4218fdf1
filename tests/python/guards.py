"""The guards of the package, each taken out once: the checks of the fault project must then fail.

    python tests/python/guards.py [part of a guard's name ...]

A guard is a piece of SQL that keeps a fault out. A mutant is the package with that piece replaced, in the parse that
dbt builds from and not in the files. It is caught where a check of its fault fails, and else it survives: then nothing
would notice if the guard were lost.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import faults
import harness

CROSS_DB, ENGINE = "macros/cross_db/cross_db.sql", "macros/cross_db/duckdb.sql"
READ, TIME = "macros/staging/raw_table.sql", "macros/staging/time.sql"
ISO = "macros/staging/iso_text.sql"
JUDGEMENT, FACTS = "macros/ledger/judgement.sql", "macros/facts/facts.sql"
MEASURES, METRICS = "macros/metrics/measures.sql", "macros/metrics/metrics.sql"
IMPRESSIONS, CLICKS, CONVERSIONS, SPEND = (f"models/staging/stg_ads__{table}.sql" for table in faults.TABLES)
CREDIT, RATES = "models/facts/fct_ads__conversions.sql", "models/facts/dim_ads__exchange_rates.sql"
FACT_CLICKS, DAILY = "models/facts/fct_ads__clicks.sql", "models/facts/fct_ads__daily.sql"
MATCHES, VIEWS = "models/facts/fct_ads__click_matches.sql", "models/facts/fct_ads__view_matches.sql"
INVALID_CLICKS = "models/ledger/ledger_ads__invalid_clicks.sql"
INVALID_CONVERSIONS = "models/ledger/ledger_ads__invalid_conversions.sql"
ADS, CAMPAIGNS = "models/facts/dim_ads__ads.sql", "models/facts/dim_ads__campaigns.sql"
DAYS = "models/facts/dim_ads__days.sql"
REPORTS, REPORT_LEDGER = "macros/facts/reports.sql", "models/ledger/ledger_ads__reports.sql"
REPORTED_SPEND, PERFORMANCE = "models/facts/fct_ads__reported_spend.sql", "models/facts/fct_ads__performance.sql"


@dataclass(frozen=True)
class Guard:
    """`text` stands once in `file`; with `mutant` in its place, a check of one of `faults` must fail, or the engine
    must stop the build."""

    name: str
    file: str
    text: str
    mutant: str
    faults: tuple[int, ...]
    stops: bool = False


GUARDS = [
    # Why a row is rejected.
    Guard("invalid_timestamp", TIME, "when {{ time }} is null then 'invalid_timestamp'", "when false then ''", (1, 2)),
    Guard("timestamp_out_of_range", TIME, "when not {{ ad_funnel.is_in_range(time) }}", "when false", (4,)),
    Guard("earliest event", TIME, ">= {{ ad_funnel.time_literal(earliest) }}", ">= timestamp '1999-12-01'", (4,)),
    Guard("in_future", TIME, "when {{ ad_funnel.is_in_future(time) }} then 'in_future'", "when false then ''", (42,)),
    Guard("clock skew of the future", TIME, "ad_funnel.seconds('ad_funnel__clock_skew')", "0", (42,)),
    Guard("missing_id: impressions", IMPRESSIONS, "when impression_id is null", "when false", (18,)),
    Guard("missing_id: clicks", CLICKS, "when click_id is null", "when false", (18,)),
    Guard("missing_id: conversions", CONVERSIONS, "when conversion_id is null", "when false", (18,)),
    Guard("missing_id: spend", SPEND, "when ad_id is null and campaign_id is null", "when false", (18,)),
    Guard("invalid_number: impressions", IMPRESSIONS, "when has_cost and cost is null", "when false", (6, 7, 12)),
    Guard("invalid_number: clicks", CLICKS, "when has_cost and cost is null", "when false", (6, 7, 37)),
    Guard("invalid_number: conversions", CONVERSIONS,
          "when has_value and value is null then", "when false then", (6, 7, 37)),
    Guard("invalid_number: spend", SPEND, "when has_amount and amount is null", "when false", (6, 7)),
    Guard("whole numbers: 1.5 is none", CROSS_DB, "'case when ' ~ number ~ ' = floor(' ~ number ~ ') and abs('",
          "'case when abs('", (5,)),
    Guard("negative_cost: impressions", IMPRESSIONS, "when cost < 0", "when false", (32,)),
    Guard("negative_cost: clicks", CLICKS, "when cost < 0", "when false", (32,)),
    Guard("negative_cost: spend", SPEND, "when amount < 0 and", "when false and", (32,)),
    Guard("negative_cost: unless a credit", SPEND, "when amount < 0 and not is_credit", "when amount < 0", (32,)),
    Guard("credits take away", SPEND, "-abs(written_amount)", "written_amount", (32,)),
    Guard("negative_value", CONVERSIONS, "when value < 0 and", "when false and", (32,)),
    Guard("negative_value: unless an adjustment", CONVERSIONS,
          "when value < 0 and not is_adjustment", "when value < 0", (32,)),
    Guard("invalid_date", SPEND, "when written_day is null", "when false", (1, 2)),
    Guard("in_future: spend", SPEND,
          "when is_in_future then", "when false then", (42,)),
    Guard("invalid_adjustment", CONVERSIONS, "when is_adjustment and (", "when false and (", (27,)),

    # How text is read.
    Guard("white space is trimmed", ENGINE,
          """return('trim(' ~ text ~ ", e' \\\\t\\\\n\\\\r\\\\f\\\\x0b')")""", "return(text)", (17,)),
    Guard("all white space is trimmed", ENGINE,
          """", e' \\\\t\\\\n\\\\r\\\\f\\\\x0b')")""", "')')", (17,)),
    Guard("ids are looked at from the start", ENGINE, "'case when ' ~ text ~ \" >= '!' and array_extract(\"",
          "'case when array_extract('", (17,)),
    Guard("ids are looked at from the end", ENGINE,
          "\" >= '!' and array_extract(\" ~ text ~ \", -1) >= '!' then \"", "\" >= '!' then \"", (17,)),
    Guard("blank ids are NULL", READ, "ad_funnel.is_one_of(name, [''] + column.null_values)",
          "ad_funnel.is_one_of(name, column.null_values)", (18,)),
    Guard("codes are upper case", READ, "column.kind == 'code'", "false", (35,)),
    Guard("money looks like a number", ENGINE, "when {{ ad_funnel.fits_pattern(value, number) }} then",
          "when true then", (5,)),
    Guard("whole numbers look like one", CROSS_DB, "'case when ' ~ fits ~ ' then try_cast('",
          "'case when true then try_cast('", (5,)),
    Guard("times look like ISO", ENGINE,
          "when {{ ad_funnel.fits_pattern(text, forms.day ~ '([T ]' ~ forms.clock ~ ')?') }}", "when true", (1, 3)),
    Guard("days look like ISO", CROSS_DB,
          "when {{ ad_funnel.fits_pattern(text, forms.day ~ '([T ]' ~ forms.clock ~ forms.offset ~ '?)?') }}",
          "when true", (1, 4)),
    Guard("offsets are applied", ENGINE, "{{ ad_funnel.timestamptz_to_utc(instant) }}",
          "cast({{ instant }} as timestamp)", (3, 40)),
    Guard("infinity is a time out of range", ENGINE,
          "when lower({{ text }}) in ('infinity', '-infinity') then {{ ad_funnel.no_time() }}", "", (4,)),
    Guard("local times are converted", CROSS_DB, "value if time_zone == 'UTC' else adapter.dispatch('local_to_utc'",
          "value if true else adapter.dispatch('local_to_utc'", (2, 39)),
    Guard("days are the reporting zone's", TIME,
          "ad_funnel.utc_to_local(time, ad_funnel.setting('ad_funnel__reporting_time_zone'))", "time", (39, 40)),
    Guard("the column map says which is the day", ISO, "'day_first': [3, 2, 1]", "'day_first': [3, 1, 2]", (2,)),
    Guard("micros are divided with room", READ, "try_decimal(name, column.type, ad_funnel.type_money())",
          "try_decimal(name, column.type, type)", (37,)),
    Guard("an event's cost has nine decimals", CROSS_DB, "return('decimal(18, 9)')", "return('decimal(18, 6)')", (36,)),
    Guard("money has nine decimals", CROSS_DB, "return('decimal(28, 9)')", "return('decimal(28, 8)')", (28, 36)),

    # Which copy of an id counts.
    Guard("the load time is no payload", READ, " | reject('in', ['loaded_at', 'partition_day']) | list", " | list",
          (14,)),
    Guard("payloads tell names from values", ENGINE,
          """key ~ ', cast(' ~ ad_funnel.quoted(column) ~ ' as varchar)') -%}
    {%- endfor -%}
    {{- return('cast(json_object(""",
          """'cast(' ~ ad_funnel.quoted(column) ~ ' as varchar)') -%}
    {%- endfor -%}
    {{- return('cast(concat_ws(chr(124), """, (19,)),
    Guard("duplicates are no conflicts", JUDGEMENT, "when payload = accepted_payload then 'duplicate'", "", (14,)),
    Guard("the earliest event counts", JUDGEMENT, "        {{ time }} asc nulls last,\n            loaded_at asc",
          "        loaded_at asc", (15,)),
    Guard("then the earliest load", JUDGEMENT, "            loaded_at asc nulls last, payload", "            payload",
          (14, 15)),
    Guard("then the payload", JUDGEMENT, "loaded_at asc nulls last, payload asc nulls last, raw_record asc nulls last",
          "loaded_at asc nulls last", (15,)),
    Guard("the latest load counts by setting", JUDGEMENT, "loaded_at desc nulls last,", "", (14, 15)),

    # Invalid traffic.
    Guard("bots are found in any case", JUDGEMENT, "dbt.position(pattern, ad_funnel.lower_case(user_agent))",
          "dbt.position(pattern, user_agent)", (55, 56, 64)),
    Guard("bots are found", JUDGEMENT,
          "{{ dbt.position(pattern, ad_funnel.lower_case(user_agent)) }} > 0", "false", (56, 64)),

    Guard("repeat clicks", INVALID_CLICKS, "when runs.is_repeat then 'repeat_click'", "", (56,)),
    Guard("repeat window is half-open", INVALID_CLICKS, "and clicked_at < {{", "and clicked_at <= {{", (56,)),
    Guard("click floods", INVALID_CLICKS, "runs.user_id is not null\n", "false\n", (56,)),
    Guard("no user is no flood", INVALID_CLICKS, "runs.user_id is not null\n", "true\n", (56,)),
    Guard("flood window is half-open", INVALID_CLICKS, "and runs.clicked_at < {{", "and runs.clicked_at <= {{", (56,)),
    Guard("clicks on invalid impressions", INVALID_CLICKS, "when invalid_impressions.impression_id is not null",
          "when false", (64,)),
    Guard("conversions after invalid clicks", INVALID_CONVERSIONS, "where is_invalid\n", "where false\n", (64,)),
    Guard("conversions after repeat clicks are valid", INVALID_CONVERSIONS,
          "coalesce(repeated.repeats_click_id, clicks.click_id)", "clicks.click_id", (56,)),

    # Which impression a click matches.
    Guard("impression ids belong to their platform", MATCHES, "clicks.platform = impressions.platform", "true", (16,)),
    Guard("clock skew", MATCHES, "and clicks.clicked_at >= impressions.clickable_from", "", (21,)),
    Guard("clock skew is tolerated", MATCHES, "clicks.clicked_at >= impressions.clickable_from",
          "clicks.clicked_at >= impressions.impression_at", (21,)),
    Guard("clock skew is flagged", FACT_CLICKS, "clicks.clicked_at < named.impression_at", "false", (21,)),
    Guard("match window is half-open", MATCHES, "clicks.clicked_at < impressions.clickable_until",
          "clicks.clicked_at <= impressions.clickable_until", (22,)),
    Guard("mismatch of ads", FACT_CLICKS, "coalesce(clicks.ad_id <> named.known_ad_id, false)", "false", (63,)),
    Guard("mismatch of campaigns", FACT_CLICKS, "coalesce(clicks.campaign_id <> named.known_campaign_id, false)",
          "false", (63,)),

    # Which event is credited with a conversion.
    Guard("ids belong to their platform", CREDIT, "seeking.platform = named.platform", "true", (16,)),
    Guard("no event after the conversion: click", CREDIT, "and clicks.clicked_at <= seeking.converted_at", "", (25,)),
    Guard("no event after the conversion: click of the user", CREDIT,
          "and seeking.converted_at >= clicks.clicked_at", "", (25,)),
    Guard("no event after the conversion: impression", VIEWS,
          "impressions.impression_at <= conversions.converted_at", "true", (25,)),
    Guard("no event after the conversion: impression of the user", VIEWS,
          "and conversions.converted_at >= impressions.impression_at", "", (25,)),
    Guard("click window", CREDIT, "and clicks.clicked_at > seeking.click_after", "", (24,)),
    Guard("click window is half-open", CREDIT, "clicks.clicked_at > seeking.click_after",
          "clicks.clicked_at >= seeking.click_after", (24,)),
    Guard("click window of a user", CREDIT, "seeking.click_after < clicks.clicked_at",
          "seeking.click_after <= clicks.clicked_at", (24,)),
    Guard("view window is half-open", VIEWS, "impressions.impression_at > conversions.view_after",
          "impressions.impression_at >= conversions.view_after", (24,)),
    Guard("view window of a user", VIEWS, "conversions.view_after < impressions.impression_at",
          "conversions.view_after <= impressions.impression_at", (24,)),
    Guard("an invalid click is not credited", CREDIT, "where not clicks.is_invalid", "", (64,)),
    Guard("an invalid impression is not credited", VIEWS, "and not is_invalid", "", (64,)),
    Guard("an invalid conversion is not credited", CREDIT, "where not is_adjustment and not is_invalid",
          "where not is_adjustment", (64,)),
    Guard("an adjustment is not credited", CREDIT, "where not is_adjustment and not is_invalid",
          "where not is_invalid", (27,)),
    Guard("a repeat click stands for the click it repeats", CREDIT,
          "coalesce(named.repeats_click_id, named.click_id)", "named.click_id", (56,)),
    Guard("views are told from clicks", CREDIT, "else 'view'", "else 'click'", (31,)),
    Guard("retractions", CREDIT, "when is_retracted then 'retracted'", "", (27,)),
    Guard("retracted value vanishes", CREDIT, "case when not is_adjustment and not is_retracted then conversion_value",
          "case when not is_adjustment then conversion_value", (27,)),
    Guard("restatements", CREDIT, "coalesce(restatements.value, conversions.value)", "conversions.value", (27,)),
    Guard("the latest restatement counts", CREDIT, "order by\n                converted_at desc nulls last,",
          "order by\n                converted_at asc nulls last,", (27,)),
    Guard("an early adjustment waits", CREDIT, "adjustments.adjusts_platform is null and conversions.is_adjustment",
          "false", (27,)),

    # Money and reference data.
    Guard("money is converted", FACTS, "{{ ad_funnel.try_product(amount, rate, type) }}", "{{ amount }}", (34, 35)),
    Guard("money that overflows is unknown", ENGINE, "return('try_cast(try(' ~ left ~ ' * ' ~ right ~ ') as '",
          "return('try_cast((' ~ left ~ ' * ' ~ right ~ ') as '", (37,), stops=True),
    Guard("rates are positive", RATES, " and rate > 0", "", (34,)),
    Guard("rates grow old", RATES, "max_age_days - 1", "max_age_days", (34,)),
    Guard("rates carry on", RATES, "and lasting.oldest_use >= days.date_day",
          "and lasting.rate_day >= days.date_day", (35,)),
    Guard("one rate a day", RATES, "max(rate)", "min(rate)", (55,)),
    Guard("one row of an ad's version", ADS, "where copy_number = 1", "", (55,)),
    Guard("the latest row of an ad counts", ADS, "order by loaded_at desc nulls last",
          "order by loaded_at asc nulls last", (55,)),
    Guard("one row of a campaign's version", CAMPAIGNS, "where copy_number = 1", "", (55,)),
    Guard("the first version reaches back", FACTS, "case when is_first then date '1900-01-01' else valid_from end",
          "coalesce(valid_from, date '1900-01-01')", (53,)),
    Guard("a version ends where the next begins", FACTS, "coalesce(next_from, date '9999-12-31')",
          "date '9999-12-31'", (53,)),

    # Reports of platforms: laws are 100 and more.
    Guard("a report line counts once", REPORT_LEDGER, "when copy_number = 1 then 'accepted'",
          "when copy_number >= 1 then 'accepted'", (101,)),
    Guard("the later load of a line counts", REPORT_LEDGER, "'load_number desc nulls last, spend asc",
          "'load_number asc nulls last, spend asc", (101,), stops=True),
    Guard("loads have a gap", REPORTS, "return(600)", "return(60)", (102,)),
    Guard("an unknown parent may have the line", REPORT_LEDGER, "has_lines_in_account = 1\n", "false\n", (103,)),
    Guard("what is left of a level", REPORTS, "then own_{{ measure }} - finer_{{ measure }}", "then own_{{ measure }}",
          (103,)),
    Guard("finer lines that exceed are marked", REPORTS, "200 * finer_' ~ measure ~ ' > 201 * own_'",
          "200 * finer_' ~ measure ~ ' > 500 * own_'", (103,)),
    Guard("what no finer line reports is the level's own", REPORTS,
          "            when finer_{{ measure }} is null then own_{{ measure }}\n", "", (104,)),
    Guard("fractions of conversions", REPORTS, "'spend': ad_funnel.type_money_sum(),\n        'conversions': "
          "ad_funnel.type_money_sum()", "'spend': ad_funnel.type_money_sum(),\n        'conversions': 'bigint'",
          (105,)),
    Guard("a total and its types are not added", REPORTS,
          "sum(case when conversion_type is null then {{ measure }} end),", "sum({{ measure }}),", (106,)),
    Guard("minor units", READ, "{%- set factor = ad_funnel.minor_unit('currency') -%}", "{%- set factor = '0.01' -%}",
          (107,)),
    Guard("days of other zones", "models/facts/fct_ads__reports.sql", "max(case when time_zone <> '",
          "max(case when false and time_zone <> '", (108,)),
    Guard("the invoice wins", REPORTED_SPEND, "charged_campaigns.campaign_id is null and charged_ads", "charged_ads",
          (109,)),
    Guard("what nobody logs is not measured", PERFORMANCE,
          "case when best_of_platforms.is_logged then measured_values.{{ measure }} end",
          "measured_values.{{ measure }}", (110,)),
    Guard("the best series", PERFORMANCE, "when is_logged then 'measured'",
          "when true then 'measured'", (110,)),
    Guard("claims have no sum", "models/marts/mart_ads__performance.sql", "coalesce(claiming.platforms, 0) < 2",
          "coalesce(claiming.platforms, 0) < 9", (110,)),
    Guard("periods are in no mart of days", "models/marts/mart_ads__performance_daily.sql",
          "where last_day = date_day", "", (111,)),
    Guard("periods are no spend of days", REPORTED_SPEND, " and last_day = date_day", "", (111,)),
    Guard("days win over periods", REPORT_LEDGER, "others.last_day = others.date_day\n", "false\n", (111,)),

    # Rates.
    Guard("an impression is clicked once", DAILY, "count(distinct impression_id)", "count(impression_id)", (30,)),
    Guard("a click is converted once", DAILY, "count(distinct credited_click_id)", "count(credited_click_id)", (30,)),
    Guard("an impression is converted once", DAILY, "count(distinct credited_impression_id)",
          "count(credited_impression_id)", (30,)),
    Guard("retracted orders", "models/marts/mart_ads__orders_daily.sql", "and not is_retracted", "", (57,)),
    Guard("no division by zero", METRICS, "when {{ denominator }} > 0", "when true", (38,)),
    Guard("no division by less than zero", METRICS, "when {{ denominator }} > 0", "when {{ denominator }} <> 0", (38,)),
    Guard("no cost metric of half the cost", METRICS, "'(case when is_cost_complete then spend end)'", "'spend'",
          (34,)),
    Guard("no value metric of half the value", METRICS, "'(case when is_value_complete then conversion_value end)'",
          "'conversion_value'", (34,)),
    Guard("value that nobody told is NULL", MEASURES, "and coalesce({{ prefix ~ measure.of }}, 0) = 0", "", (34,)),
    Guard("what did not happen is 0", MEASURES, "coalesce({{ value }}, 0) as {{ value }}", "{{ value }}", (40, 41)),
    Guard("weeks begin on Monday", CROSS_DB, """"cast(date_trunc('" ~ period ~ "', " ~ date ~ ") as date)\"""",
          """"cast(date_trunc('" ~ period ~ "', " ~ date ~ " + 1) as date) - 1\"""", (41,)),
    Guard("no period is left out", DAYS, "where date_day <= last_day",
          "where date_day <= last_day and mod(extract(day from date_day), 2) = 0", (41,)),
]


# ------------------------------------------------------------------------------------------------------- how it is run

def part_of(manifest: Any, guard: Guard) -> tuple[Any, str]:
    """The macro or model that holds the guard's text, and the name of its source."""
    (found,) = [
        (part, source)
        for parts, source in ((manifest.macros, "macro_sql"), (manifest.nodes, "raw_code"))
        for part in parts.values()
        if part.package_name == "ad_funnel" and part.original_file_path == guard.file
        and guard.text in getattr(part, source)
    ]
    return found


@contextmanager
def without(manifest: Any, guard: Guard) -> Iterator[None]:
    part, source = part_of(manifest, guard)
    whole = getattr(part, source)
    setattr(part, source, whole.replace(guard.text, guard.mutant))
    try:
        yield
    finally:
        setattr(part, source, whole)


@dataclass(frozen=True)
class Result:
    guard: str
    survives: bool
    caught_by: str
    models: int  # built for it
    seconds: float

    def __str__(self) -> str:
        verdict = "SURVIVES" if self.survives else "caught"
        return f"{verdict:<9} {self.guard:<54} {self.models:2} models {self.seconds:4.1f} s  {self.caught_by}"


class Worker:
    """What a process makes once: the package as it is, built and checked."""

    folder: tempfile.TemporaryDirectory
    project: harness.Project
    read_by: dict[str, set[str]]  # check -> the relations that it looks at


def prepare() -> None:
    Worker.folder = tempfile.TemporaryDirectory()
    Worker.project = faults.project(Path(Worker.folder.name))
    Worker.project.freeze()
    Worker.project.run()
    Worker.read_by = {}
    for check in faults.CHECKS:
        built = faults.Built(Worker.project)
        check.run(built)
        Worker.read_by[check.name] = set(built.read)


def reach(start: set[str], neighbours: Callable[[str], Iterable[str]]) -> set[str]:
    """Everything that can be come to from the start, which is part of it."""
    found, ends = set(start), set(start)
    while ends:
        ends = {neighbour for end in ends for neighbour in neighbours(end)} - found
        found |= ends
    return found


def models_between(manifest: Any, part: Any, relations: set[str]) -> set[str]:
    """The models that the mutated part changes, as far as the relations to be looked at need them."""
    callers = defaultdict(list)
    for caller in (*manifest.macros.values(), *manifest.nodes.values()):
        for macro in caller.depends_on.macros:
            callers[macro].append(caller.unique_id)
    changed = reach(reach({part.unique_id}, lambda one: callers[one]), lambda one: manifest.child_map.get(one, ()))
    models = {key: node.name for key, node in manifest.nodes.items() if node.resource_type == "model"}
    looked_at = {key for key, name in models.items() if name in relations}
    needed = reach(looked_at, lambda one: manifest.parent_map.get(one, ()))
    return {models[one] for one in changed & needed if one in models}


def fails(check: faults.Check, built: faults.Built) -> bool:
    try:
        check.run(built)
    except Exception:  # a row that is not there, a NULL that is no number: no check foresees what a mutant makes
        return True
    return False


def try_out(guard: Guard) -> Result:
    """Builds the mutant, in a copy of what the package builds, and runs the checks of its faults."""
    started = time.monotonic()
    checks = [check for check in faults.CHECKS if set(check.faults) & set(guard.faults)]
    manifest = Worker.project.manifest
    part, _ = part_of(manifest, guard)
    models = models_between(manifest, part, {name for check in checks for name in Worker.read_by[check.name]})
    with tempfile.TemporaryDirectory(dir=Worker.folder.name) as folder:
        mutant = Worker.project.twin(Path(folder) / "mutant")
        with without(manifest, guard):
            outcome = mutant.dbt("run", "--full-refresh", "--select", *sorted(models))
        built = faults.Built(mutant)
        failing = [check.name for check in checks if outcome and fails(check, built)]
    if guard.stops:
        caught_by = "" if outcome else "the build stops"
    else:
        caught_by = ", ".join(failing) or ("" if outcome else f"no build: {outcome.text[-500:]}")
    survives = not caught_by or not (outcome or guard.stops)
    return Result(guard.name, survives, caught_by or "no check", len(models), time.monotonic() - started)


def run(guards: list[Guard], processes: int = 1) -> Iterator[Result]:
    """In this process, where others keep the other cores busy."""
    lost = [guard.name for guard in guards if (harness.REPO / guard.file).read_text().count(guard.text) != 1]
    if lost:
        raise LookupError(f"guard not found, or more than once: {', '.join(lost)}")
    if processes == 1:
        prepare()
        yield from map(try_out, guards)
        return
    with ProcessPoolExecutor(processes, get_context("spawn"), prepare) as pool:
        yield from pool.map(try_out, guards)


def main(parts: list[str]) -> int:
    survivors = 0
    wanted = [guard for guard in GUARDS if not parts or any(part in guard.name for part in parts)]
    for result in run(wanted, processes=2):
        survivors += result.survives
        print(result, flush=True)
    print(f"{survivors} survive")
    return min(survivors, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
