"""A station's own accounts, by sums worked out by hand; tests/blocks/test_month.py holds bills against them."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ohmstead import runtime
from ohmstead.simulator.accounts import Account, Accounts, Prices, Rate, Shown
from ohmstead.simulator.ev import Ev
from ohmstead.simulator.session import Transaction

BERLIN = ZoneInfo("Europe/Berlin")
PRICES = Prices(
    BERLIN,
    kwh=(Rate(Decimal("0.20"), time(22), time(6)), Rate(Decimal("0.40"))),
    idle_minute=(Rate(Decimal("0.10"), time(8), time(20)),),
    flat=Decimal("0.50"),
    tax_percent=Decimal(10),
)


def account(*shown: tuple[datetime, float | None, str | None]) -> Account:
    return Account(
        Transaction("t", 1, 1, 0, 0.0, None),
        [Shown(runtime.from_datetime(at), None if wh is None else round(wh * 1000), state) for at, wh, state in shown],
    )


def test_energy_flows_evenly_and_is_priced_by_the_clock_on_the_wall() -> None:
    ten = datetime(2026, 3, 28, 21, 30, tzinfo=BERLIN)  # half an hour by day, ninety minutes by night
    one = account((ten, 1000, "Charging"), (ten + timedelta(hours=2), 9000, "Charging"))
    assert one.mwh == 8_000_000
    assert one.cost(PRICES) == Decimal("2.50") + Decimal("0.25")  # 2 kWh at 0.40, 6 at 0.20, 0.50; and its tax


def test_the_night_of_23_hours_is_as_long_as_it_is() -> None:
    begin = datetime(2026, 3, 29, 0, tzinfo=UTC)  # 1:00; two hours later it is 4:00 on the wall, six are 8:00
    one = account((begin, 0, "Charging"), (begin + timedelta(hours=6), 6000, "Charging"))
    assert one.cost(PRICES) == Decimal("2.10") + Decimal("0.21")  # 4 kWh until 6:00, 2 after it, and the flat price


def test_idling_is_what_the_states_say_or_where_there_are_none_the_register() -> None:
    noon = datetime(2026, 6, 1, 12, tzinfo=BERLIN)
    later, end = noon + timedelta(minutes=10), noon + timedelta(minutes=30)
    told = account((noon, 0, "Charging"), (later, None, "SuspendedEV"), (end, 0, "SuspendedEV"))
    assert told.cost(PRICES) == Decimal("2.50") + Decimal("0.25")  # 20 minutes
    silent = account((noon, 0, None), (later, 0, None), (end, 10, None))
    assert silent.cost(PRICES) == Decimal("1.50") + Decimal("0.15")  # 10 minutes, 0.004 for the energy


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
def test_the_books_are_kept_by_what_the_meter_showed(bench: Any, version: str) -> None:
    station = bench(version).up()
    books = Accounts(station.controller)
    station.plug(Ev())
    station.swipe()
    station.run(1800)
    station.swipe()
    station.run(5)
    (one,) = books.all
    assert one.over
    whole = 1000 if version == "1.6" else 10
    assert one.mwh % whole == 0
    assert one.transaction.energy_wh == pytest.approx(one.mwh / 1000, abs=1)
    assert one.mwh > 1_000_000
