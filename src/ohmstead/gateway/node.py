"""What all sessions of this process share."""

from __future__ import annotations

from dataclasses import dataclass, field

from ohmstead.blocks import Numbers
from ohmstead.gateway.counts import Counts
from ohmstead.settings import Settings
from ohmstead.store.db import Db, Write
from ohmstead.store.lazy import Lazy
from ohmstead.store.sessions import Passwords
from ohmstead.store.writer import Writer


@dataclass(frozen=True)
class Node:
    """One gateway process: its way to the database, and its name among the others."""

    name: str
    settings: Settings
    db: Db
    writers: tuple[Writer, ...]
    lazy: Lazy
    numbers: Numbers
    passwords: Passwords
    counts: Counts = field(default_factory=Counts)

    def writer(self, station_id: int) -> Writer:
        """The lane of a station; always the same one, so its writes keep their order."""
        return self.writers[station_id % len(self.writers)]

    def put(self, write: Write) -> None:
        """Store `write` without waiting; a session that is no longer current has nothing more to say."""
        done = self.writer(write.station_id).put(write)
        done.add_done_callback(lambda future: future.exception())
