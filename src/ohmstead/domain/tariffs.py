"""What charging costs: a tariff, the time and energy of a transaction, and the bill with its reasons.

A bill is a fold over the moments at which something is known of a transaction. Between two of them energy is taken to
flow evenly; the stretch is cut wherever the tariff may change in the site's own time (a day of 23 or 25 hours too), and
each piece is charged by the first element that applies to it, for each kind of quantity on its own. Quantities are
integers (milliwatt-hours, microseconds), cut so that the pieces are exactly the whole; money is Decimal and is rounded
once, at the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from itertools import pairwise
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

Per = Literal["kwh", "minute", "idle_minute", "session", "reservation_minute", "reservation", "no_show"]
Day = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
DAYS: tuple[Day, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

IDLE = frozenset({"EVConnected", "SuspendedEV", "Idle"})
"""Charging states in which the vehicle takes nothing although it could; SuspendedEVSE is the operator's doing."""
AT_ONCE = frozenset({"session", "reservation_minute", "reservation", "no_show"})
"""What is not charged as time goes by: with the first moment, or where there is no transaction."""
MWH, MINUTE = Decimal(1_000_000), Decimal(60_000_000)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HOUR = timedelta(hours=1)
_NO_CENTS = frozenset("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split())
_THREE = frozenset("BHD IQD JOD KWD LYD OMR TND".split())


class Element(Struct, frozen=True, kw_only=True):
    """One price and when it applies; what is not said does not limit. Of the elements of one kind the first one that
    applies counts."""

    per: Per
    price: Decimal
    from_time: time | None = None
    """Local time of the site; a window may go over midnight."""
    to_time: time | None = None
    days: tuple[Day, ...] = ()
    """By the local date of each moment."""
    from_date: date | None = None
    to_date: date | None = None
    """The last day."""
    min_power_w: float | None = None
    """While at least this much is drawn."""

    def applies(self, local: datetime, power_w: float) -> bool:
        """Whether it counts at this local time of the site, at this power."""
        day = local.date()
        if (self.days and DAYS[day.weekday()] not in self.days) or power_w < (self.min_power_w or 0):
            return False
        if (self.from_date and day < self.from_date) or (self.to_date and day > self.to_date):
            return False
        return self._in_window(local.time())

    def _in_window(self, at: time) -> bool:
        begin, end = self.from_time or time.min, self.to_time
        if end is None or end == time.min:
            return at >= begin
        return begin <= at < end if begin < end else at >= begin or at < end


class Tariff(Struct, frozen=True, kw_only=True):
    """Prices are net; `min_price` and `max_price` limit the net sum of a transaction, `step_wh` is what energy is
    rounded up to."""

    id: str
    version: int
    currency: str
    name: str
    elements: tuple[Element, ...]
    tax_percent: Decimal = Decimal(0)
    min_price: Decimal | None = None
    max_price: Decimal | None = None
    step_wh: int | None = None


class Moment(NamedTuple):
    """What is known of a transaction at a time: energy since its beginning, and the charging state from then on."""

    at: int
    wh: float
    charging_state: str | None = None


class Tally(NamedTuple):
    """How much of what each element of the tariff has to charge, up to `at`."""

    begun_at: int
    at: int
    mwh: int
    charging_state: str | None
    quantities: tuple[int, ...]
    """By element: milliwatt-hours, microseconds, or 1 for a session."""
    last_energy: int = -1
    """The element that charged energy last."""


class Switch(NamedTuple):
    """From this moment on a transaction is charged by another tariff, of the same currency (I11.FR.08)."""

    at: int
    tariff: Tariff


class Line(NamedTuple):
    """One line of a bill. `element` is the place in the tariff; -1: the minimum or the maximum of the tariff."""

    element: int
    text: str
    quantity: Decimal
    price: Decimal
    amount: Decimal
    tariff: str | None = None
    """ID.VERSION of the tariff, where it is not the one that the transaction began with."""


class Bill(NamedTuple):
    currency: str
    lines: tuple[Line, ...]
    net: Decimal
    tax: Decimal
    total: Decimal


def begin(tariff: Tariff, zone: ZoneInfo, at: int, reserved_at: int | None = None) -> Tally:
    """The tally of a transaction that begins now: what a session costs counts from its first moment, and what was
    reserved for it from `reserved_at` on, at the price of that moment."""
    counts = [0] * len(tariff.elements)
    _count_first(counts, tariff, "session", _local(at, zone), 1)
    if reserved_at is not None:
        local = _local(reserved_at, zone)
        _count_first(counts, tariff, "reservation", local, 1)
        _count_first(counts, tariff, "reservation_minute", local, max(at - reserved_at, 0))
    return Tally(at, at, 0, None, tuple(counts))


def unused(tariff: Tariff, zone: ZoneInfo, reserved_at: int, until: int, *, no_show: bool) -> Bill:
    """What a reservation costs that was never charged at, by the prices of the moment it was made; `no_show`: nobody
    came. The minimum and the maximum of the tariff are those of transactions."""
    counts, local = [0] * len(tariff.elements), _local(reserved_at, zone)
    _count_first(counts, tariff, "reservation", local, 1)
    _count_first(counts, tariff, "reservation_minute", local, max(until - reserved_at, 0))
    if no_show:
        _count_first(counts, tariff, "no_show", local, 1)
    tally = Tally(reserved_at, until, 0, None, tuple(counts))
    return bill(tally, replace(tariff, min_price=None, max_price=None))


def _count_first(counts: list[int], tariff: Tariff, per: Per, local: datetime, quantity: int) -> None:
    """Charge a quantity by the first element of a kind that applies."""
    for n, one in enumerate(tariff.elements):
        if one.per == per and one.applies(local, 0):
            counts[n] = quantity
            return


def advance(tally: Tally, tariff: Tariff, zone: ZoneInfo, moment: Moment) -> Tally:
    """The tally with the stretch up to `moment`, which must not lie before `tally.at`."""
    begin_at, end_at, mwh = tally.at, max(moment.at, tally.at), max(tally.mwh, round(moment.wh * 1000))
    counts, last = list(tally.quantities), tally.last_energy
    span, energy, charged = end_at - begin_at, mwh - tally.mwh, 0
    idle = energy == 0 if tally.charging_state is None else tally.charging_state in IDLE
    power_w = energy * 3_600_000 / span if span else 0.0
    for start, end in pairwise([begin_at, *_edges(tariff, zone, begin_at, end_at), end_at]):
        until_here = energy * (end - begin_at) // span if span else energy
        piece = {"kwh": until_here - charged, "minute": end - start, "idle_minute": (end - start) * idle}
        charged = until_here
        for n in _charging(tariff, _local((start + end) // 2, zone), power_w):
            per = tariff.elements[n].per
            counts[n] += piece[per]
            last = n if per == "kwh" and piece["kwh"] else last
    return Tally(tally.begun_at, end_at, mwh, moment.charging_state or tally.charging_state, tuple(counts), last)


def _charging(tariff: Tariff, local: datetime, power_w: float) -> Iterator[int]:
    """The elements that charge at this time: the first one that applies, for each kind."""
    done: set[str] = set(AT_ONCE)
    for n, one in enumerate(tariff.elements):
        if one.per not in done and one.applies(local, power_w):
            done.add(one.per)
            yield n


def tally_of(tariff: Tariff, zone: ZoneInfo, moments: Iterable[Moment], reserved_at: int | None = None) -> Tally:
    """The tally of all that is known; the first moment is the beginning. Raises ValueError when there is none."""
    ordered = sorted(moments, key=lambda one: one.at)
    if not ordered:
        raise ValueError("a transaction has at least one moment")
    tally = begin(tariff, zone, ordered[0].at, reserved_at)
    for moment in ordered:
        tally = advance(tally, tariff, zone, moment)
    return tally


def parts_of(
    tariff: Tariff, switches: Sequence[Switch], zone: ZoneInfo, moments: Iterable[Moment], reserved_at: int | None
) -> list[tuple[Tally, Tariff]]:
    """The tally of each tariff that a transaction was charged by, one after the other. There is a moment at each
    switch; what is charged once is charged by the first of them. Raises ValueError when there is no moment at all."""
    ordered = sorted(moments, key=lambda one: one.at)
    done, tally = [], tally_of(tariff, zone, ordered[:1], reserved_at)
    for switch in (*switches, None):
        while ordered and (switch is None or ordered[0].at <= switch.at):
            tally = advance(tally, tariff, zone, ordered.pop(0))
        done.append((tally, tariff))
        if switch is not None:
            tariff = switch.tariff
            tally = tally._replace(quantities=(0,) * len(tariff.elements), last_energy=-1)
    return done


def bill(tally: Tally, tariff: Tariff) -> Bill:
    """What it costs, line by line. Amounts of lines are exact; net, tax and total are rounded to the currency."""
    return bill_of([(tally, tariff)])


def bill_of(parts: Sequence[tuple[Tally, Tariff]]) -> Bill:
    """The bill of all tariffs a transaction was charged by; minimum, maximum and step are those of the last one."""
    last, lines, taxes = parts[-1][1], list[Line](), Decimal(0)
    for place, (tally, tariff) in enumerate(parts):
        named = f"{tariff.id}.{tariff.version}" if place else None
        counts = _rounded_up(tally, tariff) if place == len(parts) - 1 else tally.quantities
        found = [_line(n, tariff, count, named) for n, count in enumerate(counts) if count]
        taxes += sum((line.amount for line in found), Decimal(0)) * tariff.tax_percent
        lines += found
    exact = sum((line.amount for line in lines), Decimal(0))
    for text, bound, broken in (
        ("minimum price", last.min_price, last.min_price is not None and exact < last.min_price),
        ("maximum price", last.max_price, last.max_price is not None and exact > last.max_price),
    ):
        if broken and bound is not None:
            lines.append(Line(-1, text, Decimal(1), bound - exact, bound - exact))
            taxes += (bound - exact) * last.tax_percent
            exact = bound
    net, tax = rounded(exact, last.currency), rounded(taxes / 100, last.currency)
    return Bill(last.currency, tuple(lines), net, tax, net + tax)


def _rounded_up(tally: Tally, tariff: Tariff) -> list[int]:
    """The quantities, energy rounded up to the step of the tariff: what is added belongs to the last element used."""
    counts, step = list(tally.quantities), (tariff.step_wh or 0) * 1000
    if step and tally.last_energy >= 0:
        energy = sum(n for n, one in zip(counts, tariff.elements, strict=True) if one.per == "kwh")
        counts[tally.last_energy] += -energy % step
    return counts


_TEXTS = {
    "kwh": "energy", "minute": "time", "idle_minute": "time without charging", "session": "flat",
    "reservation_minute": "time reserved", "reservation": "reservation", "no_show": "reserved and not used",
}  # fmt: skip


def _line(n: int, tariff: Tariff, count: int, named: str | None) -> Line:
    element = tariff.elements[n]
    unit = MWH if element.per == "kwh" else MINUTE if element.per.endswith("minute") else Decimal(1)
    quantity = Decimal(count) / unit
    return Line(n, _TEXTS[element.per], quantity, element.price, quantity * element.price, named)


def digits(currency: str) -> int:
    """Decimals of a currency (ISO 4217)."""
    return 0 if currency in _NO_CENTS else 3 if currency in _THREE else 2


def rounded(amount: Decimal, currency: str) -> Decimal:
    """To the smallest coin, half of it away from zero."""
    return amount.quantize(Decimal(1).scaleb(-digits(currency)), ROUND_HALF_UP)


# ------------------------------------------------------------------ local time


def _local(at: int, zone: ZoneInfo) -> datetime:
    return (_EPOCH + timedelta(microseconds=at)).astimezone(zone)


def _instant(local: datetime) -> int:
    return (local - _EPOCH) // timedelta(microseconds=1)


def _edges(tariff: Tariff, zone: ZoneInfo, begin_at: int, end_at: int) -> list[int]:
    """When the tariff may change between two instants."""
    times = frozenset(one for element in tariff.elements for one in (element.from_time, element.to_time) if one)
    day, last = _local(begin_at, zone).date(), _local(end_at, zone).date()
    found: list[int] = []
    while day <= last:
        found += (edge for edge in _edges_of(day, times, zone) if begin_at < edge < end_at)
        day += timedelta(days=1)
    return found


@lru_cache(maxsize=4096)
def _edges_of(day: date, times: frozenset[time], zone: ZoneInfo) -> tuple[int, ...]:
    """The instants of a local day at which a window may begin or end: midnight, the given times (both, where the clock
    shows one twice), and the moment the clock is put on or back."""
    found = set()
    for at in times | {time.min}:
        for fold in (0, 1):
            found.add(_instant(datetime.combine(day, at, zone).replace(fold=fold)))
    begin = datetime.combine(day, time.min, zone).astimezone(UTC)
    for hour in range(26):
        a, b = begin + hour * _HOUR, begin + (hour + 1) * _HOUR
        if a.astimezone(zone).utcoffset() != b.astimezone(zone).utcoffset():
            found.add(_instant(_change(a, b, zone)))
    return tuple(sorted(found))


def _change(a: datetime, b: datetime, zone: ZoneInfo) -> datetime:
    """The moment between two in UTC at which the zone changes its offset, to the second."""
    before = a.astimezone(zone).utcoffset()
    while b - a > timedelta(seconds=1):
        middle = a + (b - a) // 2
        a, b = (middle, b) if middle.astimezone(zone).utcoffset() == before else (a, middle)
    return b.replace(microsecond=0)
