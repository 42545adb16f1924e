"""A simulated fleet of every persona is brought to what is declared of it, with frames in memory and a clock of ours.

Real are the database, sessions, dispatch, the group commit and the steward; the stations are those of the simulator,
which knows nothing of our rules: what they hold in the end is read from them, not from us. Some are away, some refuse,
accept and do nothing, are silent or reboot when they are set, and somebody changes things at others.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from time import process_time
from typing import Any

from ohmstead import blocks, runtime
from ohmstead.blocks import Numbers
from ohmstead.bus.local import LocalBus
from ohmstead.domain import desired as rules
from ohmstead.fleet import desired as engine
from ohmstead.gateway.hub import Hub
from ohmstead.gateway.node import Node
from ohmstead.ocpp.versions import Version
from ohmstead.settings import Settings
from ohmstead.settings import Stations as StationSettings
from ohmstead.shapes.charging import Period, ProfileNew, Schedule
from ohmstead.shapes.desired import (
    AppliesTo,
    Desired,
    DesiredChargingProfile,
    DesiredFirmware,
    DesiredMessage,
    DesiredMonitor,
    DesiredRoots,
    DesiredTariff,
    DesiredText,
    LayerChange,
)
from ohmstead.shapes.device_model import WordChange
from ohmstead.shapes.tariff import TariffElement, TariffNew
from ohmstead.simulator import Endpoint, Station
from ohmstead.simulator.connection import CannotConnect, LineClosed
from ohmstead.simulator.persona import load, names
from ohmstead.simulator.transfers import Carried, Porter, Transfer
from ohmstead.store import commands, desired, ids
from ohmstead.store import schema as schemas
from ohmstead.store.commands import end_overdue
from ohmstead.store.db import Db
from ohmstead.store.lazy import Lazy
from ohmstead.store.resources import desired as shown
from ohmstead.store.resources import stations, tariffs
from ohmstead.store.sessions import Passwords, find_station
from ohmstead.store.sqlite import Sqlite
from ohmstead.store.tables.meta import DEFAULT_TENANT
from ohmstead.store.writer import Writer
from tests.simulator.test_certificates import CA, certificate

BEGIN = 1_764_000_000_000_000
HEARTBEAT, SAMPLED = 1800, 900
TEXT, FIRMWARE, LIMIT, TARIFF = "Welcome", "9.9", 16.0, "day"
ROOT = certificate("Fleet", CA.public_key(), "Fleet", CA, runtime.to_datetime(BEGIN - 3600_000_000))
OF_ALL = Desired(
    configuration=[
        WordChange(name="connection.heartbeat_interval", value=HEARTBEAT),
        WordChange(name="meter.sample_interval", value=SAMPLED),
    ],
    local_list=True,
    charging_profiles=[
        DesiredChargingProfile(
            evse_id=0,
            profile=ProfileNew(
                purpose="TxDefaultProfile",
                kind="Relative",
                schedules=[Schedule(unit="A", periods=[Period(start_s=0, limit=LIMIT)])],
            ),
        )
    ],
    firmware=DesiredFirmware(version=FIRMWARE, location="http://files.example/fw.bin", signed=False),
    restart="when_idle",
)
OF_2 = Desired(
    monitors=[
        DesiredMonitor(component="EVSE", evse_id=1, variable="Power", type="UpperThreshold", value=9000.0, severity=4)
    ],
    display_messages=[DesiredMessage(id=7, texts=[DesiredText(text=TEXT, language="en")])],
    root_certificates=[DesiredRoots(roots=[ROOT])],
)
"""What 1.6 does not have."""
OF_21 = Desired(tariffs=[DesiredTariff(tariff_id=TARIFF)])
MOODS = (*[""] * 5, "refuses", "does nothing", "silent", "away", "falls over", "changed there", "keeps its firmware")
"""What comes on top of the persona; the first five are most of the fleet."""
SETTERS = ("SetVariables", "ChangeConfiguration", "UpdateFirmware", "SetChargingProfile", "InstallCertificate")
MANNERS = {"refuses": "error InternalError", "does nothing": "ignore", "silent": "silence", "falls over": "reboot"}
EXCUSED = {
    "bad-modem": "its line loses frames, answers too",
    "tree-flat-ac": "it has no EVSE of which a monitor could watch the power",
    "boots-when-triggered": "after an update it does not say which version it has until somebody asks it to boot",
}
"""Personas that cannot get there, and why."""
UNTOLD = ("it was not asked yet", "a command is under way")
"""No reasons."""
EVERY = 2
"""Seconds between two looks of the steward's job."""
STATIONS_EVERY = 20
"""Seconds of which the stations get notice at once: each costs them as much as a call."""
CHANGED_AT = 50
STEPS = (2,) * 30 + (60,) * 15 + (600,) * 12 + (6 * 3600,) * 5 + (60,) * 5
"""Seconds between two looks: the first minute as it is, then the waits of the steward in long steps, with a day
after which it reads what may have been changed, and time to mend that."""


class _Line:
    """The station's end of a pipe."""

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe
        self.inbox: asyncio.Queue[bytes | None] = asyncio.Queue()

    async def send(self, frame: bytes, *, parts: int = 1, binary: bool = False) -> None:
        if self._pipe.ended:
            raise LineClosed("it is closed")
        self._pipe.session.text(bytes(frame))

    async def receive(self) -> bytes:
        if (frame := await self.inbox.get()) is None:
            raise LineClosed("it was closed")
        return frame

    async def close(self) -> None:
        self._pipe.end(1000)

    def abort(self) -> None:
        self._pipe.end(1006)

    def freeze(self, frozen: bool) -> None: ...

    def eat_pings(self, eaten: bool) -> None: ...


class Pipe:
    """A socket in memory: our `Transport`, and a line for the station."""

    def __init__(self, session: Any) -> None:
        self.session, self.ended = session, False
        self.line = _Line(self)

    def end(self, code: int) -> None:
        if not self.ended:
            self.ended = True
            self.line.inbox.put_nowait(None)
            asyncio.get_running_loop().call_soon(self.session.closed, code, "")

    def send(self, frame: bytes) -> None:
        self.line.inbox.put_nowait(frame)

    def close(self, code: int, reason: str) -> None:
        self.end(code)

    def abort(self) -> None:
        self.end(1006)

    def ping(self) -> None:
        self.session.pong()

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


class Shelf(Porter):
    """Firmware without a socket."""

    async def carry(self, one: Transfer, tls: Any = None) -> Carried:
        return Carried(200, f"version: {FIRMWARE}\n".encode())


class Member:
    """One simulated station, and what is odd about it."""

    def __init__(self, fleet: Fleet, number: int, persona: str, version: str, mood: str) -> None:
        self.identity, self.mood, self.persona = f"CS{number:05}", mood, persona
        self.station = Station(
            self.identity, url="ws://x", version=version, persona=persona, speed=None, seed=number, start=BEGIN,
            evses=1, resolution_s=600, dial=fleet.dial,
        )  # fmt: skip
        self.station.controller.conversation.history = 20
        self.station._porter = Shelf()
        if mood == "keeps its firmware":
            self.station.faults.firmware = "unchanged"
        self._faults = self.station.faults.answers
        if mood in MANNERS:
            for action in SETTERS:
                self._faults[action] = MANNERS[mood]

    @property
    def version(self) -> str:
        return self.station.version.name

    def held(self) -> list[str]:
        """What the station itself has otherwise than declared, of what its version can have."""
        controller, wrong = self.station.controller, []
        for variable, value in (
            ("OCPPCommCtrlr.HeartbeatInterval", HEARTBEAT),
            ("SampledDataCtrlr.TxUpdatedInterval", SAMPLED),
        ):
            found = controller.variables[variable].value
            if found != str(value):
                wrong.append(f"{variable} is {found}")
        if controller.updates.version != FIRMWARE:
            wrong.append(f"its firmware is {controller.updates.version}")
        limits = [one.schedule.periods[0].limit for one in controller.profiles]
        if LIMIT not in limits:
            wrong.append(f"its profiles have the limits {limits}")
        if self.version == "2.1" and {one["tariffId"] for one in controller.tariffs._default.values()} != {"day.1"}:
            wrong.append("it has another tariff")
        if self.version != "1.6":
            if ROOT not in controller.certificates.trusted:
                wrong.append("it does not trust the root")
            displays = controller.dialect.handlers["SetDisplayMessage"].__self__  # type: ignore[attr-defined]
            if TEXT not in [one["message"]["content"] for one in displays.shown() if one["id"] == 7]:
                wrong.append("the message is not shown")
            if not any(one.value == 9000.0 for one in controller.monitoring._monitors.values()):
                wrong.append("there is no such monitor")
        return wrong


class Fleet:
    """All of it; `living` makes one."""

    def __init__(self, db: Db, clock: runtime.FakeClock, size: int, seed: int) -> None:
        self.db, self.clock, self.dice = db, clock, Random(seed)
        self.settings = Settings(stations=StationSettings(unasked_calls=("reconcile", "base_report", "boot")))
        self.members: list[Member] = []
        kinds = [(one, version) for one in names() for version in load(one).versions]
        self.dice.shuffle(kinds)
        for number in range(size):
            persona, version = kinds[number % len(kinds)]
            self.members.append(Member(self, number + 1, persona, version, MOODS[number % len(MOODS)]))
        self.under_way: list[int] = []
        """Most commands under way in each step."""
        self.looks = 0
        self._owed = 0.0

    # ---- our process

    async def begin(self) -> None:
        numbers = Numbers(
            *(ids.Ids(self.db, name) for name in (ids.FRAMES, ids.TRANSACTIONS, ids.TRANSACTIONS_16, ids.ROWS))
        )
        self.writer, self.lazy = Writer(self.db, 0), Lazy(self.db)
        passwords = Passwords(b"k" * 32)
        self.node = Node("node", self.settings, self.db, (self.writer,), self.lazy, numbers, passwords, None)
        self.writer.start()
        self.hub = Hub(self.node)

    async def end(self) -> None:
        """Our process dies: what it had in memory is gone, its sockets too."""
        for session in list(self.hub.current.values()):
            line = session.transport
            session.closed(1006, "")
            if line is not None:
                line.abort()
        await self.hub.close()
        await self.writer.close()

    async def dial(self, endpoint: Endpoint) -> _Line:
        station = await find_station(self.db, DEFAULT_TENANT, endpoint.identity)
        if station is None:
            raise CannotConnect("nobody knows it")
        version: Version = endpoint.version
        pipe = Pipe(self.hub.session(station, version))
        pipe.session.opened(pipe)
        return pipe.line

    # ---- the fleet

    async def populate(self) -> None:
        """Registered, declared for, then they come."""
        async with self.db.transaction() as tx:
            for number, one in enumerate(self.members, 1):
                assert await stations.add(
                    tx, DEFAULT_TENANT, number, runtime.now(), identity=one.identity, registration="accepted",
                    security_profile=1, certificate_cn="serial_number",
                )  # fmt: skip
            newer, newest = (
                AppliesTo(station_ids=[one.identity for one in self.members if one.version in versions])
                for versions in (("2.0.1", "2.1"), ("2.1",))
            )
            day = TariffNew(currency="EUR", name="n", elements=[TariffElement(per="kwh", price="0.4")])
            await tariffs.add(tx, DEFAULT_TENANT, TARIFF, 1, day, runtime.now())
            for id, applies_to, said in (
                ("all", AppliesTo(), OF_ALL), ("newer", newer, OF_2), ("newest", newest, OF_21)
            ) if self.members else ():  # fmt: skip
                layer = LayerChange(applies_to=applies_to, desired=said)
                await desired.put_layer(tx, DEFAULT_TENANT, desired.Declared(id, None, layer, 1, runtime.now()))
        for one in self.members:
            if one.mood != "away":
                await one.station.connect(retry=True)
                one.station.controller.life.boot("PowerUp") if one.station.persona.boot.unasked else None
        await self.settle()

    async def settle(self) -> None:
        """Let everything happen that can happen now, without time."""
        calm = 0
        while calm < 4:
            await asyncio.sleep(0)
            waiting = sum(one.open_answer is not None for one in self.hub.current.values())
            if len(self.hub._tasks) > waiting:
                await asyncio.wait(list(self.hub._tasks), timeout=0.02, return_when=asyncio.FIRST_COMPLETED)
                calm = 0
            else:
                calm += 1
        await self.lazy.flush()

    async def step(self, seconds: float) -> None:
        """Time goes on: for us, for the stations, and both look at what came of it."""
        self.clock.advance(seconds)
        self.hub.tick()
        self._owed += seconds
        if self._owed >= STATIONS_EVERY:
            for one in self.members:
                if one.mood != "away":
                    await one.station.wait(self._owed, settle=False)
            self._owed = 0.0
        await self.settle()
        await end_overdue(self.db, runtime.now())
        most = 0
        while looked := await engine.advance(self.db, self.settings, runtime.now()):
            self.looks += looked
            most = max(most, await desired.under_way(self.db, DEFAULT_TENANT))
            await self._commands()
            if seconds <= EVERY:
                break
            self.clock.advance(EVERY)  # the job looks again, and time goes on
        self.under_way.append(most)

    async def _commands(self) -> None:
        """Let the sessions put what is queued to their stations."""
        for (station_id,) in await self.db.fetch(commands.WAITING):
            if (session := self.hub.current.get(station_id)) is not None:
                session.look()
        await self.settle()

    async def live(self, restart_at: int | None = None) -> None:
        """All steps; with our death in the middle of step `restart_at`."""
        for number, seconds in enumerate(STEPS):
            await self.step(seconds)
            if number == restart_at:
                await self.end()
                await self.begin()
            if number == CHANGED_AT:
                for one in self.members:
                    if one.mood == "changed there":
                        one.station.controller.variables["OCPPCommCtrlr.HeartbeatInterval"].value = "17"

    # ---- what came of it

    async def account(self) -> dict[str, Any]:
        """`wrong` is what must not be: in step by our books and not by the station's, out of step without a reason,
        or an ordinary station that was not brought there."""
        wrong: list[str] = []
        states: Counter[str] = Counter()
        reasons: Counter[str] = Counter()
        told = await engine.situation(self.db, DEFAULT_TENANT)
        found = await shown.DRIFT.page(self.db, DEFAULT_TENANT, None, order="id", limit=10**6)
        drift = {row["identity"]: row for row in found.rows}
        for number, one in enumerate(self.members, 1):
            place = await desired.one(self.db, number)
            checks = (await engine.compare(self.db, place, told)).checks
            out = [check for check in checks if not check.same]
            state = drift[one.identity]["state"] if one.identity in drift else "unknown"
            states[state] += 1
            for check in out:
                why = rules.why(check, place.record)
                reasons[f"{check.what}: {why}"] += 1
                if place.connected_since is not None and why.startswith(UNTOLD):
                    wrong.append(f"{self.named(one)}: {check.what} {state}, {why}")
            if place.ocpp_version is None and one.mood != "away":
                wrong.append(f"{self.named(one)} never came")
            if checks and not out and (lies := one.held()):
                wrong.append(f"{self.named(one)} counts as in step, and {', '.join(lies)}")
            if one.mood in ("", "changed there") and one.persona not in EXCUSED and out:
                wrong.append(f"{self.named(one)} is ordinary, and not so: {[check.what for check in out]}")
        return {"stations": len(self.members), "wrong": wrong, "states": dict(states), "reasons": dict(reasons),
                "looks": self.looks, "most_under_way": max(self.under_way)}  # fmt: skip

    def named(self, one: Member) -> str:
        return f"{one.identity} ({one.persona}, {one.version}{', ' + one.mood if one.mood else ''})"


@asynccontextmanager
async def living(folder: Path, size: int, seed: int = 1) -> AsyncIterator[Fleet]:
    """A fleet in a database of its own; its clock is ours as long."""
    blocks.discover()
    path = folder / "fleet.db"
    if not path.exists():
        await schemas.upgrade(f"sqlite:///{path}")
    clock, before = runtime.FakeClock(BEGIN), runtime.clock
    runtime.clock = clock
    db = Sqlite(path, LocalBus())
    try:
        await db.start()
        fleet = Fleet(db, clock, size, seed)
        await fleet.begin()
        await fleet.populate()
        yield fleet
        await fleet.end()
        for one in fleet.members:
            await one.station.close()
    finally:
        await db.close()
        runtime.clock = before


async def lived(folder: Path, size: int, seed: int = 1, restart_at: int | None = 5) -> dict[str, Any]:
    """What came of a fleet."""
    begun = process_time()
    async with living(folder, size, seed) as fleet:
        await fleet.live(restart_at)
        return {**await fleet.account(), "cpu_s": round(process_time() - begun, 1)}
