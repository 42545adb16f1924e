"""Every frame is in the message log, and on disk each is stored once, wherever that is."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.serving import Csms, event, serving

pytestmark = pytest.mark.anyio


def marked(number: int) -> dict[str, Any]:
    return {"customData": {"vendorId": f"frame-{number}"}}


def stored(data_dir: Path, text: str) -> list[str]:
    """The columns that hold `text`, once for each row."""
    found = []
    db = sqlite3.connect(data_dir / "ohmstead.db")
    try:
        for (table,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
            for column in [row[1] for row in db.execute(f'PRAGMA table_info("{table}")')]:
                query = f'SELECT count(*) FROM "{table}" WHERE instr("{column}", ?) > 0'
                found += [f"{table}.{column}"] * db.execute(query, (text,)).fetchone()[0]
    finally:
        db.close()
    return found


async def logged(csms: Csms) -> list[str]:
    """The marks of all frames in the log, oldest first."""
    found = await csms.all("messages", station_id="CS1")
    marks = [one["payload"]["customData"]["vendorId"] for one in found if "customData" in (one["payload"] or {})]
    return marks[::-1]


async def test_each_frame_is_stored_once(tmp_path: Path) -> None:
    status = {"timestamp": "2025-03-01T10:00:00Z", "connectorStatus": "Available", "evseId": 1, "connectorId": 1}
    meter = {"evseId": 1, "meterValue": [{"timestamp": "2025-03-01T10:00:00Z", "sampledValue": [{"value": 1}]}]}
    calls: list[tuple[str, dict[str, Any]]] = [
        ("Heartbeat", {}),
        ("StatusNotification", status),
        ("Authorize", {"idToken": {"idToken": "GOOD", "type": "ISO14443"}}),
        ("TransactionEvent", event("Started", 0, token="GOOD", evse=1, wh=0)),
        ("TransactionEvent", event("Ended", 1, 60, wh=700)),
        ("MeterValues", meter),
        ("DataTransfer", {"vendorId": "V", "data": "x"}),
    ]
    async with serving(tmp_path) as csms:
        await csms.add_station()
        await csms.add_token("GOOD")
        async with csms.station() as station:
            for number, (action, payload) in enumerate(calls):
                await station.call(action, payload | marked(number))
            await station.socket.send(json.dumps([2, "bad", "FooBar", marked(len(calls))]))
            call = {"ocpp": {"action": "ClearCache", "payload": marked(len(calls) + 1)}}
            await station.answer(await asked(csms, station, call), {"status": "Accepted"})
        wanted = [f"frame-{number}" for number in range(len(calls) + 2)]
        await csms.until(lambda: logged(csms), lambda marks: sorted(marks) == wanted)
    where = {mark: stored(tmp_path, mark) for mark in wanted}
    own = {mark: columns for mark, columns in where.items() if mark != wanted[-1]}
    assert {len(columns) for columns in own.values()} == {1}, own
    assert own["frame-3"] == own["frame-4"] == ["ledger.request"]
    assert own["frame-0"] == ["messages.request"]
    # a command of ours is kept besides, as it was asked and as it was sent: its row is the truth, the log is not
    assert sorted(where[wanted[-1]]) == ["commands.body", "commands.calls", "messages.request"]


async def asked(csms: Csms, station: Any, command: Any) -> Any:
    await csms.command("CS1", command)
    return await station.next_call()
