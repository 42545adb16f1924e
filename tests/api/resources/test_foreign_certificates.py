from __future__ import annotations

import pytest

from ohmstead import blocks
from tests.pki.making import ca, station

pytestmark = pytest.mark.anyio
blocks.discover()
CA = ca("Somebody else's")
PATH = "stations/CS1/certificates"


@pytest.fixture(autouse=True)
async def added(client):
    fields = {"id": "CS1", "security_profile": 3, "serial_number": "SN1"}
    assert (await client.post("stations", json=fields)).status_code == 201
    body = {"name": "theirs", "certificate": CA.pem, "uses": ["station"]}
    assert (await client.post("certificate-authorities", json=body)).status_code == 201


async def test_it_is_known_from_now_on(client):
    one = station(CA)
    made = await client.post(PATH, json={"certificate": one.pem})
    assert made.status_code == 201, made.text
    shown = (await client.get("certificates", params={"station_id": "CS1"})).json()["data"][0]
    assert (shown["id"], shown["state"], shown["subject"]) == (made.json()["id"], "issued", "CN=SN1,O=Ohmstead")
    again = await client.post(PATH, json={"certificate": one.pem})
    assert (again.status_code, "known already" in again.json()["detail"]) == (409, True)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("another station's", "SN2"),
        ("another CA's", "not trusted"),
        ("no PEM", "no certificate"),
        ("with a key", "comes alone"),
    ],
)
async def test_what_would_open_no_door(client, given, why):
    pem = {
        "another station's": station(CA, common_name="SN2").pem,
        "another CA's": station(ca("Nobody")).pem,
        "no PEM": "hello",
        "with a key": station(CA).pem,
    }[given]
    answer = await client.post(PATH, json={"certificate": pem, "generate_key": given == "with a key"})
    assert answer.status_code == 422
    assert why in answer.json()["errors"][0]["detail"]
