"""A: security events, and what profile 3 asks of a boot."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from ohmstead.blocks import Call, HangUp, on
from ohmstead.blocks.alerts import raise_alert
from ohmstead.blocks.command import given
from ohmstead.domain.alerts import Cause
from ohmstead.domain.certificates import Holder, judge_boot
from ohmstead.domain.security_events import kind_of
from ohmstead.ocpp.versions import V16, V21, V201
from ohmstead.runtime import from_datetime
from ohmstead.settings import Settings
from ohmstead.store.security_events import write_security_event
from ohmstead.store.sessions import Station


@on("SecurityEventNotification", V16, V201, V21)
async def security_event(call: Call, req: Any) -> Any:
    """Always confirmed (A04.FR.03), and an alert by its severity; a station's queue delivers old ones late and some
    twice."""
    at, kind, info = from_datetime(req.timestamp), kind_of(req.type), given(req.tech_info)
    number = await call.numbers.rows.take()
    write_security_event(call.write, number, req.type, kind.critical, at, call.now, info)
    data = {"station_id": call.station.identity, "type": req.type, "critical": kind.critical, "tech_info": info}
    call.emit("security.event", data)
    cause = Cause(
        subject=f"security_event/{req.type}",
        source="security_event",
        code=req.type,
        severity=kind.severity,
        text=f"{kind.text} {info}" if info else kind.text,
        at=at,
        latched=True,
        detail={"type": req.type, "critical": kind.critical, "tech_info": info},
    )
    await raise_alert(call, cause)
    return call.v.SecurityEventNotificationResponse()


def holder(station: Station, settings: Settings) -> Holder:
    """Whom the station's certificate must name."""
    return Holder(
        identity=station.identity,
        serial_number=station.serial_number,
        rule="identity" if station.certificate_cn == "identity" else "serial_number",
        organizations=(settings.pki.organization, *settings.pki.trusted_organizations),
        allow_expired_days=station.allow_expired_certificate,
        gateway=station.gateway_cn,
        factory_organizations=settings.pki.factory_organizations,
    )


def check_serial_number(call: Call, serial_number: str | None) -> None:
    """B01.FR.11, .12: with a certificate a station boots under the registered serial number; raises HangUp."""
    if call.state.profile != 3:
        return
    refused = judge_boot(holder(call.station, call.settings), serial_number)
    if refused is not None:
        raise HangUp(refused.code, refused.reason)


def ask_for_renewal(call: Call) -> None:
    """A00.FR.429, .806: a station that was let in for a renewal only gets another certificate at once. Its
    registration says Pending already."""
    certificate = call.state.certificate
    if certificate is not None and certificate.renewal_only and not call.state.renewal_asked:
        call.ask("renew_certificate")
        call.state = replace(call.state, renewal_asked=True)
