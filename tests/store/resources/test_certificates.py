from __future__ import annotations

import pytest
from sqlalchemy import select

from ohmstead.domain.certificates import Certificate
from ohmstead.store.resources import certificates
from ohmstead.store.statement import Statement
from ohmstead.store.tables import sessions

pytestmark = pytest.mark.anyio
NOW = 1_764_000_000_000_000


def one(serial: str, not_after: int = NOW) -> Certificate:
    return Certificate(
        subject="CN=CS1", issuer="CN=CA", common_names=("CS1",), organizations=(), serial_number=serial,
        sha256=serial * 32, key_sha256="d" * 64, not_before=0, not_after=not_after,
    )  # fmt: skip


@pytest.fixture
async def two(db, seed):
    async with db.transaction() as tx:
        for id, station in ((1, 1), (2, 2)):
            await certificates.add(
                tx, 1, id, station, one(f"0{id}", NOW + id), authority="ca", chain="PEM", csr="CSR", issued_by="key:k",
                now=NOW,
            )  # fmt: skip


async def test_lists(db, two):
    async def ids(sites=None, **filters):
        found = await certificates.page(db, 1, sites, order="id", limit=9, cursor=None, **filters)
        return [certificates.form(row).id for row in found.rows]

    assert await ids() == ["1", "2"]
    assert await ids((12,)) == ["2"]
    assert await ids(expires_before=NOW + 2) == ["1"]
    assert await ids(station_id="CS2", state="issued") == ["2"]
    assert await certificates.find(db, 1, (12,), 1) is None


async def test_revoked_once_and_the_session_is_told(db, two):
    for first in (True, False):
        async with db.transaction() as tx:
            assert await certificates.revoke(tx, 1, 1, "keyCompromise", NOW) is first
    shown = certificates.form(await certificates.find(db, 1, None, 1))
    assert (shown.state, shown.revocation_reason) == ("revoked", "keyCompromise")
    generations = await db.fetch(Statement(select(sessions.c.generation).order_by(sessions.c.station_id)))
    assert [tuple(row) for row in generations] == [(1,), (0,)]


async def test_authorities(db):
    async with db.transaction() as tx:
        await certificates.add_authority(tx, 1, 7, one("0a"), name="Ours", pem="PEM", uses=["station"], now=NOW)
    (row,) = (await certificates.authorities(db, 1, limit=9, cursor=None)).rows
    shown = certificates.authority_form(row)
    assert (shown.id, shown.name, shown.uses) == ("7", "Ours", ["station"])
    assert (await certificates.authorities(db, 2, limit=9, cursor=None)).rows == []
