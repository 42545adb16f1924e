"""E23: after TxResumed the profiles of a transaction are sent again, unless the station keeps them."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from ohmstead.blocks.resuming import PERSISTS, ResendProfiles
from ohmstead.domain.device_model import Attribute, Variable
from ohmstead.store.tables import commands
from tests.acceptance.serving import event
from tests.blocks.staging import SQLITE, Stage

pytestmark = [pytest.mark.anyio, SQLITE]
PROFILE = {
    "evseId": 1,
    "chargingProfile": {
        "id": 9,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxProfile",
        "chargingProfileKind": "Relative",
        "transactionId": "tx-1",
        "chargingSchedule": [
            {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 10.0}]}
        ],
    },
}


@pytest.mark.parametrize(("persists", "asked"), [(None, 1), ("false", 1), ("true", 0)])
async def test_e23_profiles_are_sent_again(stage: Stage, persists: str | None, asked: int) -> None:
    await stage.say("TransactionEvent", event("Started", 0, evse=1), "2.1")
    await stage.learn("SetChargingProfile", PROFILE, {"status": "Accepted"}, "2.1")
    if persists is not None:
        await stage.know(Variable(PERSISTS, (Attribute("Actual", persists),)))
    await stage.say("TransactionEvent", event("Updated", 1, 60, trigger="TxResumed"), "2.1")
    rows = await stage.rows(select(commands.c.type))
    assert [row[0] for row in rows] == ["resend_profiles"] * asked
    command, ask = ResendProfiles(transaction_id="tx-1"), stage.ask("2.1")
    await command.prepare(ask, stage.db)
    request = next(command.calls(ask))
    assert (request.evse_id, request.charging_profile.id, request.charging_profile.transaction_id) == (1, 9, "tx-1")


async def test_without_profiles_nothing_is_sent(stage: Stage) -> None:
    await stage.say("TransactionEvent", event("Started", 0, evse=1), "2.1")
    await stage.say("TransactionEvent", event("Updated", 1, 60, trigger="TxResumed"), "2.1")
    assert await stage.rows(select(commands.c.type)) == []
