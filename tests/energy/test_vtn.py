"""Calls to a VTN on loopback."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from ohmstead.energy.vtn import Refused, Vtn
from ohmstead.energy_settings import OpenAdr
from ohmstead.web.fetching import Unreached
from tests.pki.external.servers import Asked, served

pytestmark = pytest.mark.anyio


class Books:
    """A VTN by the public specification of OpenADR 3: lists in pages, tokens by client credentials, VENs, reports."""

    def __init__(self) -> None:
        self.objects: dict[str, list[dict]] = {"/programs": [], "/events": [], "/vens": [], "/reports": []}
        self.tokens = 0
        self.asked: list[str] = []

    def __call__(self, asked: Asked) -> tuple[int, bytes]:
        path, query = urlsplit(asked.path).path, parse_qs(urlsplit(asked.path).query)
        self.asked.append(f"{asked.method} {path}")
        if path == "/auth/token":
            form = parse_qs(asked.body.decode())
            if form != {"grant_type": ["client_credentials"], "client_id": ["me"], "client_secret": ["s &+"]}:
                return 400, b'{"error": "invalid_client"}'
            self.tokens += 1
            said = {"access_token": f"t{self.tokens}", "token_type": "Bearer", "expires_in": 3600}
            return 200, json.dumps(said).encode()
        if asked.headers.get("authorization") != f"Bearer t{self.tokens}":
            return 401, b"{}"
        if path not in self.objects:
            return 404, b"{}"
        if asked.method == "POST":
            body = json.loads(asked.body)
            self.objects[path].append({"id": str(len(self.objects[path])), **body})
            return 201, json.dumps(self.objects[path][-1]).encode()
        skip, limit = int(query["skip"][0]), int(query["limit"][0])
        found = [
            one for one in self.objects[path]
            if all(one.get(name) == query[name][0] for name in ("venName", "eventID", "clientName") if name in query)
        ]  # fmt: skip
        return 200, json.dumps(found[skip : skip + limit]).encode()


def settings(url: str, **more) -> OpenAdr:
    return OpenAdr(url=url, client_id="me", client_secret="s &+", ven_name="us", **more)


async def test_tokens_pages_and_our_ven() -> None:
    books = Books()
    books.objects["/events"] = [{"id": str(n)} for n in range(120)]
    with served(books) as url:
        vtn = Vtn(settings(url))
        assert [one["id"] for one in await vtn.pages("/events")] == [str(n) for n in range(120)]
        await vtn.register()
        await vtn.register()
        assert books.objects["/vens"] == [{"id": "0", "objectType": "VEN_VEN_REQUEST", "venName": "us"}]
        assert books.tokens == 1
        books.tokens = 2  # the first one was withdrawn
        assert len(await vtn.pages("/events")) == 120
        with pytest.raises(Refused, match="404"):
            await vtn.post("/nothing", {})
        books.objects["/events"] = [{"id": str(n)} for n in range(1000)]
        with pytest.raises(Refused, match="more than 1000"):
            await vtn.pages("/events")
        with pytest.raises(Refused, match="400 to our request for a token"):
            await Vtn(OpenAdr(url=url, client_id="other")).pages("/events")
    with pytest.raises(Unreached):
        await vtn.pages("/events")
