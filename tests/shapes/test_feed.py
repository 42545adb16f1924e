from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from ohmstead.shapes.feed import Event


def test_an_event_is_a_cloud_event_with_a_sequence():
    event = Event(
        id="1-5",
        source="/api/v1",
        type="ohmstead.x",
        subject=None,
        time=datetime(2026, 1, 1, tzinfo=UTC),
        sequence=5,
        data={},
    )
    document = msgspec.json.decode(msgspec.json.encode(event))
    assert {"specversion": "1.0", "sequence": 5, "time": "2026-01-01T00:00:00Z"}.items() <= document.items()
