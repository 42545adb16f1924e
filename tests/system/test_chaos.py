"""Everything around Ohmstead breaks, in turn: nothing acknowledged is missing or double, commands are answered."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system import chaos
from tests.system.chaos import FAULTS

pytestmark = [pytest.mark.anyio, pytest.mark.system]
ROLES = ("gateway", "gateway", "api", "worker")


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where PostgreSQL's user may go too."""
    path = Path(tempfile.mkdtemp(prefix="chaos-", dir="/tmp"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


async def test_break_each_part_of_a_cluster_once(folder: Path, natsd: object, postgres_cluster: object) -> None:
    """Two gateways share a port; stations come back through the other one, where the commands that waited are sent."""
    report, done = await chaos.run(folder, 0, roles=ROLES, seed=5, stations=20, pause=0.3, length=0.2)
    assert report.wrong == []
    assert [name for name, _ in done.done] == list(FAULTS)
    assert report.said_again > 10, "nobody was interrupted"
    assert report.acknowledged > 100
    assert report.accepted > 20
