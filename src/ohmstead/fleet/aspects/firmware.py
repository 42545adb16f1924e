"""The firmware version, as the station says it at its start."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ohmstead.domain.desired import Check
from ohmstead.fleet.aspects import Aspect, Seen, register
from ohmstead.shapes.desired import DesiredFirmware
from ohmstead.store.db import Db

NOWHERE = "nothing is declared that it could be updated with (file_id or location)"


async def compare(db: Db, seen: Seen, wanted: DesiredFirmware) -> list[Check]:
    actual = seen.place.firmware_version
    return [
        Check(
            aspect="firmware", what="firmware version", wanted=wanted.version, actual=actual,
            same=actual == wanted.version,
            blocked=NOWHERE if _nowhere(wanted) else None,
        )
    ]  # fmt: skip


def mend(wanted: DesiredFirmware, wrong: Sequence[Check]) -> dict[str, Any]:
    fields = {"file_id": wanted.file_id, "location": wanted.location, "signed": wanted.signed}
    given = {name: value for name, value in fields.items() if value is not None}
    return {"type": "update_firmware", "version": wanted.version, **given}


def asks(wanted: DesiredFirmware) -> list[dict[str, Any]]:
    return [] if _nowhere(wanted) else [mend(wanted, ())]


def _nowhere(wanted: DesiredFirmware) -> bool:
    return wanted.file_id is None and wanted.location is None


register(Aspect("firmware", compare, mend, asks))
