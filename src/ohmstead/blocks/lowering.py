"""A00.FR.005: no call of ours lowers a station's security profile, but the guided way where that may."""

from __future__ import annotations

from typing import Any

import msgspec

from ohmstead.blocks.command import Ask, Unsupported
from ohmstead.domain.upgrade import named


def refuse_lower(ask: Ask, action: str, payload: bytes) -> None:
    """A00.FR.005: no call of ours lowers the security profile, but the guided way where that may. Raises
    Unsupported."""
    if not ask.may_lower and (why := lowers(action, payload, ask.station.security_profile)) is not None:
        raise Unsupported(why)


def lowers(action: str, payload: bytes, profile: int) -> str | None:
    """Why this call must not be sent to a station of that security profile; None: it may."""
    if action not in ("SetNetworkProfile", "SetVariables", "ChangeConfiguration"):
        return None
    asked = [one for one in _profiles_in(action, msgspec.json.decode(payload)) if one < profile]
    if not asked:
        return None
    way = "POST /stations/{id}/security-profile goes from 3 to 2 where OCPP 2.1 allows it"
    return f"It would lower the security profile from {named(profile)} to {named(asked[0])} (A00.FR.005); {way}."


def _profiles_in(action: str, given: Any) -> list[int]:
    if action == "SetNetworkProfile":
        found = [given.get("connectionData", {}).get("securityProfile")]
    elif action == "ChangeConfiguration":
        found = [given.get("value")] if str(given.get("key", "")).lower() == "securityprofile" else []
    else:
        entries = given.get("setVariableData", ())
        found = [one["attributeValue"] for one in entries if one["variable"]["name"].lower() == "securityprofile"]
    return [int(one) for one in found if str(one) in ("0", "1", "2", "3")]
