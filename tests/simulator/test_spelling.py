from __future__ import annotations

import json
from typing import Any

import pytest

from ohmstead.ocpp.versions import V16, V201
from ohmstead.simulator.spelling import readable, spelled
from ohmstead.simulator.traits import Wire

SAMPLE = {"value": "5", "context": "Sample.Periodic"}
VALUES = {
    "connectorId": 1,
    "transactionId": 7,
    "meterValue": [{"timestamp": "2025-11-24T16:00:00.500Z", "sampledValue": [SAMPLE]}],
}


def written(**style: Any) -> bytes:
    return spelled(Wire(**style), V16, "MeterValues", VALUES)


def read(text: bytes) -> Any:
    return json.loads(text)


def test_the_ordinary_way_is_the_words() -> None:
    assert read(written()) == VALUES


@pytest.mark.parametrize(
    ("way", "text"),
    [
        ("no-zone", "2025-11-24T16:00:00.500"),
        ("offset", "2025-11-24T18:00:00.500+02:00"),
        ("ticks", "2025-11-24T16:00:00.5000000Z"),
    ],
)
def test_times(way: str, text: str) -> None:
    assert read(written(times=way))["meterValue"][0]["timestamp"] == text


def test_an_offset_never_changes_the_day() -> None:
    words = {"timestamp": "2025-11-24T22:30:00.000Z", "name": "2025"}
    assert read(spelled(Wire(times="offset"), V16, "Heartbeat", words)) == {
        "timestamp": "2025-11-24T22:30:00.000+00:00",
        "name": "2025",
    }


def test_odd_values() -> None:
    assert read(written(numbers="bare"))["meterValue"][0]["sampledValue"][0]["value"] == 5.0
    assert read(written(meter_value="object"))["meterValue"]["sampledValue"] == [SAMPLE]
    assert read(written(sampled_value="empty"))["meterValue"][0]["sampledValue"] == []
    both = read(written(sampled_value="empty", meter_value="object"))
    assert both["meterValue"]["sampledValue"] == []


def test_what_is_no_json() -> None:
    text = written(transaction_id="nothing")
    assert b'"transactionId":,' in text
    assert not readable(text)
    assert b'"sampledValue":[,{' in written(sampled_value="leading-comma")
    assert readable(written())


def test_only_periodic_samples_are_spoilt() -> None:
    end = {**VALUES, "meterValue": [{**VALUES["meterValue"][0], "sampledValue": [{"value": "5"}]}]}  # type: ignore[index]
    assert read(spelled(Wire(sampled_value="empty"), V16, "MeterValues", end)) == end


def test_nulls_fill_what_is_not_set() -> None:
    words = {"idToken": {"idToken": "A", "type": "Central"}}
    assert read(spelled(Wire(nulls=True), V201, "Authorize", words)) == {
        **words,
        "certificate": None,
        "iso15118CertificateHashData": None,
        "customData": None,
    }
