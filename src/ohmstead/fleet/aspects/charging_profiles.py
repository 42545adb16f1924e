"""Charging profiles that stations should always have: limits of a station or an EVSE, and defaults of transactions.

A station may keep one in its own steps and units: what lies at its place after the station took it counts as it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from ohmstead.blocks import profile_words
from ohmstead.domain.desired import Check
from ohmstead.domain.profiles import Profile, Purpose
from ohmstead.fleet.aspects import Aspect, Seen, register
from ohmstead.shapes.desired import DesiredChargingProfile
from ohmstead.store import charging
from ohmstead.store.charging import OURS, Held
from ohmstead.store.db import Db

NOT_OF_ITSELF = ("id", "received_at")
"""Fields of a profile that are not what it says."""


def place_of(one: DesiredChargingProfile) -> tuple[int, Purpose, int]:
    return one.evse_id, one.profile.purpose, one.profile.stack_level


def what(one: DesiredChargingProfile) -> str:
    evse_id, purpose, stack_level = place_of(one)
    where = f"EVSE {evse_id}" if evse_id else "the station"
    return f"{purpose} of {where}, stack level {stack_level}"


async def compare(db: Db, seen: Seen, wanted: list[DesiredChargingProfile]) -> list[Check]:
    held = {
        (one.profile.evse_id, one.profile.purpose, one.profile.stack_level): one
        for one in await charging.load(db, seen.place.id)
        if one.source == OURS
    }
    return [_check(one, held.get(place_of(one))) for one in wanted]


def _check(one: DesiredChargingProfile, held: Held | None) -> Check:
    said = _said(profile_words.from_shape(one.profile, one.evse_id, 0, 0))
    installed = held is not None and held.state == "installed" and held.wanted is None
    actual = None if held is None else _said(held.profile)
    return Check(
        aspect="charging_profiles", what=what(one), wanted=said, actual=actual, same=installed and actual == said,
        near=installed, group=what(one),
    )  # fmt: skip


def _said(one: Profile) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(one))
    return {name: value for name, value in found.items() if name not in NOT_OF_ITSELF}


def mend(wanted: list[DesiredChargingProfile], wrong: Sequence[Check]) -> dict[str, Any]:
    return _set(next(one for one in wanted if what(one) == wrong[0].group))


def _set(one: DesiredChargingProfile) -> dict[str, Any]:
    return {"type": "set_charging_profile", "evse_id": one.evse_id, "profile": one.profile}


def asks(wanted: list[DesiredChargingProfile]) -> list[dict[str, Any]]:
    if any(one.profile.purpose == "TxProfile" for one in wanted):
        raise msgspec.ValidationError("A TxProfile belongs to one transaction; what is for all is a TxDefaultProfile")
    return [_set(one) for one in wanted]


def read(wanted: list[DesiredChargingProfile]) -> dict[str, Any]:
    return {"type": "get_charging_profiles"}


register(Aspect("charging_profiles", compare, mend, asks, read=read, read_in=("2.0.1", "2.1")))
