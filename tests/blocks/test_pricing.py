"""Running and final cost in answers, and bills that are made again when something comes later; on both databases."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from ohmstead import runtime
from ohmstead.blocks.pricing import make_bills, moments_of
from ohmstead.domain.tariffs import Moment
from ohmstead.domain.transactions import begin, infer_end
from ohmstead.shapes.tariff import TariffElement, TariffNew
from ohmstead.store import ledger, reservations
from ohmstead.store.db import Write
from ohmstead.store.reservations import Reservation
from ohmstead.store.resources import tariffs
from ohmstead.store.resources.transactions import decode
from ohmstead.store.tables import bills, charges, transactions
from ohmstead.store.tables.meta import DEFAULT_TENANT
from tests.acceptance.serving import event
from tests.blocks.staging import SQLITE, Stage

pytestmark = pytest.mark.anyio


async def tariff(stage: Stage, id: str, price: str = "0.40", **fields: Any) -> None:
    elements = fields.pop("elements", [TariffElement(per="kwh", price=price)])
    new = TariffNew(currency="EUR", name=id, elements=elements, **fields)
    async with stage.db.transaction() as tx:
        await tariffs.add(tx, DEFAULT_TENANT, id, 1, new, 0)


async def tell(stage: Stage, *events: dict[str, Any]) -> list[float | None]:
    """The total cost in each answer."""
    return [(await stage.say("TransactionEvent", one)).get("totalCost") for one in events]


SESSION = (
    event("Started", 0, 0, token="T", evse=1, wh=1000),
    event("Updated", 1, 60, wh=3000),
    event("Ended", 2, 120, wh=6000),
)


async def billed(stage: Stage) -> list[tuple[int, str, str]]:
    rows = await stage.rows(select(bills.c.version, bills.c.reason, bills.c.body).order_by(bills.c.version))
    return [(row[0], row[1], msgspec.json.decode(row[2])["total"]) for row in rows]


async def test_running_then_final_cost_is_answered(stage):
    await tariff(stage, "standard", default=True, tax_percent="25")
    await stage.token("T")
    assert await tell(stage, *SESSION) == [None, 1.0, 2.5]
    assert await billed(stage) == [(1, "ended", "2.50")]
    assert "transaction.billed" in stage.fed
    assert stage.state.charges == {}


async def test_free_is_said_and_no_tariff_is_not(stage):
    await stage.token("T")
    assert await tell(stage, *SESSION) == [None, None, None]
    await tariff(stage, "free", "0", default=True)
    again = [one | {"transactionInfo": {"transactionId": "tx-2"}} for one in SESSION]
    assert await tell(stage, *again) == [None, 0, 0]
    assert await billed(stage) == [(1, "ended", "0.00")]


async def test_the_tariff_of_the_token_counts_before_the_default_one(stage):
    await tariff(stage, "standard", default=True)
    await tariff(stage, "staff", "0.10")
    await stage.token("T", tariff_id="staff")
    assert (await tell(stage, *SESSION))[-1] == 0.5


async def test_a_transaction_keeps_the_version_it_began_with_also_over_a_restart(stage):
    await tariff(stage, "standard", default=True)
    await stage.token("T")
    await tell(stage, *SESSION[:1])
    async with stage.db.transaction() as tx:
        assert await tariffs.end(tx, DEFAULT_TENANT, "standard", 1, 5)
        dear = TariffNew(currency="EUR", name="n", default=True, elements=[TariffElement(per="kwh", price="9")])
        await tariffs.add(tx, DEFAULT_TENANT, "standard", 2, dear, 5)
    await stage.connect()
    assert await tell(stage, *SESSION[1:]) == [0.8, 2.0]


async def test_a_token_that_comes_later_brings_its_tariff(stage):
    await tariff(stage, "standard", default=True)
    await tariff(stage, "staff", "0.10")
    await stage.token("T", tariff_id="staff")
    first = event("Started", 0, 0, trigger="CablePluggedIn", evse=1, wh=1000)
    second = event("Updated", 1, 60, trigger="Authorized", token="T", wh=3000)
    assert await tell(stage, first, second, SESSION[2]) == [None, 0.2, 0.5]
    assert len(await stage.rows(select(charges.c.transaction))) == 1


async def test_what_comes_after_the_end_makes_a_new_bill_and_leaves_the_old_one(stage):
    """The bill is the same as in the right order, and the first one is still there to be read."""
    idle = [TariffElement(per="idle_minute", price="1"), TariffElement(per="kwh", price="0.40")]
    await tariff(stage, "standard", default=True, elements=idle)
    await stage.token("T")
    ended = event("Ended", 2, 120, wh=6000)
    late = event("Updated", 1, 60, wh=6000, info={"chargingState": "SuspendedEV"}, offline=True)
    assert await tell(stage, SESSION[0], ended, late) == [None, 2.0, 2.0]
    assert await make_bills(stage.db, runtime.now()) == 1
    assert await billed(stage) == [(1, "ended", "2.00"), (2, "amended", "3.00")]
    assert await make_bills(stage.db, runtime.now()) == 0
    assert await stage.rows(select(charges.c.total, charges.c.due, charges.c.bill_version)) == [("3.00", 0, 2)]


async def test_an_inferred_end_is_billed_by_what_was_measured(stage):
    await tariff(stage, "standard", default=True)
    await stage.token("T")
    await tell(stage, *SESSION[:2])
    (row,) = await stage.rows(select(transactions.c.body))
    closed = infer_end(decode(row[0]), decode(row[0]).last_at).transaction
    write: Write = stage.write()
    ledger.write_changed(write, closed)
    await stage.put(write)
    assert await make_bills(stage.db, runtime.now()) == 1
    assert await billed(stage) == [(1, "ended", "0.80")]


async def test_1_6_is_billed_too(stage):
    await tariff(stage, "standard", default=True)
    await stage.token("T")
    started = {"connectorId": 1, "idTag": "T", "meterStart": 1000, "timestamp": "2025-03-01T10:00:00Z"}
    number = (await stage.say("StartTransaction", started, "1.6"))["transactionId"]
    sample = {"timestamp": "2025-03-01T10:01:00Z", "sampledValue": [{"value": "3000"}]}
    await stage.say("MeterValues", {"connectorId": 1, "transactionId": number, "meterValue": [sample]}, "1.6")
    assert await stage.rows(select(charges.c.total)) == [("0.80",)]
    stop = {"transactionId": number, "meterStop": 6000, "timestamp": "2025-03-01T10:02:00Z"}
    await stage.say("StopTransaction", stop, "1.6")
    assert await billed(stage) == [(1, "ended", "2.00")]


@SQLITE
async def test_a_sample_in_the_second_of_the_stop_is_billed_like_any_other(stage):
    await tariff(stage, "standard", default=True)
    await stage.token("T")
    started = {"connectorId": 1, "idTag": "T", "meterStart": 1000, "timestamp": "2025-03-01T10:00:00Z"}
    number = (await stage.say("StartTransaction", started, "1.6"))["transactionId"]
    sample = {"timestamp": "2025-03-01T10:02:00Z", "sampledValue": [{"value": "5990"}]}
    await stage.say("MeterValues", {"connectorId": 1, "transactionId": number, "meterValue": [sample]}, "1.6")
    stop = {"transactionId": number, "meterStop": 6000, "timestamp": "2025-03-01T10:02:00Z"}
    await stage.say("StopTransaction", stop, "1.6")
    assert await billed(stage) == [(1, "ended", "2.00")]


@SQLITE
async def test_a_change_of_state_splits_what_flowed_between_two_registers(stage):
    """10 kWh in an hour, half of it before 12:00 at 1.00 and half at 2.00; the car stops taking more at 12:15."""
    noon = [TariffElement(per="kwh", price="1", to_time="12:00"), TariffElement(per="kwh", price="2")]
    await tariff(stage, "standard", default=True, elements=noon)
    begun = event("Started", 0, 5400, evse=1, wh=0, info={"chargingState": "Charging"})
    full = event("Updated", 1, 8100, info={"chargingState": "SuspendedEV"})
    await tell(stage, begun, full, event("Ended", 2, 9000, wh=10000))
    assert await billed(stage) == [(1, "ended", "15.00")]


@SQLITE
async def test_moments_never_go_beyond_what_is_billed(stage):
    """A register of another place, one before the beginning and one that jumps are not charged."""
    await tell(stage, *SESSION)
    (row,) = await stage.rows(select(transactions.c.body))
    one = decode(row[0])
    frames = [
        ("TransactionEvent", msgspec.json.encode([2, "1", "TransactionEvent", said]).decode())
        for said in (
            event("Updated", 1, 60, wh=9999),
            event("Updated", 1, 30, wh=500),
            event("Updated", 1, 90, meterValue=[
                {"timestamp": "2025-03-01T10:01:30Z", "sampledValue": [{"value": 4000, "location": "Inlet"}]}
            ]),
        )
    ]  # fmt: skip
    begin_at, minute = one.started_at, 60_000_000
    assert moments_of(one, frames) == [
        Moment(begin_at, 0.0),
        Moment(begin_at + minute // 2, 0.0),
        Moment(begin_at + minute, 5000.0),
        Moment(begin_at + 2 * minute, 5000.0),
    ]
    assert moments_of(begin(1, 1, "x"), []) == [Moment(0, 0.0), Moment(0, 0.0)]


@SQLITE
async def test_a_reservation_is_charged_with_the_transaction_that_uses_it(stage):
    """2.00 once, and 20 minutes at 0.05; a later event brings the number, the bill has it all the same."""
    elements = [TariffElement(per="reservation", price="2"), TariffElement(per="reservation_minute", price="0.05")]
    await tariff(stage, "standard", default=True, elements=elements)
    begun = runtime.from_datetime(datetime(2025, 3, 1, 10, tzinfo=UTC))
    made = Reservation(
        id=1, tenant_id=1, station_id=1, number=7, token="T", expires_at=begun, state="active",
        created_at=begun - 20 * 60_000_000, changed_at=begun,
    )  # fmt: skip
    await stage.db.store([], [reservations.made(made)])
    await tell(stage, event("Started", 0, 0, evse=1), event("Updated", 1, 60, reservationId=7), event("Ended", 2, 120))
    assert await billed(stage) == [(1, "ended", "3.00")]
