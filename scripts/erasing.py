"""What erasing users is on every engine: erase.py (a DuckDB file) and erase_postgres.py (a server) share it."""

from __future__ import annotations

import getpass
import json
import re
import secrets
import sys
import unicodedata
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any, Protocol

# The ledgers that have users: what their rows keep when they are erased (macros/staging/erasure.sql says the same of
# staging, and a test holds the two together), and the column that, with the platform, makes rows copies of each other.
LEDGERS = {
    "ledger_ads__impressions": ("impression_id", "impression_at", "cost"),
    "ledger_ads__clicks": ("click_id", "clicked_at", "cost"),
    "ledger_ads__conversions": ("conversion_id", "converted_at", "value"),
    "ledger_ads__visits": ("visit_id", "visited_at", None),  # of no platform, and free
}
STAGING = ("impressions", "clicks", "conversions", "visits", "assignments")

# Ids of no user and of no event. A table with any other column called ..._id is emptied until the next build.
HARMLESS_IDS = {"ad_id", "campaign_id", "ad_group_id", "invocation_id"}

# What staging trims from texts.
BLANKS = " \t\n\r\f\x0b"
# What only a file of ids has around them: quotes of CSV, SQL and word processors, commas, and any sign of these kinds:
# blanks that staging does not trim, signs that show nothing, quotes of all languages.
MARKS = "\"'`\u00b4\u201e\u201a,;"
KINDS_OF_MARKS = {"Zs", "Zl", "Zp", "Cc", "Cf", "Pi", "Pf"}

# Shorter ids stand in other words by chance: they are looked for as whole values only.
LEAST_LENGTH = 6

REASON = "users were erased, and what is made of the ledger is empty until the next build"
STUB = "Users were erased. Cure: one whole dbt build, which reads the raw tables without them."


class NotErased(Exception):
    """What was not done, and the cure."""


@dataclass(frozen=True)
class Relation:
    name: str
    layer: str
    database: str
    schema: str
    identifier: str

    def within(self, database: str) -> str:
        return f"{quoted(database)}.{self}"

    def __str__(self) -> str:
        return f"{quoted(self.schema)}.{quoted(self.identifier)}"


@dataclass(frozen=True)
class Target:
    """What one dbt target has built, by its latest record in ad_funnel_builds."""

    schema: str
    relations: tuple[Relation, ...]

    @property
    def erasures(self) -> str:
        return f"{quoted(self.schema)}.ad_funnel_erasures"

    @property
    def builds(self) -> str:
        return f"{quoted(self.schema)}.ad_funnel_builds"

    def named(self, name: str) -> Relation | None:
        return next((relation for relation in self.relations if relation.name == name), None)


class Engine(Protocol):
    """A connection to where the build is. Placeholders are question marks."""

    Error: type[Exception]
    row_id: str  # names a row of a table

    def execute(self, sql: str, values: Iterable[Any] = ()) -> list[tuple]: ...
    def change(self, sql: str, values: Iterable[Any] = ()) -> int: ...  # how many rows it changed
    def load(self, table: str, columns: Iterable[str], rows: list[tuple]) -> None: ...  # a temporary table of texts
    def tables(self) -> set[tuple[str, str]]: ...
    def columns(self, relation: Relation) -> list[str]: ...
    def texts(self) -> Iterator[tuple[str, str, list[str]]]: ...  # schema, table, columns that can hold an id
    def empty(self, relation: Relation) -> None: ...
    def definition(self, view: Relation) -> str | None: ...
    def stop_readers(self, view: Relation, message: str) -> None: ...
    def sha256(self, text: str) -> str: ...
    def text(self, column: str) -> str: ...
    def joined(self, texts: list[str]) -> str: ...  # all of them as one text, a line each
    def words(self, text: str) -> str: ...  # in a select list: a row for each word
    def fits(self, text: str, pattern: str) -> str: ...


@dataclass
class Steps:
    """What a command has done, and what it has left: for the message of one that could not finish."""

    done: list[str] = field(default_factory=list)
    left: list[tuple[str, str]] = field(default_factory=list)  # when done, when not

    def plan(self, done: str, left: str) -> None:
        self.left.append((done, left))

    def next(self) -> None:
        self.done.append(self.left.pop(0)[0])

    def stopped(self, reason: BaseException) -> str:
        if not self.done:
            return f"Nothing was erased. {reason}"
        if len(self.left) == 1:  # the search comes last
            lines = [f"Everything was erased: {'; '.join(self.done)}.", f"But {self.left[0][1]}: {reason}"]
        else:
            lines = [f"It stopped: {reason}", f"Done: {'; '.join(self.done)}.",
                     f"Not done: {'; '.join(text for _, text in self.left)}."]
        return "\n".join([*lines, "Run the same command again: it does what is left."])


# ------------------------------------------------------------------------------------------------------------- the ids

def read_users(needed: bool, with_marks: bool) -> list[str]:
    if sys.stdin.isatty():
        lines = iter(lambda: getpass.getpass("User id (not shown; an empty line ends): "), "")
    else:
        try:
            lines = sys.stdin.buffer.read().decode("utf-8-sig").split("\n")
        except UnicodeDecodeError as error:
            raise NotErased("The ids are not UTF-8 text. Cure: convert them.") from error
    users: dict[str, None] = {}
    marked = []
    for number, line in enumerate(lines, 1):
        user = line.strip(BLANKS)
        if user:
            users[user] = None
            if any(sign in MARKS or unicodedata.category(sign) in KINDS_OF_MARKS for sign in (user[0], user[-1])):
                marked.append(number)
    if marked and not with_marks:
        raise NotErased(
            f"{len(marked)} of the ids have quotes, commas, or blanks that staging keeps, around them; the first is in "
            f"line {marked[0]}. With them they are other ids. Cure: take them off; or, where they belong to the ids, "
            "add --quotes-belong-to-ids."
        )
    if needed and not users:
        raise NotErased("No user id was given. Cure: give them on the standard input, one per line.")
    return sorted(users)


# ----------------------------------------------------------------------------------------------------------- the tables

def targets_in(engine: Engine) -> list[Target]:
    targets = []
    for schema in sorted(schema for schema, table in engine.tables() if table == "ad_funnel_builds"):
        rows = engine.execute(
            f"select relations from {quoted(schema)}.ad_funnel_builds where relations is not null "
            "order by build_number desc limit 1"
        )
        if rows:
            targets.append(Target(schema, tuple(Relation(**relation) for relation in json.loads(rows[0][0]))))
    if not targets:
        raise NotErased("There is no record of a build of ad_funnel. Cure: dbt build; or correct the path or database.")
    return targets


def rows_in_raw_tables(engine: Engine, target: Target) -> Iterator[str]:
    """Counted by what staging reads. For a moment nobody is erased, so that it shows them."""
    has_list = (target.schema, "ad_funnel_erasures") in engine.tables()
    for table in STAGING:
        staging = target.named(f"stg_ads__{table}")
        if staging is None:
            continue
        engine.execute("begin")
        try:
            if has_list:
                engine.change(f"delete from {target.erasures}")
            [(rows,)] = engine.execute(
                f"select count(*) from {staging} where user_id in (select user_id from ad_funnel_given)"
            )
            if rows:
                yield f"{counted(rows)} of the raw table that ad_funnel__{table} names (builds pass over them)"
        except engine.Error as error:
            cause = "dbt build was not run since users were erased" if STUB in str(error) else "it is not in reach"
            yield f"perhaps the raw table that ad_funnel__{table} names: {cause}"
        finally:
            engine.execute("rollback")


def erase_from(engine: Engine, target: Target, listed: list[tuple]) -> Iterator[str]:
    """The users of the temporary table ad_funnel_given, and those whose hashes are in a list from elsewhere."""
    now = datetime.now(timezone.utc).replace(tzinfo=None, microsecond=0)
    new = put_on_list(engine, target, listed, now)
    yield f"{target.schema}: users new on the list of those who are erased: {new}."
    bar_old_staging(engine, target)

    with_users = [each for each in stored(engine, target) if "user_id" in engine.columns(each)]
    engine.load("ad_funnel_erased", ["user_id"], [])
    for relation in with_users:
        engine.change(f"""
            insert into ad_funnel_erased
            select users.user_id
            from (select distinct user_id from {relation}) as users
            cross join (select distinct hash_key from {target.erasures}) as hash_keys
            where {engine.sha256("hash_keys.hash_key || users.user_id")} in (select user_hash from {target.erasures})
        """)
    [(known,)] = engine.execute("select count(*) from ad_funnel_erased")
    erased = 0
    if known:
        invocation_id = str(uuid.uuid4())
        for relation in stored(engine, target):
            if relation.name in LEDGERS:
                rows = erase_from_ledger(engine, relation, invocation_id)
                erased += rows
                yield f"{relation}: {counted(rows)} erased."
            elif {each for each in engine.columns(relation) if each.endswith("_id")} - HARMLESS_IDS:
                engine.empty(relation)
        engine.change(
            f"insert into {target.builds} "
            "(build_number, invocation_id, command, started_at, finished_at, status, reason, relations) "
            "select max(build_number) + 1, ?, 'erase', ?, ?, 'not publishable', ?, ? "
            f"from {target.builds}",
            [invocation_id, now, now, REASON, json.dumps([vars(relation) for relation in target.relations])],
        )
    [(given, met)] = engine.execute(
        "select count(*), count(case when user_id in (select user_id from ad_funnel_erased) then 1 end) "
        "from ad_funnel_given"
    )
    if given:
        yield f"{target.schema}: {counted(erased)} of {given} {'id' if given == 1 else 'ids'}."
    if met < given:
        yield (
            f"{target.schema}: {given - met} of the {given} ids have no row here. They were erased before, have not "
            "come yet (they are kept out), or are written in another way: compare them with the column user_id."
        )


def put_on_list(engine: Engine, target: Target, listed: list[tuple], now: datetime) -> int:
    engine.execute(
        f"create table if not exists {target.erasures} (user_hash varchar, hash_key varchar, erased_at timestamp)"
    )
    keys = engine.execute(f"select hash_key from {target.erasures} group by 1 order by min(erased_at), 1")
    key = keys[0][0] if keys else secrets.token_hex(32)
    engine.load("ad_funnel_listed", ["user_hash", "hash_key", "erased_at"], [tuple(map(str, row)) for row in listed])
    return engine.change(
        f"""
        insert into {target.erasures} (user_hash, hash_key, erased_at)
        select user_hash, max(hash_key), cast(max(erased_at) as timestamp)
        from (
            select {engine.sha256("hash_key || user_id")} as user_hash, hash_key, erased_at
            from (select user_id, cast(? as varchar) as hash_key, cast(? as varchar) as erased_at from ad_funnel_given)
                as given
            union all
            select user_hash, hash_key, erased_at from ad_funnel_listed
        ) as hashes
        where user_hash not in (select user_hash from {target.erasures})
        group by user_hash
        """,
        [key, str(now)],
    )


def bar_old_staging(engine: Engine, target: Target) -> None:
    """Staging that was built before anybody was erased knows nothing of it: a build of the ledger alone would read the
    user in again. So it stops such a build, until a whole one puts a new view in its place."""
    for table in STAGING:
        staging = target.named(f"stg_ads__{table}")
        view = staging and engine.definition(staging)
        if view and "'erased'" not in view and STUB not in view:
            engine.stop_readers(staging, STUB)


def erase_from_ledger(engine: Engine, ledger: Relation, invocation_id: str) -> int:
    """Makes of the users' rows what staging and the ledger would make of them, and sees to it that the next build looks
    at what hangs on them. No raw row has a row_stamp of -1: inside the look-back its day is judged again."""
    key, time, money = LEDGERS[ledger.name]
    theirs = "user_id in (select user_id from ad_funnel_erased)"
    days = engine.execute(f"select distinct date_day from {ledger} where {theirs}")
    dated = [day for [day] in days if isinstance(day, date)]
    same = " and ".join(f"copies.{column} = rows_of.{column}" for column in (["platform", key] if money else [key]))

    # A copy of the same event by somebody else may be accepted now.
    engine.change(f"""
        update {ledger} as rows_of set row_stamp = -1
        where disposition in ('duplicate', 'conflict') and exists (
            select 1 from {ledger} as copies
            where {same} and copies.{theirs} and copies.disposition in ('accepted', 'duplicate', 'conflict')
        )
    """)
    # What is stored by day is built anew where the day's rows have another invocation_id.
    engine.change(
        f"update {ledger} set invocation_id = ? "
        "where date_day in (select unnest(cast(? as date[]))) or (cast(? as boolean) and date_day is null)",
        [invocation_id, dated, len(dated) < len(days)],
    )
    kept = {time, "date_day", "ledger_day", "early_partition_day", "loaded_at", "platform", "currency", money,
            f"has_{money}", f"is_{money}_unreadable", "rule_version", "invocation_id"}
    becomes = {"disposition": "'erased'", "reason": "'erased'", "row_stamp": "-1", "is_invalid": "false"}
    changes = [f"{quoted(column)} = {becomes.get(column, 'null')}"
               for column in engine.columns(ledger) if column not in kept]
    return engine.change(f"update {ledger} set {', '.join(changes)} where {theirs}")


def stored(engine: Engine, target: Target) -> list[Relation]:
    """The package's own tables, but the marts: these hold no ids (a test holds them to it)."""
    tables = engine.tables()
    return [relation for relation in target.relations
            if relation.layer != "marts" and (relation.schema, relation.identifier) in tables]


# ---------------------------------------------------------------------------------------------- what still holds ids

WORD = re.compile("[0-9A-Za-z_]+")
AT_ONCE = 500  # texts in one pattern: engines and `re` slow down with more


class Wanted:
    """The ids as they may be written, to be found where one stands and is no part of a longer word.

    A million ids in one pattern would be refused, or take hours. So each is looked for by one of its words, the one
    that the fewest of the ids have: the words of a text are joined with those. What has the word is then compared with
    the whole id. The few ids without a letter or digit of ASCII are looked for by patterns, some at once.
    """

    def __init__(self, users: list[str]) -> None:
        self.short = [user for user in users if len(user) < LEAST_LENGTH]
        forms = {form for user in users if len(user) >= LEAST_LENGTH for form in spellings(user)}
        words = {form: set(WORD.findall(form)) for form in forms}
        occurrences = Counter(word for those in words.values() for word in those)
        self.by_word: dict[str, list[str]] = defaultdict(list)
        wordless = []
        for form, those in words.items():
            if those:
                self.by_word[min(those, key=lambda word: (occurrences[word], -len(word), word))].append(form)
            else:
                wordless.append(form)
        wordless.sort()
        self.patterns = [word_among(wordless[start:start + AT_ONCE]) for start in range(0, len(wordless), AT_ONCE)]
        self.longest = max((len(form.encode()) for form in forms), default=0)

    def load(self, engine: Engine) -> None:
        engine.load("ad_funnel_wanted", ["word", "pattern"], [
            (word, "" if form == word else word_among([form])) for word, forms in self.by_word.items() for form in forms
        ])
        engine.load("ad_funnel_short", ["user_id"], [(user,) for user in self.short])

    def tables(self, engine: Engine) -> Iterator[str]:
        """Each table with the number of its rows that hold an id."""
        self.load(engine)
        for schema, table, columns in engine.texts():
            relation = f"{quoted(schema)}.{quoted(table)} as rows_of"
            texts = [engine.text(f"rows_of.{quoted(column)}") for column in columns]
            text = engine.joined(texts)  # the line ends between the columns end words, too
            others = [engine.fits(text, literal(pattern)) for pattern in self.patterns]
            if self.short:
                short = "(select user_id from ad_funnel_short)"
                others += [f"trim({each}, {literal(BLANKS)}) in {short}" for each in texts]
            by_pattern = f"union select rows_of.{engine.row_id} from {relation} where {' or '.join(others)}"
            [(rows,)] = engine.execute(f"""
                with words as (select rows_of.{engine.row_id} as place, {engine.words(text)} as word from {relation}),
                found as (
                    select distinct words.place, wanted.pattern
                    from words inner join ad_funnel_wanted as wanted on words.word = wanted.word
                )
                select count(*) from (
                    select place from found where pattern = ''
                    union
                    select found.place
                    from found inner join {relation} on found.place = rows_of.{engine.row_id}
                    where found.pattern <> '' and {engine.fits(text, 'found.pattern')}
                    {by_pattern if others else ""}
                ) as places
            """)
            if rows:
                yield f"table {schema}.{table}: {counted(rows)}"

    def files(self, project: Path) -> Iterator[str]:
        for folder in ("target", "logs"):
            for file in sorted(each for each in (project / folder).rglob("*") if each.is_file()):
                if self.is_in(file):
                    yield f"{file}: delete it"
        if self.short:
            yield f"perhaps more: ids under {LEAST_LENGTH} characters were looked for only as whole values of tables"

    def is_in(self, file: Path) -> bool:
        before = b""
        with open(file, "rb") as stream:
            while chunk := stream.read(1 << 22):
                if self.fits((before + chunk).decode("utf-8", "replace")):
                    return True
                before = (before + chunk)[-(self.longest + 2):]
        return False

    def fits(self, text: str) -> bool:
        forms = sorted({form for word in set(WORD.findall(text)) & self.by_word.keys() for form in self.by_word[word]})
        patterns = [word_among(forms[start:start + AT_ONCE]) for start in range(0, len(forms), AT_ONCE)]
        return any(re.search(pattern, text) for pattern in patterns + self.patterns)


def spellings(user: str) -> set[str]:
    """As it is, and as JSON writes it."""
    return {user, json.dumps(user)[1:-1], json.dumps(user, ensure_ascii=False)[1:-1]}


def word_among(texts: list[str]) -> str:
    """A pattern, for Python and the engines, that fits where one of these texts stands and is no part of a word."""
    return f"(?:^|[^0-9A-Za-z_])(?:{'|'.join(map(escaped_sign, texts))})(?:$|[^0-9A-Za-z_])"


def escaped_sign(text: str) -> str:
    """Signs of ASCII only: engines differ in what a backslash makes of letters, and of other signs."""
    return re.sub(r"[!-/:-@\[-^`{-~]", r"\\\g<0>", text)


# -------------------------------------------------------------------------------------------------------------- helpers

def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def counted(rows: int) -> str:
    return "1 row" if rows == 1 else f"{rows} rows"
