"""kill -9 at any moment: nothing that was acknowledged is missing, nothing is there twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.natsd import Natsd
from tests.system.killing import Scene

pytestmark = [pytest.mark.anyio, pytest.mark.system]
KILLS = 20


async def test_kill_at_any_moment(tmp_path: Path, database_url: str, own_natsd: Natsd) -> None:
    """The feed and what NATS got of it are compared with the database, too."""
    report = await Scene(tmp_path, database_url, seed=20, events_nats=own_natsd.url).run(KILLS)
    assert report.wrong == []
    assert report.kills == KILLS
    assert report.said_again > KILLS, "nobody was interrupted"
    assert report.acknowledged > 10 * KILLS
    assert report.commands > 20
