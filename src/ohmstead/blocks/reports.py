"""B07, B08: asking for reports, and what becomes of those that never end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from ohmstead.blocks.command import Ask, Calls, Command, Learnt, Outcome, Unsupported, after, before, outcome
from ohmstead.domain.portions import NAMES, limits
from ohmstead.domain.reports import Base
from ohmstead.store import device_model, device_reports
from ohmstead.store.bulk import Changed
from ohmstead.store.db import Db

Number = Annotated[int, Meta(ge=1)]
Text50 = Annotated[str, Meta(min_length=1, max_length=50)]
WINDOW = 600.0
"""Seconds that a report may take; one of which nothing comes for a minute is given up before (blocks/settling.py)."""
BASES = {"full": "FullInventory", "configuration": "ConfigurationInventory", "summary": "SummaryInventory"}
CRITERIA = {"active": "Active", "available": "Available", "enabled": "Enabled", "problem": "Problem"}


def _reported(answer: Any, request_id: int) -> Outcome:
    """Confirmed by the last part; after any answer but Accepted no part will come (B08.FR.15)."""
    expects = ("report", str(request_id)) if answer.status == "Accepted" else None
    return outcome(answer, expects=expects, window=WINDOW)


class GetBaseReport(Command):
    """Let the station report its variables: all, those that can be set, or how it is. Of a 1.6 station, its keys."""

    actions: ClassVar = ("GetBaseReport",)
    base: Literal["full", "configuration", "summary"] = "full"

    def to_v16(self, ask: Ask) -> Calls:
        if self.base != "full":
            raise Unsupported("OCPP 1.6 has one report: all configuration keys.")
        yield ask.v.GetConfigurationRequest()
        return Outcome(True)

    def to_v2(self, ask: Ask) -> Calls:
        number = ask.remote_start_id
        answer = yield ask.v.GetBaseReportRequest(request_id=number, report_base=BASES[self.base])
        return _reported(answer, number)


class Wanted(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A component, and a variable of it; what is left out stands for any."""

    component: Text50
    component_instance: Text50 | UnsetType = UNSET
    evse_id: Number | UnsetType = UNSET
    connector_id: Number | UnsetType = UNSET
    variable: Text50 | UnsetType = UNSET
    variable_instance: Text50 | UnsetType = UNSET

    def typed(self, v: Any) -> Any:
        evse = UNSET if self.evse_id is UNSET else v.EVSEType(id=self.evse_id, connector_id=self.connector_id)
        component = v.ComponentType(name=self.component, instance=self.component_instance, evse=evse)
        if self.variable is UNSET:
            return v.ComponentVariableType(component=component)
        variable = v.VariableType(name=self.variable, instance=self.variable_instance)
        return v.ComponentVariableType(component=component, variable=variable)


class GetReport(Command):
    """Let the station report some variables: of components that meet a criterion, of components named, or both."""

    actions: ClassVar = ("GetReport",)
    criteria: Annotated[list[Literal["active", "available", "enabled", "problem"]], Meta(min_length=1)] | UnsetType = (
        UNSET
    )
    variables: Annotated[list[Wanted], Meta(min_length=1)] | UnsetType = UNSET

    async def prepare(self, ask: Ask, db: Db) -> None:
        ask.known = await device_model.load_some(db, ask.station.tenant_id, ask.station.id, NAMES)

    def to_v2(self, ask: Ask) -> Calls:
        most = limits(ask.known, ask.station.capabilities).report.items
        if self.variables is not UNSET and len(self.variables) > most:  # B08.FR.06
            raise Unsupported(f"The station takes {most} variables in one request for a report; ask in several.")
        number = ask.remote_start_id
        answer = yield ask.v.GetReportRequest(
            request_id=number,
            component_criteria=UNSET if self.criteria is UNSET else [CRITERIA[one] for one in self.criteria],
            component_variable=UNSET if self.variables is UNSET else [one.typed(ask.v) for one in self.variables],
        )
        return _reported(answer, number)


@before("GetBaseReport", "GetReport")
def asked(ask: Ask, req: Any, now: int) -> Sequence[Changed]:
    """From now on parts with this number are of a report that was asked for: they may overtake the answer."""
    base: Base = "full" if getattr(req, "report_base", None) == "FullInventory" else "partial"
    return device_reports.asked(ask.station.tenant_id, ask.station.id, req.request_id, base, now)


@after("GetBaseReport", "GetReport")
async def answered(ask: Ask, db: Db, req: Any, answer: Any, now: int) -> Learnt:
    """A station that does not accept will send no part."""
    if answer is not None and answer.status == "Accepted":
        return Learnt()
    return Learnt(device_reports.dropped(ask.station.id, [req.request_id]))
