"""Procedures and display messages as the API lists them, on both databases."""

from __future__ import annotations

from typing import Any

import pytest

from ohmstead.store import display_messages
from ohmstead.store import procedures as own
from ohmstead.store.db import Db
from ohmstead.store.resources import procedures
from tests.store.test_procedures import ONE

pytestmark = pytest.mark.anyio


async def test_of_one_station_and_kind(db: Db) -> None:
    body: dict[str, Any] = dict.fromkeys(("state", "transaction_id", "evse_id", "display", "starts_at", "ends_at"))
    await db.store([], [own.put(1, 1, ONE), display_messages.put(1, 1, 7, {**body, "priority": "A", "texts": []}, 3)])
    found = await procedures.page(db, 1, procedures.PROCEDURES, "-asked_at", limit=9, station=1, kind="log")
    assert [row["id"] for row in found.rows] == ["prc_1"]
    other = await procedures.page(db, 1, procedures.PROCEDURES, "-asked_at", limit=9, station=2)
    assert other.rows == []
    (row,) = (await procedures.page(db, 1, procedures.DISPLAY, "id", limit=9, station=1)).rows
    assert procedures.display_form(row).priority == "A"
