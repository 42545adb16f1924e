"""What a VTN asked, over HTTP."""

from __future__ import annotations

import msgspec
import pytest

from ohmstead.store import openadr
from tests.store.test_openadr import ONE

pytestmark = pytest.mark.anyio
EVENTS = "demand-response/openadr/events"


async def test_events_of_the_vtn_as_they_were_understood(client, context):
    for name, first_at in (("e1", 7_000_000), ("e2", 9_000_000)):
        async with context.db.transaction() as tx:
            await openadr.put(tx, msgspec.structs.replace(ONE, event_id=name, first_at=first_at))
    newest, oldest = (await client.get(EVENTS)).json()["data"]
    assert (newest["id"], oldest["id"]) == ("e2", "e1")
    [asked] = oldest["asked"]
    assert (asked["site_ids"], asked["limit_w"], asked["demand_event_id"]) == (["11"], 5.0, None)
    assert (oldest["notes"], oldest["report"], oldest["report_state"]) == (["no"], ["USAGE"], "waiting")
    assert (await client.get(EVENTS, params={"report_state": "sent"})).json()["data"] == []
    first = (await client.get(EVENTS, params={"limit": 1})).json()
    rest = (await client.get(EVENTS, params={"limit": 1, "cursor": first["next_cursor"]})).json()
    assert [one["id"] for one in first["data"] + rest["data"]] == ["e2", "e1"]


async def test_a_key_of_other_sites_sees_nothing_of_what_is_asked(client, context):
    async with context.db.transaction() as tx:
        await openadr.put(tx, ONE)
    site = (await client.post("sites", json={"name": "elsewhere"})).json()["id"]
    key = (await client.post("keys", json={"name": "one site", "scopes": ["sites:read"], "site_ids": [site]})).json()
    [event] = (await client.get(EVENTS, headers={"Authorization": f"Bearer {key['key']}"})).json()["data"]
    assert event["asked"] == []


async def test_no_vtn_is_followed_unless_the_settings_name_one(client):
    shown = (await client.get("demand-response/openadr")).json()
    assert (shown["url"], shown["version"], shown["ven_name"]) == (None, "3.1", "ohmstead")
