"""The law of increments: any sequence of loads, edits and builds ends where one full refresh ends, row for row.

Sequences that nobody thought of. AD_FUNNEL_SOAK_EXAMPLES=500 tries as many, other ones each time (`make soak`).
(One consequence after another: test_increments.py.)
"""

from __future__ import annotations

import os

import harness
import pytest
from faults import fault
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sequences import Sequence, first_clocks, first_loads, project_of_raw_tables, rounds

SOAK = int(os.environ.get("AD_FUNNEL_SOAK_EXAMPLES", "0"))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> harness.Project:
    return project_of_raw_tables(tmp_path_factory.mktemp("sequences"))


@fault(45, 46)
@settings(
    max_examples=SOAK or 2, deadline=None, derandomize=not SOAK, database=None, print_blob=False,
    suppress_health_check=list(HealthCheck),
)
@given(first=first_loads, later=st.lists(rounds, min_size=1, max_size=3),
       stamp=st.sampled_from(["fingerprint", "loaded_at"]), is_partitioned=st.booleans(), as_of=first_clocks)
def test_any_sequence_ends_as_a_full_refresh(
    project: harness.Project, first: tuple, later: list, stamp: str, is_partitioned: bool, as_of: str
) -> None:
    sequence = Sequence(project, stamp, is_partitioned, as_of)
    sequence.forget()
    for step in first:
        sequence.do(*step)
    sequence.build()
    for changed, builds in later:
        for step in changed:
            sequence.do(*step)
        for step in builds:
            sequence.do(*step)
    sequence.build()
    assert sequence.differences_from_full_refresh() == []
