"""C, D: who may charge."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from msgspec import UNSET
from msgspec.structs import replace

from ohmstead.blocks import Call, on
from ohmstead.blocks.authorization_hook import Question, ask, fallback
from ohmstead.blocks.command import unless_none
from ohmstead.blocks.contract_authorization import Unverified, contract_of
from ohmstead.blocks.driver_tariff import driver_tariff
from ohmstead.blocks.payment import DIRECT, paid
from ohmstead.domain import tokens
from ohmstead.domain.tokens import NO_LIMITS, Verdict
from ohmstead.ocpp.versions import V16, V21, V201
from ohmstead.runtime import to_datetime
from ohmstead.store.contracts import Contract
from ohmstead.store.tokens import charging, find_token

CANCELLED = frozenset({"Blocked", "Expired", "Invalid", "Unknown"})
"""With these a contract is cancelled, whatever its certificate says (C07.FR.13)."""
STATUS_16 = {name: name for name in ("Accepted", "Blocked", "Expired", "ConcurrentTx")}
"""1.6 knows these of the statuses; every other one is Invalid there."""


async def judge(
    call: Call, token: str, kind: str | None, evse_id: int | None = None, *, offline: bool = False,
    transaction: int = 0, starts: bool = False,
) -> Verdict:  # fmt: skip
    """May this token charge at this station, at this EVSE? A refusal goes into the feed; one of a transaction that the
    station tells of afterwards (`offline`) says so, because there is nothing left to refuse. `transaction` is the one
    it is about, `starts`: the token began it."""
    tenant_id = call.station.tenant_id
    known = await find_token(call.db, tenant_id, token, kind) if token else None
    counts = known is not None and known.concurrent is not None
    verdict = tokens.verdict(
        known,
        now=call.now,
        presented=token,
        presented_type=kind,
        station_id=call.station.identity,
        site_id=call.station.site_id,
        evse_id=evse_id,
        evse_ids=sorted({evse for evse, _ in call.state.connectors if evse}),
        charging=await charging(call.db, tenant_id, token, transaction) if counts else 0,
        master_group=call.settings.authorization.master_pass_group,
        starts=starts,
    )
    if kind == DIRECT:
        verdict = await paid(call, token) or verdict
    asks = call.settings.authorization
    wanted = verdict.status == "Unknown" or (verdict.accepted and asks.hook_asks == "always")
    if asks.hook_url and token and kind != DIRECT and wanted:
        question = Question(
            station_id=call.station.identity, token=token, token_type=kind, evse_id=evse_id, known=verdict.accepted,
            transaction_id=str(transaction) if transaction else None, offline=offline,
        )  # fmt: skip
        verdict = _both(verdict, await ask(asks, question, call.now)) or fallback(asks, verdict)
    if not verdict.accepted:
        # KeyCode is a secret that a person typed: it never leaves the database (C04.FR.04)
        shown = None if kind == "KeyCode" else token
        call.emit("authorization.refused", {
            "token": shown, "type": kind, "status": verdict.status, "evse_id": evse_id, "offline": offline,
        })  # fmt: skip
    return verdict


def _both(ours: Verdict, theirs: Verdict | None) -> Verdict | None:
    """The platform decides; what we know beside stays: the EVSEs, the group it does not name, the tighter limits."""
    if theirs is None or not ours.accepted:
        return theirs
    limits = ours.limits if theirs.limits is None else theirs.limits.tighter(ours.limits or NO_LIMITS)
    return replace(theirs, group=theirs.group or ours.group, evse_ids=ours.evse_ids, limits=limits)


def id_token_info(v: ModuleType, verdict: Verdict, *, evses: bool = False) -> Any:
    """idTokenInfo of 2.x; the list of EVSEs belongs to Authorize only (C01.FR.20)."""
    group = UNSET
    if verdict.group is not None:
        group = v.IdTokenType(id_token=verdict.group, type="Central")  # C09.FR.09, .12, .13
    expiry = None if verdict.cache_expiry is None else to_datetime(verdict.cache_expiry)
    return v.IdTokenInfoType(
        status=verdict.status,
        group_id_token=group,
        cache_expiry_date_time=unless_none(expiry),
        evse_id=list(verdict.evse_ids) if evses and verdict.evse_ids else UNSET,
    )


def id_tag_info(v: ModuleType, verdict: Verdict) -> Any:
    """idTagInfo of 1.6."""
    expiry = None if verdict.cache_expiry is None else to_datetime(verdict.cache_expiry)
    group = verdict.group if verdict.group is not None and len(verdict.group) <= 20 else None
    return v.IdTagInfo(
        status=STATUS_16.get(verdict.status, "Invalid"),
        parent_id_tag=unless_none(group),
        expiry_date=unless_none(expiry),
    )


@on("Authorize", V201, V21)
async def authorize(call: Call, req: Any) -> Any:
    try:
        contract = await contract_of(call, req)
    except Unverified as bad:
        return _unverified(call, req, bad)
    if contract is not None:
        return await _by_contract(call, contract)
    verdict = await judge(call, req.id_token.id_token, req.id_token.type)
    response = call.v.AuthorizeResponse(id_token_info=id_token_info(call.v, verdict, evses=True))
    if verdict.accepted and call.version is V21:
        response.tariff = await driver_tariff(call, req.id_token.id_token)
    return response


async def _by_contract(call: Call, contract: Contract) -> Any:
    """C07.FR.13, .14: its certificate is good; what counts now is the token that is charged."""
    verdict = await judge(call, contract.token, "eMAID" if contract.token == contract.emaid else None)
    status = "ContractCancelled" if verdict.status in CANCELLED else "Accepted"
    info = id_token_info(call.v, verdict, evses=True)
    response = call.v.AuthorizeResponse(id_token_info=info, certificate_status=status)
    if verdict.accepted and call.version is V21:
        response.tariff = await driver_tariff(call, contract.token)
    if call.version is V21 and contract.energy_transfer is not None:
        response.allowed_energy_transfer = contract.energy_transfer
    return response


def _unverified(call: Call, req: Any, bad: Unverified) -> Any:
    call.emit("authorization.refused", {
        "token": req.id_token.id_token, "type": req.id_token.type, "status": bad.token_status, "evse_id": None,
        "offline": False, "certificate_status": bad.status, "reason": str(bad),
    })  # fmt: skip
    info = id_token_info(call.v, Verdict(bad.token_status))
    return call.v.AuthorizeResponse(id_token_info=info, certificate_status=bad.status)


@on("Authorize", V16)
async def authorize_16(call: Call, req: Any) -> Any:
    return call.v.AuthorizeResponse(id_tag_info=id_tag_info(call.v, await judge(call, req.id_tag, None)))
