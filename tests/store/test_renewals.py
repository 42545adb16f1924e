"""How renewals stand is written by one process at a time."""

from __future__ import annotations

from typing import Any

import pytest

from ohmstead.domain.certificates import Accepted, Certificate
from ohmstead.domain.renewal import Step
from ohmstead.store import certificates, renewals
from ohmstead.store.db import Db, Write

pytestmark = pytest.mark.anyio
ONE = Certificate(
    subject="s", issuer="i", common_names=(), organizations=(), serial_number="ab", sha256="c", key_sha256="d",
    not_before=0, not_after=900,
)  # fmt: skip
LATER = Step("waiting", "why", False, 200)


async def test_due_put_and_done(db: Db, store: Any) -> None:
    await store.add_stations(db, 1)
    (claim,) = await db.claim([1])
    write = Write(1, 1, *claim)
    certificates.write_shown(write, 7, Accepted(ONE, "A"), "PEM", 5)
    assert await db.commit([write], 0) == []
    assert await renewals.due(db, 100, 900) == []
    (one,) = await renewals.due(db, 100, 901)
    assert (one.certificate_id, one.renewed) == (7, None)
    async with db.transaction() as tx:
        assert await renewals.put(tx, one, LATER, 1, None, 90, 100)
    async with db.transaction() as tx:
        assert not await renewals.put(tx, one, LATER, 1, None, 90, 100)  # another process was faster
        await renewals.want(tx, one, LATER, 2, 100)
    assert await renewals.due(db, 199, 901) == []
    (again,) = await renewals.due(db, 200, 901)
    assert (again.renewed, again.attempts, again.warned) == (7, 2, None)
    assert await renewals.successor(db, one) == (None, None)
    assert await renewals.request(db, one) == (None, None)
    assert await renewals.in_flight(db, 0) == {}
    assert await renewals.over(db) == []
    async with db.transaction() as tx:
        await renewals.done(tx, 1, 7)
    assert (await renewals.due(db, 0, 901))[0].renewed is None
    with pytest.raises(LookupError):
        await renewals.of_certificate(db, 8)
