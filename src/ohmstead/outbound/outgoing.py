"""All that brings events out, for whoever starts it."""

from __future__ import annotations

from collections.abc import Coroutine, Iterator
from typing import Any

from ohmstead.bus.line import Line
from ohmstead.outbound.courier import Courier
from ohmstead.outbound.publisher import Publisher
from ohmstead.settings import Settings
from ohmstead.store.db import Db


def outgoing(
    db: Db, settings: Settings, server_key: bytes, line: Line | None, me: str
) -> Iterator[tuple[str, Coroutine[Any, Any, None]]]:
    """(name, work that goes on for ever): webhooks, and the feed to NATS where there is a `line` to it."""
    yield "webhooks", Courier(db, settings, server_key, me).run()
    if line is not None:
        yield "publication", Publisher(db, settings, line, me).run()
