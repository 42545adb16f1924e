"""I: what a transaction costs: running while it lasts, and its bill when it has ended.

The tariff is chosen once, by the token (else the default one), in the version it has then. The running cost is a fold
that follows the events as they come; the bill is made from all that is in the ledger, so it is the same in whatever
order the events came. What comes after a bill makes the next version of it; none is ever changed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import accumulate
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from ohmstead import runtime
from ohmstead.blocks import Call
from ohmstead.blocks.procedures import odd
from ohmstead.blocks.reading import told
from ohmstead.blocks.station_cost import difference, with_station_cost
from ohmstead.blocks.tariff_switches import switches_of
from ohmstead.domain import metering
from ohmstead.domain import tariffs as domain
from ohmstead.domain.tariffs import Moment, Switch, Tariff
from ohmstead.domain.tokens import key
from ohmstead.domain.transactions import Event, Transaction
from ohmstead.runtime import to_datetime
from ohmstead.shapes import tariff as shape
from ohmstead.store import tariffs
from ohmstead.store.bulk import Changed
from ohmstead.store.db import Db
from ohmstead.store.db import Event as FeedEvent
from ohmstead.store.tariffs import Charge
from ohmstead.store.tokens import spent

_encode = msgspec.json.Encoder().encode


async def price(call: Call, after: Transaction, event: Event) -> float | None:
    """Charge what an event of a transaction tells, in its commit: the running cost, at the end the final one (I02,
    I03), gross; None where the transaction has no tariff. To be called when `after` is what the event made of it."""
    charge = await _charge(call, after, event)
    if charge is None:
        return None
    switches = charge.switched or event.trigger_reason == tariffs.SWITCHED
    if after.state == "active":
        if switches or event.at >= charge.tally.at:
            charge = await _switched(call, charge, after) if switches else _advanced(charge, after, event)
            call.write.changed.append(tariffs.running(charge))
            _remember(call, after, charge)
        return float(charge.total)
    charge = await tariffs.find_charge(call.db, after.id) or charge
    if event.kind != "ended" or charge.bill_version:
        call.write.changed.append(tariffs.mark_due(after.id))
        return float(charge.total)
    frames = [*await tariffs.frames_of(call.db, after.id), (call.action, call.request)]
    reserved_at = await tariffs.reserved_at(call.db, after)
    switched = await switches_of(call.db, charge, frames)
    made = bill_of(charge, after, frames, call.now, "ended", reserved_at, switched)
    if (why := difference(made.station_cost)) is not None:
        odd(call, "cost_differs", f"of transaction {after.id} {why}, we say {made.total}")
    call.write.changed += [tariffs.billed(charge, made.total), _row(charge, made), *_spent(charge, after, made)]
    call.emit("transaction.billed", made)
    return float(made.total)


async def _charge(call: Call, after: Transaction, event: Event) -> Charge | None:
    """The charge of a transaction: from memory, from the database, or made now; made anew when a token comes later."""
    if after.id in call.state.charges:
        charge = call.state.charges[after.id]
    else:
        charge = await tariffs.find_charge(call.db, after.id) if after.events > 1 else None
    _remember(call, after, charge)
    token_came = event.token is not None and (charge is None or not charge.with_token)
    if after.events > 1 and not token_came:
        return charge
    tariff = await tariffs.tariff_for(call.db, call.station.tenant_id, key(after.token) if after.token else None)
    return charge if tariff is None else await _begun(call, after, tariff)


async def _begun(call: Call, after: Transaction, tariff: Tariff) -> Charge:
    zone = await tariffs.zone_of(call.db, call.station.id)
    reserved_at = await tariffs.reserved_at(call.db, after)
    tally = domain.begin(tariff, ZoneInfo(zone), after.started_at, reserved_at)
    total = str(domain.bill(tally, tariff).total)
    charge = Charge(
        after.id, call.station.tenant_id, call.station.id, tariff, zone, tally, total, with_token=bool(after.token)
    )
    call.write.changed.append(tariffs.new(charge))
    _remember(call, after, charge)
    return charge


def _advanced(charge: Charge, after: Transaction, event: Event) -> Charge:
    moment = Moment(event.at, after.energy_wh, event.charging_state)
    tally = domain.advance(charge.tally, charge.tariff, ZoneInfo(charge.time_zone), moment)
    return replace(charge, tally=tally, total=str(domain.bill(tally, charge.tariff).total))


async def _switched(call: Call, charge: Charge, after: Transaction) -> Charge:
    """The running cost of a transaction that was charged by several tariffs: of all that is in the ledger."""
    frames = [*await tariffs.frames_of(call.db, after.id), (call.action, call.request)]
    made = await running(call.db, charge, after, frames)
    return replace(charge, switched=True, total=str(made.total))


async def running(db: Db, charge: Charge, one: Transaction, frames: Sequence[tuple[str, str]]) -> domain.Bill:
    """What a transaction costs so far, by all its frames."""
    switched = await switches_of(db, charge, frames)
    return _sum(charge, one, frames, await tariffs.reserved_at(db, one), switched)


def _remember(call: Call, one: Transaction, charge: Charge | None) -> None:
    """Keep it in memory as long as the transaction is active."""
    kept = {id: known for id, known in call.state.charges.items() if id != one.id}
    call.state = replace(call.state, charges=kept | {one.id: charge} if one.state == "active" else kept)


# ------------------------------------------------------------------ bills


def bill_of(
    charge: Charge, one: Transaction, frames: Sequence[tuple[str, str]], now: int, reason: str, reserved_at: int | None,
    switches: Sequence[Switch],
) -> shape.Bill:  # fmt: skip
    """The next version of a transaction's bill, made from all its frames."""
    made, version = _sum(charge, one, frames, reserved_at, switches), charge.bill_version + 1
    shown = form(one, made, charge.tariff, charge.time_zone, now, reason, version)
    return replace(shown, station_cost=with_station_cost(made, frames))


def _sum(
    charge: Charge, one: Transaction, frames: Iterable[tuple[str, str]], reserved_at: int | None,
    switches: Sequence[Switch],
) -> domain.Bill:  # fmt: skip
    moments = moments_of(one, frames, [switch.at for switch in switches])
    zone = ZoneInfo(charge.time_zone)
    return domain.bill_of(domain.parts_of(charge.tariff, switches, zone, moments, reserved_at))


def moments_of(one: Transaction, frames: Iterable[tuple[str, str]], cuts: Iterable[int] = ()) -> list[Moment]:
    """What the frames of a transaction tell: energy at the meter it is billed by, never beyond what it is billed for,
    and charging states. A change of state between two registers splits what flowed between them: all of it would be
    charged after the change otherwise, and at another price. There is one at each of the `cuts` too."""
    meter, end = metering.best(one.meters), one.ended_at or one.last_at
    found = [(one.started_at, 0.0), (max(end, one.started_at), one.energy_wh)]
    states: list[tuple[int, str | None]] = []
    for said in sorted(told(frames), key=lambda one: one.at):
        for register in metering.measured(said.readings)[0]:
            if meter is not None and register.place == meter.place:
                wh = max(0.0, min(register.wh - meter.begin_wh, one.energy_wh))
                found.append((_within(register.at, one.started_at, end), wh))
        if said.charging_state is not None:
            states.append((_within(said.at, one.started_at, end), said.charging_state))
    found.sort()
    most = accumulate((wh for _, wh in found), max)
    flow = [(at, wh) for (at, _), wh in zip(found, most, strict=True)]
    states += [(_within(at, one.started_at, end), None) for at in cuts]
    return [Moment(at, wh) for at, wh in flow] + [Moment(at, _flowed(flow, at), state) for at, state in states]


def _flowed(flow: Sequence[tuple[int, float]], at: int) -> float:
    """The energy until `at`, evenly between the two that are known beside it; what stands in `flow` as it stands."""
    after = bisect_right(flow, at, key=lambda one: one[0])
    (begin, before), (end, then) = flow[after - 1], flow[min(after, len(flow) - 1)]
    return before if end <= begin else before + (then - before) * (at - begin) / (end - begin)


def _within(at: int, begin: int, end: int) -> int:
    return max(begin, min(at, end))


def form(
    one: Transaction, made: domain.Bill, tariff: Tariff, zone: str, now: int, reason: str, version: int | None
) -> shape.Bill:
    """A bill as the API shows it."""
    return shape.Bill(
        transaction_id=str(one.id),
        version=version,
        reason=reason,
        made_at=to_datetime(now),
        tariff_id=tariff.id,
        tariff_version=tariff.version,
        time_zone=zone,
        started_at=to_datetime(one.started_at),
        ended_at=None if one.ended_at is None else to_datetime(one.ended_at),
        energy_wh=one.energy_wh,
        currency=made.currency,
        lines=lines_of(made),
        net=str(made.net),
        tax=str(made.tax),
        total=str(made.total),
    )


def lines_of(made: domain.Bill) -> list[shape.BillLine]:
    """The lines of a bill as the API shows them."""
    return [
        shape.BillLine(
            element=None if line.element < 0 else line.element,
            text=line.text,
            quantity=_plain(line.quantity),
            price=_plain(line.price),
            amount=_plain(line.amount),
            tariff=line.tariff,
        )
        for line in made.lines
    ]


def _plain(number: object) -> str:
    """A decimal without exponent and without zeros at its end, to six places."""
    text = f"{number:.6f}"
    return text.rstrip("0").rstrip(".") or "0"


def _row(charge: Charge, made: shape.Bill) -> Changed:
    ended_at = runtime.from_datetime(made.ended_at or made.made_at)
    at = runtime.from_datetime(made.made_at)
    return tariffs.bill_row(charge, at=at, ended_at=ended_at, reason=made.reason, body=_encode(made).decode())


def _spent(charge: Charge, one: Transaction, made: shape.Bill) -> list[Changed]:
    """What the bill takes from a prepaid credit, beyond the version before it (C17)."""
    before = Decimal(charge.total) if charge.bill_version else Decimal(0)
    return spent(charge.tenant_id, one.token, Decimal(made.total) - before)


async def make_bills(db: Db, now: int) -> int:
    """Make the bills that are due: of transactions whose end was inferred, and anew where something came later; how
    many were made."""
    made_now = 0
    for id in await tariffs.due(db):
        found = await tariffs.for_bill(db, id)
        if found is None or found.transaction.state == "active":
            continue
        charge = found.charge
        reason = "amended" if charge.bill_version else "ended"
        switched = await switches_of(db, charge, found.frames)
        made = bill_of(charge, found.transaction, found.frames, now, reason, found.reserved_at, switched)
        statement, arguments = tariffs.billed(charge, made.total)
        async with db.transaction() as tx:
            if await tx.fetch(statement, **arguments):
                await tx.execute_all([_row(charge, made), *_spent(charge, found.transaction, made)])
                told = _encode(made).decode()
                tx.emit(FeedEvent(charge.tenant_id, "ohmstead.transaction.billed", found.identity, now, told))
                made_now += 1
    return made_now
