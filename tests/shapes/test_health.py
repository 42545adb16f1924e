from __future__ import annotations

import msgspec

from ohmstead.shapes.health import Health


def test_health():
    health = Health(status="not_ready", version="1", reasons=["the database does not answer"])
    assert msgspec.json.decode(msgspec.json.encode(health), type=Health) == health
