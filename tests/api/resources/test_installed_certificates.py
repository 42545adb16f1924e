"""What is installed in stations, and renewals that somebody asks for, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from ohmstead.pki.certificate import material
from ohmstead.store import installed_certificates
from ohmstead.store.installed_certificates import Installed

pytestmark = pytest.mark.anyio


async def add(client: Any) -> str:
    body = {"id": "CS1", "security_profile": 3, "serial_number": "SN1"}
    assert (await client.post("stations", json=body)).status_code == 201
    made = await client.post("stations/CS1/certificates", json={"generate_key": True})
    id: str = made.json()["id"]
    return id


async def test_a_renewal_is_asked_for(client: Any) -> None:
    id = await add(client)
    answer = await client.post(f"certificates/{id}/renew")
    assert answer.status_code == 202
    assert answer.json()["id"] == id
    (command,) = (await client.get("commands")).json()["data"]
    assert (command["type"], command["state"]) == ("renew_certificate", "queued")
    await client.post(f"certificates/{id}/revoke", json={})
    assert (await client.post(f"certificates/{id}/renew")).status_code == 409
    assert (await client.post("certificates/99/renew")).status_code == 404


async def test_what_is_installed_is_matched(client: Any, context: Any) -> None:
    await add(client)
    root, issuing = context.ca.root, context.ca.issuing
    assert (await client.get("stations/CS1/installed-certificates")).json()["data"] == []
    found = [
        Installed("CSMSRootCertificate", material(root, root).hashed("SHA512"), (), 5),
        Installed("V2GRootCertificate", material(issuing, issuing).hashed("SHA256"), (), 5),
    ]
    rows = installed_certificates.told(1, (await row_id(context)), [], found)
    await context.db.store([], rows)
    shown = (await client.get("stations/CS1/installed-certificates")).json()["data"]
    assert [one["match"] and one["match"]["name"] for one in shown] == ["the embedded CA", None]


async def row_id(context: Any) -> int:
    from ohmstead.store.sessions import find_station

    station = await find_station(context.db, 1, "CS1")
    assert station is not None
    return station.id
