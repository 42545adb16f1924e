"""What waits for a CA: signed once, tried again while the CA is down, given up when it does not give."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select

from ohmstead import runtime
from ohmstead.blocks.signing import AT_ONCE, FIRST_WAIT, sign_waiting
from ohmstead.pki import csr
from ohmstead.pki.external.pace import Paced
from ohmstead.pki.issuer import CannotIssue, Issued, IssuerDown, Order
from ohmstead.pki.local_ca import open_ca
from ohmstead.store.tables import certificates, commands, signing_requests
from tests.blocks.staging import SQLITE, Stage

pytestmark = [pytest.mark.anyio, SQLITE]
ORGANIZATION = "Ohmstead"


class Ca:
    """The embedded one, in the mood that a test gives it."""

    name = "test"

    def __init__(self, folder: Any) -> None:
        self._ca = open_ca(folder / "pki", b"k" * 32, ORGANIZATION, ())
        self.mood: Exception | None = None
        self.issued = 0
        self.meanwhile: Any = None

    async def issue(self, order: Order) -> Issued:
        if self.meanwhile is not None:
            await self.meanwhile()
        if self.mood is not None:
            raise self.mood
        self.issued += 1
        return await self._ca.issue(order)


@pytest.fixture
async def ca(stage: Stage, tmp_path: Any) -> Ca:
    await stage.enter(2, serial_number="SN1", security_profile=3)
    return Ca(tmp_path)


def fresh() -> str:
    return csr.generate(common_name="SN1", organization=ORGANIZATION)[1]


async def sign(stage: Stage, ca: Ca) -> int:
    return await sign_waiting(stage.db, {"charging_station": ca}, stage.settings, stage.numbers.rows, runtime.now())


async def states(stage: Stage, table: Any) -> list[str]:
    return [row[0] for row in await stage.rows(select(table.c.state).order_by(table.c.id))]


async def test_signed_once_and_queued_for_the_station(stage: Stage, ca: Ca) -> None:
    await stage.say("SignCertificate", {"csr": fresh(), "certificateType": "ChargingStationCertificate"})
    assert await states(stage, certificates) == []
    assert [await sign(stage, ca), await sign(stage, ca)] == [1, 0]
    assert await states(stage, certificates) == ["issued"]
    ((kind, body),) = await stage.rows(select(commands.c.type, commands.c.body))
    assert kind == "certificate_signed"
    assert json.loads(body).keys() == {"type", "certificate_id", "request"}


async def test_a_ca_that_is_down_loses_nothing(stage: Stage, ca: Ca, clock: runtime.FakeClock) -> None:
    ca.mood = IssuerDown("connection refused")
    await stage.say("SignCertificate", {"csr": fresh()})
    await sign(stage, ca)
    assert await states(stage, signing_requests) == ["waiting"]
    ((why, due),) = await stage.rows(select(signing_requests.c.reason, signing_requests.c.due_at))
    assert why == "test: connection refused"
    assert due == runtime.now() + FIRST_WAIT
    ca.mood = None
    assert await sign(stage, ca) == 0  # it is not asked all the time
    clock.advance(FIRST_WAIT / 1e6)
    assert await sign(stage, ca) == 1
    assert await states(stage, certificates) == ["issued"]


async def test_a_ca_that_refuses_ends_it(stage: Stage, ca: Ca) -> None:
    ca.mood = CannotIssue("not this name")
    await stage.say("SignCertificate", {"csr": fresh()})
    await sign(stage, ca)
    assert await states(stage, signing_requests) == ["failed"]
    assert await states(stage, commands) == []
    ca.mood = None
    await stage.connect(2)
    await stage.say("SignCertificate", {"csr": fresh()})
    await sign(stage, ca)
    assert await states(stage, certificates) == ["issued"]


async def test_a_newer_request_while_the_ca_works(stage: Stage, ca: Ca) -> None:
    """S26: only the certificate of the newest key is brought to the station; the other one is known, and retired."""
    await stage.say("SignCertificate", {"csr": fresh()})

    async def asks_again() -> None:
        ca.meanwhile = None
        await stage.say("SignCertificate", {"csr": fresh()})

    ca.meanwhile = asks_again
    await sign(stage, ca)
    assert await states(stage, signing_requests) == ["replaced", "waiting"]
    await sign(stage, ca)
    assert await states(stage, certificates) == ["retired", "issued"]
    assert len(await states(stage, commands)) == 1


async def test_a_ca_that_is_down_is_not_asked_for_each(stage: Stage, ca: Ca, clock: runtime.FakeClock) -> None:
    """And those behind it do not wait longer for it."""
    for number in range(3, 23):
        await stage.enter(number, serial_number="SN1", security_profile=3)
        await stage.say("SignCertificate", {"csr": fresh()})
    ca.mood = IssuerDown("connection refused")
    assert await sign(stage, ca) <= AT_ONCE
    ca.mood = None
    assert await sign(stage, ca) >= 20 - AT_ONCE
    clock.advance(FIRST_WAIT / 1e6)
    await sign(stage, ca)
    assert await states(stage, certificates) == ["issued"] * 20


async def test_a_pace_is_kept_and_nothing_is_lost(stage: Stage, ca: Ca, clock: runtime.FakeClock) -> None:
    paced: Any = Paced(ca, per_minute=3)
    for number in range(3, 8):
        await stage.enter(number, serial_number="SN1", security_profile=3)
        await stage.say("SignCertificate", {"csr": fresh()})
    assert [await sign(stage, paced), await sign(stage, paced)] == [3, 0]
    clock.advance(60)
    assert await sign(stage, paced) == 2
    assert await states(stage, certificates) == ["issued"] * 5
