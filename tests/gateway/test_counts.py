"""What the gateway counts."""

from __future__ import annotations

import pytest

from tests.playbook import Playbook

pytestmark = pytest.mark.anyio


async def test_calls_are_counted_by_action_and_result(book: Playbook) -> None:
    await book.add_station()
    talk = await book.connect()
    await talk.calls("Heartbeat", {})
    await talk.boots()
    await talk.calls("Heartbeat", {})
    await talk.calls("Heartbeat", {})
    await talk.calls("FooBar", {})
    talk.says("nonsense")
    counts = book.node.counts
    assert counts.answered == {
        ("Heartbeat", "SecurityError"): 1,
        ("BootNotification", "ok"): 1,
        ("Heartbeat", "ok"): 2,
        ("other", "NotImplemented"): 1,
    }
    assert counts.unreadable == 1
