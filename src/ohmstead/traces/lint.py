"""What is wrong or odd in a trace, without knowing what either side meant: by the schemas, by OCPP-J's rules of
conversation, and by the books of transactions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal, NamedTuple

import msgspec
from msgspec import Struct

from ohmstead.ocpp import directions, masking
from ohmstead.ocpp.codec import Refused, decode_request, decode_response
from ohmstead.ocpp.rpc import MAX_ID
from ohmstead.traces.ledger import Books
from ohmstead.traces.reading import Trace
from ohmstead.traces.record import TO_CSMS, Said, exchanges, version

Severity = Literal["error", "warning", "note"]
PATIENCE_S = 30.0
"""Seconds after which an answer counts as late (the specification leaves it open; it is the usual time-out)."""
EXAMPLES = 5
MAX_SHOWN = 300

CODES: dict[str, tuple[Severity, str]] = {
    "unreadable": ("error", "A frame is no OCPP-J message."),
    "long_message_id": ("error", f"A message id has more than {MAX_ID} characters (OCPP-J 4.1.4)."),
    "message_id_reused": ("warning", "A message id was used before in the same direction (OCPP-J 4.1.4)."),
    "two_calls_open": ("error", "A side made a call while its last one waited for its answer (OCPP-J 4.1.1)."),
    "unanswered": ("error", "A call has no answer in this trace."),
    "answer_to_nothing": ("warning", "An answer belongs to no open call of this trace."),
    "late_answer": ("warning", f"An answer took more than {PATIENCE_S:g} s."),
    "call_error": ("warning", "A call was answered with a CALLERROR."),
    "wrong_sender": ("error", "An action was sent by the side that must not send it."),
    "request_refused": ("error", "A request breaks the official schema."),
    "response_refused": ("error", "An answer breaks the official schema."),
    "unknown_field": ("warning", "A field is not in the schema."),
    "null_field": ("warning", "A field that is not there is written as null."),
    "empty_field": ("warning", "An empty list or object stands where the schema wants one element at least."),
    "time_without_zone": ("warning", "A time has no zone; OCPP wants UTC with a Z."),
    "custom_data_without_vendor": ("warning", "customData has no vendorId."),
    "version_unknown": ("note", "Neither file nor messages say which OCPP version this is: not judged by schemas."),
    "secret": ("error", "A password stands in the trace; anonymise it before it goes anywhere."),
    "before_boot": ("warning", "A station spoke before its boot was accepted (B01.FR.08, B02)."),
    "seq_no_gap": ("warning", "Sequence numbers of a transaction leave numbers out (E01)."),
    "seq_no_reused": ("warning", "A sequence number of a transaction was used twice for different events."),
    "no_start": ("note", "A transaction goes on or ends, and its beginning is not in this trace."),
    "no_end": ("note", "A transaction has no end in this trace."),
    "event_after_end": ("warning", "A transaction goes on after its end."),
    "register_backwards": ("error", "An energy register ran backwards within a transaction."),
    "clock": ("warning", "A station's clock and the recorder's are more than five minutes apart."),
    "boot_again": ("note", "A station booted more than once in this trace."),
}  # fmt: skip
"""Code -> how bad, and what it means."""


class Example(Struct, frozen=True):
    """Where a finding was seen."""

    line: int
    station: str
    text: str


class Finding(Struct):
    """One kind of thing, counted."""

    code: str
    severity: Severity
    meaning: str
    count: int
    examples: list[Example]


class Report(Struct):
    """What a trace holds, and what is odd about it; the worst first."""

    file: str
    frames: int
    skipped: int
    stations: list[str]
    versions: list[str]
    actions: dict[str, int]
    findings: list[Finding]


class Odd(NamedTuple):
    code: str
    said: Said
    text: str


def lint(trace: Trace) -> Report:
    """Judge a whole trace."""
    said = exchanges(trace.records)
    found: dict[str, Finding] = {}
    for odd in odds(said):
        severity, meaning = CODES[odd.code]
        finding = found.setdefault(odd.code, Finding(odd.code, severity, meaning, 0, []))
        finding.count += 1
        if len(finding.examples) < EXAMPLES:
            record = odd.said.record
            finding.examples.append(Example(record.line, record.identity, odd.text[:MAX_SHOWN]))
    order = {"error": 0, "warning": 1, "note": 2}
    actions: dict[str, int] = {}
    for one in said:
        if one.frame is not None and one.frame.kind in (2, 6):
            actions[one.action[:100]] = actions.get(one.action[:100], 0) + 1
    return Report(
        file=trace.file,
        frames=sum(one.record.kind == "frame" for one in said),
        skipped=trace.skipped,
        stations=sorted({one.record.identity for one in said}),
        versions=sorted({one.record.version for one in said if one.record.version is not None}),
        actions=dict(sorted(actions.items(), key=lambda item: (-item[1], item[0]))),
        findings=sorted(found.values(), key=lambda one: (order[one.severity], -one.count, one.code)),
    )


def odds(said: Sequence[Said]) -> Iterator[Odd]:
    """Everything odd, in the order of the trace; what only the end shows comes last."""
    talk, books = _Talk(), Books()
    for one in said:
        if one.record.kind != "frame":
            talk.end(one)
            continue
        if one.frame is None:
            yield Odd("unreadable", one, f"{len(one.record.text)} characters begin {one.record.text[:80]!r}")
            continue
        yield from talk.hear(one, said)
        yield from _judged(one)
        if masking.masked(one.record.text) != one.record.text and '"***"' not in one.record.text:
            yield Odd("secret", one, one.action or "an answer")
        answer = said[one.answer].frame if one.answer is not None else None
        for code, text in books.note(one, answer):
            yield Odd(code, one, text)
    for code, place, text in books.close():
        yield Odd(code, place, text)


def _judged(one: Said) -> Iterator[Odd]:
    """What the schemas say."""
    which, parts = version(one.record), one.frame
    assert parts is not None
    if which is None:
        if parts.kind == 2:
            yield Odd("version_unknown", one, one.action)
        return
    if not one.action or parts.kind in (4, 5) or one.action.endswith("-Signed"):
        return
    payload = msgspec.json.encode(parts.payload)
    asks = parts.kind in (2, 6)
    try:
        _, odd = (decode_request if asks else decode_response)(which, one.action, payload)
    except Refused as refused:
        yield Odd("request_refused" if asks else "response_refused", one, f"{one.action}: {refused}")
        return
    for finding in odd:
        yield Odd(finding.code, one, f"{one.action}: {finding.text}")


class _Talk:
    """OCPP-J's rules of conversation, station by station."""

    def __init__(self) -> None:
        self.ids: set[tuple[str, str, str]] = set()
        self.open: dict[tuple[str, str], int] = {}
        self.booted: dict[str, bool] = {}

    def end(self, one: Said) -> None:
        """The line begins or ends: nobody waits any more."""
        for way in ("cp-to-csms", "csms-to-cp"):
            self.open.pop((one.record.identity, way), None)

    def hear(self, one: Said, all: Sequence[Said]) -> Iterator[Odd]:
        parts, record = one.frame, one.record
        assert parts is not None
        if len(parts.message_id) > MAX_ID:
            yield Odd("long_message_id", one, f"{len(parts.message_id)} characters")
        if parts.kind in (2, 6):
            yield from self._called(one)
        if parts.kind == 2:
            yield from self._waits(one, all)
        elif parts.kind in (3, 4):
            yield from self._answered(one, all)
        if parts.kind == 4:
            yield Odd("call_error", one, f"{one.action or 'a call'}: {parts.code} {parts.description}".strip())
        if record.direction == TO_CSMS and parts.kind == 2:
            yield from self._registered(one, all)

    def _called(self, one: Said) -> Iterator[Odd]:
        parts, record = one.frame, one.record
        assert parts is not None
        key = (record.identity, record.direction, parts.message_id)
        if key in self.ids:
            yield Odd("message_id_reused", one, f"{parts.message_id[:MAX_ID]} ({one.action})")
        self.ids.add(key)
        sender = directions.direction(one.action.removesuffix("-Signed"))
        known = version(record)
        if known is not None and one.action not in known.messages.ACTIONS:
            return
        if sender != "both" and (sender == "station") != (record.direction == TO_CSMS):
            yield Odd("wrong_sender", one, f"{one.action} from the {'CSMS' if sender == 'station' else 'station'}")

    def _waits(self, one: Said, all: Sequence[Said]) -> Iterator[Odd]:
        record = one.record
        if one.answer is None:
            yield Odd("unanswered", one, one.action)
        key = (record.identity, record.direction)
        before = self.open.get(key)
        if before is not None:
            yield Odd("two_calls_open", one, f"{one.action} while {all[before].action} was open")
        self.open[key] = one.place

    def _answered(self, one: Said, all: Sequence[Said]) -> Iterator[Odd]:
        if one.call is None:
            yield Odd("answer_to_nothing", one, one.frame.message_id[:MAX_ID] if one.frame else "")
            return
        call = all[one.call].record
        if self.open.get((call.identity, call.direction)) == one.call:
            del self.open[call.identity, call.direction]
        if one.record.at is not None and call.at is not None:
            took = (one.record.at - call.at) / 1_000_000
            if took > PATIENCE_S:
                yield Odd("late_answer", one, f"{one.action}: {took:.1f} s")

    def _registered(self, one: Said, all: Sequence[Said]) -> Iterator[Odd]:
        identity = one.record.identity
        if one.action == "BootNotification":
            if self.booted.get(identity):
                yield Odd("boot_again", one, f"reason {_member(one, 'reason') or 'not told'}")
            answer = all[one.answer].frame if one.answer is not None else None
            status = answer.payload.get("status") if answer and isinstance(answer.payload, dict) else None
            self.booted[identity] = self.booted.get(identity, False) or status == "Accepted"
        elif identity in self.booted and not self.booted[identity]:
            yield Odd("before_boot", one, one.action)


def _member(one: Said, name: str) -> Any:
    payload = one.frame.payload if one.frame else None
    return payload.get(name) if isinstance(payload, dict) else None
