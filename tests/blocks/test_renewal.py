"""The job that looks at all expiry dates, on a year of a fake clock."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import select, update

from ohmstead import runtime
from ohmstead.blocks.command import Unsupported
from ohmstead.blocks.renewal import RenewCertificate, renew_due
from ohmstead.domain.certificates import DAY, Accepted, Certificate
from ohmstead.domain.renewal import moment
from ohmstead.store import certificates, renewals, signing_requests
from ohmstead.store.resources import certificates as resource
from ohmstead.store.sessions import STATION_TOPIC
from ohmstead.store.statement import Statement
from ohmstead.store.tables import certificates as table_of
from ohmstead.store.tables import commands, stations
from ohmstead.store.tables import renewals as table
from tests.blocks.staging import SQLITE, Stage, converse


def certificate(number: int, now: int) -> Certificate:
    return Certificate(
        subject="s", issuer="i", common_names=("SN1",), organizations=("O",), serial_number=f"{number:x}",
        sha256=f"sha {number}", key_sha256="k", not_before=now, not_after=now + 365 * DAY,
    )  # fmt: skip


async def seen(stage: Stage, number: int) -> Certificate:
    one = certificate(number, runtime.now())
    write = stage.write()
    certificates.write_shown(write, number, Accepted(one, "A"), "PEM", runtime.now())
    await stage.put(write)
    return one


async def online(stage: Stage, since: int | None = 1) -> None:
    async with stage.db.transaction() as tx:
        await tx.execute(Statement(update(stations).values(connected_since=since)))


async def look(stage: Stage) -> int:
    return await renew_due(stage.db, stage.settings, stage.numbers.rows, runtime.now())


async def state(stage: Stage) -> list[Any]:
    return [tuple(row) for row in await stage.rows(select(table.c.state, table.c.attempts))]


@SQLITE
@pytest.mark.anyio
async def test_asked_in_its_turn_and_again_and_then_done(stage: Stage, clock: runtime.FakeClock) -> None:
    one = await seen(stage, 1)
    assert await look(stage) == 0
    assert await state(stage) == []
    clock.at = one.not_after - 90 * DAY + 1
    await look(stage)
    assert await state(stage) == [("waiting", 0)]
    clock.at = moment("CS1", one.not_before, one.not_after)
    await look(stage)
    assert await state(stage) == [("offline", 0)]
    await online(stage)
    clock.advance(600)
    assert [await look(stage), await look(stage)] == [1, 0]
    clock.advance(400)
    assert await look(stage) == 0
    assert await state(stage) == [("failed", 1)]
    clock.advance(3600)
    assert await look(stage) == 1
    assert len(await stage.rows(select(commands.c.id))) == 2
    async with stage.db.transaction() as tx:  # its station came in with another one
        await tx.execute(Statement(update(certificates.certificates).values(state="retired")))
    await look(stage)
    assert await state(stage) == []


@SQLITE
@pytest.mark.anyio
async def test_no_more_at_once_than_may(stage: Stage, clock: runtime.FakeClock) -> None:
    ends = []
    for number in (2, 3, 4):
        await stage.enter(number)
        ends.append((await seen(stage, number)).not_after)
    await online(stage)
    stage.settings = replace(stage.settings, pki=replace(stage.settings.pki, renewals_at_once=2))
    clock.at = max(ends) - DAY
    assert await look(stage) == 2
    clock.advance(1)
    assert await look(stage) == 0
    assert sorted(row[0] for row in await state(stage)) == ["asked", "asked", "waiting"]
    clock.advance(600)  # two were silent: they have made room
    assert await look(stage) == 1
    assert sorted(row[0] for row in await state(stage)) == ["asked", "failed", "failed"]


@SQLITE
@pytest.mark.anyio
async def test_a_dead_ca_does_not_let_more_in(stage: Stage, clock: runtime.FakeClock) -> None:
    """Who waits for the CA keeps its place, however long that takes."""
    for number in (2, 3):
        await stage.enter(number)
        clock.at = max(clock.at, (await seen(stage, number)).not_after - DAY)
    await online(stage)
    stage.settings = replace(stage.settings, pki=replace(stage.settings.pki, renewals_at_once=1))
    assert await look(stage) == 1
    waiting = signing_requests.SigningRequest(9, 1, 2, "charging_station", None, None, "CSR", "sha", "waiting", 0, None)
    await stage.connect(2)
    write = stage.write()
    signing_requests.write_new(write, waiting, runtime.now())
    await stage.put(write)
    for _ in range(20):
        clock.advance(301)
        assert await look(stage) == 0
    assert sorted(row[0] for row in await state(stage)) == ["signing", "waiting"]


@SQLITE
@pytest.mark.anyio
async def test_who_keeps_its_line_is_looked_at(stage: Stage, clock: runtime.FakeClock) -> None:
    """It accepted another certificate and does not come in with it."""
    one = await seen(stage, 1)
    clock.at = moment("CS1", one.not_before, one.not_after)
    await online(stage, clock.at)
    clock.advance(1)
    async with stage.db.transaction() as tx:
        await resource.add(
            tx, 1, 2, 1, certificate(2, clock.at), authority="A", chain="", csr_sha256="s", issued_by="x", now=clock.at
        )
        await tx.execute(Statement(update(table_of).where(table_of.c.id == 2).values(state="installed")))
    rung: list[str] = []
    stage.db.bus.listen(STATION_TOPIC, rung.append)
    await look(stage)  # it tells of the end that comes nearer
    await asyncio.sleep(0)
    rung.clear()
    for seconds, rings in ((299, 0), (301, 1)):
        clock.advance(seconds)
        assert await look(stage) == 0
        await asyncio.sleep(0)
        assert len(rung) == rings
    assert await state(stage) == [("installed", 0)]
    await online(stage, clock.at)  # it came back, with the old one
    clock.advance(301)
    await look(stage)
    await asyncio.sleep(0)
    assert len(rung) == 1


@SQLITE
@pytest.mark.anyio
async def test_people_are_told(stage: Stage, clock: runtime.FakeClock) -> None:
    one = await seen(stage, 1)
    found = await renewals.of_certificate(stage.db, 1)
    assert (found.identity, found.renewed) == ("CS1", None)
    for days in (90, 60, 30, 7, 6):
        clock.at = one.not_after - days * DAY + 1
        await look(stage)
    rows = await stage.rows(select(table.c.warned))
    assert [row[0] for row in rows] == [7]


@pytest.mark.parametrize(
    ("version", "action", "word"),
    [
        ("1.6", "ExtendedTriggerMessage", "SignChargePointCertificate"),
        ("2.0.1", "TriggerMessage", "SignChargingStationCertificate"),
        ("2.1", "TriggerMessage", "SignChargingStationCertificate"),
    ],
)
def test_the_trigger(version: str, action: str, word: str) -> None:
    talk = converse(RenewCertificate(), version, {"status": "Accepted"})
    assert talk.requests == [(action, {"requestedMessage": word})]
    assert talk.outcome.expects == ("message", "SignCertificate")


@pytest.mark.parametrize(
    ("version", "which", "word"),
    [
        ("2.0.1", "v2g", "SignV2GCertificate"),
        ("2.1", "v2g20", "SignV2G20Certificate"),
        ("2.1", "combined", "SignCombinedCertificate"),
        ("2.0.1", "v2g20", None),
        ("1.6", "v2g20", None),
    ],
)
def test_the_trigger_for_a_secc(version: str, which: Any, word: str | None) -> None:
    command = RenewCertificate(certificate=which, evse_id=2)
    if word is None:
        with pytest.raises(Unsupported):
            converse(command, version)
        return
    talk = converse(command, version, {"status": "Accepted"})
    assert talk.requests == [("TriggerMessage", {"requestedMessage": word, "evse": {"id": 2}})]
