"""Every way to count runs on both databases; what is counted is in tests/api/resources/test_fleet_certificates.py."""

from __future__ import annotations

import pytest

from ohmstead.store.db import Db
from ohmstead.store.resources.expiry import expiry

pytestmark = pytest.mark.anyio


async def test_every_way_to_count(db: Db) -> None:
    for by_week, by_site in ((True, True), (True, False), (False, True)):
        for sites in (None, (1, 2)):
            assert await expiry(db, 1, sites, by_week=by_week, by_site=by_site) == []
