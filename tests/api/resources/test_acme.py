from __future__ import annotations

import httpx
import pytest
from msgspec.structs import replace

from ohmstead.acme_settings import AcmeSettings
from ohmstead.api.context import Context
from ohmstead.pki.acme.keeping import Kept, Standing, standing
from ohmstead.store import acme, secrets
from ohmstead.store.db import encode
from tests.pki.making import ca, station

pytestmark = pytest.mark.anyio


async def test_how_it_stands(client: httpx.AsyncClient, context: Context) -> None:
    nothing = {"directory": "", "names": [], "certificates": [], "failures": 0, "trouble": None, "next_at": None}
    assert (await client.get("acme")).json() == nothing
    made = station(ca("Public CA"), "csms.example")
    kept = secrets.seal(context.server_key, encode(Kept("https://ca/dir", ("a",), (made.key_pem + made.pem,))))
    await acme.put(context.db, acme.CERTIFICATES, kept, 1)
    await acme.put(context.db, acme.STANDING, encode(Standing(2, "no route", 1_764_000_000_000_000)), 1)
    answer = await client.get("acme")
    found = answer.json()
    assert [one["serial_number"] for one in found["certificates"]] == [f"{made.x509.serial_number:x}"]
    assert (found["failures"], found["trouble"], found["next_at"]) == (2, "no route", "2025-11-24T16:00:00Z")
    assert "PRIVATE" not in answer.text


async def test_new_ones_now(client: httpx.AsyncClient, context: Context) -> None:
    await acme.put(context.db, acme.STANDING, encode(Standing(2, "no route", 1 << 60)), 1)
    assert (await client.post("acme/renew")).status_code == 409
    section = AcmeSettings(directory="https://ca/dir")
    object.__setattr__(context, "settings", replace(context.settings, acme=section))
    assert (await client.post("acme/renew")).status_code == 202
    assert await standing(context.db) == Standing(wanted=True)
    (entry,) = [one for one in (await client.get("audit")).json()["data"] if one["action"] == "acme.renew"]
    assert entry["subject"] == "server certificates"
