"""Each profile we send is taken by a station that nobody here wrote (the `ocpp` package's, which validates all it gets
against the official schemas), and what its profiles come to by its own count is what they come to by ours.

The station counts second by second from the frames it got: no line of it is shared with domain/profiles.py.
"""

from __future__ import annotations

import asyncio
import base64
import time
from datetime import UTC, datetime, timedelta
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
import websockets
from ocpp.routing import on

from tests.acceptance.serving import PASSWORD, PATIENCE, SUBPROTOCOLS, Csms, at

pytestmark = pytest.mark.anyio
VERSIONS = {"1.6": ocpp.v16, "2.0.1": ocpp.v201, "2.1": ocpp.v21}
RATING_A, WATTS_PER_A = 32.0, 230.0 * 3
DAY = 86_400.0


def stamp(text: str) -> float:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


class Count:
    """What the profiles of a station come to, counted the plain way."""

    def __init__(self) -> None:
        self.profiles: dict[int, tuple[int, dict[str, Any]]] = {}
        self.transaction: str | None = None
        self.started = 0.0
        self.deaf_to = ""
        """A purpose that this station takes and does not follow."""

    def word(self, evse: int, profile: dict[str, Any], when: float) -> float | None:
        if when < stamp(profile.get("valid_from", "1970-01-01T00:00:00Z")):
            return None
        if when >= stamp(profile.get("valid_to", "2999-01-01T00:00:00Z")):
            return None
        schedule = profile["charging_schedule"]
        schedule = schedule[0] if isinstance(schedule, list) else schedule
        kind = profile["charging_profile_kind"]
        start = self.started if kind == "Relative" else stamp(schedule["start_schedule"])
        if kind == "Recurring":
            length = DAY if profile["recurrency_kind"] == "Daily" else 7 * DAY
            while start + length <= when:
                start += length
        elapsed = when - start
        if elapsed < 0 or elapsed >= schedule.get("duration", 1e12):
            return None
        said = [one for one in schedule["charging_schedule_period"] if one["start_period"] <= elapsed][-1]
        watts_per_a = 230.0 * said.get("number_phases", 3)
        limit = float(said["limit"])
        return limit / watts_per_a if schedule["charging_rate_unit"] == "W" else limit

    def strongest(self, evse: int, purpose: str, when: float) -> float | None:
        best: tuple[tuple[int, int], float] | None = None
        for place, profile in self.profiles.values():
            mine = profile["charging_profile_purpose"].replace("ChargePoint", "ChargingStation") == purpose
            if not mine or purpose == self.deaf_to or place not in (0, evse):
                continue
            if purpose == "TxProfile" and str(profile.get("transaction_id")) != self.transaction:
                continue
            limit = self.word(evse, profile, when)
            rank = (profile["stack_level"], place)
            if limit is not None and (best is None or rank > best[0]):
                best = (rank, limit)
        return None if best is None else best[1]

    def limit(self, evse: int, when: float) -> float:
        own = self.strongest(evse, "TxProfile", when)
        if own is None:
            own = self.strongest(evse, "TxDefaultProfile", when)
        cap = self.strongest(evse, "ChargingStationMaxProfile", when)
        return min([RATING_A, *(one for one in (own, cap) if one is not None)])

    def periods(self, evse: int, duration: int, unit: str, now: float) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for second in range(duration):
            limit = self.limit(evse, now + second) * (WATTS_PER_A if unit == "W" else 1.0)
            if not found or abs(found[-1]["limit"] - limit) > 1e-6:
                found.append({"start_period": second, "limit": round(limit, 1)})
        return found


def station_of(version: str, count: Count) -> type[Any]:
    v: Any = VERSIONS[version]
    result = v.call_result

    class Station(v.ChargePoint):  # type: ignore[misc,name-defined]
        @on("SetChargingProfile")
        async def take(self, **said: Any) -> Any:
            profile = said["cs_charging_profiles" if version == "1.6" else "charging_profile"]
            number = profile["charging_profile_id" if version == "1.6" else "id"]
            count.profiles[number] = (said["connector_id" if version == "1.6" else "evse_id"], profile)
            return result.SetChargingProfile(status="Accepted")

        @on("ClearChargingProfile")
        async def clear(self, **said: Any) -> Any:
            count.profiles.pop(said["id" if version == "1.6" else "charging_profile_id"])
            return result.ClearChargingProfile(status="Accepted")

        @on("GetCompositeSchedule")
        async def compose(self, duration: int, charging_rate_unit: str, **said: Any) -> Any:
            now = time.time()
            evse = said["connector_id" if version == "1.6" else "evse_id"]
            periods = count.periods(evse, duration, charging_rate_unit, now)
            start = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            common = {"charging_rate_unit": charging_rate_unit, "charging_schedule_period": periods,
                      "duration": duration}  # fmt: skip
            if version == "1.6":
                return result.GetCompositeSchedule(
                    status="Accepted", connector_id=evse, schedule_start=start, charging_schedule=common
                )
            return result.GetCompositeSchedule(
                status="Accepted", schedule={**common, "evse_id": evse, "schedule_start": start}
            )

    return Station


async def begin(station: Any, version: str, count: Count) -> None:
    """A transaction on EVSE 1."""
    call, when = VERSIONS[version].call, at()
    count.started = stamp(when)
    if version == "1.6":
        await station.call(call.BootNotification(charge_point_model="Box", charge_point_vendor="Else"), suppress=False)
        started = call.StartTransaction(connector_id=1, id_tag="GOOD", meter_start=0, timestamp=when)
        count.transaction = str((await station.call(started, suppress=False)).transaction_id)
        return
    boot = call.BootNotification(charging_station={"model": "Box", "vendor_name": "Else"}, reason="PowerUp")
    await station.call(boot, suppress=False)
    count.transaction = "of-theirs"
    started = call.TransactionEvent(
        event_type="Started", timestamp=when, trigger_reason="CablePluggedIn", seq_no=0,
        transaction_info={"transaction_id": "of-theirs"}, evse={"id": 1, "connector_id": 1},
    )  # fmt: skip
    await station.call(started, suppress=False)


def profiles() -> list[tuple[int, dict[str, Any]]]:
    """A stack of all that all versions know: a limit of the station in W, defaults on two levels, one of them daily and
    valid for a while, and a profile of the transaction with three periods that ends."""
    now = datetime.now(UTC).replace(microsecond=0)

    def when(seconds: float) -> str:
        return (now + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")

    def periods(*limits: tuple[int, float], **more: Any) -> list[dict[str, Any]]:
        return [{"start_s": start, "limit": limit, **more} for start, limit in limits]

    station = {"purpose": "ChargingStationMaxProfile", "schedules": [
        {"unit": "W", "start_schedule": when(-60), "periods": periods((0, 11_040), (1500, 5520))},
    ]}  # fmt: skip
    default = {"purpose": "TxDefaultProfile", "kind": "Relative",
               "schedules": [{"unit": "A", "periods": periods((0, 13), (2700, 7))}]}  # fmt: skip
    daily = {"purpose": "TxDefaultProfile", "kind": "Recurring", "recurrency_kind": "Daily", "stack_level": 1,
             "valid_to": when(2400), "schedules": [{"unit": "A", "start_schedule": when(-3 * DAY + 1200),
             "duration_s": 1800, "periods": periods((0, 10, ), (600, 6.5))}]}  # fmt: skip
    own = {"schedules": [{"unit": "A", "start_schedule": when(0), "duration_s": 900,
                          "periods": periods((0, 9), (300, 12.5), (600, 20))}]}  # fmt: skip
    return [(0, station), (1, default), (1, daily), (1, own)]


@pytest.mark.parametrize("version", VERSIONS)
async def test_k01_to_k05_profiles_are_taken_and_come_to_the_same(csms: Csms, known: str, version: str) -> None:
    count = Count()
    headers = {"Authorization": "Basic " + base64.b64encode(f"{known}:{PASSWORD}".encode()).decode()}
    async with websockets.connect(
        f"{csms.url}/{known}",
        subprotocols=[websockets.Subprotocol(SUBPROTOCOLS[version])],
        additional_headers=headers,
    ) as socket:
        station = station_of(version, count)(known, socket, response_timeout=PATIENCE)
        reading = asyncio.create_task(station.start())
        try:
            await begin(station, version, count)
            for evse_id, profile in profiles():
                asked = {"type": "set_charging_profile", "evse_id": evse_id, "profile": profile}
                sent = await csms.command(known, asked)
                assert (await csms.command_in(sent["id"], "accepted", "rejected", "error"))["state"] == "accepted"
            assert len(count.profiles) == 4
            for evse_id, unit in ((1, "A"), (1, "W"), (0, "A")):
                found = await composite(csms, known, evse_id, unit)
                assert (found["station_status"], found["differences"]) == ("accepted", []), found
                assert len(found["periods"]) >= (6 if evse_id else 2), found
            count.deaf_to = "ChargingStationMaxProfile"
            assert (await composite(csms, known, 1, "A"))["differences"]
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)


async def composite(csms: Csms, identity: str, evse_id: int, unit: str) -> Any:
    path = f"stations/{identity}/composite-schedule"
    return await csms.get(path, evse_id=evse_id, unit=unit, duration_s=3600)
