"""Revocations for external CAs are queued in the transaction that revokes, and written once."""

from __future__ import annotations

from typing import Any

import pytest

from ohmstead.domain.certificates import Certificate
from ohmstead.store import bulk_revocation, revocations
from ohmstead.store.db import Db
from ohmstead.store.resources import certificates

pytestmark = pytest.mark.anyio


async def issued(db: Db, id: int, by: str) -> None:
    one = Certificate(
        subject="s", issuer="i", common_names=(), organizations=(), serial_number=f"a{id}", sha256="c", key_sha256="d",
        not_before=0, not_after=900,
    )  # fmt: skip
    async with db.transaction() as tx:
        await certificates.add(
            tx, 1, id, 1, one, authority="A", chain="PEM", csr_sha256=None, issued_by=by, now=id, use="charging_station"
        )


async def test_queued_once_and_written_once(db: Db, store: Any) -> None:
    await store.add_stations(db, 1)
    for id, by in enumerate(["vault", "embedded", "vault", "est", "embedded"], 1):
        await issued(db, id, by)
    async with db.transaction() as tx:
        for id in (1, 1, 2):  # the second time it is revoked already
            await certificates.revoke(tx, 1, id, "superseded", 10)
    async with db.transaction() as tx:
        assert len(await bulk_revocation.revoke_of_station(tx, 1, 1, "key_compromise", 11)) == 3
    assert [(one.id, one.why) for one in await revocations.due(db, 10)] == [(1, "superseded")]
    due = await revocations.due(db, 11)
    assert due[0] == revocations.Due(1, "vault", "charging_station", "a1", "PEM", "superseded", 0)
    assert [(one.id, one.issued_by) for one in due] == [(1, "vault"), (3, "vault"), (4, "est")]
    await revocations.write(db, due[0], "waiting", 50, "down")
    await revocations.write(db, due[1], "done", 11, None)
    assert [one.id for one in await revocations.due(db, 49)] == [4]
    assert (await revocations.due(db, 50))[-1].attempts == 1
    await revocations.write(db, due[1], "refused", 12, "a slower process")
    for id, state in ((1, "waiting"), (2, None), (3, "done"), (5, None)):
        shown = certificates.form((await certificates.find(db, 1, None, id)) or {})
        assert (shown.passed_on and shown.passed_on.state) == state
