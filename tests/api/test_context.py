from __future__ import annotations

import pytest

from ohmstead.api.context import always_ready

pytestmark = pytest.mark.anyio


async def test_what_it_is_made_of(context):
    assert context.passwords.hash("a", b"b") != context.passwords.hash("b", b"b")
    first, second = await context.ids.take(), await context.ids.take()
    assert second == first + 1
    assert await always_ready() == []
