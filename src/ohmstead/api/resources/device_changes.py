"""Writing to a device model: in the words of the vocabulary or in variables, with a result for each thing asked.

What is answered is how it ends: what was not sent in the time given is taken back, so nothing happens behind the
asker's back. Only what is on the wire by then may still come to pass; it is `unknown`, and its command tells of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Struct
from msgspec.structs import asdict, replace

from ohmstead import runtime
from ohmstead.api.exchange import Answer, Exchange
from ohmstead.api.problems import Refused
from ohmstead.api.resources.commands import WaitQuery, wait
from ohmstead.api.resources.stations import wanted
from ohmstead.api.routes import Routes
from ohmstead.domain import vocabulary
from ohmstead.domain.device_model import Attribute, Change, Item, Model, Name, Variable, applied, is_secret
from ohmstead.domain.vendor_words import rules_for
from ohmstead.domain.words import home
from ohmstead.shapes.device_model import (
    ChangeResult,
    ChangeStatus,
    DeviceModelChange,
    DeviceModelChanged,
    VariableChange,
    WordChange,
)
from ohmstead.store import commands as queue
from ohmstead.store.resources import commands, device_models

routes = Routes("Device models")

SECRET = "is a secret: it is changed by rotating the station's credentials, and never kept in clear"
WORST: tuple[ChangeStatus, ...] = ("unknown", "rejected", "not_sent", "reboot_required", "accepted")


class PatienceQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    wait: Annotated[float, Meta(ge=1, le=600, description="seconds in which the station must have answered")] = 30


class _Wish(Struct):
    """One thing asked: the fields that echo it, the variables to be set for it, or why none is."""

    echo: dict[str, Any]
    value: Any
    variables: Sequence[VariableChange] = ()
    refused: str | None = None


@routes.patch("/stations/{id}/device-model", scope="commands:write", gives=DeviceModelChanged, matched=True)
async def change_device_model(exchange: Exchange, id: str, query: PatienceQuery, body: DeviceModelChange) -> Answer:
    """Set variables of a station, by the names of the vocabulary or by its own, and wait for what becomes of each.

    One result for each thing asked, in that order. `not_sent` can be asked again; of what is `unknown` nobody knows
    whether the station took it. To let a change wait for an offline station, send the command `set_variables`.
    """
    station = await wanted(exchange, id)
    exchange.match(await device_models.version(exchange.db, station["id"]))
    if station["ocpp_version"] is None:
        raise Refused("conflict", f"The station {id} never came: which variables it has is not known yet.")
    wishes = await _wishes(exchange, station, body)
    variables = [one for wish in wishes for one in wish.variables]
    command = None
    if not variables:
        results: list[ChangeResult] = []
    elif station["connected_since"] is None:
        results = [_result(one, "not_sent", "the station is offline") for one in variables]
    else:
        results, command = await _asked(exchange, station, variables, query.wait)
    changed = DeviceModelChanged(results=_joined(wishes, results))
    if command is None:
        return exchange.made(changed, status=200)
    return exchange.made(changed, status=200, Location=f"/api/v1/commands/{command}")


async def _wishes(exchange: Exchange, station: dict[str, Any], body: DeviceModelChange) -> list[_Wish]:
    if body.variables is not UNSET:
        return [_plain(one) for one in body.variables]
    assert body.values is not UNSET
    known = await device_models.known(exchange.db, station["id"])
    wishes = []
    for one in body.values:
        wish, known = _worded(one, known, station)
        wishes.append(wish)
    return wishes


def _plain(one: VariableChange) -> _Wish:
    echo = {name: value for name, value in asdict(one).items() if name != "value" and value is not None}
    name = home(one.variable) if one.component is None else Name(one.component, one.variable)
    if is_secret(name):
        return _Wish(echo, None, refused=SECRET)
    return _Wish(echo, one.value, [one])


def _worded(one: WordChange, known: Model, station: dict[str, Any]) -> tuple[_Wish, Model]:
    """What a word asks for, and the model as it is when the station took it: the next word may share its variable."""
    echo = {"name": one.name} | ({} if one.evse_id is None else {"evse_id": one.evse_id})
    rules = rules_for(station["vendor"])
    found = vocabulary.write(one.name, one.evse_id, one.value, known, station["ocpp_version"], rules)
    if isinstance(found, vocabulary.Refusal):
        return _Wish(echo, one.value, refused=found.reason), known
    variables = [VariableChange(**_address(item), value=item.value or "") for item in found]
    return _Wish(echo, one.value, variables), applied(known, [_taken(known, item) for item in found])


def _address(item: Item) -> dict[str, Any]:
    told = device_models.spelled(item.name)
    told = {name: value for name, value in told.items() if value != 0}  # EVSE 0 is the station
    return told | ({} if item.attribute == "Actual" else {"attribute": item.attribute})


def _taken(known: Model, item: Item) -> Change:
    before = known.get(item.name)
    after = before or Variable(item.name)
    attribute = after.attribute(item.attribute) or Attribute(item.attribute)
    return Change(item.name.key, before, after.with_attribute(replace(attribute, value=item.value)))


# ---------------------------------------------------------------------- asking


async def _asked(
    exchange: Exchange, station: dict[str, Any], variables: Sequence[VariableChange], seconds: float
) -> tuple[list[ChangeResult], str]:
    """Put it to the station; what became of each variable, and the number of the command that did it."""
    now, identity = runtime.now(), station["identity"]
    number = queue.new_id(now)
    body = msgspec.json.encode({"type": "set_variables", "variables": variables, "if_offline": "fail"}).decode()
    async with exchange.transaction() as tx:
        await queue.add(
            tx,
            id=number,
            tenant_id=exchange.tenant_id,
            station_id=station["id"],
            identity=identity,
            type="set_variables",
            body=body,
            now=now,
            expires_at=now + int(seconds * 1_000_000),
        )
        await exchange.audit(tx, "device_model.change", identity, {"id": number, "variables": len(variables)})
    row, arrived = await wait(exchange, number, WaitQuery(wait=seconds))
    if not arrived and row["state"] == "queued":
        row = await _taken_back(exchange, row)
    told = commands.form(row).results
    if told is not None and len(told) == len(variables):
        return told, number
    status, reason = _ended(row)
    return [_result(one, status, reason) for one in variables], number


async def _taken_back(exchange: Exchange, row: dict[str, Any]) -> dict[str, Any]:
    """The command after it was cancelled, or sent in that moment."""
    async with exchange.db.transaction() as tx:
        await commands.cancel(tx, exchange.tenant_id, row, runtime.now())
    return await commands.find(exchange.db, exchange.tenant_id, None, row["id"]) or row


def _ended(row: dict[str, Any]) -> tuple[ChangeStatus, str]:
    """How it went with all that a command asked, where the command does not say it of each."""
    if row["calls"] == "[]" and row["state"] in ("cancelled", "expired", "error"):
        return "not_sent", row["reason"] or "the station was busy all the time"
    if row["state"] == "sent":
        return "unknown", f"no answer yet: the command {row['id']} will tell"
    return "unknown", row["reason"] or "no answer: it may still have worked"


def _result(one: VariableChange, status: ChangeStatus, reason: str | None) -> ChangeResult:
    return ChangeResult(**asdict(one), status=status, reason=reason)


def _joined(wishes: Iterable[_Wish], results: Sequence[ChangeResult]) -> list[ChangeResult]:
    """One result for each wish. Of a word that stands in several variables the worst counts, and says where."""
    found, start = [], 0
    for wish in wishes:
        own, start = results[start : start + len(wish.variables)], start + len(wish.variables)
        if not own:
            found.append(ChangeResult(**wish.echo, value=wish.value, status="not_sent", reason=wish.refused))
            continue
        worst = min(own, key=lambda one: WORST.index(one.status))
        reasons = list(dict.fromkeys(one.reason for one in own if one.reason and one.status == worst.status))
        reason = "; ".join(reasons) or None
        found.append(ChangeResult(**wish.echo, value=wish.value, status=worst.status, reason=reason))
    return found
