"""How NATS is reached: the section `nats` of the settings. Its servers stand in `bus_url`."""

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
