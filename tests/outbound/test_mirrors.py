"""Which stations are told to whom, as forwardings and stations come, change and go; on both databases."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select

from ohmstead.ocpp.versions import V201
from ohmstead.outbound.lines import Address, NoLine
from ohmstead.outbound.mirror import Refusal
from ohmstead.outbound.mirrors import Mirrors, Store
from ohmstead.shapes.forwarding import ForwardingChange, ForwardingNew
from ohmstead.store import ids, secrets
from ohmstead.store.lazy import Lazy
from ohmstead.store.resources import forwardings
from ohmstead.store.sessions import Passwords
from ohmstead.store.statement import Statement
from ohmstead.store.tables import audit, commands, forwarding_links

pytestmark = pytest.mark.anyio
KEY = b"k" * 32
COMMANDS = Statement(select(commands.c.type, commands.c.body))
AUDIT = Statement(select(audit.c.actor, audit.c.action, audit.c.subject))
LINKS = Statement(
    select(*(forwarding_links.c[name] for name in ("station_id", "told", "state"))).where(
        forwarding_links.c.station_id == 1
    )
)


def session(id: int, identity: str, site_id: int | None = None) -> Any:
    station = SimpleNamespace(
        id=id, tenant_id=1, identity=identity, site_id=site_id, vendor="V", model="M", serial_number=None,
        firmware_version=None, booted_at=1,
    )  # fmt: skip
    state = SimpleNamespace(station=station, connectors={})
    return SimpleNamespace(version=V201, state=state, dead=False)


class World:
    """All mirrors of a gateway whose second CSMSs are never there; whom they dialled."""

    def __init__(self, db: Any) -> None:
        self.db, self.dialled = db, list[Address]()
        self.lazy = Lazy(db)
        store = Store(db, self.lazy, ids.Ids(db, ids.ROWS, 100), Passwords(KEY), KEY)
        self.mirrors = Mirrors(store, self.dial)
        self.here: dict[int, Any] = {}
        self.mirrors.watch(self.here)

    async def dial(self, to: Address) -> Any:
        self.dialled.append(to)
        raise NoLine("it is away")

    async def add(self, id: int, **more: Any) -> None:
        sites = more.pop("sites", None)
        sealed = secrets.seal(KEY, "their secret")
        async with self.db.transaction() as tx:
            new = ForwardingNew(name="x", url=f"wss://csms{id}.example", **more)
            await forwardings.add(tx, 1, id, new, sites, sealed=sealed, now=1)
        await self.mirrors.look()

    def told(self) -> dict[str, list[int]]:
        return {
            self.here[id].state.station.identity: sorted(one.target.id for one in found)
            for id, found in self.mirrors.links.items()
        }


@pytest.fixture
async def world(db: Any) -> AsyncIterator[World]:
    one = World(db)
    one.here |= {1: session(1, "CS1"), 2: session(2, "CS2", site_id=7)}
    yield one
    await one.mirrors.close()


async def test_who_is_told_follows_what_is_declared_and_who_is_here(world: World):
    await world.add(10)
    await world.add(11, station_ids=["CS1"])
    await world.add(12, sites=[7])
    assert world.told() == {"CS1": [10, 11], "CS2": [10, 12]}
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert {one.password for one in world.dialled} == {"their secret"}

    world.here[3] = session(3, "CS3")
    world.mirrors.came(3)
    world.here[1].state.station.site_id = 7  # moved: found with the next look
    await world.mirrors.look()
    assert world.told() == {"CS1": [10, 11, 12], "CS2": [10, 12], "CS3": [10]}

    row = await forwardings.find(world.db, 1, "10")
    assert row is not None
    async with world.db.transaction() as tx:
        assert await forwardings.change(tx, 1, row, forwardings.columns(ForwardingChange(enabled=False)))
    await world.mirrors.look()
    assert world.told() == {"CS1": [11, 12], "CS2": [12]}
    async with world.db.transaction() as tx:
        await forwardings.remove(tx, 1, 11)
        await forwardings.remove(tx, 1, 12)
    await world.mirrors.look()
    assert world.told() == {}


async def test_a_station_of_another_tenant_is_never_told(world: World):
    world.here[1].state.station.tenant_id = 2
    await world.add(10)
    assert world.told() == {"CS2": [10]}


async def test_what_is_told_waits_and_a_change_of_address_begins_anew(world: World):
    await world.add(10)
    world.mirrors.told(1, "NotifyEvent", b"{}", b"{}")
    [before] = world.mirrors.links[1]
    world.here[1] = session(1, "CS1")
    world.mirrors.came(1)
    assert world.mirrors.links[1] == [before]  # a new session, the same line
    assert len(before.outbox) == 1
    world.mirrors.gone(1)
    assert before._left_at is not None


async def test_a_command_of_the_second_one_is_one_of_ours(world: World):
    await world.add(10, commands=["ClearCache"])
    [mirror] = world.mirrors.links[1]
    for action, payload, code in (
        ("ClearCache", b'{"x":1}', "FormatViolation"),
        ("RemoteStopTransaction", b"{}", "NotImplemented"),
    ):
        with pytest.raises(Refusal) as refused:
            await mirror._ask(mirror.here, mirror.target, action, payload)
        assert refused.value.code == code
    asking = asyncio.create_task(mirror._ask(mirror.here, mirror.target, "ClearCache", b"{}"))
    async with asyncio.timeout(10):
        while not (rows := await world.db.fetch(COMMANDS)):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert [tuple(row) for row in rows] == [("ocpp", '{"ocpp":{"action":"ClearCache","payload":{}}}')]
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    [line] = await world.db.fetch(AUDIT)
    assert tuple(line) == ("forwarding:10", "command.create", "CS1")


async def test_transactions_of_1_6_and_figures_are_kept(world: World):
    await world.add(10)
    [mirror] = world.mirrors.links[1]
    mirror._books.remember(1, 100)
    mirror._books.remember(1, 101)
    mirror._books.remember(2, 102)
    mirror._books.forget(2)
    await world.lazy.flush()
    assert await mirror._books.running() == {1: 101}
    mirror.told = 3
    mirror.show()
    await world.lazy.flush()
    assert [tuple(row) for row in await world.db.fetch(LINKS)] == [(1, 3, "connecting")]
