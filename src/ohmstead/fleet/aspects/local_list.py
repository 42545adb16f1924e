"""The local list. Once a station holds one, it is kept in step by its own job (blocks/local_list.py)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ohmstead.domain.desired import Check
from ohmstead.fleet.aspects import Aspect, Seen, register
from ohmstead.store import local_lists
from ohmstead.store.db import Db


async def compare(db: Db, seen: Seen, wanted: bool) -> list[Check]:
    if not wanted:
        return []
    held = await local_lists.find(db, seen.place.id)
    known = held is not None and held.entries is not None
    actual = "never sent" if held is None else held.reason or f"version {held.version}"
    return [Check(aspect="local_list", what="local list", wanted="in step", actual=actual, same=known)]


def mend(wanted: bool, wrong: Sequence[Check]) -> dict[str, Any]:
    return {"type": "send_local_list"}


register(Aspect("local_list", compare, mend, lambda wanted: [mend(wanted, ())]))
