"""Default tariffs in 2.1 stations. A new version of a tariff is another one to them, and is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ohmstead.blocks.tariff import id_of
from ohmstead.domain.desired import Check
from ohmstead.fleet.aspects import Aspect, Seen, register
from ohmstead.shapes.desired import DesiredTariff
from ohmstead.store import station_tariffs, tariffs
from ohmstead.store.db import Db


def what(one: DesiredTariff) -> str:
    return "default tariff" if one.evse_id == 0 else f"default tariff of EVSE {one.evse_id}"


async def compare(db: Db, seen: Seen, wanted: list[DesiredTariff]) -> list[Check]:
    held = await station_tariffs.of_station(db, seen.place.id)
    own = {one.evse_id for one in wanted} - {0}
    return [await _check(db, one, seen, _of(held, one.evse_id, own)) for one in wanted]


async def _check(db: Db, one: DesiredTariff, seen: Seen, has: set[str]) -> Check:
    current = await tariffs.current(db, seen.place.tenant_id, one.tariff_id)
    blocked = None
    if seen.place.ocpp_version != "2.1":
        blocked = f"OCPP {seen.place.ocpp_version} has no tariffs in stations."
    elif current is None:
        blocked = f"There is no tariff {one.tariff_id!r}."
    said = one.tariff_id if current is None else id_of(current)
    return Check(
        aspect="tariffs", what=what(one), wanted=said, actual=", ".join(sorted(has)) or None, same=has == {said},
        blocked=blocked, group=str(one.evse_id),
    )  # fmt: skip


def _of(held: Mapping[int, str], evse_id: int, own: set[int]) -> set[str]:
    """The tariffs of an EVSE, or of all but those for which one of their `own` is declared; what is said for all counts
    where an EVSE has none."""
    if evse_id == 0:
        return {tariff for evse, tariff in held.items() if evse not in own}
    found = held.get(evse_id) or held.get(0)
    return {found} if found else set()


def mend(wanted: list[DesiredTariff], wrong: Sequence[Check]) -> dict[str, Any]:
    return _set(next(one for one in wanted if str(one.evse_id) == wrong[0].group))


def _set(one: DesiredTariff) -> dict[str, Any]:
    return {"type": "set_default_tariff", "tariff_id": one.tariff_id, "evse_id": one.evse_id}


def read(wanted: list[DesiredTariff]) -> dict[str, Any]:
    return {"type": "get_tariffs"}


register(
    Aspect(
        "tariffs",
        compare,
        mend,
        lambda wanted: [_set(one) for one in wanted],
        read=read,
        proves=False,
        read_in=("2.1",),
    )
)
