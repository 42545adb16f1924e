"""Certificates of stations as the door needs them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec.structs import replace

from ohmstead.domain.certificates import Accepted, Certificate
from ohmstead.store import certificates
from ohmstead.store.db import Db, Write
from ohmstead.store.statement import Append
from ohmstead.store.tables import certificate_authorities

pytestmark = pytest.mark.anyio
AUTHORITIES = Append(certificate_authorities)
ONE = Certificate(
    subject="CN=CS1", issuer="CN=CA", common_names=("CS1",), organizations=(), serial_number="ab", sha256="c" * 64,
    key_sha256="d" * 64, not_before=0, not_after=9,
)  # fmt: skip


async def shown(db: Db, number: int, at: int, one: Certificate = ONE, chain: str = "PEM") -> None:
    (claim,) = await db.claim([1])
    write = Write(1, 1, *claim)
    certificates.write_shown(write, number, Accepted(one, "ca-key"), chain, at)
    assert await db.commit([write], 0) == []


async def test_one_that_is_shown_is_known_once(db: Db, store: Any) -> None:
    await store.add_stations(db, 1)
    await shown(db, 1, 100)
    await shown(db, 2, 200)
    (known,) = await certificates.with_serial(db, "ab")
    assert (known.tenant_id, known.authority_key, known.seen_at, known.revoked_at) == (1, "ca-key", 200, None)
    assert await certificates.with_serial(db, "ac") == []


async def test_who_may_have_signed(db: Db, store: Any) -> None:
    await store.add_stations(db, 1)
    await shown(db, 1, 100)
    await shown(db, 2, 200, chain="another encoding of it")
    for number in range(3, 3 + certificates.MOST_SIGNERS):
        await shown(db, number, 300, replace(ONE, serial_number=f"{number:x}", sha256=f"{number:064x}"), str(number))
    named = await certificates.signers(db, 1, 1, ONE.sha256)
    assert named == [certificates.Signer(0, 9, None, "PEM")]
    newest = await certificates.signers(db, 1, 1, None)
    assert [one.chain for one in newest] == [str(number) for number in range(10, 2, -1)]
    for tenant, station in ((2, 1), (1, 2)):
        assert await certificates.signers(db, tenant, station, ONE.sha256) == []
        assert await certificates.signers(db, tenant, station, None) == []


def test_what_a_tenant_revoked() -> None:
    known = [
        certificates.Known(1, "a", "01", None, 5),
        certificates.Known(1, "b", "01", None, None),
        certificates.Known(2, "c", "01", None, 5),
    ]
    assert certificates.revoked_in(1, known) == {"a": {"01"}}


async def test_authorities_for_stations(db: Db) -> None:
    def row(number: int, uses: list[str], removed_at: int | None = None) -> tuple[Any, ...]:
        fields = {
            "id": number, "tenant_id": 1, "name": "n", "certificate": f"PEM {number}", "subject": "s",
            "key_sha256": "k", "sha256": f"h{number}", "uses": json.dumps(uses), "not_after": 9, "created_at": 1,
            "removed_at": removed_at,
        }  # fmt: skip
        return tuple(fields[name] for name in AUTHORITIES.columns)

    await db.store([(AUTHORITIES, row(1, ["station"])), (AUTHORITIES, row(2, ["v2g"])),
                    (AUTHORITIES, row(3, ["station"], 5))], [])  # fmt: skip
    assert await certificates.station_authorities(db) == [(1, 1, "PEM 1")]
