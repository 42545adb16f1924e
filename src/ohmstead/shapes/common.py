"""What several shapes share: pages, findings, identifiers, security profiles."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Generic, Literal, TypeVar

from msgspec import Meta, Struct

T = TypeVar("T")

Identity = Annotated[
    str,
    Meta(
        pattern=r"^(?!\.{1,2}$)[A-Za-z0-9*_=+|@.\-]{1,48}(?!\n)$",
        description="identity of a station: 1 to 48 letters, digits or * _ = + | @ . - (OCPP-J: never a colon)",
    ),
]
Text50 = Annotated[str, Meta(min_length=1, max_length=50)]
Text255 = Annotated[str, Meta(min_length=1, max_length=255)]
SiteId = Annotated[str, Meta(min_length=1, max_length=50, description="id of a site")]

SecurityProfileName = Literal["none", "basic", "tls_basic", "tls_client_certificate"]
SecurityProfile = Literal[0, 1, 2, 3, "none", "basic", "tls_basic", "tls_client_certificate"]
"""A security profile of the OCPP specification, by its number or by its name."""
PROFILE_NAMES: tuple[SecurityProfileName, ...] = ("none", "basic", "tls_basic", "tls_client_certificate")

Registration = Literal["accepted", "pending", "rejected"]
StationStatus = Literal["faulted", "offline", "pending", "charging", "occupied", "available", "reserved", "unavailable"]
"""A station in one word, the worst first."""
OcppVersion = Literal["1.6", "2.0.1", "2.1"]


def profile_number(profile: SecurityProfile) -> int:
    """The number of a security profile given as number or name."""
    return profile if isinstance(profile, int) else PROFILE_NAMES.index(profile)


Time = Annotated[datetime, Meta(tz=True)]
"""A time as people send it: RFC 3339 with its zone."""


class Page(Struct, Generic[T]):
    """One page of a list; `next_cursor` is null on the last one."""

    data: list[T]
    next_cursor: str | None


class Finding(Struct, frozen=True):
    """Something odd that was accepted all the same."""

    code: str
    text: str


class EvseReference(Struct, frozen=True):
    """One EVSE of one station."""

    station_id: Identity
    evse_id: Annotated[int, Meta(ge=1)]


class Limits(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Where charging ends by itself; money as a decimal text in the currency of the tariff."""

    max_cost: Annotated[str, Meta(pattern=r"^\d{1,9}(\.\d{1,4})?(?!\n)$")] | None = None
    max_energy_wh: Annotated[float, Meta(gt=0)] | None = None
    max_time_s: Annotated[int, Meta(gt=0)] | None = None
    max_soc: Annotated[int, Meta(ge=1, le=100)] | None = None


def number_of(id: str) -> int | None:
    """The number that an id of the API is; None for what no row is called."""
    return int(id) if id.isascii() and id.isdigit() and len(id) <= 18 else None
