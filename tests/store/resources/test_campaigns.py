"""What is kept of a campaign."""

from __future__ import annotations

import pytest

from ohmstead.domain.campaigns import Rules
from ohmstead.shapes.campaign import CampaignNew, Selection
from ohmstead.store.resources import campaigns

pytestmark = pytest.mark.anyio


async def test_passwords_in_its_params_are_masked(db):
    params = {"type": "set_variables", "variables": [
        {"component": "SecurityCtrlr", "variable": "BasicAuthPassword", "value": "hush-hush-hush-hush"}
    ]}  # fmt: skip
    new = CampaignNew(type="command", select=Selection(), params=params)
    async with db.transaction() as tx:
        await campaigns.add(tx, 1, 1, new, Rules(), "{}", [], None, 0)
    row = await campaigns.find(db, 1, "1")
    assert row is not None
    assert "hush" not in row["body"]
    assert await campaigns.find(db, 2, "1") is None
    assert await campaigns.find(db, 1, "x") is None
    shown = await campaigns.form(db, row)
    assert (shown.counts.total, shown.wave, shown.waves) == (0, 1, 1)
