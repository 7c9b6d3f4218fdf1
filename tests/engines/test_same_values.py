"""Texts and typed values that nobody foresaw are read alike on every engine: as numbers, times, dates and words."""

from __future__ import annotations

import random

import engines
import harness
import pytest

COUNT = 2000

NUMBERS = [
    "NaN", "-nan", "Infinity", "-inf", "1_000", "0x10", "1e400", "1e-99", "1e99", "+.5", "5.", ".", "-", "+", "--1",
    "1,5", "1 000", "١٢", "999999999.9999999994", "999999999.9999999995", "-999999999.9999999995", "0.0000000005",
    "9" * 19, "9" * 18 + "." + "9" * 9, "9223372036854775807", "9223372036854775808", "-9223372036854775808",
    "0" * 50 + "7", "1" * 200, "0." + "0" * 200 + "1", "1e5", "1E+5", "1e+", "e5", "1.5e3.5", "null", "true",
    "12345678901234567.1234567895", "5.0", "4233.000", "7.", "1.2E+03", "1.25e1", "12.5e1", "9223372036854775807.0",
    "9223372036854775808.0", "-9223372036854775808.0", "1e18", "1e19", "--", "4233.0000000001",
]
TIMES = [
    "infinity", "-Infinity", "0000-01-01", "0000-02-29 10:00", "0001-01-01", "9999-12-31 23:59:59.999999999",
    "2024-02-29", "2023-02-29", "1900-02-29", "2000-02-29", "2025-04-31", "2025-01-31T24:00", "2025-01-31T23:60",
    "2025-01-31T23:59:60", "2025-01-31 10:00:00.1234567", "2025-01-31 23:59:59.9999999", "2025-01-31 10:00:00.",
    "2025-01-31 10:00:00+15:59", "2025-01-31 10:00:00-16:00", "2025-01-31 10:00:00+23:59", "2025-01-31T10:00Z",
    "2025-01-31 10:00:00.1234567-0030", "2025-01-31 10:00:00+2", "2025-01-31 10:00:00 +02:00",
    "2025-01-31 10:00:00 UTC", "2025-03-30 02:30:00", "2025-10-26 02:30:00", "2025-01-31 10", "2025-1-31", "20250131",
    "31.12.2024 10:00", "31/01/2025", "01-31-2025", "12/31/2024 23:59:59", "now", "today", "epoch", "2025-01-31 BC",
    "1741000000", "2025-01-31 10:00:00.123456 UTC", "2025-01-31 10:00 GMT", "2025-01-31 10:00:00.000 +0000",
    "2025-01-31 10:00:00.5 -0800", "2025-01-31 10:00:00 +0000 UTC", "2025-01-31 10:00:00 Z", "20250131.0",
    "20250131 5:00", "20250231", "20251301", "2025/1/31", "2025.12.1 5:06:07", "2025-01-31 5:00:00",
    "2025-01-31T5:00Z", "2025-01-31 12:00 AM", "2025-01-31 12:59:59.5 pm", "2025-01-31 13:00 PM", "2025-01-31 0:00 AM",
    "1/21/2021 23:30", "21/1/2021 11:30:00 PM", "1.2.2021 5:00 UTC", "2025-01-31  10:00", "2025-01-31 10:0 0",
    "2025-01-31 UTC", "2025-13-1", "2025/02/30 PM", "0000/2/29", "20250131T", "T", " T ", "2025-01-31T10:00:00 + 02",
]
IDS = [
    "111", "111.0", "111.00", "0111.0", "999999999999999.0", "1111111111111111.0", "-7.0", "a.0", ".0", "1.2.0", "0",
    "0.0", "-", "--", "NULL", "None", "\\N", "(not set)", "00000000-0000-0000-0000-000000000000", "ABC", "abc", "1.5",
    "٣.0", "1e+20", "nan", "'", '"', "\\",
]
WORDS = [
    "PAID", "Organic", "ÄÖÜ É", "İSTANBUL", "ΟΔΟΣ", "ẞß", "ǅ", "Ⅷ K", "a\x0bb\x0e\x0f\x1a\x1b\x1c\x1d\x1e\x1f",
    "\\u000b", "\\\\u001f\x1f", "x\\", '"', "\x7f\x01", "\u2028", "🙂", "null", "eur", "Éur", "_", "A", "a", "B", "Z",
    "ä", "-", "~",
]
TRUTHS = ["true", "T", "YES", "y", "1", "1.0", "on", "false", "F", "No", "n", "0", "", "maybe"]


def number(chance: random.Random) -> str:
    if chance.random() < 0.1:
        return chance.choice(NUMBERS)
    digits = "".join(chance.choices("0123456789", k=chance.choice((0, 1, 3, 9, 10, 18, 19, 20))))
    decimals = "".join(chance.choices("0123456789", k=chance.choice((0, 0, 1, 2, 9, 10, 12))))
    text = chance.choice(("", "", "-", "+")) + digits + chance.choice(("", ".")) + decimals
    if chance.random() < 0.8:
        return text
    return f"{text}{chance.choice('eE')}{chance.choice(('', '+', '-'))}{chance.randrange(30)}"


def time(chance: random.Random) -> str:
    if chance.random() < 0.2:
        return chance.choice(TIMES)
    year, month, day = chance.choice((1969, 2000, 2024, 2025, 2100, 2199)), chance.randrange(14), chance.randrange(33)
    iso = "{0:04}-{1:02}-{2:02}"
    order = chance.choice((
        iso, iso, iso, "{2:02}/{1:02}/{0:04}", "{1:02}.{2:02}.{0:04}", "{0:04}{1:02}{2:02}", "{0:04}/{1}/{2}",
        "{1}/{2}/{0:04}",
    ))
    clock = chance.choice((
        "", " {0:02}:{1:02}", "T{0:02}:{1:02}:{2:02}", " {0:02}:{1:02}:{2:02}.{3}", " {0}:{1:02}:{2:02}",
        " {0}:{1:02} PM", " {0:02}:{1:02}:{2:02}am",
    )).format(chance.randrange(25), chance.randrange(61), chance.randrange(61), chance.randrange(10**9))
    offset = chance.choice((
        "", "", "", "Z", "+02:00", "-0530", "+14", "-12:00", "+00:00", " UTC", " GMT", " +0000", " -08:00", " +0000 UTC",
    )) if clock else ""
    return order.format(year, month, day) + clock + offset


def epoch(chance: random.Random) -> str:
    if chance.random() < 0.2:
        return chance.choice(NUMBERS)
    count = chance.choice((1, -1, 1000, 10**6)) * chance.randrange(2 * 10**9)
    return str(count) + chance.choice(("", "", ".5", ".1234567", "e3") if abs(count) < 9 * 10**9 else ("", "", "e3"))


def rows(chance: random.Random) -> dict[str, list[dict[str, str]]]:
    event = {"user_agent": WORDS, "country": WORDS}

    def words() -> dict[str, str]:
        return {name: chance.choice(texts) for name, texts in event.items()}

    return {
        "impressions": [{
            "impression_id": f"i{n}", "impression_at": time(chance), "ad_id": chance.choice(WORDS),
            "campaign_id": chance.choice(IDS), "is_measurable": chance.choice(TRUTHS),
            "cost": number(chance), "currency": chance.choice(WORDS), "loaded_at": time(chance),
            "traffic_type": chance.choice(WORDS), "is_viewable": chance.choice(TRUTHS), "partition_day": time(chance),
            **words(),
        } for n in range(COUNT)],
        "clicks": [{
            "click_id": f"k{n // 3}", "clicked_at": epoch(chance), "cost": number(chance), "loaded_at": epoch(chance),
            "landed_at": epoch(chance), "impression_id": chance.choice(IDS), "user_id": chance.choice(IDS), **words(),
        } for n in range(COUNT)],
        "conversions": [{
            "conversion_id": f"v{n // 2}", "converted_at": time(chance), "conversion_type": chance.choice(WORDS),
            "value": number(chance), "currency": "EUR", "order_id": chance.choice(WORDS), "loaded_at": time(chance),
            "click_id": chance.choice(IDS),
        } for n in range(COUNT)],
        "visits": [{
            "visit_id": f"w{n // 2}", "visited_at": time(chance), "loaded_at": time(chance),
            "channel": chance.choice(WORDS), "utm_source": chance.choice(WORDS), "user_agent": chance.choice(WORDS),
        } for n in range(COUNT)],
        "spend": [{
            "date_day": time(chance), "amount": number(chance), "ad_id": chance.choice(WORDS), "currency": "EUR",
            "is_credit": chance.choice(TRUTHS), "reported_impressions": number(chance),
            "reported_clicks": epoch(chance), "reported_conversions": number(chance),
        } for n in range(COUNT)],
    }


SETTINGS = {
    "attribution": True,
    "as_of": "2199-01-01 00:00:00",
    "reporting_time_zone": "Europe/Berlin",
    "reject_stop_basis_points": 10_000,
    "conflict_stop_basis_points": 10_000,
    "impressions_columns": {"impression_at": {"time_zone": "America/New_York"}},
    "clicks_columns": {
        "clicked_at": {"format": "epoch_seconds"}, "landed_at": {"format": "epoch_milliseconds"},
        "loaded_at": {"format": "epoch_nanoseconds"}, "cost": {"divide_by": 1000},
        "impression_id": {"null_values": ["\\N", "--", "(not set)"]},
    },
    "conversions_columns": {"converted_at": {"format": "day_first"}},
    "spend_columns": {"date_day": {"format": "month_first"}},
}

TYPED = {
    "impressions": {"ad_id": "double", "campaign_id": "decimal(12, 2)", "country": "double", "cost": "decimal(38, 12)",
                    "impression_at": "timestamptz"},
    "clicks": {"user_id": "double", "impression_id": "bigint", "clicked_at": "double", "loaded_at": "bigint",
               "landed_at": "decimal(30, 4)", "cost": "double"},
    "conversions": {"order_id": "double", "value": "double", "converted_at": "timestamp"},
    "visits": {"channel": "double", "visited_at": "timestamptz", "loaded_at": "timestamp"},
    "spend": {"amount": "double", "reported_impressions": "decimal(30, 3)", "reported_clicks": "double"},
}
WORDS_AS_NUMBERS = ("ad_id", "channel", "country", "order_id")


def typed(name: str, type_: str) -> str:
    """Words become numbers of every size; what does not fit is NULL. Left out is what engines write or hold each in its
    own way: a NaN below 0, instants before our era, doubles too large for their last digit (where the shortest text
    lies halfway between two of them). And DuckDB's cast of text with an exponent to a decimal can exceed its digits."""
    if name in WORDS_AS_NUMBERS:
        size = "cast(hash(rowid) % 40 as integer)"
        return (f"cast(case when hash({name}) % 4 = 0 then 10.0 ^ ({size} - 20) "
                f"else (hash(rowid) >> 15) * 10.0 ^ -{size} end as {type_})")
    if type_.startswith("timestamp"):
        return f"case when {name} >= '0001' then try_cast({name} as {type_}) end"
    number = f"try_cast(replace(lower({name}), '-nan', 'nan') as double)"
    if type_ == "double":
        return f"case when abs({number}) < 1e15 or not isfinite({number}) then {number} end"
    return f"try_cast({number} as {type_})"


@pytest.mark.parametrize("columns", ["text", pytest.param("typed", marks=pytest.mark.slow)])
def test_values_are_read_alike(
    engine: engines.Engine, tmp_path_factory: pytest.TempPathFactory, columns: str
) -> None:
    folder = tmp_path_factory.mktemp(columns)
    told = rows(random.Random(columns))
    project = harness.on_raw_tables(folder, told, **SETTINGS)
    if columns == "typed":
        project.execute("set timezone = 'UTC'", *(
            f"create or replace table raw.{table} as select * replace ("
            + ", ".join(f"{typed(name, type_)} as {name}" for name, type_ in types.items()) + f") from raw.{table}"
            for table, types in TYPED.items()
        ))
    twin = engines.Twin(project, engine, folder / "twin")
    engine.run("drop schema if exists raw cascade")
    twin.load(*told)
    for one in (project, twin.project):
        one.run("--full-refresh", "--select", "ad_funnel.staging", "ad_funnel.ledger")
    differing = [
        line for table in told for line in twin.differing(f"main_ads_ledger.ledger_ads__{table}")
    ]
    assert differing == []
