"""The search of the eraser finds what one pattern of all ids would find, in files and in tables, and in time."""

from __future__ import annotations

import random
import re
import sys
import time
from pathlib import Path

import duckdb
import harness
import pytest

sys.path.insert(0, str(harness.REPO / "scripts"))
import erase  # noqa: E402
import erasing  # noqa: E402

pytestmark = pytest.mark.slow  # a hundred thousand ids

SIGNS = list("ab19_") + ["-", ".", "@", " ", '"', "\\", "'", "|", "^", "]", "é", "用", "户", "İ"]


def is_in(user: str, text: str) -> bool:
    """As it is, or as JSON writes it, and no part of a longer word."""
    return any(re.search(f"(?:^|[^0-9A-Za-z_]){re.escape(form)}(?:$|[^0-9A-Za-z_])", text)
               for form in erasing.spellings(user))


def worlds(seed: int) -> tuple[list[str], list[str]]:
    dice = random.Random(seed)

    def text(length: int) -> str:
        return "".join(dice.choices(SIGNS, k=length)).strip()

    users = sorted({text(dice.randint(6, 9)) for _ in range(40)} - {""})
    texts = [text(30) for _ in range(100)]
    for _ in range(100):
        form = dice.choice(sorted(erasing.spellings(dice.choice(users))))
        texts.append(text(dice.randint(0, 5)) + dice.choice(["", "", " ", "a", "-", "用"]) + form
                     + dice.choice(["", "", " ", "1", ".", "户"]) + text(dice.randint(0, 5)))
    return users, texts


@pytest.mark.parametrize("seed", range(20))
def test_what_is_found_is_what_one_pattern_finds(seed: int, tmp_path: Path) -> None:
    users, texts = worlds(seed)
    long = [user for user in users if len(user) >= erasing.LEAST_LENGTH]
    expected = [any(is_in(user, text) for user in long) for text in texts]
    assert 20 < sum(expected) < len(texts)
    wanted = erasing.Wanted(users)
    assert [wanted.fits(text) for text in texts] == expected

    (tmp_path / "logs").mkdir()
    for number, text in enumerate(texts):
        (tmp_path / "logs" / f"{number:03}.log").write_bytes(text.encode())
    files = [line for line in wanted.files(tmp_path) if line.endswith("delete it")]
    assert len(files) == sum(expected)

    with duckdb.connect() as connection:
        engine = erase.DuckDB(connection)
        engine.execute("create table a (text varchar, other integer)")
        connection.executemany("insert into a values (?, 1)", [[text] for text in texts])
        assert list(wanted.tables(engine)) == [f"table main.a: {sum(expected)} rows"]


def test_an_id_that_lies_across_two_parts_of_a_file_is_found(tmp_path: Path) -> None:
    wanted = erasing.Wanted(["somebody-0815"])
    for place in range((1 << 22) - 20, (1 << 22) + 2, 3):
        file = tmp_path / "log"
        file.write_bytes(b" " * place + b"somebody-0815 called" + b" " * 10)
        assert wanted.is_in(file), place


def test_short_ids_are_whole_values() -> None:
    with duckdb.connect() as connection:
        engine = erase.DuckDB(connection)
        engine.execute("create table a as select unnest([' u-1\t', 'u-1 called', 'u-12', null]) as t, 7 as n")
        assert list(erasing.Wanted(["u-1"]).tables(engine)) == ["table main.a: 1 row"]
        assert list(erasing.Wanted(["7"]).tables(engine)) == ["table main.a: 4 rows"]


def test_a_million_ids_cost_no_more_than_a_pattern_of_a_thousand_did(tmp_path: Path) -> None:
    """CPU seconds, so that others on the machine do not matter; most of it is to read the ids."""
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "dbt.log").write_text("nothing to see here, of customer-1234567890 or others\n" * 20_000)
    started = time.process_time()
    wanted = erasing.Wanted([f"customer-{number:08}" for number in range(1_000_000)])
    with duckdb.connect() as connection:
        connection.execute("set threads = 1")
        engine = erase.DuckDB(connection)
        engine.execute("create table a as select 'customer-' || lpad(i::varchar, 8, '0') || ' called' as t "
                       "from range(999900, 1000200) as numbers (i)")
        assert list(wanted.tables(engine)) == ["table main.a: 100 rows"]
    assert [line for line in wanted.files(tmp_path)] == []
    assert time.process_time() - started < 120
