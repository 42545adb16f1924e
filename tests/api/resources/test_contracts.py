from __future__ import annotations

import pytest

pytestmark = pytest.mark.anyio

NEW = {"emaid": "de-8aa-c1a2b3c4d-9", "pcid": "wmiv1234567890abcd"}


async def test_a_contract_brings_its_token(client):
    made = await client.post("contracts", json=NEW)
    assert made.status_code == 201
    body = made.json()
    assert (body["emaid"], body["pcid"], body["token"]) == ("DE-8AA-C1A2B3C4D", "WMIV1234567890ABCD", "DE8AAC1A2B3C4D")
    assert (body["state"], body["certificates"], body["issued_at"]) == ("active", 0, None)
    token = (await client.get("tokens/DE8AAC1A2B3C4D")).json()
    assert (token["type"], token["status"]) == ("eMAID", "accepted")
    for form in ("DE8AAC1A2B3C4D", "DE-8AA-C1A2B3C4D", "de8aac1a2b3c4d9"):
        assert (await client.get(f"contracts/{form}")).json() == body
    assert (await client.get("contracts", params={"pcid": "WMIV1234567890ABCD"})).json()["data"] == [body]
    assert (await client.get("contracts", params={"pcid": "other"})).json()["data"] == []
    assert (await client.post("contracts", json=NEW)).status_code == 409


async def test_a_contract_may_charge_another_token(client):
    assert (await client.post("contracts", json=NEW | {"token": "CARD"})).status_code == 422
    await client.post("tokens", json={"token": "CARD"})
    fields = {"token": "CARD", "energy_transfer": ["DC"], "valid_until": "2020-01-01T00:00:00Z"}
    made = (await client.post("contracts", json=NEW | fields)).json()
    assert (made["token"], made["energy_transfer"], made["state"]) == ("CARD", ["DC"], "expired")
    assert (await client.get("tokens/DE8AAC1A2B3C4D")).status_code == 404


async def test_revoked_once_and_for_all(client):
    await client.post("contracts", json=NEW)
    first = (await client.post("contracts/DE8AAC1A2B3C4D/revoke")).json()
    assert first["state"] == "revoked"
    assert (await client.get("tokens/DE8AAC1A2B3C4D")).json()["status"] == "blocked"
    assert (await client.post("contracts/DE8AAC1A2B3C4D/revoke")).json() == first
    assert (await client.post("contracts/DE8AAC1A2B3C4E/revoke")).status_code == 404
    kinds = [one["type"] for one in (await client.get("events")).json()["data"]]
    assert kinds == ["ohmstead.contract.created", "ohmstead.contract.revoked"]


@pytest.mark.parametrize(
    "change",
    [{"emaid": "DE8AAC1A2B3C4Ü"}, {"emaid": "12345678901234"}, {"pcid": "SHORT"}, {"energy_transfer": []}],
)
async def test_what_cannot_be_is_refused(client, change):
    assert (await client.post("contracts", json=NEW | change)).status_code == 422
