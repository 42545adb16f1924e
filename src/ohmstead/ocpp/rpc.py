"""OCPP-J's message framework, without any I/O: text in, one event out; calls and answers in, text out.

The theory. Each socket has one `Peer` on either side (the CSMS and the simulator use the same one). The rules it keeps:

* one frame gives exactly one event; nothing a peer writes raises (OCPP-J 4.2.3, and the table of bad input in the
  tests). The payload is not looked at here: it is handed on as raw JSON, so that it is decoded once, typed.
* one CALL of ours is open at a time (OCPP-J 4.1.1). It ends by its answer, by `tick` past its deadline, by `give_up`
  or by `close`; an answer to anything else is ignored. A CALL of the peer never waits for ours: they may cross.
* each CALL delivered is answered once: `result` and `error` refuse an id that is not in work.

| type | name            | 1.6    | 2.0.1                   | 2.1            |
|------|-----------------|--------|-------------------------|----------------|
| 2    | CALL            | `Call` | `Call`                  | `Call`         |
| 3, 4 | CALLRESULT, CALLERROR  | `Answer` of our open call, else `Ignored` | same | same |
| 5    | CALLRESULTERROR | ignore | MessageTypeNotSupported | `ResultError`  |
| 6    | SEND            | ignore | MessageTypeNotSupported | `Send`, never answered |
| else |                 | ignore | MessageTypeNotSupported | ignore         |
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Raw, Struct

from ohmstead.ocpp.versions import V16, V21, V201, Version

if TYPE_CHECKING:
    from ohmstead.ocpp.signing import Signed

MAX_ID = 36
"""Characters of a message id (OCPP-J 4.1.4)."""
MAX_DESCRIPTION = 255
"""Characters of an errorDescription (OCPP-J 4.2.3)."""
UNREADABLE_ID = "-1"
"""The id of a CALLERROR about a frame whose own id cannot be read (OCPP-J 4.2.3)."""

CODES_2 = frozenset(
    {
        "FormatViolation",
        "GenericError",
        "InternalError",
        "MessageTypeNotSupported",
        "NotImplemented",
        "NotSupported",
        "OccurrenceConstraintViolation",
        "PropertyConstraintViolation",
        "ProtocolError",
        "RpcFrameworkError",
        "SecurityError",
        "TypeConstraintViolation",
    }
)
"""The error codes of OCPP 2.0.1 and 2.1."""
_TO_16 = {"FormatViolation": "FormationViolation", "OccurrenceConstraintViolation": "OccurenceConstraintViolation"}
_FROM_16 = {old: new for new, old in _TO_16.items()}
_ONLY_2 = {"RpcFrameworkError": "FormationViolation", "MessageTypeNotSupported": "NotSupported"}
CODES_16 = frozenset(_TO_16.get(code, code) for code in CODES_2 - _ONLY_2.keys())
"""The error codes of OCPP 1.6, misspelt ones included: its errata says that they stay so."""


def spelled(code: str, version: Version) -> str:
    """`code` as `version` writes it; a code that the version does not have becomes its nearest one or GenericError."""
    if version is V16:
        code = _ONLY_2.get(code, _TO_16.get(code, code))
        return code if code in CODES_16 else "GenericError"
    code = _FROM_16.get(code, code)
    return code if code in CODES_2 else "GenericError"


class CallError(Struct, frozen=True, gc=False):
    """What a CALLERROR or CALLRESULTERROR says, in the sender's own words."""

    code: str
    description: str = ""
    details: dict[str, Any] = {}
    ours: bool = False
    """The peer did not send this: it is our word for an answer that cannot be read."""


class Call(Struct, frozen=True, gc=False):
    """The peer asks: answer it with `Peer.result` or `Peer.error`, once."""

    message_id: str
    action: str
    payload: Raw
    signed: Signed | None = None
    """How it was signed, once it was taken out of its JWS."""


class Send(Struct, frozen=True, gc=False):
    """The peer tells (2.1 SEND): there is no answer, whatever is wrong with it (N15.FR.02)."""

    message_id: str
    action: str
    payload: Raw
    signed: Signed | None = None


class Answer(Struct, frozen=True, gc=False):
    """Our open call has ended with an answer: either `payload` or `error` is there."""

    message_id: str
    action: str
    payload: Raw | None
    error: CallError | None = None


class ResultError(Struct, frozen=True, gc=False):
    """The peer could not use a result of ours (2.1 CALLRESULTERROR)."""

    message_id: str
    error: CallError


class Reply(Struct, frozen=True, gc=False):
    """Send `frame` and do nothing else; `reason` is for the log."""

    frame: bytes
    reason: str


class Unreadable(Struct, frozen=True, gc=False):
    """The text is not a JSON array. Who has a repair for it may feed the peer again; else send `reply`, if there is
    one, and call `Peer.give_up` if `answers_open_call`."""

    text: bytes
    reply: bytes | None
    reason: str
    answers_open_call: bool = False


class Ignored(Struct, frozen=True, gc=False):
    """Nothing follows from this frame; `reason` is for the log."""

    reason: str


class TimedOut(Struct, frozen=True, gc=False):
    """Our open call was not answered in time, or (from `close`) never will be."""

    message_id: str
    action: str


Event = Call | Send | Answer | ResultError | Reply | Unreadable | Ignored


class Busy(Exception):
    """A call of ours is still open."""

    def __init__(self, message_id: str) -> None:
        super().__init__(f"The call {message_id} is still open; OCPP allows one at a time (OCPP-J 4.1.1).")


class NotInWork(LookupError):
    """An answer to a call that the peer did not make, or that was answered already."""

    def __init__(self, message_id: str) -> None:
        super().__init__(f"No call with the id {message_id!r} waits for an answer.")


_ABSENT = Raw(b"")


class _Envelope(Struct, array_like=True, gc=False):
    """Any JSON array; of a longer one, what follows the sixth element is skipped."""

    kind: Raw
    id: Raw = _ABSENT
    third: Raw = _ABSENT
    fourth: Raw = _ABSENT
    fifth: Raw = _ABSENT
    sixth: Raw = _ABSENT


_call = msgspec.json.Decoder(tuple[int, str, str, Raw])
_envelope = msgspec.json.Decoder(_Envelope)
_string = msgspec.json.Decoder(str)
_object = msgspec.json.Decoder(dict[str, Any])
_encode = msgspec.json.Encoder().encode
_BAD_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_NUMBER = re.compile(rb"-?[0-9]")
_UNANSWERABLE = re.compile(rb'\s*\[\s*([3-6])\s*(?:[,\]]|$)(?:\s*"([^"\\]*)")?')
"""The beginning of an answer or of a SEND: a CALLERROR never follows one, however broken it is."""


class Peer:
    """One side of one socket's conversation. It knows no clock: `now` is seconds of a clock that never jumps."""

    __slots__ = ("_action", "_call_timeout", "_deadline", "_in_work", "_new_id", "open_call", "version")

    def __init__(
        self, version: Version, call_timeout: float = 30.0, new_id: Callable[[], str] = lambda: str(uuid.uuid4())
    ) -> None:
        """`new_id` must never repeat for this station, not even after a restart (OCPP-J 4.1.4)."""
        self.version = version
        self.open_call: str | None = None
        """The id of our call that waits for its answer."""
        self._action = ""
        self._deadline = 0.0
        self._call_timeout = call_timeout
        self._new_id = new_id
        self._in_work: set[str] = set()

    # ---- what the peer says ----

    def receive(self, text: bytes, now: float) -> Event:
        """The one event that this frame is. Never raises."""
        try:
            kind, message_id, action, payload = _call.decode(text)
        except _BAD_JSON:
            return self._receive_carefully(text)
        if kind != 2:
            return self._receive_carefully(text)
        return self._called(message_id, action, payload)

    def _called(self, message_id: str, action: str, payload: Raw) -> Event:
        if len(message_id) > MAX_ID or "\0" in message_id:
            return self._refuse(
                None, "RpcFrameworkError", "The message id is longer than 36 characters or holds a NUL."
            )
        if "\0" in action:
            return self._refuse(message_id, "FormatViolation", "The action holds a NUL.")
        if message_id in self._in_work:
            return self._refuse(message_id, "RpcFrameworkError", "A call with this message id is in work already.")
        self._in_work.add(message_id)
        return Call(message_id, action, payload)

    def _receive_carefully(self, text: bytes) -> Event:
        """Whatever is not a well-formed CALL."""
        try:
            frame = _envelope.decode(text)
        except _BAD_JSON as error:
            return self._unreadable(text, error)
        kind = bytes(frame.kind)
        message_id = _text(frame.id)
        if kind == b"2":
            return self._wrong_call(frame, message_id)
        if kind in (b"3", b"4"):
            return self._answered(kind, frame, message_id)
        if self.version is V21 and kind == b"5":
            return (
                ResultError(message_id, _error(frame)) if message_id is not None else Ignored("no readable message id")
            )
        if self.version is V21 and kind == b"6":
            return self._told(frame, message_id)
        if not _NUMBER.match(kind):
            return self._refuse(message_id, "RpcFrameworkError", "The message type is not a number.")
        if self.version is V201:
            return self._refuse(message_id, "MessageTypeNotSupported", "This message type is not in OCPP 2.0.1.")
        return Ignored("unknown message type")

    def _wrong_call(self, frame: _Envelope, message_id: str | None) -> Event:
        if message_id is None:
            return self._refuse(None, "FormatViolation", "The message id is not a string.")
        if not frame.fourth:
            return self._refuse(message_id, "RpcFrameworkError", "A CALL has four elements; some are missing.")
        action = _text(frame.third)
        if action is None:
            return self._refuse(message_id, "FormatViolation", "The action is not a string.")
        # Part 4 chapter 7 draws a signed CALL with an extension as its fifth element.
        if frame.sixth or (frame.fifth and not action.endswith("-Signed")):
            return self._refuse(message_id, "RpcFrameworkError", "A CALL has four elements; there are more.")
        return self._called(message_id, action, frame.fourth)

    def _answered(self, kind: bytes, frame: _Envelope, message_id: str | None) -> Event:
        if message_id is None:
            return Ignored("an answer without a readable message id")
        if message_id != self.open_call:
            return Ignored("an answer to no open call: late, or never asked")
        if kind == b"4":
            return self._end_call(None, _error(frame))
        if not frame.third:
            return self._end_call(None, CallError(spelled("RpcFrameworkError", self.version), "No payload.", ours=True))
        return self._end_call(frame.third, None)

    def _told(self, frame: _Envelope, message_id: str | None) -> Event:
        action = _text(frame.third)
        if message_id is None or len(message_id) > MAX_ID or action is None or not frame.fourth:
            return Ignored("a SEND that is not [6, id, action, payload]")
        return Send(message_id, action, frame.fourth)

    def _unreadable(self, text: bytes, error: Exception) -> Unreadable:
        reason = f"not a JSON array: {error}"[:MAX_DESCRIPTION]
        answer = _UNANSWERABLE.match(text)
        if answer is None or (answer[1] in b"56" and self.version is not V21):
            frame = self._error_frame(UNREADABLE_ID, "RpcFrameworkError", "The text is not a JSON array.")
            return Unreadable(text, frame, reason)
        ours = answer[1] in b"34" and self.open_call is not None and answer[2] == self.open_call.encode()
        return Unreadable(text, None, reason, ours)

    def _refuse(self, message_id: str | None, code: str, description: str) -> Reply:
        if message_id is None or len(message_id) > MAX_ID or "\0" in message_id:
            message_id = UNREADABLE_ID
        return Reply(self._error_frame(message_id, code, description), description)

    # ---- what we say ----

    def call(self, action: str, payload: bytes, now: float) -> tuple[str, bytes]:
        """Open a call: (message id, frame). `payload` is JSON text. Raises Busy while one of ours is open."""
        if self.open_call is not None:
            raise Busy(self.open_call)
        message_id = self._new_id()
        self.open_call, self._action, self._deadline = message_id, action, now + self._call_timeout
        return message_id, b"".join((b"[2,", _encode(message_id), b",", _encode(action), b",", payload, b"]"))

    def send(self, action: str, payload: bytes) -> bytes:
        """A SEND: told, not asked. Only 2.1 has it; elsewhere ValueError."""
        self._only_21("SEND")
        return b"".join((b"[6,", _encode(self._new_id()), b",", _encode(action), b",", payload, b"]"))

    def result(self, message_id: str, payload: bytes) -> bytes:
        """The CALLRESULT of a call in work; raises NotInWork."""
        self._end_work(message_id)
        return result_frame(message_id, payload)

    def error(self, message_id: str, code: str, description: str = "", details: dict[str, Any] | None = None) -> bytes:
        """The CALLERROR of a call in work, its code in this version's spelling; raises NotInWork."""
        frame = self._error_frame(message_id, code, description, details)
        self._end_work(message_id)
        return frame

    def result_error(
        self, message_id: str, code: str, description: str = "", details: dict[str, Any] | None = None
    ) -> bytes:
        """A CALLRESULTERROR: the answer to our call is of no use (FR.06). Only 2.1; elsewhere ValueError."""
        self._only_21("CALLRESULTERROR")
        return self._error_frame(message_id, code, description, details, kind=5)

    def _end_work(self, message_id: str) -> None:
        try:
            self._in_work.remove(message_id)
        except KeyError:
            raise NotInWork(message_id) from None

    def _only_21(self, name: str) -> None:
        if self.version is not V21:
            raise ValueError(f"OCPP {self.version.name} has no {name}.")

    def _error_frame(
        self, message_id: str, code: str, description: str, details: dict[str, Any] | None = None, kind: int = 4
    ) -> bytes:
        return _encode((kind, message_id, spelled(code, self.version), description[:MAX_DESCRIPTION], details or {}))

    # ---- the end of our open call ----

    def _end_call(self, payload: Raw | None, error: CallError | None) -> Answer:
        assert self.open_call is not None
        message_id, self.open_call = self.open_call, None
        return Answer(message_id, self._action, payload, error)

    def give_up(self, reason: str) -> Answer | None:
        """End our open call: its answer came and cannot be read."""
        if self.open_call is None:
            return None
        return self._end_call(None, CallError(spelled("FormatViolation", self.version), reason, ours=True))

    def tick(self, now: float) -> TimedOut | None:
        """End our open call if its deadline has passed."""
        if self.open_call is None or now < self._deadline:
            return None
        return self.close()

    def close(self) -> TimedOut | None:
        """End our open call whatever the time; the socket is gone."""
        if self.open_call is None:
            return None
        message_id, self.open_call = self.open_call, None
        return TimedOut(message_id, self._action)


def result_frame(message_id: str, payload: bytes) -> bytes:
    """The text of a CALLRESULT, for books that are written before it is sent."""
    return b"".join((b"[3,", _encode(message_id), b",", payload, b"]"))


def _text(raw: Raw) -> str | None:
    """The JSON string that `raw` is, or None."""
    try:
        return _string.decode(raw)
    except _BAD_JSON:
        return None


def _error(frame: _Envelope) -> CallError:
    """Elements three to five of a CALLERROR. Stations leave out the last ones, or write them as null."""
    try:
        details = _object.decode(frame.fifth)
    except _BAD_JSON:
        details = {}
    return CallError(_text(frame.third) or "GenericError", _text(frame.fourth) or "", details)
