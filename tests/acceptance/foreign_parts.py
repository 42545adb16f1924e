"""Real parts that `tests/acceptance/foreign/install` fetches from their registries."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

INSTALLED = Path(os.environ.get("FOREIGN_CSMS", Path(__file__).parents[2] / ".foreign"))
HAS_NODE = shutil.which("node") is not None
EXPECTED = os.environ.get("CI") == "true" and not os.environ.get("FOREIGN_AWAY")
"""CI fetched them, and says so where it could not: what is missing all the same is a failure, not a skip."""


def can_be_skipped(part: Path, *, of_node: bool = False) -> bool:
    """Whether a test that needs `part` may be left out here."""
    there = part.is_dir() and (HAS_NODE or not of_node)
    return not there and not (EXPECTED and (HAS_NODE or not of_node))
