from __future__ import annotations

import pytest

from ohmstead.shapes.energy import CircuitChange, CircuitNew, LimitNew
from ohmstead.store import energy as own
from ohmstead.store.resources import energy

pytestmark = pytest.mark.anyio
NOW = 1_764_000_000_000_000


async def test_circuits(db):
    async with db.transaction() as tx:
        row = await energy.add_circuit(tx, 1, 11, 5, CircuitNew(name="B", limit_a=[1, 2, 3]), NOW)
        await energy.add_circuit(tx, 1, 11, 6, CircuitNew(name="C", limit_a=16.0, parent_id="5"), NOW)
        assert await energy.has_below(tx, 1, 5)
        assert not await energy.has_below(tx, 1, 6)
    assert energy.circuit_form(row).limit_a == [1, 2, 3]
    async with db.transaction() as tx:
        values = energy.circuit_columns(CircuitChange(limit_a=10.0, parent_id=None))
        assert await energy.change_circuit(tx, 1, 11, 6, 1, values)
        assert not await energy.change_circuit(tx, 1, 11, 6, 1, values)
    shown = energy.circuit_form(await energy.find_circuit(db, 1, 11, "6"))
    assert (shown.limit_a, shown.parent_id) == ([10, 10, 10], None)
    assert await energy.find_circuit(db, 1, 12, "6") is None
    assert await energy.find_circuit(db, 1, 11, "x") is None
    async with db.transaction() as tx:
        assert await energy.remove_circuit(tx, 1, 11, 6)
    assert [row["id"] for row in (await energy.circuit_page(db, 1, 11, 9, None)).rows] == [5]


async def test_limits_loads_and_samples(db):
    async with db.transaction() as tx:
        await energy.add_limit(tx, 1, 11, 1, "put", LimitNew(limit_w=5), NOW)
        await energy.add_limit(tx, 1, 11, 2, "entry", LimitNew(limit_w=6), NOW)
        await energy.put_load(tx, 1, 11, 0, [1, 1, 1], NOW)
        await energy.put_load(tx, 1, 11, 0, [2, 2, 2], NOW - 1)  # older: it came late
        site = own.SiteRow(11, 1, None, "Depot", None, None)
        await tx.execute_all(
            [own.sampled(site, NOW, 5.0, 1.0, 2.0, [["CS1", 1, 10.0, 900.0, "full", "10 A", 32.0, 3]])]
        )
    assert [one["kind"] for one in (await energy.limit_page(db, 1, 11, 9, None)).rows] == ["put", "entry"]
    async with db.transaction() as tx:
        assert await energy.remove_put(tx, 1, 11)
        assert not await energy.remove_limit(tx, 1, 12, 2)
        assert await energy.remove_limit(tx, 1, 11, 2)
    (load,) = await energy.loads(db, 1, 11)
    assert (load.load_a, load.load_w) == ([1, 1, 1], 690)
    (row,) = await energy.samples(db, 1, 11, NOW, NOW + 1, 10)
    shown = energy.sample_form(row)
    assert (shown.held_back_w, shown.evses[0].limit_a, shown.evses[0].limit_w) == (22 * 690, 10, 6900)
    assert await energy.samples(db, 1, 11, NOW + 1, NOW + 2, 10) == []


def test_the_form_of_a_limit():
    row = {
        "id": 1,
        "kind": "put",
        "limit_w": 5.0,
        "limit_a": "[1,2,3]",
        "start_at": None,
        "end_at": NOW,
        "ramp_s": 0,
        "priority": 0,
        "name": "",
    }
    assert energy.limit_form(row, NOW - 1).active
    assert not energy.limit_form(row, NOW).active
