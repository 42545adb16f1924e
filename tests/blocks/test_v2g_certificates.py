"""Which certificates towards vehicles a station may ask for."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from msgspec.structs import replace
from sqlalchemy import select, update

from ohmstead import runtime
from ohmstead.blocks.renewal import RenewCertificate, renew_due
from ohmstead.blocks.signing import sign_waiting
from ohmstead.domain.device_model import Attribute, Name, Variable
from ohmstead.pki.certificate import from_pem, key_bits
from ohmstead.plugcharge.secc_ca import open_secc_ca
from ohmstead.store.statement import Statement
from ohmstead.store.tables import certificates, commands, renewals, signing_requests, stations
from tests.blocks.staging import SQLITE, Stage
from tests.pki.making import RSA_KEY, csr, name
from tests.plugcharge.vehicles import opened

pytestmark = [pytest.mark.anyio, SQLITE]
V2G, V2G20 = "V2GCertificate", "V2G20Certificate"
ONE, TWO = "DE*ABC*E1", "DE*ABC*E2"


def request(who: str = ONE, key: Any = None, organization: str = "Ohmstead") -> str:
    return csr(name(who, organization), key).public_bytes(Encoding.PEM).decode()


@pytest.fixture
async def secc(stage: Stage) -> Stage:
    """A station with two SECCs, and an external CA for them."""
    await stage.enter(2, serial_number="SN1")
    await stage.say("StatusNotification", {
        "timestamp": "2025-01-01T00:00:00Z", "connectorStatus": "Available", "evseId": 2, "connectorId": 1,
    })  # fmt: skip
    for evse, who in ((None, ONE), (2, TWO)):
        await stage.know(Variable(Name("ISO15118Ctrlr", "SeccId", evse_id=evse), (Attribute("Actual", who),)))
    choose(stage, "est")
    return stage


def choose(stage: Stage, kind: Any) -> None:
    stage.settings = replace(stage.settings, v2g_issuer=replace(stage.settings.v2g_issuer, kind=kind))


async def ask(stage: Stage, text: str, kind: str = V2G, version: str = "2.1", **more: Any) -> str:
    status: str = (await stage.say("SignCertificate", {"csr": text, "certificateType": kind} | more, version))["status"]
    return status


async def subjects(stage: Stage) -> list[tuple[str, str]]:
    table = signing_requests.c
    rows = await stage.rows(select(table.subject, table.state).order_by(table.id))
    return [(row[0], row[1]) for row in rows]


async def test_one_for_each_secc_and_edition(secc: Stage) -> None:
    p521 = ec.generate_private_key(ec.SECP521R1())
    assert await ask(secc, request(ONE)) == "Accepted"
    assert await ask(secc, request(TWO), version="2.0.1") == "Accepted"
    assert await ask(secc, request(ONE, p521), V2G20) == "Accepted"
    assert await ask(secc, request(ONE)) == "Accepted"
    assert await subjects(secc) == [
        (f"{V2G}:{ONE}", "replaced"), (f"{V2G}:{TWO}", "waiting"), (f"{V2G20}:{ONE}", "waiting"),
        (f"{V2G}:{ONE}", "waiting"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (request("DE*ABC*E3"), V2G),
        (request("SN1"), V2G),  # it has SeccIds, so its own name is none of them
        (request(organization="Other"), V2G),
        (request(key=RSA_KEY), V2G),
        (request(), V2G20),
        (request(key=ec.generate_private_key(ec.SECP384R1())), V2G),
        ("garbage", V2G),
    ],
)
async def test_what_is_not_signed(secc: Stage, text: str, kind: str) -> None:
    assert await ask(secc, text, kind) == "Rejected"
    assert await subjects(secc) == []


async def test_nobody_signs_unless_told_to(secc: Stage) -> None:
    choose(secc, "none")
    assert await ask(secc, request()) == "Rejected"
    choose(secc, "embedded")
    assert await ask(secc, request(key=ec.generate_private_key(ec.SECP521R1())), V2G20) == "Rejected"


async def test_without_a_secc_id_under_its_own_name(stage: Stage) -> None:
    await stage.enter(2, serial_number="SN1")
    choose(stage, "est")
    assert await ask(stage, request("SN1")) == "Accepted"
    await stage.enter(3, serial_number=None)
    assert await ask(stage, request("SN1")) == "Rejected"


async def test_signed_below_our_root_and_kept_from_others(
    secc: Stage, tmp_path: Path, clock: runtime.FakeClock
) -> None:
    clock.at = runtime.Clock().now()
    choose(secc, "embedded")
    secc.plug_and_charge = opened(secc.db, tmp_path)
    ca = open_secc_ca(tmp_path / "plugcharge", b"s" * 32, secc.plug_and_charge.ca, "http://x")
    assert await ask(secc, text := request()) == "Accepted"
    assert await sign_waiting(secc.db, {"v2g": ca}, secc.settings, secc.numbers.rows, runtime.now()) == 1
    ((pem, use, by),) = await secc.rows(select(certificates.c.chain, certificates.c.use, certificates.c.issued_by))
    assert (use, by, len(from_pem(pem))) == ("v2g", "embedded_v2g", 3)
    assert await ask(secc, text) == "Accepted"
    assert await subjects(secc) == [(f"{V2G}:{ONE}", "issued")]  # the same request gives the same certificate
    await secc.enter(3, serial_number="SN3")
    await secc.know(Variable(Name("ISO15118Ctrlr", "SeccId"), (Attribute("Actual", ONE),)))
    assert await ask(secc, request()) == "Rejected"
    async with secc.db.transaction() as tx:
        await tx.execute(Statement(update(certificates).values(revoked_at=1)))
    assert await ask(secc, request()) == "Accepted"


async def test_renewed_in_its_turn(secc: Stage, tmp_path: Path, clock: runtime.FakeClock) -> None:
    """Each SECC by itself: asked for by its EVSE, and the one before retires when the new one is taken."""
    clock.at = runtime.Clock().now()
    choose(secc, "embedded")
    secc.plug_and_charge = opened(secc.db, tmp_path)
    issuers = {"v2g": open_secc_ca(tmp_path / "plugcharge", b"s" * 32, secc.plug_and_charge.ca, "http://x")}

    async def install(who: str) -> None:
        assert await ask(secc, request(who)) == "Accepted"
        await sign_waiting(secc.db, issuers, secc.settings, secc.numbers.rows, runtime.now())
        rows = await secc.rows(select(certificates.c.chain).order_by(certificates.c.id.desc()).limit(1))
        said = {"certificateChain": rows[0][0], "certificateType": V2G}
        await secc.learn("CertificateSigned", said, {"status": "Accepted"})

    async def states() -> list[tuple[str, str]]:
        table = certificates.c
        rows = await secc.rows(select(table.secc, table.state).order_by(table.id))
        return [(row[0].partition(":")[2], row[1]) for row in rows]

    async def look() -> int:
        return await renew_due(secc.db, secc.settings, secc.numbers.rows, runtime.now())

    await install(ONE)
    await install(TWO)
    async with secc.db.transaction() as tx:
        await tx.execute(Statement(update(stations).values(connected_since=1)))
        await tx.execute(Statement(commands.delete()))
    assert await look() == 0
    clock.advance(59 * 86_400)
    assert await look() == 2
    await secc.connect(2)
    queued = [json.loads(row[0]) for row in await secc.rows(select(commands.c.body))]
    assert sorted((one["certificate"], one["secc_id"]) for one in queued) == [("v2g", ONE), ("v2g", TWO)]
    command, asking = RenewCertificate(certificate="v2g", secc_id=TWO), secc.ask("2.1")
    await command.prepare(asking, secc.db)
    assert next(command.calls(asking)).evse.id == 2
    await install(TWO)
    assert await states() == [(ONE, "installed"), (TWO, "retired"), (TWO, "installed")]
    await look()
    rows = await secc.rows(select(renewals.c.state).order_by(renewals.c.certificate_id))
    assert [row[0] for row in rows] == ["asked", "waiting"]  # nothing is left to be done about the retired one


async def test_a_root_that_it_wants(secc: Stage, tmp_path: Path) -> None:
    choose(secc, "embedded")
    secc.plug_and_charge = opened(secc.db, tmp_path)
    root = secc.plug_and_charge.ca.v2g.root.certificate
    wanted = {
        "hashAlgorithm": "SHA256",
        "issuerNameHash": hashlib.sha256(root.subject.public_bytes()).hexdigest(),
        "issuerKeyHash": hashlib.sha256(key_bits(root)).hexdigest(),
        "serialNumber": f"{root.serial_number:X}",
    }
    assert await ask(secc, request(), hashRootCertificate=wanted) == "Accepted"
    for change in ({"serialNumber": "1"}, {"issuerKeyHash": "00"}):
        assert await ask(secc, request(), hashRootCertificate=wanted | change) == "Rejected"
