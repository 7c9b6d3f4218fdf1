"""What dbt works out from files alone is kept while tests run: compiled templates by process, parses by session.

A parse is taken again only where all that it read is the same: every file of the project and of its packages, vars,
profile and target, environment, dbt's own versions (`digest`). A folder of its own is no difference. dbt's warnings of
then are given again. test_parses.py changes each of these, and sees that the parse follows.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from functools import cache
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import jinja2
from dbt.adapters.factory import get_adapter
from dbt.constants import DEFAULT_ENV_PLACEHOLDER
from dbt.contracts.graph.manifest import Manifest
from dbt.flags import get_flags
from dbt.parser.manifest import (
    ManifestLoader, extended_mashumaro_encoder, extended_mashumuro_decoder, generate_query_header_context,
)
from dbt_common.events.base_types import EventLevel
from dbt_common.events.event_manager import EventManager
from dbt_common.events.event_manager_client import get_event_manager
from dbt_common.invocation import get_invocation_id
from dbt_common.tests import enable_test_caching

# pytest's conftest.py names a folder that all processes of the session share; others have one of their own.
FOLDER = "AD_FUNNEL_TEST_PARSES"

# Flags of dbt that change what a parse says or makes. (--no-partial-parse asks for a parse of its own.)
FLAGS = ("WARN_ERROR", "WARN_ERROR_OPTIONS", "STATIC_PARSER", "USE_EXPERIMENTAL_PARSER")

taken = made = 0  # parses that this process found and made


def keep() -> None:
    """From now on, in this process."""
    enable_test_caching()  # dbt's own: macros' syntax trees by their text
    jinja2.Environment.compile = remembered(jinja2.Environment.compile)
    ManifestLoader.get_full_manifest = classmethod(kept(ManifestLoader.get_full_manifest.__func__))


def remembered(compile: Any) -> Any:
    """Jinja's compiler; what it makes of a text depends on nothing but the environment's class and extensions."""
    known: dict[tuple, Any] = {}

    def compiled(self: jinja2.Environment, source: Any, name: Any = None, filename: Any = None, raw: bool = False,
                 defer_init: bool = False) -> Any:
        if not isinstance(source, str):
            return compile(self, source, name, filename, raw, defer_init)
        key = (type(self), tuple(self.extensions), source, name, filename, raw, defer_init)
        if key not in known:
            known[key] = compile(self, source, name, filename, raw, defer_init)
        return known[key]

    return compiled


def kept(parse: Any) -> Any:
    """dbt's parse of a project, or the same one of before."""

    def full_manifest(cls: type, config: Any, **options: Any) -> Manifest:
        global taken, made
        if not get_flags().PARTIAL_PARSE:
            return parse(cls, config, **options)
        file = folder() / digest(config)
        events = get_event_manager()
        found = read(file)
        if found is None:
            said: list[Any] = []
            events.callbacks.append(hear := lambda event: event.info.level in ("warn", "error") and said.append(event))
            try:
                manifest = parse(cls, config, **options)
            finally:
                events.callbacks.remove(hear)
            written = file.with_suffix(f".{os.getpid()}")
            written.write_bytes(pickle.dumps((manifest.to_msgpack(extended_mashumaro_encoder), said)))
            written.rename(file)
            made += 1
            return manifest

        taken += 1
        manifest, said = found
        manifest.metadata.generated_at = datetime.now(timezone.utc).replace(tzinfo=None)
        manifest.metadata.invocation_id = get_invocation_id()
        projects = config.load_dependencies()
        for node in manifest.nodes.values():
            if getattr(node, "root_path", None):  # of a seed
                node.root_path = projects[node.package_name].project_root
        manifest.build_parent_and_child_maps()
        manifest.build_flat_graph()
        adapter = get_adapter(config)
        adapter.set_macro_resolver(manifest)
        adapter.connections.set_query_header(generate_query_header_context(adapter.config, manifest))
        for event in said:
            for logger in events.loggers:
                if logger.filter(event):
                    logger.write_line(event)
            for callback in events.callbacks:
                callback(event)
        return manifest

    return full_manifest


@contextmanager
def without_debug_events() -> Iterator[None]:
    """dbt makes them, line by line, whether anybody listens or not."""
    fire = EventManager.fire_event

    def fire_event(self: EventManager, event: Any, level: Any = None, *more: Any, **others: Any) -> None:
        if (level or event.level_tag()) != EventLevel.DEBUG:
            fire(self, event, level, *more, **others)

    EventManager.fire_event = fire_event
    try:
        yield
    finally:
        EventManager.fire_event = fire


def read(file: Path) -> tuple[Manifest, list] | None:
    """A parse and its warnings, where there is one that the environment has not changed since."""
    if not file.exists():
        return None
    packed, said = pickle.loads(file.read_bytes())
    manifest = Manifest.from_msgpack(packed, decoder=extended_mashumuro_decoder)
    same = all(os.environ.get(name, DEFAULT_ENV_PLACEHOLDER) == value for name, value in manifest.env_vars.items())
    return (manifest, said) if same else None


@cache
def own_folder() -> tempfile.TemporaryDirectory:
    return tempfile.TemporaryDirectory(prefix="ad_funnel_parses_")


def folder() -> Path:
    found = Path(os.environ.get(FOLDER) or own_folder().name)
    found.mkdir(parents=True, exist_ok=True)
    return found


def digest(config: Any) -> str:
    """Of everything that a parse of this project can depend on."""
    flags = get_flags()
    read = [
        config.profile_name, config.target_name, config.threads, config.credentials.type, config.cli_vars,
        config.project_env_vars, config.profile_env_vars,
        # Its folder is in the path of its database.
        repr(config.credentials.to_dict(omit_none=False)).replace(str(Path(config.project_root)), "."),
        [str(getattr(flags, name, None)) for name in FLAGS],
    ]
    for name, project in sorted(config.load_dependencies().items()):
        root = Path(project.project_root)
        if not root.is_relative_to(sys.prefix):  # those are dbt's own, of these versions
            read.append((name, content(root, {*project.all_source_paths, *project.docs_paths})))
    return hashlib.sha256(repr(read).encode()).hexdigest()


def content(root: Path, paths: set[str]) -> str:
    """Of a project's files: those of YAML, and all in these folders. (Its profile is looked at as dbt reads it.)"""
    files = {file for pattern in ("*.yml", "*.yaml") for file in root.glob(pattern)}
    for path in paths:
        files |= {Path(folder) / name for folder, _, names in os.walk(root / path, followlinks=True) for name in names}
    found = hashlib.sha256(repr((sys.prefix, versions())).encode())
    for file in sorted(files):
        if file.suffix != ".pyc" and file.name != "profiles.yml":
            found.update(repr(str(file.relative_to(root))).encode())
            found.update(hashlib.sha256(file.read_bytes()).digest())
    return found.hexdigest()


@cache
def versions() -> list[tuple[str, str]]:
    return sorted((one.name, one.version) for one in distributions() if one.name.startswith(("dbt", "duckdb")))
