"""Ten questions answered for a 1.6, a 2.0.1 and a 2.1 station of three vendors, in the same words and units."""

from __future__ import annotations

from typing import Any

import pytest

from tests.acceptance.serving import Csms, Station
from tests.acceptance.test_device_model import report, reported

pytestmark = pytest.mark.anyio

CURRENT = {"dataType": "decimal", "unit": "A", "minLimit": 6, "maxLimit": 16}
MILLIAMPERE = {"dataType": "decimal", "unit": "mA", "maxLimit": 16000}
KEYS = {
    "MaxCurrent": "16000",  # of Grizzl-E, in mA
    "ConnectorPhaseRotation": "0.RST,1.RST",
    "MeterValueSampleInterval": "60",
    "MeterValuesSampledData": "Energy.Active.Import.Register,Voltage.L1,Voltage.L2",
    "HeartbeatInterval": "300",
    "ChargingScheduleAllowedChargingRateUnit": "Current",
}


def inventory(current: dict[str, Any], *more: dict[str, Any]) -> list[dict[str, Any]]:
    measurands = "Energy.Active.Import.Register,Voltage"
    return [
        reported("EVSE", "Available", "true", evse=1, mutability="ReadOnly"),
        reported("EVSE", "ACCurrent", "0", evse=1, mutability="ReadOnly", told=current),
        reported("Connector", "PhaseRotation", "RST", evse=1, connector=1),
        reported("SampledDataCtrlr", "TxUpdatedInterval", "60"),
        reported("SampledDataCtrlr", "TxUpdatedMeasurands", measurands),
        reported("OCPPCommCtrlr", "HeartbeatInterval", "300"),
        reported("SecurityCtrlr", "SecurityProfile", "1", mutability="ReadOnly"),
        reported("SmartChargingCtrlr", "RateUnit", "A", mutability="ReadOnly"),
        *more,
    ]


STATIONS: list[tuple[str, str, str, list[dict[str, Any]]]] = [
    ("1.6", "Grizzl-E", "Smart", []),
    ("2.0.1", "Alfen", "NG910", inventory(CURRENT)),
    ("2.1", "Wallbox", "Pulsar", inventory(MILLIAMPERE, reported("V2XChargingCtrlr", "Enabled", "false", evse=1))),
]


async def boot(station: Station, version: str, vendor: str, model: str) -> None:
    if version == "1.6":
        told = {"chargePointVendor": vendor, "chargePointModel": model, "firmwareVersion": "4.100"}
        await station.call("BootNotification", told)
        status = {"connectorId": 1, "status": "Available", "errorCode": "NoError"}
        assert await station.call("StatusNotification", status) == {}
    else:
        about = {"vendorName": vendor, "model": model, "firmwareVersion": "4.100"}
        await station.call("BootNotification", {"reason": "PowerUp", "chargingStation": about})


async def tell_all(csms: Csms, station: Station, id: str, data: list[dict[str, Any]]) -> None:
    await csms.post(f"stations/{id}/device-model/refresh", None)
    call = await station.next_call()
    if data:
        await report(station, call, (0, False, data))
        return
    keys = [{"key": key, "readonly": False, "value": value} for key, value in KEYS.items()]
    await station.answer(call, {"configurationKey": keys})
    await csms.until(lambda: csms.get(f"stations/{id}/device-model"), lambda model: bool(model["report"]["complete"]))


async def test_ten_questions_in_three_versions_of_three_vendors(csms: Csms) -> None:
    for version, vendor, model, data in STATIONS:
        id = f"CS-{version}"
        await csms.add_station(id)
        async with csms.station(id, version, boot=False) as station:
            await boot(station, version, vendor, model)
            await tell_all(csms, station, id, data)
        shown = await csms.get(f"stations/{id}/device-model", view="vocabulary")
        answers = {one["name"]: (one["value"], one["unit"]) for one in shown["values"] if one["evse_id"] in (None, 1)}
        asked = {
            "evse.current.max": (16, "A"),
            "evse.available": (True, None),
            "evse.phase_rotation": ("RST", None),
            "meter.sample_interval": (60, "s"),
            "meter.measurands": (["Energy.Active.Import.Register", "Voltage"], None),
            "connection.heartbeat_interval": (300, "s"),
            "security.profile": (1, None),
            "smart_charging.rate_unit": (["A"], None),
            "v2x.supported": (version == "2.1", None),
            "station.vendor": (vendor, None),
        }
        assert {name: answers.get(name) for name in asked} == asked, version
