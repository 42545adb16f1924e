from __future__ import annotations

import pytest

from ohmstead.store import acme
from ohmstead.store.db import Db

pytestmark = pytest.mark.anyio


async def test_what_is_kept(db: Db) -> None:
    assert await acme.get(db, acme.ACCOUNT) is None
    await acme.put(db, acme.ACCOUNT, "one", 5)
    await acme.put(db, acme.ACCOUNT, "two", 7)
    await acme.put(db, acme.challenge("t"), "proof", 7)
    assert await acme.get(db, acme.ACCOUNT) == "two"
    assert await acme.newer(db, acme.ACCOUNT, 6) == ("two", 7)
    assert await acme.newer(db, acme.ACCOUNT, 7) is None
    await acme.remove(db, acme.ACCOUNT)
    assert await acme.get(db, acme.ACCOUNT) is None
    assert await acme.get(db, acme.challenge("t")) == "proof"
