"""E16, F07: where a transaction ends by itself: its token's limits and credit, and those of a remote start.

A 2.1 station is told once what it can watch itself (TxCtrlr.SupportedLimits). All else is ours to watch: when an event
shows that a limit is reached, the station is asked to stop.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from ohmstead.blocks import Call
from ohmstead.blocks.booking import remember
from ohmstead.blocks.command import given, unless_none
from ohmstead.blocks.readings import readings_v2
from ohmstead.domain import tokens, values
from ohmstead.domain.device_model import Name
from ohmstead.domain.metering import Reading
from ohmstead.domain.tokens import NO_LIMITS, Limits, Verdict
from ohmstead.domain.transactions import Event, Transaction, note
from ohmstead.ocpp.versions import V21
from ohmstead.store import device_model, ledger
from ohmstead.store.commands import started_by

KINDS = {"maxCost": "max_cost", "maxEnergy": "max_energy_wh", "maxTime": "max_time_s", "maxSoC": "max_soc"}
"""TransactionLimitType -> ours."""
_FIELDS = {"maxCost": "max_cost", "maxEnergy": "max_energy", "maxTime": "max_time", "maxSoC": "max_soc"}
SOC = frozenset({"SoC"})
SUPPORTED = Name("TxCtrlr", "SupportedLimits")
_start = msgspec.json.Decoder(dict[str, Any])


async def limited(call: Call, before: Transaction, event: Event, verdict: Verdict, req: Any = None) -> Transaction:
    """The transaction with the limits that this event brings, before it is booked. `req` is the TransactionEvent of a
    2.x station."""
    if not verdict.accepted or before.limits is not None or before.station_limits is not None:
        return before
    limits = verdict.limits or NO_LIMITS
    if event.remote_start_id is not None or event.trigger_reason == "RemoteStart" or event.seq_no is None:
        limits = limits.tighter(await _of_start(call, event))
    if limits == NO_LIMITS:
        return before
    if call.version is not V21 or event.offline:  # E16.FR.18: offline it is history
        return replace(before, limits=limits)
    can = await _watched(call, limits, req)
    ours = limits.without(*(name for name in KINDS.values() if getattr(can, name) is not None))
    return replace(before, limits=None if ours == NO_LIMITS else ours, station_limits=None if can == NO_LIMITS else can)


async def _of_start(call: Call, event: Event) -> Limits:
    """The limits of the command that started it, if it has any."""
    for body in await started_by(call.db, call.station.id):
        asked = _start.decode(body)
        if "limits" in asked and tokens.same(asked["token"], event.token):
            return msgspec.convert(asked["limits"], Limits)
    return NO_LIMITS


async def _watched(call: Call, limits: Limits, req: Any) -> Limits:
    """Those that the station can watch (E16.FR.12), but for what it has lower already (E16.FR.08)."""
    known = await device_model.load_some(call.db, call.station.tenant_id, call.station.id, [SUPPORTED])
    said = known.value(SUPPORTED)
    can = set(KINDS) if said is None else set(values.items(said))
    has = given(req.transaction_info.transaction_limit)
    for kind, name in KINDS.items():
        wanted = getattr(limits, name)
        own = None if has is None else given(getattr(has, _FIELDS[kind]))
        if wanted is not None and (kind not in can or (own is not None and own <= float(wanted))):
            limits = limits.without(name)
    return limits


def said(call: Call, before: Transaction, after: Transaction) -> Any:
    """`transactionLimit` for the answer: once, when it was just decided (E16.FR.02, C17.FR.03)."""
    limits = after.station_limits
    if limits is None or before.station_limits is not None:
        return UNSET
    return call.v.TransactionLimitType(
        max_cost=UNSET if limits.max_cost is None else float(limits.max_cost),
        max_energy=unless_none(limits.max_energy_wh),
        max_time=unless_none(limits.max_time_s),
        max_soc=unless_none(limits.max_soc),
    )


def watch(call: Call, after: Transaction, event: Event, cost: float | None, req: Any = None) -> None:
    """Ask the station to stop, once, when one of the limits that are ours to watch is reached. `req` is the
    TransactionEvent of 2.x, of which `event` has read the energy only."""
    if after.limits is None or after.state != "active" or event.offline:
        return
    reached = _reached(after, after.limits, cost, event.readings if req is None else readings_v2(req.meter_value, SOC))
    if reached is None:
        return
    done = note(replace(after, limits=None), "limit_reached", f"it was asked to stop: {reached} is reached")
    ledger.write_changed(call.write, done, after)
    remember(call, done)
    call.ask("stop", transaction_id=after.transaction_id)


def _reached(one: Transaction, limits: Limits, cost: float | None, readings: Iterable[Reading]) -> str | None:
    if limits.max_energy_wh is not None and one.energy_wh >= limits.max_energy_wh:
        return f"{limits.max_energy_wh:g} Wh"
    if limits.max_time_s is not None and one.last_at - one.started_at >= limits.max_time_s * 1_000_000:
        return f"{limits.max_time_s} s"
    if limits.max_cost is not None and cost is not None and Decimal(str(cost)) >= Decimal(limits.max_cost):
        return f"a cost of {limits.max_cost}"
    charged = (reading.value for reading in readings if reading.measurand == "SoC")
    if limits.max_soc is not None and max(charged, default=0.0) >= limits.max_soc:
        return f"{limits.max_soc} %"
    return None
