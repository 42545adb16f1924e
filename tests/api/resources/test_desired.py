from __future__ import annotations

import pytest

pytestmark = pytest.mark.anyio
WORDS = {"configuration": [{"name": "connection.heartbeat_interval", "value": 77}]}


async def test_layers_are_put_shown_and_removed(client):
    made = await client.put("desired/all", json={"applies_to": {}, "desired": WORDS})
    assert (made.status_code, made.headers["etag"]) == (200, '"1"')
    again = await client.put(
        "desired/all", json={"applies_to": {}, "desired": {"local_list": True}}, headers={"If-Match": '"1"'}
    )
    assert again.json()["version"] == 2
    late = await client.put("desired/all", json={"applies_to": {}, "desired": WORDS}, headers={"If-Match": '"1"'})
    assert late.status_code == 412
    assert (await client.get("desired")).json()["data"] == [(await client.get("desired/all")).json()]
    assert (await client.delete("desired/all")).status_code == 204
    assert (await client.get("desired/all")).status_code == 404


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("desired/a b", {"applies_to": {}, "desired": WORDS}, "/id"),
        ("desired/a", {"desired": WORDS}, "/applies_to"),
        (
            "desired/a",
            {"applies_to": {}, "desired": {"configuration": [{"name": "heartbeat", "value": 1}]}},
            "/desired",
        ),
        ("desired/a", {"applies_to": {}, "desired": {"firmware": {"version": "2", "location": "nowhere"}}}, "/desired"),
        ("desired/a", {"applies_to": {}, "desired": {"colour": "red"}}, "/desired"),
        ("desired/a", {"applies_to": {"site_id": "99"}, "desired": {"local_list": True}}, "/applies_to/site_id"),
    ],
)
async def test_what_cannot_be_is_refused(client, path, body, pointer):
    found = await client.put(path, json=body)
    assert found.status_code == 422
    assert found.json()["errors"][0]["pointer"] == pointer


async def test_a_station_has_its_own_and_tells_what_it_lacks(client):
    await client.post("stations", json={"id": "CS1", "security_profile": 1})
    assert (await client.get("stations/CS1/drift")).json()["state"] == "undeclared"
    await client.put("desired/all", json={"applies_to": {}, "desired": WORDS})
    shown = (await client.put("stations/CS1/desired", json={"local_list": True})).json()
    assert shown["own"] == {"local_list": True}
    assert shown["effective"] == {**WORDS, "local_list": True}
    assert shown["layers"] == ["all"]
    await client.put("desired/template", json={"applies_to": None, "desired": {"firmware": {"version": "2"}}})
    assert (await client.get("desired/template")).json()["applies_to"] is None
    assert (await client.get("stations/CS1/desired")).json() == shown, "a template is only compared with"
    drift = (await client.get("stations/CS1/drift")).json()
    assert (drift["state"], drift["differences"]) == ("unknown", [])
    assert (await client.post("stations/CS1/reconcile")).status_code == 202
    assert [one["state"] for one in (await client.get("drift")).json()["data"]] == ["unknown"]
    assert (await client.delete("stations/CS1/desired")).status_code == 204
    assert (await client.get("stations/CS1/desired")).json()["own"] is None
