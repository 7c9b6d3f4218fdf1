"""What scripts/build.py says of a build: how far it is, what warned and which file explains it, what failed."""

from __future__ import annotations

import sys
import time

import harness
import pytest
from dbt.cli.main import dbtRunner
from google.protobuf.json_format import MessageToJson

sys.path.insert(0, str(harness.REPO / "scripts"))
import build  # noqa: E402

WARNINGS = {  # of the demo, whose oddities are meant: a part of what each line says
    "few_rows_are_rejected": "Of a table's rows, or of those dated inside the look-back",
    "every_ad_has_a_campaign": "Events whose ad is in no campaign that we know",
}


def say_of(project: harness.Project, *arguments: str) -> tuple[list[str], bool]:
    """What a command's log, line by line as JSON, makes build.py say."""
    said: list[str] = []
    progress = build.Progress(said.append)

    def hear(event: object) -> None:
        if event.info.level != "debug":
            progress.hear(MessageToJson(event, preserving_proto_field_name=True, indent=None))

    outcome = project.invoke(dbtRunner(project.manifest, callbacks=[hear]), *arguments, "--no-quiet")
    progress.end()
    progress.sum_up(0 if outcome.success else 1)
    return said, outcome.success


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> harness.Project:
    demo, _ = harness.demo(tmp_path_factory.mktemp("progress"))
    demo.freeze()
    return demo


def test_warnings_are_one_line_each_with_the_file_that_explains_them(demo: harness.Project) -> None:
    said, passed = say_of(demo, "test", "--select", *WARNINGS, "rules_of_mart_ads__campaign*", "keys_are_found",
                          "ratios_are_made_of_sums")  # a unit test
    assert passed
    for name, part in WARNINGS.items():
        [line] = [line for line in said if line.startswith(f"  {name}: ")]
        assert part in line and line.endswith(f" -> tests/warnings/{name}.sql") and len(line) < 300, line
    assert said[-1].startswith("\nDone in ") and said[-1].endswith(f" passed, {len(WARNINGS)} warned."), said
    assert "reading the project" in "".join(said)


def test_a_failure_is_said_in_full(demo: harness.Project) -> None:
    demo.execute("delete from main_ads_marts.dim_ads__calendar where date_day = '2025-01-02'")
    said, passed = say_of(demo, "test", "--select", "keys_are_found")
    assert not passed
    text = "\n".join(said)
    assert "Failed: keys_are_found, 1 row" in text and "key_value 2025-01-02" in text and "Cure: " in text
    assert said[-1].startswith("\nFailed in ") and said[-1].endswith("1 failed."), said


def test_a_line_comes_while_nothing_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "EVERY", 0.1)
    said: list[str] = []
    progress = build.Progress(said.append)
    time.sleep(2.5)
    progress.end()
    assert len(said) >= 2 and all(line.endswith("starting dbt") for line in said)


def test_what_is_no_log_is_not_lost(capsys: pytest.CaptureFixture) -> None:
    said: list[str] = []
    progress = build.Progress(said.append)
    progress.hear("Traceback (most recent call last):\n")
    progress.hear("ImportError: no such module\n")
    progress.end()
    progress.sum_up(1)
    assert "ImportError: no such module" in "".join(said) and not progress.locked
    assert said[-1].startswith("\nFailed in ")
