"""10,000 stations that are as declared, 1 % of them changed: what it takes to see and mend that, counted.

One station is brought there on the real road; what is known of it is copied to all others, so that the fleet is there
in a second. Those that are changed are plain stations of 1.6 on lines in memory.
"""

from __future__ import annotations

import json
from pathlib import Path
from time import monotonic, process_time
from typing import Any

from sqlalchemy import bindparam, func, select, text, update

from ohmstead import runtime
from ohmstead.fleet import desired as engine
from ohmstead.ocpp.versions import V16
from ohmstead.shapes.desired import AppliesTo, Desired, LayerChange
from ohmstead.shapes.device_model import WordChange
from ohmstead.store import commands, desired
from ohmstead.store.resources import stations
from ohmstead.store.sessions import find_station
from ohmstead.store.statement import Statement
from ohmstead.store.tables import device_models, device_values, station_drift
from ohmstead.store.tables import stations as station_table
from ohmstead.store.tables.meta import DEFAULT_TENANT
from tests.steward import BEGIN, HEARTBEAT, Fleet, living

SAID = Desired(configuration=[WordChange(name="connection.heartbeat_interval", value=HEARTBEAT)])
DAY_S = 24 * 3600
_s, _v, _m, _d = station_table.c, device_values.c, device_models.c, station_drift.c
_ALL_HERE = Statement(update(station_table).values(connected_since=bindparam("now"), booted_at=bindparam("now")))
_SHIFTED = Statement(update(device_values).where(_v.station_id == bindparam("which")).values(value="17"))
_TOUCHED = Statement(
    update(device_models).where(_m.station_id == bindparam("which")).values(version=_m.version + 1)
)  # fmt: skip
_STATES = Statement(select(_d.state, func.count()).group_by(_d.state))
_LOOKS = Statement(select(_d.look_at))


class Box:
    """A plain station of 1.6 on a line in memory, which holds one key."""

    def __init__(self, session: Any) -> None:
        self.session, self.value, self.sets = session, "17", 0

    def send(self, frame: bytes) -> None:
        kind, id, *rest = json.loads(frame)
        if kind != 2:
            return
        answer: dict[str, Any] = {"status": "NotSupported"}
        if rest[0] == "ChangeConfiguration":
            self.value, self.sets, answer = rest[1]["value"], self.sets + 1, {"status": "Accepted"}
        elif rest[0] == "GetConfiguration":
            held = {"key": "HeartbeatInterval", "readonly": False, "value": self.value}
            answer = {"configurationKey": [held]}
        self.session.text(json.dumps([3, id, answer]).encode())

    def close(self, code: int, reason: str) -> None: ...

    def abort(self) -> None: ...

    def ping(self) -> None:
        self.session.pong()

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


class Counted:
    """How many statements the database runs, whoever asks."""

    def __init__(self, db: Any) -> None:
        self.count = 0
        many = db.fetch_many

        async def fetch_many(statement: Statement, **arguments: Any) -> Any:
            self.count += 1
            return await many(statement, **arguments)

        db.fetch_many = fetch_many
        for one in (db._reader, db._writer):
            one.set_trace_callback(self._one)

    def _one(self, statement: str) -> None:
        self.count += not statement.startswith(("BEGIN", "COMMIT", "--"))


async def drifted(folder: Path, size: int) -> dict[str, Any]:
    """The figures; `wrong` must be empty."""
    async with living(folder, 0) as fleet:
        boxes = await _populate(fleet, size)
        counted = Counted(fleet.db)
        found: dict[str, Any] = {"stations": size, "drifted": len(boxes), "wrong": []}
        await _until_calm(fleet, counted)
        found["nothing_to_do"] = await _until_calm(fleet, counted)
        async with fleet.db.transaction() as tx:
            for number in boxes:
                await tx.execute(_SHIFTED, which=number)
                await tx.execute(_TOUCHED, which=number)
        found["1_percent_drifted"] = await _until_calm(fleet, counted)
        if any(box.value != str(HEARTBEAT) or box.sets != 1 for box in boxes.values()):
            found["wrong"].append("a station was not set, or more than once")
        await _declare(fleet, 2)
        found["all_looked_at_anew"] = await _until_calm(fleet, counted)
        async with fleet.db.transaction() as tx:
            await tx.execute(_ALL_HERE, now=runtime.now())
        looked = await _until_calm(fleet, counted)
        found["looked_at_each_2_s"] = looked.pop("looks")
        found["all_came_back"] = looked
        found["reads_in_each_hour"] = await _by_hour(fleet)
        states = {row[0]: row[1] for row in await fleet.db.fetch(_STATES)}
        if states != {"in_step": size}:
            found["wrong"].append(f"not all are in step: {states}")
        if max(found["looked_at_each_2_s"]) > desired.AT_ONCE:
            found["wrong"].append("more are looked at in a step than may be")
        return found


async def _populate(fleet: Fleet, size: int) -> dict[int, Box]:
    """The fleet, as declared; number -> box of each hundredth."""
    async with fleet.db.transaction() as tx:
        for number in range(1, size + 1):
            assert await stations.add(
                tx, DEFAULT_TENANT, number, BEGIN, identity=f"CS{number}", registration="accepted",
                security_profile=1, certificate_cn="serial_number",
            )  # fmt: skip
    await _declare(fleet, 1)
    boxes = {number: await _come(fleet, number) for number in range(1, size + 1, 100)}
    while await engine.advance(fleet.db, fleet.settings, runtime.now()):
        await _settle(fleet)
    async with fleet.db.transaction() as tx:
        for table in ("device_values", "device_models", "station_drift"):
            await tx.execute(_copies(table, size))
        await tx.execute(_copied_rows(size))
    for box in boxes.values():
        box.value, box.sets = "17", 0
    return boxes


def _copies(table: str, size: int) -> Statement:
    """Rows of station 1 for all that have none; each with a daily read of its own still to be thought of."""
    columns = [column.name for column in station_drift.metadata.tables[table].columns]
    given = {"station_id": "s.id", "record": "json_remove(t.record, '$.asked_at')", "look_at": "0"}
    shown = ", ".join(given.get(name, f"t.{name}") for name in columns)
    return Statement(
        text(
            f"INSERT INTO {table} ({', '.join(columns)}) SELECT {shown} FROM {table} t, stations s"
            f" WHERE t.station_id = 1 AND s.id <= {size} AND s.id % 100 != 1"
        )
    )


def _copied_rows(size: int) -> Statement:
    names = ("vendor", "model", "firmware_version", "ocpp_version", "booted_at", "told", "connected_since", "version")
    given = ", ".join(f"{name} = (SELECT {name} FROM stations WHERE id = 1)" for name in names)
    return Statement(text(f"UPDATE stations SET {given} WHERE id <= {size}"))


async def _declare(fleet: Fleet, version: int) -> None:
    layer = desired.Declared(
        "heartbeat", None, LayerChange(applies_to=AppliesTo(), desired=SAID), version, runtime.now()
    )
    async with fleet.db.transaction() as tx:
        assert await desired.put_layer(tx, DEFAULT_TENANT, layer)


async def _come(fleet: Fleet, number: int) -> Box:
    station = await find_station(fleet.db, DEFAULT_TENANT, f"CS{number}")
    assert station is not None
    session = fleet.hub.session(station, V16)
    box = Box(session)
    session.opened(box)
    boot = {"chargePointModel": "M", "chargePointVendor": "V", "firmwareVersion": "1"}
    session.text(json.dumps([2, "b", "BootNotification", boot]).encode())
    await fleet.settle()
    return box


async def _settle(fleet: Fleet) -> None:
    for (station_id,) in await fleet.db.fetch(commands.WAITING):
        if (session := fleet.hub.current.get(station_id)) is not None:
            session.look()
    await fleet.settle()


async def _until_calm(fleet: Fleet, counted: Counted) -> dict[str, Any]:
    """Look every two seconds until nobody's turn comes; what that took."""
    begun, cpu, before = monotonic(), process_time(), counted.count
    looks = []
    while True:
        fleet.clock.advance(2)
        looks.append(await engine.advance(fleet.db, fleet.settings, runtime.now()))
        if not looks[-1]:
            break
        await _settle(fleet)
    return {
        "looked_at": sum(looks), "statements": counted.count - before, "wall_s": round(monotonic() - begun, 2),
        "cpu_s": round(process_time() - cpu, 2), "simulated_s": 2 * len(looks), "looks": looks[:-1],
    }  # fmt: skip


async def _by_hour(fleet: Fleet) -> list[int]:
    """How many stations are next asked in which hour of a day."""
    hours = [0] * 25
    for (at,) in await fleet.db.fetch_many(_LOOKS):
        if at < desired.NEVER:
            hours[min(24, max(0, (at - runtime.now()) // 3_600_000_000))] += 1
    return hours
