"""Errors as RFC 9457 problem details."""

from __future__ import annotations

from msgspec import Struct


class Fault(Struct, omit_defaults=True):
    """One thing that is wrong with a request."""

    pointer: str
    """JSON pointer into the body; for a query parameter `/<its name>`."""
    detail: str
    location: str = "body"
    """body, query, header or path."""


class Problem(Struct, omit_defaults=True):
    """`application/problem+json`: what, where, why, what next."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str
    errors: list[Fault] = []
    oldest: int | None = None
    """With 410 from the event feed: the oldest sequence that is still kept."""
