"""Refused handshakes are rows."""

from __future__ import annotations

import pytest

from ohmstead.store.refusals import REFUSED

pytestmark = pytest.mark.anyio


async def test_a_refusal_is_kept(db, store):
    await db.store([(REFUSED, (1, 1, store.NOW, "1.2.3.4:5", "/ocpp/CS1", None, 401, "password", "wrong"))], [])
    (row,) = await store.rows(db, "refusals")
    assert (row["peer"], row["identity"], row["status"], row["code"]) == ("1.2.3.4:5", None, 401, "password")
