"""A signal of the grid operator (AFRRSignal) brought to many stations at once, with the time it took."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from ohmstead import runtime
from ohmstead.api.exchange import Answer, Exchange
from ohmstead.api.problems import invalid
from ohmstead.api.resources.commands import WaitQuery, wait
from ohmstead.api.resources.site_groups import sites_of_groups
from ohmstead.api.routes import Routes
from ohmstead.domain.profiles import SECOND
from ohmstead.runtime import from_datetime, rfc3339, to_datetime
from ohmstead.shapes.afrr import AfrrLatency, AfrrSignalNew, AfrrSignalSent, AfrrStation
from ohmstead.shapes.command import Command
from ohmstead.store import commands as queue
from ohmstead.store import energy
from ohmstead.store.energy import StationRow
from ohmstead.store.resources import commands, sites, stations

routes = Routes("Energy")
EXPIRES_S = 30
"""A signal that is older says nothing any more."""


class AfrrQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    wait: Annotated[float, Meta(ge=0, le=60, description="seconds to wait for the stations' answers")] = 5


@routes.post("/afrr-signals", scope="commands:write", gives=AfrrSignalSent)
async def send_afrr_signal(exchange: Exchange, query: AfrrQuery, body: AfrrSignalNew) -> Answer:
    """Bring a signal to stations of 2.1, by sites or one by one: a command for each, all in one commit. The answer has
    the time from this request until each was sent and answered. Who is offline, or speaks no 2.1, is skipped."""
    came = runtime.now()
    at = came if body.timestamp is None else from_datetime(body.timestamp)
    found = await _stations(exchange, body)
    good = {identity: row for identity, row in found.items() if _why_not(row) is None}
    ids = {identity: queue.new_id(came) for identity in good}
    command = {"type": "afrr_signal", "signal": body.signal, "timestamp": rfc3339(at), "if_offline": "fail"}
    text = msgspec.json.encode({**command, "expires_in": EXPIRES_S}).decode()
    async with exchange.transaction() as tx:
        for identity, row in good.items():
            await queue.add(
                tx, id=ids[identity], tenant_id=exchange.tenant_id, station_id=row.id, identity=identity,
                type="afrr_signal", body=text, now=came, expires_at=came + EXPIRES_S * SECOND,
            )  # fmt: skip
        await exchange.audit(tx, "afrr_signal.send", "stations", {"signal": body.signal, "stations": len(good)})
        exchange.made(_summary(body.signal, at, [_unanswered(row, ids.get(row.identity)) for row in found.values()]))
    until = runtime.monotonic() + query.wait
    shown = []
    for identity, row in sorted(found.items()):
        if identity in ids:
            left = max(0.0, until - runtime.monotonic())
            one, _ = await wait(exchange, ids[identity], WaitQuery(wait=left))
            shown.append(_shown(commands.form(one), came))
        else:
            shown.append(_unanswered(row, None))
    answer = exchange.made(_summary(body.signal, at, shown), status=200)
    await exchange.settle(answer)
    return answer


async def _stations(exchange: Exchange, body: AfrrSignalNew) -> dict[str, StationRow]:
    """The stations that are meant, each once. Raises Refused."""
    if not (body.site_ids or body.group_ids or body.station_ids):
        raise invalid("/site_ids", "name sites, groups or stations")
    found: dict[str, StationRow] = {}
    for n, id in enumerate(body.site_ids):
        if await sites.find(exchange.db, exchange.tenant_id, exchange.sites, id) is None:
            raise invalid(f"/site_ids/{n}", f"there is no site {id!r}")
    wanted = {*map(int, body.site_ids), *await sites_of_groups(exchange, body.group_ids)}
    for site in energy.below(wanted, await energy.load_sites(exchange.db)):
        if exchange.sites is not None and site.id not in exchange.sites:
            continue
        found |= {one.identity: one for one in (await energy.load_site(exchange.db, site)).stations.values()}
    for n, identity in enumerate(body.station_ids):
        row = await stations.find(exchange.db, exchange.tenant_id, exchange.sites, identity)
        if row is None:
            raise invalid(f"/station_ids/{n}", f"there is no station {identity!r}")
        found[identity] = _row(row)
    return found


def _row(row: dict[str, Any]) -> StationRow:
    return StationRow(row["id"], row["identity"], row["connected_since"], None, row["registration"], {},
                      row["ocpp_version"])  # fmt: skip


def _why_not(row: StationRow) -> str | None:
    if row.connected_since is None:
        return "it is offline"
    if row.ocpp_version != "2.1":
        return f"it speaks OCPP {row.ocpp_version}, which has no AFRRSignal"
    return None


def _unanswered(row: StationRow, command_id: str | None) -> AfrrStation:
    if command_id is None:
        return AfrrStation(station_id=row.identity, command_id=None, state="skipped", reason=_why_not(row))
    return AfrrStation(station_id=row.identity, command_id=command_id, state="queued", reason=None)


def _shown(command: Command, came: int) -> AfrrStation:
    call = command.calls[-1] if command.calls else None
    sent = None if call is None or call.sent_at is None else from_datetime(call.sent_at)
    answered = None if call is None or call.answered_at is None else from_datetime(call.answered_at)
    return AfrrStation(
        station_id=command.station_id,
        command_id=command.id,
        state=command.state,
        reason=command.reason,
        sent_ms=None if sent is None else round((sent - came) / 1000, 1),
        answered_ms=None if answered is None else round((answered - came) / 1000, 1),
    )


def _summary(signal: int, at: int, shown: list[AfrrStation]) -> AfrrSignalSent:
    states = [one.state for one in shown]
    sent = sorted(one.sent_ms for one in shown if one.sent_ms is not None)
    answered = sorted(one.answered_ms for one in shown if one.answered_ms is not None)
    accepted, skipped = states.count("accepted") + states.count("confirmed"), states.count("skipped")
    pending = states.count("queued") + states.count("sent")
    return AfrrSignalSent(
        signal=signal,
        timestamp=to_datetime(at),
        accepted=accepted,
        rejected=len(states) - accepted - skipped - pending,
        pending=pending,
        skipped=skipped,
        latency_ms=AfrrLatency(
            sent_p50=_middle(sent), sent_max=_last(sent), answered_p50=_middle(answered), answered_max=_last(answered)
        ),
        data=shown,
    )


def _middle(values: list[float]) -> float | None:
    return values[len(values) // 2] if values else None


def _last(values: list[float]) -> float | None:
    return values[-1] if values else None
