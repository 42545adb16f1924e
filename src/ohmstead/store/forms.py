"""Domain objects in the form that the API shows and the feed carries: one form, made in one place."""

from __future__ import annotations

from ohmstead.domain.alerts import Alert, severity_name
from ohmstead.domain.battery_swaps import Battery, Swap
from ohmstead.domain.needs import Need
from ohmstead.domain.procedures import Procedure
from ohmstead.domain.transactions import Transaction
from ohmstead.ocpp.masking import MASK
from ohmstead.runtime import to_datetime
from ohmstead.shapes import alert as alert_shape
from ohmstead.shapes import battery_swap, needs
from ohmstead.shapes import procedure as procedure_shape
from ohmstead.shapes import reservation as reservation_shape
from ohmstead.shapes import transaction as shape
from ohmstead.shapes.common import Finding
from ohmstead.store.reservations import Reservation


def transaction_form(
    identity: str, one: Transaction, total_cost: str | None = None, currency: str | None = None
) -> shape.Transaction:
    """A transaction of the station `identity`."""
    return shape.Transaction(
        id=str(one.id),
        station_id=identity,
        transaction_id=one.transaction_id,
        evse_id=one.evse_id,
        connector_id=one.connector_id,
        token=one.token if one.token_type != "KeyCode" else MASK,  # C04.FR.04: a code is a secret
        token_type=one.token_type,
        state=one.state,
        started_at=to_datetime(one.started_at) if one.events else None,
        ended_at=None if one.ended_at is None else to_datetime(one.ended_at),
        energy_wh=one.energy_wh,
        power_w=one.power_w if one.state == "active" else None,
        charging_state=one.charging_state,
        stopped_reason=one.stopped_reason,
        events=one.events,
        gaps=one.gaps,
        complete=one.complete,
        findings=[Finding(*finding) for finding in one.findings],
        verdict=one.verdict,
        total_cost=total_cost,
        currency=currency,
        stop_token=_stop_token(one),
    )


def _stop_token(one: Transaction) -> str | None:
    """The token that ended it; a code is a secret, and of old ones it is not known whether they are one."""
    if one.stop_token == one.token:
        return one.stop_token if one.token_type != "KeyCode" else MASK
    if one.stop_token_type is None and one.token_type is not None:
        return None
    return one.stop_token if one.stop_token_type != "KeyCode" else MASK


def reservation_form(identity: str, one: Reservation) -> reservation_shape.Reservation:
    """A reservation at the station `identity`."""
    return reservation_shape.Reservation(
        id=str(one.id),
        station_id=identity,
        reservation_id=one.number,
        evse_id=one.evse_id,
        connector_type=one.connector_type,
        token=one.token,
        token_type=one.token_type,
        group=one.group_token,
        expires_at=to_datetime(one.expires_at),
        state=one.state,
        reason=one.reason,
        transaction_id=None if one.transaction is None else str(one.transaction),
        command_id=one.command_id,
        created_at=to_datetime(one.created_at),
        changed_at=to_datetime(one.changed_at),
    )


def alert_form(identity: str, one: Alert) -> alert_shape.Alert:
    """An alert of the station `identity`."""
    return alert_shape.Alert(
        id=str(one.id),
        station_id=identity,
        subject=one.subject,
        source=one.source,
        code=one.code,
        severity=one.severity,
        severity_name=severity_name(one.severity),
        state=one.state,
        text=one.text,
        detail=one.detail,
        count=one.count,
        first_at=to_datetime(one.first_at),
        last_at=to_datetime(one.last_at),
        needs_acknowledgement=one.latched,
        acknowledged_at=None if one.acknowledged_at is None else to_datetime(one.acknowledged_at),
        acknowledged_by=one.acknowledged_by,
        resolved_at=None if one.resolved_at is None else to_datetime(one.resolved_at),
        resolved_by=one.resolved_by,
    )


def procedure_form(identity: str, one: Procedure) -> procedure_shape.Procedure:
    """A procedure of the station `identity`; parts of a report that have not come to a whole are not shown."""
    return procedure_shape.Procedure(
        id=one.id,
        station_id=identity,
        kind=one.kind,
        request_id=one.request_id,
        command_id=one.command_id,
        state=one.state,
        status=one.status,
        reason=one.reason,
        asked=one.asked,
        told={name: value for name, value in one.told.items() if name != "parts"},
        steps=[
            procedure_shape.ProcedureStep(status=step.status, at=to_datetime(step.at), info=step.info)
            for step in one.steps
        ],
        asked_at=to_datetime(one.asked_at),
        updated_at=to_datetime(one.updated_at),
    )


def battery_swap_form(identity: str, one: Swap) -> battery_swap.BatterySwap:
    """A battery swap at the station `identity`."""
    names = Battery.__struct_fields__
    went_in, came_out = (
        [battery_swap.Battery(**{name: getattr(battery, name) for name in names}) for battery in some]
        for some in (one.batteries_in, one.batteries_out)
    )
    return battery_swap.BatterySwap(
        id=str(one.id),
        station_id=identity,
        request_id=one.request_id,
        token=one.token,
        state=one.state,
        batteries_in=went_in,
        batteries_out=came_out,
        began_at=to_datetime(one.began_at),
        updated_at=to_datetime(one.updated_at),
    )


def need_form(one: Need, identity: str | None) -> needs.ChargingNeed:
    """A charging need; `identity` is the station that it names, or at which its car is."""
    return needs.ChargingNeed(
        id=str(one.id),
        station_id=identity,
        evse_id=one.evse_id,
        vehicle_id=None if one.vehicle_id is None else str(one.vehicle_id),
        token=one.token,
        energy_wh=one.energy_wh,
        soc_percent=one.soc_percent,
        ready_by=to_datetime(one.ready_by),
        priority=one.priority,
        source=one.source,
        state=one.state,
        delivered_wh=round(one.delivered_wh, 1),
        expected_wh=one.expected_wh,
        feasible=one.feasible,
        reason=one.reason,
        created_at=to_datetime(one.created_at),
        updated_at=to_datetime(one.updated_at),
    )
