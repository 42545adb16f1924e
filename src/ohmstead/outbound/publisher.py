"""The publisher: brings the whole feed to a stream of NATS JetStream, at least once, in the order of the feed.

One process at a time does it. A batch is read, published and acknowledged; then the cursor moves. Whatever dies in
between, the batch goes out again, and JetStream drops what it has: the id of a message is that of its event.
"""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import msgspec

from ohmstead import runtime
from ohmstead.bus.line import Line
from ohmstead.bus.local import Bell
from ohmstead.settings import Settings
from ohmstead.store import leases, publications
from ohmstead.store.db import FEED_TOPIC, Db
from ohmstead.store.publications import Behind
from ohmstead.store.resources import events

if TYPE_CHECKING:
    from nats.js import JetStreamContext

LEASE, LEASE_S = "publication of the feed", 30
WORD = "events"
"""Of the subjects, behind the prefix."""
LOOK_AGAIN = 1.0
TRY_AGAIN = 2.0
"""Seconds until the next connection after one that broke."""
EVENTS_AT_ONCE = 500
PATIENCE = 10.0
"""Seconds in which a batch must be acknowledged."""
DUPLICATES = 600
"""Seconds in which a stream that we make knows a message again."""
ROOM = 512
"""Bytes of a message for its headers."""
_PLAIN = re.compile(rb"[A-Za-z0-9_\-=:+|@]")


class Publisher:
    """Publishes on `line`; `me` names this process."""

    def __init__(self, db: Db, settings: Settings, line: Line, me: str) -> None:
        self._db, self._settings, self._line, self._me = db, settings, line, me
        self._stream = settings.events.nats_stream
        self._target = f"nats:{self._stream}"

    async def run(self) -> None:
        """Publish for ever."""
        try:
            while True:
                try:
                    await self._talk()
                except Exception as error:
                    runtime.log.warning("the feed is not published", error=repr(error))
                await asyncio.sleep(TRY_AGAIN)
        finally:
            with suppress(Exception):
                await leases.release(self._db, LEASE, self._me)

    async def _talk(self) -> None:
        """Publish over one connection until it breaks."""
        with Bell(self._db.bus, FEED_TOPIC) as bell:
            connection = await self._line.open(lambda: None)
            try:
                client = connection.client
                stream = client.jetstream(timeout=PATIENCE)
                await self._ensure_stream(stream)
                while client.is_connected:
                    if not await self.publish(stream, client.max_payload):
                        await bell.wait(LOOK_AGAIN)
            finally:
                await connection.end()

    async def _ensure_stream(self, stream: JetStreamContext) -> None:
        """Make the stream unless there is one; one that is there is the operator's, and stays as it is."""
        from nats.js.api import StreamConfig
        from nats.js.errors import NotFoundError

        try:
            await stream.stream_info(self._stream)
        except NotFoundError:
            days = self._settings.retention.feed
            config = StreamConfig(
                name=self._stream,
                subjects=[self._line.subject(WORD, ">")],
                max_age=days * 86_400,
                duplicate_window=DUPLICATES,
            )
            await stream.add_stream(config)

    async def publish(self, stream: JetStreamContext, most_bytes: int) -> bool:
        """Bring each tenant's next events; False when there are none, or another process does it."""
        now = runtime.now()
        if not await leases.take(self._db, LEASE, self._me, now, now + LEASE_S * 1_000_000):
            return False
        waiting = await publications.behind(self._db, self._target)
        for tenant in waiting:
            await self._batch(stream, tenant, most_bytes)
        return bool(waiting)

    async def _batch(self, stream: JetStreamContext, tenant: Behind, most_bytes: int) -> None:
        found = await events.after(self._db, tenant.tenant_id, None, tenant.cursor, EVENTS_AT_ONCE)
        if found and found[0]["sequence"] > tenant.cursor + 1 and tenant.cursor:
            runtime.log.error(
                "events were no longer kept when they could be published",
                tenant=tenant.name, after=tenant.cursor, before=found[0]["sequence"],
            )  # fmt: skip
        async with asyncio.timeout(PATIENCE):
            answers = [
                await stream.publish_async(
                    subject(self._line, tenant.name, row),
                    body(row, most_bytes - ROOM),
                    stream=self._stream,
                    headers=headers(row),
                )
                for row in found
            ]
            await asyncio.gather(*answers)
        if found:
            await publications.passed(self._db, self._target, tenant.tenant_id, found[-1]["sequence"])


def subject(line: Line, tenant: str, row: dict[str, Any]) -> str:
    """`ohmstead.events.default.CS7.transaction.started`; `_` in place of the station where the event is of none."""
    return line.subject(WORD, word(tenant), word(row["subject"]), row["type"].removeprefix("ohmstead."))


def word(text: str | None) -> str:
    """A text as one word of a subject: what NATS would misunderstand is written as in URLs (%2E is a dot)."""
    if not text:
        return "_"
    if text == "_":
        return "%5F"
    one_by_one = (bytes([byte]) for byte in text.encode())
    return "".join(byte.decode() if _PLAIN.match(byte) else f"%{byte.hex().upper()}" for byte in one_by_one)


def headers(row: dict[str, Any]) -> dict[str, str]:
    return {"Nats-Msg-Id": events.form(row).id, "content-type": "application/cloudevents+json"}


def body(row: dict[str, Any], most_bytes: int) -> bytes:
    """The CloudEvent as in `GET /events`. One that is too big for the server says where its data is to be had."""
    event = events.form(row)
    whole = msgspec.json.encode(event)
    if len(whole) <= most_bytes:
        return whole
    where = f"/api/v1/events?after={event.sequence - 1}&limit=1"
    return msgspec.json.encode(msgspec.to_builtins(msgspec.structs.replace(event, data=None)) | {"dataref": where})
