"""Whether this process can do its work."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct


class Health(Struct, frozen=True, kw_only=True):
    status: Literal["ok", "not_ready"]
    version: str
    reasons: list[str]
    """What is missing, in plain words; empty when `status` is ok."""
