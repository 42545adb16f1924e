"""Monitors. Variable, type and severity tell one from another (N04.FR.10); one of another value is replaced in its
place. After each change the station is asked for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec.structs import asdict

from ohmstead.domain.desired import Check
from ohmstead.domain.device_model import Name
from ohmstead.domain.monitors import Monitor
from ohmstead.domain.values import rounded
from ohmstead.fleet.aspects import Aspect, Seen, register
from ohmstead.shapes.desired import DesiredMonitor
from ohmstead.store import monitors
from ohmstead.store.db import Db

NONE_IN_16 = "OCPP 1.6 has no monitors."


def _name(one: DesiredMonitor) -> Name:
    return Name(
        one.component, one.variable, one.component_instance, one.evse_id, one.connector_id, one.variable_instance
    )


def key_of(one: DesiredMonitor) -> Any:
    return (_name(one).key, one.type, one.severity)


def what(one: DesiredMonitor) -> str:
    return f"{one.type} of {_name(one)}, severity {one.severity}"


async def compare(db: Db, seen: Seen, wanted: list[DesiredMonitor]) -> list[Check]:
    known = await monitors.load(db, seen.place.id)
    held = {(one.name.key, one.type, one.severity): one for one in known.values()}
    blocked = NONE_IN_16 if seen.place.ocpp_version == "1.6" else None
    return [_check(one, held.get(key_of(one)), blocked) for one in wanted]


def _check(one: DesiredMonitor, held: Monitor | None, blocked: str | None) -> Check:
    said = _shown(one)
    actual = None if held is None else _shown(held)
    return Check(
        aspect="monitors", what=what(one), wanted=said, actual=actual, same=actual == said, blocked=blocked,
        near=held is not None and held.transaction == one.transaction and rounded(float(one.value), float(held.value)),
        known=None if held is None else held.id,
    )  # fmt: skip


def _shown(one: DesiredMonitor | Monitor) -> dict[str, Any]:
    return {"value": one.value, "transaction": one.transaction}


def mend(wanted: list[DesiredMonitor], wrong: Sequence[Check]) -> dict[str, Any]:
    numbers = {one.what: one.known for one in wrong}
    return _set([(one, numbers[what(one)]) for one in wanted if what(one) in numbers])


def _set(found: list[tuple[DesiredMonitor, int | None]]) -> dict[str, Any]:
    entries = [{**asdict(one), "id": number} for one, number in found]
    given = [{name: value for name, value in entry.items() if value is not None} for entry in entries]
    return {"type": "set_variable_monitoring", "monitors": given}


def asks(wanted: list[DesiredMonitor]) -> list[dict[str, Any]]:
    return [_set([(one, None) for one in wanted])] if wanted else []


def read(wanted: list[DesiredMonitor]) -> dict[str, Any]:
    return {"type": "get_monitoring_report"}


register(Aspect("monitors", compare, mend, asks, read=read, proves=False))
