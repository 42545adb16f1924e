"""One thing that happened on a station's line: a frame with its direction, or the line's begin or end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import msgspec
from msgspec import Struct

from ohmstead.ocpp.directions import direction as sender
from ohmstead.ocpp.versions import BY_NAME, Version

Direction = Literal["cp-to-csms", "csms-to-cp"]
Kind = Literal["frame", "open", "closed"]
TO_CSMS: Direction = "cp-to-csms"
TO_STATION: Direction = "csms-to-cp"

MAX_DEPTH = 64
"""Brackets within brackets; a deeper frame counts as unreadable."""


class BadTrace(ValueError):
    """A trace that cannot be read; the text is `FILE:LINE: what was expected`."""

    def __init__(self, file: str, line: int | None, text: str) -> None:
        super().__init__(f"{file}{'' if line is None else f':{line}'}: {text}")
        self.line = line


class Record(Struct, frozen=True, kw_only=True):
    """`text` of a frame is what went over the line, byte for byte where the file had it so; of an end it is the reason.
    `line` is where it stands in its file."""

    line: int
    at: int | None = None
    """Microseconds UTC; None where the file does not say."""
    identity: str = ""
    version: str | None = None
    """1.6, 2.0.1 or 2.1."""
    kind: Kind = "frame"
    direction: Direction = TO_CSMS
    text: str = ""
    connection: str | None = None


class Frame(NamedTuple):
    """The parts of a frame: kind is 2 CALL, 3 CALLRESULT, 4 CALLERROR, 5 CALLRESULTERROR, 6 SEND."""

    kind: int
    message_id: str
    action: str
    """Empty in answers."""
    payload: Any
    code: str = ""
    description: str = ""


NAMES = {2: "CALL", 3: "CALLRESULT", 4: "CALLERROR", 5: "CALLRESULTERROR", 6: "SEND"}


def frame(text: str) -> Frame | None:
    """The parts of a frame; None when it is none of OCPP-J, or nested too deep."""
    try:
        parts = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    if not isinstance(parts, list) or deep(parts):
        return None
    match parts:
        case [int(kind), str(message_id), str(action), payload, *_] if kind in (2, 6):
            return Frame(kind, message_id, action, payload)
        case [3, str(message_id), payload, *_]:
            return Frame(3, message_id, "", payload)
        case [int(kind), str(message_id), str(code), *rest] if kind in (4, 5):
            description = rest[0] if rest and isinstance(rest[0], str) else ""
            return Frame(kind, message_id, "", rest[1] if len(rest) > 1 else {}, code, description)
    return None


def deep(value: Any) -> bool:
    """Whether a document is nested deeper than MAX_DEPTH."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [part for one in level if isinstance(one, (list, dict)) for part in _parts(one)]
        if not level:
            return False
    return True


def _parts(value: list[Any] | dict[str, Any]) -> Sequence[Any]:
    return value if isinstance(value, list) else list(value.values())


def other(direction: Direction) -> Direction:
    return TO_STATION if direction == TO_CSMS else TO_CSMS


class Said(NamedTuple):
    """A record with its frame's parts. `action` is known for answers too; `place` is its own in the list of
    all; `answer` and `call` are those of the other half of the exchange, None when it is not there."""

    place: int
    record: Record
    frame: Frame | None
    action: str
    call: int | None
    answer: int | None


def exchanges(records: Sequence[Record]) -> list[Said]:
    """Each record, calls and answers joined: an answer belongs to the latest call of the other side with its message id
    that has no answer yet."""
    frames = [frame(one.text) if one.kind == "frame" else None for one in records]
    waiting: dict[tuple[str, Direction, str], list[int]] = {}
    call_of: dict[int, int] = {}
    for place, (record, parts) in enumerate(zip(records, frames, strict=True)):
        if parts is None:
            continue
        if parts.kind == 2:
            waiting.setdefault((record.identity, record.direction, parts.message_id), []).append(place)
        elif parts.kind in (3, 4):
            calls = waiting.get((record.identity, other(record.direction), parts.message_id))
            if calls:
                call_of[place] = calls.pop()
    answer_of = {call: answer for answer, call in call_of.items()}
    said = []
    for place, (record, parts) in enumerate(zip(records, frames, strict=True)):
        asked = frames[call_of[place]] if place in call_of else parts
        action = asked.action if asked is not None else ""
        said.append(Said(place, record, parts, action, call_of.get(place), answer_of.get(place)))
    return said


def directed(records: Sequence[Record], known: Sequence[bool]) -> list[Record]:
    """The records with a direction for those where the file did not say (`known` False): calls go as OCPP has it,
    answers the other way than their call."""
    calls: dict[tuple[str, str], Direction] = {}
    found: list[Record] = []
    for record, says in zip(records, known, strict=True):
        parts = frame(record.text) if record.kind == "frame" else None
        way = record.direction
        if not says and parts is not None:
            if parts.kind in (2, 6):
                way = TO_STATION if sender(parts.action) == "csms" else TO_CSMS
            else:
                way = other(calls.get((record.identity, parts.message_id), TO_CSMS))
        if parts is not None and parts.kind == 2:
            calls[record.identity, parts.message_id] = way
        found.append(record if way == record.direction else msgspec.structs.replace(record, direction=way))
    return found


def versioned(records: Sequence[Record]) -> list[Record]:
    """The records with an OCPP version for those where the file did not say and the station's messages give it away."""
    told: dict[str, str] = {}
    for record in records:
        if record.version is not None:
            told.setdefault(record.identity, record.version)
    for record in records:
        if record.identity not in told and record.kind == "frame" and (name := _version_of(frame(record.text))):
            told[record.identity] = name
    replace = msgspec.structs.replace
    return [one if one.version else replace(one, version=told.get(one.identity)) for one in records]


def _version_of(parts: Frame | None) -> str | None:
    """Only 1.6 has a charge point's vendor, only 2.x a chargingStation. 2.0.1 stands for both of 2.x."""
    if parts is None or parts.kind != 2 or not isinstance(parts.payload, dict):
        return None
    match parts.action:
        case "BootNotification":
            return "1.6" if "chargePointVendor" in parts.payload else "2.0.1"
        case "StartTransaction" | "StopTransaction" | "GetConfiguration" | "ChangeConfiguration":
            return "1.6"
        case "TransactionEvent" | "GetVariables" | "SetVariables" | "NotifyReport":
            return "2.0.1"
    return None


def version(record: Record) -> Version | None:
    """The OCPP version of a record, where it is known."""
    return BY_NAME.get(record.version or "")
