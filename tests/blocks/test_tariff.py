"""Tariffs as stations of 2.1 are told them."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from ohmstead.blocks.command import Unsupported
from ohmstead.blocks.tariff import (
    ChangeTransactionTariff,
    ClearTariffs,
    CostUpdated,
    GetTariffs,
    SetDefaultTariff,
    in_words_of,
)
from ohmstead.domain.tariffs import Element, Tariff
from ohmstead.ocpp import v21
from ohmstead.ocpp.codec import encode
from ohmstead.shapes.tariff import TariffElement, TariffNew
from ohmstead.store.resources import tariffs
from tests.blocks.staging import SQLITE, converse


def element(per: str, price: str, **when: Any) -> Element:
    return Element(per=per, price=Decimal(price), **when)  # type: ignore[arg-type]


def said(*elements: Element, **fields: Any) -> dict[str, Any]:
    known = {"id": "t", "version": 3, "currency": "EUR", "name": "n"} | fields
    answer: dict[str, Any] = msgspec.json.decode(encode(in_words_of(v21, Tariff(**known, elements=elements))))
    return answer


def test_prices_and_taxes() -> None:
    made = said(
        element("session", "1"),
        element("kwh", "0.2", from_time=time(22), to_time=time(6), days=("saturday", "sunday")),
        element("kwh", "0.4"),
        tax_percent=Decimal(19),
        min_price=Decimal(2),
    )
    tax = [{"type": "vat", "tax": 19.0}]
    when = {"startTimeOfDay": "22:00", "endTimeOfDay": "06:00", "dayOfWeek": ["Saturday", "Sunday"]}
    assert made == {
        "tariffId": "t.3",
        "currency": "EUR",
        "fixedFee": {"prices": [{"priceFixed": 1.0}], "taxRates": tax},
        "energy": {"prices": [{"priceKwh": 0.2, "conditions": when}, {"priceKwh": 0.4}], "taxRates": tax},
        "minCost": {"exclTax": 2.0},
    }


def test_reservations_are_told() -> None:
    assert said(element("reservation", "2"), element("reservation_minute", "0.05")) == {
        "tariffId": "t.3", "currency": "EUR",
        "reservationFixed": {"prices": [{"priceFixed": 2.0}]}, "reservationTime": {"prices": [{"priceMinute": 0.05}]},
    }  # fmt: skip


def test_time_is_either_charging_or_idle_there() -> None:
    assert said(element("minute", "0.02")) == {
        "tariffId": "t.3", "currency": "EUR",
        "chargingTime": {"prices": [{"priceMinute": 0.02}]}, "idleTime": {"prices": [{"priceMinute": 0.02}]},
    }  # fmt: skip
    both = said(element("minute", "0.02"), element("idle_minute", "0.1", from_time=time(8)))
    assert both["idleTime"]["prices"] == [
        {"priceMinute": 0.12, "conditions": {"startTimeOfDay": "08:00"}},
        {"priceMinute": 0.02},
    ]
    assert "chargingTime" not in said(element("idle_minute", "0.1"))


def test_the_last_day_is_told_as_the_first_after_it() -> None:
    made = said(element("kwh", "1", from_date=date(2026, 12, 1), to_date=date(2026, 12, 31), min_power_w=11_000))
    assert made["energy"]["prices"][0]["conditions"] == {
        "validFromDate": "2026-12-01",
        "validToDate": "2027-01-01",
        "minPower": 11_000,
    }


@pytest.mark.parametrize(
    ("elements", "fields"),
    [
        ([element("kwh", "1")], {"step_wh": 100}),
        ([element("session", "1", min_power_w=5)], {}),
        ([element("minute", "1", from_time=time(8)), element("idle_minute", "1")], {}),
    ],
)
def test_what_ocpp_cannot_say_is_refused(elements: list[Element], fields: dict[str, Any]) -> None:
    with pytest.raises(Unsupported):
        said(*elements, **fields)


@SQLITE
@pytest.mark.anyio
async def test_the_newest_version_goes_out(stage: Any) -> None:
    new = TariffNew(currency="EUR", name="n", elements=[TariffElement(per="kwh", price="0.4")])
    async with stage.db.transaction() as tx:
        await tariffs.add(tx, 1, "t", 1, new, 0)
    ask = stage.ask("2.1")
    command = SetDefaultTariff(tariff_id="t")
    await command.prepare(ask, stage.db)
    request = next(command.calls(ask))
    assert (request.evse_id, request.tariff.tariff_id) == (0, "t.1")
    other = ChangeTransactionTariff(tariff_id="gone", transaction_id="x")
    await other.prepare(ask, stage.db)
    with pytest.raises(Unsupported, match="no tariff 'gone'"):
        next(other.calls(ask))


def test_get_and_clear() -> None:
    asked = converse(GetTariffs(), "2.1", {"status": "NoTariff"})
    assert (asked.requests, asked.outcome.accepted) == ([("GetTariffs", {"evseId": 0})], True)
    results = [{"tariffId": "a", "status": "Accepted"}, {"tariffId": "b", "status": "Rejected"}]
    cleared = converse(ClearTariffs(tariff_ids=["a", "b"]), "2.1", {"clearTariffsResult": results})
    assert cleared.requests == [("ClearTariffs", {"tariffIds": ["a", "b"]})]
    assert (cleared.outcome.accepted, cleared.outcome.reason) == (False, "a: Accepted; b: Rejected")


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
def test_the_cost_so_far(version: str) -> None:
    shown = converse(CostUpdated(transaction_id="x", total_cost="1.50"), version, {})
    assert shown.requests == [("CostUpdated", {"totalCost": 1.5, "transactionId": "x"})]


@pytest.mark.parametrize("command", [GetTariffs(), ClearTariffs(), SetDefaultTariff(tariff_id="t")])
@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
def test_older_versions_have_no_tariffs_in_stations(command: Any, version: str) -> None:
    with pytest.raises(Unsupported):
        converse(command, version)
