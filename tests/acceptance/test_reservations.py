"""H, E20, L10: reservations over HTTP and the wire, with stations of the `ocpp` package in three versions."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import ocpp.v16
import ocpp.v16.call
import ocpp.v16.call_result
import ocpp.v21
import ocpp.v21.call
import ocpp.v21.call_result
import ocpp.v201
import ocpp.v201.call
import ocpp.v201.call_result
import pytest
from ocpp.routing import on

from tests.acceptance.serving import Csms, at

pytestmark = pytest.mark.anyio


class Station16(ocpp.v16.ChargePoint):
    number: int | None = None

    @on("ReserveNow")
    async def reserve(self, reservation_id: int, connector_id: int, id_tag: str, **_: Any) -> Any:
        self.number = reservation_id
        return ocpp.v16.call_result.ReserveNow(
            status="Accepted" if (connector_id, id_tag) == (1, "MINE") else "Occupied"
        )

    @on("CancelReservation")
    async def cancel(self, reservation_id: int) -> Any:
        known = reservation_id == self.number
        return ocpp.v16.call_result.CancelReservation(status="Accepted" if known else "Rejected")

    async def use(self) -> None:
        await self.call(ocpp.v16.call.StartTransaction(
            connector_id=1, id_tag="MINE", meter_start=0, timestamp=at(), reservation_id=self.number
        ))  # fmt: skip


def station2(package: Any) -> Any:
    class Station2(package.ChargePoint):  # type: ignore[misc]
        number: int | None = None

        @on("ReserveNow")
        async def reserve(self, id: int, id_token: Any, evse_id: int | None = None, **_: Any) -> Any:
            self.number = id
            mine = (evse_id, id_token["id_token"]) == (1, "MINE")
            return package.call_result.ReserveNow(status="Accepted" if mine else "Occupied")

        @on("CancelReservation")
        async def cancel(self, reservation_id: int) -> Any:
            status = "Accepted" if reservation_id == self.number else "Rejected"
            return package.call_result.CancelReservation(status=status)

        async def use(self) -> None:
            await self.call(package.call.TransactionEvent(
                event_type="Started", timestamp=at(), trigger_reason="Authorized", seq_no=0,
                transaction_info={"transaction_id": f"tx-{self.number}"}, evse={"id": 1, "connector_id": 1},
                id_token={"id_token": "MINE", "type": "ISO14443"}, reservation_id=self.number,
            ))  # fmt: skip

    return Station2


STATIONS = {"1.6": lambda: Station16, "2.0.1": lambda: station2(ocpp.v201), "2.1": lambda: station2(ocpp.v21)}


@pytest.mark.parametrize("version", list(STATIONS))
async def test_h01_h02_e20_a_reservation_from_its_order_to_its_end(csms: Csms, known: str, version: str) -> None:
    wanted = {"station_id": known, "token": "MINE", "evse_id": 1, "expires_at": "2099-01-01T00:00:00Z"}
    async with csms.station(known, version) as socket:
        station = STATIONS[version]()(known, socket.socket)
        running = asyncio.get_running_loop().create_task(station.start())

        async def becomes(one: dict[str, Any], state: str) -> dict[str, Any]:
            seen = await csms.until(lambda: csms.get(f"reservations/{one['id']}"), lambda now: now["state"] == state)
            assert isinstance(seen, dict)
            return seen

        refused = await csms.post("reservations", wanted | {"token": "OTHER"})
        assert (await becomes(refused, "refused"))["reason"] == "Occupied"
        first = await csms.post("reservations", wanted)
        await becomes(first, "active")
        assert (await csms.api.delete(f"reservations/{first['id']}")).status_code == 202
        await becomes(first, "cancelled")
        second = await csms.post("reservations", wanted)
        await becomes(second, "active")
        await station.use()
        used = await becomes(second, "used")
        assert used["transaction_id"] == (await csms.transaction(station_id=known))["id"]
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


async def test_l10_h04_expired_by_the_station(csms: Csms, known: str) -> None:
    """By a raw call, which makes a reservation too."""
    payload = {"id": 9, "expiryDateTime": "2099-01-01T00:00:00Z", "idToken": {"idToken": "MINE", "type": "Central"}}
    async with csms.station(known) as station:
        await csms.command(known, {"ocpp": {"action": "ReserveNow", "payload": payload}})
        await station.answer(await station.next_call(), {"status": "Accepted"})
        (one,) = await csms.until(
            lambda: csms.all("reservations", station_id=known), lambda seen: [r["state"] for r in seen] == ["active"]
        )
        assert (one["reservation_id"], one["evse_id"]) == (9, None)
        await station.call("ReservationStatusUpdate", {"reservationId": 9, "reservationUpdateStatus": "Expired"})
        assert (await csms.get(f"reservations/{one['id']}"))["state"] == "expired"
