"""Somebody's project with ten mapped tables, some typed and some of texts, many settings, and three loads."""

from __future__ import annotations

from pathlib import Path

import duckdb
import yaml

TABLES = ("impressions", "clicks", "conversions", "visits", "spend", "ads", "campaigns", "platforms", "assignments",
          "exchange_rates")

# Mappings are out of order: dbt-core keeps the file's order, and dbt 2 does not.
SETTINGS = {
    "reporting_time_zone": "America/New_York",
    "reporting_currency": "EUR",
    "as_of": "2025-03-20 12:00:00",
    "look_back": "4 days",
    "earliest_event": "2024-06-01",
    "conversion_windows": {"sign_up": {"view": "2 hours", "click": "3 days"}, "purchase": {"click": "5 days"}},
    "primary_conversion_types": ["sign_up", "purchase"],
    "breakdowns": ["hour_of_day", "country"],
    "min_cell_users": 2,
    "reach": "sketch",
    "sketch_size": 256,
    "frequency": True,
    "attribution": True,
    "position_shares": "30/30/40",
    "landing_pages": True,
    "page_parameters": ["size", "id"],
    "experiments": True,
    "experiment_plans": {"shade": {"shares": {"red": 33.3, "blue": 0.1, "amber": 66.7}, "control": "red"}},
    "significance_level": 0.01,
    "pacing_tolerance": 0.15,
    "impressions_columns": {"user_id": "uid", "cost": {"divide_by": 1000000, "column": "micros"}},
    "clicks_columns": {"clicked_at": {"time_zone": "Asia/Tokyo", "column": "tokyo_time"}},
    "conversions_columns": {"converted_at": {"format": "epoch_milliseconds"}},
    **{f"{table}_stamp": "fingerprint" for table in ("impressions", "clicks", "conversions", "visits", "spend")},
}

# From the first instant of 1 March 2025 on, in UTC; a row each 23 minutes. Of the last three days there is nothing yet.
FIRST_LOAD = """
create schema raw;
create table raw.impressions as
select
    'i-' || n as impression_id,
    timestamptz '2025-03-01 00:00:00+00' + to_minutes(23 * n) as impression_at,
    'ad-' || n % 4 as ad_id, 'p-' || n % 2 as platform, 'user-' || n % 40 as uid, 1000000 + 7000 * (n % 11) as micros,
    case when n % 3 = 0 then 'USD' else 'EUR' end as currency, ['DE', 'US', null][1 + n % 3] as country
from range(1000) as numbers(n);
create table raw.clicks as
select
    'k-' || n as click_id,
    timestamp '2025-03-01 09:04:00' + to_minutes(23 * 5 * n) as tokyo_time, 'i-' || 5 * n as impression_id,
    'ad-' || 5 * n % 4 as ad_id, 'p-' || 5 * n % 2 as platform, 'user-' || 5 * n % 40 as user_id,
    'https://shop.example/a%20page/?utm_source=News&utm_medium=e%2dmail&utm_campaign=%C3%A9t%c3%a9+1&size=m&id='
        || n % 3 as landing_url
from range(200) as numbers(n);
create table raw.conversions as
select
    'v-' || n as conversion_id, epoch_ms(timestamp '2025-03-01 06:00:00' + to_minutes(23 * 20 * n)) as converted_at,
    case when n % 3 = 0 then 'sign_up' else 'purchase' end as conversion_type,
    case when n % 2 = 0 then 'k-' || 4 * n end as click_id, 'user-' || 20 * n % 40 as user_id,
    case when n % 5 > 0 then (20 + n * 1.25)::varchar end as value, 'EUR' as currency
from range(50) as numbers(n);
create table raw.visits as
select
    'w-' || n as visit_id, (timestamp '2025-03-01 02:00:00' + to_minutes(23 * 7 * n))::varchar || 'Z' as visited_at,
    'user-' || 7 * n % 40 as user_id, ['News', null, 'Search'][1 + n % 3] as utm_source,
    ['e-mail', null, 'cpc'][1 + n % 3] as utm_medium
from range(140) as numbers(n);
create table raw.spend as
select
    (date '2025-03-01' + cast(n // 2 as integer)) as date_day, 'p-' || n % 2 as platform, null::varchar as ad_id,
    'camp-' || n % 2 as campaign_id, (12.345678901 * (n + 1))::varchar as amount, 'USD' as currency
from range(30) as numbers(n);
create table raw.ads as
select 'ad-' || n as ad_id, 'p-' || n % 2 as platform, 'camp-' || n % 2 as campaign_id from range(4) as numbers(n);
create table raw.campaigns as
select
    'camp-' || n as campaign_id, 'p-' || n as platform, 'Campaign ' || n as campaign_name,
    ['sales', 'reach'][1 + n] as objective, 'seniors' as targeting_segment
from range(2) as numbers(n);
create table raw.platforms as
select 'p-' || n as platform, 'Platform ' || n as platform_name from range(2) as numbers(n);
create table raw.assignments as
select
    'shade' as experiment, 'user-' || n as user_id, ['red', 'blue', 'amber'][1 + n % 3] as variant,
    timestamp '2025-02-28 00:00:00' as assigned_at
from range(40) as numbers(n);
create table raw.exchange_rates as
select (date '2025-02-28' + cast(n as integer)) as date_day, 'USD' as currency, 0.9 + n * 0.001 as rate
from range(20) as numbers(n);
"""

LOADS = (
    FIRST_LOAD,
    # An edit within the look-back, and one before it, which is looked for no more; a day that is taken out.
    """
    update raw.impressions set micros = 5000000 where impression_id = 'i-950';
    update raw.impressions set micros = 9000000 where impression_id = 'i-20';
    update raw.conversions set value = '999' where conversion_id = 'v-47';
    delete from raw.clicks where click_id in ('k-195', 'k-196');
    insert into raw.spend values (date '2025-03-16', 'p-1', null, 'camp-1', '50', 'EUR');
    """,
    # New days, a late day, a copy of an old id, and a conversion of it.
    """
    insert into raw.impressions
    select
        'i-' || n, timestamptz '2025-03-01 00:00:00+00' + to_minutes(23 * n), 'ad-1', 'p-1', 'user-3', 2000000, 'EUR',
        'FR'
    from range(1000, 1100) as numbers(n);
    insert into raw.impressions
    select 'late-' || n, timestamptz '2025-03-14 13:00:00+00', 'ad-2', 'p-0', 'user-5', 100, 'EUR', null
    from range(9) as numbers(n);
    insert into raw.impressions
    select impression_id, timestamptz '2025-03-16 00:00:00+00', ad_id, platform, uid, micros, currency, country
    from raw.impressions where impression_id = 'i-40';
    insert into raw.conversions values
        ('v-late', epoch_ms(timestamp '2025-03-16 06:00:00'), 'purchase', 'k-190', 'user-30', '70', 'EUR');
    """,
)

# Rows without a readable time: more than may be, so that a test fails; and what takes them out again.
TOO_MANY_REJECTED = """
insert into raw.visits select 'bad-' || n, 'no time', 'user-1', null, null from range(500) as numbers(n);
"""
MENDED = "delete from raw.visits where visit_id like 'bad-%';"

BAD_ON_COMMAND_LINE = {
    "zone": {"ad_funnel__reporting_time_zone": "Europe/Berlim"},
    "zone_of_a_column": {"ad_funnel__visits_columns": {"visited_at": {"time_zone": "CEST/Berlin"}}},
    "currency": {"ad_funnel__reporting_currency": "eur"},
    "duration": {"ad_funnel__click_window": "30"},
    "number": {"ad_funnel__significance_level": 2},
    "plan": {"ad_funnel__experiment_plans": {"shade": {"unit": "cookie"}}},
    "windows": {"ad_funnel__conversion_windows": {"purchase": {"touch": "1 day"}}},
    "unknown": {"ad_funnel__reporting_timezone": "UTC"},
    "jinja": {"ad_funnel__default_platform": "{{ 1 }}"},
    "relation": {"ad_funnel__clicks": "raw.clicks"},
}
BAD_IN_THE_FILE = {
    "choice": {"ad_funnel__reach": "about"},
    "empty_column": {"ad_funnel__ads_columns": {"ad_name": {"column": None}}},
    "plan_share": {"ad_funnel__experiment_plans": {"shade": {"shares": {"red": 2000000, "blue": 1}}}},
}


def database(project: Path) -> Path:
    return project / "warehouse.duckdb"


def make(folder: Path, package: Path, settings: dict | None = None, name: str = "consumer") -> Path:
    project = folder / name
    (project / "models").mkdir(parents=True)

    def write(file: str, content: object) -> None:
        (project / file).write_text(yaml.safe_dump(content, sort_keys=False))

    write("profiles.yml", {name: {"target": "duckdb", "outputs": {
        "duckdb": {"type": "duckdb", "path": str(database(project)), "threads": 2}}}})
    write("packages.yml", {"packages": [{"local": str(package)}]})
    write("models/sources.yml", {"version": 2, "sources": [
        {"name": "raw", "tables": [{"name": table} for table in TABLES]}]})
    write("dbt_project.yml", {
        "name": name, "version": "1.0.0", "config-version": 2, "profile": name,
        "flags": {"send_anonymous_usage_stats": False},
        "vars": {
            **{f"ad_funnel__{table}": f"{{{{ source('raw', '{table}') }}}}" for table in TABLES},
            **{f"ad_funnel__{setting}": value for setting, value in SETTINGS.items()},
            **(settings or {}),
        },
    })
    return project


def execute(project: Path, statements: str) -> None:
    with duckdb.connect(str(database(project)), config={"storage_compatibility_version": "v1.4.0"}) as connection:
        connection.execute("set time zone 'UTC'")
        connection.execute(statements)


def check(loads: list[Path]) -> None:
    """The loads show what they are for: otherwise that both engines agree would say little."""
    costs = "select cost::varchar from main_ads_ledger.ledger_ads__impressions where impression_id = '{}'"
    answers = {
        "the edit is taken in": (1, costs.format("i-950"), "5.000000000"),
        "what lies before the look-back is left": (1, costs.format("i-20"), "1.063000000"),
        "times with a zone are instants": (
            0, "select impression_at::varchar from main_ads_ledger.ledger_ads__impressions where impression_id = 'i-1'",
            "2025-03-01 00:23:00"),
        "late days are taken in": (
            2, "select count(*)::varchar from main_ads_ledger.ledger_ads__impressions "
            "where impression_id like 'late-%'", "9"),
    }
    for what, (load, query, expected) in answers.items():
        with duckdb.connect(str(loads[load]), read_only=True) as connection:
            [answer] = connection.execute(query).fetchone()
        assert answer == expected, f"{what}: {answer} for {expected}"
