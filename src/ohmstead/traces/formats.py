"""What other programs write: one reader for each form of entry.

| form | who writes it |
|---|---|
| `{"schemaVersion": "1.1", "messageType": ...}` | OCPP trace 1.1 |
| `{"t", "id", "proto", "dir", "frame"}` | recorders such as that of our own test recordings |
| `{"charger_id", "event_type", "direction", "raw_frame", "captured_at"}`, alone or in `{"messages": [...]}` | evpanda |
| `{"timestamp", "message"}`, `TIME [frame]`, `[frame]`, a JSON list of frames | ocpp-lens |
| `ID : receive [frame]` | ocpp-anonymizer |
| `ID: receive message [frame]`, `ID: send [frame]` behind any log prefix | mobilityhouse/ocpp, Home Assistant |
| `... [chargeBoxId=ID, sessionId=S] Received: [frame]` | SteVe |

A log is taken as the CSMS's: received is what the station said. A time without a zone is UTC.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from ohmstead.ocpp.versions import BY_SUBPROTOCOL
from ohmstead.traces import trace11
from ohmstead.traces.record import TO_CSMS, TO_STATION, Direction, Kind, Record
from ohmstead.traces.trace11 import Unusable, time


class Entry(NamedTuple):
    """A record, and whether the file said its direction."""

    record: Record
    directed: bool = True


_encode = msgspec.json.Encoder().encode

# ---- objects ----


def of_object(given: dict[str, Any], line: int) -> list[Entry]:
    """The records in one JSON object; none for what is known and holds no traffic. Raises Unusable."""
    if "schemaVersion" in given:
        return [Entry(trace11.read(given, line))]
    if isinstance(given.get("messages"), list):
        batch = [one for one in given["messages"] if isinstance(one, dict) and "charger_id" in one]
        return [entry for one in batch for entry in _evpanda(one, line)]
    if "charger_id" in given:
        return _evpanda(given, line)
    if "dir" in given and "frame" in given:
        return _recorder(given, line)
    if "message" in given:
        at = time(given["timestamp"]) if given.get("timestamp") is not None else None
        return [Entry(Record(line=line, at=at, text=_as_text(given["message"])), False)]
    raise Unusable("expected an OCPP trace 1.1 record, or an object of evpanda, ocpp-lens or a recorder")


def _as_text(frame: object) -> str:
    return frame if isinstance(frame, str) else str(_encode(frame).decode())


def _evpanda(given: dict[str, Any], line: int) -> list[Entry]:
    kinds: dict[object, Kind] = {0: "closed", 1: "open", 2: "frame"}
    kind = kinds.get(given.get("event_type"))
    if kind is None:
        raise Unusable(f"expected event_type 0, 1 or 2, given {given.get('event_type')!r:.40}")
    ways: dict[object, Direction] = {"FROM_CP": TO_CSMS, "TO_CP": TO_STATION}
    way = ways.get(given.get("direction"))
    if kind == "frame" and way is None:
        raise Unusable(f"expected direction TO_CP or FROM_CP, given {given.get('direction')!r:.40}")
    text = _as_text(given.get("raw_frame") or "") if kind == "frame" else ""
    if given.get("raw_frame_encoding") == "base64":
        try:
            text = base64.b64decode(text, validate=True).decode()
        except (binascii.Error, UnicodeError):
            raise Unusable("expected base64 of UTF-8 in raw_frame") from None
    record = Record(
        line=line,
        at=time(given["captured_at"]) if given.get("captured_at") is not None else None,
        identity=str(given["charger_id"]),
        kind=kind,
        direction=way or TO_CSMS,
        text=text,
        connection=str(given["connection_id"]) if given.get("connection_id") else None,
    )
    return [Entry(record)]


def _recorder(given: dict[str, Any], line: int) -> list[Entry]:
    """The head of an upgrade is left out: it holds the password."""
    word = given["dir"]
    kinds: dict[object, Kind] = {"OPEN": "open", "CLOSED": "closed", "CS->CSMS": "frame", "CSMS->CS": "frame"}
    if word in ("HTTP-UPGRADE", "END"):
        return []
    kind = kinds.get(word)
    if kind is None:
        raise Unusable(f"expected dir CS->CSMS, CSMS->CS, OPEN, CLOSED, END or HTTP-UPGRADE, given {word!r:.40}")
    protocol = BY_SUBPROTOCOL.get(str(given.get("proto")))
    record = Record(
        line=line,
        at=time(given["t"]) if given.get("t") is not None else None,
        identity=str(given.get("id", "")),
        version=protocol.name if protocol else None,
        kind=kind,
        direction=TO_STATION if word == "CSMS->CS" else TO_CSMS,
        text=_as_text(given["frame"]) if kind == "frame" else "",
    )
    return [Entry(record)]


# ---- lines of logs ----

_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[T\s]\s{0,8}(\d\d:\d\d:\d\d(?:[.,]\d{1,9})?)(Z|[+-]\d\d:?\d\d)?")
_UNIX = re.compile(r"(\d{9,16}(?:\.\d{1,9})?)\s{1,8}(?=\[)")
_STEVE = re.compile(r"\[chargeBoxId=([^,\]\s]{1,255}),\s{0,8}sessionId=([^,\]\s]{1,80})\]\s{0,8}(\S.*)", re.DOTALL)
_NAMED = re.compile(
    r"(?:^|[\s:\]])([A-Za-z0-9*_=+|@.\-]{1,48})\s?:\s{0,4}(receive(?: message)?|send)\s{1,4}(\[.*)", re.DOTALL
)
_HEAD = 400
"""Characters in which the beginning of an entry must lie."""


def of_line(text: str, line: int) -> Entry | None:
    """The record in a line of a log; None when it holds none."""
    head = text[:_HEAD]
    if "[chargeBoxId=" in head:
        return _steve(text, line)
    if " send " in head or ": send" in head or "receive" in head:
        return _named(text, line)
    stripped = text.strip()
    if stripped.startswith("["):
        return Entry(Record(line=line, text=stripped), False) if _begins_a_frame(stripped) else None
    place = text.find("[")
    if 0 < place < 60 and _begins_a_frame(text[place:]) and (at := _at(text[:place] + "[")) is not None:
        return Entry(Record(line=line, at=at, text=text[place:].strip()), False)
    return None


_FRAME = re.compile(r"\[\s{0,8}[2-6]\s{0,8},")


def _begins_a_frame(text: str) -> bool:
    return _FRAME.match(text) is not None


def _at(head: str) -> int | None:
    """The time that a line begins with."""
    if (found := _TIME.search(head)) is not None:
        return time(f"{found[1]}T{found[2]}{found[3] or ''}")
    if (found := _UNIX.match(head)) is not None:
        return time(float(found[1]))
    return None


def _steve(text: str, line: int) -> Entry | None:
    found = _STEVE.search(text, max(0, text.find("[chargeBoxId=") - 1))
    if found is None:
        return None
    word, _, frame = found[3].partition(":")
    base = Record(line=line, at=_at(text[:_HEAD]), identity=found[1], connection=found[2])
    if word in ("Received", "Sending"):
        way: Direction = TO_CSMS if word == "Received" else TO_STATION
        return Entry(replace(base, direction=way, text=frame.strip()))
    if found[3].startswith("Connection is established"):
        return Entry(replace(base, kind="open"))
    if found[3].startswith("Connection is closed"):
        return Entry(replace(base, kind="closed", text=found[3].strip()[:200]))
    return None


def _named(text: str, line: int) -> Entry | None:
    found = _NAMED.search(text[:_HEAD])
    if found is None:
        return None
    way: Direction = TO_STATION if found[2] == "send" else TO_CSMS
    frame = text[found.start(3) :].strip()
    return Entry(Record(line=line, at=_at(text[:_HEAD]), identity=found[1], direction=way, text=frame))
