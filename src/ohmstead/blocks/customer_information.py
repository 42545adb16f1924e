"""N09, N10: what a station knows of a customer, reported and forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import replace

from ohmstead.blocks import Call, on
from ohmstead.blocks.command import Ask, Calls, Command, Learnt, after, before, outcome
from ohmstead.blocks.local_list import customer_cleared
from ohmstead.blocks.procedures import answered, asked_for, expectation, keep, odd, wanted
from ohmstead.domain import parts
from ohmstead.domain.procedures import Step
from ohmstead.ocpp.versions import V21, V201
from ohmstead.store.bulk import Changed
from ohmstead.store.db import Db

WINDOW = 600.0
"""Seconds that a report may take."""


@on("NotifyCustomerInformation", V201, V21)
async def notify_customer_information(call: Call, req: Any) -> Any:
    """A part of a report, joined by the request id (N09.FR.05); parts may come in any order."""
    call.happened("message", call.action)
    response = call.v.NotifyCustomerInformationResponse()
    one = await wanted(call, "customer_information", req.request_id, "NotifyCustomerInformation")
    if one is None or one.state == "done":
        return response
    if parts.full(one.told):
        odd(call, "too_many_parts", f"report {req.request_id} has more than {parts.MOST_PARTS} parts")
        return response
    told = parts.with_part(one.told, req.seq_no, req.data, not req.tbc)
    after = replace(one, told=told, updated_at=call.now, state="running", status="reporting")
    if "result" in told:
        steps = (*one.steps, Step("reported", call.now))
        after = replace(after, state="done", status="reported", reason=None, steps=steps)
    await keep(call, after, news=after.state == "done" or one.state != "running")
    return response


class Certificate(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A customer's certificate by its hashes, made by the algorithm the station uses (N09.FR.08)."""

    hash_algorithm: Literal["SHA256", "SHA384", "SHA512"]
    issuer_name_hash: Annotated[str, Meta(max_length=128)]
    issuer_key_hash: Annotated[str, Meta(max_length=128)]
    serial_number: Annotated[str, Meta(max_length=40)]


class CustomerInformation(Command):
    """Let the station report what it knows of a customer, forget it, or both. The customer is a token, an identifier or
    a certificate: one of them. A report confirms it with its last part."""

    actions: ClassVar = ("CustomerInformation",)
    report: bool = True
    clear: bool = False
    token: Annotated[str, Meta(min_length=1, max_length=255)] | UnsetType = UNSET
    token_type: Annotated[str, Meta(min_length=1, max_length=20)] = "ISO14443"
    customer_identifier: Annotated[str, Meta(min_length=1, max_length=64)] | UnsetType = UNSET
    certificate: Certificate | UnsetType = UNSET

    def __post_init__(self) -> None:
        who = (self.token, self.customer_identifier, self.certificate)
        if sum(one is not UNSET for one in who) != 1:  # N09.FR.04, N10.FR.08
            raise ValueError("give one of token, customer_identifier and certificate")
        if not self.report and not self.clear:
            raise ValueError("let it report, clear, or both")

    def to_v2(self, ask: Ask) -> Calls:
        v, who = ask.v, self.certificate
        answer = yield v.CustomerInformationRequest(
            request_id=ask.remote_start_id,
            report=self.report,
            clear=self.clear,
            id_token=UNSET if self.token is UNSET else v.IdTokenType(id_token=self.token, type=self.token_type),
            customer_identifier=self.customer_identifier,
            customer_certificate=UNSET
            if who is UNSET
            else v.CertificateHashDataType(**{name: getattr(who, name) for name in Certificate.__struct_fields__}),
        )
        awaited = expectation("customer_information", ask.command_id) if self.report else None
        return outcome(answer, expects=awaited, window=WINDOW)


@before("CustomerInformation")
def information_asked(ask: Ask, req: Any, now: int) -> Sequence[Changed]:
    """Parts come only where a report was asked for."""
    if not req.report:
        return []
    return asked_for(ask, "customer_information", req.request_id, {"report": True, "clear": req.clear}, now)


@after("CustomerInformation")
async def information_answered(ask: Ask, db: Db, req: Any, answer: Any, now: int) -> Learnt:
    """What was cleared must not be in the local list any more (N10.FR.02)."""
    learnt = await answered(ask, db, answer, now)
    cleared = await customer_cleared(ask, db, req, answer, now)
    return Learnt([*learnt.rows, *cleared.rows], learnt.events)
