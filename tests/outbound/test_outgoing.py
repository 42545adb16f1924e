"""What brings events out: the feed goes to NATS only where it is wanted."""

from __future__ import annotations

import pytest

from ohmstead.bus.line import Line
from ohmstead.nats_settings import Nats
from ohmstead.outbound.outgoing import outgoing
from ohmstead.settings import Settings
from ohmstead.store.db import Db

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("line", "names"),
    [(None, ["webhooks"]), (Line("nats://127.0.0.1:1", Nats(), "me"), ["webhooks", "publication"])],
)
async def test_what_goes_out(db: Db, line: Line | None, names: list[str]) -> None:
    found = []
    for name, work in outgoing(db, Settings(), b"k" * 32, line, "me"):
        found.append(name)
        work.close()
    assert found == names
