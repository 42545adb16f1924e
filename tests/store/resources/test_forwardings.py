"""Lines as the API shows them; tests/api/resources/test_forwardings.py tries the rest."""

from __future__ import annotations

import pytest
from sqlalchemy import bindparam, insert, update

from ohmstead.store.resources import forwardings
from ohmstead.store.statement import Statement
from ohmstead.store.tables import forwarding_links, stations

pytestmark = pytest.mark.anyio


_LINK = Statement(insert(forwarding_links).values({one.name: bindparam(one.name) for one in forwarding_links.columns}))
_HERE = Statement(update(stations).where(stations.c.id == 1).values(connected_since=1))


async def test_a_line_is_shown_with_its_station(db, store):
    figures = {"reason": None, "since": 5, "told": 1, "dropped": 2, "asked": 3, "refused": 4, "tenant_id": 1}
    await store.add_stations(db, 1, 2)
    async with db.transaction() as tx:
        await tx.execute(_HERE)
        for id in (1, 2):
            await tx.execute(_LINK, forwarding_id=9, station_id=id, state="connected", **figures)
    found = await forwardings.links(db, 1, None, 9, limit=10, cursor=None)
    shown = [forwardings.link_form(row) for row in found.rows]
    assert [(one.station_id, one.state, one.told) for one in shown] == [
        ("CS1", "connected", 1),
        ("CS2", "station_offline", 1),
    ]
    assert (await forwardings.links(db, 2, None, 9, limit=10, cursor=None)).rows == []
    assert (await forwardings.links(db, 1, (4,), 9, limit=10, cursor=None)).rows == []
