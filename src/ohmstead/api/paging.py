"""`?limit=&cursor=` -> `{"data": [...], "next_cursor": ...}`, the same on every list."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Annotated, Any, Protocol, TypeVar

import msgspec
from msgspec import Meta, Struct

from ohmstead.api.problems import invalid
from ohmstead.shapes.common import Page
from ohmstead.store.resources.listing import Cursor, Found

T = TypeVar("T")

Limit = Annotated[int, Meta(ge=1, le=1000, description="rows per page")]


class PageQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The query parameters of every list."""

    limit: Limit = 100
    cursor: Annotated[str, Meta(min_length=1, description="`next_cursor` of the page before")] | None = None


class HasCursor(Protocol):
    @property
    def cursor(self) -> str | None: ...


def position(query: HasCursor, order: str = "") -> Cursor | None:
    """Where the page begins. Raises Refused (422) for a cursor that this list did not give out."""
    if query.cursor is None:
        return None
    try:
        given_order, values = msgspec.json.decode(
            base64.urlsafe_b64decode(query.cursor + "=="), type=tuple[str, Cursor]
        )
    except (binascii.Error, msgspec.MsgspecError, ValueError):
        given_order, values = None, []
    if given_order != order or not values:
        raise invalid("/cursor", "is not a cursor of this list in this order; begin without one", "query")
    return values


def page(found: Found, shown: Callable[[dict[str, Any]], T], order: str = "") -> Page[T]:
    """The page of `found`, each row as `shown` makes it."""
    token = None
    if found.cursor is not None:
        token = base64.urlsafe_b64encode(msgspec.json.encode((order, found.cursor))).decode().rstrip("=")
    return Page([shown(row) for row in found.rows], token)
