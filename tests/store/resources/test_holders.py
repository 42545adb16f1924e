"""Which records are in a statement; on both databases."""

from __future__ import annotations

import pytest

from ohmstead.store.resources import holders

pytestmark = pytest.mark.anyio


async def test_lines_are_those_of_the_time_asked_for(db, seed):
    for transaction, version, sealed_at, ended_at, group in (
        (1, 1, 100, 50, "g"), (1, 2, 300, 60, "g"), (2, 1, 100, 99, "g"), (3, 1, 100, 40, "other"),
    ):  # fmt: skip
        await seed.row(
            "records", transaction=transaction, version=version, station_id=transaction % 2 + 1, sealed_at=sealed_at,
            ended_at=ended_at, reason="complete", body="{}", group_key=group,
        )  # fmt: skip
    for version, at in ((1, 110), (2, 310)):
        await seed.row("bills", transaction=1, version=version, at=at, ended_at=50, reason="ended", body=f"b{version}")

    async def found(as_of, end=100, sites=None):
        rows = await holders.lines(db, 1, sites, "g", 50, end, as_of, limit=10)
        return [(row["transaction"], row["version"], row["bill"]) for row in rows]

    assert await found(50) == []
    assert await found(100) == [(1, 1, None), (2, 1, None)]
    assert await found(200) == [(1, 1, "b1"), (2, 1, None)]
    assert await found(400) == [(1, 2, "b2"), (2, 1, None)]
    assert await found(400, end=99) == [(1, 2, "b2")]
    assert await found(400, sites=(11,)) == [(2, 1, None)]


async def test_open_ones_are_counted(db, seed):
    for id, kind in ((1, "ISO14443"), (2, "Central")):
        await seed.row(
            "tokens", id=id, token="AB", token_key="ab", type=kind, status="accepted", group_token="G", created_at=1
        )
    for id, sealed, ended_at in ((1, None, 50), (2, 0, 60), (3, 1, 60), (4, None, 200)):
        await seed.row(
            "transactions", id=id, station_id=1, transaction_id=str(id), ordinal=0, state="ended", token="AB",
            ended_at=ended_at, energy_wh=0.0, complete=1, body="{}", sealed=sealed,
        )  # fmt: skip
    assert await holders.open_ones(db, 1, None, "g", 0, 100) == 2
    assert await holders.open_ones(db, 1, (12,), "g", 0, 100) == 0
