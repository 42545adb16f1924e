"""How payments end, whatever became of the transaction; the conversations are in tests/acceptance/test_payment.py."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from sqlalchemy import select

from ohmstead.blocks.command import Unsupported
from ohmstead.blocks.payment import BEGUN_WITHIN, NotifyWebPaymentStarted, settle_payments
from ohmstead.blocks.payment_provider import LocalProvider
from ohmstead.charging_settings import Payment as PaymentSettings
from ohmstead.settings import Settings
from ohmstead.store import payments
from ohmstead.store.tables import payments as table
from tests.acceptance.serving import event
from tests.blocks.staging import SQLITE, Stage, converse
from tests.store.test_payments import ONE

pytestmark = pytest.mark.anyio
LOCAL = Settings(payment=PaymentSettings(provider="local"))


@SQLITE
@pytest.mark.parametrize(
    ("settings", "later", "ends"),
    [
        (LOCAL, 0, ("authorized", None)),
        (LOCAL, BEGUN_WITHIN + 1, ("cancelled", "nothing was begun with it")),
        (Settings(), BEGUN_WITHIN + 1, ("failed", "there is no payment service that could settle it")),
    ],
)
async def test_money_that_nothing_was_begun_with_is_let_go(stage: Stage, settings: Settings, later, ends) -> None:
    now = ONE.updated_at + later
    one = replace(ONE, provider=settings.payment.provider)
    await stage.db.store([], [payments.new(one)])
    assert await settle_payments(stage.db, settings, now) == (ends[0] != "authorized")
    (row,) = await stage.rows(select(table.c.state, table.c.reason))
    assert tuple(row) == ends


@SQLITE
async def test_what_was_cut_off_while_it_was_reserved_is_let_go(stage: Stage, monkeypatch) -> None:
    """We ended between the answer of the payment service and its row: the service is told by our id, once."""
    let_go: list[str] = []

    async def abandon(self, id: str) -> None:
        let_go.append(id)

    monkeypatch.setattr(LocalProvider, "abandon", abandon)
    await stage.db.store([], [payments.new(replace(ONE, reference=ONE.id, state="pending"))])
    shown = {"idToken": ONE.id, "type": "DirectPayment"}
    assert (await stage.say("Authorize", {"idToken": shown}, "2.1"))["idTokenInfo"]["status"] == "NoCredit"
    now = ONE.updated_at + BEGUN_WITHIN + 1
    assert [await settle_payments(stage.db, LOCAL, now) for _ in range(2)] == [1, 0]
    assert let_go == [ONE.id]
    assert await stage.rows(select(table.c.state, table.c.settled_amount)) == [("cancelled", "0")]


@SQLITE
async def test_what_a_station_has_settled_is_over(stage: Stage) -> None:
    await stage.db.store([], [payments.new(replace(ONE, reference="psp-1", state="charging"))])
    said = {"pspRef": "psp-1", "status": "Settled", "settlementAmount": 4.5, "settlementTime": "2025-11-24T16:00:00Z"}
    for _ in range(2):  # told a second time it is what it was
        assert await stage.say("NotifySettlement", said, "2.1") == {}
    assert await stage.rows(select(table.c.state, table.c.settled_amount)) == [("settled", "4.5")]
    assert stage.fed.count("payment.settled") == 1


def test_c25_a_station_hears_that_somebody_pays() -> None:
    talk = converse(NotifyWebPaymentStarted(evse_id=1, timeout=60), "2.1", {})
    assert talk.requests == [("NotifyWebPaymentStarted", {"evseId": 1, "timeout": 60})]
    with pytest.raises(Unsupported, match="no web payments"):
        converse(NotifyWebPaymentStarted(evse_id=1), "2.0.1", {})


@SQLITE
async def test_a_terminal_is_not_believed_unless_it_is_allowed(stage: Stage) -> None:
    """Fail closed: without `payment.terminals` a reference that nobody knows is no token."""
    token = {"idToken": "PSP-9", "type": "DirectPayment"}
    asked = await stage.say("Authorize", {"idToken": token}, "2.1")
    assert asked["idTokenInfo"]["status"] == "Unknown"
    begun = await stage.say("TransactionEvent", event("Started", 0, token=token, evse=1, wh=0), "2.1")
    assert begun["idTokenInfo"]["status"] == "Unknown"
    assert await stage.rows(select(table.c.id)) == []


@SQLITE
async def test_without_a_payment_service_no_vat_number_is_known(stage: Stage) -> None:
    answer = await stage.say("VatNumberValidation", {"vatNumber": "DE123456789", "evseId": 2}, "2.1")
    assert answer == {"vatNumber": "DE123456789", "status": "Rejected", "evseId": 2}
