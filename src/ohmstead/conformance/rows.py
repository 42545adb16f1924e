"""Cases as rows: what an operator asks for, what the station answers, and what it tells before and afterwards."""

from __future__ import annotations

import json

from msgspec import Struct

from ohmstead.conformance.case import Play, add, wanted
from ohmstead.conformance.cases.transactions import Charging
from ohmstead.conformance.talk import Talk, Words
from ohmstead.ocpp.versions import Version

Call = tuple[str, Words]
"""Action and payload."""


class Row(Struct, frozen=True):
    """One case. In payloads the word TRANSACTION stands for the id of the station's transaction."""

    id: str
    title: str
    requirements: str
    action: str
    payload: Words
    answer: Words
    then: tuple[Call, ...] = ()
    charging: bool = False
    """With a transaction of the station going on."""
    also: tuple[tuple[str, Words, Words], ...] = ()
    """What is asked for after that: action, payload, answer."""


class Told(Struct, frozen=True):
    """A case in which the station alone speaks."""

    id: str
    title: str
    requirements: str
    calls: tuple[Call, ...]
    charging: bool = False


ACCEPTED, REJECTED = {"status": "Accepted"}, {"status": "Rejected"}
EVSE = {"evse": {"id": 1}}
CONNECTOR = {"evse": {"id": 1, "connectorId": 1}}
HEARTBEAT_INTERVAL = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}
OFFLINE_THRESHOLD = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "OfflineThreshold"}}
TOKEN = {"idToken": {"idToken": "CONFORM-ACCEPTED", "type": "ISO14443"}}
AT = "2025-11-24T16:00:00Z"


def told(action: str, *payloads: Words) -> tuple[Call, ...]:
    """A call for each of the payloads."""
    return tuple((action, payload) for payload in payloads)


def add_rows(rows: list[Row], versions: tuple[Version, ...]) -> None:
    """Make each of them a case."""
    for row in rows:
        add(row.id, row.title, row.requirements, versions, _ordered(row))


def add_told(rows: list[Told], versions: tuple[Version, ...]) -> None:
    """Make each of them a case."""
    for row in rows:
        add(row.id, row.title, row.requirements, versions, _told(row))


def _ordered(row: Row) -> Play:
    async def play(talk: Talk) -> None:
        await talk.boots()
        charging = await _begun(talk, row.charging)
        for action, payload, answer in ((row.action, row.payload, row.answer), *row.also):
            meant = _filled(payload, charging)
            asked = await talk.order(action, meant)
            as_it_was_asked(asked.payload, meant)
            await talk.answers(asked, _filled(answer, charging))
        await _rest(talk, row.then, charging)

    return play


def _told(row: Told) -> Play:
    async def play(talk: Talk) -> None:
        await talk.boots()
        await _rest(talk, row.calls, await _begun(talk, row.charging))

    return play


async def _begun(talk: Talk, wanted: bool) -> Charging | None:
    if not wanted:
        return None
    charging = Charging(talk)
    await charging.start()
    return charging


async def _rest(talk: Talk, calls: tuple[Call, ...], charging: Charging | None) -> None:
    for action, words in calls:
        await talk.calls(action, _filled(words, charging))
    if charging is not None:
        await charging.end()
    await talk.alive()


def _filled(payload: Words, charging: Charging | None) -> Words:
    if charging is None:
        return payload
    filled: Words = json.loads(json.dumps(payload).replace("TRANSACTION", charging.id))
    return filled


def as_it_was_asked(came: Words, asked: Words) -> None:
    """Every field that was asked for came with its value; more may have come."""
    for name, value in asked.items():
        wanted(name in came, f"{name} was asked for and did not come")
        told = came[name]
        if isinstance(value, dict) and isinstance(told, dict):
            as_it_was_asked(told, value)
        else:
            wanted(
                told == value, f"{name} was asked to be {json.dumps(value)[:100]}, it came as {json.dumps(told)[:100]}"
            )
