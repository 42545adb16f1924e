"""A site for a month: stations of three versions that keep their own books, against the bills and statements made here.

Nothing of the domain works the books out: a stretch is a quarter of an hour at one power, its price is looked up by the
clock on the wall, and everything is added as whole Wh and Decimals. Some events come after the end, some come twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Berlin")
QUARTER = timedelta(minutes=15)
VERSIONS = ("1.6", "2.0.1", "2.1")
TARIFF = {
    "currency": "EUR", "name": "House", "default": True, "tax_percent": "19",
    "elements": [
        {"per": "kwh", "price": "0.287", "from_time": "22:00", "to_time": "06:00"},
        {"per": "kwh", "price": "0.389"},
        {"per": "idle_minute", "price": "0.07", "from_time": "08:00", "to_time": "20:00"},
        {"per": "session", "price": "0.35"},
    ],
}  # fmt: skip
CENT = Decimal("0.01")


@dataclass
class Stretch:
    """A quarter of an hour: when it begins, and the Wh it takes; 0 is a vehicle that takes nothing."""

    begin: datetime
    wh: int


@dataclass
class Session:
    """A transaction in its station's own books."""

    station: int
    number: int
    flat: int
    """Whose token it is; the holder of the flat pays."""
    begun_wh: int
    stretches: list[Stretch] = field(default_factory=list)

    @property
    def end(self) -> datetime:
        return self.stretches[-1].begin + QUARTER

    @property
    def wh(self) -> int:
        return sum(one.wh for one in self.stretches)

    @property
    def cost(self) -> Decimal:
        """Gross, to the cent: net and tax are rounded each."""
        exact = Decimal("0.35")
        for one in self.stretches:
            hour = one.begin.astimezone(ZONE).hour
            night, day = hour >= 22 or hour < 6, 8 <= hour < 20
            exact += Decimal(one.wh) / 1000 * (Decimal("0.287") if night else Decimal("0.389"))
            exact += Decimal("0.07") * 15 if one.wh == 0 and day else 0
        tax = (exact * 19 / 100).quantize(CENT, ROUND_HALF_UP)
        return exact.quantize(CENT, ROUND_HALF_UP) + tax


def book_of(dice: Random, station: int, begin: datetime, days: int, flats: int) -> Iterator[Session]:
    """The sessions of one station, one after the other, about two a day."""
    begin = begin.astimezone(UTC)  # on the wall a quarter of an hour may be longer
    at, register, number = begin + QUARTER * dice.randint(1, 40), dice.randint(0, 90_000_000), 0
    while at < begin + timedelta(days=days):
        number += 1
        session = Session(station, number, dice.randrange(flats), register)
        for _ in range(dice.randint(2, 16)):
            session.stretches.append(Stretch(at, dice.randint(150, 2_750)))
            at += QUARTER
        for _ in range(dice.choice((0, 0, 1, 4))):
            session.stretches.append(Stretch(at, 0))
            at += QUARTER
        register += session.wh
        yield session
        at += QUARTER * dice.randint(4, 60)


def token(flat: int) -> str:
    return f"FLAT{flat:04}"


def said(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Call = tuple[str, dict[str, Any]]


def calls_2(session: Session) -> list[Call]:
    """What a station of 2.x says of a session, in order."""
    calls, register = [], session.begun_wh
    last = len(session.stretches)
    for n in range(last + 1):
        at = session.end if n == last else session.stretches[n].begin
        charging = n < last and session.stretches[n].wh > 0
        event: dict[str, Any] = {
            "eventType": "Started" if n == 0 else "Ended" if n == last else "Updated",
            "timestamp": said(at), "triggerReason": "Authorized" if n == 0 else "MeterValuePeriodic", "seqNo": n,
            "transactionInfo": {
                "transactionId": f"s{session.number}", "chargingState": "Charging" if charging else "SuspendedEV",
            },
            "meterValue": [{"timestamp": said(at), "sampledValue": [{"value": register}]}],
        }  # fmt: skip
        if n == 0:
            event |= {"idToken": {"idToken": token(session.flat), "type": "ISO14443"}, "evse": {"id": 1}}
        calls.append(("TransactionEvent", event))
        register += session.stretches[n].wh if n < last else 0
    return calls


def calls_16(session: Session, number: int) -> list[Call]:
    """What a station of 1.6 says after StartTransaction, which gave it `number`."""
    calls, register = [], session.begun_wh
    for one in session.stretches[:-1]:
        register += one.wh
        sample = {"timestamp": said(one.begin + QUARTER), "sampledValue": [{"value": str(register)}]}
        calls.append(("MeterValues", {"connectorId": 1, "transactionId": number, "meterValue": [sample]}))
    stop = {"transactionId": number, "meterStop": session.begun_wh + session.wh, "timestamp": said(session.end)}
    return [*calls, ("StopTransaction", stop)]


def start_16(session: Session) -> Call:
    begun = {"connectorId": 1, "idTag": token(session.flat), "meterStart": session.begun_wh}
    return "StartTransaction", begun | {"timestamp": said(session.stretches[0].begin)}


def disordered(dice: Random, calls: list[Call]) -> list[Call]:
    """Of some sessions an event comes after the end, of some one comes twice; the first and the last stay in order."""
    told = list(calls)
    if len(told) > 3 and dice.random() < 0.05:
        late = told.pop(dice.randrange(1, len(told) - 1))
        told.append((late[0], late[1] | ({"offline": True} if "eventType" in late[1] else {})))
    if dice.random() < 0.05:
        told.append(dice.choice(told))
    return told
