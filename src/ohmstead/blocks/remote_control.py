"""F: start, stop, unlock, trigger."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from msgspec import UNSET, Meta, UnsetType

from ohmstead.blocks.command import Ask, Calls, Command, Unsupported, given, outcome
from ohmstead.blocks.plug_and_charge_16 import by_data
from ohmstead.domain import tokens
from ohmstead.shapes.common import Limits
from ohmstead.store.db import Db
from ohmstead.store.tokens import UNKNOWN_TYPE, type_of_token

Positive = Annotated[int, Meta(ge=1)]
TokenType = Literal[
    "ISO14443", "ISO15693", "eMAID", "KeyCode", "Central", "Local", "MacAddress", "NoAuthorization",
    "DirectPayment", "EVCCID", "VIN",
]  # fmt: skip


class Start(Command):
    """Start a transaction for a token."""

    actions: ClassVar = ("RequestStartTransaction", "RemoteStartTransaction")
    needs_accepted: ClassVar[bool] = True
    token: Annotated[str, Meta(min_length=1, max_length=255)]
    token_type: TokenType | UnsetType = UNSET
    """Left out: that of the token as it is known, else Central."""
    evse_id: Positive | UnsetType = UNSET
    connector_id: Positive | UnsetType = UNSET
    limit_a: Annotated[float, Meta(gt=0)] | UnsetType = UNSET
    limit_w: Annotated[float, Meta(gt=0)] | UnsetType = UNSET
    limits: Limits | UnsetType = UNSET
    """Where it shall end by itself (F07); the station is told in the answer to its first event, or asked to stop."""

    async def prepare(self, ask: Ask, db: Db) -> None:
        if self.token_type is UNSET:
            self.token_type = await type_of_token(db, ask.station.tenant_id, self.token)

    def to_v16(self, ask: Ask) -> Calls:
        if len(self.token) > 20:
            raise Unsupported("An idTag of OCPP 1.6 has at most 20 characters.")
        profile = UNSET if self._limit is None else self._profile_16(ask)
        answer = yield ask.v.RemoteStartTransactionRequest(
            id_tag=self.token, connector_id=self.evse_id, charging_profile=profile
        )
        expects = ("started_by", tokens.key(self.token))
        return outcome(answer, expects=expects if self.evse_id is UNSET else (*expects, str(self.evse_id)))

    def to_v2(self, ask: Ask) -> Calls:
        profile = UNSET if self._limit is None else self._profile_2(ask)
        answer = yield ask.v.RequestStartTransactionRequest(
            remote_start_id=ask.remote_start_id,
            id_token=ask.v.IdTokenType(id_token=self.token, type=given(self.token_type) or UNKNOWN_TYPE),  # F01.FR.04
            evse_id=self.evse_id,
            charging_profile=profile,
        )
        return outcome(answer, expects=("started", str(ask.remote_start_id)))

    @property
    def _limit(self) -> tuple[float, str] | None:
        if self.limit_a is not UNSET:
            return self.limit_a, "A"
        return None if self.limit_w is UNSET else (self.limit_w, "W")

    def _profile_16(self, ask: Ask) -> Any:
        """A TxProfile without transaction id; 1.6 takes limits in steps of 0.1."""
        assert self._limit is not None
        v, (limit, unit) = ask.v, self._limit
        schedule = v.ChargingSchedule(
            charging_rate_unit=unit,
            charging_schedule_period=[v.ChargingSchedulePeriod(start_period=0, limit=round(limit, 1))],
        )
        return v.ChargingProfile(
            charging_profile_id=ask.remote_start_id,
            stack_level=0,
            charging_profile_purpose="TxProfile",
            charging_profile_kind="Relative",
            charging_schedule=schedule,
        )

    def _profile_2(self, ask: Ask) -> Any:
        """A TxProfile without transaction id (F01.FR.08, K05)."""
        assert self._limit is not None
        v, (limit, unit) = ask.v, self._limit
        schedule = v.ChargingScheduleType(
            id=ask.remote_start_id,
            charging_rate_unit=unit,
            charging_schedule_period=[v.ChargingSchedulePeriodType(start_period=0, limit=limit)],
        )
        return v.ChargingProfileType(
            id=ask.remote_start_id,
            stack_level=0,
            charging_profile_purpose="TxProfile",
            charging_profile_kind="Relative",
            charging_schedule=[schedule],
        )


class Stop(Command):
    """Stop a transaction; `transaction_id` is the station's (of 1.6, the integer as text)."""

    actions: ClassVar = ("RequestStopTransaction", "RemoteStopTransaction")
    needs_accepted: ClassVar[bool] = True
    transaction_id: Annotated[str, Meta(min_length=1, max_length=36)]

    def to_v16(self, ask: Ask) -> Calls:
        if not self.transaction_id.isdecimal():
            raise Unsupported("A transaction id of OCPP 1.6 is an integer.")
        answer = yield ask.v.RemoteStopTransactionRequest(transaction_id=int(self.transaction_id))
        return outcome(answer, expects=("ended", self.transaction_id))

    def to_v2(self, ask: Ask) -> Calls:
        answer = yield ask.v.RequestStopTransactionRequest(transaction_id=self.transaction_id)
        return outcome(answer, expects=("ended", self.transaction_id))


class Unlock(Command):
    """Unlock the cable of a connector."""

    actions: ClassVar = ("UnlockConnector",)
    evse_id: Positive
    connector_id: Positive = 1

    def to_v16(self, ask: Ask) -> Calls:
        answer = yield ask.v.UnlockConnectorRequest(connector_id=self.evse_id)
        return outcome(answer)

    def to_v2(self, ask: Ask) -> Calls:
        answer = yield ask.v.UnlockConnectorRequest(evse_id=self.evse_id, connector_id=self.connector_id)
        return outcome(answer)


class Trigger(Command):
    """Ask the station to send a message now."""

    actions: ClassVar = ("TriggerMessage", "ExtendedTriggerMessage")
    message: Annotated[str, Meta(min_length=1, max_length=50)]
    evse_id: Positive | UnsetType = UNSET
    connector_id: Positive | UnsetType = UNSET

    def to_v16(self, ask: Ask) -> Calls:
        return by_data(ask, self.to_v2) if self.message == "SignV2GCertificate" else self._native_16(ask)

    def _native_16(self, ask: Ask) -> Calls:
        v = ask.v
        if self.message in V16_PLAIN:
            answer = yield v.TriggerMessageRequest(requested_message=self.message, connector_id=self.evse_id)
        elif self.message in V16_EXTENDED:
            answer = yield v.ExtendedTriggerMessageRequest(requested_message=self.message, connector_id=self.evse_id)
        else:
            raise Unsupported(f"OCPP 1.6 cannot trigger {self.message}.")
        return outcome(answer, expects=self._expects(()))

    def to_v2(self, ask: Ask) -> Calls:
        if self.evse_id is UNSET and self.connector_id is not UNSET:
            raise Unsupported("A connector lies in an EVSE: name the evse_id as well.")
        connector_id = self.connector_id
        if self.message == "StatusNotification" and self.evse_id is not UNSET and connector_id is UNSET:
            connector_id = 1  # F06.FR.13: evse and connectorId are required
        evse = UNSET if self.evse_id is UNSET else ask.v.EVSEType(id=self.evse_id, connector_id=connector_id)
        answer = yield ask.v.TriggerMessageRequest(requested_message=self.message, evse=evse)
        return outcome(answer, expects=self._expects(() if self.evse_id is UNSET else (str(self.evse_id),)))

    def _expects(self, place: tuple[str, ...]) -> tuple[str, ...]:
        if self.message.startswith("Sign"):
            return ("message", "SignCertificate")
        at_place = place if self.message in ("StatusNotification", "MeterValues", "TransactionEvent") else ()
        return ("message", self.message, *at_place)


V16_PLAIN = frozenset(
    {
        "BootNotification",
        "DiagnosticsStatusNotification",
        "FirmwareStatusNotification",
        "Heartbeat",
        "MeterValues",
        "StatusNotification",
    }
)
V16_EXTENDED = frozenset({"LogStatusNotification", "SignChargePointCertificate"})
