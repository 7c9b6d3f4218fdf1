"""The rules of ad_funnel a second time, in plain Python: raw rows in, the rows of every mart out.

It is a specification that runs. It shares no SQL with the package and reads no model, so where the two agree
on the same raw rows, a rule was understood twice; where they differ, one of them is wrong. It is written to be
read: one function per rule, small tables held in memory, nothing clever. Names are left out, and breakdowns.

    tables = read_csv_tables(Path("seeds"))
    marts = build(tables, Settings())
    marts["mart_ads__campaign_daily"]   # a list of dicts

Money is Decimal with 9 places, a count int, a ratio float, a day date, a time a naive datetime in UTC.
Ids are ordered by code point (as an engine does it under the "C" collation).
"""
from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal, localcontext
from enum import Enum
from functools import cached_property
from pathlib import Path
from typing import Any, Callable, Iterable, Mapping
from zoneinfo import ZoneInfo

TABLES = ("impressions", "clicks", "conversions", "visits", "spend",
          "reports", "ads", "campaigns", "platforms", "exchange_rates", "bot_patterns")
UNKNOWN, UNALLOCATED = "unknown", "unallocated"
LATEST_EVENT = date(2200, 1, 1)
DAY = timedelta(days=1)


def utc_now() -> datetime:
    return datetime.now(timezone.utc).replace(tzinfo=None)


@dataclass(frozen=True)
class Settings:
    """The settings, as the demo has them."""
    reporting_time_zone: str = "Europe/Berlin"
    reporting_currency: str = "EUR"
    default_currency: str | None = "EUR"
    default_platform: str = UNKNOWN
    match_window: timedelta = timedelta(days=1)
    clock_skew: timedelta = timedelta(minutes=5)
    click_window: timedelta = timedelta(days=30)
    view_window: timedelta = timedelta(days=1)
    click_window_by_type: Mapping[str, timedelta] = field(default_factory=dict)
    view_window_by_type: Mapping[str, timedelta] = field(default_factory=dict)
    conversion_counting: str = "every"  # or one_per_click
    primary_conversion_types: tuple[str, ...] = ("purchase", "sign_up")  # empty: every type is primary
    repeat_click_window: timedelta = timedelta(seconds=10)
    click_flood_clicks: int = 20
    click_flood_window: timedelta = timedelta(minutes=1)
    earliest_event: date = date(2000, 1, 1)
    allowed_lateness: timedelta = timedelta(days=3)
    exchange_rate_max_age: timedelta = timedelta(days=7)
    idle_days: int = 30
    partial_money_metrics: bool = False
    keep: str | Mapping[str, str] = "earliest_event"  # or latest_load; for all tables, or by table
    as_of: datetime = field(default_factory=utc_now)

    def day_of(self, instant: datetime) -> date:
        """The day of an instant in the reporting zone."""
        return instant.replace(tzinfo=timezone.utc).astimezone(ZoneInfo(self.reporting_time_zone)).date()

    def start_of(self, day: date) -> datetime:
        """The first instant of a day of the reporting zone, in UTC."""
        local = datetime.combine(day, time(), ZoneInfo(self.reporting_time_zone))
        return local.astimezone(timezone.utc).replace(tzinfo=None)

    def keep_of(self, table: str) -> str:
        return self.keep if isinstance(self.keep, str) else self.keep.get(table, "earliest_event")


def read_csv_tables(folder: Path) -> dict[str, list[dict[str, str | None]] | None]:
    """raw_ad_<table>.csv -> rows of text, '' as None. A file that is not there: None, the table is absent."""
    tables: dict[str, list[dict[str, str | None]] | None] = {}
    for table in TABLES:
        path = Path(folder) / f"raw_ad_{table}.csv"
        if not path.exists():
            tables[table] = None
            continue
        with path.open(encoding="utf-8", newline="") as lines:
            rows = list(csv.DictReader(lines, strict=True))
        if any(None in row for row in rows):
            raise ValueError(f"{path}: a line has more fields than the header")
        tables[table] = [{name: value or None for name, value in row.items()} for row in rows]
    return tables


# ---------------------------------------------------------------------------------------------- text and types

class Bad(Enum):
    """What a text is that was given but cannot be used."""
    UNREADABLE = "unreadable"
    OUT_OF_RANGE = "out of range"


TIMESTAMP = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]+))?)?(?:(Z)|([+-])([0-9]{2})(?::?([0-9]{2}))?)?)?")
NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,2})?")
TRUE, FALSE = {"true", "t", "yes", "y", "1"}, {"false", "f", "no", "n", "0"}


def as_text(raw: str | None) -> str | None:
    return (raw or "").strip(" \t\r\n\f\v") or None


def as_upper(raw: str | None) -> str | None:
    return (as_text(raw) or "").upper() or None


def as_lower(raw: str | None) -> str | None:
    return (as_text(raw) or "").lower() or None


def as_adjustment(raw: str | None) -> str | None:
    return {"restatement": "restate", "retraction": "retract"}.get(as_lower(raw) or "", as_lower(raw))


def as_timestamp(raw: str | None) -> datetime | Bad | None:
    """ISO forms only, in UTC. Fractions beyond microseconds are cut off."""
    return read_timestamp(raw)[1]


def as_day(raw: str | None) -> date | Bad | None:
    """A day as it is written: the date part of a date or timestamp, never moved by an offset."""
    return read_timestamp(raw)[0]


def read_timestamp(raw: str | None) -> tuple[Any, Any]:
    """The day as written, and the instant in UTC."""
    text = as_text(raw)
    if text is None:
        return None, None
    if text.lower() in ("infinity", "-infinity"):
        return Bad.OUT_OF_RANGE, Bad.OUT_OF_RANGE
    match = TIMESTAMP.fullmatch(text)
    if match is None:
        return Bad.UNREADABLE, Bad.UNREADABLE
    year, month, day, hour, minute, second, fraction, _, sign, off_hour, off_minute = match.groups()
    try:
        local = datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0),
                         int((fraction or "")[:6].ljust(6, "0")))
        time(int(off_hour or 0), int(off_minute or 0))  # an offset of 24 hours or 60 minutes is none
    except ValueError:
        return Bad.UNREADABLE, Bad.UNREADABLE
    offset = timedelta(hours=int(off_hour or 0), minutes=int(off_minute or 0))
    try:
        return local.date(), local + offset if sign == "-" else local - offset
    except OverflowError:
        return local.date(), Bad.OUT_OF_RANGE


def round_money(amount: Decimal) -> Decimal:
    """Nine places, half away from zero (and no negative zero)."""
    return amount.quantize(Decimal("1e-9"), rounding=ROUND_HALF_UP) + 0


def as_decimal(digits: int) -> Callable[[str | None], Decimal | Bad | None]:
    """DECIMAL(digits, 9): what has more digits before the point is not representable, so unreadable."""
    def read(raw: str | None) -> Decimal | Bad | None:
        text = as_text(raw)
        if text is None:
            return None
        if not NUMBER.fullmatch(text):
            return Bad.UNREADABLE
        with localcontext() as context:
            context.prec = len(text) + 120
            number = round_money(Decimal(text))
            return number if abs(number) < 10 ** (digits - 9) else Bad.UNREADABLE
    return read


def as_whole_number(raw: str | None) -> int | None:
    """`5.0` and `1.2E+03` are whole. One that cannot be read counts as not reported."""
    number = AMOUNT(raw)
    return int(number) if isinstance(number, Decimal) and number == int(number) else None


def as_count(raw: str | None) -> Decimal | Bad | None:
    number = AMOUNT(raw)
    return number if number is None or isinstance(number, Bad) or number == int(number) else Bad.UNREADABLE


def as_boolean(raw: str | None) -> bool | None:
    text = as_lower(raw)
    return True if text in TRUE else False if text in FALSE else None


def as_traffic_type(raw: str | None) -> str:
    text = as_lower(raw) or "paid"
    return text if text in ("paid", "organic") else UNKNOWN


def or_none(read: Callable[[str | None], Any]) -> Callable[[str | None], Any]:
    """For columns where an unusable value rejects nothing and counts as not given."""
    return lambda raw: None if isinstance(value := read(raw), Bad) else value


def texts(names: str) -> dict[str, Callable]:
    return {name: as_text for name in names.split()}


COST, AMOUNT, LOADED_AT = as_decimal(18), as_decimal(28), or_none(as_timestamp)
CONTRACT: dict[str, dict[str, Callable]] = {
    "impressions": texts(
        "impression_id ad_id platform campaign_id user_id placement device_type country user_agent") | {
        "impression_at": as_timestamp, "cost": COST, "currency": as_upper, "traffic_type": as_traffic_type,
        "is_measurable": as_boolean, "is_viewable": as_boolean, "loaded_at": LOADED_AT},
    "clicks": texts(
        "click_id platform impression_id ad_id campaign_id user_id landing_url user_agent device_type country") | {
        "clicked_at": as_timestamp, "cost": COST, "currency": as_upper,
        "landed_at": or_none(as_timestamp), "loaded_at": LOADED_AT},
    "conversions": texts("conversion_id platform click_id impression_id user_id order_id adjusts_conversion_id") | {
        "converted_at": as_timestamp, "conversion_type": lambda raw: as_lower(raw) or UNKNOWN, "value": AMOUNT,
        "currency": as_upper, "adjustment_type": as_adjustment, "loaded_at": LOADED_AT},
    "visits": texts("visit_id user_id channel utm_campaign utm_content utm_term landing_url user_agent") | {
        "visited_at": as_timestamp, "utm_source": as_lower, "utm_medium": as_lower, "loaded_at": LOADED_AT},
    "spend": texts("platform ad_id campaign_id") | {
        "date_day": as_day, "amount": AMOUNT, "currency": as_upper, "is_credit": lambda raw: bool(as_boolean(raw)),
        "reported_impressions": as_whole_number, "reported_clicks": as_whole_number,
        "reported_conversions": or_none(AMOUNT),
        "loaded_at": LOADED_AT},
    "reports": texts("platform account_id campaign_id ad_group_id ad_id segment time_zone attribution_window") | {
        "date_day": as_day, "conversion_type": as_lower, "currency": as_upper, "loaded_at": LOADED_AT,
        **dict.fromkeys(("impressions", "clicks", "link_clicks"), as_count),
        **dict.fromkeys(("spend", "conversions", "conversion_value", "view_through_conversions"), AMOUNT)},
    "ads": texts("ad_id platform ad_name ad_group_id ad_group_name campaign_id landing_page experiment variant") | {
        "valid_from": or_none(as_day), "valid_to": or_none(as_day), "loaded_at": LOADED_AT},
    "exchange_rates": {"date_day": or_none(as_day), "currency": as_upper, "rate": or_none(COST)},
    "bot_patterns": {"pattern": as_lower},
}
EVENT_COLUMNS = {  # table -> its id, its time, its amount
    "impressions": ("impression_id", "impression_at", "cost"),
    "clicks": ("click_id", "clicked_at", "cost"),
    "conversions": ("conversion_id", "converted_at", "value"),
    "visits": ("visit_id", "visited_at", None),  # of no platform, and free
    "spend": (None, "date_day", "amount"),
}


class Row:
    """One raw row with typed columns, and what the rules below find out about it. Equal only to itself."""
    def __init__(self, values: Mapping[str, Any]):
        self.__dict__.update(values)


def stage(tables: Mapping, table: str, settings: Settings) -> list[Row]:
    """Type every row. Nothing is dropped."""
    rows = []
    for raw in tables.get(table) or []:
        row = Row({name: read(raw.get(name)) for name, read in CONTRACT[table].items()})
        if "platform" in CONTRACT[table]:
            row.own_platform, row.platform = row.platform, row.platform or settings.default_platform
        if table in EVENT_COLUMNS:
            stage_event(row, table, settings)
        rows.append(row)
    return rows


def stage_event(row: Row, table: str, settings: Settings) -> None:
    """The common names: id, at, date_day, amount, currency; then the reject reason and the payload."""
    id_column, at_column, amount_column = EVENT_COLUMNS[table]
    row.id = getattr(row, id_column) if id_column else row.ad_id or row.campaign_id
    row.at = getattr(row, at_column)
    row.amount = getattr(row, amount_column) if amount_column else None
    if amount_column:
        row.currency = row.currency or settings.default_currency
    row.payload = tuple(getattr(row, name) for name in sorted(CONTRACT[table]) if name != "loaded_at")
    usable = not isinstance(row.at, (Bad, type(None))) and in_range(row.at, settings)
    row.date_day = None if not usable else row.at if table == "spend" else settings.day_of(row.at)
    row.reject_reason = reject_reason(row, table, settings)
    if usable and is_in_future(row, table, settings):
        row.date_day = None  # booked on no day until its time has come
    row.disposition = row.reason = row.invalid_reason = None
    if table == "spend" and row.is_credit and isinstance(row.amount, Decimal):
        row.amount = -abs(row.amount)  # a credit lowers the spend, whichever sign the log writes


def in_range(at: date | datetime, settings: Settings) -> bool:
    first, end = settings.earliest_event, LATEST_EVENT
    if isinstance(at, datetime):  # bounds of an instant are midnights in UTC
        return datetime.combine(first, time()) <= at < datetime.combine(end, time())
    return first <= at < end


# ---------------------------------------------------------------------------------------------------- the ledger

def reject_reason(row: Row, table: str, settings: Settings) -> str | None:
    """The first reason that fits."""
    if row.id is None:
        return "missing_id"
    if row.at is None or row.at is Bad.UNREADABLE:
        return "invalid_date" if table == "spend" else "invalid_timestamp"
    if row.date_day is None:
        return "timestamp_out_of_range"
    if is_in_future(row, table, settings):
        return "in_future"
    if row.amount is Bad.UNREADABLE:
        return "invalid_number"
    is_negative = row.amount is not None and row.amount < 0
    if table == "spend":
        return "negative_cost" if is_negative and not row.is_credit else None
    if table == "conversions":
        if not is_sound_adjustment(row):
            return "invalid_adjustment"
        return "negative_value" if is_negative and not row.adjusts_conversion_id else None
    return "negative_cost" if is_negative else None


def is_in_future(row: Row, table: str, settings: Settings) -> bool:
    now = settings.as_of + settings.clock_skew
    return row.at > (settings.day_of(now) if table == "spend" else now)


def is_sound_adjustment(row: Row) -> bool:
    """True for a plain conversion too: what neither names an original nor a type is no adjustment."""
    if not row.adjusts_conversion_id and not row.adjustment_type:
        return True
    return bool(row.adjusts_conversion_id) and (
        row.adjustment_type == "retract" or (row.adjustment_type == "restate" and row.amount is not None))


def key_of(row: Row, table: str) -> tuple:
    if table == "spend":
        return row.platform, row.date_day, row.campaign_id, row.ad_id, row.currency, row.is_credit
    if table == "visits":
        return (row.id,)
    return row.platform, row.id


def as_words(payload: tuple) -> tuple[str, ...]:
    """An order of payloads: any fixed one will do, it decides only between copies of equal event and load time."""
    return tuple("" if value is None else str(value) for value in payload)


def latest_load_first(row: Row) -> tuple[bool, timedelta]:
    """Sorts the newest load first, and rows without one last."""
    return row.loaded_at is None, datetime.max - (row.loaded_at or datetime.min)


def deduplicate(rows: list[Row], table: str, settings: Settings) -> list[Row]:
    """Give every row its disposition and reason, and return the accepted ones: one for each key."""
    copies: dict[tuple, list[Row]] = defaultdict(list)
    for row in rows:
        if row.reject_reason:
            row.disposition, row.reason = "rejected", row.reject_reason
        else:
            copies[key_of(row, table)].append(row)

    def order(row: Row) -> tuple:
        if table == "spend":
            return latest_load_first(row), as_words(row.payload)
        if settings.keep_of(table) == "latest_load":
            return latest_load_first(row), row.at, as_words(row.payload)
        return row.at, row.loaded_at is None, row.loaded_at or datetime.max, as_words(row.payload)

    def is_superseded(row: Row, group: list[Row]) -> bool:
        loads = [copy.loaded_at for copy in group if copy.loaded_at]
        counts = table == "spend" or settings.keep_of(table) == "latest_load"
        return bool(counts and loads and (row.loaded_at is None or row.loaded_at < max(loads)))

    accepted = []
    for group in copies.values():
        first, *others = sorted(group, key=order)
        first.disposition = "accepted"
        accepted.append(first)
        for row in others:
            if row.payload == first.payload:
                row.disposition, row.reason = "duplicate", "same_payload"
            else:
                row.disposition, row.reason = "conflict", "superseded" if is_superseded(row, group) else "other_payload"
    return accepted


# ------------------------------------------------------------------------------------------------ invalid traffic

def is_bot(row: Row, patterns: set[str]) -> bool:
    """A pattern is a piece of text, not a regular expression; case does not matter."""
    return any(pattern in (row.user_agent or "").lower() for pattern in patterns)


def find_repeats(clicks: list[Row], settings: Settings) -> None:
    """is_repeat: close behind the click just before it on the impression that it names, so a run of clicks each
    close behind the other is one click. run_opener: the latest click at or before it that is no repeat."""
    before: dict[tuple, Row] = {}
    for click in sorted(clicks, key=lambda click: (click.at, click.id)):
        last = before.get((click.platform, click.impression_id)) if click.impression_id else None
        click.is_repeat = last is not None and click.at - last.at < settings.repeat_click_window
        click.run_opener = last.run_opener if click.is_repeat else click
        before[click.platform, click.impression_id] = click


def find_floods(clicks: list[Row], settings: Settings) -> None:
    """is_flood: the click so many places earlier by the same user is less than the window earlier."""
    by_user: dict[tuple, list[Row]] = defaultdict(list)
    for click in sorted(clicks, key=lambda click: (click.at, click.id)):
        earlier = by_user[click.platform, click.user_id]
        click.is_flood = (click.user_id is not None and len(earlier) >= settings.click_flood_clicks
                          and click.at - earlier[-settings.click_flood_clicks].at < settings.click_flood_window)
        earlier.append(click)


def flag_clicks(clicks: list[Row], impressions: Mapping[tuple, Row], patterns: set[str], settings: Settings) -> None:
    """The first reason that fits. A click repeats its run's opener only where being a repeat is what is wrong
    with it: a bot's click is a bot's click, though it may come in a run."""
    find_repeats(clicks, settings)
    find_floods(clicks, settings)
    for click in clicks:
        named = impressions.get((click.platform, click.impression_id))
        click.invalid_reason = ("bot" if is_bot(click, patterns)
                                else "invalid_impression" if named and named.invalid_reason
                                else "repeat_click" if click.is_repeat
                                else "click_flood" if click.is_flood else None)
        click.credited_as = click.run_opener if click.invalid_reason == "repeat_click" else click


def named_events(conversion: Row, id_: str | None, events: Mapping[tuple, Row], platforms: set[str]) -> list[Row]:
    """The accepted events of that id: of the conversion's own platform; where it has none, of any."""
    candidates = [conversion.own_platform] if conversion.own_platform else sorted(platforms)
    return [events[platform, id_] for platform in candidates if (platform, id_) in events]


def flag_conversion(conversion: Row, clicks: list[Row], impressions: list[Row]) -> None:
    """clicks, impressions: those that it names, and that are known. Invalid only if every match is."""
    if clicks:
        is_invalid, reason = all(click.credited_as.invalid_reason for click in clicks), "invalid_click"
    else:
        is_invalid = bool(impressions) and all(impression.invalid_reason for impression in impressions)
        reason = "invalid_impression"
    conversion.invalid_reason = reason if is_invalid else None


# -------------------------------------------------------------------------------- campaigns, money, clicks, credit

class Ads:
    """Which campaign an ad belonged to on a day."""
    def __init__(self, rows: list[Row]):
        latest: dict[tuple, Row] = {}  # one version per ad and first day: the latest load, then the largest payload
        def rank(row: Row) -> tuple:
            return (row.loaded_at or datetime.min,
                    as_words(tuple(getattr(row, name) for name in sorted(CONTRACT["ads"]) if name != "loaded_at")))
        for row in sorted((row for row in rows if row.ad_id), key=rank):
            latest[row.platform, row.ad_id, row.valid_from] = row
        self.versions: dict[tuple, list[Row]] = defaultdict(list)
        for row in sorted(latest.values(), key=lambda row: (row.valid_from is not None, row.valid_from)):
            self.versions[row.platform, row.ad_id].append(row)

    def campaign(self, row: Row) -> str:
        """The event's own campaign; else its ad's on its day; else unknown. The first version holds from always,
        each until the next begins; valid_to only informs."""
        if row.campaign_id:
            return row.campaign_id
        versions = self.versions.get((row.platform, row.ad_id), [])
        begun = [version for version in versions[1:] if version.valid_from <= row.date_day]
        version = begun[-1] if begun else versions[0] if versions else None
        return version.campaign_id if version and version.campaign_id else UNKNOWN


class Exchange:
    """The day's rates to the reporting currency."""
    def __init__(self, rows: list[Row], settings: Settings):
        self.settings = settings
        self.rates: dict[str, dict[date, Decimal]] = defaultdict(dict)
        for row in rows:
            if row.date_day and row.currency and row.rate and row.rate > 0:
                rates = self.rates[row.currency]
                rates[row.date_day] = max(row.rate, rates.get(row.date_day, row.rate))  # told twice: the larger

    def convert(self, amount: Decimal, currency: str | None, day: date) -> Decimal | None:
        """At the latest rate that is neither after the day nor too old. None: the money is unknown."""
        if currency == self.settings.reporting_currency:
            return amount
        known = [rate_day for rate_day in self.rates.get(currency or "", ())
                 if day - self.settings.exchange_rate_max_age < rate_day <= day]
        return round_money(amount * self.rates[currency][max(known)]) if known else None


def place_event(row: Row, shown: Row | None, ads: Ads, exchange: Exchange) -> None:
    """An event stands on its own day, under its own campaign and ad; a matched click under its impression's."""
    row.campaign, row.ad = (shown.campaign, shown.ad) if shown else (ads.campaign(row), row.ad_id or UNKNOWN)
    row.cell = (row.date_day, row.platform, row.campaign, row.ad)
    row.money = None if row.amount is None else exchange.convert(row.amount, row.currency, row.date_day)


def match_click(click: Row, impressions: Mapping[tuple, Row], settings: Settings) -> Row | None:
    """The accepted impression that it names, if the click falls into the match window, give or take the skew."""
    named = impressions.get((click.platform, click.impression_id))
    if named and named.at - settings.clock_skew <= click.at < named.at + settings.match_window:
        return named
    return None


def place_clicks(clicks: list[Row], impressions: Mapping[tuple, Row], ads: Ads, exchange: Exchange,
                 settings: Settings) -> None:
    for row in clicks:
        shown = row.impression = match_click(row, impressions, settings)
        place_event(row, shown, ads, exchange)
        row.traffic_type = shown.traffic_type if shown else UNKNOWN
        row.is_clock_skewed = shown is not None and row.at < shown.at
        row.is_dimension_mismatch = shown is not None and (
            (row.ad_id or row.ad, row.campaign_id or row.campaign) != (row.ad, row.campaign))


def latest_in_window(conversion: Row, events: Iterable[Row], window: timedelta) -> Row | None:
    """Of the valid events whose window the conversion falls into; from the event on, and out when one window old.
    Ties of time: the larger id, then the larger platform."""
    eligible = [event for event in events if not event.invalid_reason
                and event.at <= conversion.at < event.at + window
                and conversion.own_platform in (None, event.platform)]
    return max(eligible, key=lambda event: (event.at, event.id, event.platform), default=None)


def credit(row: Row, named_clicks: list[Row], named_impressions: list[Row],
           users_clicks: list[Row], users_impressions: list[Row], settings: Settings) -> None:
    """The click it names; else the impression it names; else the user's latest click; else impression; else none."""
    click_window = settings.click_window_by_type.get(row.conversion_type, settings.click_window)
    view_window = settings.view_window_by_type.get(row.conversion_type, settings.view_window)
    row.click = latest_in_window(row, named_clicks, click_window)
    row.impression = None if row.click else latest_in_window(row, named_impressions, view_window)
    if not row.click and not row.impression:
        row.click = latest_in_window(row, users_clicks, click_window)
        row.impression = None if row.click else latest_in_window(row, users_impressions, view_window)


def place_conversions(conversions: list[Row], clicks: Mapping[tuple, Row], impressions: Mapping[tuple, Row],
                      exchange: Exchange, settings: Settings) -> None:
    platforms = {platform for platform, _ in [*clicks, *impressions]}
    clicks_of, impressions_of = defaultdict(list), defaultdict(list)
    for index, events in ((clicks_of, clicks), (impressions_of, impressions)):
        for event in events.values():
            if event.user_id:
                index[event.user_id].append(event)

    for row in conversions:
        named_clicks = named_events(row, row.click_id, clicks, platforms)
        named_impressions = named_events(row, row.impression_id, impressions, platforms)
        flag_conversion(row, named_clicks, named_impressions)
        row.is_adjustment = row.adjusts_conversion_id is not None
        row.is_primary = (not settings.primary_conversion_types
                          or row.conversion_type in {kind.lower() for kind in settings.primary_conversion_types})
        row.click = row.impression = None  # the event it is credited to: at most one of them
        if not row.invalid_reason and not row.is_adjustment:
            credit(row, [click.credited_as for click in named_clicks], named_impressions,
                   clicks_of[row.user_id], impressions_of[row.user_id], settings)
        row.event = row.click or row.impression
        row.campaign, row.ad = (row.event.campaign, row.event.ad) if row.event else (UNKNOWN, UNKNOWN)
        row.cell = (row.date_day, row.event.platform if row.event else row.platform, row.campaign, row.ad)

    adjust(conversions, exchange)
    find_repeat_conversions(conversions)
    for row in conversions:
        row.credit_status = credit_status(row, settings)


def adjust(conversions: list[Row], exchange: Exchange) -> None:
    """Retracted: an accepted retract names it. Restated: the latest restate's value and currency count, at the rate
    of the original's day. An adjustment whose original has not come waits. Where the adjustment or the original names
    no platform, the only original of the id is meant."""
    originals: dict[str, dict[str, Row]] = defaultdict(dict)
    for row in conversions:
        if not row.is_adjustment:
            originals[row.id][row.platform] = row
    adjustments: dict[tuple, list[Row]] = defaultdict(list)
    for row in conversions:
        row.is_waiting = False
        if row.is_adjustment:
            namesakes = originals.get(row.adjusts_conversion_id, {})
            original = namesakes.get(row.platform)
            if not original and len(namesakes) == 1:
                [only] = namesakes.values()
                original = None if row.own_platform and only.own_platform else only
            row.is_waiting = original is None
            if original:
                adjustments[original.platform, original.id].append(row)
    for row in conversions:
        mine = adjustments.get((row.platform, row.id), [])
        row.is_retracted = any(other.adjustment_type == "retract" for other in mine)
        restates = [other for other in mine if other.adjustment_type == "restate"]
        teller = max(restates, key=lambda other: (other.at, other.loaded_at or datetime.min, other.id,
                                                      other.platform), default=row)
        row.is_value_given = teller.amount is not None
        row.money = exchange.convert(teller.amount, teller.currency, row.date_day) if row.is_value_given else None


def find_repeat_conversions(conversions: list[Row]) -> None:
    """is_later: not the first of its credited event and type, among those that could count."""
    seen = set()
    for row in sorted(conversions, key=lambda row: (row.at, row.id, row.platform)):
        row.is_later = False
        if row.event and row.is_primary and not row.is_retracted:
            row.is_later = (row.event, row.conversion_type) in seen
            seen.add((row.event, row.conversion_type))


def credit_status(row: Row, settings: Settings) -> str:
    if row.is_adjustment:
        return "adjustment"
    if row.is_retracted:
        return "retracted"
    if not row.is_primary:
        return "secondary"
    if row.event and row.is_later and settings.conversion_counting == "one_per_click":
        return "repeat"
    return "click" if row.click else "view" if row.impression else "none"


# ---------------------------------------------------------------------------------------------------- daily facts

@dataclass
class Cell:
    """What adds up, for a day and ad or for any union of such."""
    counts: Counter = field(default_factory=Counter)
    sums: Counter = field(default_factory=Counter)  # money by measure, known amounts only
    known: Counter = field(default_factory=Counter)  # how many known amounts are in each sum
    cost_sources: set = field(default_factory=set)  # who told of money here, known or unknown

    def count(self, measure: str, is_so: Any = True) -> None:
        self.counts[measure] += bool(is_so)

    def add_money(self, measure: str, amount: Decimal | None) -> None:
        if amount is not None:
            self.sums[measure] += amount
            self.known[measure] += 1

    def merge(self, other: Cell) -> None:
        self.counts.update(other.counts)
        self.sums.update(other.sums)
        self.known.update(other.known)
        self.cost_sources |= other.cost_sources


Cells = dict[tuple[date, str, str, str], Cell]  # day, platform, campaign, ad


def count_impressions(cells: Cells, impressions: list[Row]) -> None:
    for row in impressions:
        cell = cells[row.cell]
        cell.count("gross_impressions")
        if not row.invalid_reason:
            tells = row.is_measurable is not None or row.is_viewable is not None
            is_measured = row.is_measurable if row.is_measurable is not None else tells
            cell.count("impressions")
            cell.count("viewability_told", tells)
            cell.count("measurable_impressions", is_measured)
            cell.count("viewable_impressions", is_measured and row.is_viewable)


def count_clicks(cells: Cells, clicks: list[Row], mapped: set[str]) -> None:
    """mapped: the columns that the clicks table has."""
    clicked = set()
    for row in clicks:
        cell = cells[row.cell]
        cell.count("gross_clicks")
        if not row.invalid_reason:
            cell.count("clicks")
            cell.count("unmatched_clicks", row.impression is None)
            # A log tells whether the page was reached where it has such a column, and the click led to a page.
            tells = row.landed_at is not None or (
                "landed_at" in mapped and ("landing_url" not in mapped or row.landing_url is not None))
            cell.count("landing_measurable_clicks", tells)
            cell.count("landed_clicks", row.landed_at is not None)
            clicked.add(row.impression)
    for impression in clicked - {None}:  # once, however often it was clicked, on its own day
        cells[impression.cell].count("clicked_impressions", not impression.invalid_reason)


def count_conversions(cells: Cells, conversions: list[Row]) -> None:
    """Invalid, retracted and adjusting rows count nowhere, and so make no row in a mart."""
    converted_clicks, converted_impressions = set(), set()
    for row in conversions:
        if row.invalid_reason or row.credit_status in ("adjustment", "retracted"):
            continue
        on_its_day = cells[row.cell]
        on_its_day.count("all_conversions")
        on_its_day.add_money("all_conversion_value", row.money)
        on_its_day.count("unattributed_conversions", row.credit_status == "none")
        if row.credit_status in ("click", "view"):
            credited = cells[row.event.cell]
            credited.count("unknown_value_conversions", row.is_value_given and row.money is None)
        if row.credit_status == "click":
            credited.count("conversions")
            credited.add_money("conversion_value", row.money)
            on_its_day.count("conversions_by_conversion_date")
            on_its_day.add_money("conversion_value_by_conversion_date", row.money)
            converted_clicks.add(row.click)
            converted_impressions.add(row.click.impression)
        if row.credit_status == "view":
            credited.count("view_through_conversions")
            credited.add_money("view_through_value", row.money)
    for click in converted_clicks:
        cells[click.cell].count("converted_clicks")
    for impression in converted_impressions - {None}:
        cells[impression.cell].count("converted_impressions", not impression.invalid_reason)


def place_spend(lines: list[Row], ads: Ads, exchange: Exchange) -> None:
    reported_by_campaign = {
        (row.date_day, row.platform) for row in lines if not row.ad_id and not row.is_credit and row.amount is not None}
    for row in lines:
        row.campaign = ads.campaign(row)
        row.campaign_day = (row.date_day, row.platform, row.campaign)
        row.cell = (*row.campaign_day, row.ad_id or UNALLOCATED)
        row.money = exchange.convert(row.amount, row.currency, row.date_day)
        # An ad of no known campaign, where campaigns report their own lines: those may hold the money already.
        no_campaign = row.campaign == UNKNOWN and not row.campaign_id
        row.is_unplaced = bool(row.ad_id and no_campaign and row.campaign_day[:2] in reported_by_campaign)
        row.invalid_reason = "unplaced" if row.is_unplaced else None


def book_spend_lines(cells: Cells, lines: list[Row]) -> None:
    """An ad line stands at its ad. Campaign lines tell the whole day of the campaign; what they charge beyond the
    ad lines goes to the ad `unallocated`, which is unknown as soon as any line of that day and campaign is. Credits
    take away where they stand."""
    by_campaign_day: dict[tuple, list[Row]] = defaultdict(list)
    for line in lines:
        cell = cells[line.cell]
        cell.cost_sources.add("spend")
        if line.is_unplaced:
            cell.count("uncosted_events")
            continue
        by_campaign_day[line.campaign_day].append(line)
        cell.count("unknown_cost_events", line.money is None)
        if line.ad_id:
            cell.add_money("spend", line.money)
            cell.count("uncosted_events" if line.money is None else "costed_events")
    for campaign_day, mine in by_campaign_day.items():
        of_campaign = [line for line in mine if not line.ad_id]
        if not of_campaign:
            continue
        is_known = None not in [line.money for line in mine]
        counter = "costed_events" if is_known else "uncosted_events"
        cells[(*campaign_day, UNALLOCATED)].counts[counter] += len(of_campaign)
        if not is_known:
            continue
        whole = sum((line.money for line in mine if not line.ad_id and not line.is_credit), Decimal(0))
        by_ad = sum((line.money for line in mine if line.ad_id and not line.is_credit), Decimal(0))
        credits = sum((line.money for line in mine if not line.ad_id and line.is_credit), Decimal(0))
        cells[(*campaign_day, UNALLOCATED)].add_money("spend", max(whole - by_ad, Decimal(0)) + credits)


def stage_report(row: Row, settings: Settings) -> None:
    row.currency = row.currency or settings.default_currency
    row.amount, row.date_day, usable = row.spend, None, isinstance(row.date_day, date)
    row.disposition = row.invalid_reason = None
    row.payload = tuple(getattr(row, name) for name in sorted(CONTRACT["reports"]) if name != "loaded_at")
    row.reason = "invalid_date" if not usable else None
    if usable and not in_range(row.day, settings):
        row.reason = "timestamp_out_of_range"
    elif usable and row.day > settings.day_of(settings.as_of + settings.clock_skew) + DAY:
        row.reason = "in_future"  # a day of another zone may have begun before ours
    elif usable:
        row.date_day = row.day
        row.reason = "invalid_number" if Bad.UNREADABLE in row.payload else None


def judge_reports(rows: list[Row], settings: Settings) -> list[Row]:
    """The accepted ones. The demo's loads are days apart, and an ad that is in no campaign is a deleted one."""
    copies: dict[tuple, list[Row]] = defaultdict(list)
    for row in rows:
        row.day = row.date_day
        stage_report(row, settings)
        if row.reason:
            row.disposition = "rejected"
        else:
            copies[row.platform, row.account_id, row.date_day, row.campaign_id, row.ad_group_id, row.ad_id, row.segment,
                   row.conversion_type, row.currency].append(row)
    for group in copies.values():
        latest, *others = sorted(group, key=lambda row: row.loaded_at, reverse=True)
        latest.disposition = "accepted"
        for row in others:
            is_copy = row.payload == latest.payload
            row.disposition, row.reason = ("duplicate", "same_payload") if is_copy else ("superseded", "later_load")
    accepted = [row for row in rows if row.disposition == "accepted"]
    coarse = {(row.platform, row.date_day) for row in accepted if not row.ad_id}
    for row in accepted:
        if row.ad_id and not row.campaign_id and (row.platform, row.date_day) in coarse:
            row.disposition, row.reason = "unplaced", "unknown_parent"
    return [row for row in accepted if row.disposition == "accepted"]


def reported_spend(reports: list[Row], lines: list[Row], exchange: Exchange) -> list[Row]:
    """What platforms report as spend lines, where nobody charges the campaign or the ad on that day."""
    charges = [line for line in lines if not line.is_credit and line.amount is not None and not line.is_unplaced]
    campaign_days = {line.campaign_day for line in charges}
    ad_days = {(line.date_day, line.platform, line.ad_id) for line in charges if line.ad_id}
    found: dict[tuple, list[Row]] = defaultdict(list)
    for row in reports:
        campaign_day = (row.date_day, row.platform, row.campaign_id)
        if row.spend is not None and campaign_day not in campaign_days and (
                *campaign_day[:2], row.ad_id) not in ad_days:
            found[*campaign_day, row.ad_id].append(row)
    told = []
    for (day, platform, campaign, ad), mine in found.items():
        money = [exchange.convert(row.spend, row.currency, day) for row in mine]
        told.append(Row({
            "date_day": day, "platform": platform, "campaign": campaign, "campaign_id": campaign, "ad_id": ad,
            "campaign_day": (day, platform, campaign), "cell": (day, platform, campaign, ad or UNALLOCATED),
            "is_credit": False, "is_unplaced": False, "amount": sum(row.spend for row in mine),
            "money": None if None in money else sum(money, Decimal(0))}))
    return told


def book_event_costs(cells: Cells, events: Iterable[Row], lines: list[Row]) -> None:
    """Invalid events were paid for too. Where a charge tells the same money, the event's cost is left to it. (A
    credit alone tells no cost: it only takes away. Nor does a line without an amount.)"""
    charges = [line for line in lines if not line.is_credit and line.amount is not None]
    campaign_days = {line.campaign_day for line in charges if not line.ad_id}
    ad_days = {(line.date_day, line.platform, line.ad_id) for line in charges if line.ad_id}
    for event in events:
        day, platform, campaign, ad = event.cell
        cell = cells[event.cell]
        is_superseded = (day, platform, campaign) in campaign_days or (day, platform, ad) in ad_days
        cell.count("uncosted_events" if is_superseded or event.money is None else "costed_events")
        if event.amount is None or is_superseded:
            continue
        cell.cost_sources.add("event")
        cell.add_money("spend", event.money)
        cell.count("unknown_cost_events", event.money is None)


# ---------------------------------------------------------------------------------------------------------- marts

NEEDS = {  # measure -> the tables without which it is not measured
    "impressions": "gross_impressions impressions measurable_impressions viewable_impressions",
    "impressions clicks": "clicked_impressions unmatched_clicks",
    "impressions clicks conversions": "converted_impressions",
    "clicks": "gross_clicks clicks landing_measurable_clicks landed_clicks",
    "clicks conversions": "converted_clicks conversions conversions_by_conversion_date",
    "impressions conversions": "view_through_conversions",
    "conversions": "all_conversions unattributed_conversions",
    "": "costed_events uncosted_events unknown_cost_events unknown_value_conversions",
}
NEEDS_COLUMNS = {  # measure -> what must be there beside the tables: each of these, as one of its alternatives
    "viewable_impressions": ["impressions.is_viewable"],
    "clicked_impressions unmatched_clicks": ["clicks.impression_id"],
    "converted_impressions": ["clicks.impression_id", "conversions.click_id|conversions.user_id,clicks.user_id"],
    "converted_clicks conversions conversions_by_conversion_date":
        ["conversions.click_id|conversions.user_id,clicks.user_id"],
    "view_through_conversions": ["conversions.impression_id|conversions.user_id,impressions.user_id"],
    "unattributed_conversions": ["conversions.click_id|conversions.impression_id|conversions.user_id"],
    "conversion_value view_through_value conversion_value_by_conversion_date all_conversion_value":
        ["conversions.value"],
}
VALUE_OF = {
    "conversion_value": "conversions", "view_through_value": "view_through_conversions",
    "conversion_value_by_conversion_date": "conversions_by_conversion_date", "all_conversion_value": "all_conversions",
}
VALUED = {
    "conversion_value": "valued_conversions", "view_through_value": "valued_view_through_conversions",
    "conversion_value_by_conversion_date": "valued_conversions_by_conversion_date",
    "all_conversion_value": "valued_all_conversions",
}
COST_METRICS = ("cost_per_impression", "cpm", "vcpm", "cpc", "cpa", "roas", "roi")
VALUE_METRICS = ("roas", "roi", "average_conversion_value", "value_per_click")


def lacks_columns(measure: str, columns: set[str]) -> bool:
    """columns: those that the raw tables have, each as table.column."""
    needed = [each for names, groups in NEEDS_COLUMNS.items() if measure in names.split() for each in groups]
    return not all(any(columns.issuperset(way.split(",")) for way in each.split("|")) for each in needed)


def measures(cell: Cell, present: set[str], columns: set[str]) -> dict[str, Any]:
    """0 where tables and columns are there and nothing happened, None where it was not measured."""
    row: dict[str, Any] = {}
    for needed, names in NEEDS.items():
        for name in names.split():
            is_measured = present.issuperset(needed.split()) and not lacks_columns(name, columns)
            row[name] = cell.counts[name] if is_measured else None
    if not cell.counts["viewability_told"]:
        row["measurable_impressions"] = row["viewable_impressions"] = None
    if not cell.counts["landing_measurable_clicks"]:
        row["landing_measurable_clicks"] = row["landed_clicks"] = None
    for value, count in VALUE_OF.items():  # conversions, but none that tells its value: not known, so not 0
        is_measured = row[count] is not None and not lacks_columns(value, columns)
        row[VALUED[value]] = cell.known[value] if is_measured else None
        is_known = is_measured and (row[count] == 0 or cell.known[value])
        row[value] = round_money(Decimal(cell.sums[value])) if is_known else None
    return row


def spend_of(cell: Cell, is_told_elsewhere: bool) -> Decimal | None:
    """The known money. A row on which no one told of money has cost 0 only if nothing ran there and its platform is one
    whose money is told; else its cost is not known."""
    if cell.known["spend"]:
        return round_money(Decimal(cell.sums["spend"]))
    nothing_ran = not cell.counts["gross_impressions"] and not cell.counts["gross_clicks"]
    return round_money(Decimal(0)) if not cell.cost_sources and nothing_ran and is_told_elsewhere else None


def cost_source(cell: Cell) -> str | None:
    return "mixed" if len(cell.cost_sources) > 1 else next(iter(cell.cost_sources), None)


def ratio(numerator: int | Decimal | None, denominator: int | Decimal | None) -> float | None:
    if numerator is None or denominator is None or denominator <= 0:
        return None
    return float(numerator) / float(denominator)


def minus(left: Any, right: Any) -> Any:
    return None if left is None or right is None else left - right


def metrics(row: dict[str, Any], settings: Settings) -> dict[str, float | None]:
    spend, value = row["spend"], row["conversion_value"]
    mille = None if spend is None else 1000 * spend
    result = {
        "ctr": ratio(row["clicked_impressions"], row["impressions"]),
        "cvr": ratio(row["converted_clicks"], row["clicks"]),
        "conversion_per_impression": ratio(row["converted_impressions"], row["impressions"]),
        "viewability_rate": ratio(row["viewable_impressions"], row["measurable_impressions"]),
        "landing_rate": ratio(row["landed_clicks"], row["landing_measurable_clicks"]),
        "invalid_impression_rate": ratio(minus(row["gross_impressions"], row["impressions"]), row["gross_impressions"]),
        "invalid_click_rate": ratio(minus(row["gross_clicks"], row["clicks"]), row["gross_clicks"]),
        "clicks_per_impression": ratio(row["clicks"], row["impressions"]),
        "conversions_per_click": ratio(row["conversions"], row["clicks"]),
        "cost_per_impression": ratio(spend, row["impressions"]),
        "cpm": ratio(mille, row["impressions"]),
        "vcpm": ratio(mille, row["viewable_impressions"]),
        "cpc": ratio(spend, row["clicks"]),
        "cpa": ratio(spend, row["conversions"]),
        "roas": ratio(value, spend),
        "roi": ratio(minus(value, spend), spend),
        "average_conversion_value": ratio(value, row["conversions"]),
        "value_per_click": ratio(value, row["clicks"]),
    }
    hidden = set() if row["is_cost_complete"] else set(COST_METRICS)
    hidden |= set() if row["is_value_complete"] else set(VALUE_METRICS)
    hidden = set() if settings.partial_money_metrics else hidden
    return {name: None if name in hidden else number for name, number in result.items()}


@dataclass
class Marts:
    """The grains: each rolls up the daily cells, then divides sums."""
    cells: Cells
    present: set[str]
    columns: set[str]
    data_through: datetime | None
    settings: Settings

    def row(self, grain: dict, cell: Cell, end: date) -> dict[str, Any]:
        """end: the day after the row's last day."""
        row = grain | measures(cell, self.present, self.columns)
        is_told_elsewhere = grain["platform"] in self.platforms_with_spend
        row["spend"], row["cost_source"] = spend_of(cell, is_told_elsewhere), cost_source(cell)
        row["is_cost_complete"] = row["unknown_cost_events"] == 0
        row["is_value_complete"] = row["unknown_value_conversions"] == 0
        return row | metrics(row, self.settings) | self.maturity(end) | {"data_through": self.data_through}

    @cached_property
    def platforms_with_spend(self) -> set[str]:
        return {platform for (_, platform, *_), cell in self.cells.items() if cell.known["spend"]}

    def maturity(self, end: date) -> dict[str, bool]:
        """Whether every window of the row had closed by data_through, less the lateness that is allowed."""
        settings, period_end = self.settings, self.settings.start_of(end)
        click_window = max(settings.click_window, *settings.click_window_by_type.values(), timedelta(0))
        any_window = max(click_window, settings.view_window, *settings.view_window_by_type.values())
        limit = (self.data_through or datetime.min + settings.allowed_lateness) - settings.allowed_lateness
        return {"is_click_mature": period_end + click_window <= limit,
                "is_mature": period_end + settings.match_window + any_window <= limit}

    def by_period(self, time_column: str, period: Callable[[date], tuple[date, date]], entity: tuple[str, ...]) -> list:
        """One row for each entity and period from its first to its last one, the empty ones between too: but of days
        without events no more than so many, one after the other."""
        rolled: dict[tuple, dict[date, Cell]] = defaultdict(lambda: defaultdict(Cell))
        for (day, *names), cell in self.cells.items():
            rolled[tuple(names[:len(entity)])][period(day)[0]].merge(cell)
        rows = []
        for names, by_start in sorted(rolled.items()):
            start, last = min(by_start), max(by_start)
            idle = 0
            while start <= last:
                end = period(start)[1]
                idle = 0 if start in by_start else idle + 1
                if period is not the_day or idle <= self.settings.idle_days:
                    grain = {time_column: start} | dict(zip(entity, names))
                    rows.append(self.row(grain, by_start.get(start, Cell()), end))
                start = end
        return rows

    def campaigns(self) -> list[dict]:
        """The lifetime of a campaign."""
        rolled: dict[tuple, Cell] = defaultdict(Cell)
        days: dict[tuple, list[date]] = defaultdict(list)
        for (day, platform, campaign, _), cell in self.cells.items():
            rolled[platform, campaign].merge(cell)
            days[platform, campaign].append(day)
        rows = []
        for (platform, campaign), cell in sorted(rolled.items()):
            first, last = min(days[platform, campaign]), max(days[platform, campaign])
            grain = {"platform": platform, "campaign_id": campaign, "first_day": first, "last_day": last}
            rows.append(self.row(grain, cell, last + DAY))
        return rows


def the_day(day: date) -> tuple[date, date]:
    return day, day + DAY


def the_week(day: date) -> tuple[date, date]:
    monday = day - day.weekday() * DAY
    return monday, monday + 7 * DAY


def the_month(day: date) -> tuple[date, date]:
    first = day.replace(day=1)
    return first, (first + 31 * DAY).replace(day=1)


def funnel_steps(campaigns: list[dict]) -> list[dict]:
    """What a funnel chart reads. Nothing comes before the first step, so it has no rate from it and no drop-off."""
    rows = []
    for campaign in campaigns:
        top, previous = campaign["impressions"], None
        for number, stage_ in enumerate(("impressions", "clicked_impressions", "converted_impressions"), start=1):
            count = campaign[stage_]
            rows.append({
                "platform": campaign["platform"], "campaign_id": campaign["campaign_id"], "step_number": number,
                "stage": stage_, "stage_count": count, "rate_from_previous": ratio(count, previous),
                "rate_from_top": ratio(count, top), "drop_off": minus(previous, count),
                "drop_off_rate": ratio(minus(previous, count), previous)})
            previous = count
    return rows


def orders_daily(conversions: list[Row]) -> list[dict]:
    """An order counts once, on the day of its earliest conversion, however many platforms claim it."""
    orders: dict[str, list[Row]] = defaultdict(list)
    for row in conversions:
        if row.order_id and not (row.invalid_reason or row.is_adjustment or row.is_retracted):
            orders[row.order_id].append(row)
    days: dict[date, list[int]] = defaultdict(list)
    for mine in orders.values():
        days[min(mine, key=lambda row: row.at).date_day].append(len({row.platform for row in mine}))
    return [{"date_day": day, "orders": len(claims), "claimed_orders": sum(claims)}
            for day, claims in sorted(days.items())]


def ledger(staged: Mapping[str, list[Row]]) -> list[dict]:
    """What became of every raw row, and of its money as it was written: in its own currency, not converted."""
    groups: dict[tuple, list[Row]] = defaultdict(list)
    for table in ("impressions", "clicks", "conversions", "visits", "spend", "reports"):
        for row in staged[table]:
            reason = row.reason or row.invalid_reason or "valid"
            currency = None if row.amount is None else row.currency
            groups[table, row.date_day, row.disposition, reason, currency].append(row)
    rows = []
    for key, mine in groups.items():
        readable = [row.amount for row in mine if isinstance(row.amount, Decimal)]
        rows.append(dict(zip(("source_table", "date_day", "disposition", "reason", "currency"), key)) | {
            "row_count": len(mine), "amount": round_money(sum(readable)) if readable else None,
            "unreadable_amounts": sum(row.amount is Bad.UNREADABLE for row in mine)})
    return sorted(rows, key=lambda row: tuple(map(str, list(row.values())[:5])))


# ---------------------------------------------------------------------------------------------------------- build

def show(rows: list[Row], names: str, **more: Callable[[Row], Any]) -> list[dict]:
    """The main columns of a fact, to look at when a mart differs."""
    return [{name: getattr(row, name) for name in names.split()} | {name: get(row) for name, get in more.items()}
            for row in rows]


def build(tables: Mapping[str, list | None], settings: Settings) -> dict[str, list[dict]]:
    """Every mart from the raw tables: model name -> rows."""
    with localcontext() as context:
        context.prec = 100  # sums of money stay exact
        return build_exactly(tables, settings)


def build_exactly(tables: Mapping[str, list | None], settings: Settings) -> dict[str, list[dict]]:
    staged = {table: stage(tables, table, settings) for table in CONTRACT}
    impressions, clicks, conversions, lines = (
        deduplicate(staged[table], table, settings) for table in ("impressions", "clicks", "conversions", "spend"))
    impression_by_key = {(row.platform, row.id): row for row in impressions}
    click_by_key = {(row.platform, row.id): row for row in clicks}

    patterns = {row.pattern for row in staged["bot_patterns"] if row.pattern}
    for row in [*impressions, *deduplicate(staged["visits"], "visits", settings)]:
        row.invalid_reason = "bot" if is_bot(row, patterns) else None
    flag_clicks(clicks, impression_by_key, patterns, settings)

    ads, exchange = Ads(staged["ads"]), Exchange(staged["exchange_rates"], settings)
    for row in impressions:
        place_event(row, None, ads, exchange)
    place_clicks(clicks, impression_by_key, ads, exchange, settings)
    place_conversions(conversions, click_by_key, impression_by_key, exchange, settings)
    place_spend(lines, ads, exchange)

    reports = judge_reports(staged["reports"], settings)
    reported = reported_spend(reports, lines, exchange)

    cells: Cells = defaultdict(Cell)
    count_impressions(cells, impressions)
    # A click comes from an impression: ids of impressions that are blank in every click are no column.
    blank = {"impression_id"} if clicks and not any(row.impression_id for row in clicks) else set()
    count_clicks(cells, clicks, {name for row in tables.get("clicks") or [] for name in row} - blank)
    count_conversions(cells, conversions)
    book_spend_lines(cells, [*lines, *reported])
    book_event_costs(cells, [*impressions, *clicks], [*lines, *reported])

    present = {table for table in TABLES if tables.get(table) is not None}
    reached = [row.at for row in [*impressions, *clicks, *conversions]]
    # A line is of its whole day; beside events it says only that the day has begun.
    into = timedelta(0) if reached else DAY
    reached += [settings.start_of(line.date_day + into) for line in [*lines, *reports]]
    data_through = min(max(reached), settings.as_of) if reached else None
    columns = {  # a table without rows has all of them
        f"{table}.{name}" for table in present for row in tables[table] or [CONTRACT.get(table, {})] for name in row}
    columns -= {f"clicks.{name}" for name in blank}
    marts = Marts(cells, present, columns, data_through, settings)
    campaigns = marts.campaigns()
    by_campaign = ("platform", "campaign_id")
    event = "platform date_day campaign ad invalid_reason amount currency money"
    return {
        "fct_ads__impressions": show(impressions, f"impression_id impression_at traffic_type {event}"),
        "fct_ads__clicks": show(
            clicks, f"click_id clicked_at traffic_type is_clock_skewed is_dimension_mismatch {event}",
            matched_impression_id=lambda row: row.impression and row.impression.id,
            repeats_click_id=lambda row: None if row.credited_as is row else row.credited_as.id),
        "fct_ads__conversions": show(
            conversions, f"conversion_id converted_at conversion_type credit_status is_waiting {event}",
            credited_click_id=lambda row: row.click and row.click.id,
            credited_impression_id=lambda row: row.impression and row.impression.id,
            credited_platform=lambda row: row.event and row.event.platform),
        "mart_ads__ad_daily": marts.by_period("date_day", the_day, (*by_campaign, "ad_id")),
        "mart_ads__campaign_daily": marts.by_period("date_day", the_day, by_campaign),
        "mart_ads__campaign_weekly": marts.by_period("week_start", the_week, by_campaign),
        "mart_ads__campaign_monthly": marts.by_period("month_start", the_month, by_campaign),
        "mart_ads__campaign": campaigns,
        "mart_ads__platform_daily": marts.by_period("date_day", the_day, ("platform",)),
        "mart_ads__funnel_steps": funnel_steps(campaigns),
        "mart_ads__orders_daily": orders_daily(conversions),
        "mart_ads__ledger": ledger(staged),
    }
