"""Several processes on one PostgreSQL: one dies, the others go on, and nothing is lost or doubled."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.system.killing import Scene

pytestmark = [pytest.mark.anyio, pytest.mark.system]
ROLES = ("gateway", "gateway", "api", "worker")


async def test_kill_any_part_of_a_cluster(tmp_path: Path, postgres_url: str) -> None:
    """Two gateways share a port; each part is killed once. Stations come back through the other gateway, where the
    commands that waited for them are sent."""
    report = await Scene(tmp_path, postgres_url, seed=3, stations=20, roles=ROLES).run(len(ROLES))
    assert report.wrong == []
    assert report.acknowledged > 100
    assert report.commands > 20
