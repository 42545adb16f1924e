from __future__ import annotations

import json

from ohmstead.api.resources.meter_values import thinned, values_of


def frame(action, **payload):
    return action, json.dumps([2, "1", action, payload])


def sample(second, value, **more):
    return {"timestamp": f"2026-01-01T00:00:{second:02}Z", "sampledValue": [{"value": value, **more}]}


def shown(values):
    return [(value.at.second, value.value, value.unit, value.context) for value in values]


def test_1_6_says_begin_and_end_outside_the_samples():
    messages = [
        frame("StartTransaction", connectorId=1, idTag="a", meterStart=100, timestamp="2026-01-01T00:00:00Z"),
        frame("MeterValues", connectorId=1, transactionId=1, meterValue=[sample(10, "0.2", unit="kWh")]),
        frame(
            "StopTransaction",
            transactionId=1,
            meterStop=300,
            timestamp="2026-01-01T00:00:20Z",
            transactionData=[sample(10, "0.2", unit="kWh")],
        ),
    ]
    assert shown(values_of(messages)) == [
        (0, 100, "Wh", "Transaction.Begin"),
        (10, 200, "Wh", "Sample.Periodic"),
        (20, 300, "Wh", "Transaction.End"),
    ]


def test_2_x():
    info = {"transactionInfo": {"transactionId": "x"}, "triggerReason": "Trigger", "timestamp": "2026-01-01T00:00:00Z"}
    values = [sample(5, 7.4, measurand="Power.Active.Import", unitOfMeasure={"unit": "kW"}, phase="L1")]
    (value,) = values_of([frame("TransactionEvent", eventType="Updated", seqNo=0, **info, meterValue=values)])
    assert (value.value, value.unit, value.phase) == (7400, "W", "L1")


def test_what_cannot_be_read_is_left_out():
    assert values_of([("TransactionEvent", "x"), frame("TransactionEvent", seqNo=1), frame("Other")]) == []


def test_thinned_keeps_the_last_value_of_each_slot():
    messages = [frame("MeterValues", connectorId=1, meterValue=[sample(second, str(second)) for second in range(60)])]
    assert [value.value for value in thinned(values_of(messages), 20)] == [19, 39, 59]
