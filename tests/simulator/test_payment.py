"""Card terminal and QR codes of a simulated 2.1 station."""

from __future__ import annotations

from typing import Any

import pytest

from ohmstead.simulator.ev import Ev

TEMPLATE = "https://pay.test/{evse}?totp={totp}&version={version}"


@pytest.fixture
def station(bench: Any) -> Any:
    return bench("2.1").up()


def paid(station: Any, vat_number: str | None = None) -> str:
    heard: list[str] = []
    station.controller.payment.tap(1, heard.append, vat_number)
    station.pump()
    return heard[0]


def ended(station: Any) -> None:
    token = station.controller.session(1).token
    station.controller.session(1).stop("StopAuthorized", "Local", token)
    station.run(5)


def priced(station: Any, cost: float) -> None:
    """What this CSMS says of each event."""
    answer = station.csms._answer
    station.csms._answer = lambda action, words: (
        answer(action, words) | ({"totalCost": cost} if action == "TransactionEvent" else {})
    )


@pytest.mark.parametrize(("cost", "status"), [(3.5, "Settled"), (0.0, "Canceled")])
def test_what_is_paid_by_card_is_settled(station: Any, cost: float, status: str) -> None:
    priced(station, cost)
    station.plug(Ev())
    assert paid(station, "DE123456789") == "Accepted"
    station.run(600)
    assert station.csms.of("NotifySettlement") == []
    ended(station)
    (told,) = station.csms.of("NotifySettlement")
    begun = next(one for one in station.csms.of("TransactionEvent") if "idToken" in one)
    assert begun["idToken"] == {"idToken": told["pspRef"], "type": "DirectPayment"}
    assert (told["status"], told["settlementAmount"], told["vatNumber"]) == (status, cost, "DE123456789")
    assert told["transactionId"] == station.controller.books[-1].id
    assert station.controller.payment.settled == [told]


def test_where_the_csms_settles_the_station_does_not(station: Any) -> None:
    priced(station, 3.5)
    station.controller.variables["PaymentCtrlr.SettlementByCSMS"].value = "true"
    station.plug(Ev())
    paid(station)
    ended(station)
    assert station.csms.of("NotifySettlement") == []


def test_who_is_refused_has_paid_nothing(station: Any) -> None:
    station.csms._info = lambda token: {"status": "NoCredit"}
    assert paid(station) == "NoCredit"
    assert station.controller.payment._reserved == {}


@pytest.mark.parametrize(
    ("at_s", "validity_s", "password"),
    [(0, 30, "u5CoKdo5HUS1"), (1716423785, 60, "XJZr0L1DGKn0"), (1718611200, 30, "akF3c7qY2uiuO4rpyU0SC0W8VFE6nvxz")],
)
def test_a_qr_code(station: Any, at_s: int, validity_s: int, password: str) -> None:
    """Passwords that the author of the algorithm published; the secret is never shown again."""
    controller = station.controller
    with pytest.raises(ValueError, match="No CSMS has said"):
        controller.payment.link(1)
    values = {
        "URLTemplate": TEMPLATE, "SharedSecret": "secure!Charging!", "ValidityTime": str(validity_s),
        "Length": str(len(password)), "TOTPVersion": "v1",
    }  # fmt: skip
    asked = [
        {"component": {"name": "WebPaymentsCtrlr"}, "variable": {"name": name}, "attributeValue": value}
        for name, value in values.items()
    ]
    answer = station.call("SetVariables", {"setVariableData": asked})
    assert {one["attributeStatus"] for one in answer["setVariableResult"]} == {"Accepted"}
    controller.now = at_s * 1_000_000 + controller.now - controller.clock
    link = controller.payment.link(1, maxcost="5.00")
    assert link == f"https://pay.test/1?totp={password}&version=v1&maxcost=5.00"
    secret = [{"component": {"name": "WebPaymentsCtrlr"}, "variable": {"name": "SharedSecret"}}]
    shown = station.call("GetVariables", {"getVariableData": secret})["getVariableResult"][0]
    assert (shown["attributeStatus"], "attributeValue" in shown) == ("Rejected", False)
    with pytest.raises(LookupError):
        controller.payment.link(9)


def test_who_pays_on_the_web_is_awaited(station: Any) -> None:
    assert station.call("NotifyWebPaymentStarted", {"evseId": 1, "timeout": 300}) == {}
    assert station.controller.payment.awaited == {1: station.controller.now + 300_000_000}


def test_a_vat_number_that_is_not_valid_is_not_on_the_receipt(station: Any) -> None:
    priced(station, 3.5)
    station.csms.vat_status = "Rejected"
    station.plug(Ev())
    assert paid(station, "DE1") == "Accepted"
    station.run(60)
    ended(station)
    assert station.csms.of("VatNumberValidation") == [{"vatNumber": "DE1", "evseId": 1}]
    assert "vatNumber" not in station.csms.of("NotifySettlement")[0]
