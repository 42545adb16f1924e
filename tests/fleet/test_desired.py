"""The engine: one command at a time, nothing asked twice after a crash, pace; tests/acceptance/test_desired.py shows it
over sockets."""

from __future__ import annotations

import pytest
from sqlalchemy import bindparam, select, update

from ohmstead import blocks
from ohmstead.fleet import desired as engine
from ohmstead.settings import Settings, Stations
from ohmstead.shapes.desired import AppliesTo, Desired, DesiredMessage, DesiredText, LayerChange
from ohmstead.shapes.device_model import WordChange
from ohmstead.store import desired, display_messages
from ohmstead.store.db import Db
from ohmstead.store.resources import stations
from ohmstead.store.statement import Statement
from ohmstead.store.tables import commands, station_drift
from ohmstead.store.tables import stations as station_table

pytestmark = pytest.mark.anyio
blocks.discover()
WORDS = [WordChange(name="connection.heartbeat_interval", value=77)]
COMES = Statement(
    update(station_table)
    .where(station_table.c.id == bindparam("which"))
    .values(connected_since=1, ocpp_version="1.6", booted_at=1)
)
ASKED = Statement(select(commands.c.station_id, commands.c.type).order_by(commands.c.created_at, commands.c.station_id))
END = Statement(update(commands).values(state=bindparam("to"), reason=bindparam("why")))
STATES = Statement(select(station_drift.c.state).order_by(station_drift.c.station_id))
MINUTE = 60_000_000


async def a_fleet(db: Db, size: int, said: Desired) -> None:
    async with db.transaction() as tx:
        for number in range(1, size + 1):
            assert await stations.add(tx, 1, number, 0, identity=f"CS{number}", registration="accepted",
                                      security_profile=1)  # fmt: skip
            await tx.execute(COMES, which=number)
        declared = LayerChange(applies_to=AppliesTo(), desired=said)
        await desired.put_layer(tx, 1, desired.Declared("all", None, declared, 1, 1))


async def step(db: Db, at: int, **stations: object) -> list[str]:
    await engine.advance(db, Settings(stations=Stations(**stations)), at)  # type: ignore[arg-type]
    return [row[0] for row in await db.fetch(STATES)]


async def test_one_command_for_each_and_none_twice(db: Db) -> None:
    await a_fleet(db, 3, Desired(configuration=WORDS))
    assert await desired.heartbeat(db, 1) is None
    assert await step(db, 10) == ["working"] * 3
    assert await desired.heartbeat(db, 1) == 77, "the answer to a boot says so too"
    assert await step(db, 11) == ["working"] * 3, "also after a crash: the rows are the truth"
    assert [tuple(row) for row in await db.fetch(ASKED)] == [(1, "set_values"), (2, "set_values"), (3, "set_values")]
    async with db.transaction() as tx:
        await tx.execute(END, to="rejected", why="NotSupported")
    assert await step(db, 12) == ["waiting"] * 3
    assert await step(db, 13 + MINUTE) == ["working"] * 3
    assert len(await db.fetch(ASKED)) == 6


async def test_one_that_is_led_elsewhere_is_left_alone(db: Db) -> None:
    """Until it is there, or back: its list of network profiles is not as declared on purpose."""
    await a_fleet(db, 3, Desired(configuration=WORDS))
    async with db.transaction() as tx:
        for which, column, kept in ((1, "csms_migration", '{"step":"watching"}'), (2, "upgrade", '{"step":"proof"}')):
            leads = update(station_table).where(station_table.c.id == which).values({column: kept})
            await tx.execute(Statement(leads))
    assert await step(db, 10) == ["working"]
    async with db.transaction() as tx:
        ended = {"csms_migration": '{"step":"returned"}', "upgrade": '{"step":"done"}'}
        await tx.execute(Statement(update(station_table).values(**ended)))
    assert await step(db, 11) == ["working"] * 3


async def test_a_fleet_is_not_asked_all_at_once(db: Db, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "MOST_UNDER_WAY", 2)
    await a_fleet(db, 3, Desired(configuration=WORDS))
    assert await step(db, 10) == ["working"] * 2
    assert await step(db, 11) == ["working"] * 2, "the third waits until one of them is done"
    async with db.transaction() as tx:
        await tx.execute(END, to="rejected", why="NotSupported")
    await step(db, 12)
    assert len(await step(db, 13)) == 3


async def test_nothing_is_asked_where_no_calls_are_made_on_our_own(db: Db) -> None:
    await a_fleet(db, 1, Desired(configuration=WORDS))
    assert await step(db, 10, unasked_calls=()) == ["held"]
    assert not await db.fetch(ASKED)


async def test_what_a_station_only_accepted_is_read_before_it_counts(db: Db) -> None:
    """It takes the message, and its report does not have it: that is tried in vain, and no change by hand."""
    said = Desired(display_messages=[DesiredMessage(id=7, texts=[DesiredText(text="Hello")])])
    await a_fleet(db, 1, said)
    async with db.transaction() as tx:
        await tx.execute(Statement(update(station_table).values(ocpp_version="2.1")))
    assert await step(db, 10) == ["working"]
    shown = {"priority": "NormalCycle", "state": None, "evse_id": None,
             "texts": [{"format": "UTF8", "language": None, "text": "Hello"}]}  # fmt: skip
    await db.store([], [display_messages.put(1, 1, 7, shown, 10)])
    async with db.transaction() as tx:
        await tx.execute(END, to="accepted", why=None)
    assert await step(db, 11) == ["working"], "it is asked"
    assert sorted(row[1] for row in await db.fetch(ASKED)) == ["get_display_messages", "set_display_message"]
    await db.store([], [display_messages.dropped(1, 7)])
    async with db.transaction() as tx:
        await tx.execute(END, to="accepted", why=None)
    assert await step(db, 12) == ["waiting"]
    record = (await desired.one(db, 1)).record
    (trial,) = record.trials.values()
    assert (trial.attempts, record.restored, record.settled) == (1, {}, {})
    assert trial.reason == "the station accepted it, and it is still unknown"
