"""What the README says of settings, raw tables and reasons is what the package has."""

import re

from harness import REPO

README = (REPO / "README.md").read_text()


def section(heading: str) -> str:
    return re.split(r"^## ", README.split(f"## {heading}\n", 1)[1], flags=re.MULTILINE)[0]


def rows(heading: str) -> list[list[str]]:
    return [
        [cell.strip() for cell in line.strip("|").split(" | ")]
        for line in section(heading).splitlines() if line.startswith("| ") and not line.startswith("| setting")
    ]


def settings_of_the_package() -> dict[str, str]:
    """Name -> default, as settings.sql writes it."""
    text = (REPO / "macros/staging/settings.sql").read_text()
    found = re.findall(r"'(ad_funnel__\w+)':\s+\{'kind': '[^']*', 'default': (\{\}|\[[^]]*\]|[^,}]+)", text)
    return {name: default.replace("'", "") for name, default in found}


def test_every_setting_is_in_the_readme_with_its_default():
    written = {}
    for row in rows("Settings"):
        names = re.findall(r"`(ad_funnel__\w+)`", row[0])
        defaults = re.findall(r"`([^`]*)`", row[1]) or [row[1]]
        written |= dict(zip(names, defaults if len(defaults) == len(names) else defaults * len(names)))

    known = settings_of_the_package()

    assert len(known) == 61
    assert list(written) == list(known)
    in_words = {"ad_funnel__default_currency", "ad_funnel__as_of"}  # what stands in for none
    assert {name: default for name, default in written.items() if name not in in_words} == {
        name: default for name, default in known.items() if name not in in_words
    }


def test_every_raw_column_is_in_the_readme():
    contract = (REPO / "macros/staging/raw_contract.sql").read_text()
    tables = {
        table: {name: "required" in kind for name, kind in re.findall(r"'(\w+)': '([^']+)'", columns)}
        for table, columns in re.findall(r"^        '(\w+)': \{(.*?)^        \}", contract, re.DOTALL | re.MULTILINE)
    }
    written = {}
    for row in rows("The raw tables"):
        if re.fullmatch(r"`\w+`", row[0]) and len(row) == 2:
            columns = re.sub(r"\([^()]*\)", "", row[1])
            written[row[0].strip("`")] = {
                name: star == r"\*" for name, star in re.findall(r"(\w+)(\\\*)?(?:, |$| )", columns)
            }

    assert len(tables) == 13
    assert written == tables


def test_every_reason_is_in_the_readme():
    files = [*REPO.glob("models/staging/*.sql"), *REPO.glob("models/ledger/*.sql"),
             REPO / "macros/staging/time.sql", REPO / "macros/ledger/judgement.sql"]
    given = {
        reason for file in files for reason in re.findall(r"(?:then '(?=\w+')|'(?=\w+' as invalid_reason))(\w+)",
                                                           file.read_text())
    } - {"accepted", "duplicate", "rejected", "superseded", "unplaced", "paid"}

    explained = set(re.findall(r"`(\w+)`", section("What becomes of a row")))

    assert len(given) >= 15
    assert given - explained == set()
