"""Custom components follow the models, on both databases."""

from __future__ import annotations

from typing import Any

import pytest

from ohmstead.domain.device_model import Attribute, Name, Variable, model
from ohmstead.domain.vocabulary import read
from ohmstead.store.custom_components import changes, of_reading
from ohmstead.store.db import Db

pytestmark = pytest.mark.anyio


def test_what_no_word_and_no_standard_knows() -> None:
    names = [Name("AcmeCtrlr", "A"), Name("OCPPCommCtrlr", "HeartbeatInterval"), Name("EVSE", "Own", evse_id=1)]
    found = read(model(Variable(name, (Attribute(value="1"),)) for name in names), "2.0.1")
    assert of_reading(found) == {"AcmeCtrlr"}


async def test_only_what_changed_is_written(db: Db, store: Any) -> None:
    await db.store([], await changes(db, 1, 1, ["A", "B"]))
    assert len(await store.rows(db, "custom_components")) == 2
    assert await changes(db, 1, 1, ["A", "B"]) == []
    rest = await changes(db, 1, 1, ["B", "C"])
    assert len(rest) == 2
    await db.store([], rest)
    names = {row["id"]: row["text"] for row in await store.rows(db, "terms")}
    assert {names[row["term_id"]] for row in await store.rows(db, "custom_components")} == {'"B"', '"C"'}
