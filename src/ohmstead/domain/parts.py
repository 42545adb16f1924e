"""A text that comes in numbered parts, in any order and some twice (NotifyCustomerInformation)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MOST_PARTS = 2_000
"""Of one text; parts have at most 512 characters."""


def with_part(told: Mapping[str, Any], number: int, text: str, last: bool) -> dict[str, Any]:
    """What was told, with this part; `result` is there as soon as none is missing."""
    parts = {**told.get("parts", {}), str(number): text}
    after: dict[str, Any] = {**told, "parts": parts}
    if last:
        after["last"] = number
    end = after.get("last")
    if end is not None and all(str(n) in parts for n in range(end + 1)):
        after["result"] = "".join(parts[str(n)] for n in range(end + 1))
        del after["parts"]
    return after


def full(told: Mapping[str, Any]) -> bool:
    """Whether no more parts are taken."""
    return len(told.get("parts", ())) >= MOST_PARTS
