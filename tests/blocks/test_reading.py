"""Frames of the ledger read again; tests/api/resources/test_meter_values.py shows the values themselves."""

from __future__ import annotations

import json

from ohmstead.blocks.reading import told
from tests.acceptance.serving import event

STOP = {"transactionId": 1, "meterStop": 300, "timestamp": "2026-01-01T00:00:20Z"}


def test_each_version_tells_time_readings_and_state():
    said = event("Updated", 1, 60, wh=10, info={"chargingState": "SuspendedEV"})
    frames = [
        ("TransactionEvent", json.dumps([2, "1", "TransactionEvent", said])),
        ("StopTransaction", json.dumps([2, "2", "StopTransaction", STOP])),
    ]
    first, second = told(frames)
    assert (first.charging_state, [one.value for one in first.readings]) == ("SuspendedEV", [10])
    assert (second.charging_state, [one.value for one in second.readings]) == (None, [300])


def test_what_no_version_can_read_tells_nothing():
    assert told([("TransactionEvent", "no frame"), ("StopTransaction", '[2,"1","StopTransaction",{}]')]) == []
    assert told([("Heartbeat", '[2,"1","Heartbeat",{}]')]) == []
