"""B13, E17 of 2.1: a transaction that goes on after a reset of its station gets its charging profiles again."""

from __future__ import annotations

from typing import Annotated, ClassVar

from msgspec import Meta

from ohmstead.blocks import Call
from ohmstead.blocks import profile_words as words
from ohmstead.blocks.command import Ask, Calls, Command, Outcome, outcome
from ohmstead.domain.device_model import Name
from ohmstead.domain.transactions import Transaction
from ohmstead.store import charging, device_model
from ohmstead.store.db import Db

PERSISTS = Name("SmartChargingCtrlr", "ChargingProfilePersistence", variable_instance="TxProfile")


class ResendProfiles(Command):
    """Send the charging profiles of a transaction once more, as the station had them."""

    actions: ClassVar = ("SetChargingProfile",)
    needs_accepted: ClassVar[bool] = True
    transaction_id: Annotated[str, Meta(min_length=1, max_length=36)]

    async def prepare(self, ask: Ask, db: Db) -> None:
        ask.profiles = charging.profiles_of(await charging.load(db, ask.station.id))

    def to_v2(self, ask: Ask) -> Calls:
        result = Outcome(True, "it had none")
        for one in ask.profiles:
            if one.purpose == "TxProfile" and one.transaction_id == self.transaction_id:
                said = words.to_v2(ask, one)
                answer = yield ask.v.SetChargingProfileRequest(evse_id=one.evse_id, charging_profile=said)
                result = outcome(answer)
                if not result.accepted:
                    break
        return result


async def resumed(call: Call, one: Transaction) -> None:
    """E17.FR.15: a station that does not keep TxProfiles over a reset is sent them again."""
    known = await device_model.load_some(call.db, call.station.tenant_id, call.station.id, [PERSISTS])
    if (known.value(PERSISTS) or "").strip().lower() == "true":
        return
    held = await charging.load(call.db, call.station.id)
    if any(each.profile.transaction_id == one.transaction_id for each in held):
        call.ask("resend_profiles", transaction_id=one.transaction_id)
