"""Views of a model, and its history, on both databases."""

from __future__ import annotations

from typing import Any

import pytest

from ohmstead.domain.device_model import Attribute, Change, Name, Pending, Variable, model
from ohmstead.runtime import to_datetime
from ohmstead.store.db import Db
from ohmstead.store.device_model import changed
from ohmstead.store.resources import device_models

pytestmark = pytest.mark.anyio

INTERVAL = Name("OCPPCommCtrlr", "HeartbeatInterval")


def interval(value: str, at: int, pending: Pending | None = None) -> Variable:
    return Variable(INTERVAL, (Attribute(value=value, mutability="ReadWrite", updated_at=at, pending=pending),))


async def put(db: Db, before: Variable | None, after: Variable, now: int) -> None:
    await db.store([], await changed(db, 1, 1, [Change(after.name.key, before, after)], now))


async def test_the_version_counts_the_changes(db: Db, store: Any) -> None:
    await store.add_stations(db, 1)
    assert await device_models.version(db, 1) == 0
    await put(db, None, interval("1", 10), 10)
    assert await device_models.version(db, 1) == 1


async def test_history_newest_first_page_by_page(db: Db, store: Any) -> None:
    await store.add_stations(db, 1)
    before = None
    for at in (10, 20, 30, 40):
        after = interval(str(at), at)
        await put(db, before, after, at)
        before = after
    spelled = Name("ocppcommctrlr", "HEARTBEATINTERVAL")
    first = await device_models.history(db, 1, 1, spelled, limit=2, cursor=None)
    assert [device_models.past_form(row).value for row in first.rows] == ["30", "20"]
    rest = await device_models.history(db, 1, 1, spelled, limit=2, cursor=first.cursor)
    shown = [device_models.past_form(row) for row in rest.rows]
    assert [(one.value, one.since, one.until) for one in shown] == [("10", to_datetime(10), to_datetime(20))]
    assert (await device_models.history(db, 2, 1, INTERVAL, limit=2, cursor=None)).rows == []
    now = device_models.present_forms(await device_models.present(db, 1, 1, spelled))
    assert [(one.value, one.until) for one in now] == [("40", None)]
    past = await device_models.known(db, 1, 25)
    assert past.value(INTERVAL) == "20"


async def test_a_tree_has_a_branch_for_each_place() -> None:
    names = [Name("B", "V"), Name("A", "V", evse_id=2, connector_id=1), Name("C", "V", evse_id=1), Name("A", "V")]
    known = model(Variable(name, (Attribute(value="1"),)) for name in names)
    tree = await device_models.tree(known)
    assert [one.name for one in tree.components] == ["A", "B"]
    assert [(one.id, [c.name for c in one.components], [c.id for c in one.connectors]) for one in tree.evses] == [
        (1, ["C"], []), (2, [], [1])
    ]  # fmt: skip


async def test_a_large_model_is_shown_whole() -> None:
    known = model(Variable(Name("C", f"V{n:04}"), (Attribute(value="1"),)) for n in range(1000))
    assert len((await device_models.raw(known)).components[0].variables) == 1000


async def test_a_value_that_waits_for_a_reboot_is_shown_so() -> None:
    known = model([interval("1", 10, Pending("2", 20))])
    shown = (await device_models.raw(known)).components[0].variables[0].attributes[0]
    assert (shown.value, shown.pending and (shown.pending.value, shown.pending.since)) == ("1", ("2", to_datetime(20)))
