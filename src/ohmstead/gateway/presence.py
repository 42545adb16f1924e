"""A gateway process shows the others that it lives; after they took it for dead, it says again who is connected."""

from __future__ import annotations

import asyncio

from ohmstead import runtime
from ohmstead.gateway.hub import Hub
from ohmstead.gateway.session import Session
from ohmstead.gateway.welcome import write_here
from ohmstead.store import fleet
from ohmstead.store.db import Stale, Write

SHOW_EVERY = 5.0
"""Seconds; well below fleet.SIGN_OF_LIFE."""


class Presence:
    """The sign of life of this process."""

    def __init__(self, hub: Hub) -> None:
        self._hub, self._node = hub, hub.node

    async def run(self) -> None:
        """Show it for ever."""
        while True:
            try:
                await self.show()
            except Exception as error:
                runtime.log.warning("the others may take this process for dead", error=repr(error))
            await asyncio.sleep(SHOW_EVERY)

    async def show(self) -> None:
        if await fleet.show_life(self._node.db, self._node.name, runtime.now()):
            return
        for session in list(self._hub.current.values()):
            if session.begun and not session.dead:
                self._hub.spawn(_say_here(session), "still here")


async def _say_here(session: Session) -> None:
    now = runtime.now()

    def fill(write: Write) -> None:
        if not session.dead:
            write_here(write, session.station, session.version, session.node.name, now)

    try:
        await session.commit(fill)
    except Stale:
        pass  # it is connected to another process by now
