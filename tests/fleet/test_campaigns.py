"""The engine on both databases: nobody is asked twice, caps hold, a crash in a wave loses nothing."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from sqlalchemy import bindparam, select, update

from ohmstead import blocks, runtime
from ohmstead.domain.campaigns import AGAIN, AT_ITS_SITES, Rules
from ohmstead.fleet import campaigns as engine
from ohmstead.fleet.campaigns import advance, command_of
from ohmstead.runtime import FakeClock
from ohmstead.shapes.campaign import CampaignNew, Selection
from ohmstead.store import campaigns as store
from ohmstead.store.db import Db
from ohmstead.store.resources import campaigns, stations
from ohmstead.store.statement import Statement
from ohmstead.store.tables import campaign_stations, commands
from ohmstead.store.tables import campaigns as table
from ohmstead.store.tables import stations as station_table

pytestmark = pytest.mark.anyio
blocks.discover()

ONLINE = Statement(
    update(station_table).where(station_table.c.id == bindparam("which")).values(connected_since=bindparam("since"))
)
END = Statement(
    update(commands)
    .where(commands.c.station_id == bindparam("station"), commands.c.state == "queued")
    .values(state=bindparam("to"), reason=bindparam("why"))
)
STATES = Statement(
    select(campaign_stations.c.station_id, campaign_stations.c.state).order_by(campaign_stations.c.station_id)
)
ASKED = Statement(select(commands.c.station_id, commands.c.type).order_by(commands.c.created_at, commands.c.station_id))
CAMPAIGN = Statement(select(table.c.state, table.c.reason, table.c.wave))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    one = FakeClock()
    monkeypatch.setattr(runtime, "clock", one)
    return one


class Fleet:
    """Stations 1 to n, and one campaign over them."""

    def __init__(self, db: Db, clock: FakeClock) -> None:
        self.db, self.clock = db, clock

    async def begin(self, size: int, offline: tuple[int, ...] = (), **rules: Any) -> None:
        new = CampaignNew(type="base_report", select=Selection())
        numbers = list(range(1, size + 1))
        async with self.db.transaction() as tx:
            for number in numbers:
                fields = {"identity": f"CS{number}", "registration": "accepted", "security_profile": 1}
                assert await stations.add(tx, 1, number, 0, **fields)
            await campaigns.add(tx, 1, 1, new, Rules(**rules), command_of(new), numbers, None, self.clock.at)
        await self.online(*(number for number in numbers if number not in offline))

    async def online(self, *numbers: int, since: int | None = 1) -> None:
        async with self.db.transaction() as tx:
            for number in numbers:
                await tx.execute(ONLINE, which=number, since=since)

    async def step(self, seconds: float = 1.0) -> None:
        self.clock.advance(seconds)
        assert await advance(self.db, self.clock.at) <= 1

    async def answer(self, state: str, *numbers: int, why: str | None = None) -> None:
        async with self.db.transaction() as tx:
            for number in numbers:
                await tx.execute(END, station=number, to=state, why=why)

    async def states(self) -> str:
        """One letter for each station: w r d f s."""
        return "".join(row[1][0] for row in await self.db.fetch(STATES))

    async def asked(self) -> list[int]:
        return [row[0] for row in await self.db.fetch(ASKED)]

    async def campaign(self) -> Any:
        return tuple((await self.db.fetch(CAMPAIGN))[0])


@pytest.fixture
def fleet(db: Db, clock: FakeClock) -> Fleet:
    return Fleet(db, clock)


async def test_a_canary_then_the_rest(fleet):
    await fleet.begin(5, waves=(20.0, 100.0))
    await fleet.step()
    assert await fleet.states() == "rwwww"
    await fleet.step()
    assert await fleet.asked() == [1]
    await fleet.answer("accepted", 1)
    await fleet.step()
    assert await fleet.states() == "drrrr"
    await fleet.answer("confirmed", 2, 3, 4)
    await fleet.answer("rejected", 5, why="NotSupported")
    await fleet.step()
    assert await fleet.states() == "ddddf"
    await fleet.step()
    assert (await fleet.campaign())[0] == "done"
    row = (await campaigns.stations_page(fleet.db, 1, None, 1, limit=9, cursor=None, state="failed")).rows[0]
    assert campaigns.station_form(row).reason == "NotSupported"


async def test_a_canary_that_fails_stops_it(fleet):
    await fleet.begin(5, waves=(20.0, 100.0), stop_at_failures_percent=10)
    await fleet.step()
    await fleet.answer("error", 1)
    await fleet.step()
    assert await fleet.states() == "fssss"
    state, reason, _ = await fleet.campaign()
    assert (state, "1 of 1 stations failed" in reason) == ("stopped", True)
    await fleet.step()
    assert await fleet.asked() == [1]


async def test_pace_and_caps(fleet):
    await fleet.begin(6, per_minute=2, max_in_flight=3)
    await fleet.step()
    await fleet.step()
    assert await fleet.states() == "rrwwww"
    await fleet.step(61)
    assert await fleet.states() == "rrrwww"
    await fleet.answer("accepted", 1, 2, 3)
    await fleet.step(61)
    assert await fleet.states() == "dddrrw"


async def test_so_many_of_a_site_in_an_hour(fleet: Fleet) -> None:
    """Those of no site are not counted."""
    await fleet.begin(7, per_site_and_hour=2)
    for site, numbers in ((1, (1, 2, 3)), (2, (4, 5))):
        sited = update(station_table).where(station_table.c.id.in_(numbers)).values(site_id=site)
        await fleet.db.store([], [(Statement(sited), {})])
    await fleet.step()
    assert await fleet.states() == "rrwrrrr"
    await fleet.answer("confirmed", *range(1, 8))
    await fleet.step()
    await fleet.step()
    assert (await fleet.states(), (await fleet.campaign())[1]) == ("ddwdddd", AT_ITS_SITES)
    await fleet.step(3600)
    assert await fleet.states() == "ddrdddd"


async def test_who_is_offline_has_its_turn_later(fleet):
    await fleet.begin(3, offline=(2,), waves=(50.0, 100.0))
    await fleet.step()
    await fleet.answer("accepted", 1)
    await fleet.step()
    assert await fleet.states() == "dwr"
    await fleet.answer("accepted", 3)
    await fleet.step()
    assert (await fleet.campaign())[:2] == ("running", "all that are left are offline")
    await fleet.online(2)
    await fleet.step()
    assert await fleet.states() == "drd"


async def test_silence_is_tried_again_refusal_is_not(fleet):
    await fleet.begin(2, attempts=2)
    await fleet.step()
    await fleet.answer("timed_out", 1)
    await fleet.answer("rejected", 2)
    await fleet.step()
    await fleet.step()
    assert await fleet.states() == "wf"
    await fleet.step(AGAIN / 1_000_000)
    assert await fleet.states() == "rf"
    await fleet.answer("timed_out", 1)
    await fleet.step()
    assert await fleet.states() == "ff"
    assert await fleet.asked() == [1, 2, 1]


async def test_a_crash_between_reading_and_writing_asks_nobody_twice(fleet, monkeypatch):
    await fleet.begin(4)

    async def crash(*_: Any, **__: Any) -> bool:
        raise SystemError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(store, "begin", crash)
        await fleet.step()
    assert await fleet.asked() == []
    await fleet.step()
    (one,) = await store.running(fleet.db)
    stale = await store.ready(fleet.db, 1, 0, 10, fleet.clock.at)
    assert stale == []
    decision = engine.decide(one.rules, await store.counts(fleet.db, 1, 1, fleet.clock.at), 0, engine._local(one, 0))
    await engine._write(fleet.db, one, decision, [(1, "CS1"), (2, "CS2")], fleet.clock.at)  # another node, late
    assert sorted(await fleet.asked()) == [1, 2, 3, 4]


async def test_paused_it_begins_nobody_and_an_archived_station_is_skipped(fleet):
    await fleet.begin(2)
    async with fleet.db.transaction() as tx:
        assert await store.set_state(tx, 1, "running", "paused", None, 0, 1)
    await fleet.step()
    assert await fleet.asked() == []
    async with fleet.db.transaction() as tx:
        assert await store.set_state(tx, 1, "paused", "running", None, 0, 1)
        archive = update(station_table).where(station_table.c.id == 1).values(archived_at=5)
        await tx.execute(Statement(archive))
    await fleet.step()
    assert await fleet.states() == "sr"


async def test_a_command_that_was_taken_back_is_a_failure_and_told(fleet):
    await fleet.begin(1)
    await fleet.step()
    await fleet.answer("cancelled", 1)
    await fleet.step()
    assert await fleet.states() == "f"


@pytest.mark.parametrize(
    ("new", "command"),
    [
        (("base_report", {}), {"type": "get_base_report"}),
        (("base_report", {"base": "summary"}), {"type": "get_base_report", "base": "summary"}),
        (("local_list", {}), {"type": "send_local_list"}),
        (("security_profile", {"security_profile": 2}), {"type": "upgrade_security_profile", "security_profile": 2}),
        (("renew_certificates", {}), {"type": "renew_certificate"}),
        (("command", {"type": "reset", "when": "idle"}), {"type": "reset", "when": "idle"}),
        (
            ("configuration", {"values": [{"name": "evse.current.max", "value": 16}]}),
            {"type": "set_values", "values": [{"name": "evse.current.max", "value": 16}]},
        ),
        (("root_rollover", {"roots": ["PEM"]}), {"type": "set_roots", "roots": ["PEM"]}),
    ],
)
def test_each_kind_is_a_command(new, command):
    body = command_of(CampaignNew(type=new[0], select=Selection(), params=new[1]))
    assert msgspec.json.decode(body) == command | {"if_offline": "queue"}


def test_what_no_command_takes_is_refused():
    with pytest.raises(msgspec.ValidationError):
        command_of(CampaignNew(type="base_report", select=Selection(), params={"bass": "full"}))
