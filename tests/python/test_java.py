"""scripts/java.py: whether there is a Java for Spark, and what to do where there is none."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import harness
import pytest


def said_of(home: Path) -> str:
    done = subprocess.run([sys.executable, harness.REPO / "scripts" / "java.py"], env={"JAVA_HOME": str(home)},
                          capture_output=True, text=True)
    assert (done.returncode == 0) == (done.stderr == "")
    return done.stderr


@pytest.mark.parametrize("version, said", [
    ('openjdk version "17.0.15" 2025-04-15', ""),
    ('openjdk version "25" 2025-09-16', ""),
    ('java version "1.8.0_292"', "Spark needs Java 17 or newer, and {java} is Java 8. Cure: install Java 17"),
    ('openjdk version "11.0.2" 2019-01-15', "Spark needs Java 17 or newer, and {java} is Java 11. Cure: install"),
    ("no such thing", "Spark needs Java, and {java} -version says:\nno such thing\n"),
    (None, "Spark needs Java, and there is no {java}. Cure: install Java 17"),
])
def test_a_java_that_is_too_old_or_not_there_is_told(tmp_path: Path, version: str | None, said: str) -> None:
    java = tmp_path / "bin" / "java"
    if version:
        java.parent.mkdir()
        java.write_text(f"#!/bin/sh\necho '{version}' >&2\n")
        java.chmod(0o755)
    found = said_of(tmp_path)
    assert found.startswith(said.format(java=java)) and bool(found) == bool(said)
