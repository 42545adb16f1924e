"""A car with a contract at a station, against a CSMS of plain functions; tests/acceptance has the real one."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from ohmstead import runtime
from ohmstead.simulator.certificates import Root
from ohmstead.simulator.contract_vehicle import ContractVehicle, Held, Maker, NotBelieved, new_maker
from ohmstead.simulator.ev import Ev
from ohmstead.simulator.tokens import Verdict
from ohmstead.simulator.traits import Traits

PCID = "WMIV1234567890ABCD"
MAKER = new_maker()


@pytest.fixture
def car(monkeypatch: pytest.MonkeyPatch) -> ContractVehicle:
    """It believes `good` answers, and holds its provisioning certificate as if it were that of a contract."""
    one = ContractVehicle(PCID, MAKER)

    def take(answer: str, at: int | None = None) -> Held:
        if answer != "good":
            raise NotBelieved("it is not signed")
        one.held = Held("DE8AAC1A2B3C4D", (one.certificate, MAKER.certificate), one._key)
        return one.held

    monkeypatch.setattr(one, "take", take)
    return one


def join(bench: Any, version: str, car: ContractVehicle, exi: str = "good", status: str = "Accepted") -> Any:
    station = bench(version).up()
    station.controller.now = max(station.controller.now, runtime.now())
    usual = station.csms._answer

    def answer(action: str, words: dict[str, Any]) -> dict[str, Any]:
        if action == "Get15118EVCertificate":
            return {"status": "Accepted" if exi else "Failed", "exiResponse": exi}
        found: dict[str, Any] = usual(action, words)
        if action == "Authorize" and "iso15118CertificateHashData" in words:
            found["certificateStatus"] = station.certificate_status
            if station.certificate_status != "Accepted":
                found["idTokenInfo"]["status"] = "Invalid"
        return found

    station.certificate_status = status
    station.csms._answer = answer
    station.plug(Ev(contract=car))
    return station


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
def test_no_card_and_the_next_time_no_certificate_either(bench: Any, car: ContractVehicle, version: str) -> None:
    station = join(bench, version, car)
    (asked,) = station.csms.of("Get15118EVCertificate")
    assert asked["action"] == "Install"
    (shown,) = station.csms.of("Authorize")
    assert shown["idToken"] == {"idToken": "DE8AAC1A2B3C4D", "type": "eMAID"}
    assert shown["certificate"] == car.held.pem  # type: ignore[union-attr]
    assert int(shown["iso15118CertificateHashData"][0]["serialNumber"], 16) == car.certificate.serial_number
    assert station.events()[0]["idToken"]["type"] == "eMAID"
    station.run(60)
    assert station.controller.session(1).evse.power_w > 0
    station.unplug()
    station.controller.certificates.roots.append(Root("MORootCertificate", MAKER.certificate))
    station.plug(Ev(contract=car))
    assert len(station.csms.of("Get15118EVCertificate")) == 1
    last = station.csms.of("Authorize")[-1]  # validated here: hash data alone
    assert ("certificate" in last, len(last["iso15118CertificateHashData"])) == (False, 2)
    assert len(station.controller.books) == 2


@pytest.mark.parametrize(
    ("root", "allowed", "years", "status"),
    [
        (None, "false", 0, "NoRoot"),
        (MAKER, "false", 11, "CertificateExpired"),
        (new_maker("Simulated OEM"), "true", 0, "CertChainError"),
    ],
    ids=["nobody may validate it", "expired", "another with the name of the root"],
)
def test_what_the_station_does_not_validate(
    bench: Any, car: ContractVehicle, root: Maker | None, allowed: str, years: int, status: str
) -> None:
    """Refused at the station: the CSMS is not asked (C07.FR.06)."""
    car.take("good")
    station = bench("2.0.1")
    station.controller.variables["ISO15118Ctrlr.CentralContractValidationAllowed"].value = allowed
    roots = [Root("V2GRootCertificate", root.certificate)] if root is not None else []
    station.controller.certificates.roots.extend(roots)
    station.controller.now = runtime.now() + years * 365 * 86_400_000_000
    station = join(lambda _: station, "2.0.1", car, "bad")
    assert station.csms.of("Authorize") == []
    assert station.controller.plug_and_charge.status[1] == status
    assert station.controller.session(1).token is None


@pytest.mark.parametrize(
    ("offline", "known", "unknown_may", "status"),
    [
        ("false", "Accepted", "true", None),
        ("true", "Accepted", "false", "Accepted"),
        ("true", "Blocked", "true", "Blocked"),
        ("true", None, "true", "Accepted"),
        ("true", None, "false", "Unknown"),
    ],
)
def test_without_a_line(
    bench: Any, car: ContractVehicle, offline: str, known: str | None, unknown_may: str, status: str | None
) -> None:
    """C07.FR.07 to .12: validated by the roots of the station, then as list and cache say."""
    car.take("good")
    station = bench("2.0.1").up()
    controller = station.controller
    controller.now = runtime.now()
    controller.certificates.roots.append(Root("MORootCertificate", MAKER.certificate))
    controller.variables["ISO15118Ctrlr.ContractValidationOffline"].value = offline
    controller.variables["AuthCtrlr.OfflineTxForUnknownIdEnabled"].value = unknown_may
    if known is not None:
        controller.authorisation.tokens.remember("DE8AAC1A2B3C4D", Verdict(known))
    station.cut()
    controller.session(1).plug(Ev(contract=car))
    assert controller.plug_and_charge.status.get(1) == status
    assert (controller.session(1).token is not None) is (status == "Accepted")
    if status == "Accepted":
        controller.certificates.roots.clear()
        controller.plug_and_charge.wake(controller.session(1))
        assert controller.plug_and_charge.status[1] == "NoRoot"
        assert controller.session(1).token is None


def test_a_certificate_that_ends_soon_is_renewed_first(bench: Any, car: ContractVehicle) -> None:
    car.take("good")
    station = bench("2.0.1")
    station.controller.now += 9_990 * 86_400_000_000
    station = join(lambda _: station, "2.0.1", car)
    assert [one["action"] for one in station.csms.of("Get15118EVCertificate")] == ["Update"]
    assert len(station.csms.of("Authorize")) == 1


@pytest.mark.parametrize(("exi", "said"), [("bad", "does not believe it: it is not signed"), ("", "no certificate")])
def test_without_a_certificate_nobody_charges(bench: Any, car: ContractVehicle, exi: str, said: str) -> None:
    station = join(bench, "2.0.1", car, exi)
    assert station.csms.of("Authorize") == []
    assert station.controller.plug_and_charge.status[1] == "NoCertificate"
    assert any(said in entry.text for entry in station.log)
    assert station.swipe() == "Accepted"


def test_revoked_in_the_middle(bench: Any, car: ContractVehicle) -> None:
    station = join(bench, "2.0.1", car)
    station.run(30)
    station.certificate_status = "CertificateRevoked"
    station.controller.plug_and_charge.wake(station.controller.session(1))
    station.run(1)
    last = station.events()[-1]
    assert (last["eventType"], last["transactionInfo"]["stoppedReason"]) == ("Ended", "DeAuthorized")
    assert station.controller.plug_and_charge.status[1] == "CertificateRevoked"
    with pytest.raises(LookupError):
        station.controller.plug_and_charge.wake(station.controller.session(1))


def test_where_contracts_do_not_count(bench: Any, car: ContractVehicle) -> None:
    old = bench("1.6").up()
    old.plug(Ev(contract=car))
    assert old.csms.of("Authorize") == []
    switched = bench("2.0.1").up()
    switched.controller.variables["ISO15118Ctrlr.PnCEnabled"].value = "false"
    switched.plug(Ev(contract=car))
    offline = bench("2.0.1").up()
    offline.cut()
    offline.controller.session(1).plug(Ev(contract=car))
    for station in (switched, offline):
        assert station.csms.of("Get15118EVCertificate") == []
        assert station.controller.session(1).token is None


@pytest.mark.parametrize(("status", "asked"), [("Good", True), ("Revoked", False)])
def test_a_station_that_asks_about_the_chain_first(
    bench: Any, car: ContractVehicle, monkeypatch: pytest.MonkeyPatch, status: str, asked: bool
) -> None:
    """M07: what was revoked is not shown to anybody."""
    monkeypatch.setattr("ohmstead.simulator.plug_and_charge.responder_url", lambda _: "http://ocsp.test")
    plain = bench("2.1")
    station = bench("2.1", traits=msgspec.convert({"security": {"asks_chain_status": True}}, Traits))
    station.csms.chain_status = status
    for one, times in ((plain, 0), (station, 1)):
        car.held = None
        join(lambda _, one=one: one, "2.1", car)
        assert len(one.csms.of("GetCertificateChainStatus")) == times
    assert bool(station.csms.of("Authorize")) is asked
    assert station.controller.plug_and_charge.status[1] == ("Accepted" if asked else "CertificateRevoked")
