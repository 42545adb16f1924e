#!/usr/bin/env python3
# /// script
# requires-python = ">=3.11"
# dependencies = ["picows>=2.3", "uvloop", "msgspec", "ocpp==2.1.0"]
# ///
"""The floor: what answering OCPP 2.0.1 costs at least on one core.

picows + uvloop, every payload decoded into types built from the official schemas, canned answers, no
state, no storage.  A CSMS can only be slower; the ratio to this floor is the figure to watch.

    floor.py PORT [CERT KEY]
"""

from __future__ import annotations

import datetime as dt
import gc
import json
import ssl
import sys
from importlib.resources import files
from typing import Annotated, Literal, Union

import msgspec
import uvloop
from msgspec import UNSET, Meta, UnsetType, defstruct
from picows import WSListener, WSMsgType, WSUpgradeResponse, WSUpgradeResponseWithListener, ws_create_server


def message_type(schema: dict, title: str) -> type:
    """A msgspec type with every constraint of one JSON schema of OCPP 2.x."""
    known: dict[str, object] = {}

    def of(s: dict, name: str):
        if "$ref" in s:
            ref = s["$ref"].rsplit("/", 1)[1]
            if ref not in known:
                known[ref] = of(schema["definitions"][ref], ref)
            return known[ref]
        if "enum" in s:
            return Literal[tuple(s["enum"])]
        match s.get("type"):
            case "string":
                if s.get("format") == "date-time":
                    return dt.datetime
                return Annotated[str, Meta(max_length=s["maxLength"])] if "maxLength" in s else str
            case "integer" | "number" as t:
                base = int if t == "integer" else float
                bounds = {to: base(s[k]) for k, to in (("minimum", "ge"), ("maximum", "le")) if k in s}
                return Annotated[base, Meta(**bounds)] if bounds else base
            case "boolean":
                return bool
            case "array":
                bounds = {to: s[k] for k, to in (("minItems", "min_length"), ("maxItems", "max_length")) if k in s}
                items = list[of(s["items"], name + "Item")]
                return Annotated[items, Meta(**bounds)] if bounds else items
            case "object":
                if s.get("additionalProperties") is not False and name == "CustomDataType":
                    return dict
                required = set(s.get("required", ()))
                fields = []
                for key, sub in s.get("properties", {}).items():
                    t = of(sub, f"{name}_{key}")
                    fields.append((key, t) if key in required else (key, Union[t, UnsetType], UNSET))
                closed = s.get("additionalProperties") is False
                return defstruct(name, fields, kw_only=True, forbid_unknown_fields=closed, omit_defaults=True, gc=False)
        return object

    return of(schema, title)


def decoders() -> dict[str, msgspec.json.Decoder]:
    out = {}
    for f in files("ocpp.v201").joinpath("schemas").iterdir():
        if f.name.endswith("Request.json"):
            action = f.name.removesuffix("Request.json")
            out[action] = msgspec.json.Decoder(message_type(json.loads(f.read_text("utf-8-sig")), action))
    return out


DECODERS = decoders()
envelope = msgspec.json.Decoder(tuple[int, str, str, msgspec.Raw]).decode
encode = msgspec.json.Encoder().encode


def answer(action: str) -> dict:
    now = dt.datetime.now(dt.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    if action == "BootNotification":
        return {"currentTime": now, "interval": 300, "status": "Accepted"}
    return {"currentTime": now} if action == "Heartbeat" else {}


class Floor(WSListener):
    __slots__ = ()

    def on_ws_frame(self, transport, frame):
        if frame.msg_type == WSMsgType.TEXT:
            _, ident, action, payload = envelope(frame.get_payload_as_memoryview())
            DECODERS[action].decode(payload)
            transport.send(WSMsgType.TEXT, encode((3, ident, answer(action))))
        elif frame.msg_type == WSMsgType.CLOSE:
            transport.send_close(1000)
            transport.disconnect()


def admit(request):
    offered = request.headers.get("Sec-WebSocket-Protocol")
    headers = {"Sec-WebSocket-Protocol": offered.split(",")[0].strip()} if offered else None
    return WSUpgradeResponseWithListener(WSUpgradeResponse.create_101_response(headers), Floor())


async def main(port: int, cert: str | None = None, key: str | None = None) -> None:
    tls = None
    if cert:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(cert, key)
    server = await ws_create_server(admit, "127.0.0.1", port, backlog=4096, read_buffer_init_size=2048, ssl=tls)
    gc.freeze()
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), *sys.argv[2:4]))
