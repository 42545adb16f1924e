"""The door for files: upload by PUT and POST, download with ranges, and nothing without the link's secret."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from ohmstead import runtime
from ohmstead.api.app import create_site
from ohmstead.api.context import Context
from ohmstead.domain.procedures import Procedure
from ohmstead.store import procedures

pytestmark = pytest.mark.anyio


@pytest.fixture
async def door(context: Context) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_site(context))
    async with httpx.AsyncClient(transport=transport, base_url="http://ohmstead.test") as one:
        yield one


@pytest.fixture
async def link(context: Context, seed: Callable[..., Awaitable[None]]) -> str:
    """Where the log of the procedure prc_1 of CS1 may come."""
    await seed("stations", id=1, identity="CS1", registration="accepted", security_profile=1, created_at=0, version=1)
    await seed("sessions", station_id=1, epoch=0, generation=0)
    now = runtime.now()
    one = Procedure(id="prc_1", kind="log", request_id=5, asked_at=now, updated_at=now)
    await context.db.store([], [procedures.put(1, 1, one)])
    return context.links.upload("prc_1").removeprefix(context.settings.files.public_url)


async def _uploads(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    return (await client.get("files", params={"kind": "upload"})).json()["data"]  # type: ignore[no-any-return]


async def test_put_and_post_and_a_form(door: httpx.AsyncClient, client: httpx.AsyncClient, link: str) -> None:  # L02
    assert (await door.put(f"{link}/log.txt", content=b"one")).status_code == 201
    assert (await door.post(link, content=b"two")).status_code == 201
    form = {"file": ("../../x.zip", b"three", "application/zip")}
    assert (await door.post(link, data={"a": "b"}, files=form)).status_code == 201
    found = await _uploads(client)
    assert [(one["name"], one["size"], one["station_id"]) for one in found] == [
        ("x.zip", 5, "CS1"), ("log-prc_1", 3, "CS1"), ("log.txt", 3, "CS1"),
    ]  # fmt: skip
    assert (await client.get(f"files/{found[0]['id']}/content")).content == b"three"
    (log,) = (await client.get("stations/CS1/logs")).json()["data"]
    assert log["told"] == {"file_id": found[0]["id"]}


async def test_no_secret_no_file(door: httpx.AsyncClient, context: Context, link: str) -> None:
    wrong = link[:-1] + ("0" if link[-1] != "0" else "1")
    assert (await door.put(wrong, content=b"x")).status_code == 404
    other = link.replace("prc_1", "prc_2")
    assert (await door.put(other, content=b"x")).status_code == 404
    assert (await door.get(link)).status_code == 404


async def test_an_old_link_and_too_many_files(door: httpx.AsyncClient, context: Context, link: str) -> None:
    for _ in range(5):
        assert (await door.put(link, content=b"x")).status_code == 201
    assert (await door.put(link, content=b"x")).status_code == 409
    found = await procedures.load(context.db, "prc_1")
    assert found is not None
    await context.db.store([], [procedures.put(1, 1, replace(found, id="prc_0", asked_at=1))])
    old = context.links.upload("prc_0").removeprefix(context.settings.files.public_url)
    assert (await door.put(old, content=b"x")).status_code == 404


async def test_a_form_without_a_file(door: httpx.AsyncClient, link: str) -> None:
    kind = {"Content-Type": "multipart/form-data; boundary=b"}
    for body in (b"--b\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n--b--\r\n", b"nonsense"):
        assert (await door.post(link, content=body, headers=kind)).status_code == 400


async def test_too_long_a_file_is_refused_by_its_length(door: httpx.AsyncClient, context: Context, link: str) -> None:
    most = context.settings.files.max_upload_mb << 20
    refused = await door.put(link, content=b"x", headers={"Content-Length": str(most + 100_000)})
    assert refused.status_code == 413


async def test_download_with_ranges(door: httpx.AsyncClient, client: httpx.AsyncClient, context: Context) -> None:
    made = (await client.post("files", params={"name": "fw 1.bin"}, content=b"0123456789")).json()
    path = context.links.download(int(made["id"]), made["name"]).removeprefix(context.settings.files.public_url)
    whole = await door.get(path)
    assert (whole.status_code, whole.content, whole.headers["etag"]) == (200, b"0123456789", f'"{made["sha256"]}"')
    part = await door.get(path, headers={"Range": "bytes=4-"})
    assert (part.status_code, part.content, part.headers["content-range"]) == (206, b"456789", "bytes 4-9/10")
    assert (await door.get(path, headers={"Range": "bytes=10-"})).status_code == 416
    assert (await door.head(path)).headers["content-length"] == "10"
    other = {"Range": "bytes=4-", "If-Range": '"other"'}
    assert (await door.get(path, headers=other)).status_code == 200
    context.disk.path(int(made["id"])).write_bytes(b"changed in between")
    assert (await door.get(path)).status_code == 410
