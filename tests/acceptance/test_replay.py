"""Recorded traffic of stations that nobody here wrote, said again to a fresh server.

The answers of the stations to calls of the recording's CSMS are left out; 1.6 transaction ids are those that this
server gives. Then the whole recording is said once more, message ids and all, as a station does that lost its memory of
what was answered: nothing may change.
"""

from __future__ import annotations

import json
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.serving import Csms, Station, serving

pytestmark = pytest.mark.anyio
FRAMES = Path(__file__).parents[1] / "frames"
VERSIONS = {"ocpp1.6": "1.6", "ocpp2.0.1": "2.0.1", "ocpp2.1": "2.1"}

RECORDED: dict[str, list[tuple[Any, ...]]] = {
    # token, EVSE, state, energy in Wh, events, complete, stopped reason, findings; the oldest first
    "libocpp-16-sp1": [("DEADBEEF", 1, "ended", 2500, 2, True, "Local", [])],
    "libocpp-201-sp2": [
        ("TAG001", 1, "ended", 22.44, 5, True, "Local", []),
        ("TAG002", 2, "ended", 8.16, 3, True, "Remote", []),
    ],
    "libocpp-21-offline": [
        ("TAG001", 1, "ended", 34.68, 6, True, "Local", []),
        ("TAG001", 2, "active", 20.4, 4, False, None, []),
    ],
    "mo-16-basic": [
        ("TAG001", 1, "ended", 0, 2, True, "Local", []),
        ("TAG002", 2, "ended", 0, 2, True, "SoftReset", []),
    ],
    "mo-201": [
        ("TAG001", 1, "ended", 0, 2, True, "Local", ["no_energy_register"]),
        ("TAG002", 2, "ended", 0, 2, True, "ImmediateReset", ["no_energy_register"]),
    ],
    "sap-201": [
        ("TAG001", 1, "ended", 0, 2, True, "Local", []),
        ("TAG002", 1, "ended", 0, 2, True, "Local", []),
        ("TAG001", 1, "active", 0, 1, False, None, []),
    ],
    "shiv3-201": [
        ("TAG001", 1, "ended", 1500, 2, True, "Local", []),
        ("TAG001", 1, "active", 0, 1, False, None, []),
    ],
    "vcp-16": [("TAG001", 1, "ended", 171, 3, True, "Local", [])],
    # it counts nothing, and its last register is in another unit than the ones before
    "vcp-201": [("TAG001", 1, "ended", 176.38, 3, True, "Local", ["register_backwards", "seq_no_reused"])],
}


class Replay:
    """One recording, said to a server."""

    def __init__(self, csms: Csms, name: str) -> None:
        self.csms = csms
        self.lines = [json.loads(line) for line in (FRAMES / f"{name}.jsonl").read_text().splitlines()]
        self.given: dict[str, int] = {}
        """Message id of a 1.6 StartTransaction -> the transaction id in the recording."""
        self.refused: list[tuple[str, str]] = []
        self.ours: dict[int, int] = {}
        """Transaction id in the recording -> the one of this server."""
        for line in self.lines:
            if line["dir"] == "CSMS->CS" and line["frame"][0] == 3 and "transactionId" in line["frame"][2]:
                self.given[line["frame"][1]] = line["frame"][2]["transactionId"]

    async def say(self) -> list[Any]:
        """Every frame of the station in its order; the payloads of the answers."""
        said: list[Any] = []
        async with AsyncExitStack() as sockets:
            station: Station | None = None
            for line in self.lines:
                if line["dir"] == "OPEN":
                    await sockets.aclose()
                    version = VERSIONS[line["proto"]]
                    station = await sockets.enter_async_context(self.csms.station(line["id"], version, boot=False))
                elif line["dir"] == "CS->CSMS" and line["frame"][0] == 2:
                    assert station is not None
                    said.append(await self._call(station, line["frame"]))
        return said

    async def _call(self, station: Station, frame: list[Any]) -> Any:
        _, message_id, action, payload = frame
        if (recorded := payload.get("transactionId")) in self.ours:
            payload = payload | {"transactionId": self.ours[recorded]}
        answer = json.loads(await station.raw(json.dumps([2, message_id, action, payload], separators=(",", ":"))))
        if answer[0] == 4:
            self.refused.append((action, answer[2]))
            return None
        if message_id in self.given:
            self.ours[self.given[message_id]] = answer[2]["transactionId"]
        return answer[2]


def seen(one: dict[str, Any]) -> tuple[Any, ...]:
    names = ("token", "evse_id", "state", "energy_wh", "events", "complete", "stopped_reason")
    return (*(one[name] for name in names), sorted(finding["code"] for finding in one["findings"]))


def dated(answers: list[Any]) -> list[Any]:
    """The answers that promise something: those to the transactions' messages."""
    return [one for one in answers if one and ("idTokenInfo" in one or "idTagInfo" in one)]


@pytest.mark.parametrize("name", RECORDED)
async def test_a_recording(tmp_path: Path, name: str) -> None:
    async with serving(tmp_path) as csms:
        replay = Replay(csms, name)
        for identity in {line["id"] for line in replay.lines}:
            await csms.add_station(identity)
        for token in ("TAG001", "TAG002", "DEADBEEF"):
            await csms.add_token(token)
        answers = await replay.say()
        assert len(answers) == sum(line["dir"] == "CS->CSMS" and line["frame"][0] == 2 for line in replay.lines)
        assert {code for _, code in replay.refused} <= {"NotImplemented"}
        first = await csms.transactions()
        assert [seen(one) for one in reversed(first)] == RECORDED[name]
        # once more: everything is a repeat
        before = dict(replay.ours)
        assert dated(await replay.say()) == dated(answers)
        assert replay.ours == before
        assert await csms.transactions() == first
        assert len(await csms.feed("transaction.started")) == len(first)
    async with serving(tmp_path) as csms:  # and after a restart of the server
        replay.csms = csms
        assert dated(await replay.say()) == dated(answers)
        assert await csms.transactions() == first
        assert [one for one in await csms.feed("alert") if one["data"]["code"] == "unfolded"] == []


def test_all_recordings_are_replayed() -> None:
    assert {path.stem for path in FRAMES.glob("*.jsonl")} == set(RECORDED)
