"""The books of a trace's transactions: enough to see gaps, repeats and registers that run backwards. They are its own:
nothing here decides what a server makes of the same messages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from ohmstead.runtime import from_datetime
from ohmstead.traces.record import TO_CSMS, Frame, Said

CLOCK_S = 300.0
MAX_OPEN = 100_000
"""Transactions that are kept in mind; a trace of more than that is not one that people read."""
_ENERGY = "Energy.Active.Import.Register"


@dataclass
class Book:
    """One transaction."""

    first: Said
    begun: bool
    seq_nos: dict[int, Any] = field(default_factory=dict)
    ended: bool = False
    register: float | None = None
    register_at: int = 0
    """Of which time the register is: values are often told again at the end."""


class Books:
    """All transactions of all stations."""

    def __init__(self) -> None:
        self._books: dict[tuple[str, str], Book] = {}

    def note(self, one: Said, answer: Frame | None) -> list[tuple[str, str]]:
        """(code, text) of what is odd about a message."""
        parts = one.frame
        if parts is None or parts.kind != 2 or one.record.direction != TO_CSMS or not isinstance(parts.payload, dict):
            return []
        match parts.action:
            case "TransactionEvent":
                return [*_clock(one, parts.payload), *self._event(one, parts.payload)]
            case "StartTransaction":
                return [*_clock(one, parts.payload), *self._start(one, parts.payload, answer)]
            case "StopTransaction" | "MeterValues":
                return self._goes_on(one, parts)
            case "StatusNotification":
                return list(_clock(one, parts.payload))
        return []

    def close(self) -> Iterator[tuple[str, Said, str]]:
        """(code, its first message, text) of what only the end shows."""
        for (_, name), book in self._books.items():
            if not book.ended:
                yield "no_end", book.first, name[:50]
            numbers = sorted(book.seq_nos)
            if numbers and book.begun:
                missing = numbers[-1] - numbers[0] + 1 - len(numbers)
                if missing:
                    yield "seq_no_gap", book.first, f"{name[:50]}: {missing} between {numbers[0]} and {numbers[-1]}"

    def _book(self, one: Said, name: str, begun: bool) -> tuple[Book | None, bool]:
        key = (one.record.identity, name)
        book = self._books.get(key)
        if book is None and len(self._books) < MAX_OPEN:
            book = self._books[key] = Book(one, begun)
            return book, True
        return book, False

    def _event(self, one: Said, payload: dict[str, Any]) -> Iterator[tuple[str, str]]:
        info, kind = payload.get("transactionInfo"), payload.get("eventType")
        name = info.get("transactionId") if isinstance(info, dict) else None
        if not isinstance(name, str):
            return
        book, new = self._book(one, name, kind == "Started")
        if book is None:
            return
        if new and kind != "Started":
            yield "no_start", f"{name[:50]}: begins with {kind!r:.20}"
        same = (kind, payload.get("timestamp"))
        number = payload.get("seqNo")
        if isinstance(number, int):
            if number in book.seq_nos and book.seq_nos[number] != same:
                yield "seq_no_reused", f"{name[:50]}: {number}"
            elif book.ended and number not in book.seq_nos and not payload.get("offline"):
                yield "event_after_end", f"{name[:50]}: {kind!r:.20} with seqNo {number}"
            book.seq_nos.setdefault(number, same)
        book.ended = book.ended or kind == "Ended"
        yield from _registers(book, name, payload.get("meterValue"))

    def _start(self, one: Said, payload: dict[str, Any], answer: Frame | None) -> Iterator[tuple[str, str]]:
        number = answer.payload.get("transactionId") if answer and isinstance(answer.payload, dict) else None
        if isinstance(number, int):
            book, _ = self._book(one, str(number), True)
            if book is not None:
                book.register = _number(payload.get("meterStart"))
        return iter(())

    def _goes_on(self, one: Said, parts: Frame) -> list[tuple[str, str]]:
        number = parts.payload.get("transactionId")
        if not isinstance(number, int) or isinstance(number, bool):
            return list(_clock(one, parts.payload))
        found = list(_clock(one, parts.payload))
        book, new = self._book(one, str(number), False)
        if book is None:
            return found
        if new:
            found.append(("no_start", f"{number}: begins with {parts.action}"))
        if parts.action == "StopTransaction":
            book.ended = True
            stop = _number(parts.payload.get("meterStop"))
            if stop is not None and book.register is not None and stop < book.register:
                found.append(("register_backwards", f"{number}: from {book.register:g} to {stop:g} Wh"))
        else:
            found += _registers(book, str(number), parts.payload.get("meterValue"))
        return found


def _registers(book: Book, name: str, values: Any) -> Iterator[tuple[str, str]]:
    for at in values if isinstance(values, list) else ():
        if not isinstance(at, dict) or (told := moment(at.get("timestamp")) or 0) < book.register_at:
            continue
        samples, book.register_at = at.get("sampledValue"), told
        for sample in samples if isinstance(samples, list) else ():
            if not isinstance(sample, dict) or sample.get("measurand", _ENERGY) != _ENERGY or sample.get("phase"):
                continue
            value = _wh(sample)
            if value is None:
                continue
            if book.register is not None and value < book.register - 0.5:
                yield "register_backwards", f"{name[:50]}: from {book.register:g} to {value:g} Wh"
            book.register = value


def _wh(sample: dict[str, Any]) -> float | None:
    value, unit = _number(sample.get("value")), sample.get("unit")
    more = sample.get("unitOfMeasure")
    if isinstance(more, dict):
        unit = more.get("unit", unit)
        power = more.get("multiplier", 0)
        if value is not None and isinstance(power, int) and -12 <= power <= 12:
            value *= 10.0**power
    return value * 1000 if value is not None and unit == "kWh" else value


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def _clock(one: Said, payload: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What was said at once should carry the time of the recorder; what waited in a queue says so, or is older."""
    told = moment(payload.get("timestamp"))
    if told is None or one.record.at is None or payload.get("offline"):
        return
    ahead = (told - one.record.at) / 1_000_000
    if ahead > CLOCK_S or (ahead < -CLOCK_S and one.action == "StatusNotification"):
        yield "clock", f"{one.action}: {abs(ahead):.0f} s {'ahead' if ahead > 0 else 'behind'}"


def moment(text: Any) -> int | None:
    """Microseconds UTC of a time in a message; None when it is none."""
    try:
        return from_datetime(msgspec.convert(text, datetime))
    except (msgspec.ValidationError, OverflowError):
        return None
