"""What every step of a scenario is: a table with `do` and its own keys, that plays itself."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct

from ohmstead.ocpp.versions import Version
from ohmstead.shapes.tables import nearest
from ohmstead.simulator.running import Unmet
from ohmstead.simulator.station import Station

Percent = Annotated[float, Meta(ge=0, le=100)]
Positive = Annotated[float, Meta(ge=0)]
Evse = Annotated[int, Meta(ge=1)]
NOT_21 = "only a station of 2.1 can"


class Step(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="do"):
    """One step. `play` raises Unmet when what was expected did not come."""

    @property
    def lasts_s(self) -> float:
        """How long it lasts in the station's time, as far as one can say before."""
        return 0.0

    def objection(self, version: Version) -> str | None:
        """Why a station of this version cannot do it, or None."""
        return None

    async def play(self, station: Station) -> None:
        """Do it."""
        raise NotImplementedError


def holds(given: Any, wanted: Any) -> bool:
    """Whether `given` has all that `wanted` names: members of tables, and of lists each item somewhere."""
    if isinstance(wanted, dict):
        return isinstance(given, dict) and all(key in given and holds(given[key], wanted[key]) for key in wanted)
    if isinstance(wanted, list):
        return isinstance(given, list) and all(any(holds(one, item) for one in given) for item in wanted)
    return bool(given == wanted)


def unknown(action: str, version: Version) -> str | None:
    known = version.messages.ACTIONS
    return None if action in known else f"OCPP {version.name} has no {action}; {nearest(action, list(known))}"


def same(what: str, wanted: str, heard: str) -> None:
    if heard != wanted:
        raise Unmet(f"expected {what}: {wanted}, heard {heard}.")
