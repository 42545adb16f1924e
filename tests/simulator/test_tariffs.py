"""Tariffs in a simulated 2.1 station, and the cost it tells; the sums are worked out by hand."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest

from ohmstead.simulator.ev import Ev

TAX = [{"type": "vat", "tax": 20.0}]
TARIFF = {
    "tariffId": "t.1",
    "currency": "EUR",
    "energy": {"prices": [{"priceKwh": 0.35}], "taxRates": TAX},
    "fixedFee": {"prices": [{"priceFixed": 1.0}], "taxRates": TAX},
}
AT_NIGHT = TARIFF | {"energy": {"prices": [{"priceKwh": 0.2, "conditions": {"startTimeOfDay": "22:00"}}]}}


@pytest.fixture
def station(bench: Any) -> Any:
    return bench("2.1").up()


def charged(station: Any) -> dict[str, Any]:
    """The Ended of a session of half an hour."""
    station.plug(Ev())
    station.swipe()
    station.run(1800)
    station.swipe()
    station.run(5)
    ended: dict[str, Any] = [one for one in station.csms.of("TransactionEvent") if one["eventType"] == "Ended"][-1]
    return ended


def test_the_cost_is_told_at_the_end(station: Any) -> None:
    assert station.call("SetDefaultTariff", {"evseId": 0, "tariff": TARIFF}) == {"status": "Accepted"}
    details = charged(station)["costDetails"]
    wh = station.controller.books[-1]
    kwh = Decimal(str(details["totalUsage"]["energy"]))
    assert kwh > 1
    assert wh.id == station.csms.of("TransactionEvent")[-1]["transactionInfo"]["transactionId"]
    net, cent = kwh * Decimal("0.35") + 1, Decimal("0.01")
    gross = net.quantize(cent, ROUND_HALF_UP) + (net / 5).quantize(cent, ROUND_HALF_UP)
    assert details["totalCost"]["total"]["inclTax"] == float(gross)
    assert details["totalUsage"]["idleTime"] < 10  # until the car began


def test_idle_time_is_charged_by_itself_and_the_cost_is_told_on_the_way(station: Any) -> None:
    """A car that has what it wants: nothing but 30 minutes at 0.10, and a tenth of that at each sample."""
    station.controller.variables["TariffCostCtrlr.Enabled[RunningCost]"].value = "true"
    station.controller.variables["SampledDataCtrlr.TxUpdatedInterval"].value = "180"
    idle = {"prices": [{"priceMinute": 0.1}], "taxRates": TAX}
    charging = {"prices": [{"priceMinute": 9.0}]}
    tariff = {"tariffId": "i", "currency": "EUR", "idleTime": idle, "chargingTime": charging}
    station.call("SetDefaultTariff", {"evseId": 0, "tariff": tariff})
    station.plug(Ev(soc=80.0, target_soc=80.0))
    station.swipe()
    station.run(1800)
    station.swipe()
    station.run(5)
    told = [one["costDetails"] for one in station.csms.of("TransactionEvent") if "costDetails" in one]
    assert [one["totalUsage"]["idleTime"] for one in told[:4]] == [0, 180, 360, 540]
    assert told[-1]["totalUsage"] == {"energy": 0.0, "chargingTime": 0, "idleTime": 1800}
    assert told[-1]["totalCost"]["total"] == {"exclTax": 3.0, "inclTax": 3.6}


def test_without_a_tariff_there_is_no_cost(station: Any) -> None:
    assert "costDetails" not in charged(station)


def test_tariffs_come_and_go(station: Any) -> None:
    assert station.call("GetTariffs", {"evseId": 0}) == {"status": "NoTariff"}
    assert station.call("ClearTariffs", {}) == {"clearTariffsResult": [{"status": "NoTariff"}]}
    assert station.call("SetDefaultTariff", {"evseId": 9, "tariff": TARIFF}) == {"status": "Rejected"}
    assert station.call("SetDefaultTariff", {"evseId": 1, "tariff": AT_NIGHT}) == {"status": "ConditionNotSupported"}
    station.call("SetDefaultTariff", {"evseId": 1, "tariff": TARIFF})
    shown = station.call("GetTariffs", {"evseId": 1})
    assert shown["tariffAssignments"] == [{"tariffId": "t.1", "tariffKind": "DefaultTariff", "evseIds": [1]}]
    cleared = station.call("ClearTariffs", {"tariffIds": ["t.1", "other"]})
    assert [one["status"] for one in cleared["clearTariffsResult"]] == ["Accepted", "NoTariff"]
    assert station.call("GetTariffs", {"evseId": 1}) == {"status": "NoTariff"}


def test_a_running_transaction_goes_on_by_another(station: Any) -> None:
    asked = {"transactionId": "gone", "tariff": TARIFF}
    assert station.call("ChangeTransactionTariff", asked) == {"status": "TxNotFound"}
    station.call("SetDefaultTariff", {"evseId": 0, "tariff": TARIFF})
    station.plug(Ev())
    station.swipe()
    station.run(60)
    running = station.csms.of("TransactionEvent")[-1]["transactionInfo"]["transactionId"]
    for tariff, status in ((TARIFF | {"currency": "CHF"}, "NoCurrencyChange"), (AT_NIGHT, "ConditionNotSupported")):
        answer = station.call("ChangeTransactionTariff", {"transactionId": running, "tariff": tariff})
        assert answer == {"status": status}
    station.run(1800)
    free = {"tariffId": "free", "currency": "EUR"}
    assert station.call("ChangeTransactionTariff", {"transactionId": running, "tariff": free})["status"] == "Accepted"
    told = station.csms.of("TransactionEvent")[-1]
    assert (told["triggerReason"], told["transactionInfo"]["tariffId"]) == ("TariffChanged", "free")  # I11.FR.07
    shown = told["meterValue"][0]["sampledValue"][0]["value"]
    until = Decimal(str(shown)) - Decimal(round(station.controller.books[-1].start_wh))
    station.run(1800)
    station.swipe()
    station.run(5)
    details = station.csms.of("TransactionEvent")[-1]["costDetails"]
    assert details["totalUsage"]["energy"] * 1000 > until + 1000  # what came after it was free
    net = round(until) / Decimal(1000) * Decimal("0.35") + 1
    assert abs(Decimal(str(details["totalCost"]["total"]["exclTax"])) - net) < Decimal("0.02")


def test_who_pays_on_the_web_is_shown(station: Any) -> None:
    assert station.call("NotifyWebPaymentStarted", {"evseId": 1, "timeout": 300}) == {}
