from __future__ import annotations

import json

import pytest
from msgspec import UNSET

from ohmstead.blocks.readings import readings_16, readings_v2
from ohmstead.domain.metering import Reading
from ohmstead.ocpp import codec
from ohmstead.ocpp.versions import V16, V21, V201, Version
from tests.acceptance.serving import at, event

NOON = 1_740_823_200_000_000


@pytest.mark.parametrize("version", [V201, V21], ids=["2.0.1", "2.1"])
def test_readings_of_2(version: Version) -> None:
    samples = [{"value": 2, "unitOfMeasure": {"unit": "kWh", "multiplier": 1}}, {"value": 1e300, "phase": "L1"}]
    said = event("Updated", 0) | {"meterValue": [{"timestamp": at(0), "sampledValue": samples}]}
    request, _ = codec.decode_request(version, "TransactionEvent", json.dumps(said))
    assert readings_v2(request.meter_value) == (Reading(NOON, 20000.0),)
    assert readings_v2(UNSET) == ()


def test_readings_of_1_6() -> None:
    samples = [
        {"value": "1.5", "unit": "kWh"},
        {"value": "5", "format": "SignedData"},
        {"value": "zzz"},
        {"value": "230.1", "measurand": "Voltage", "unit": "V", "phase": "L1-N", "location": "Inlet"},
    ]
    said = {"connectorId": 1, "meterValue": [{"timestamp": at(0), "sampledValue": samples}]}
    request, _ = codec.decode_request(V16, "MeterValues", json.dumps(said))
    assert readings_16(request.meter_value) == (
        Reading(NOON, 1500.0),
        Reading(NOON, 230.1, "Voltage", "V", "L1-N", location="Inlet"),
    )
    assert readings_16(UNSET) == ()
