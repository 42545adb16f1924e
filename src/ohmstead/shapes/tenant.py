"""Tenants: who share an Ohmstead and see nothing of each other."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

TenantName = Annotated[
    str,
    Meta(
        pattern=r"^[a-z0-9][a-z0-9-]{0,39}(?!\n)$",
        description="lower case letters, digits and `-`; a part of the path of its stations, so no OCPP version",
    ),
]


class TenantNew(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: TenantName


class Tenant(Struct, frozen=True, kw_only=True):
    id: str
    name: str
    path: str
    """Its stations connect to this path, and their identity."""


class TenantMade(Tenant, frozen=True, kw_only=True):
    """A new tenant with its first key, which may do everything there; shown only this once."""

    key: str
