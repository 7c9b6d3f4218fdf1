"""dbt's command line, as quick as the tests run it: tests/python/quick.py.

    python tests/versions/quick_dbt.py build ...
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))
import quick  # noqa: E402
from dbt.cli.main import cli  # noqa: E402

quick.be_quick()
cli()
