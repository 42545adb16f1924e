"""OCPP trace 1.1: one JSON object a line, for each frame of a station's line.

The format has no place for a line's begin and end, nor for what is no OCPP-J message (or a SEND or CALLRESULTERROR of
2.1). Those go as side records: without `messageType`, all of their own in `meta`; who wants none leaves them out.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace

from ohmstead.runtime import from_datetime, rfc3339
from ohmstead.traces.record import NAMES, TO_CSMS, TO_STATION, Record, Said

VERSION = "1.1"
_TYPES = {"CALL": 2, "CALLRESULT": 3, "CALLERROR": 4}
_encode = msgspec.json.Encoder().encode


class Unusable(ValueError):
    """This object is no record of the format; the text says what was expected."""


def line(said: Said, sides: bool = True) -> str | None:
    """One line, without its end; None for a side record where those are not wanted."""
    record, parts = said.record, said.frame
    known: dict[str, Any] = {"schemaVersion": VERSION, "timestamp": rfc3339(record.at or 0)}
    if record.version is not None:
        known["ocppVersion"] = record.version
    known["transport"] = "json"
    if record.identity:
        known["chargePointId"] = record.identity
    meta: dict[str, Any] = {} if record.connection is None else {"connection": record.connection}
    if record.at is None:
        meta["timestamp"] = "unknown"
    if parts is None or parts.kind > 4:
        if not sides:
            return None
        meta["side"] = record.kind
        shown = {"direction": record.direction, "raw": record.text} if record.kind == "frame" else {"why": record.text}
        return _text({**known, "meta": meta | shown})
    known |= {"direction": record.direction, "messageType": NAMES[parts.kind], "messageId": parts.message_id}
    if said.action:
        known["action"] = said.action
    if parts.kind == 4:
        known["error"] = {"code": parts.code, "description": parts.description, "details": parts.payload}
    else:
        known["payload"] = parts.payload
    known["raw"] = record.text
    return _text(known | ({"meta": meta} if meta else {}))


def _text(known: dict[str, Any]) -> str:
    return str(_encode(known).decode())


def read(given: dict[str, Any], number: int) -> Record:
    """The record in one object; what is unknown in it is ignored. Raises Unusable."""
    if not str(given.get("schemaVersion", "")).startswith("1."):
        raise Unusable(f"expected schemaVersion 1.x, given {given.get('schemaVersion')!r:.40}")
    if given.get("transport", "json") != "json":
        raise Unusable(f"expected transport json, given {given['transport']!r:.40}")
    meta = given["meta"] if isinstance(given.get("meta"), dict) else {}
    version, identity, connection = given.get("ocppVersion"), given.get("chargePointId", ""), meta.get("connection")
    base = Record(
        line=number,
        at=None if meta.get("timestamp") == "unknown" else time(given.get("timestamp")),
        identity=identity if isinstance(identity, str) else "",
        version=version if isinstance(version, str) else None,
        connection=connection if isinstance(connection, str) else None,
    )
    if "messageType" not in given and meta.get("side") in ("open", "closed"):
        return replace(base, kind=meta["side"], text=str(meta.get("why", "")))
    holder = given if "messageType" in given else meta
    direction = holder.get("direction")
    if direction not in (TO_CSMS, TO_STATION):
        raise Unusable(f"expected direction {TO_CSMS} or {TO_STATION}, given {direction!r:.40}")
    return replace(base, direction=direction, text=_frame(given, holder))


def _frame(given: dict[str, Any], holder: dict[str, Any]) -> str:
    """The frame: as it was, else put together from its parts."""
    raw = holder.get("raw")
    if isinstance(raw, str):
        return raw
    kind, message_id = _TYPES.get(str(given.get("messageType"))), given.get("messageId", "")
    if kind is None:
        raise Unusable(f"expected messageType CALL, CALLRESULT or CALLERROR, given {given.get('messageType')!r:.40}")
    if kind == 2:
        if not isinstance(given.get("action"), str):
            raise Unusable("expected an action in a CALL")
        return _text_of([2, message_id, given["action"], given.get("payload", {})])
    if kind == 3:
        return _text_of([3, message_id, given.get("payload", {})])
    error = given.get("error")
    if not isinstance(error, dict):
        raise Unusable("expected an error in a CALLERROR")
    return _text_of([4, message_id, error.get("code", ""), error.get("description", ""), error.get("details", {})])


def _text_of(parts: list[Any]) -> str:
    return str(_encode(parts).decode())


def time(text: object) -> int:
    """Microseconds UTC of a time of RFC 3339, or of seconds since 1970; without a zone it is UTC. Raises Unusable."""
    try:
        if isinstance(text, (int, float)) and not isinstance(text, bool):
            return _seconds(float(text))
        return from_datetime(msgspec.convert(str(text).strip().replace(",", "."), datetime))
    except (msgspec.ValidationError, ValueError, OverflowError):
        raise Unusable(f"expected a time such as 2026-01-31T12:00:00Z, given {text!r:.40}") from None


def _seconds(value: float) -> int:
    """Seconds, milliseconds or microseconds since 1970, told by their size; ValueError beyond the year 5000."""
    scale = 1_000_000 if value < 1e11 else 1_000 if value < 1e14 else 1
    if not 0 <= value * scale < 9.6e16:
        raise ValueError(value)
    return int(value * scale)
