"""Reservations on both databases: made by calls, moved by what stations say and by time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from ohmstead import runtime
from ohmstead.blocks.command import NotAnswered, Unsupported
from ohmstead.blocks.remote_control import Start
from ohmstead.blocks.reservation import CancelReservation, Reserve, settle_reservations
from ohmstead.domain.reservations import State
from ohmstead.store.tables import reservations
from tests.acceptance.serving import event
from tests.blocks.staging import SQLITE, Stage, converse

pytestmark = pytest.mark.anyio
UNTIL = "2030-01-01T00:00:00Z"
THEN = datetime(2030, 1, 1, tzinfo=UTC)
NOW_2 = {"id": 5, "expiryDateTime": UNTIL, "idToken": {"idToken": "T", "type": "Central"}, "evseId": 1}
NOW_16 = {"connectorId": 1, "expiryDate": UNTIL, "idTag": "T", "reservationId": 5}


async def state(stage: Stage) -> tuple[State, str | None]:
    c = reservations.c
    (row,) = await stage.rows(select(c.state, c.reason))
    return row[0], row[1]


async def reserve(stage: Stage, answer: str = "Accepted", **more: Any) -> None:
    await stage.learn("ReserveNow", NOW_2 | more, {"status": answer})


@pytest.mark.parametrize("answer", ["Faulted", "Occupied", "Rejected", "Unavailable"])
@SQLITE
async def test_l10_a_refusal_in_the_stations_word(stage: Stage, answer: str) -> None:
    await reserve(stage, answer)
    assert await state(stage) == ("refused", answer)
    assert stage.fed == ["reservation.refused"]


async def test_a_reservation_that_is_used(stage: Stage) -> None:
    await stage.token("T")
    await reserve(stage)
    assert await state(stage) == ("active", None)
    await stage.say("TransactionEvent", event("Started", 0, evse=1, token="T", reservationId=5))
    c = reservations.c
    (row,) = await stage.rows(select(c.state, c.transaction, c.number, c.evse_id, c.token))
    assert tuple(row) == ("used", 1, 5, 1, "T")
    await stage.say("ReservationStatusUpdate", {"reservationId": 5, "reservationUpdateStatus": "Expired"})
    assert await state(stage) == ("used", None)
    assert [kind for kind in stage.fed if kind.startswith("reservation")] == ["reservation.active", "reservation.used"]


@pytest.mark.parametrize(
    ("version", "said", "becomes"),
    [("2.0.1", "Expired", "expired"), ("2.0.1", "Removed", "cancelled"), ("2.1", "NoTransaction", "used")],
)
@SQLITE
async def test_l10_what_a_station_says_of_it(stage: Stage, version: str, said: str, becomes: str) -> None:
    await reserve(stage)
    await stage.say("ReservationStatusUpdate", {"reservationId": 5, "reservationUpdateStatus": said}, version)
    assert await state(stage) == (becomes, said)
    await stage.say("ReservationStatusUpdate", {"reservationId": 77, "reservationUpdateStatus": "Removed"}, version)


@SQLITE
async def test_1_6(stage: Stage) -> None:
    await stage.learn("ReserveNow", NOW_16, {"status": "Accepted"}, "1.6")
    await stage.say("StartTransaction", {
        "connectorId": 1, "idTag": "T", "meterStart": 0, "timestamp": "2025-03-01T10:00:00Z", "reservationId": 5,
    }, "1.6")  # fmt: skip
    assert await state(stage) == ("used", None)


@SQLITE
async def test_it_is_taken_back(stage: Stage) -> None:
    await reserve(stage)
    await stage.learn("CancelReservation", {"reservationId": 5}, {"status": "Rejected"})
    assert await state(stage) == ("cancelled", "the station did not know of it")
    await stage.learn("CancelReservation", {"reservationId": 6}, {"status": "Accepted"})
    await reserve(stage)  # the number again: reserved anew
    assert await state(stage) == ("active", None)
    await stage.learn("CancelReservation", {"reservationId": 5}, None)
    assert await state(stage) == ("active", None)


async def test_time_ends_it(stage: Stage, clock: runtime.FakeClock) -> None:
    until = runtime.to_datetime(stage.now + 60_000_000).isoformat().replace("+00:00", "Z")
    await reserve(stage, expiryDateTime=until)
    assert await settle_reservations(stage.db, stage.now) == 0
    clock.advance(61)
    assert await settle_reservations(stage.db, stage.now) == 1
    assert await state(stage) == ("expired", None)
    assert await settle_reservations(stage.db, stage.now) == 0


@pytest.mark.parametrize(("who", "group"), [("t", None), ("PARTNER", "FAMILY")])
async def test_a_use_that_nobody_told_of(stage: Stage, clock: runtime.FakeClock, who: str, group: str | None) -> None:
    """By the token, or by one of its group; the event does not name the reservation."""
    await stage.token("PARTNER", group="FAMILY")
    more = {} if group is None else {"groupIdToken": {"idToken": group, "type": "Central"}}
    await reserve(stage, **more)
    later = runtime.to_datetime(stage.now + 1_000_000).isoformat().replace("+00:00", "Z")
    await stage.say("TransactionEvent", event("Started", 0, evse=1, token=who) | {"timestamp": later})
    assert await settle_reservations(stage.db, stage.now) == 1
    assert (await state(stage))[0] == "used"


async def test_the_group_and_the_type_of_the_token_go_along(stage: Stage) -> None:
    await stage.token("T", group="FAMILY")
    asked = Reserve(token="T", expires_at=THEN, evse_id=1)
    await asked.prepare(stage.ask(), stage.db)
    assert (asked.group, asked.token_type) == ("FAMILY", "ISO14443")


@pytest.mark.parametrize(("token", "said"), [("T", "ISO14443"), ("APP", "Central")])
async def test_a_start_says_the_type_under_which_the_token_is_known(stage: Stage, token: str, said: str) -> None:
    await stage.token("T")
    asked = Start(token=token)
    await asked.prepare(stage.ask(), stage.db)
    assert asked.token_type == said


def test_the_commands() -> None:
    asked = Reserve(token="T", expires_at=THEN, evse_id=1, connector_type="cCCS2", group="FAMILY")
    said = converse(asked, "2.1", {"status": "Accepted"})
    ((action, payload),) = said.requests
    assert (action, payload["id"], payload["connectorType"]) == ("ReserveNow", 77, "cCCS2")
    assert payload["groupIdToken"] == {"idToken": "FAMILY", "type": "Central"}
    assert not converse(asked, "2.0.1", {"status": "Occupied"}).outcome.accepted
    said = converse(Reserve(token="T", expires_at=THEN, reservation_id=9), "1.6", {"status": "Accepted"})
    assert said.requests[0][1] | {"expiryDate": ""} == {
        "connectorId": 0, "expiryDate": "", "idTag": "T", "reservationId": 9,
    }  # fmt: skip
    for version in ("1.6", "2.0.1"):
        said = converse(CancelReservation(reservation_id=9), version, {"status": "Accepted"})
        assert said.requests == [("CancelReservation", {"reservationId": 9})]
    assert converse(CancelReservation(reservation_id=9), "2.1", NotAnswered(None)).outcome is None


@pytest.mark.parametrize("asked", [{"connector_type": "cCCS2"}, {"token": "T" * 21}])
def test_what_1_6_cannot_say(asked: dict[str, Any]) -> None:
    with pytest.raises(Unsupported):
        converse(Reserve(**{"token": "T", "expires_at": THEN} | asked), "1.6")
