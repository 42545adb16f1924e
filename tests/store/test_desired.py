"""Layers on disk; whose turn it is is shown in tests/fleet/test_desired.py."""

from __future__ import annotations

import pytest

from ohmstead.shapes.desired import AppliesTo, Desired, LayerChange
from ohmstead.store import desired

pytestmark = pytest.mark.anyio


async def test_the_revision_changes_with_every_layer(db):
    seen = {await _revision(db)}
    for id, version in (("a", 1), ("a", 2), ("b", 1)):
        async with db.transaction() as tx:
            one = desired.Declared(
                id, None, LayerChange(applies_to=AppliesTo(), desired=Desired(local_list=True)), version, 10 + len(seen)
            )
            assert await desired.put_layer(tx, 1, one)
            assert not await desired.put_layer(tx, 1, one), "two who change one thing: the second is told"
        seen.add(await _revision(db))
    last = await _revision(db)
    async with db.transaction() as tx:
        assert await desired.drop_layer(tx, 1, "b")
        assert not await desired.drop_layer(tx, 1, "b")
    assert len(seen) == 4
    assert desired.said(b'{"desired":{}}').applies_to == AppliesTo(), "from before it had to be said"
    assert desired.said(b'{"applies_to":null,"desired":{}}').applies_to is None
    assert await _revision(db) != last
    (left,) = await desired.layers(db, 1)
    assert left.said.applies_to == AppliesTo()
    assert (left.id, left.version, left.said.desired.local_list) == ("a", 2, True)


async def _revision(db):
    return (await desired.revisions(db)).get(1)
