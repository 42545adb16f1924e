"""The OpenAPI document and its page, which needs no other host."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import msgspec

from ohmstead.api import asyncapi, problem_pages
from ohmstead.api.exchange import Answer, Exchange
from ohmstead.api.openapi import document
from ohmstead.api.problems import not_found
from ohmstead.api.routes import Routes

routes = Routes("Documentation")

TYPES = {"page.js": "text/javascript", "page.css": "text/css"}
HEADERS = {"Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'", "Cache-Control": "no-cache"}


@routes.get("/openapi.json", scope=None, gives=dict[str, Any])
async def openapi_document(exchange: Exchange) -> Answer:
    """This API as an OpenAPI 3.1 document."""
    from ohmstead.api.resources import ROUTES

    return Answer(msgspec.json.encode(document(ROUTES)), headers=HEADERS)


@routes.get("/asyncapi.json", scope=None, gives=dict[str, Any])
async def asyncapi_document(exchange: Exchange) -> Answer:
    """The events, in the feed and by webhooks, as an AsyncAPI 3 document."""
    return Answer(msgspec.json.encode(asyncapi.document()), headers=HEADERS)


@routes.get("/docs", scope=None, gives=str, media_type="text/html")
async def docs_page(exchange: Exchange) -> Answer:
    """The document for people."""
    return Answer(_static("page.html"), headers=HEADERS, media_type="text/html")


@routes.get("/docs/problems/{kind}", scope=None, gives=str, media_type="text/html")
async def problem_page(exchange: Exchange, kind: str) -> Answer:
    """What a kind of problem means, and what to do about it: where the `type` of a problem leads."""
    if kind not in problem_pages.PAGES:
        raise not_found("kind of problem", kind)
    return Answer(problem_pages.html(kind).encode(), headers=HEADERS, media_type="text/html")


@routes.get("/docs/{file}", scope=None, gives=str, media_type="text/plain", files=tuple(dict.fromkeys(TYPES.values())))
async def docs_file(exchange: Exchange, file: str) -> Answer:
    """The script and the style of the page."""
    if file not in TYPES:
        raise not_found("file", file)
    return Answer(_static(file), headers=HEADERS, media_type=TYPES[file])


def _static(name: str) -> bytes:
    return files("ohmstead.api").joinpath("static", name).read_bytes()
