"""Every guard of the package is needed: without it a fault of the catalogue is let in, and a check sees it."""

from __future__ import annotations

import guards
import pytest


@pytest.mark.slow
def test_no_guard_can_be_lost_unseen() -> None:
    survivors = [str(result) for result in guards.run(guards.GUARDS) if result.survives]
    assert not survivors, "\n".join(survivors)
