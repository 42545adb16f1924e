"""G: heartbeat, the state of connectors, and putting them out of service."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from msgspec import UNSET, Meta, UnsetType
from msgspec.structs import replace

from ohmstead.blocks import Call, on
from ohmstead.blocks.command import Ask, Calls, Command, Unsupported, outcome
from ohmstead.domain.station import reported
from ohmstead.ocpp.versions import V16, V21, V201
from ohmstead.runtime import from_datetime, rfc3339
from ohmstead.store.sessions import write_status
from ohmstead.store.uptime import write_state

Positive = Annotated[int, Meta(ge=1)]


@on("Heartbeat", V16, V201, V21)
async def heartbeat(call: Call, req: Any) -> Any:
    call.happened("message", "Heartbeat")
    return call.v.HeartbeatResponse(current_time=rfc3339(call.now))


@on("StatusNotification", V201, V21)
async def status(call: Call, req: Any) -> Any:
    record(call, req.evse_id, req.connector_id, req.connector_status, from_datetime(req.timestamp))
    call.happened("message", "StatusNotification", str(req.evse_id), str(req.connector_id))
    return call.v.StatusNotificationResponse()


@on("StatusNotification", V16)
async def status_16(call: Call, req: Any) -> Any:
    at = None if req.timestamp is UNSET else from_datetime(req.timestamp)
    error = None if req.error_code == "NoError" else req.error_code
    connector_id = 1 if req.connector_id else 0  # connector n is (EVSE n, connector 1); 0 is the station
    record(call, req.connector_id, connector_id, req.status, at, error)
    call.happened("message", "StatusNotification", str(req.connector_id), str(connector_id))
    return call.v.StatusNotificationResponse()


def record(
    call: Call, evse_id: int, connector_id: int, status: str, at: int | None, error_code: str | None = None
) -> None:
    """A station said how a connector is: by StatusNotification, or by NotifyEvent of its AvailabilityState (G01)."""
    place = (evse_id, connector_id)
    before = call.state.connectors.get(place)
    after = reported(before, evse_id, connector_id, status, at, call.now)
    call.happened("status", str(evse_id), str(connector_id))
    if after is None or after is before:
        return
    if before is not None and after.status == before.status and error_code is None:
        # said again: nothing to tell, but the time counts for what comes late
        call.state = replace(call.state, connectors={**call.state.connectors, place: after})
        return
    call.state = replace(call.state, connectors={**call.state.connectors, place: after})
    write_status(call.write, after, error_code)
    write_state(call.write, after.at, after.status, place)
    call.emit("connector.status_changed", {
        "station_id": call.station.identity, "evse_id": evse_id, "connector_id": connector_id,
        "status": after.status, "previous": before.status if before else None, "error_code": error_code,
    })  # fmt: skip


class Availability(Command):
    """Put the station, an EVSE or a connector into or out of service."""

    actions: ClassVar = ("ChangeAvailability",)
    waits_offline: ClassVar[bool] = True
    operative: bool
    evse_id: Positive | UnsetType = UNSET
    connector_id: Positive | UnsetType = UNSET

    @property
    def _status(self) -> str:
        return "Operative" if self.operative else "Inoperative"

    @property
    def _expects(self) -> tuple[str, ...]:
        place = (self.evse_id, self.connector_id)
        return ("status", *(str(part) for part in place if part is not UNSET))

    def to_v16(self, ask: Ask) -> Calls:
        if self.connector_id not in (UNSET, 1):
            raise Unsupported("OCPP 1.6 has no connectors inside an EVSE: its connector n is our EVSE n, connector 1.")
        connector_id = 0 if self.evse_id is UNSET else self.evse_id
        answer = yield ask.v.ChangeAvailabilityRequest(connector_id=connector_id, type=self._status)
        expects = ("status",) if self.evse_id is UNSET else ("status", str(self.evse_id))
        return outcome(answer, expects=expects)

    def to_v2(self, ask: Ask) -> Calls:
        if self.evse_id is UNSET and self.connector_id is not UNSET:
            raise Unsupported("A connector lies in an EVSE: name the evse_id as well.")
        evse = UNSET if self.evse_id is UNSET else ask.v.EVSEType(id=self.evse_id, connector_id=self.connector_id)
        answer = yield ask.v.ChangeAvailabilityRequest(operational_status=self._status, evse=evse)
        return outcome(answer, expects=self._expects)
