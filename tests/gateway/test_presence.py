"""A gateway process that was taken for dead says again who is connected to it."""

from __future__ import annotations

import pytest

from ohmstead.gateway.presence import Presence
from ohmstead.store.fleet import SIGN_OF_LIFE, bury_dead
from tests.playbook import Playbook

pytestmark = pytest.mark.anyio


async def test_taken_for_dead(each_book: Playbook) -> None:
    presence = Presence(each_book.hub)
    await presence.show()
    await each_book.add_station()
    talk = await each_book.connect()
    await talk.boots()
    db = each_book.hub.node.db
    await presence.show()
    assert await bury_dead(db, each_book.clock.at + SIGN_OF_LIFE + 1) == 1
    assert (await each_book.row())["connected_since"] is None
    each_book.clock.advance(SIGN_OF_LIFE / 1e6 + 1)
    await presence.show()
    await each_book.quiet()
    row = await each_book.row()
    assert (row["connected_since"], row["node"]) == (each_book.clock.at, "node")
    told = await each_book.feed()
    assert told[-2:] == ["station.disconnected", "station.connected"]
