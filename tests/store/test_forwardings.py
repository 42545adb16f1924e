"""What gateways read of forwarding; tests/outbound/test_mirrors.py tries the rest in use."""

from __future__ import annotations

import pytest

from ohmstead.shapes.forwarding import ForwardingNew
from ohmstead.store import forwardings
from ohmstead.store.resources import forwardings as resource

pytestmark = pytest.mark.anyio


async def test_the_stamp_changes_with_each_change_and_what_is_off_is_no_target(db):
    stamps = [await forwardings.stamp(db)]
    for id, enabled in ((1, True), (2, False)):
        async with db.transaction() as tx:
            new = ForwardingNew(name="x", url="wss://x.example", enabled=enabled, station_ids=["A"])
            await resource.add(tx, 1, id, new, [4], sealed=None, now=0)
        stamps.append(await forwardings.stamp(db))
    async with db.transaction() as tx:
        await resource.remove(tx, 1, 1)
        await resource.add(tx, 1, 3, ForwardingNew(name="x", url="wss://x.example"), None, sealed=None, now=0)
    stamps.append(await forwardings.stamp(db))
    assert len(set(stamps)) == len(stamps)
    [target] = await forwardings.targets(db)
    assert (target.id, target.stations, target.sites) == (3, None, None)


@pytest.mark.parametrize(
    ("stations", "sites", "takes"),
    [(None, None, True), ({"A"}, None, True), ({"B"}, None, False), (None, {4}, True), ({"A"}, {5}, False)],
)
def test_takes(stations, sites, takes):
    none = frozenset()
    one = forwardings.Target(1, 1, 1, "ws://x", stations, sites, None, None, None, none, none)
    assert one.takes(1, "A", 4) is takes
    assert not one.takes(2, "A", 4)
