"""N01: logs, which stations upload; diagnostics in 1.6."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from msgspec import UNSET, UnsetType

from ohmstead.blocks import Call, on
from ohmstead.blocks.command import Ask, Calls, Command, Learnt, Outcome, Unsupported, after, before, given, outcome
from ohmstead.blocks.firmware_commands import Location, Moment, Retries, Seconds
from ohmstead.blocks.procedures import answered, asked_for, expectation, follow, procedure_id
from ohmstead.domain.firmware import LOG
from ohmstead.ocpp.versions import V16, V21, V201
from ohmstead.store.bulk import Changed
from ohmstead.store.db import Db

WINDOW = 3600.0
"""Seconds that an upload may take."""
TYPES = {"diagnostics": "DiagnosticsLog", "security": "SecurityLog", "data_collector": "DataCollectorLog"}
NOTHING = "the station has no diagnostics of that time"


@on("LogStatusNotification", V16, V201, V21)
async def log_status(call: Call, req: Any) -> Any:
    """A step of the upload of a log."""
    info = given(getattr(req, "status_info", None))
    await follow(call, "log", LOG, req.status, given(req.request_id), info)
    call.happened("message", call.action)
    return call.v.LogStatusNotificationResponse()


@on("DiagnosticsStatusNotification", V16)
async def diagnostics_status(call: Call, req: Any) -> Any:
    """A step of the upload of diagnostics; it has no number, so it is of the last that was asked for."""
    await follow(call, "log", LOG, req.status, None)
    call.happened("message", call.action)
    return call.v.DiagnosticsStatusNotificationResponse()


# ---------------------------------------------------------------------- commands


class GetLog(Command):
    """Let the station upload a log: to us, or to a URL of yours. Confirmed when it says Uploaded; `GET
    /stations/{id}/logs` has it."""

    actions: ClassVar = ("GetLog",)
    log_type: Literal["diagnostics", "security", "data_collector"] = "diagnostics"
    location: Location | UnsetType = UNSET
    oldest_at: Moment | UnsetType = UNSET
    latest_at: Moment | UnsetType = UNSET
    retries: Retries | UnsetType = UNSET
    retry_interval_s: Seconds | UnsetType = UNSET

    def to_v16(self, ask: Ask) -> Calls:
        return self.to_v2(ask)

    def to_v2(self, ask: Ask) -> Calls:
        if self.log_type == "data_collector" and ask.version is not V21:
            raise Unsupported(f"OCPP {ask.version.name} has no log of a data collector.")
        log = ask.v.LogParametersType(
            remote_location=_place(ask, self.location),
            oldest_timestamp=self.oldest_at,
            latest_timestamp=self.latest_at,
        )
        answer = yield ask.v.GetLogRequest(
            log=log, log_type=TYPES[self.log_type], request_id=ask.remote_start_id, retries=self.retries,
            retry_interval=self.retry_interval_s,
        )  # fmt: skip
        return outcome(answer, expects=expectation("log", ask.command_id), window=WINDOW)


class GetDiagnostics(Command):
    """Let a 1.6 station upload its diagnostics: to us, or to a URL of yours. Confirmed when it says Uploaded."""

    actions: ClassVar = ("GetDiagnostics",)
    location: Location | UnsetType = UNSET
    oldest_at: Moment | UnsetType = UNSET
    latest_at: Moment | UnsetType = UNSET
    retries: Retries | UnsetType = UNSET
    retry_interval_s: Seconds | UnsetType = UNSET

    def to_v16(self, ask: Ask) -> Calls:
        answer = yield ask.v.GetDiagnosticsRequest(
            location=_place(ask, self.location),
            start_time=self.oldest_at,
            stop_time=self.latest_at,
            retries=self.retries,
            retry_interval=self.retry_interval_s,
        )
        if answer.file_name is UNSET:
            return Outcome(False, NOTHING)
        return Outcome(True, expects=expectation("log", ask.command_id), window=WINDOW)


def _place(ask: Ask, location: str | UnsetType) -> str:
    """Where the log shall come; a link of our own has its own secret, never the station's password (N01.FR.17)."""
    if location is not UNSET:
        return location
    if ask.links is None:
        raise Unsupported("This process has no file store; give a location.")
    return ask.links.upload(procedure_id(ask))


@before("GetLog", "GetDiagnostics")
def log_asked(ask: Ask, req: Any, now: int) -> Sequence[Changed]:
    number, log = given(getattr(req, "request_id", UNSET)), getattr(req, "log", None)
    location = req.location if log is None else log.remote_location
    kind = "DiagnosticsLog" if log is None else req.log_type
    return asked_for(ask, "log", number, {"location": location, "log_type": kind}, now)


@after("GetLog", "GetDiagnostics")
async def log_answered(ask: Ask, db: Db, req: Any, answer: Any, now: int) -> Learnt:
    name = given(getattr(answer, "filename", getattr(answer, "file_name", UNSET)))
    if name is not None:
        return await answered(ask, db, answer, now, filename=name)
    nothing = answer is not None and not hasattr(answer, "status")
    return await answered(ask, db, answer, now, refusal=NOTHING if nothing else None)
