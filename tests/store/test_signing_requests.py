"""The queue of what stations ask to be signed."""

from __future__ import annotations

from typing import Any

import pytest

from ohmstead.store import signing_requests
from ohmstead.store.db import Db, Write
from ohmstead.store.signing_requests import LEASE, SigningRequest

pytestmark = pytest.mark.anyio
ONE = SigningRequest(1, 1, 1, "charging_station", None, None, "PEM", "digest", "waiting", 0, None)


async def put(db: Db, *work: Any) -> None:
    (claim,) = await db.claim([1])
    write = Write(1, 1, *claim)
    for one in work:
        one(write)
    assert await db.commit([write], 0) == []


@pytest.fixture
async def asked(db: Db, store: Any) -> None:
    await store.add_stations(db, 1)
    await put(db, lambda write: signing_requests.write_new(write, ONE, 100))


async def test_one_takes_it_for_a_while(db: Db, asked: None) -> None:
    assert await signing_requests.due(db, "charging_station", 99) == []
    assert await signing_requests.due(db, "charging_station", 100) == [ONE]
    assert await signing_requests.take(db, ONE, 100)
    assert not await signing_requests.take(db, ONE, 100)  # another process
    assert await signing_requests.due(db, "charging_station", 100) == []
    (again,) = await signing_requests.due(db, "charging_station", 100 + LEASE)  # the first one died
    assert again.attempts == 1
    assert await signing_requests.take(db, again, 100 + LEASE)


async def test_later_and_never(db: Db, asked: None) -> None:
    await signing_requests.later(db, 1, 500, "the CA is down", 100)
    assert [len(await signing_requests.due(db, "charging_station", at)) for at in (499, 500)] == [0, 1]
    async with db.transaction() as tx:
        assert await signing_requests.end(tx, 1, "failed", 500, reason="no")
        assert not await signing_requests.end(tx, 1, "issued", 500, certificate=9)
    assert await signing_requests.due(db, "charging_station", 10**15) == []


async def test_the_newest_counts(db: Db, asked: None) -> None:
    newer = ONE._replace(id=2, csr_sha256="other")
    await put(
        db,
        lambda write: signing_requests.write_replaced(write, ONE, 200),
        lambda write: signing_requests.write_new(write, newer, 200),
    )
    assert await signing_requests.newest(db, 1, "charging_station") == newer
    assert await signing_requests.newest(db, 1, "v2g") is None
    assert await signing_requests.due(db, "charging_station", 10**15) == [newer]
    former = await signing_requests.find(db, 1, 1)
    assert former is not None
    assert former.state == "replaced"
    assert await signing_requests.find(db, 2, 1) is None


async def test_what_was_said_last_goes_back(db: Db, asked: None) -> None:
    await put(
        db, lambda write: signing_requests.write_said_again(write, 1, "ChargingStationCertificate", 77, 200)
    )  # fmt: skip
    found = await signing_requests.newest(db, 1, "charging_station")
    assert found == ONE._replace(certificate_type="ChargingStationCertificate", request_id=77)
