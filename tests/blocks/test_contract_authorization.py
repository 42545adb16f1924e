"""C07: exactly the five outcomes, by chain and by hash data."""

from __future__ import annotations

import base64
import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import AuthorityInformationAccessOID
from sqlalchemy import update

from ohmstead import runtime
from ohmstead.pki.certificate import describe
from ohmstead.pki.inquiry import Inquiry
from ohmstead.plugcharge.provider import Request
from ohmstead.settings import Pki
from ohmstead.simulator.contract_vehicle import Held, new_maker
from ohmstead.store import contracts
from ohmstead.store.resources import certificates
from ohmstead.store.statement import Statement
from ohmstead.store.tables import contract_certificates, tokens
from tests.blocks.staging import SQLITE, Stage
from tests.pki.answering import GOOD, REVOKED, UNKNOWN, answer, http
from tests.pki.making import CA, Made, ca, name
from tests.plugcharge.vehicles import EMAID, contract, opened, revoke, trust, vehicle

pytestmark = pytest.mark.anyio


@pytest.fixture
async def held(stage: Stage, tmp_path: Path, clock: runtime.FakeClock) -> Held:
    """A contract that a vehicle got a moment ago."""
    clock.at = runtime.Clock().now()
    maker = new_maker()
    await trust(stage.db, maker)
    stage.plug_and_charge = opened(stage.db, tmp_path)
    await contract(stage.db)
    car = vehicle(maker)
    reply = await stage.plug_and_charge.provider.answer(Request(1, "iso15118-2", base64.b64decode(car.ask())))
    return car.take(base64.b64encode(reply.exi or b"").decode())


def hashed(one: x509.Certificate, issuer: x509.Certificate, algorithm: str = "SHA256") -> dict[str, str]:
    digest = getattr(hashlib, algorithm.lower())
    point = issuer.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return {
        "hashAlgorithm": algorithm,
        "issuerNameHash": digest(issuer.subject.public_bytes()).hexdigest().upper(),
        "issuerKeyHash": digest(point).hexdigest(),
        "serialNumber": f"{one.serial_number:X}",
        "responderURL": "http://127.0.0.1/ocsp",
    }


async def authorize(stage: Stage, version: str = "2.0.1", token: str = EMAID, **fields: Any) -> tuple[str, str]:
    """certificateStatus and the status of the token."""
    said = {"idToken": {"idToken": token, "type": "eMAID"}} | fields
    answer = await stage.say("Authorize", said, version)
    return answer.get("certificateStatus"), answer["idTokenInfo"]["status"]


def ways(held: Held) -> list[dict[str, Any]]:
    leaf, sub2, sub1 = held.chain
    data = [hashed(leaf, sub2), hashed(sub2, sub1)]
    return [{"certificate": held.pem}, {"iso15118CertificateHashData": data}]


async def test_a_good_contract(stage: Stage, held: Held) -> None:
    for way in ways(held):
        assert await authorize(stage, **way) == ("Accepted", "Accepted")
    leaf, sub2, _ = held.chain
    for algorithm in ("SHA384", "SHA512"):
        data = [hashed(leaf, sub2, algorithm)]
        assert await authorize(stage, iso15118CertificateHashData=data) == ("Accepted", "Accepted")
    assert await authorize(stage, token="de-8aa-c1a2b3c4d-9", **ways(held)[0]) == ("Accepted", "Accepted")
    assert await authorize(stage) == (None, "Accepted")


@pytest.mark.parametrize(("status", "told"), [("blocked", "Blocked"), ("invalid", "Invalid"), ("expired", "Expired")])
async def test_a_token_that_is_not_good_cancels_the_contract(stage: Stage, held: Held, status: str, told: str) -> None:
    async with stage.db.transaction() as tx:
        await tx.execute(Statement(update(tokens).where(tokens.c.type == "eMAID").values(status=status)))
    for way in ways(held):
        assert await authorize(stage, **way) == ("ContractCancelled", told)


async def test_a_revoked_contract(stage: Stage, held: Held) -> None:
    await revoke(stage.db)
    for way in ways(held):
        assert await authorize(stage, **way) == ("CertificateRevoked", "Invalid")
    assert stage.told[0][1]["certificate_status"] == "CertificateRevoked"


async def test_an_expired_certificate(stage: Stage, held: Held, clock: runtime.FakeClock) -> None:
    async with stage.db.transaction() as tx:
        await tx.execute(Statement(update(contract_certificates).values(not_after=clock.at - 1)))
    assert await authorize(stage, **ways(held)[1]) == ("CertificateExpired", "Expired")
    clock.advance(timedelta(days=3 * 365).total_seconds())
    assert await authorize(stage, **ways(held)[0]) == ("CertificateExpired", "Expired")


async def test_what_cannot_be_verified(stage: Stage, held: Held) -> None:
    leaf, sub2, sub1 = (one.public_bytes(Encoding.PEM).decode() for one in held.chain)
    stranger = new_maker()
    for chain in (leaf, leaf + sub1, sub2 + leaf, stranger.pem, "no certificate", leaf + sub2 + stranger.pem):
        assert await authorize(stage, certificate=chain) == ("CertChainError", "Invalid"), chain[:40]
    data = hashed(held.chain[0], held.chain[1])
    for change in ({"serialNumber": "ABC"}, {"issuerKeyHash": "00"}):
        assert await authorize(stage, iso15118CertificateHashData=[data | change]) == ("CertChainError", "Invalid")
    other = "DE8AAC1A2B3C4E"
    assert await authorize(stage, token=other, **ways(held)[0]) == ("CertChainError", "Invalid")


async def test_what_the_contract_allows_is_said_in_2_1(stage: Stage, held: Held) -> None:
    said = {"idToken": {"idToken": EMAID, "type": "eMAID"}, **ways(held)[0]}
    assert "allowedEnergyTransfer" not in await stage.say("Authorize", said, "2.1")
    await contract(stage.db, "DE8AAC1A2B3C4F", energy_transfer=["DC"])
    ca = stage.plug_and_charge and stage.plug_and_charge.ca
    assert ca is not None
    chain, _ = ca.issue_contract("DE8AAC1A2B3C4F", None)
    async with stage.db.transaction() as tx:
        await contracts.issued(tx, 1, "DE8AAC1A2B3C4F", f"{chain[0].serial_number:x}", runtime.now() + 10**9, 0)
    pem = "".join(one.public_bytes(Encoding.PEM).decode() for one in chain)
    said = {"idToken": {"idToken": "DE8AAC1A2B3C4F", "type": "eMAID"}, "certificate": pem}
    assert (await stage.say("Authorize", said, "2.1"))["allowedEnergyTransfer"] == ["DC"]


# ---------------------------------------------------------------------- contracts of other operators

FOREIGN = "DE7XYCA1B2C3D4"
MO_ROOT = ca("Foreign MO Root")


def naming(url: str) -> list[Any]:
    """The extension that names a responder."""
    asks = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(url))
    return [(x509.AuthorityInformationAccess([asks]), False)]


MO_SUB = ca("Foreign MO Sub-CA", MO_ROOT, extensions=[*CA, *naming("http://127.0.0.1/sub")])
LEAF = Made(name(FOREIGN), MO_SUB, extensions=naming("http://127.0.0.1/leaf"))


@pytest.fixture
async def abroad(stage: Stage, tmp_path: Path, clock: runtime.FakeClock) -> dict[str, Any]:
    """What the foreign responders say, by path; None: nothing."""
    clock.at = runtime.Clock().now()
    stage.plug_and_charge = opened(stage.db, tmp_path)
    said: dict[str, Any] = {"/leaf": GOOD, "/sub": GOOD}

    async def responders(request: httpx.Request) -> httpx.Response:
        status = said[request.url.path]
        one = LEAF if request.url.path == "/leaf" else MO_SUB
        return http(503) if status is None else http(200, answer(one, status, made=clock.at))

    client = httpx.AsyncClient(transport=httpx.MockTransport(responders))
    stage.inquiry = Inquiry(Pki(ocsp_allow_private=("127.0.0.1",)), stage.db, (), client)
    async with stage.db.transaction() as tx:
        await certificates.add_authority(
            tx, 1, 77, describe(MO_ROOT.x509), name="MO", pem=MO_ROOT.pem, uses=["mo"], now=clock.at
        )
    await stage.token(FOREIGN, type="eMAID")
    return said


@SQLITE
async def test_a_foreign_contract_that_its_responders_vouch_for(stage: Stage, abroad: dict[str, Any]) -> None:
    chain = LEAF.pem + MO_SUB.pem
    assert await authorize(stage, token=FOREIGN, certificate=chain) == ("Accepted", "Accepted")
    abroad |= {"/leaf": None, "/sub": None}
    assert await authorize(stage, token=FOREIGN, certificate=chain) == ("Accepted", "Accepted")  # as they said before


@SQLITE
@pytest.mark.parametrize(
    ("leaf", "sub", "status", "token"),
    [
        (REVOKED, GOOD, "CertificateRevoked", "Invalid"),
        (GOOD, REVOKED, "CertificateRevoked", "Invalid"),
        (None, GOOD, "CertChainError", "Invalid"),
        (GOOD, None, "CertChainError", "Invalid"),
        (UNKNOWN, GOOD, "CertChainError", "Invalid"),
    ],
)
async def test_a_foreign_contract_that_nobody_vouches_for(
    stage: Stage, abroad: dict[str, Any], leaf: Any, sub: Any, status: str, token: str
) -> None:
    abroad |= {"/leaf": leaf, "/sub": sub}
    assert await authorize(stage, token=FOREIGN, certificate=LEAF.pem + MO_SUB.pem) == (status, token)


@SQLITE
async def test_a_foreign_contract_without_a_responder_or_a_token(stage: Stage, abroad: dict[str, Any]) -> None:
    silent = Made(name(FOREIGN), MO_SUB)
    unknown = Made(name("DE7XYCA1B2C3D5"), MO_SUB, extensions=naming("http://127.0.0.1/other"))
    abroad["/other"] = None
    assert await authorize(stage, token=FOREIGN, certificate=silent.pem + MO_SUB.pem) == ("CertChainError", "Invalid")
    stage.inquiry = None
    assert await authorize(stage, token=FOREIGN, certificate=LEAF.pem + MO_SUB.pem) == ("CertChainError", "Invalid")
    assert await authorize(stage, token="DE7XYCA1B2C3D5", certificate=unknown.pem + MO_SUB.pem) == (
        "CertChainError", "Invalid",
    )  # fmt: skip


@SQLITE
async def test_a_contract_is_no_authority_for_others(stage: Stage, abroad: dict[str, Any]) -> None:
    """Who holds the key of a contract could write one for anybody."""
    await contract(stage.db)
    forged = Made(name(EMAID), LEAF)
    chain = forged.pem + LEAF.pem + MO_SUB.pem
    assert await authorize(stage, token=EMAID, certificate=chain) == ("CertChainError", "Invalid")


# ---------------------------------------------------------------------- foreign contracts, validated by the station


def of_chain(sub: Made = MO_SUB) -> list[dict[str, str]]:
    """Hash data as stations send it, from the contract to what the root issued."""
    first, second = hashed(LEAF.x509, sub.x509), hashed(sub.x509, MO_ROOT.x509)
    return [first | {"responderURL": "http://127.0.0.1/leaf"}, second | {"responderURL": "http://127.0.0.1/sub"}]


async def know_the_issuer(stage: Stage) -> None:
    async with stage.db.transaction() as tx:
        await certificates.add_authority(
            tx, 1, 78, describe(MO_SUB.x509), name="MO sub", pem=MO_SUB.pem, uses=["mo"], now=0
        )


@SQLITE
@pytest.mark.parametrize(
    ("leaf", "sub", "status", "token"),
    [
        (GOOD, GOOD, "Accepted", "Accepted"),
        (REVOKED, GOOD, "CertificateRevoked", "Invalid"),
        (GOOD, REVOKED, "CertificateRevoked", "Invalid"),
        (None, GOOD, "CertChainError", "Invalid"),
        (UNKNOWN, GOOD, "CertChainError", "Invalid"),
    ],
)
async def test_a_foreign_contract_by_hash_data(
    stage: Stage, abroad: dict[str, Any], leaf: Any, sub: Any, status: str, token: str
) -> None:
    """C07.FR.05, TC_C_50, TC_C_51: OCSP of each certificate, at the responder that the station names."""
    abroad |= {"/leaf": leaf, "/sub": sub}
    await know_the_issuer(stage)
    assert await authorize(stage, token=FOREIGN, iso15118CertificateHashData=of_chain()) == (status, token)


@SQLITE
async def test_hash_data_below_nobody_known(stage: Stage, abroad: dict[str, Any]) -> None:
    """A good answer of a responder is not enough: the chain must come from a trusted authority, and each answer be
    signed by whom the hash data names."""
    stranger = ca("Foreign MO Sub-CA")
    assert await authorize(stage, token=FOREIGN, iso15118CertificateHashData=of_chain(stranger)[:1]) == (
        "CertChainError", "Invalid",
    )  # fmt: skip
    data = of_chain()
    assert await authorize(stage, token=FOREIGN, iso15118CertificateHashData=data) == ("CertChainError", "Invalid")
    await know_the_issuer(stage)
    assert await authorize(stage, token="no eMAID", iso15118CertificateHashData=data) == ("CertChainError", "Invalid")
    assert await authorize(stage, token=FOREIGN, iso15118CertificateHashData=data) == ("Accepted", "Accepted")
