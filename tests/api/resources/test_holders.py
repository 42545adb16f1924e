from __future__ import annotations

import pytest

pytestmark = pytest.mark.anyio
NEW = {"id": "flat7", "group": "F7", "name": "M. Weber", "time_zone": "Europe/Berlin"}


async def test_the_life_of_a_holder(client):
    made = await client.post("holders", json=NEW)
    assert (made.status_code, made.headers["etag"], made.json()["unit"]) == (201, '"1"', None)
    assert (await client.post("holders", json=NEW | {"id": "other", "group": "f7"})).status_code == 409
    changed = await client.patch("holders/flat7", json={"unit": "7"}, headers={"If-Match": '"1"'})
    assert (changed.json()["unit"], changed.json()["name"]) == ("7", "M. Weber")
    assert (await client.patch("holders/flat7", json={"unit": "8"}, headers={"If-Match": '"1"'})).status_code == 412
    assert (await client.get("holders")).json()["data"] == [changed.json()]
    assert (await client.post("holders", json=NEW | {"id": "z", "group": "g", "time_zone": "Mars"})).status_code == 422
    assert (await client.delete("holders/flat7")).status_code == 204
    assert (await client.get("holders/flat7")).status_code == 404


async def test_a_month_without_anything(client):
    await client.post("holders", json=NEW)
    found = (await client.get("holders/flat7/statements/2026-10")).json()
    assert (found["lines"], found["totals"], found["energy_wh"], found["open"]) == ([], [], 0, 0)
    assert (found["begins_at"], found["ends_at"]) == ("2026-09-30T22:00:00Z", "2026-10-31T23:00:00Z")
    for path in ("holders/flat8/statements/2026-10", "holders/flat7/statements/2026-13", "statements/10"):
        assert (await client.get(path)).status_code == 404
