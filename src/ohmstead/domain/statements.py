"""Statements: which instants a month has, what the lines come to, and how two statements are told apart."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_encode = msgspec.json.Encoder(order="deterministic").encode


class Sum(NamedTuple):
    net: Decimal
    tax: Decimal
    total: Decimal


def bounds(month: str, zone: ZoneInfo) -> tuple[int, int]:
    """The first instant of a local month ("2026-11") and the first one after it, in microseconds since 1970."""
    year, number = int(month[:4]), int(month[5:])
    after = (year, number + 1) if number < 12 else (year + 1, 1)
    return _instant(datetime(year, number, 1, tzinfo=zone)), _instant(datetime(*after, 1, tzinfo=zone))


def _instant(local: datetime) -> int:
    return (local - _EPOCH) // timedelta(microseconds=1)


def sums(bills: Iterable[tuple[str, str, str, str]]) -> Mapping[str, Sum]:
    """(currency, net, tax, total) of many bills, added up for each currency: bills are rounded, sums are not again."""
    found: dict[str, Sum] = {}
    for currency, *amounts in bills:
        before = found.get(currency, Sum(Decimal(0), Decimal(0), Decimal(0)))
        found[currency] = Sum(*(a + Decimal(b) for a, b in zip(before, amounts, strict=True)))
    return dict(sorted(found.items()))


def digest(lines: object) -> str:
    """SHA-256, in hex, of the lines as JSON with their keys in order."""
    return hashlib.sha256(_encode(lines)).hexdigest()
