from __future__ import annotations

import re

import msgspec
import pytest

from ohmstead.api.problems import KINDS, Refused

pytestmark = pytest.mark.anyio


async def test_the_page_needs_neither_key_nor_another_host(client):
    del client.headers["Authorization"]
    page = await client.get("docs")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["content-security-policy"].startswith("default-src 'self'")
    for link in re.findall(r'(?:href|src)="([^"]+)"', page.text):
        assert (await client.get(link)).status_code == 200, link
    script = await client.get("docs/page.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert "://" not in page.text + script.text + (await client.get("docs/page.css")).text
    assert (await client.get("docs/other.js")).status_code == 404


async def test_the_document_is_there(client):
    document = (await client.get("openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    assert "/api/v1/stations/{id}/commands" in document["paths"]


async def test_the_type_of_each_problem_leads_to_its_page(client):
    for kind, (_, title) in KINDS.items():
        type = msgspec.json.decode(Refused(kind, "why").body("r"))["type"]
        page = await client.get(f"http://ohmstead.test{type}")
        assert page.status_code == 200, kind
        assert title in page.text
    assert (await client.get("docs/problems/other")).status_code == 404


async def test_asyncapi_is_there(client):
    assert (await client.get("asyncapi.json")).json()["asyncapi"] == "3.0.0"
