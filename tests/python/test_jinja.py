"""Jinja that dbt-core and dbt 2 render alike, and the tables that Jinja writes into SQL.

dbt-core renders with Jinja2, dbt 2 with an engine of its own. Where they differ, dbt 2 mostly says nothing: it made
'{:b}' of '{:b}'.format(5), and put dates in no order. What differs was found by rendering the same expressions on both
(`make test-versions` compares all compiled SQL); here it is refused, file and line, with what to write instead.
"""

from __future__ import annotations

import json
import math
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from urllib.parse import unquote

import harness
import pytest
import pytz
import yaml

sys.path.insert(0, str(harness.REPO / "scripts"))
import time_zones  # noqa: E402

FILES = [*harness.REPO.glob("macros/**/*.sql"), *harness.REPO.glob("models/**/*.sql"),
         *harness.REPO.glob("tests/generic/*.sql"), *harness.REPO.glob("tests/reconciliation/*.sql"),
         *harness.REPO.glob("tests/warnings/*.sql"), harness.REPO / "tests" / "versions" / "tables.jinja"]

# What both render alike. Another one: try it on both, with odd values, then name it here.
FILTERS = set("""
    abs batch float int join length list lower map max min reject rejectattr replace reverse
    round select selectattr sort string sum trim unique upper
""".split())
METHODS = set("""
    append dict endswith extend get include incorporate items keys partition replace rstrip split startswith strftime
    strip update upper values group has_var
""".split())
# Whose members are macros, adapters or contexts, not methods of values.
SPACES = set("ad_funnel builtins dbt adapter api config exceptions modules graph invocation_args_dict this".split())

# A pattern, whether it looks at the code with texts kept, and what to write instead.
RULES = [
    (r"\.format\(", False, "dbt 2 leaves '{:b}'.format() as it is. Write ad_funnel.number_text(), `~` and `| string`"),
    (r"\|\s*format\b", False, "dbt 2 formats otherwise. Write ad_funnel.number_text(), `~` and `| string`"),
    (r"""['"]\s*%(?![}\w]*%})""", False, "dbt 2 knows few printf formats. Write ad_funnel.number_text(), or `~`"),
    (r"modules\.pytz\.(?!utc\b)", False, "dbt 2 cannot look into pytz. Zones are in ad_funnel.time_zones()"),
    (r"modules\.itertools", False, "dbt 2 has no itertools. Write a loop"),
    (r"modules\.datetime\.(date|timedelta)\b", False,
     "dbt 2 cannot put dates in order. Days are ISO texts: write ad_funnel.days_after(), and compare texts"),
    (r"modules\.re\.match\(", False, "`$` fits before a line end in dbt-core. Write modules.re.fullmatch()"),
    (r"modules\.re\.fullmatch\(\s*(?P<q>['\"])(?=(?:(?!(?P=q)).)*\|)(?:(?!(?P=q)).)*(?<!\$)(?P=q)", True,
     "of alternatives dbt 2 takes the first that begins the text. End the pattern with `$`"),
    (r"modules\.re\.\w+\(.*\{\d*,?\d{3,}\}", True,
     "dbt 2 compiles a pattern in each call, 40 ms for a class a hundred times. Write `+`, and check the length"),
    (r"range\([^()]*,\s*-", False, "dbt 2 begins elsewhere where range() goes down. Count up, and reverse"),
    (r"\|\s*round\b(?!\(0, '(?:ceil|floor)'\))", True,
     "a half is rounded to even in dbt-core and up in dbt 2. Write (x + 0.5) | round(0, 'floor')"),
    (r"\|\s*unique\b(?!\(case_sensitive=true\)| \| list \| length)", True,
     "say whether case counts: unique(case_sensitive=true)"),
    (r"\|\s*sum\(", False, "of lists, dbt 2 makes a tuple. Write a loop"),
    (r"(?<![\w'.])\d+(\.\d+)?e[+-]?\d", False, "dbt 2 writes 1e-05 as 0.00001. Write the text '1e-05'"),
    (r"\[[^\[\]]*:\s*-\s*\w", False, "dbt 2 cuts short texts otherwise. Write the end as a length"),
    (r"(?<!\\)\\x[0-9a-fA-F]", True, "dbt 2 does not read \\x in texts. Write the sign itself"),
    (r"[<>]=?[ ]*[\w.-]+(?:\[[^\]]*\])?[ ]*[<>]=?[ ]", False,
     "dbt 2 compares the first comparison's outcome with the rest. Write two comparisons with `and`"),
    (r"get_column_schema_from_query", False,
     "dbt 2 tells types of its own (datetime with and without a zone). Write ad_funnel.columns_of()"),
    (r"\bis (not )?sequence\b(?!.*is not string.*is not mapping)", False,
     "texts and mappings are sequences in dbt-core alone. Add `is not string` and `is not mapping`"),
    (r"^(?!.*is boolean).*\bis (not )?number\b", False, "true is a number in dbt-core alone. Add `is boolean`"),
]

# Where one place does it for all.
EXCEPTIONS = {
    ("macros/increments/days.sql", "modules.datetime.date.fromisoformat(day) + modules.datetime.timedelta(days=days)"),
    ("macros/cross_db/cross_db.sql", "return(adapter.get_column_schema_from_query("),
}


def blocks(text: str) -> Iterator[tuple[int, str]]:
    """The line and the text of each piece of Jinja, without comments."""
    text = re.sub(r"\{#.*?#\}", lambda found: "\n" * found.group().count("\n"), text, flags=re.DOTALL)
    for found in re.finditer(r"\{\{(.*?)\}\}|\{%(.*?)%\}", text, re.DOTALL):
        code = found.group(1) or found.group(2) or ""
        for number, line in enumerate(code.split("\n")):
            yield text.count("\n", 0, found.start()) + 1 + number, line


def complaints(name: str, text: str) -> list[str]:
    found = []
    for number, line in blocks(text):
        if any(name == file and part in line for file, part in EXCEPTIONS):
            continue
        bare = re.sub(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", "''", line)
        found += [f"{name}:{number}: {line.strip()}: {instead}." for pattern, keeps_texts, instead in RULES
                  if re.search(pattern, line if keeps_texts else bare)]
        found += [f"{name}:{number}: the filter {word} is not known to be the same in both: see test_jinja.py."
                  for word in re.findall(r"(?<!\|)\|\s*(\w+)", bare) if word not in FILTERS]
        for root, word in re.findall(r"(?:\b(\w+)[\w.]*|[)\]'])\.(\w+)\(", bare):
            if root not in SPACES and word not in METHODS:
                found.append(f"{name}:{number}: the method {word}() is not known to be the same in both: see "
                             "test_jinja.py.")
    return found


def test_both_engines_render_all_jinja_alike() -> None:
    assert len(FILES) > 100
    found = [line for file in FILES for line in complaints(str(file.relative_to(harness.REPO)), file.read_text())]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(("code", "part"), [
    ("{{ '{:b}'.format(members).count('1') }} as size", "'{:b}'.format()"),
    ("{{ '%s' | format(x) }}", "formats otherwise"),
    ("{%- do cells.append('%.2f' % value) -%}", "printf"),
    ("{%- if zone not in modules.pytz.all_timezones -%}", "time_zones()"),
    ("{{ modules.itertools.product(a, b) }}", "itertools"),
    ("{%- set first = day - modules.datetime.timedelta(days=1) -%}", "days_after()"),
    ("{%- if [modules.datetime.date(1900, 1, 1), day] | max -%}", "days_after()"),
    ("{%- if modules.re.match('a', x) -%}", "fullmatch"),
    ("{%- if modules.re.fullmatch('a|ab', x) -%}", "End the pattern"),
    (r"{%- if modules.re.fullmatch('[\w-]{1,100}', x) -%}", "compiles a pattern"),
    ("{%- for i in range(9, 0, -3) -%}", "Count up"),
    ("{{ (a / b) | round(2) }}", "rounded to even"),
    ("{{ names | unique | join(', ') }}", "whether case counts"),
    ("{{ lists | sum(start=[]) }}", "Write a loop"),
    ("{%- set tiny = 1e-05 -%}", "0.00001"),
    ("{{ name[:-2] }}", "cuts short texts"),
    ("{{ '\\x41' }}", "does not read"),
    ("{%- set found = adapter.get_column_schema_from_query(x) -%}", "columns_of()"),
    ("{%- if value is sequence -%}", "is not string"),
    ("{%- if not 0.0001 <= value <= 0.9999 -%}", "two comparisons"),
    ("{{ return(1 <= day <= days[month - 1]) }}", "two comparisons"),
    ("{%- if value is not number -%}", "is boolean"),
    ("{{ name | center(9) }}", "the filter center"),
    ("{{ name.ljust(9) }}", "the method ljust()"),
    ("line\n{%- if a -%}\n  {{ 'x'.zfill(3) }}", "x.sql:3: the method zfill()"),
])
def test_what_they_render_otherwise_is_refused(code: str, part: str) -> None:
    found = complaints("x.sql", code)
    assert any(part in line for line in found), found


def test_what_they_render_alike_is_not_refused() -> None:
    assert not complaints("x.sql", """
        {# '%s' % x and x.format(1) in a comment #}
        {{ 'a %' ~ b }} {{ x | round(0, 'ceil') | int }} {{ 7 % 2 }} like '%a' {{ "like '%" ~ w | lower ~ "%'" }}
        {%- set n = ad_funnel.number_text(1, 2) -%} {{ modules.datetime.datetime.now(modules.pytz.utc) }}
        {{ modules.re.fullmatch('(a|b)$', x) }} {{ '1e-05' }} {{ x[:3] }} {{ names | unique(case_sensitive=true) }}
    """)


def test_anchors_are_lists() -> None:
    """A mapping is an error in dbt 2."""
    for file in harness.REPO.glob("models/**/*.yml"):
        assert isinstance(yaml.safe_load(file.read_text()).get("anchors", []), list), file


def test_unit_tests_that_dbt_2_cannot_run_are_off_there() -> None:
    """There, a macro of the package in `overrides` hides all the others; and the model's table is looked at."""
    for file in harness.REPO.glob("models/**/_*_unit_tests.yml"):
        for test in yaml.safe_load(file.read_text())["unit_tests"]:
            enabled = str(test.get("config", {}).get("enabled", True))
            macros = test.get("overrides", {}).get("macros", {})
            # What is set here takes the place of dbt_project.yml: nobody else runs the package's unit tests.
            assert enabled == "True" or "target.profile_name == 'ad_funnel' and" in enabled, test["name"]
            [model] = harness.REPO.glob(f"models/*/{test['model']}.sql")
            if any(name.startswith("ad_funnel.") for name in macros):
                assert "not dbt_version.startswith('2') }}" in enabled, test["name"]
            elif "stored_by_day" in model.read_text():
                assert "not dbt_version.startswith('2')" in enabled, test["name"]
                waits = "AD_FUNNEL_TABLES_ARE_BUILT" in enabled
                assert not waits or macros == {"should_full_refresh": True}, test["name"]


# ------------------------------------------------------------------------------------------- tables written into SQL

def test_time_zones_are_those_of_pytz() -> None:
    assert time_zones.FILE.read_text() == time_zones.text(), "Cure: .venv/bin/python scripts/time_zones.py"


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What the macros of tests/versions/tables.jinja give; `make test-versions` compares dbt 2's with it."""
    project = harness.consumer(tmp_path_factory.mktemp("tables"), {"ad_funnel__clicks": "raw.clicks"})
    (project.folder / "macros").mkdir(exist_ok=True)
    shutil.copy(harness.REPO / "tests" / "versions" / "tables.jinja", project.folder / "macros" / "tables.sql")
    project.write("macros/calendar.sql", "{% macro calendar() %}{{ print('table calendar: ' ~ "
                  "tojson(ad_funnel.postgres__calendar())) }}{% endmacro %}")
    project.freeze()
    said = ""
    for macro in ("tables_of_jinja", "calendar"):
        with redirect_stdout(StringIO()) as printed:
            outcome = project.dbt("run-operation", macro)
        assert outcome, outcome.text
        said += outcome.text + "\n" + printed.getvalue() + "\n"
    found = dict(re.findall(r"^table ([\w ]+): (.*)$", said, re.MULTILINE))
    assert len(found) > 15, said
    return {name: json.loads(text) for name, text in found.items()}


def test_time_zones_are_read_back(tables: dict) -> None:
    assert tables["zones"] == sorted(pytz.all_timezones)


def test_sizes_of_groups_are_their_bits(tables: dict) -> None:
    assert tables["sizes"] == [members.bit_count() for members in range(32)]


def test_days_are_those_of_the_calendar(tables: dict) -> None:
    assert len(tables["days"]) == 42
    for day, step, found in tables["days"]:
        assert found == (date.fromisoformat(day) + timedelta(days=step)).isoformat()


def is_date(text: str) -> bool:
    try:
        return bool(date.fromisoformat(text))
    except ValueError:
        return False


def test_dates_are_those_of_the_calendar(tables: dict) -> None:
    assert tables["dates"] == [[text, str(is_date(text))] for text, _ in tables["dates"]]
    assert {found for _, found in tables["dates"]} == {"True", "False"}


def test_the_calendar_of_a_pattern_is_the_calendar(tables: dict) -> None:
    pattern = re.compile(tables["calendar"])
    for year in (1, 4, 100, 400, 1899, 1900, 1996, 2000, 2023, 2024, 2100, 2400, 9999):
        for month in range(14):
            for day in range(33):
                text = f"{year:04}-{month:02}-{day:02}"
                assert bool(pattern.fullmatch(text)) == is_date(text), text


def test_numbers_are_written_as_python_writes_them(tables: dict) -> None:
    assert len(tables["numbers"]) == 33
    for number, decimals, found in tables["numbers"]:
        # (A half is rounded up here, to even by Python.)
        assert found == f"{number + 1e-9:,.{decimals}f}", number


def test_powers_of_ten_divide_one(tables: dict) -> None:
    assert [float(text) for text in tables["factors"]] == [10 ** -power for power in range(1, 10)]
    assert tables["factors"][2] == "0.001"


def test_errors_of_sketches_are_rounded_as_python_rounds(tables: dict) -> None:
    assert tables["errors"] == [[size, round(1 / math.sqrt(size - 2), 6)] for size in (256, 1024, 4096, 16384)]


def test_escapes_are_those_of_urls(tables: dict) -> None:
    escapes = {escape: sign for escape, sign in tables["escapes"]}
    assert escapes.pop("+") == " "
    assert escapes == {escape: unquote(escape) for escape in escapes}
    assert {escape.upper() for escape in escapes} == {f"%{ord(sign):02X}" for sign in " !\"#$&'()+,/:;=?@[]{|}%"}
    assert {escape for escape in escapes if escape != escape.upper()} == {
        escape.lower() for escape in escapes if escape.lower() != escape.upper()}
    assert tables["escapes"][-1] == ["%25", "%"]  # or what it stands before would be read twice


def test_groups_of_exposures_leave_nothing_out(tables: dict) -> None:
    groups = tables["groups"]
    assert [start for start, _, _ in groups] == [1, *(end + 1 for _, end, _ in groups[:-1])]
    assert groups[-1][1] is None
    assert [name for _, _, name in groups] == [
        f"{start}+" if end is None else str(start) if start == end else f"{start}-{end}" for start, end, _ in groups]


def test_durations_are_seconds(tables: dict) -> None:
    units = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
    for text, seconds, days in tables["durations"]:
        number, unit = text.split()
        assert seconds == int(number) * units[unit.rstrip("s")]
        assert days == math.ceil(seconds / 82800)


def test_places_of_a_hash_are_powers_of_sixteen(tables: dict) -> None:
    assert [int(power) for power in re.findall(r"cast\((\d+) as bigint\)", tables["hash"])] == [
        16 ** power for power in range(11, -1, -1)]


def test_terms_of_the_chi_square_series_are_factorials(tables: dict) -> None:
    terms = re.findall(
        r">= (\d+) then power\(\(x / 2e0\), (\d+)\) / case when mod\(df, 2\) = 1 then (\S+) else (\S+) end",
        tables["chi square"])
    assert [int(power) for _, power, _, _ in terms[:14]] == list(range(1, 15))
    for least, power, odd, even in terms:
        i = int(power)
        assert int(least) == 2 * i + 2
        assert float(even) == math.factorial(i) and even.endswith("e0")
        assert math.isclose(float(odd), math.gamma(i + 1.5) / math.gamma(1.5), rel_tol=1e-13) and odd.endswith("e0")


def test_the_quantile_of_95_percent(tables: dict) -> None:
    assert math.isclose(math.erf(float(tables["z"]) / math.sqrt(2)), 0.95, rel_tol=1e-15)


def test_a_setting_is_the_same_text_on_both_engines(tables: dict) -> None:
    """It is in the version of the rules: another text would rebuild every day."""
    assert tables["setting"] == "{a: {c: []}, b: [\\N, é 🙂, it's, 1, 0.05, None, True]}"
