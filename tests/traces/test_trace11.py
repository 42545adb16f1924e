from __future__ import annotations

import json

import pytest

from ohmstead.traces import trace11
from ohmstead.traces.record import TO_STATION, Record, exchanges
from ohmstead.traces.trace11 import Unusable, read

AT = 1_784_000_000_000_000


def written(*records: Record, sides: bool = True) -> list[dict]:
    return [json.loads(line) for one in exchanges(records) if (line := trace11.line(one, sides))]


def test_a_call_and_its_answer():
    call = Record(line=1, at=AT, identity="CS1", version="1.6", text='[2, "1","Heartbeat",{}]')
    answer = Record(
        line=2, at=AT, identity="CS1", version="1.6", direction=TO_STATION, text='[3,"1",{"currentTime":"x"}]'
    )
    one, two = written(call, answer)
    assert one == {
        "schemaVersion": "1.1",
        "timestamp": "2026-07-14T03:33:20.000Z",
        "ocppVersion": "1.6",
        "transport": "json",
        "chargePointId": "CS1",
        "direction": "cp-to-csms",
        "messageType": "CALL",
        "messageId": "1",
        "action": "Heartbeat",
        "payload": {},
        "raw": '[2, "1","Heartbeat",{}]',
    }
    assert (two["messageType"], two["action"], two["direction"]) == ("CALLRESULT", "Heartbeat", "csms-to-cp")
    assert "error" not in two
    assert [read(one, 1), read(two, 2)] == [call, answer]


def test_an_error_has_its_parts_and_nothing_else_has():
    error = Record(line=1, at=AT, text='[4,"1","InternalError","Why.",{"a":1}]')
    (one,) = written(error)
    assert one["error"] == {"code": "InternalError", "description": "Why.", "details": {"a": 1}}
    assert "payload" not in one


@pytest.mark.parametrize(
    "record",
    [
        Record(line=1, at=AT, kind="open", identity="CS1", connection="7"),
        Record(line=1, at=AT, kind="closed", text="gone"),
        Record(line=1, at=AT, text="}garbage"),
        Record(line=1, at=AT, text='[6,"1","NotifyPeriodicEventStream",{}]'),
        Record(line=1, at=None, text='[2,"1","Heartbeat",{}]'),
    ],
)
def test_what_the_format_has_no_place_for_comes_back_too(record):
    (one,) = written(record)
    assert read(one, 1) == record
    assert len(written(record, sides=False)) == (1 if record.at is None else 0)


def test_a_frame_without_its_text_is_put_together():
    base = {"schemaVersion": "1.0", "timestamp": "2026-01-01T00:00:00Z", "direction": "cp-to-csms", "messageId": "1"}
    call = {**base, "messageType": "CALL", "action": "Heartbeat", "payload": {}, "later": 1}
    assert read(call, 1).text == '[2,"1","Heartbeat",{}]'
    assert read({**base, "messageType": "CALLRESULT", "payload": {}}, 1).text == '[3,"1",{}]'
    error = {**base, "messageType": "CALLERROR", "error": {"code": "GenericError"}}
    assert read(error, 1).text == '[4,"1","GenericError","",{}]'


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"schemaVersion": "2.0"}, "expected schemaVersion 1.x"),
        ({"transport": "soap"}, "expected transport json"),
        ({"timestamp": "yesterday"}, "expected a time"),
        ({"direction": "up"}, "expected direction cp-to-csms or csms-to-cp"),
        ({"messageType": "PING"}, "expected messageType CALL"),
        ({"action": None}, "expected an action"),
        ({"messageType": "CALLERROR"}, "expected an error"),
    ],
)
def test_a_mistake_says_what_was_expected(change, expected):
    given = {
        "schemaVersion": "1.1",
        "timestamp": "2026-01-01T00:00:00Z",
        "direction": "cp-to-csms",
        "messageType": "CALL",
        "action": "Heartbeat",
    }
    with pytest.raises(Unusable, match=expected):
        read({**given, **change}, 1)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-01-01T05:30:00+05:30", 1_767_225_600_000_000),
        ("2026-01-01T00:00:00.5Z", 1_767_225_600_500_000),
        ("2026-01-01 00:00:00,500", 1_767_225_600_500_000),
        (1_767_225_600, 1_767_225_600_000_000),
        (1_767_225_600_000, 1_767_225_600_000_000),
        (1_767_225_600.5, 1_767_225_600_500_000),
        (1_767_225_600_000_000, 1_767_225_600_000_000),
    ],
)
def test_times_keep_their_zone(text, at):
    assert trace11.time(text) == at


@pytest.mark.parametrize("text", ["", None, True, -1, 1e300, float("nan"), [], "9999"])
def test_what_is_no_time(text):
    with pytest.raises(Unusable, match="expected a time"):
        trace11.time(text)
