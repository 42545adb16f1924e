"""Words to bytes and back: payloads as dicts in the spec's own names, judged by the generated types both ways."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from ohmstead.ocpp.base import check
from ohmstead.ocpp.codec import decode_request, decode_response, encode
from ohmstead.ocpp.versions import Version
from ohmstead.simulator.outbox import Words


class Frame(NamedTuple):
    """One frame of the log. `action` is known for answers too; `payload` of a CALLERROR holds code, description and
    details; a frame that cannot be read has kind 0."""

    at: int
    """Simulated time, microseconds UTC."""
    kind: int
    message_id: str
    action: str
    payload: Words
    text: bytes


def judge(version: Version, name: str, words: Words) -> None:
    """Hold `words` against the schema of message `name`; raises msgspec.ValidationError."""
    msgspec.convert(words, getattr(version.messages, name), dec_hook=check)


def compose(version: Version, name: str, words: Words) -> bytes:
    """The JSON of message `name` (`HeartbeatRequest`); raises as `judge` does."""
    judge(version, name, words)
    # The words themselves go out, not the struct: a station names its measurands even where they are the default.
    return encode(words)


def read_request(version: Version, action: str, payload: msgspec.Raw) -> Words:
    """The words of a request; raises codec.Refused."""
    return _words(decode_request(version, action, payload)[0])


def read_response(version: Version, action: str, payload: msgspec.Raw) -> Words:
    """The words of an answer; raises codec.Refused."""
    return _words(decode_response(version, action, payload)[0])


def frame(at: int, text: bytes, action: str = "") -> Frame:
    """`text` for the log; `action` names the call that it answers."""
    try:
        parts = msgspec.json.decode(text)
        kind, message_id = int(parts[0]), str(parts[1])
        if kind == 3:
            return Frame(at, kind, message_id, action, parts[2], text)
        if kind in (2, 6):
            return Frame(at, kind, message_id, parts[2], parts[3], text)
        error = {"code": parts[2], "description": parts[3], "details": parts[4]}
    except (msgspec.DecodeError, LookupError, TypeError, ValueError):
        return Frame(at, 0, "", "", {}, text)
    return Frame(at, kind, message_id, action, error, text)


def _words(message: object) -> Words:
    words: Words = msgspec.to_builtins(message)
    return words
