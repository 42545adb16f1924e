from __future__ import annotations

import pytest

from ohmstead.domain.local_list import Entry
from ohmstead.store import local_lists
from ohmstead.store.local_lists import LocalList
from ohmstead.store.resources import stations

pytestmark = pytest.mark.anyio


async def test_a_list_is_shown(client, context):
    await client.post("stations", json={"id": "CS1"})
    assert (await client.get("stations/CS1/local-list")).status_code == 404
    assert (await client.get("stations/CS9/local-list")).status_code == 404
    station = await stations.find(context.db, 1, None, "CS1")
    entries = {one.key: one for one in (Entry("B", "Local"), Entry("A", "Local"))}
    await context.db.store([], [local_lists.put(1, station["id"], LocalList(3, entries), 1)])
    shown = (await client.get("stations/CS1/local-list")).json()
    assert (shown["version"], shown["entries"], shown["tokens"], shown["reason"]) == (3, 2, ["A", "B"], None)
