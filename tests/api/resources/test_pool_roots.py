"""Roots of a contract pool: a server of the tests that speaks OPCP 1.0 by its public interface description."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import hashes
from msgspec.structs import replace

from ohmstead.api.httpd import Httpd
from tests.pki.making import Made, ca

pytestmark = pytest.mark.anyio
SECRET = "shared-with-the-pool"
NEWS = "plug-and-charge/pool-events"


class World:
    """What the pool knows, and how it tells of it."""

    def __init__(self) -> None:
        self.roots: dict[str, tuple[str, Made]] = {}
        self.status = 200

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await receive()
        status, body = 200, self._answer(scope["method"], scope["path"])
        if body is None:
            status, body = 404, {}
        if scope["path"] != "/token":
            status = self.status if status == 200 else status
            assert (b"authorization", b"Bearer t") in scope["headers"]
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": json.dumps(body).encode()})

    def _answer(self, method: str, path: str) -> Any:
        if path == "/token":
            return {"access_token": "t", "expires_in": 3600}
        assert method == "GET"
        if path == "/v1/root/rootCerts":
            return {"RootCertificateCollection": {"rootCertificates": [self._one(id) for id in self.roots]}}
        id = path.rpartition("/")[2]
        return {"RootResponse": self._one(id)} if id in self.roots else None

    def _one(self, id: str) -> dict[str, Any]:
        kind, made = self.roots[id]
        der = base64.b64encode(made.der).decode()
        return {"rootCertificateId": id, "commonName": f"{kind} Root {id}", "rootType": kind, "caCertificate": der}


@pytest.fixture
async def pool(context: Any) -> AsyncIterator[World]:
    world = World()
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        bound.setblocking(False)
        bound.listen()
        server = Httpd(world, bound)
        server.start()
        url = f"http://127.0.0.1:{server.port}"
        chosen = replace(
            context.settings.plugcharge, provider="opcp", opcp_url=url, opcp_token_url=f"{url}/token",
            opcp_client_id="me", opcp_client_secret="hush", opcp_webhook_secret=SECRET,
        )  # fmt: skip
        object.__setattr__(context, "settings", replace(context.settings, plugcharge=chosen))
        yield world
        await server.stop()


def told(kind: str, id: str, made: Made | None = None) -> bytes:
    payload = {"rootCertificateId": id, "commonName": "x", "distinguishedName": "CN=x", "rootType": "V2G"}
    if made is not None:
        payload["fingerprintSHA256"] = made.x509.fingerprint(hashes.SHA256()).hex()
    said = {"timestamp": "2026-02-03T00:00:00Z", "eventId": "1", "eventType": kind, "payload": payload}
    return json.dumps(said).encode()


async def tell(client: httpx.AsyncClient, body: bytes, secret: str = SECRET) -> httpx.Response:
    signature = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    headers = {"X-Hubject-Signature": signature, "content-type": "application/json", "authorization": ""}
    return await client.post(NEWS, content=body, headers=headers)


async def trusted(client: httpx.AsyncClient) -> list[tuple[str, list[str]]]:
    listed = (await client.get("certificate-authorities")).json()["data"]
    return [(one["name"], one["uses"]) for one in listed[1:]]


async def test_all_roots_of_a_pool(client: httpx.AsyncClient, pool: World) -> None:
    pool.roots = {"1": ("MO", ca("One")), "2": ("V2G", ca("Two")), "3": ("OEM", ca("Three"))}
    answer = await client.post("certificate-authorities/sync")
    assert (answer.status_code, answer.json()) == (200, {"added": 3, "removed": 0})
    assert (await client.post("certificate-authorities/sync")).json() == {"added": 0, "removed": 0}
    assert await trusted(client) == [("MO Root 1", ["mo"]), ("V2G Root 2", ["v2g"]), ("OEM Root 3", ["oem"])]
    pool.status = 503
    refused = await client.post("certificate-authorities/sync")
    assert (refused.status_code, "503" in refused.json()["detail"]) == (503, True)


async def test_the_pool_tells_of_news(client: httpx.AsyncClient, pool: World) -> None:
    made = ca("One")
    pool.roots = {"1": ("V2G", made)}
    added = await tell(client, told("root.cert.added", "1"))
    assert (added.status_code, added.json()) == (200, {"added": 1, "removed": 0})
    assert await trusted(client) == [("V2G Root 1", ["v2g"])]
    gone = await tell(client, told("root.cert.revoked", "1", made))
    assert gone.json() == {"added": 0, "removed": 1}
    assert await trusted(client) == []
    assert (await tell(client, told("root.cert.revoked", "1", made))).json() == {"added": 0, "removed": 0}
    both = {"name": "Both", "certificate": made.pem, "uses": ["v2g", "station"]}
    assert (await client.post("certificate-authorities", json=both)).status_code == 201
    assert (await tell(client, told("root.cert.revoked", "1", made))).json() == {"added": 0, "removed": 0}
    assert await trusted(client) == [("Both", ["v2g", "station"])]
    feed = (await client.get("events")).json()["data"]
    assert [one["type"] for one in feed] == [f"ohmstead.authority.{what}" for what in ("added", "removed", "added")]


async def test_what_is_not_from_the_pool(client: httpx.AsyncClient, pool: World, context: Any) -> None:
    pool.roots = {"1": ("V2G", ca("One"))}
    body = told("root.cert.added", "1")
    assert (await tell(client, body, "another secret")).status_code == 401
    assert (await client.post(NEWS, content=body, headers={"content-type": "application/json"})).status_code == 401
    assert (await tell(client, b"{}")).status_code == 422
    assert (await tell(client, told("root.cert.added", "2"))).status_code == 503
    assert await trusted(client) == []
    none = replace(context.settings.plugcharge, opcp_webhook_secret="", provider="builtin")
    object.__setattr__(context, "settings", replace(context.settings, plugcharge=none))
    assert (await tell(client, body)).status_code == 404
    assert (await client.post("certificate-authorities/sync")).status_code == 409
