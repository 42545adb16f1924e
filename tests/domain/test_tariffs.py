"""Bills: a table of tariffs worked out by hand, days of 23 and 25 hours, and what holds for every tariff."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ohmstead.domain.tariffs import (
    Element,
    Moment,
    Switch,
    Tariff,
    advance,
    begin,
    bill,
    bill_of,
    digits,
    parts_of,
    rounded,
    tally_of,
    unused,
)

BERLIN, UTC_ZONE = ZoneInfo("Europe/Berlin"), ZoneInfo("UTC")


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000


def tariff(*elements: Element, **fields) -> Tariff:
    return Tariff(**({"id": "1", "version": 1, "currency": "EUR", "name": "t"} | fields), elements=elements)


def kwh(price: str, **when) -> Element:
    return Element(per="kwh", price=Decimal(price), **when)


def cost(one: Tariff, *moments: Moment, zone: ZoneInfo = UTC_ZONE) -> str:
    return str(bill(tally_of(one, zone, moments), one).total)


HOUR = [Moment(at("2026-06-01T10:00"), 0, "Charging"), Moment(at("2026-06-01T11:00"), 10_000, "Charging")]
IDLE_AFTER = [*HOUR[:1], Moment(at("2026-06-01T11:00"), 10_000, "SuspendedEV"), Moment(at("2026-06-01T11:30"), 10_000)]
PER = {
    "minute": Element(per="minute", price=Decimal("0.02")),
    "idle": Element(per="idle_minute", price=Decimal("0.10")),
}
FLAT = Element(per="session", price=Decimal("1.00"))


@pytest.mark.parametrize(
    ("one", "moments", "total"),
    [
        (tariff(kwh("0.35")), HOUR, "3.50"),
        (tariff(kwh("0.35"), tax_percent=Decimal(19)), HOUR, "4.17"),  # 3.50 + 0.665 -> 0.67
        (tariff(kwh("0")), HOUR, "0.00"),
        (tariff(PER["minute"]), HOUR, "1.20"),
        (tariff(FLAT, kwh("0.35"), PER["minute"]), HOUR, "5.70"),
        (tariff(kwh("0.35"), PER["idle"]), IDLE_AFTER, "6.50"),
        (tariff(kwh("0.35"), PER["idle"]), HOUR, "3.50"),
        (tariff(kwh("0.35"), min_price=Decimal(5)), HOUR, "5.00"),
        (tariff(kwh("0.35"), max_price=Decimal(2)), HOUR, "2.00"),
        (tariff(kwh("1"), step_wh=3000), HOUR, "12.00"),
        (tariff(kwh("30"), currency="JPY", tax_percent=Decimal("10")), HOUR, "330"),
        (tariff(kwh("0.50", min_power_w=11_000), kwh("0.30")), HOUR, "3.00"),
        (tariff(kwh("0.50", min_power_w=10_000), kwh("0.30")), HOUR, "5.00"),
        (tariff(kwh("0.10", to_time=time(10, 30)), kwh("0.50")), HOUR, "3.00"),
        (tariff(kwh("0.10", from_time=time(10, 30)), kwh("0.50")), HOUR, "3.00"),
        (tariff(kwh("0.10", from_time=time(22), to_time=time(10, 15)), kwh("0.50")), HOUR, "4.00"),
        (tariff(kwh("0.10", days=("monday",)), kwh("0.50")), HOUR, "1.00"),
        (tariff(kwh("0.10", days=("sunday",)), kwh("0.50")), HOUR, "5.00"),
        (tariff(kwh("0.10", from_date=date(2026, 6, 1), to_date=date(2026, 6, 1)), kwh("0.50")), HOUR, "1.00"),
        (tariff(kwh("0.10", from_date=date(2026, 6, 2)), kwh("0.50")), HOUR, "5.00"),
        (tariff(kwh("0.10", to_time=time(10, 30))), HOUR, "0.50"),  # what no element prices is free
        (tariff(FLAT), HOUR[:1], "1.00"),
    ],
)
def test_by_hand(one, moments, total):
    assert cost(one, *moments) == total


def test_the_operators_own_limit_is_not_the_drivers_idling():
    held = [Moment(HOUR[0].at, 0, "SuspendedEVSE"), HOUR[1]]
    assert cost(tariff(PER["idle"]), *held) == "0.00"


def test_where_no_state_is_told_a_register_that_stands_still_is_idling():
    silent = [Moment(at("2026-06-01T10:00"), 0), Moment(at("2026-06-01T11:00"), 5), Moment(at("2026-06-01T12:00"), 5)]
    assert cost(tariff(PER["idle"]), *silent) == "6.00"


@pytest.mark.parametrize(
    ("day", "hours"), [("2026-03-28T23:00", 23), ("2026-10-24T22:00", 25), ("2026-06-01T22:00", 24)]
)
def test_days_of_23_and_25_hours(day, hours):
    """From local midnight to local midnight at 1 kW: the night window 00:00 to 03:00 has an hour less or more."""
    begin_at = at(day)
    moments = [Moment(begin_at, 0), Moment(begin_at + hours * 3_600_000_000, hours * 1000)]
    night = tariff(kwh("1", to_time=time(3)), kwh("0"))
    assert cost(night, *moments, zone=BERLIN) == f"{hours - 21}.00"
    whole = tariff(kwh("1", days=("sunday",)), kwh("0"))
    assert cost(whole, *moments, zone=BERLIN) == (f"{hours}.00" if hours != 24 else "0.00")


def test_a_window_that_begins_in_the_hour_that_does_not_exist_begins_after_it():
    begin_at = at("2026-03-29T00:00")  # 01:00 local; at 01:00 UTC the clock goes from 02:00 to 03:00
    moments = [Moment(begin_at, 0), Moment(begin_at + 2 * 3_600_000_000, 2000)]
    assert cost(tariff(kwh("1", from_time=time(2, 30))), *moments, zone=BERLIN) == "1.00"


def test_a_bill_says_why():
    one = tariff(FLAT, kwh("0.35"), PER["idle"], min_price=Decimal(10), tax_percent=Decimal(10))
    made = bill(tally_of(one, UTC_ZONE, IDLE_AFTER), one)
    assert [(line.text, str(line.quantity), str(line.amount)) for line in made.lines] == [
        ("flat", "1", "1.00"),
        ("energy", "10", "3.50"),
        ("time without charging", "30", "3.00"),
        ("minimum price", "1", "2.50"),
    ]
    assert (str(made.net), str(made.tax), str(made.total)) == ("10.00", "1.00", "11.00")


def test_coins():
    assert [digits(one) for one in ("EUR", "JPY", "KWD")] == [2, 0, 3]
    assert str(rounded(Decimal("2.345"), "EUR")) == "2.35"
    assert str(rounded(Decimal("-2.345"), "EUR")) == "-2.35"


def test_no_moment_no_bill():
    with pytest.raises(ValueError, match="at least one"):
        tally_of(tariff(kwh("1")), UTC_ZONE, [])


times = st.integers(0, 47).map(lambda half: time(half // 2, 30 * (half % 2)))
elements = st.builds(
    Element,
    per=st.sampled_from(["kwh", "minute", "idle_minute"]),
    price=st.decimals(0, 10, places=4),
    from_time=st.none() | times,
    to_time=st.none() | times,
    days=st.sampled_from([(), ("saturday", "sunday"), ("monday",)]),
    min_power_w=st.sampled_from([None, 5_000]),
)
steps = st.lists(st.tuples(st.integers(1, 40_000), st.integers(0, 20_000)), min_size=1, max_size=12)


def moments_of(steps: list[tuple[int, int]], begin_at: int) -> list[Moment]:
    found, wh = [Moment(begin_at, 0, "Charging")], 0
    for seconds, more in steps:
        wh += more
        found.append(Moment(found[-1].at + seconds * 1_000_000, wh))
    return found


@settings(max_examples=60, deadline=None)
@given(
    st.lists(elements, max_size=4), steps, st.sampled_from(["2026-03-28T12:00", "2026-10-24T12:00", "2026-06-05T12:00"])
)
def test_whatever_the_windows_nothing_is_charged_twice_and_nothing_is_lost(some, steps, day):
    """With a last element that always applies, the pieces of energy and time are exactly the whole."""
    rest = [Element(per=per, price=Decimal(1)) for per in ("kwh", "minute")]
    one, moments = tariff(*some, *rest), moments_of(steps, at(day))
    tally = tally_of(one, BERLIN, moments)
    for per, whole in (("kwh", moments[-1].wh * 1000), ("minute", moments[-1].at - moments[0].at)):
        assert sum(n for n, kind in zip(tally.quantities, one.elements, strict=True) if kind.per == per) == whole
    made = bill(tally, one)
    assert made.total == made.net + made.tax
    assert made.net == rounded(sum((line.amount for line in made.lines), Decimal(0)), "EUR")


@settings(max_examples=40, deadline=None)
@given(st.lists(elements, max_size=3), steps)
def test_moment_by_moment_is_the_same_as_at_once(some, steps):
    one, moments = tariff(*some, kwh("1")), moments_of(steps, at("2026-06-05T12:00"))
    tally = begin(one, BERLIN, moments[0].at)
    for moment in moments:
        tally = advance(tally, one, BERLIN, moment)
    assert tally == tally_of(one, BERLIN, reversed(moments))


@pytest.mark.parametrize(
    ("since", "total"),
    [
        (None, "3.50"),
        ("2026-06-01T09:30", "7.00"),  # 2.00 once, 30 minutes at 0.05
        ("2026-06-01T07:00", "23.50"),  # before eight it costs 0.10 a minute, all of it: 180 minutes
        ("2026-06-01T10:05", "5.50"),  # a clock that is wrong reserves no time
    ],
)
def test_what_was_reserved_for_it_is_charged(since, total):
    one = tariff(
        kwh("0.35"),
        Element(per="reservation", price=Decimal("2.00")),
        Element(per="reservation_minute", price=Decimal("0.10"), to_time=time(8)),
        Element(per="reservation_minute", price=Decimal("0.05")),
    )
    reserved_at = None if since is None else at(since)
    made = bill(tally_of(one, UTC_ZONE, HOUR, reserved_at), one)
    assert str(made.total) == total
    if since == "2026-06-01T09:30":
        assert [(line.text, line.quantity) for line in made.lines][1:] == [("reservation", 1), ("time reserved", 30)]


@pytest.mark.parametrize(
    ("since", "no_show", "total"),
    [
        ("2026-06-01T21:30", True, "9.52"),  # 2.00 + 60 x 0.05 + 3.00, 19 %: reserved by day, at its prices
        ("2026-06-01T22:00", True, "3.57"),  # by night only who does not come pays
        ("2026-06-01T21:30", False, "5.95"),
        ("2026-06-01T22:00", False, "0.00"),
    ],
)
def test_what_was_reserved_and_not_used_is_charged(since, no_show, total):
    """By hand. What a transaction costs at least is no price of a reservation."""
    by_day = {"from_time": time(6), "to_time": time(22)}
    one = tariff(
        Element(per="reservation", price=Decimal(2), **by_day),
        Element(per="reservation_minute", price=Decimal("0.05"), **by_day),
        Element(per="no_show", price=Decimal(3)),
        kwh("0.35"),
        FLAT,
        tax_percent=Decimal(19),
        min_price=Decimal(50),
    )
    begin_at = at(since)
    assert str(unused(one, UTC_ZONE, begin_at, begin_at + 3_600_000_000, no_show=no_show).total) == total
    with_it = tally_of(one, UTC_ZONE, [Moment(begin_at, 0)], reserved_at=begin_at)
    assert 2 not in [line.element for line in bill(with_it, one).lines]  # who comes pays none


@pytest.mark.parametrize(
    ("after", "net", "tax", "lines"),
    [
        # 1.00 + 5 kWh x 0.35, 19 %; then 5 kWh x 0.50, 7 %: no second flat
        ({"tax_percent": Decimal(7)}, "5.25", "0.70", [(None, "1"), (None, "1.75"), ("1.2", "2.5")]),
        ({"max_price": Decimal(4)}, "4.00", "0.52", [(None, "1"), (None, "1.75"), ("1.2", "2.5"), (None, "-1.25")]),
        ({"step_wh": 8000}, "6.75", "0.52", [(None, "1"), (None, "1.75"), ("1.2", "4")]),
    ],
)
def test_another_tariff_charges_what_comes_after_it(after, net, tax, lines):
    """I11.FR.08, by hand: 10 kWh in an hour, changed in its middle."""
    first = tariff(FLAT, kwh("0.35"), tax_percent=Decimal(19))
    second = tariff(Element(per="session", price=Decimal(9)), kwh("0.50"), version=2, **after)
    moments = [*HOUR, Moment(at("2026-06-01T10:30"), 5000)]
    made = bill_of(parts_of(first, [Switch(at("2026-06-01T10:30"), second)], UTC_ZONE, moments, None))
    assert (str(made.net), str(made.tax)) == (net, tax)
    assert [(line.tariff, f"{line.amount.normalize():f}") for line in made.lines] == lines
    alone = bill_of(parts_of(first, [], UTC_ZONE, moments, None))
    assert alone == bill(tally_of(first, UTC_ZONE, moments), first)
