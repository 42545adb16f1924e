"""Kinds of stations: what the vendor catalogue knows of them, and how often it helped."""

from __future__ import annotations

from typing import Any

from msgspec import Struct


class QuirkShown(Struct, frozen=True, kw_only=True):
    """One row of the catalogue."""

    name: str
    title: str
    """What such stations do."""
    why: str
    """What is done about it."""
    evidence: list[str]
    answered_by: str
    """repair, capability, reconcile, connect or advice."""
    repairs: list[str]
    capabilities: dict[str, Any]
    advice: str | None
    firmware: str
    """The versions it is about; `*` is all."""


class Helped(Struct, frozen=True, kw_only=True):
    """How often something was repaired or adapted for stations of a kind."""

    code: str
    """`repaired_<fix>` or `adapted_<capability>`."""
    count: int
    stations: int


class VendorKind(Struct, frozen=True, kw_only=True):
    """A vendor and model of the fleet."""

    vendor: str
    model: str
    stations: int
    quirks: list[str]
    """Names of the rows that are about it, some only for certain firmware."""
    count: int
    """How often anything was repaired or adapted."""


class VendorKindShown(Struct, frozen=True, kw_only=True):
    vendor: str
    model: str
    stations: int
    quirks: list[QuirkShown]
    helped: list[Helped]
