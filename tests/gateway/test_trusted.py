"""Whom the TLS ports trust, tenant by tenant, and how that changes while they are open."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import bindparam, insert, update

from ohmstead.domain.certificates import Accepted, Holder, Refused
from ohmstead.gateway import trusted as module
from ohmstead.gateway.trusted import Trusted
from ohmstead.pki.local_ca import LocalCa, open_ca
from ohmstead.pki.server_certificates import Issued, ServerCertificates
from ohmstead.store.certificates import TRUST_TOPIC
from ohmstead.store.db import Db
from ohmstead.store.statement import Statement
from ohmstead.store.tables import certificate_authorities
from tests.pki.making import NOW, Made, ca, station

pytestmark = pytest.mark.anyio
ADD = Statement(
    insert(certificate_authorities).values(
        {column.name: bindparam(column.name) for column in certificate_authorities.columns}
    )
)
REMOVE = Statement(update(certificate_authorities).values(removed_at=1))
HOLDER = Holder(identity="CS1", serial_number="SN1", organizations=("Ohmstead",))


async def add(db: Db, id: int, tenant_id: int, pem: str, uses: tuple[str, ...] = ("station",)) -> None:
    text = dict.fromkeys(("name", "subject", "key_sha256", "sha256"), "x")
    async with db.transaction() as tx:
        more = {"uses": json.dumps(uses), "not_after": 0, "created_at": 0, "removed_at": None}
        await tx.execute(ADD, id=id, tenant_id=tenant_id, certificate=pem, **text, **more)
        tx.ring(TRUST_TOPIC, "")


@pytest.fixture
def local_ca(tmp_path: Path) -> LocalCa:
    return open_ca(tmp_path / "pki", bytes(32), "Ohmstead", ["localhost"])


@pytest.fixture
async def trusted(db: Db, local_ca: LocalCa) -> AsyncIterator[Trusted]:
    one = Trusted(local_ca, ServerCertificates(Issued(local_ca, "Ohmstead", "")), db, rsa_key_exchange=True)
    await one.load()
    return one


def accepts(trusted: Trusted, tenant_id: int, made: Made) -> bool:
    return isinstance(trusted.of(tenant_id).judge(made.der, (), HOLDER, {}, NOW), Accepted)


async def test_an_authority_counts_for_its_own_tenant_alone(db: Db, trusted: Trusted) -> None:
    ours = ca("Theirs")
    own = station(ours)
    assert not accepts(trusted, 1, own)
    await add(db, 1, 1, ours.pem)
    await trusted.load()
    assert accepts(trusted, 1, own)
    judged = trusted.of(2).judge(own.der, (), HOLDER, {}, NOW)
    assert isinstance(judged, Refused)
    assert judged.code == "untrusted_certificate"


async def test_what_is_not_for_stations_or_no_authority_is_left_out(db: Db, trusted: Trusted) -> None:
    ours = ca("Theirs")
    await add(db, 1, 1, ours.pem, ("v2g",))
    await add(db, 2, 1, "no certificate")
    await add(db, 3, 1, station(None).pem)
    await trusted.load()
    assert not accepts(trusted, 1, station(ours))
    async with db.transaction() as tx:
        await tx.execute(REMOVE)
    await trusted.load()


async def test_ports_get_a_new_context_when_the_trust_changes(db: Db, trusted: Trusted) -> None:
    told: list[ssl.SSLContext] = []
    first = trusted.asking(told.append)
    assert (first.asks, trusted.not_asking().asks) == (True, False)
    await trusted.load()
    assert told == []
    ours = ca("Theirs")
    await add(db, 1, 1, ours.pem)
    await trusted.load()
    assert len(told) == 1
    assert told[0] is not first
    assert len(told[0].get_ca_certs()) == len(first.get_ca_certs()) + 1


async def test_it_follows_the_bell(db: Db, trusted: Trusted, monkeypatch: pytest.MonkeyPatch) -> None:
    told: asyncio.Queue[ssl.SSLContext] = asyncio.Queue()
    trusted.asking(told.put_nowait)
    keeping = asyncio.create_task(trusted.keep())
    await asyncio.sleep(0)
    await add(db, 1, 1, ca("First").pem)
    await asyncio.wait_for(told.get(), 10)
    monkeypatch.setattr(module, "station_authorities", lambda _: 1 / 0)
    db.bus.ring(TRUST_TOPIC, "")
    await asyncio.sleep(0.01)
    monkeypatch.undo()
    await add(db, 2, 1, ca("Second").pem)
    await asyncio.wait_for(told.get(), 10)
    keeping.cancel()
    await asyncio.wait([keeping])
