"""NATS: how it is reached, and the publication of the feed to it: the sections `nats` and `events` of the settings."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct


class Nats(Struct, frozen=True, kw_only=True):
    prefix: Annotated[
        str,
        Meta(
            title="letters, digits, - and _, in parts joined by dots",
            pattern=r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*(?!\n)$",
            description="of every subject; two Ohmsteads on one NATS need two",
        ),
    ] = "ohmstead"
    credentials: Annotated[str, Meta(description="file of credentials (.creds); empty: those of the URL, or none")] = ""
    ca_file: Annotated[
        str, Meta(description="PEM file of who signed the servers' certificates; empty: the machine's roots")
    ] = ""


NatsUrl = Annotated[
    str,
    Meta(
        title="nats://HOST[:PORT] or tls://..., several with commas between",
        pattern=r"^(?!\n)$|^(nats|tls)://[^\s/]+(,(nats|tls)://[^\s/]+)*(?!\n)$",
    ),
]


class Events(Struct, frozen=True, kw_only=True):
    nats: Annotated[
        NatsUrl, Meta(description="NATS with JetStream, to which every event of the feed is published; empty: none")
    ] = ""
    nats_stream: Annotated[
        str,
        Meta(
            title="letters, digits, - and _",
            pattern=r"^[A-Za-z0-9_-]{1,64}(?!\n)$",
            description="the stream that takes them; made where it is missing",
        ),
    ] = "OHMSTEAD"
