"""The AsyncAPI 3.0 document: what the feed and webhooks bring, written from the table of events.

A check that it is what the table says is `tools/reference.py --check`.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec

import ohmstead
from ohmstead.shapes.events import DATA, Json
from ohmstead.shapes.feed import Event

REFERENCE = "#/components/schemas/{name}"
Document = dict[str, Any]


@cache
def document() -> Document:
    """The whole document."""
    kinds = list({id(kind): kind for kind in (Event, *DATA.values())}.values())
    schemas, components = msgspec.json.schema_components(kinds, ref_template=REFERENCE)
    schema_of = {id(kind): schema for kind, schema in zip(kinds, schemas, strict=True)}
    messages = {_name(type): _message(type, schema_of[id(data)], schema_of[id(Event)]) for type, data in DATA.items()}
    references = {name: {"$ref": f"#/components/messages/{name}"} for name in messages}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Ohmstead's events",
            "version": ohmstead.__version__,
            "description": "CloudEvents 1.0, one ordered feed; in it once, on the wire at least once.",
        },
        "defaultContentType": "application/json",
        "channels": {
            "feed": {
                "address": "/api/v1/events/stream",
                "description": "Server-sent events: `id` is the sequence, `event` the type, `data` the CloudEvent; "
                "`Last-Event-ID` takes the stream up again. The same as pages: `GET /api/v1/events?after=`.",
                "messages": references,
            },
            "webhook": {
                "address": None,
                "description": "A POST to the URL of a webhook, signed as Standard Webhooks 1.0 say, in order for each "
                "station; an answer from 200 to 299 takes it.",
                "messages": references,
            },
        },
        "operations": {
            "followFeed": {"action": "send", "channel": {"$ref": "#/channels/feed"}},
            "callWebhook": {"action": "send", "channel": {"$ref": "#/channels/webhook"}},
        },
        "components": {"messages": messages, "schemas": components},
    }


def _name(type: str) -> str:
    return type.removeprefix("ohmstead.").replace("*", "any")


def _message(type: str, data: Any, event: Any) -> Document:
    pattern = {"pattern": "^" + type.replace(".", r"\.").replace("*", "[a-z_]+") + "$"}
    named = pattern if "*" in type else {"const": type}
    told = {"description": "plain JSON"} if DATA[type] is Json else data
    return {
        "name": type,
        "contentType": "application/cloudevents+json",
        "payload": {"allOf": [event, {"properties": {"type": {"type": "string", **named}, "data": told}}]},
    }
