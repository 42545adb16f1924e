"""What nobody waits for: the message log and the list of refused handshakes."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from ohmstead import runtime
from ohmstead.gateway.node import Node
from ohmstead.ocpp.masking import masked
from ohmstead.store import ledger
from ohmstead.store.db import DatabaseGone
from ohmstead.store.ids import Ids
from ohmstead.store.refusals import REFUSED
from ohmstead.store.sessions import Station
from ohmstead.store.statement import Append

MOST_WORDS = 500


class Journal:
    """Writes rows beside the work; in trouble they are lost, and counted."""

    def __init__(self, node: Node, spawn: Callable[[Coroutine[Any, Any, None], str], None]) -> None:
        self._node, self._spawn = node, spawn

    def message(
        self, station: Station, direction: str, action: str | None, frame: str, answer: str | None, at: int,
        answered_at: int, invalid: str | None,
    ) -> None:  # fmt: skip
        """A frame and its answer; passwords in them are masked."""
        said = (masked(frame), None, None) if answer is None else (masked(frame), masked(answer), answered_at)
        row = (station.tenant_id, station.id, at, direction, action, *said, invalid and invalid[:MOST_WORDS])
        self._spawn(self._write(self._node.numbers.frames, ledger.MESSAGES, row), "log")

    def refusal(
        self, tenant_id: int, peer: str, target: str | None, identity: str | None, status: int, code: str, reason: str
    ) -> None:
        """A station that was turned away, where people find it (`GET /refusals`). What follows a question mark may be a
        password, and is left out."""
        self._node.counts.refused[code] += 1
        shown = None if target is None else target.partition("?")[0][:300]
        row = (tenant_id, runtime.now(), peer, shown, identity, status, code, reason[:MOST_WORDS])
        self._spawn(self._write(self._node.numbers.rows, REFUSED, row), "refusal")

    async def _write(self, numbers: Ids, rows: Append, row: tuple[Any, ...]) -> None:
        try:
            number = await numbers.take()
        except DatabaseGone:
            self._node.lazy.dropped += 1
            return
        self._node.lazy.append(rows, (number, *row))
