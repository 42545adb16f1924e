"""When certificates are ordered by ACME, what is kept, and what happens while the CA fails."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from ohmstead import runtime
from ohmstead.pki.acme import keeping
from ohmstead.pki.acme.keeping import keep_certificates, kept, standing, want
from ohmstead.runtime import FakeClock
from ohmstead.settings import Gateway, Settings
from ohmstead.store import acme
from ohmstead.store.db import Db
from ohmstead.store.statement import Statement
from ohmstead.store.tables import feed
from tests.pki.acme.conftest import LIFE, settings
from tests.pki.acme.pebble import Pebble

pytestmark = pytest.mark.anyio
KEY = b"k" * 32
_FEED = Statement(select(feed.c.type, feed.c.data).order_by(feed.c.sequence))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    fake = FakeClock(runtime.now())
    monkeypatch.setattr(runtime, "clock", fake)
    return fake


async def serials(db: Db, key: bytes = KEY) -> list[str]:
    found = await kept(db, key)
    return [] if found is None else [one.serial_number for one in found.certificates()]


async def told(db: Db) -> list[tuple[str, dict[str, Any]]]:
    return [(row[0].removeprefix("ohmstead.server_certificate."), json.loads(row[1])) for row in await db.fetch(_FEED)]


async def test_they_come_and_are_renewed_when_two_thirds_are_over(
    believing: Pebble, memory: Db, clock: FakeClock
) -> None:
    ours = settings(believing)
    assert await keep_certificates(memory, ours, KEY)
    first = await serials(memory)
    assert len(set(first)) == 2
    assert not await keep_certificates(memory, ours, KEY)
    clock.advance(LIFE * 0.6)
    assert not await keep_certificates(memory, ours, KEY)
    clock.advance(LIFE * 0.1)
    assert await keep_certificates(memory, ours, KEY)
    second = await serials(memory)
    assert not set(first) & set(second)
    renewed = msgspec.structs.replace(ours, gateway=Gateway(public_name="other.example"))
    assert await keep_certificates(memory, renewed, KEY)  # the settings want other names
    assert [kind for kind, _ in await told(memory)] == ["renewed"] * 3
    assert await serials(memory, b"x" * 32) == []  # sealed
    assert "PRIVATE" not in str(await acme.get(memory, acme.CERTIFICATES))


async def test_while_the_ca_fails(
    believing: Pebble, memory: Db, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = settings(believing)
    await keep_certificates(memory, ours, KEY)
    before, works = await serials(memory), keeping.Acme
    ends = runtime.rfc3339(min(one.not_after for one in (await kept(memory, KEY)).certificates()))  # type: ignore[union-attr]

    class Down:
        def __init__(self, *_: Any) -> None:
            raise keeping.NoCertificate("no route", again_after)

    again_after = 0.0
    monkeypatch.setattr(keeping, "Acme", Down)
    clock.advance(LIFE * 0.7)
    for minutes in (5, 10, 20, 40, 80, 160, 320, 640, 720, 720):
        at = clock.at
        assert not await keep_certificates(memory, ours, KEY)
        how = await standing(memory)
        assert how.next_at == at + minutes * 60_000_000
        clock.advance(minutes * 60 - 1)
        assert not await keep_certificates(memory, ours, KEY)
        assert await standing(memory) == how  # not asked before its time
        clock.advance(1)
    again_after = 86_400.0
    await keep_certificates(memory, ours, KEY)
    assert (await standing(memory)).next_at == clock.at + 86_400_000_000  # as long as the CA wants
    assert await serials(memory) == before
    kind, last = (await told(memory))[-1]
    assert (kind, last["failures"], last["reason"], last["not_after"]) == ("failed", 11, "no route", ends)

    monkeypatch.setattr(keeping, "Acme", works)
    assert not await keep_certificates(memory, ours, KEY)
    async with memory.transaction() as tx:
        await want(tx, clock.at)  # an operator has mended it
    assert await keep_certificates(memory, ours, KEY)
    assert (await standing(memory)).failures == 0


@pytest.mark.parametrize("other", ["not PEM", "another key", "another name"])
async def test_what_is_not_what_was_asked_for_is_not_used(
    believing: Pebble, memory: Db, monkeypatch: pytest.MonkeyPatch, other: str
) -> None:
    """A CA's mistake does not reach the door."""
    ours = settings(believing)
    if other == "not PEM":

        async def order(*_: Any) -> str:
            return "sorry"

        monkeypatch.setattr(keeping.Acme, "order", order)
    else:
        real = keeping.request
        names = ("csms.example",) if other == "another key" else ("wrong.example",)

        def request(_: Any, key: Any) -> bytes:
            return real(names, keeping._new_keys()[0] if other == "another key" else key)

        monkeypatch.setattr(keeping, "request", request)
        if other == "another name":
            real_order = keeping.Acme.order

            async def order_of(self: Any, _: Any, *more: Any) -> str:
                return await real_order(self, names, *more)

            monkeypatch.setattr(keeping.Acme, "order", order_of)
    assert not await keep_certificates(memory, ours, KEY)
    assert (await standing(memory)).failures == 1
    assert await kept(memory, KEY) is None


def test_nothing_is_due_without_a_directory() -> None:
    assert Settings().acme_names == ()
