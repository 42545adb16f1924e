from __future__ import annotations

import pytest

pytestmark = pytest.mark.anyio
NEW = {"name": "Landlord", "url": "wss://csms.example/ocpp", "station_ids": ["CS1"], "password": "their secret"}


async def test_made_shown_changed_and_removed_without_its_password(client, seed):
    made = await client.post("forwardings", json={**NEW, "commands": ["Reset"]})
    assert made.status_code == 201
    assert "secret" not in made.text
    body = made.json()
    assert (body["has_password"], body["commands"], body["site_ids"]) == (True, ["Reset"], None)
    assert (await client.get(f"forwardings/{body['id']}")).json() == body
    assert (await client.get("forwardings")).json()["data"] == [body]
    path = f"forwardings/{body['id']}"
    changed = await client.patch(path, json={"enabled": False, "commands": [], "password": None})
    assert changed.json() == {**body, "enabled": False, "commands": [], "has_password": False}
    late = await client.patch(path, json={"enabled": True}, headers={"If-Match": '"1"'})
    assert late.status_code == 412
    assert (await client.get(f"{path}/stations")).json()["data"] == []
    audit = (await client.get("audit")).text
    assert "forwarding.change" in audit
    assert "their secret" not in audit
    assert (await client.delete(path)).status_code == 204
    assert (await client.get(path)).status_code == 404


async def test_a_password_does_not_move_to_another_address(client):
    id = (await client.post("forwardings", json=NEW)).json()["id"]
    moved = await client.patch(f"forwardings/{id}", json={"url": "wss://evil.example"})
    assert (moved.status_code, moved.json()["errors"][0]["pointer"]) == (422, "/password")
    again = {"url": "wss://evil.example", "password": "another"}
    assert (await client.patch(f"forwardings/{id}", json=again)).status_code == 200


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"commands": ["SetNetworkProfile"]}, "/commands/0"),
        ({"commands": ["Reset", "UpdateFirmware"]}, "/commands/1"),
        ({"commands": ["BootNotification"]}, "/commands/0"),
        ({"leave_out": ["Reset"]}, "/leave_out/0"),
        ({"leave_out": ["SignCertificate"]}, "/leave_out/0"),
        ({"identity": "X", "station_ids": None}, "/identity"),
        ({"identity": "X", "station_ids": ["A", "B"]}, "/identity"),
        ({"trusted_certificates": "no PEM"}, "/trusted_certificates"),
        ({"trusted_certificates": "\u00db"}, "/trusted_certificates"),
        ({"url": "https://x.example"}, "/url"),
        ({"url": "wss://user:pw@x.example"}, "/url"),
        ({"site_ids": ["404"]}, "/site_ids/0"),
    ],
)
async def test_what_is_refused(client, more, pointer):
    refused = await client.post("forwardings", json={**NEW, **more})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == pointer
