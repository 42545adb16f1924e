"""6. Doors: who did what, for every change, through API, keys and command line; in the transaction of the change."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.serving import KEY, PASSWORD, Csms, serving

pytestmark = pytest.mark.anyio


@pytest.fixture
async def csms(tmp_path: Path, anyio_backend: str) -> AsyncIterator[Csms]:
    async with serving(tmp_path) as one:
        yield one


async def entries(csms: Csms, **query: Any) -> list[tuple[str, str]]:
    """(action, subject), oldest first."""
    rows = await csms.all("audit", **query)
    return [(row["action"], row["subject"]) for row in rows][::-1]


async def test_each_change_is_written_down(csms: Csms) -> None:
    before = len(await entries(csms))
    await csms.add_station("CS1", certificate_cn="identity")
    await csms.patch("stations/CS1", {"signing": "verify", "password": "another-password"})
    site = (await csms.post("sites", {"name": "Depot"}))["id"]
    await csms.patch(f"sites/{site}", {"name": "Yard"})
    await csms.add_token("T1")
    key = await csms.post("keys", {"name": "k", "scopes": ["stations:write", "stations:read"]})
    made = await csms.post("stations/CS1/certificates", {"generate_key": True})
    await csms.post(f"certificates/{made['id']}/revoke", {"reason": "superseded"})
    async with csms.station("CS1", password="another-password") as station:
        command = await csms.command("CS1", {"ocpp": {"action": "ClearCache", "payload": {}}})
        await station.answer(await station.next_call(), {"status": "Accepted"})
    for path in (f"keys/{key['id']}", f"sites/{site}", "tokens/T1", "stations/CS1"):
        assert (await csms.api.delete(path)).status_code in (200, 204), path
    found = (await entries(csms))[before:]
    assert found == [
        ("station.create", "CS1"), ("station.change", "CS1"), ("site.create", site), ("site.change", site),
        ("token.create", "T1"), ("key.create", key["id"]), ("certificate.issue", "CS1"),
        ("certificate.revoke", "CS1"), ("command.create", "CS1"), ("key.revoke", key["id"]), ("site.delete", site),
        ("token.delete", "T1"), ("station.archive", "CS1"),
    ]  # fmt: skip
    rows = await csms.all("audit", subject="CS1", action="command.create")
    assert rows[0]["detail"] == {"id": command["id"], "type": "ocpp", "action": "ClearCache"}
    everything = str(await csms.all("audit"))
    for secret in (PASSWORD, "another-password", key["key"], made["private_key"]):
        assert secret not in everything


async def test_who_it_was(csms: Csms) -> None:
    """The key of the server's folder, a key that it made, and the command line with that key."""
    made = await csms.post("keys", {"name": "robot", "scopes": ["stations:write", "stations:read"]})
    with_it = {"Authorization": f"Bearer {made['key']}"}
    body = {"id": "CS2", "security_profile": 1, "password": PASSWORD}
    assert (await csms.api.post("stations", json=body, headers=with_it)).status_code == 201
    assert (await csms.api.get("audit", headers=with_it)).status_code == 403
    assert await entries(csms, actor=f"key:{made['id']}") == [("station.create", "CS2")]
    url = str(csms.api.base_url).removesuffix("/api/v1/")
    line = ["station", "change", "CS2", "--signing", "verify", "--url", url, "--key", made["key"]]
    assert await ohmstead(*line) == 0
    assert await entries(csms, actor=f"key:{made['id']}") == [("station.create", "CS2"), ("station.change", "CS2")]
    assert await ohmstead("audit", "--subject", "CS2", "--url", url, "--key", KEY) == 0


async def ohmstead(*arguments: str) -> int:
    done = await asyncio.create_subprocess_exec(sys.executable, "-m", "ohmstead", *arguments, stdout=PIPE, stderr=PIPE)
    said, failed = await asyncio.wait_for(done.communicate(), 30)
    assert not failed, failed.decode()
    assert b"CS2" in said
    return int(done.returncode or 0)


async def test_what_cannot_be_written_down_is_not_done(csms: Csms) -> None:
    await asyncio.to_thread(_take_the_audit_away, csms.server.data_dir / "ohmstead.db")
    body = {"id": "CS3", "security_profile": 1, "password": PASSWORD}
    assert (await csms.api.post("stations", json=body)).status_code == 500
    assert (await csms.api.get("stations/CS3")).status_code == 404
    assert await csms.feed("station.") == []


def _take_the_audit_away(path: Path) -> None:
    with sqlite3.connect(path, timeout=10) as database:
        database.execute("ALTER TABLE audit RENAME TO audit_gone")
