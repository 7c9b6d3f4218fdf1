"""A parse that tests take from the session's store is the one that dbt would make, whatever has changed."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import harness
import parses
import pytest

MODEL = """
{{ config(meta={
    'var': var('word', 'none'), 'var of the file': var('own', 'none'), 'environment': env_var('TEST_WORD', 'none'),
    'macro': own(), 'package': words.said(),
}) }}
select '{{ words.said() }}' as said
"""
OWN = "{% macro own() %}{{ return('project') }}{% endmacro %}"
SAID = "{% macro said() %}{{ return('package') }}{% endmacro %}"


def project(folder: Path) -> harness.Project:
    """One model, and a package with one macro: it is parsed at once."""
    made = harness.Project(folder / "tiny", "tiny")
    made.write("profiles.yml", harness.PROFILES.format(profile="tiny", path=made.database))
    made.settings({"own": "file"})
    made.write("packages.yml", "packages:\n  - local: ../words\n")
    made.write("models/one.sql", MODEL)
    made.write("macros/own.sql", OWN)
    made.write("models/two.sql", "select * from {{ ref('one') }}")
    made.write("seeds/few.csv", "id\n1\n")
    made.write("../words/dbt_project.yml", "name: words\nversion: 1.0.0\nconfig-version: 2\n")
    made.write("../words/macros/said.sql", SAID)
    assert made.dbt("deps")
    return made


def parsed(project: harness.Project, *flags: str, variables: dict | None = None) -> dict[str, Any]:
    """What the parse says of each node; when it was made, and in which folder, is nothing that a test can build on."""
    done: list[Any] = []
    parse = parses.ManifestLoader.get_full_manifest

    def listen(*arguments: Any, **options: Any) -> Any:
        done.append(parse(*arguments, **options))
        return done[0]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parses.ManifestLoader, "get_full_manifest", listen)
        outcome = project.dbt("parse", *flags, variables=variables)
    assert outcome, outcome.text
    nodes = {key: node.to_dict() for key, node in sorted(done[0].nodes.items())}
    for node in nodes.values():
        del node["created_at"]
        node.pop("root_path", None)
    return {"nodes": nodes, "parents": done[0].parent_map, "macros": {
        key: macro.macro_sql for key, macro in done[0].macros.items() if macro.package_name in ("tiny", "words")}}


def test_the_same_project_elsewhere_takes_the_same_parse(tmp_path: Path) -> None:
    one, other = project(tmp_path / "one"), project(tmp_path / "other")
    first, made, taken = parsed(one), parses.made, parses.taken
    assert parsed(other) == first == parsed(one) == parsed(other, "--no-partial-parse")
    assert (parses.made, parses.taken) == (made, taken + 2)
    shutil.rmtree(one.folder)  # what was taken reads no file of the first
    other.run()
    other.build("--select", "few")
    assert other.sql("select said from main.two") == [{"said": "package"}]
    assert other.sql("select id from main.few") == [{"id": 1}]
    other.write("seeds/few.csv", "id\n1\n2\n")
    other.build("--select", "few")
    assert len(other.sql("select id from main.few")) == 2


CHANGES: dict[str, Callable[[harness.Project], None]] = {
    "a model": lambda one: one.write("models/one.sql", MODEL + ", 1 as more"),
    "a new model": lambda one: one.write("models/three.sql", "select 3 as three"),
    "a model that went": lambda one: (one.folder / "models/two.sql").unlink(),
    "a model's description": lambda one: one.write("models/one.yml", "models: [{name: one, description: words}]"),
    "a macro": lambda one: one.write("macros/own.sql", OWN.replace("project", "other")),
    "a seed's rows": lambda one: one.write("seeds/few.csv", "id\n2\n"),
    "a test": lambda one: one.write("tests/none.sql", "select * from {{ ref('one') }} where false"),
    "a var of the project": lambda one: one.settings({"own": "changed"}),
    "a macro of a package": lambda one: one.write("../words/macros/said.sql", SAID.replace("package", "other")),
    "a model of a package": lambda one: one.write("../words/models/four.sql", "select 4 as four"),
    "the schema of the profile": lambda one: one.write("profiles.yml", harness.PROFILES.format(
        profile="tiny", path=one.database).replace("threads: 2", "threads: 2, schema: other")),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_parse_follows_what_has_changed(tmp_path: Path, change: str) -> None:
    one = project(tmp_path)
    before = parsed(one)
    CHANGES[change](one)
    after = parsed(one)
    assert after != before
    assert after == parsed(one, "--no-partial-parse") == parsed(one)


def test_a_parse_follows_vars_and_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = project(tmp_path)
    found = [parsed(one), parsed(one, variables={"word": "line"}), parsed(one, variables={"word": "other"})]
    for word in ("first", "second"):
        monkeypatch.setenv("TEST_WORD", word)
        found.append(parsed(one))
    meta = [made["nodes"]["model.tiny.one"]["config"]["meta"] for made in found]
    assert meta == [
        {"var": word, "var of the file": "file", "environment": set_to, "macro": "project", "package": "package"}
        for word, set_to in (
            ("none", "none"), ("line", "none"), ("other", "none"), ("none", "first"), ("none", "second"))
    ]


def test_a_warning_is_said_each_time(tmp_path: Path) -> None:
    one = project(tmp_path)
    one.write("dbt_project.yml", (one.folder / "dbt_project.yml").read_text() + "models: {nowhere: {+tags: x}}\n")
    taken = parses.taken
    said = [one.dbt("parse").text.count("models.nowhere") for _ in range(3)]
    assert said == [1, 1, 1] and parses.taken == taken + 2
    refused = one.dbt("--warn-error", "parse")
    assert not refused and "models.nowhere" in refused.text


def test_a_refusal_is_said_each_time(tmp_path: Path) -> None:
    one = project(tmp_path)
    one.write("models/one.sql", "{{ exceptions.raise_compiler_error('never') }}")
    for _ in range(2):
        refused = one.dbt("parse")
        assert not refused and "never" in refused.text


# What looks macros up: by name, by package, in the context, by dispatch; a macro of the project hides a package's, dbt's
# and a builtin.
LOOK_UPS = """
{{ own() }} {{ words.said() }} {{ said() }} {{ context['own']() }} {{ 'own' in context }} {{ 'never' in context }}
{{ context.get('own') is none }} {{ context.get('never') is none }} {{ context['words']['said']() }}
{{ 'said' in words }} {{ words.get('never') is none }} {{ adapter.dispatch('spoken', 'words')() }}
{{ current_timestamp() }} {{ dbt.string_literal("it's") }} {{ ref('one') }} {{ builtins.ref('one') }}
{{ words | length }} {{ words.keys() | list | join(',') }} {{ counted() }} {{ counted() }} {{ never is defined }}
"""
HIDING = """
{% macro said() %}{{ return('hidden') }}{% endmacro %}
{% macro current_timestamp() %}{{ return('now') }}{% endmacro %}
{% macro ref(name) %}{{ return('own ' ~ builtins.ref(name)) }}{% endmacro %}
{% macro spoken() %}{{ return(adapter.dispatch('spoken', 'words')()) }}{% endmacro %}
{% macro default__spoken() %}{{ return('the project speaks') }}{% endmacro %}
{% macro counted() %}{% set found = [] %}{% do found.append(1) %}{{ return(found | length) }}{% endmacro %}
"""


def compiled(project: harness.Project) -> dict[str, str]:
    """But for which command it was, and when."""
    place = project.folder / "target" / "compiled"
    own = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|'20\d\d-\d\d-\d\d [0-9:]{8}'")
    return {str(file.relative_to(place)): own.sub("own", file.read_text()) for file in place.rglob("*.sql")}


def compiled_twice(project: harness.Project, *arguments: str) -> tuple[dict[str, str], dict[str, str]]:
    """By dbt in a process of its own, and by dbt as tests run it."""
    arguments = ("compile", *arguments, "--project-dir", str(project.folder), "--profiles-dir", str(project.folder))
    subprocess.run([Path(sys.executable).with_name("dbt"), "--quiet", *arguments], check=True, cwd=project.folder)
    alone = compiled(project)
    shutil.rmtree(project.folder / "target")
    assert project.dbt(*arguments[:-4])
    return alone, compiled(project)


def test_macros_made_when_they_are_asked_for_render_alike(tmp_path: Path) -> None:
    one = project(tmp_path)
    one.write("models/look_ups.sql", LOOK_UPS)
    one.write("macros/hiding.sql", HIDING)
    one.write("../words/macros/spoken.sql", "{% macro default__spoken() %}{{ return('words speak') }}{% endmacro %}")
    alone, here = compiled_twice(one)
    assert "the project speaks" in alone["tiny/models/look_ups.sql"]
    assert alone == here


@pytest.mark.slow
def test_the_demo_compiles_alike(tmp_path: Path) -> None:
    package, _ = harness.demo(tmp_path)
    alone, here = compiled_twice(package)
    assert len(alone) > 200 and set(alone) == set(here)
    assert [name for name in alone if alone[name] != here[name]] == []


@pytest.mark.parametrize("path", ["models/marts/_marts.yml", "seeds/raw_ad_clicks.csv", "dbt_project.yml",
                                  "macros/metrics/metrics.sql", "models/new.sql"])
def test_a_built_demo_is_copied_only_of_the_same_files(tmp_path: Path, path: str) -> None:
    package = harness.alone(tmp_path)
    before = parses.content(package.folder, {"."})
    assert parses.content(harness.alone(tmp_path / "again").folder, {"."}) == before
    file = package.folder / path
    package.write(path, (file.read_text() if file.exists() else "") + "\n")
    assert parses.content(package.folder, {"."}) != before
