"""The ledger's rules: a transaction is the fold of its events.

A station sends Started, Updated and Ended; they come late, twice, out of order, without the one before, days after they
happened. So nothing here trusts the order of arrival. Every piece of a transaction is the least or the greatest of what
its events say, by time and sequence number (the beginning is the earliest, the end the latest, what is missing is what
was not seen), and such a fold ends the same whatever the order. What a station sends once is never overwritten by an
event that is silent about it. Repeats are filtered before, by `matching.may_be_repeat`
and the store.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from ohmstead.domain import metering
from ohmstead.domain.metering import BEGIN, END, Meter, Reading, Register
from ohmstead.domain.sequence import Numbers
from ohmstead.domain.tokens import Limits

Kind = Literal["started", "updated", "ended"]
State = Literal["active", "ended", "inferred_ended"]
Verdict = Literal["complete", "ongoing", "lost", "end_lost", "vanished", "unanswered", "not_asked"]

_CLOCK_SET = 1_262_304_000_000_000  # 2010-01-01: a station that says it is earlier has not set its clock
_HIGHEST_POWER_W = 4e6  # more than the megawatt plug gives


class Event(Struct, frozen=True, gc=False, kw_only=True):
    """What a station told about a transaction, in the domain's words. Energy in Wh, `seq_no` None in 1.6."""

    kind: Kind
    at: int
    seq_no: int | None = None
    offline: bool = False
    trigger_reason: str | None = None
    evse_id: int | None = None
    connector_id: int | None = None
    token: str | None = None
    token_type: str | None = None
    group: str | None = None
    charging_state: str | None = None
    stopped_reason: str | None = None
    remote_start_id: int | None = None
    reservation_id: int | None = None
    meter_start: float | None = None
    meter_stop: float | None = None
    readings: tuple[Reading, ...] = ()


class Finding(NamedTuple):
    """Something odd about a transaction, for a person to read."""

    code: str
    text: str


class Fact(NamedTuple):
    """What an event changed: `started`, `updated`, `ended`, `amended` (something told before is now different: an
    event after the end, a Started after others), `gap_detected` and `gap_closed` with first and last number."""

    kind: Literal["started", "updated", "ended", "amended", "gap_detected", "gap_closed"]
    missing: tuple[int, int] | None = None


class Transaction(
    Struct,
    frozen=True,
    gc=False,
    omit_defaults=True,
    rename={
        "station_id": "station",
        "transaction_id": "transaction",
        "evse_id": "evse",
        "connector_id": "connector",
        "remote_start_id": "remote_start",
        "reservation_id": "reservation",
    },
):
    """A transaction and the state of its fold; as JSON it is the stored body.

    A field may be added (with a default) but never change its meaning: old bodies are read for ever.
    """

    id: int
    station_id: int
    transaction_id: str
    ordinal: int = 0
    """> 0 where the station used the id of an ended transaction again."""
    state: State = "active"
    events: int = 0
    started_seen: bool = False
    started_at: int = 0  # the time of Started, as long as that is missing the earliest time known
    start_seq: int = -1
    ended_at: int | None = None
    end_seq: int = -1
    last_at: int = 0
    numbers: Numbers | None = None
    evse_id: int | None = None
    connector_id: int | None = None
    token: str | None = None
    token_type: str | None = None
    group: str | None = None
    token_mark: tuple[int, int, int] | None = None
    stop_token: str | None = None
    stop_mark: tuple[int, int] | None = None
    charging_state: str | None = None
    charging_mark: tuple[int, int] | None = None
    stopped_reason: str | None = None
    remote_start_id: int | None = None
    reservation_id: int | None = None
    meters: tuple[Meter, ...] = ()
    meter_start: float | None = None
    power: tuple[int, float] | None = None
    exported: tuple[float, float] | None = None  # what it gave back: lowest and highest register, Wh
    noted: tuple[Finding, ...] = ()
    limits: Limits | None = None  # where it ends by itself, as long as that is ours to watch
    station_limits: Limits | None = None  # what its station was told to watch (E16)
    verdict: Verdict | None = None
    """How it was closed where something was missing (domain/reconciliation.py); what comes later may still fill it."""
    stop_token_type: str | None = None

    @property
    def energy_wh(self) -> float:
        """Energy from the beginning to the end of the register; never negative, never invented."""
        meter = metering.best(self.meters)
        return 0.0 if meter is None else meter.energy_wh

    @property
    def power_w(self) -> float | None:
        """The latest active power that was measured."""
        return None if self.power is None else self.power[1]

    @property
    def gaps(self) -> list[int]:
        """The missing sequence numbers, the first 1,000 of them."""
        return [] if self.numbers is None else self.numbers.listed()

    @property
    def complete(self) -> bool:
        """Started and Ended were seen, in this order, and every number in between (OCPP 2.x E, 1.3.2)."""
        return (
            self.state == "ended"
            and self.started_seen
            and self.end_seq >= self.start_seq
            and (self.numbers is None or not self.numbers.missing)
        )

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is odd about it now, each code once; what later events repair is gone again."""
        return (*self.noted, *_findings(self))


class Folded(NamedTuple):
    transaction: Transaction
    facts: tuple[Fact, ...]


_NOT_RECONCILED = "it could not be found out whether what is missing is lost"
_VERDICTS = {
    "lost": ("events_lost", "the station has nothing more to send: what is missing is lost"),
    "unanswered": ("not_reconciled", _NOT_RECONCILED),
    "not_asked": ("not_reconciled", _NOT_RECONCILED),
}
_STARTED, _UPDATED, _ENDED, _AMENDED = Fact("started"), Fact("updated"), Fact("ended"), Fact("amended")


def begin(id: int, station_id: int, transaction_id: str, ordinal: int = 0) -> Transaction:
    """A transaction of which no event is known yet; fold its first one into it."""
    return Transaction(id, station_id, transaction_id, ordinal)


def fold(transaction: Transaction, event: Event) -> Folded:
    """The transaction with one more event, and what that changed. Any order of events ends the same."""
    mark = (event.at, -1 if event.seq_no is None else event.seq_no)
    changes: dict[str, Any] = {"events": transaction.events + 1}
    gap = None if event.seq_no is None else _number(transaction, event.seq_no, changes)
    _lifecycle(transaction, event, mark, changes)
    if event.token is not None:
        _token(transaction, event, mark, changes)
    _sent_once(transaction, event, changes)
    if event.charging_state is not None and (transaction.charging_mark is None or mark >= transaction.charging_mark):
        changes["charging_state"] = event.charging_state
        changes["charging_mark"] = mark
    if event.readings or event.meter_start is not None or event.meter_stop is not None:
        _measure(transaction, event, changes)
    facts = _facts(transaction, event)
    return Folded(replace(transaction, **changes), facts if gap is None else (*facts, gap))


def note(transaction: Transaction, code: str, text: str) -> Transaction:
    """The transaction with a finding that cannot be seen in its state; each code once."""
    if any(finding.code == code for finding in transaction.noted):
        return transaction
    return replace(transaction, noted=(*transaction.noted, Finding(code, text)))


def infer_end(transaction: Transaction, at: int, reason: str | None = None) -> Folded:
    """Close an active transaction whose Ended never came. Its energy stays what was measured; a real Ended, or any
    event after `at`, shows what really happened and takes the inference back."""
    if transaction.state != "active":
        return Folded(transaction, ())
    closed = replace(transaction, state="inferred_ended", ended_at=at, stopped_reason=reason)
    return Folded(closed, (_ENDED,))


def _number(transaction: Transaction, seq_no: int, changes: dict[str, Any]) -> Fact | None:
    numbers = transaction.numbers
    if numbers is None:
        changes["numbers"] = Numbers(seq_no, seq_no)
        return None
    seen = numbers.seen(seq_no)
    if seen is None:
        return None
    if seen:
        _note(transaction, changes, "seq_no_reused", f"sequence number {seq_no} was used by more than one event")
        return None
    changes["numbers"] = after = numbers.add(seq_no)
    if seq_no > numbers.last + 1:
        return Fact("gap_detected", (numbers.last + 1, seq_no - 1))
    if seq_no < numbers.first - 1:
        return Fact("gap_detected", (seq_no + 1, numbers.first - 1))
    if numbers.missing and not after.missing:
        return Fact("gap_closed", (seq_no, seq_no))
    return None


def _lifecycle(transaction: Transaction, event: Event, mark: tuple[int, int], changes: dict[str, Any]) -> None:
    at = event.at
    if at > transaction.last_at or not transaction.events:
        changes["last_at"] = at
    if event.kind == "started":
        if not transaction.started_seen or mark < (transaction.started_at, transaction.start_seq):
            changes.update(started_seen=True, started_at=at, start_seq=mark[1])
    elif not transaction.started_seen and (not transaction.events or at < transaction.started_at):
        changes["started_at"] = at
    ended_at = transaction.ended_at
    if event.kind == "ended":
        if transaction.state != "ended" or ended_at is None or mark > (ended_at, transaction.end_seq):
            # E06.FR.09: no reason is Local
            changes.update(state="ended", ended_at=at, end_seq=mark[1], stopped_reason=event.stopped_reason or "Local")
    elif transaction.state == "inferred_ended" and ended_at is not None and at > ended_at:
        changes.update(state="active", ended_at=None, stopped_reason=None)


def _token(transaction: Transaction, event: Event, mark: tuple[int, int], changes: dict[str, Any]) -> None:
    """The start token is the earliest; one that stops the transaction counts only where there is no other."""
    stops = event.kind == "ended" or event.trigger_reason == "StopAuthorized"
    rank = 2 if not event.token else 1 if stops else 0  # 2: NoAuthorization, an empty token
    if transaction.token_mark is None or (rank, *mark) < transaction.token_mark:
        changes.update(token=event.token, token_type=event.token_type, group=event.group, token_mark=(rank, *mark))
    if stops and event.token and (transaction.stop_mark is None or mark >= transaction.stop_mark):
        changes.update(stop_token=event.token, stop_token_type=event.token_type, stop_mark=mark)  # E07.FR.02


def _sent_once(transaction: Transaction, event: Event, changes: dict[str, Any]) -> None:
    if event.evse_id:
        if transaction.evse_id is None:
            changes["evse_id"] = event.evse_id
        elif transaction.evse_id != event.evse_id:
            text = f"it began on EVSE {transaction.evse_id}, a later event names EVSE {event.evse_id}"
            _note(transaction, changes, "evse_changed", text)
    if event.connector_id and transaction.connector_id is None:
        changes["connector_id"] = event.connector_id
    if event.remote_start_id is not None and transaction.remote_start_id is None:
        changes["remote_start_id"] = event.remote_start_id
    if event.reservation_id is not None and transaction.reservation_id is None:
        changes["reservation_id"] = event.reservation_id


def _measure(transaction: Transaction, event: Event, changes: dict[str, Any]) -> None:
    registers, power = metering.measured(event.readings)
    if event.meter_start is not None:
        registers.append(Register(event.at, round(event.meter_start, 3), 0, BEGIN))
        changes["meter_start"] = event.meter_start
    if event.meter_stop is not None:
        registers.append(Register(event.at, round(event.meter_stop, 3), 0, END))
    meters = transaction.meters
    for register in registers:
        meters = metering.read(meters, register)
    if registers:
        changes["meters"] = meters
    if power is not None and (transaction.power is None or power[0] >= transaction.power[0]):
        changes["power"] = power
    changes["exported"] = metering.exported(event.readings, transaction.exported)


def _note(transaction: Transaction, changes: dict[str, Any], code: str, text: str) -> None:
    noted = changes.get("noted", transaction.noted)
    if all(finding.code != code for finding in noted):
        changes["noted"] = (*noted, Finding(code, text))


def _facts(transaction: Transaction, event: Event) -> tuple[Fact, ...]:
    ends = event.kind == "ended" and transaction.state != "ended"
    if not transaction.events:
        return (_STARTED, _ENDED) if ends else (_STARTED,)
    if ends:
        return (_ENDED,)
    if transaction.state == "ended" or event.kind == "started":
        return (_AMENDED,)
    return (_UPDATED,)


def _findings(transaction: Transaction) -> Iterable[Finding]:
    numbers, meter, over = transaction.numbers, metering.best(transaction.meters), transaction.state != "active"
    if transaction.ordinal:
        yield Finding("transaction_id_reused", f"the station used this id {transaction.ordinal} times before")
    if transaction.state == "inferred_ended":
        yield Finding("end_inferred", "its Ended event never came")
    if transaction.events and not transaction.started_seen:
        yield Finding("started_missing", "its Started event is missing")
    if numbers is not None and numbers.missing:
        yield Finding("events_missing", numbers.told())
    if transaction.verdict in _VERDICTS and over and not transaction.complete:
        yield Finding(*_VERDICTS[transaction.verdict])
    if transaction.end_seq < transaction.start_seq and transaction.state == "ended" and transaction.started_seen:
        text = f"Ended has number {transaction.end_seq}, Started {transaction.start_seq}"
        yield Finding("seq_no_backwards", text)
    if transaction.events and transaction.started_at < _CLOCK_SET:
        yield Finding("clock_not_set", "an event is dated before 2010: the station had not set its clock")
    if transaction.ended_at is not None and transaction.ended_at < transaction.started_at:
        yield Finding("ended_before_started", "by its own times it ended before it started")
    if meter is not None:
        yield from _meter_findings(meter, over)
    elif over:
        yield Finding("no_energy_register", "no event carried an energy register: the energy is not known")


def _meter_findings(meter: Meter, over: bool) -> Iterable[Finding]:
    if (text := meter.backwards()) is not None:
        yield Finding("register_backwards", text)
    if (text := meter.beyond()) is not None:
        yield Finding("register_after_end", text)
    if over and meter.begin_at == meter.end_at and meter.begin_wh == meter.end_wh:
        text = f"only one register was sent ({meter.begin_wh} Wh): the energy is not known"
        yield Finding("one_energy_register", text)
    hours = max(60_000_000, meter.span) / 3_600_000_000
    if meter.energy_wh > _HIGHEST_POWER_W * hours:
        text = f"{meter.energy_wh:.0f} Wh in {hours * 60:.0f} minutes is more than any plug gives"
        yield Finding("implausible_energy", text)
