from __future__ import annotations

import base64

import pytest

from ohmstead.traces.formats import of_line, of_object
from ohmstead.traces.record import TO_CSMS, TO_STATION
from ohmstead.traces.trace11 import Unusable

FRAME = '[2,"1","Heartbeat",{}]'
AT = 1_767_225_600_000_000  # 2026-01-01T00:00:00Z


@pytest.mark.parametrize(
    ("text", "identity", "way", "at"),
    [
        (
            "[INFO ] 2026-01-01 00:00:00,000 de.rwth.idsg.steve.ocpp.ws.WebSocketLogger (qtp-52) - "
            f"[chargeBoxId=CP-1, sessionId=53a8f814] Received: {FRAME}",
            "CP-1",
            TO_CSMS,
            AT,
        ),
        (
            f"[INFO] 2026-01-01 00:00:00,000 x - [chargeBoxId=CP-1, sessionId=5] Sending: {FRAME}",
            "CP-1",
            TO_STATION,
            AT,
        ),
        (f"INFO:ocpp:CP_1: receive message {FRAME}", "CP_1", TO_CSMS, None),
        (f"INFO:ocpp:CP_1: send {FRAME}", "CP_1", TO_STATION, None),
        (f"2026-01-01 00:00:00 INFO (MainThread) [ocpp] Wallbox: send {FRAME}", "Wallbox", TO_STATION, AT),
        (f"CP123 : receive {FRAME}", "CP123", TO_CSMS, None),
    ],
)
def test_a_line_that_names_station_and_direction(text, identity, way, at):
    entry = of_line(text, 7)
    assert entry is not None
    assert entry.directed
    record = entry.record
    assert (record.line, record.identity, record.direction, record.at, record.text) == (7, identity, way, at, FRAME)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        (FRAME, None),
        (f"2026-01-01T05:30:00+05:30 {FRAME}", AT),
        (f"2026-01-01 00:00:00.000 {FRAME}", AT),
        (f"1767225600 {FRAME}", AT),
    ],
)
def test_a_line_that_names_neither(text, at):
    entry = of_line(text, 1)
    assert entry is not None
    assert not entry.directed
    assert (entry.record.at, entry.record.text) == (at, FRAME)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "INFO: server listening on [::]:9000",
        "[INFO ] started",
        "send more",
        "CP: sending [2,",
        "2026-01-01 00:00:00 [notice] [2026]",
        "[chargeBoxId=X, sessionId=1] Sent something",
        "x" * 100_000 + FRAME,
    ],
)
def test_other_lines_are_left_out(text):
    assert of_line(text, 1) is None


def test_steve_tells_of_connections():
    head = "[INFO ] 2026-01-01 00:00:00,000 x - [chargeBoxId=C, sessionId=5] "
    opened, closed = (
        of_line(head + "Connection is established", 1),
        of_line(head + "Connection is closed, status: 1006", 2),
    )
    assert opened is not None
    assert closed is not None
    assert (opened.record.kind, closed.record.kind, closed.record.connection) == ("open", "closed", "5")


def test_evpanda_alone_and_in_a_batch():
    message = {
        "charger_id": "CP-1",
        "connection_id": "c",
        "captured_at": "2026-01-01T00:00:00Z",
        "event_type": 2,
        "direction": "TO_CP",
        "raw_frame": FRAME,
        "raw_frame_encoding": "utf8",
    }
    coded = {**message, "raw_frame": base64.b64encode(FRAME.encode()).decode(), "raw_frame_encoding": "base64"}
    gone = {**message, "event_type": 0, "direction": None, "raw_frame": None}
    found = [entry.record for entry in of_object({"messages": [message, coded, gone, {"platform_id": "x"}]}, 3)]
    assert [(one.kind, one.direction, one.text) for one in found] == [
        ("frame", TO_STATION, FRAME),
        ("frame", TO_STATION, FRAME),
        ("closed", TO_CSMS, ""),
    ]
    assert {(one.identity, one.connection, one.at, one.line) for one in found} == {("CP-1", "c", AT, 3)}
    assert of_object(message, 1)[0].record.text == FRAME


def test_a_recorder_that_wrote_down_the_password_does_not_pass_it_on():
    upgrade = {
        "t": "2026-01-01T00:00:00Z",
        "id": "C",
        "proto": None,
        "dir": "HTTP-UPGRADE",
        "frame": {"authorization": "x"},
    }
    assert of_object(upgrade, 1) == []
    call = {**upgrade, "proto": "ocpp2.1", "dir": "CSMS->CS", "frame": [2, "1", "Heartbeat", {}]}
    (entry,) = of_object(call, 1)
    assert (entry.record.version, entry.record.direction, entry.record.text) == ("2.1", TO_STATION, FRAME)


def test_an_object_with_time_and_message():
    (entry,) = of_object({"timestamp": "2026-01-01T00:00:00Z", "message": [2, "1", "Heartbeat", {}]}, 1)
    assert not entry.directed
    assert (entry.record.text, entry.record.at) == (FRAME, AT)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "expected an OCPP trace"),
        ({"charger_id": "x", "event_type": 9}, "expected event_type 0, 1 or 2"),
        ({"charger_id": "x", "event_type": 2, "direction": "UP"}, "expected direction TO_CP or FROM_CP"),
        (
            {
                "charger_id": "x",
                "event_type": 2,
                "direction": "TO_CP",
                "raw_frame": "!",
                "raw_frame_encoding": "base64",
            },
            "expected base64",
        ),
        ({"dir": "UP", "frame": []}, "expected dir"),
        ({"timestamp": {}, "message": ""}, "expected a time"),
    ],
)
def test_a_mistake_says_what_was_expected(given, expected):
    with pytest.raises(Unusable, match=expected):
        of_object(given, 1)
