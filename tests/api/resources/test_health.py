from __future__ import annotations

import pytest

import ohmstead

pytestmark = pytest.mark.anyio


async def test_live_and_ready_name_the_version(client):
    for path in ("health/live", "health/ready"):
        assert (await client.get(path)).json() == {"status": "ok", "version": ohmstead.__version__, "reasons": []}
