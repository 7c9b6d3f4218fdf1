from __future__ import annotations

from collections.abc import Iterator

import pytest
from engines import ENGINES


@pytest.fixture(scope="module", params=ENGINES, ids=lambda engine: engine.name)
def engine(request: pytest.FixtureRequest) -> Iterator:
    engine = request.param()
    yield engine
    engine.close()
