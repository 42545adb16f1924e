"""Commands: ask a station for something, wait for what becomes of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from ohmstead import runtime
from ohmstead.api import bodies
from ohmstead.api.exchange import Answer, Exchange
from ohmstead.api.expanding import ExpandingQuery, WithStation, page_with_stations, with_station
from ohmstead.api.paging import page, position
from ohmstead.api.problems import Refused, invalid, not_found
from ohmstead.api.resources.stations import wanted
from ohmstead.api.routes import Routes
from ohmstead.blocks.command import COMMANDS, AnyCommand, RawCall, parse, type_of
from ohmstead.blocks.lowering import lowers
from ohmstead.bus.local import Bell
from ohmstead.domain.commands import has_ended
from ohmstead.ocpp import schemas
from ohmstead.ocpp.versions import BY_NAME, VERSIONS
from ohmstead.shapes.command import Command, CommandState, RawCommand
from ohmstead.shapes.common import Identity, Page
from ohmstead.shapes.problem import Fault
from ohmstead.store import commands as queue
from ohmstead.store.commands import COMMAND_TOPIC
from ohmstead.store.resources import commands

routes = Routes("Commands")

LOOK_AGAIN = 2.0
"""Seconds after which a waiting request looks at the row without having heard the bell."""
LONGEST_QUEUED = 30 * 24 * 3600
Row = dict[str, Any]


class WaitQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    wait: Annotated[float, Meta(ge=0, le=600, description="seconds to wait for the station's answer")] = 0
    until: (
        Annotated[Literal["confirmed"], Meta(description="wait on, until it is confirmed or will never be")] | None
    ) = None


class ShowQuery(WaitQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    expand: WithStation = []


class CommandQuery(ExpandingQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    station_id: Identity | None = None
    state: CommandState | None = None
    type: Annotated[str, Meta(min_length=1, max_length=50)] | None = None


def command_types() -> tuple[Any, ...]:
    """Every typed command of the registry, and the raw one."""
    return (*(COMMANDS[name] for name in sorted(COMMANDS)), RawCommand)


NOT_OURS = b"ChargingStationExternalConstraints"
"""A purpose of charging profiles."""


@routes.post(
    "/stations/{id}/commands", scope="commands:write", status=202, gives=Command, also=(200,), takes=command_types
)
async def create_command(exchange: Exchange, id: str, query: WaitQuery, body: bytes) -> Answer:
    """Ask a station for something: a typed command, or any raw OCPP call of its version.

    202 at once; with `wait` 200 at the first of a final state and the station's answer.
    """
    return await ask(exchange, id, body, query)


async def ask(
    exchange: Exchange, identity: str, body: bytes, query: WaitQuery,
    shown: Callable[[Command], Command] = lambda one: one, *, secret: bool = False,
) -> Answer:  # fmt: skip
    """Queue a command and wait as long as `query` says; the answer is what `shown` makes of it, `secret` if it holds a
    password."""
    station = await wanted(exchange, identity)
    command = read(body)
    if isinstance(command, RawCall):
        check_payload(command, station["ocpp_version"])
        why = lowers(command.ocpp.action, bytes(command.ocpp.payload), station["security_profile"])
        if why is not None:
            raise Refused("conflict", why)
    if station["connected_since"] is None and not command.queues:
        detail = f"The station {identity} is offline; nothing was sent. Send if_offline: queue to let it wait."
        raise Refused("conflict", detail)
    now = runtime.now()
    number = queue.new_id(now)
    kept = exchange.context.passwords.closed(body.decode())
    async with exchange.transaction() as tx:
        await queue.add(
            tx,
            id=number,
            tenant_id=exchange.tenant_id,
            station_id=station["id"],
            identity=identity,
            type=type_of(command),
            body=kept,
            now=now,
            expires_at=now + int(command.expires_in * 1_000_000),
        )
        told = {"id": number, "type": type_of(command)}
        told |= {"action": command.ocpp.action} if isinstance(command, RawCall) else {}
        await exchange.audit(tx, "command.create", identity, told)
        made, location = shown(new_form(number, identity, kept, command, now)), f"/api/v1/commands/{number}"
        answer = exchange.made(made, status=202, secret=secret, Location=location)
    if query.wait:
        row, arrived = await wait(exchange, number, query)
        status = 200 if arrived else 202
        answer = exchange.made(shown(commands.form(row)), status=status, secret=secret, Location=location)
        await exchange.settle(answer)
    return answer


def read(body: bytes) -> AnyCommand:
    """The command in a body. Raises Refused: 400 for no JSON, 422 with pointers for what breaks its fields."""
    fields = bodies.decode(dict[str, msgspec.Raw], body)
    if "ocpp" not in fields:
        kind = bodies.decode(str, fields["type"]) if "type" in fields else None
        if kind not in COMMANDS:
            raise invalid("/type", f"must be one of {', '.join(sorted(COMMANDS))}; or send ocpp: {{action, payload}}")
        bodies.decode(COMMANDS[kind], body)
    try:
        command = parse(body)
    except msgspec.ValidationError as error:
        raise bodies.refusal_of(error) from None
    if not 1 <= command.expires_in <= LONGEST_QUEUED:
        raise invalid("/expires_in", f"must be from 1 to {LONGEST_QUEUED} seconds")
    return command


def check_payload(command: RawCall, version_name: str | None) -> None:
    """Raises Refused (422) when the payload breaks the official schema of the station's version.

    A station that never connected has no version yet: then one version must take it.
    """
    action, payload = command.ocpp.action, msgspec.json.decode(command.ocpp.payload)
    if action in ("SetChargingProfile", "ClearChargingProfile") and NOT_OURS in bytes(command.ocpp.payload):
        why = f"{NOT_OURS.decode()} are set and cleared by others than a CSMS (K01.FR.22, K10.FR.06)"
        raise invalid("/ocpp/payload", why)
    versions = [BY_NAME[version_name]] if version_name else list(VERSIONS)
    found: list[list[schemas.Problem]] = []
    for version in versions:
        try:
            problems = schemas.problems(version, action, "request", payload)
        except schemas.UnknownMessage:
            continue
        if not problems:
            return
        found.append(problems)
    if not found:
        names = ", ".join(version.name for version in versions)
        raise invalid("/ocpp/action", f"{action!r} is no action of OCPP {names}")
    faults = [Fault(f"/ocpp/payload{one.pointer}", one.message) for one in found[0]]
    raise Refused("invalid", f"The payload breaks the official schema of {action}.", faults)


def new_form(id: str, identity: str, body: str, command: AnyCommand, now: int) -> Command:
    """The command as it was just queued."""
    row = dict.fromkeys(("reason", "answer", "error", "awaits", "results")) | {
        "id": id,
        "identity": identity,
        "type": type_of(command),
        "body": body,
        "state": "queued",
        "calls": "[]",
        "created_at": now,
        "expires_at": now + int(command.expires_in * 1_000_000),
    }
    return commands.form(row)


async def wait(exchange: Exchange, id: str, query: WaitQuery) -> tuple[Row, bool]:
    """The row after at most `query.wait` seconds, and whether what was waited for is there."""
    deadline = runtime.monotonic() + query.wait
    with Bell(exchange.context.bus, COMMAND_TOPIC, id) as bell:
        while True:
            row = await commands.find(exchange.db, exchange.tenant_id, None, id)
            if row is None:
                raise not_found("command", id)
            if query.until == "confirmed":
                arrived = has_ended(row["state"], row["awaits"] is not None)
            else:
                arrived = row["state"] not in ("queued", "sent")
            left = deadline - runtime.monotonic()
            if arrived or left <= 0:
                return row, arrived
            await bell.wait(min(left, LOOK_AGAIN))


@routes.get("/commands", scope="commands:read")
async def list_commands(exchange: Exchange, query: CommandQuery) -> Page[Command]:
    """Commands, newest first."""
    found = await commands.page(
        exchange.db,
        exchange.tenant_id,
        exchange.sites,
        limit=query.limit,
        cursor=position(query),
        station_id=query.station_id,
        state=query.state,
        type=query.type,
    )
    return await page_with_stations(exchange, page(found, commands.form), query.expand)


@routes.get("/commands/{id}", scope="commands:read")
async def show_command(exchange: Exchange, id: str, query: ShowQuery) -> Command:
    """One command and what became of it; with `wait` as soon as the station has answered, or after so many seconds."""
    row = await commands.find(exchange.db, exchange.tenant_id, exchange.sites, id)
    if row is None:
        raise not_found("command", id)
    if query.wait:
        row, _ = await wait(exchange, id, query)
    return await with_station(exchange, commands.form(row), query.expand)


@routes.delete("/commands/{id}", scope="commands:write")
async def cancel_command(exchange: Exchange, id: str) -> None:
    """Cancel a command that is still queued."""
    row = await commands.find(exchange.db, exchange.tenant_id, exchange.sites, id)
    if row is None:
        raise not_found("command", id)
    async with exchange.transaction() as tx:
        if not await commands.cancel(tx, exchange.tenant_id, row, runtime.now()):
            raise Refused("conflict", "Only a command that is still queued can be cancelled.")
        await exchange.audit(tx, "command.cancel", row["identity"], {"id": id})
