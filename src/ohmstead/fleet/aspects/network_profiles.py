"""Network profiles in the slots of 2.x stations. 2.1 tells what they hold; in 2.0.1 a station only takes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ohmstead.blocks.network_profiles import ACTIVE
from ohmstead.domain.desired import Check
from ohmstead.domain.device_model import Model, Name
from ohmstead.fleet.aspects import Aspect, Seen, register
from ohmstead.shapes.common import profile_number
from ohmstead.shapes.desired import DesiredNetworkProfile
from ohmstead.store.db import Db

NONE_IN_16 = "OCPP 1.6 has no network profiles."
IN_USE = "the station uses this slot now: put it into another one, and that first into connection.network.priority"
TOLD = {
    "url": "OcppCsmsUrl",
    "security_profile": "SecurityProfile",
    "interface": "OcppInterface",
    "message_timeout_s": "MessageTimeout",
}
"""Field -> the variable of NetworkConfiguration that tells it (2.1)."""


async def compare(db: Db, seen: Seen, wanted: list[DesiredNetworkProfile]) -> list[Check]:
    return [_check(one, seen) for one in wanted]


def _check(one: DesiredNetworkProfile, seen: Seen) -> Check:
    said, told = _said(one), _told(seen.known, one.slot)
    differs = any(said[name] != value for name, value in told.items())
    same = not differs and told.keys() == said.keys()
    blocked = None
    if seen.place.ocpp_version == "1.6":
        blocked = NONE_IN_16
    elif differs and seen.known.value(ACTIVE) == str(one.slot):
        blocked = IN_USE
    return Check(
        aspect="network_profiles", what=f"network profile {one.slot}", wanted=said, actual=told or None, same=same,
        blocked=blocked, group=str(one.slot), near=not differs,
    )  # fmt: skip


def _said(one: DesiredNetworkProfile) -> dict[str, str]:
    """As variables tell it."""
    return {
        "url": one.url, "security_profile": str(profile_number(one.security_profile)), "interface": one.interface,
        "message_timeout_s": str(one.message_timeout_s),
    }  # fmt: skip


def _told(known: Model, slot: int) -> dict[str, str]:
    found = {name: known.value(Name("NetworkConfiguration", one, str(slot))) for name, one in TOLD.items()}
    return {name: value for name, value in found.items() if value}


def mend(wanted: list[DesiredNetworkProfile], wrong: Sequence[Check]) -> dict[str, Any]:
    return _set(next(one for one in wanted if str(one.slot) == wrong[0].group))


def _set(one: DesiredNetworkProfile) -> dict[str, Any]:
    return {
        "type": "set_network_profile", "slot": one.slot, "url": one.url, "security_profile": one.security_profile,
        "interface": one.interface, "message_timeout_s": one.message_timeout_s,
    }  # fmt: skip


def read(wanted: list[DesiredNetworkProfile]) -> dict[str, Any]:
    names = [
        {"component": "NetworkConfiguration", "component_instance": str(one.slot), "variable": variable}
        for one in wanted
        for variable in TOLD.values()
    ]
    return {"type": "get_variables", "variables": names}


register(
    Aspect(
        "network_profiles", compare, mend, lambda wanted: [_set(one) for one in wanted], read=read, proves=False,
        read_in=("2.1",),
    )
)  # fmt: skip
