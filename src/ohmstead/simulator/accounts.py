"""A station's own accounts of money: what each of its transactions took and costs, by prices that its owner gave it.

The witness for bills: it knows what the station's meter showed at which moment and works all out by itself, in whole
milliwatt-hours and fractions, a quarter of an hour after the other; from the CSMS it takes nothing, not even a verdict.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from ohmstead.simulator.controller import Controller
    from ohmstead.simulator.session import Happened, Transaction

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_QUARTER = 900_000_000
_IDLE = ("Idle", "EVConnected", "SuspendedEV")
"""The car could take energy and does not."""
_CENT = Decimal("0.01")


class Rate(NamedTuple):
    """A price from one time of the day on the wall until another, in quarters of an hour; also over midnight."""

    price: Decimal
    begin: time = time.min
    end: time = time.min

    def counts(self, at: time) -> bool:
        """Whether it is the price at this time."""
        if self.begin == self.end:
            return True
        if self.begin < self.end:
            return self.begin <= at < self.end
        return at >= self.begin or at < self.end


@dataclass(frozen=True)
class Prices:
    """Net prices of a currency with cents. The first rate that counts is the price; where none counts it is free."""

    zone: ZoneInfo
    kwh: tuple[Rate, ...] = ()
    idle_minute: tuple[Rate, ...] = ()
    flat: Decimal = Decimal(0)
    tax_percent: Decimal = Decimal(0)


class Shown(NamedTuple):
    """What was told of a transaction at a moment: the register in mWh, and the charging state where there was one."""

    at: int
    mwh: int | None
    charging_state: str | None


@dataclass
class Account:
    """One transaction in the books."""

    transaction: Transaction
    shown: list[Shown] = field(default_factory=list)
    over: bool = False

    @property
    def mwh(self) -> int:
        """What it took by the meter, as far as that was told."""
        registers = [one.mwh for one in self.shown if one.mwh is not None]
        return registers[-1] - registers[0] if registers else 0

    def cost(self, prices: Prices) -> Decimal:
        """Gross, in cents; net and tax are rounded each, half up."""
        net = Fraction(prices.flat) + self._energy(prices) + self._idling(prices)
        tax = net * Fraction(prices.tax_percent) / 100
        return _cents(net) + _cents(tax)

    def _energy(self, prices: Prices) -> Fraction:
        """Energy flows evenly from one showing of the register to the next."""
        registers = [(one.at, one.mwh) for one in self.shown if one.mwh is not None]
        exact = Fraction(0)
        for (begin, before), (end, after) in pairwise(registers):
            for start, stop in _quarters(begin, end):
                share = Fraction(stop - start, end - begin) * (after - before)
                exact += share / 1_000_000 * _price(prices.kwh, start, prices.zone)
        return exact

    def _idling(self, prices: Prices) -> Fraction:
        exact = Fraction(0)
        for begin, end in self._idle():
            for start, stop in _quarters(begin, end):
                exact += Fraction(stop - start, 60_000_000) * _price(prices.idle_minute, start, prices.zone)
        return exact

    def _idle(self) -> list[tuple[int, int]]:
        """By the states that were told; a station that tells none idles while its register stands still."""
        if any(one.charging_state for one in self.shown):
            return [(a.at, b.at) for a, b in pairwise(self.shown) if a.charging_state in _IDLE]
        return [(a.at, b.at) for a, b in pairwise(self.shown) if a.mwh == b.mwh]


class Accounts:
    """The books of one station; kept from the moment they are made."""

    def __init__(self, controller: Controller) -> None:
        self._whole_wh = self._silent = controller.version.dialect == "v16"
        self._open: dict[int, Account] = {}
        self.all: list[Account] = []
        """Every transaction, in the order in which they began."""
        controller.bookkeeper = self.enter

    def enter(self, transaction: Transaction, happened: Happened) -> None:
        """Something was told of a transaction."""
        if happened.kind == "Started":
            self._open[id(transaction)] = account = Account(transaction)
            self.all.append(account)
        known = self._open.get(id(transaction))
        if known is None:
            return
        register = None if happened.reading is None else happened.reading.register_wh
        if register is None and self._silent and happened.kind == "Started":
            register = transaction.start_wh  # 1.6 always says where the meter stands
        state = None if self._silent else happened.charging_state
        if register is not None or state is not None:
            known.shown.append(Shown(happened.at, None if register is None else self._mwh(register), state))
        if happened.kind == "Ended":
            known.over = True
            del self._open[id(transaction)]

    def _mwh(self, register_wh: float) -> int:
        """As the display has it: whole Wh (1.6), or hundredths."""
        return int(register_wh) * 1000 if self._whole_wh else round(register_wh * 100) * 10


def _quarters(begin: int, end: int) -> list[tuple[int, int]]:
    """The pieces of a stretch, cut at each quarter of an hour: no clock on a wall has its hours elsewhere."""
    edges = [begin, *range((begin // _QUARTER + 1) * _QUARTER, end, _QUARTER), end]
    return [(a, b) for a, b in pairwise(edges) if b > a]


def _price(rates: tuple[Rate, ...], at: int, zone: ZoneInfo) -> Fraction:
    wall = (_EPOCH + timedelta(microseconds=at)).astimezone(zone).time()
    return Fraction(next((rate.price for rate in rates if rate.counts(wall)), Decimal(0)))


def _cents(exact: Fraction) -> Decimal:
    """Rounded half up, without a binary number in between."""
    return (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(_CENT, ROUND_HALF_UP)
