"""The README and the docs say what the package has: settings, raw tables, reasons, marts, files and commands. Their
links lead somewhere, and their words are plain.
"""

from __future__ import annotations

import re
from pathlib import Path

import docs
import pytest
import yaml
from harness import REPO

README = REPO / "README.md"
DOCS = sorted((REPO / "docs").rglob("*.md"))
PROSE = [README, REPO / "CONTRIBUTING.md", REPO / "CHANGELOG.md", *DOCS, REPO / "models/overview.md",
         *sorted((REPO / ".github").rglob("*.md"))]
PAGES = [*PROSE, REPO / "benchmarks/README.md"]
FILES = [file for folder in ("macros", "models", "scripts", "tests", "benchmarks", "seeds")
         for file in (REPO / folder).rglob("*.*")]
CODE = [file for file in FILES if file.suffix in (".sql", ".yml", ".py", ".jinja")] + [
    REPO / "Makefile", REPO / "dbt_project.yml", REPO / "profiles/profiles.yml",
]


def name_of(page: Path) -> str:
    return str(page.relative_to(REPO))


def section(page: str, heading: str) -> str:
    text = (REPO / page).read_text().split(f"\n## {heading}\n", 1)[1]
    return re.split(r"^## ", text, flags=re.MULTILINE)[0]


def rows(text: str) -> list[list[str]]:
    """The cells of a page's tables, without their heads."""
    lines = text.splitlines()
    return [
        [cell.strip() for cell in line.strip("|").split(" | ")]
        for line, below in zip(lines, [*lines[1:], ""]) if line.startswith("| ") and not below.startswith("|--")
    ]


def without_code(text: str) -> str:
    return re.sub(r"`[^`\n]+`", "`code`", re.sub(r"^ *```.*?^ *```$", "", text, flags=re.MULTILINE | re.DOTALL))


# ------------------------------------------------------------------------------------------------- tables of the code

def test_what_make_docs_writes_is_fresh() -> None:
    assert [name_of(path) for path, text in docs.pages().items() if path.read_text() != text] == []


def settings_of_the_package() -> dict[str, str]:
    """Name -> default, as settings.sql writes it."""
    text = (REPO / "macros/staging/settings.sql").read_text()
    found = re.findall(r"'(ad_funnel__\w+)':\s+\{'kind': '[^']*', 'default': (\{\}|\[[^]]*\]|[^,}]+)", text)
    return {name: default.replace("'", "") for name, default in found}


def test_every_setting_is_described_with_its_default() -> None:
    """Read a second time from the text of settings.sql, without the script that writes the page."""
    written = {
        name: cells[2].strip("`")
        for cells in rows((REPO / "docs/settings.md").read_text())
        for name in re.findall(r"`(ad_funnel__\w+)`", cells[0])
    }
    known = settings_of_the_package()

    assert "ad_funnel__click_window" in known
    assert set(written) == set(known)
    in_words = {"ad_funnel__null_ids"}  # its default is a list of its own
    assert {name: default for name, default in written.items() if name not in in_words} == {
        name: "not set" if default == "none" else default for name, default in known.items() if name not in in_words
    }


def test_every_setting_is_listed_in_the_project_file() -> None:
    listed = re.findall(r"^#     (ad_funnel__\w+): ", (REPO / "dbt_project.yml").read_text(), re.MULTILINE)
    assert sorted(listed) == sorted(settings_of_the_package())


def test_every_mark_of_nothing_is_in_the_docs() -> None:
    text = (REPO / "macros/staging/settings.sql").read_text()
    marks = re.findall(r"'([^']+)'", text.split("macro marks_of_nothing() -%}", 1)[1].split("endmacro", 1)[0])
    page = (REPO / "docs/reading-values.md").read_text().split("## Ids", 1)[1]

    assert len(marks) > 20
    assert [mark for mark in marks if f"`{mark.replace(chr(92) * 2, chr(92))}`" not in page] == []


def test_every_raw_column_is_in_the_docs() -> None:
    contract = (REPO / "macros/staging/raw_contract.sql").read_text()
    tables = {
        table: {name: "required" in kind for name, kind in re.findall(r"'(\w+)': '([^']+)'", columns)}
        for table, columns in re.findall(r"^        '(\w+)': \{(.*?)^        \}", contract, re.DOTALL | re.MULTILINE)
    }
    written = {}
    for cells in rows((REPO / "docs/raw-tables.md").read_text().split("\n## ")[0]):
        columns = re.sub(r"\([^()]*\)", "", cells[1])
        written[cells[0].strip("`")] = {
            name: star == r"\*" for name, star in re.findall(r"(\w+)(\\\*)?(?:, |$| )", columns)
        }

    assert "impressions" in tables and "bot_patterns" in tables
    assert written == tables


def test_every_reason_is_in_the_docs() -> None:
    files = [*REPO.glob("models/staging/*.sql"), *REPO.glob("models/ledger/*.sql"),
             REPO / "macros/staging/time.sql", REPO / "macros/ledger/judgement.sql"]
    given = {
        reason for file in files for reason in re.findall(r"(?:then '(?=\w+')|'(?=\w+' as invalid_reason))(\w+)",
                                                           file.read_text())
    } - {"accepted", "duplicate", "rejected", "superseded", "unplaced", "paid", "restate", "retract"}

    explained = set(re.findall(r"`(\w+)`", (REPO / "docs/ledger.md").read_text()))

    assert len(given) >= 15
    assert given - explained == set()


@pytest.mark.parametrize("page", ["README.md", "docs/marts.md"])
def test_every_mart_is_in_the_docs(page: str) -> None:
    """Once, in a row of the table. (`mart_ads__campaign_daily`, `_weekly`: the last word is another.)"""
    marts = sorted(file.stem for file in (REPO / "models").rglob("*.sql")
                   if file.parent.name == "marts" or file.stem.startswith("mart_ads__"))
    text = section(page, "The marts") if page == "README.md" else (REPO / page).read_text().split("\n## ")[0]
    named: list[str] = []
    for cells in rows(text):
        for name in re.findall(r"`(\w+)`", cells[1 if page == "README.md" else 0]):
            named.append(named[-1].rsplit("_", 1)[0] + name if name.startswith("_") else name)

    assert sorted(named) == marts


@pytest.mark.parametrize("lock,packages", [
    ("tests/versions/lowest.txt", ["dbt-core", "dbt-duckdb", "duckdb"]), ("requirements.txt", ["dbt-core", "duckdb"]),
    ("tests/versions/newest.txt", ["dbt-core", "duckdb"]), ("tests/versions/dbt2.txt", ["dbt"]),
])
def test_versions_of_the_docs_are_those_that_are_locked(lock: str, packages: list[str]) -> None:
    """In one row of the table; of several locked versions of a package one."""
    table = section("docs/limitations.md", "Versions").splitlines()
    text = (REPO / lock).read_text()
    locked = [re.findall(rf"^{package}==([\w.]+)", text, re.MULTILINE) for package in packages]
    assert all(locked)
    assert [line for line in table
            if all(any(re.search(rf"\b{re.escape(version)}(?![\w.])", line) for version in versions)
                   for versions in locked)]


# --------------------------------------------------------------------------------------------------- what they point to

def anchors(page: Path) -> list[str]:
    """As GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL),
                          re.MULTILINE)
    return [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    lost = []
    for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"\]\(\s+|\s+\)", "](", page.read_text())):
        if re.match(r"\w+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            lost.append(target)
    assert lost == []


def test_the_readme_leads_to_every_page() -> None:
    linked = {(REPO / path).resolve() for path in re.findall(r"\]\(([\w./-]+\.md)", README.read_text())}
    pages = [*DOCS, REPO / "CONTRIBUTING.md", REPO / "CHANGELOG.md"]
    assert [name_of(page) for page in pages if page not in linked] == []


@pytest.mark.parametrize("page", [page for page in PROSE if page.name != "CHANGELOG.md"], ids=name_of)
def test_files_models_settings_and_commands_exist(page: Path) -> None:
    """Those that are named in `code`, or typed in a block. The changelog speaks of those that were, too."""
    text = page.read_text()
    files, models = {file.name for file in FILES}, {file.stem for file in FILES if file.suffix == ".sql"}
    code = re.findall(r"`([^`\n]+)`", text)
    folders = "models|macros|tests|scripts|benchmarks|docs|profiles"
    lost = [name for name in code if re.fullmatch(rf"({folders})/[\w./-]+", name)
            and not (REPO / name).exists() and not name.startswith("models/my_")]  # the reader's own
    lost += [name for name in code if re.fullmatch(r"(test|mart|fct|dim|stg|ledger)_\w+\.(py|sql)", name)
             and name not in files]
    lost += [name for name in re.findall(r"\b(?:mart|fct|dim|stg|ledger)_ads__[a-z_]+[a-z]\b(?!\*)", text)
             if name not in models and not re.search(rf"{name}_?[*<]", text)]
    known = docs.settings()
    lost += [name for name in re.findall(r"\bad_funnel__[\w<>]+", text)
             if name not in known and not docs.names_in(f"`{name}`", known) and "<table>" not in name]
    targets = re.findall(r"^([a-z-]+):", (REPO / "Makefile").read_text(), re.MULTILINE)
    lost += [f"make {name}" for name in re.findall(r"(?:^|`)make ([a-z-]+)", text, re.MULTILINE) if name not in targets]
    assert lost == []


def test_what_the_code_says_of_the_docs_is_there() -> None:
    """Messages and comments name a page by its file, `docs/install.md`; the README has no sections to point to."""
    for file in [*CODE, *PROSE]:
        if file == Path(__file__):
            continue
        for line in file.read_text().splitlines():
            for page in re.findall(r"(?<![\w/])docs/[\w/-]+\.md", line):
                assert (REPO / page).exists(), f"{name_of(file)}: {page}"
            section_of_the_readme = r"(?<!benchmarks/)README(\.md)?( \(\"|, [A-Z])"
            assert not re.search(section_of_the_readme, line), f"{name_of(file)}: {line.strip()}"


def test_docs_blocks_are_asked_for_by_package() -> None:
    """dbt looks in the root project first: a consumer's block `clicks` would be in our columns."""
    alone = [f"{name_of(file)}: {call}" for folder in ("models", "macros") for file in (REPO / folder).rglob("*.yml")
             for call in re.findall(r"\bdoc\([^)]*\)", file.read_text())
             if not re.fullmatch(r"doc\((['\"])ad_funnel\1, (['\"])\w+\2\)", call)]
    assert alone == []


@pytest.mark.parametrize("page", PROSE, ids=name_of)
def test_yaml_of_the_docs_is_yaml(page: Path) -> None:
    for block in re.findall(r"^ *```yaml\n(.*?)^ *```$", page.read_text(), re.MULTILINE | re.DOTALL):
        assert isinstance(yaml.safe_load(block), dict), block


# ------------------------------------------------------------------------------------------------------------- language

def test_the_readme_is_two_pages() -> None:
    text = README.read_text()
    assert len(text.splitlines()) <= 150 and len(text.encode()) <= 12 * 1024


# Words that readers stumble over, and what to write instead. (Code is left out: names of columns may hold them.)
WORDS = {
    r"told|untold|overtold|tells of": "reported, not reported, exceeds, has",
    r"stands?|stood": "is booked on, is stored in, is assigned to",
    r"anew": "again, rebuilt",
    r"\(seen\)": "(observed)",
    r"absurd": "implausible",
    r"who(?:ever|mever)'s|nobody's|somebody's": "of any user, without a user, of somebody",
    r"judged?|judges": "classified, ranked",
    r"worths|quotient|texts_where|read_once|found out": "value, ratio, reasons, materialized, validated",
    r"basis points?": "rates: per cent, in ten thousand",
    r"touchpoints?": "touches, credits",
    r"shrunk|shrunken": "smoothed",
    r"save for|but for|so far as": "except, as far as",
}


def refused_words(text: str) -> list[str]:
    return [f"{word}: write {instead}" for pattern, instead in WORDS.items()
            for word in re.findall(rf"(?<![\w-])(?:{pattern})(?![\w-])", without_code(text), re.IGNORECASE)]


@pytest.mark.parametrize("page", PROSE, ids=name_of)
def test_words_are_plain(page: Path) -> None:
    assert refused_words(page.read_text()) == []


@pytest.mark.parametrize("text,found", [
    ("Money that nobody told", 1), ("It stands under `unallocated`", 1), ("made anew", 1), ("errors (seen)", 1),
    ("`ctr_shrunk` and `ad_funnel__absurd_cost`", 0), ("You understand the standard", 0),
    ("```\nnobody told\n```", 0), ("Whoever's it is", 1),
])
def test_refused_words_are_found(text: str, found: int) -> None:
    assert len(refused_words(text)) == found


@pytest.mark.parametrize("page", [*DOCS, REPO / "CONTRIBUTING.md"], ids=name_of)
def test_each_page_begins_with_its_title(page: Path) -> None:
    titles = re.findall(r"^# .+", re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL),
                        re.MULTILINE)
    assert len(titles) == 1


def test_the_version_is_the_same_everywhere() -> None:
    version = yaml.safe_load((REPO / "dbt_project.yml").read_text())["version"]
    assert f'version = "{version}"' in (REPO / "pyproject.toml").read_text()
    assert f"## [{version}]" in (REPO / "CHANGELOG.md").read_text()
    for page in (README, REPO / "docs/install.md"):
        assert f"revision: v{version}" in page.read_text()
