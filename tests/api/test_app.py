from __future__ import annotations

import pytest

pytestmark = pytest.mark.anyio


async def test_health_needs_no_key(client) -> None:
    del client.headers["Authorization"]
    answer = await client.get("health/live")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")
