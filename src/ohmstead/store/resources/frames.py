"""OCPP-J frames as they are stored, taken apart to be shown."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from ohmstead.shapes.command import CallFailure

_list = msgspec.json.Decoder(list[msgspec.Raw])


class Frame(NamedTuple):
    """A frame's parts; payloads stay JSON as they came."""

    message_id: str | None
    action: str | None
    payload: Any
    error: CallFailure | None
    signed: Any = None
    """The JWS that the payload was in (ocpp/signing.py)."""


def read(text: str | None) -> Frame | None:
    """The parts of a CALL, SEND, CALLRESULT or CALLERROR; None for anything else."""
    try:
        parts = _list.decode(text or "")
        kind, message_id = _plain(parts[0]), str(_plain(parts[1]))
        if kind in (2, 6):
            return Frame(message_id, str(_plain(parts[2])), parts[3], None, parts[4] if len(parts) > 4 else None)
        if kind == 3:
            return Frame(message_id, None, parts[2], None, parts[3] if len(parts) > 3 else None)
        if kind in (4, 5):
            return Frame(message_id, None, None, CallFailure(str(_plain(parts[2])), str(_plain(parts[3]))))
    except (msgspec.DecodeError, IndexError):
        pass
    return None


def _plain(part: msgspec.Raw) -> Any:
    return msgspec.json.decode(part)
