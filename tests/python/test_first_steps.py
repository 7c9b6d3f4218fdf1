"""The first steps of docs/install.md, typed as printed: from an empty folder to the table. And the install by git tag."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import harness
import pytest
import yaml

PAGE = (harness.REPO / "docs/install.md").read_text()
SECTION = PAGE.split("\n## From an empty folder\n")[1].split("\n## ")[0]
INSTALLS = ("python3 -m venv", ".venv/bin/pip")


def blocks(page: str) -> list[tuple[str, str, str]]:
    """Language, text, and the name of the file that the last line before it gives."""
    found = []
    for block in re.finditer(r"^```(\w*)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL):
        before = page[:block.start()].rstrip().rsplit("\n\n", 1)[-1]
        names = re.findall(r"`([\w./]+\.(?:csv|yml|sql))`", before)
        found.append((block[1], block[2], names[0] if names else ""))
    return found


@pytest.fixture(scope="module")
def typed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder in which all was typed, and what the last command printed. Two things are not as on the page: the
    checkout is linked beside the project, and what would be installed is the environment of these tests."""
    folder = tmp_path_factory.mktemp("first_steps")
    (folder / "ad_funnel").symlink_to(harness.REPO)
    here, printed = folder, ""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DBT_")}
    environment["DBT_SEND_ANONYMOUS_USAGE_STATS"] = "false"
    for language, text, name in blocks(SECTION):
        if language == "sh":
            for line in text.splitlines():
                if line.startswith("cd "):
                    here = here / line.removeprefix("cd ")
                elif line.startswith(INSTALLS):
                    if not (here / ".venv").exists():
                        (here / ".venv").symlink_to(Path(sys.prefix))
                else:
                    done = subprocess.run(["sh", "-c", line], cwd=here, env=environment, capture_output=True, text=True)
                    printed = done.stdout
                    assert done.returncode == 0, f"{line}\n{printed}{done.stderr}"
        elif name:
            (here / name).write_text(text)
    return here, printed


def test_every_file_of_the_page_is_typed(typed: tuple[Path, str]) -> None:
    names = {name for language, _, name in blocks(SECTION) if language in ("csv", "yaml", "sql")}
    assert names == {
        "data/impressions.csv", "data/clicks.csv", "data/orders.csv", "packages.yml", "profiles.yml", "dbt_project.yml",
        "models/my_impressions.sql", "models/my_clicks.sql", "models/my_conversions.sql",
    }
    assert all((typed[0] / name).is_file() for name in names)


def test_the_table_is_printed_as_on_the_page(typed: tuple[Path, str]) -> None:
    [(_, table, _)] = [block for block in blocks(SECTION) if not block[0]]
    lines = [line.rstrip() for line in typed[1].splitlines()]
    assert [line for line in table.splitlines() if line not in lines] == [], typed[1]


def test_what_the_page_installs_are_the_versions_that_go_together() -> None:
    [line] = [line for _, text, _ in blocks(SECTION) for line in text.splitlines() if "pip install" in line]
    supported = (harness.REPO / "pyproject.toml").read_text()
    requirements = re.findall(r"'(.*?)'", line)
    assert len(requirements) == 2
    assert [requirement for requirement in requirements if f'"{requirement}"' not in supported] == []


@pytest.mark.parametrize("page", ["README.md", "docs/install.md"])
def test_the_package_installs_by_git_tag(page: str, tmp_path: Path) -> None:
    """From a repository whose tag is this version, with the lines of the page; only its address is another."""
    text = (harness.REPO / page).read_text()
    [lines] = [block for language, block, _ in blocks(text) if language == "yaml" and "git: " in block]
    version = yaml.safe_load((harness.REPO / "dbt_project.yml").read_text())["version"]
    repository = tmp_path / "ad_funnel"
    repository.mkdir()
    (repository / "dbt_project.yml").write_text((harness.REPO / "dbt_project.yml").read_text())
    git = ("git", "-c", "user.name=test", "-c", "user.email=test@example.com", "-C", str(repository))
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "release"], ["tag", f"v{version}"]):
        subprocess.run([*git, *command], check=True)

    project = harness.Project(tmp_path / "shop", "shop")
    project.settings({})
    project.write("profiles.yml", harness.PROFILES.format(profile="shop", path=project.database))
    project.write("packages.yml", re.sub(r"https://[^\"]+", f"file://{repository}", lines))
    outcome = project.dbt("deps")

    assert outcome, outcome.text
    assert (project.folder / "dbt_packages/ad_funnel/dbt_project.yml").exists()
