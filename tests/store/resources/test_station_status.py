"""SQL and the rule say the same of every station."""

from __future__ import annotations

import pytest
from sqlalchemy import bindparam, insert

from ohmstead.domain import station as rules
from ohmstead.store.resources import stations as listed
from ohmstead.store.statement import Statement
from ohmstead.store.tables import connectors, stations, transactions

pytestmark = pytest.mark.anyio
SAID = ((), ("Available",), ("Faulted", "Available"), ("Preparing",), ("Reserved", "Available"), ("Unavailable",))
CASES = [
    (registration, online, words, charging)
    for registration in ("accepted", "pending")
    for online in (True, False)
    for words in (
        (),
        ("Available",),
        ("Faulted", "Available"),
        ("Preparing",),
        ("Reserved", "Available"),
        ("Unavailable",),
    )
    for charging in (False, True)
]


async def test_every_station_has_the_status_that_the_rule_says(db):
    told = {}
    async with db.transaction() as tx:
        for number, (registration, online, words, charging) in enumerate(CASES, 1):
            row = {"id": number, "tenant_id": 1, "identity": f"CS{number:02}", "registration": registration}
            row |= {"security_profile": 1, "created_at": 1, "connected_since": 5 if online else None}
            await tx.execute(add(stations, row), **row)
            for place, word in enumerate(words, 1):
                one = {"station_id": number, "evse_id": place, "connector_id": 1, "tenant_id": 1, "status": word}
                await tx.execute(add(connectors, one | {"status_at": 1}), **one, status_at=1)
            if charging:
                body = b'{"transaction_id":"t"}'
                one = {"id": number, "tenant_id": 1, "station_id": number, "transaction_id": "t", "ordinal": 0}
                one |= {"state": "active", "energy_wh": 0.0, "complete": 0, "body": body.decode()}
                await tx.execute(add(transactions, one), **one)
            said = [rules.Connector(place, 1, word, 1) for place, word in enumerate(words, 1)]
            told[f"CS{number:02}"] = rules.station_status(registration, online, said, charging)
    found = {}
    for word in rules.STATUSES:
        page = await listed.page(db, 1, None, order="id", limit=100, cursor=None, status=[word])
        found |= {row["identity"]: word for row in page.rows}
    assert found == told
    ordered = await listed.page(db, 1, None, order="status", limit=100, cursor=None)
    ranks = [rules.STATUSES.index(told[row["identity"]]) for row in ordered.rows]
    assert ranks == sorted(ranks)
    assert ranks


def add(table, row):
    return Statement(insert(table).values({name: bindparam(name) for name in row}))
