"""Certificates and authorities as the API makes, lists, shows and revokes them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ohmstead.domain.certificates import DAY
from ohmstead.domain.certificates import Certificate as Read
from ohmstead.runtime import to_datetime
from ohmstead.shapes.certificate import Authority, Certificate
from ohmstead.store.resources import certificates

pytestmark = pytest.mark.anyio
NOW = 1_764_000_000_000_000


def read(number: int, **fields: Any) -> Read:
    """A certificate as X.509 tells it."""
    values: dict[str, Any] = {
        "subject": f"CN=SN{number},O=Ohmstead",
        "issuer": "CN=Issuing",
        "common_names": (f"SN{number}",),
        "organizations": ("Ohmstead",),
        "serial_number": f"5{number}",
        "sha256": f"sha of {number}",
        "key_sha256": f"key of {number}",
        "not_before": NOW,
        "not_after": NOW + number * DAY,
    }
    return Read(**values | fields)


async def add(db: Any, id: int, station: int, one: Read) -> None:
    async with db.transaction() as tx:
        await certificates.add(
            tx, 1, id, station, one, authority="A", chain="PEM", csr_sha256="CSR", issued_by="key 9", now=NOW + id
        )


@pytest.fixture
async def issued(db, seed):
    """1 and 3 of CS1 (site 11), 2 of CS2 (site 12); the later ones end earlier."""
    await add(db, 1, 1, read(9))
    await add(db, 2, 2, read(5))
    await add(db, 3, 1, read(2))
    return db


async def ids(db, sites=None, order="id", **filters):
    found = await certificates.page(db, 1, sites, order=order, limit=10, cursor=None, **filters)
    return [row["id"] for row in found.rows]


async def test_a_certificate_is_shown_as_it_was_issued(issued):
    row = await certificates.find(issued, 1, None, 1)
    assert certificates.form(row) == Certificate(
        id="1",
        station_id="CS1",
        use="charging_station",
        serial_number="59",
        sha256="sha of 9",
        subject="CN=SN9,O=Ohmstead",
        issuer="CN=Issuing",
        not_before=datetime(2025, 11, 24, 16, tzinfo=UTC),
        not_after=datetime(2025, 12, 3, 16, tzinfo=UTC),
        state="issued",
        reason=None,
        created_at=to_datetime(NOW + 1),
        seen_at=None,
        revoked_at=None,
        revocation_reason=None,
    )
    kept = (row["authority_key"], row["chain"], row["csr_sha256"], row["issued_by"])
    assert kept == ("A", "PEM", "CSR", "key 9")


async def test_a_serial_number_is_given_once_by_each_authority(db, seed):
    await add(db, 1, 1, read(1))
    with pytest.raises(Exception, match=r"(?i)unique"):
        await add(db, 2, 2, read(1))
    assert await ids(db) == [1]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, [1, 2, 3]),
        ({"station_id": "CS1"}, [1, 3]),
        ({"station_id": "cs1"}, []),
        ({"state": "issued"}, [1, 2, 3]),
        ({"state": "revoked"}, []),
        ({"expires_before": NOW + 5 * DAY}, [3]),
        ({"expires_before": NOW + 5 * DAY + 1}, [2, 3]),
        ({"expires_before": NOW + 6 * DAY, "station_id": "CS2"}, [2]),
        ({"sites": (12,)}, [2]),
        ({"sites": (11, 12)}, [1, 2, 3]),
        ({"sites": ()}, []),
        ({"order": "-id"}, [3, 2, 1]),
        ({"order": "not_after"}, [3, 2, 1]),
        ({"order": "-not_after"}, [1, 2, 3]),
    ],
)
async def test_filters_sites_and_orders(issued, filters, expected):
    assert await ids(issued, **filters) == expected


async def test_pages_go_on_also_among_equal_ends(issued):
    await add(issued, 4, 2, read(3, not_after=NOW + 5 * DAY))
    seen, cursor = [], None
    while True:
        found = await certificates.page(issued, 1, None, order="not_after", limit=1, cursor=cursor)
        seen += [row["id"] for row in found.rows]
        if (cursor := found.cursor) is None:
            break
    assert seen == [3, 2, 4, 1]


@pytest.mark.parametrize(("tenant", "sites", "id"), [(1, None, 9), (2, None, 1), (1, (12,), 1), (1, (), 1)])
async def test_what_is_not_there_or_not_for_this_key_is_not_found(issued, tenant, sites, id):
    assert await certificates.find(issued, tenant, sites, id) is None


async def test_one_is_revoked_once_and_its_session_looks_again(issued, store):
    rung: list[str] = []
    issued.bus.listen("station", rung.append)
    async with issued.transaction() as tx:
        assert await certificates.revoke(tx, 1, 2, "key_compromise", NOW + 7)
    assert rung == ["2"]
    async with issued.transaction() as tx:
        assert not await certificates.revoke(tx, 1, 2, "superseded", NOW + 8)
        assert not await certificates.revoke(tx, 2, 1, "superseded", NOW + 8)
        assert not await certificates.revoke(tx, 1, 9, "superseded", NOW + 8)
    shown = certificates.form(await certificates.find(issued, 1, None, 2))
    said = (shown.state, shown.revoked_at, shown.revocation_reason)
    assert said == ("revoked", to_datetime(NOW + 7), "key_compromise")
    assert await ids(issued, state="issued") == [1, 3]
    assert [row["generation"] for row in await store.rows(issued, "sessions")] == [0, 1]
    assert rung == ["2"]


async def test_a_revocation_that_fails_later_did_not_happen(issued):
    rung: list[str] = []
    issued.bus.listen("station", rung.append)

    async def fails() -> None:
        async with issued.transaction() as tx:
            assert await certificates.revoke(tx, 1, 1, "unspecified", NOW)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fails()
    assert await ids(issued, state="revoked") == []
    assert rung == []


async def test_the_time_when_it_was_seen_is_shown(issued, seed):
    row = await certificates.find(issued, 1, None, 1)
    shown = certificates.form(row | {"seen_at": NOW + 3, "state": "seen"})
    assert (shown.seen_at, shown.state) == (to_datetime(NOW + 3), "seen")


# ---------------------------------------------------------------------- authorities


async def add_authority(db: Any, id: int, tenant: int, one: Read, uses: list[str]) -> None:
    async with db.transaction() as tx:
        await certificates.add_authority(tx, tenant, id, one, name="Theirs", pem="PEM", uses=uses, now=NOW)


async def authorities(db, tenant=1, **filters):
    found = await certificates.authorities(db, tenant, limit=10, cursor=None, **filters)
    return [certificates.authority_form(row) for row in found.rows]


async def test_an_authority_is_shown_as_it_was_added(db):
    await add_authority(db, 5, 1, read(1), ["station", "v2g"])
    assert await authorities(db) == [
        Authority(
            id="5",
            name="Theirs",
            subject="CN=SN1,O=Ohmstead",
            certificate="PEM",
            sha256="sha of 1",
            key_sha256="key of 1",
            uses=["station", "v2g"],
            not_after=to_datetime(NOW + DAY),
            created_at=to_datetime(NOW),
        )
    ]


async def test_each_tenant_lists_its_own_that_were_not_removed(db, seed):
    await add_authority(db, 1, 1, read(1), ["station"])
    await add_authority(db, 2, 2, read(1), ["station"])
    await add_authority(db, 3, 1, read(2), ["csms"])
    row = (await certificates.authorities(db, 1, limit=1, cursor=None)).rows[0]
    gone = {name: value for name, value in row.items() if not name.startswith("order_")}
    await seed.row("certificate_authorities", **gone | {"id": 4, "removed_at": NOW})
    assert [one.id for one in await authorities(db)] == ["1", "3"]
    assert [one.id for one in await authorities(db, 2)] == ["2"]
    assert [one.id for one in await authorities(db, key_sha256="key of 2")] == ["3"]
    assert await authorities(db, key_sha256="key of 9") == []
    first = await certificates.authorities(db, 1, limit=1, cursor=None)
    rest = await certificates.authorities(db, 1, limit=1, cursor=first.cursor)
    assert ([row["id"] for row in rest.rows], rest.cursor) == ([3], None)
