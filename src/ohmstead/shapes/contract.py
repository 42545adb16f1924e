"""Contracts of Plug & Charge."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from ohmstead.shapes.common import Time

Emaid = Annotated[
    str, Meta(min_length=14, max_length=20, description="e-mobility account identifier, hyphens and case do not matter")
]
Pcid = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9]{17,18}(?!\n)$", description="provisioning certificate id: the CN of the vehicle's")
]
EnergyTransfer = Literal[
    "AC_single_phase", "AC_two_phase", "AC_three_phase", "DC", "AC_BPT", "AC_BPT_DER", "AC_DER", "DC_BPT",
    "DC_ACDP", "DC_ACDP_BPT", "WPT",
]  # fmt: skip
ContractState = Literal["active", "expired", "revoked"]


class ContractNew(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    emaid: Emaid
    pcid: Pcid
    token: Annotated[str, Meta(min_length=1, max_length=255)] | None = None
    """The token that is charged; left out: one of type eMAID with this identifier, made with the contract."""
    energy_transfer: Annotated[list[EnergyTransfer], Meta(min_length=1)] | None = None
    """What the contract allows; null: everything."""
    valid_until: Time | None = None


class Contract(Struct, frozen=True, kw_only=True):
    """`certificates`: how many were issued for it."""

    emaid: str
    pcid: str
    token: str
    energy_transfer: list[str] | None
    valid_until: datetime | None
    state: ContractState
    certificates: int
    issued_at: datetime | None
    """The last certificate."""
    created_at: datetime
    revoked_at: datetime | None
