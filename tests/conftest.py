"""One session's tests: what they share, in which order their files run, and what each file costs."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

SHARED = "AD_FUNNEL_TEST_PARSES"  # see parses.py
ALL = "AD_FUNNEL_TEST_ALL"  # tests marked `slow` run where this is set: `make test-all`

# These files take longest, in this order (as the last lines of a run say). They are begun first, so that no process is
# left alone with one of them at the end.
LONGEST = (
    "test_privacy", "test_guards", "test_attribution", "test_increments", "test_raw_contract", "test_reports",
    "test_settings", "test_publishing", "test_demo", "test_experiments", "test_sequences", "test_faults", "test_adapters",
    "test_package", "test_first_steps", "test_crashes", "test_conservation",
    "test_same_demo", "test_same_increments", "test_same_faults", "test_same_attribution",
)

costs: Counter[str] = Counter()  # CPU seconds by file
waits: Counter[str] = Counter()  # seconds by the clock


def is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def pytest_configure(config: pytest.Config) -> None:
    """Before xdist starts its workers, which inherit the environment."""
    if not is_worker(config) and SHARED not in os.environ:
        os.environ[SHARED] = config.own_folder = tempfile.mkdtemp(prefix="ad_funnel_tests_")


def pytest_unconfigure(config: pytest.Config) -> None:
    if folder := getattr(config, "own_folder", None):
        shutil.rmtree(folder, ignore_errors=True)
        del os.environ[SHARED]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not os.environ.get(ALL):
        slow = [item for item in items if item.get_closest_marker("slow")]
        config.hook.pytest_deselected(items=slow)
        items[:] = [item for item in items if item not in slow]
    ranks = {name: rank for rank, name in enumerate(LONGEST)}
    items.sort(key=lambda item: ranks.get(item.path.stem, len(LONGEST)))


def cpu_seconds() -> float:
    """Of this process, and of those that it waited for. (Not of servers, nor of builds that test_crashes.py forks.)"""
    return sum(os.times()[:4])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """A test with its fixtures. A report carries what was spent since the last one."""
    item.config.spent_until = cpu_seconds()
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[pytest.TestReport]:
    report = yield
    now = cpu_seconds()
    report.cpu_seconds = now - item.config.spent_until
    item.config.spent_until = now
    return report


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    file = report.nodeid.partition("::")[0]
    costs[file] += getattr(report, "cpu_seconds", 0)
    waits[file] += report.duration


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if costs:
        terminalreporter.section("slowest files: CPU seconds, seconds by the clock", sep="-")
        for file, cost in costs.most_common(10):
            terminalreporter.line(f"{cost:7.1f} {waits[file]:7.1f}  {Path(file).name}")
        terminalreporter.line(f"{sum(costs.values()):7.1f} {sum(waits.values()):7.1f}  all {len(costs)} files")
