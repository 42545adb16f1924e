"""SignCertificate and CertificateSigned, without a CA."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import select, update

from ohmstead import runtime
from ohmstead.blocks.certificates import CertificateSigned, _fitting
from ohmstead.blocks.command import Handover, Unsupported
from ohmstead.pki import csr
from ohmstead.pki.certificate import describe, from_pem
from ohmstead.pki.local_ca import LocalCa, open_ca
from ohmstead.store.resources import certificates as store
from ohmstead.store.statement import Statement
from ohmstead.store.tables import certificates, signing_requests
from tests.blocks.staging import SQLITE, Stage

pytestmark = [pytest.mark.anyio, SQLITE]


@pytest.fixture(scope="module")
def local_ca(tmp_path_factory: pytest.TempPathFactory) -> LocalCa:
    return open_ca(tmp_path_factory.mktemp("pki") / "pki", b"k" * 32, "Ohmstead", ())


def request(name: str = "SN1", organization: str = "Ohmstead") -> str:
    return csr.generate(common_name=name, organization=organization)[1]


async def issue(stage: Stage, ca: LocalCa, number: int = 7) -> tuple[str, str]:
    """A certificate of the station's; its chain and its fingerprint."""
    order = csr.order(request(), common_name="SN1", organization="Ohmstead")
    issued = await ca.issue(order)
    async with stage.db.transaction() as tx:
        await store.add(
            tx, 1, number, 2, issued.certificate, authority=issued.authority, chain=issued.chain,
            csr_sha256=order.sha256, issued_by="embedded", now=runtime.now(),
        )  # fmt: skip
    return issued.chain, issued.certificate.sha256


async def rows(stage: Stage) -> list[tuple[Any, ...]]:
    columns = (signing_requests.c.state, signing_requests.c.certificate_type, signing_requests.c.request_id)
    return [tuple(row) for row in await stage.rows(select(*columns).order_by(signing_requests.c.id))]


@pytest.mark.parametrize(
    ("text", "fields", "check"),
    [
        (request("SN2"), {}, "common_name"),
        (request(organization="Other"), {}, "organization"),
        ("garbage", {}, "unreadable"),
        (request(), {"serial_number": None}, "common_name"),
    ],
)
async def test_what_is_not_signed(stage: Stage, text: str, fields: dict[str, Any], check: str) -> None:
    await stage.enter(2, **({"serial_number": "SN1"} | fields))
    answer = await stage.say("SignCertificate", {"csr": text})
    assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("Rejected", "InvalidCSR")
    (failed, data), (alert, _) = stage.told
    assert (failed, data["check"], alert) == ("certificate.failed", check, "alert.firing")
    assert await rows(stage) == []
    assert (await stage.say("SignCertificate", {"csr": text}, "1.6")) == {"status": "Rejected"}


async def test_accepted_and_then_not_signed(stage: Stage) -> None:
    """TC_A_14 expects Accepted even for a request that nobody will sign."""
    await stage.enter(2, serial_number="SN1")
    stage.settings = replace(stage.settings, pki=replace(stage.settings.pki, bad_requests="accept_silently"))
    assert await stage.say("SignCertificate", {"csr": request("SN2")}) == {"status": "Accepted"}
    assert await rows(stage) == []


async def test_nobody_signs_here(stage: Stage) -> None:
    await stage.enter(2, serial_number="SN1")
    stage.settings = replace(stage.settings, issuer=replace(stage.settings.issuer, kind="none"))
    assert (await stage.say("SignCertificate", {"csr": request()}))["status"] == "Rejected"


async def test_the_same_request_waits_once_and_the_newest_words_count(stage: Stage) -> None:
    await stage.enter(2, serial_number="SN1")
    text, kind = request(), "ChargingStationCertificate"
    await stage.say("SignCertificate", {"csr": text}, "2.1")
    await stage.say(
        "SignCertificate", {"csr": text.replace("\n", "\r\n"), "certificateType": kind, "requestId": 5}, "2.1"
    )
    assert await rows(stage) == [("waiting", kind, 5)]
    assert ("message", "SignCertificate") in stage.happened
    await stage.say("SignCertificate", {"csr": request()}, "2.1")
    assert await rows(stage) == [("replaced", kind, 5), ("waiting", None, None)]


@pytest.mark.parametrize(
    ("answer", "state", "event"),
    [
        ({"status": "Accepted"}, "installed", "certificate.installed"),
        ({"status": "Rejected"}, "failed", "certificate.failed"),
        (None, "failed", "certificate.failed"),
    ],
)
async def test_what_the_station_says_to_its_certificate(
    stage: Stage, local_ca: LocalCa, answer: Any, state: str, event: str
) -> None:
    await stage.enter(2, serial_number="SN1")
    chain, _ = await issue(stage, local_ca)
    await stage.learn("CertificateSigned", {"certificateChain": chain}, answer)
    assert [row[0] for row in await stage.rows(select(certificates.c.state))] == [state]
    assert stage.fed[0] == event


async def test_a_certificate_that_nobody_knows_teaches_nothing(stage: Stage) -> None:
    await stage.enter(2, serial_number="SN1")
    await stage.learn("CertificateSigned", {"certificateChain": "not a certificate"}, {"status": "Accepted"})
    assert stage.fed == []


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
async def test_the_words_go_back_as_they_came(stage: Stage, local_ca: LocalCa, version: str) -> None:
    await stage.enter(2, serial_number="SN1")
    chain, _ = await issue(stage, local_ca)
    command, ask = CertificateSigned(certificate_id="7"), stage.ask(version)
    await command.prepare(ask, stage.db)
    assert ask.certificate == Handover(chain, None, None)
    ask.certificate = Handover(chain, "ChargingStationCertificate", 77)
    said = next(command.calls(ask))
    assert said.certificate_chain == chain
    if version != "1.6":
        assert said.certificate_type == "ChargingStationCertificate"
    if version == "2.1":
        assert said.request_id == 77


@pytest.mark.parametrize("state", ["retired", "revoked"])
async def test_what_is_not_handed_over(stage: Stage, local_ca: LocalCa, state: str) -> None:
    await stage.enter(2, serial_number="SN1")
    with pytest.raises(Unsupported):
        await CertificateSigned(certificate_id="7").prepare(stage.ask(), stage.db)
    await issue(stage, local_ca)
    async with stage.db.transaction() as tx:
        await tx.execute(Statement(update(certificates).values(state=state)))
    with pytest.raises(Unsupported, match=state):
        await CertificateSigned(certificate_id="7").prepare(stage.ask(), stage.db)


async def test_a_chain_as_long_as_the_station_takes(stage: Stage, local_ca: LocalCa) -> None:
    """A02.FR.16: where the chain is too long the leaf alone goes; the CAs above it are known here."""
    order = csr.order(request(), common_name="SN1", organization="Ohmstead")
    chain = (await local_ca.issue(order)).chain
    assert _fitting(chain, len(chain)) == chain
    alone = _fitting(chain, len(chain) - 1)
    assert [describe(one) for one in from_pem(alone)] == [describe(from_pem(chain)[0])]
    with pytest.raises(Unsupported, match="the station takes 100"):
        _fitting(chain, 100)
    with pytest.raises(Unsupported, match="The chain has"):
        _fitting(chain, len(chain) - 1, whole=True)  # vehicles must be shown it
