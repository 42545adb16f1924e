"""The codec: the right refusals, and repairs that are told. (Its verdicts against the schemas: test_schemas.py.)"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ohmstead.ocpp import codec
from ohmstead.ocpp.base import INT64_MAX, INT64_MIN
from ohmstead.ocpp.codec import Finding, Refused, decode_request, decode_response, encode
from ohmstead.ocpp.versions import V16, V21, V201, Version

TIME = "2026-11-22T10:00:00Z"
SPACED = "2026-11-22 10:00:00Z"
LEAP_SECOND = "2016-12-31T23:59:60Z"

# --- refusals ------------------------------------------------------------------------------------------------------

BOOT = {"reason": "PowerUp", "chargingStation": {"model": "Pro", "vendorName": "Acme"}}
STATUS = {"timestamp": TIME, "connectorStatus": "Available", "evseId": 1, "connectorId": 1}
REPORT = {"requestId": 1, "generatedAt": TIME, "seqNo": 0}
SECRET = "hunter2" * 10

REFUSALS: list[tuple[Version, str, Any, str, str]] = [
    (V201, "BootNotification", {"reason": "PowerUp"}, "OccurrenceConstraintViolation", "required: /chargingStation"),
    (V201, "BootNotification", {**BOOT, "reason": "Luck"}, "PropertyConstraintViolation", "enum: /reason must be one"),
    (V201, "BootNotification", {**BOOT, "reason": 1}, "TypeConstraintViolation", "type: /reason"),
    (V201, "BootNotification", {**BOOT, "reason": None}, "TypeConstraintViolation", "type: /reason"),
    (V201, "BootNotification", {**BOOT, "chargingStation": {}}, "OccurrenceConstraintViolation", "required: /charging"),
    (V201, "StatusNotification", {**STATUS, "timestamp": "now"}, "PropertyConstraintViolation", "format: /timestamp"),
    (V201, "StatusNotification", {**STATUS, "timestamp": "0000-01-01T00:00:00Z"}, "PropertyConstraintViolation", ""),
    (V201, "StatusNotification", {**STATUS, "evseId": "1"}, "TypeConstraintViolation", "type: /evseId must be of type"),
    (V201, "StatusNotification", {**STATUS, "evseId": 1.5}, "TypeConstraintViolation", "type: /evseId"),
    (
        V201,
        "StatusNotification",
        {**STATUS, "evseId": 2**63},
        "PropertyConstraintViolation",
        "the integer at '/evseId'",
    ),
    (V201, "NotifyReport", {**REPORT, "reportData": [None]}, "TypeConstraintViolation", "type: /reportData/0"),
    (V201, "NotifyReport", {**REPORT, "reportData": [{}]}, "OccurrenceConstraintViolation", "required: /reportData/0/"),
    (
        V201,
        "Authorize",
        {"idToken": {"idToken": SECRET, "type": "Central"}},
        "PropertyConstraintViolation",
        "maxLength",
    ),
    (V201, "Heartbeat", 3, "TypeConstraintViolation", "type: the payload must be of type object"),
    (V201, "Heartbeat", [1], "TypeConstraintViolation", "type: the payload must be of type object"),
    (
        V201,
        "DataTransfer",
        {"vendorId": "a", "data": "a\0b"},
        "PropertyConstraintViolation",
        "NUL in the text at '/data'",
    ),
    (V201, "DataTransfer", {"vendorId": "a", "data": {"a\0": 1}}, "PropertyConstraintViolation", "NUL in a name"),
    (V201, "DataTransfer", {"vendorId": "a", "data": [-(2**63) - 1]}, "PropertyConstraintViolation", "the integer at"),
    (V201, "BatterySwap", {}, "NotImplemented", "OCPP 2.0.1 has no request BatterySwap"),
    (V201, "ACTIONS", {}, "NotImplemented", "OCPP 2.0.1 has no request ACTIONS"),
    (V21, "NotifyReport", {**REPORT, "seqNo": -1}, "PropertyConstraintViolation", "minimum: /seqNo is less than 0"),
    (V16, "Authorize", {}, "OccurenceConstraintViolation", "required: /idTag is missing"),
    (V16, "Authorize", {"idTag": SECRET}, "PropertyConstraintViolation", "maxLength: /idTag is longer than 20"),
    (V16, "MeterValues", {"connectorId": 1, "meterValue": []}, "OccurenceConstraintViolation", "minItems: /meterValue"),
    (V16, "BootNotification", b'{"chargePointVendor":', "FormationViolation", "Input data was truncated"),
    (
        V16,
        "GetDiagnostics",
        {"location": "/tmp"},
        "PropertyConstraintViolation",
        "format: /location is not a valid uri",
    ),
]


@pytest.mark.parametrize(("version", "action", "payload", "code", "description"), REFUSALS)
def test_refusals(version: Version, action: str, payload: Any, code: str, description: str) -> None:
    text = payload if isinstance(payload, bytes) else json.dumps(payload)
    for strict in (False, True):
        with pytest.raises(Refused) as caught:
            decode_request(version, action, text, strict=strict)
        refused = caught.value
        assert (refused.code, refused.description[: len(description)]) == (code, description)
        assert len(refused.description) <= 255
        assert SECRET not in refused.description + json.dumps(refused.details)
        assert str(refused) == f"{code}: {refused.description}"


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"{} {}",
        b"\xff",
        b'{"customData":{"vendorId":"\xed\xa0\x80"}}',
        b'{"customData":{"vendorId":"\\ud800"}}',
        b'{"customData":{"vendorId":"a","\\udc00":1}}',
        b'{"customData":{"vendorId":"a","x":1e400}}',
        b'{"customData":{"vendorId":"a","x":NaN}}',
        b'{"customData":' * 10_000 + b"{}" + b"}" * 10_000,
        b'{"customData":{"vendorId":"a","x":' + b"[" * 10_000 + b"]" * 10_000 + b"}}",
        b'{"x":' + b"[" * 10_000,
    ],
    ids=lambda text: text[:40],
)
def test_what_is_not_json_or_a_bomb_is_refused(text: bytes) -> None:
    with pytest.raises(Refused) as caught:
        decode_request(V201, "Heartbeat", text)
    assert caught.value.code == "FormatViolation"


@pytest.mark.parametrize("depth", [150, 300, 600, 900])
def test_nesting_of_any_depth_ends_in_a_refusal(depth: int) -> None:
    for name in ("data", "customData", "foo"):
        text = f'{{"vendorId":"a","{name}":{"[" * depth}{"]" * depth}}}'
        with pytest.raises(Refused):
            decode_request(V201, "DataTransfer", text)


def test_the_first_of_several_problems_is_told_and_five_are_named() -> None:
    payload = {"evseId": "1", **{f"{name * 300}": 1 for name in "abcdefg"}}
    with pytest.raises(Refused) as caught:
        decode_request(V201, "StatusNotification", json.dumps(payload), strict=True)
    assert caught.value.description == "required: /timestamp is missing"
    assert len(caught.value.details["problems"]) == 5
    assert len(json.dumps(caught.value.details)) < 1000


def test_an_answer_to_an_unconfirmed_message_is_not_implemented() -> None:
    stream = {"id": 1, "pending": 0, "basetime": TIME, "data": [{"t": 0.5, "v": "1"}]}
    assert decode_request(V21, "NotifyPeriodicEventStream", json.dumps(stream), strict=True)[1] == ()
    with pytest.raises(Refused, match="NotImplemented"):
        decode_response(V21, "NotifyPeriodicEventStream", b"{}")


def test_text_that_cannot_be_utf_8_is_refused() -> None:
    with pytest.raises(Refused, match="FormatViolation: not UTF-8"):
        decode_request(V201, "DataTransfer", '{"vendorId":"\ud800"}')


# --- oddities ------------------------------------------------------------------------------------------------------

ODDITIES: list[tuple[str, Any, list[tuple[str, str]], Any]] = [
    ("BootNotification", {**BOOT, "colour": "red"}, [("unknown_field", "/colour")], BOOT),
    ("BootNotification", {**BOOT, "a/b~c": {}}, [("unknown_field", "/a~1b~0c")], BOOT),
    ("BootNotification", {**BOOT, "customData": None}, [("null_field", "/customData")], BOOT),
    ("BootNotification", {**BOOT, "customData": {}}, [("empty_field", "/customData")], BOOT),
    (
        "BootNotification",
        {**BOOT, "customData": {"a": 1}},
        [("custom_data_without_vendor", "/customData")],
        {**BOOT, "customData": {"vendorId": "", "a": 1}},
    ),
    ("NotifyReport", {**REPORT, "reportData": []}, [("empty_field", "/reportData")], REPORT),
    (
        "NotifyReport",
        {**REPORT, "reportData": None, "x": 1},
        [("null_field", "/reportData"), ("unknown_field", "/x")],
        REPORT,
    ),
    (
        "StatusNotification",
        {**STATUS, "timestamp": "2026-11-22T10:00:00"},
        [("time_without_zone", "/timestamp")],
        STATUS,
    ),
    (
        "StatusNotification",
        {**STATUS, "timestamp": "2026-11-22 10:00:00"},
        [("time_without_zone", "/timestamp")],
        STATUS,
    ),
    ("StatusNotification", {**STATUS, "evseId": 1.0, "x": 1}, [("unknown_field", "/x")], STATUS),
    ("StatusNotification", {**STATUS, "timestamp": SPACED, "x": 1}, [("unknown_field", "/x")], STATUS),
    ("Heartbeat", [], [("empty_field", "")], {}),
    ("Heartbeat", None, [("empty_field", "")], {}),
]


@pytest.mark.parametrize(("action", "payload", "findings", "meant"), ODDITIES)
def test_what_is_odd_but_readable_is_taken_and_told(
    action: str, payload: Any, findings: list[tuple[str, str]], meant: Any
) -> None:
    message, found = decode_request(V201, action, json.dumps(payload))
    assert sorted(found) == sorted(Finding(*finding) for finding in findings)
    assert message == decode_request(V201, action, json.dumps(meant), strict=True)[0]
    with pytest.raises(Refused):
        decode_request(V201, action, json.dumps(payload), strict=True)


def test_a_null_in_an_optional_enumeration_is_one_finding() -> None:
    payload = {"connectorId": 1, "errorCode": "NoError", "status": "Available", "timestamp": None, "info": None}
    _, findings = decode_request(V16, "StatusNotification", json.dumps(payload))
    assert sorted(findings) == [("null_field", "/info"), ("null_field", "/timestamp")]
    payload = {"transactionId": 1, "timestamp": TIME, "meterStop": 1, "reason": None}
    assert decode_request(V16, "StopTransaction", json.dumps(payload))[1] == (("null_field", "/reason"),)


def test_an_odd_message_with_a_real_mistake_is_refused_for_the_mistake() -> None:
    with pytest.raises(Refused) as caught:
        decode_request(V201, "BootNotification", json.dumps({**BOOT, "colour": "red", "reason": "Luck"}))
    assert caught.value.code == "PropertyConstraintViolation"
    with pytest.raises(Refused, match="required: /reason is missing"):
        decode_request(V201, "BootNotification", b"[]")


def test_findings_are_bounded() -> None:
    many = {**BOOT, **{f"x{number}": 1 for number in range(500)}}
    message, findings = decode_request(V201, "BootNotification", json.dumps(many))
    assert message == decode_request(V201, "BootNotification", json.dumps(BOOT))[0]
    assert len(findings) == codec.MAX_FINDINGS
    _, (finding,) = decode_request(V201, "BootNotification", json.dumps({**BOOT, "x" * 5000: 1}))
    assert len(finding.text) == 200


def test_every_item_of_a_long_list_is_mended() -> None:
    item = {"component": {"name": "a"}, "variable": {"name": "b"}, "variableAttribute": [{"value": None}], "x": 1}
    report, findings = decode_request(V201, "NotifyReport", json.dumps({**REPORT, "reportData": [item] * 300}))
    assert len(report.report_data) == 300
    assert findings[:2] == (
        ("null_field", "/reportData/0/variableAttribute/0/value"),
        ("unknown_field", "/reportData/0/x"),
    )


@pytest.mark.parametrize("item", ["{}", "0", '{"x":{}}', "[[]]"])
def test_a_megabyte_of_mistakes_costs_no_minute(item: str) -> None:
    """With every mistake made into an error object this took 41 s; it takes less than one."""
    start = time.thread_time()
    with pytest.raises(Refused):
        decode_request(V201, "NotifyReport", json.dumps({**REPORT, "reportData": [json.loads(item)] * 200_000}))
    assert time.thread_time() - start < 10


# --- values --------------------------------------------------------------------------------------------------------


def test_payloads_come_as_bytes_text_or_raw() -> None:
    expected = decode_request(V201, "BootNotification", json.dumps(BOOT))
    assert decode_request(V201, "BootNotification", json.dumps(BOOT).encode()) == expected
    assert decode_request(V201, "BootNotification", msgspec.Raw(json.dumps(BOOT).encode())) == expected
    assert expected[0].charging_station.vendor_name == "Acme"


def test_decimals_of_1_6_are_judged_by_their_text() -> None:
    def schedule(limit: str) -> str:
        period = f'{{"chargingRateUnit":"A","chargingSchedulePeriod":[{{"startPeriod":0.0,"limit":{limit}}}]}}'
        return f'{{"status":"Accepted","chargingSchedule":{period}}}'

    for limit in ("8.1", "0.3", "16", "16.0", "-0.1", "32.7"):
        answer, findings = decode_response(V16, "GetCompositeSchedule", schedule(limit), strict=True)
        assert answer.charging_schedule.charging_schedule_period[0].limit == float(limit)
        assert findings == ()
    for limit in ("8.15", "0.30000000000000004"):
        with pytest.raises(Refused, match="multipleOf: /chargingSchedule/chargingSchedulePeriod/0/limit"):
            decode_response(V16, "GetCompositeSchedule", schedule(limit))


def test_a_leap_second_is_the_last_moment_of_its_minute() -> None:
    message, findings = decode_request(V201, "StatusNotification", json.dumps({**STATUS, "timestamp": LEAP_SECOND}))
    assert message.timestamp == datetime(2016, 12, 31, 23, 59, 59, 999_999, UTC)
    assert findings == ()


def test_a_backslash_before_u0000_is_text_and_no_nul() -> None:
    message, _ = decode_request(V201, "DataTransfer", rb'{"vendorId":"a","data":"\\u0000"}', strict=True)
    assert message.data == r"\u0000"


def test_times_are_written_in_utc_with_three_decimals() -> None:
    messages = V201.messages
    at = datetime(2026, 11, 22, 1, 2, 3, 456_789, timezone(timedelta(hours=2)))
    assert encode(messages.HeartbeatResponse(current_time=at)) == b'{"currentTime":"2026-11-21T23:02:03.456Z"}'
    assert encode({"list": [at]}) == b'{"list":["2026-11-21T23:02:03.456Z"]}'
    text = messages.GetVariableDataType(
        component=messages.ComponentType(name="Clock"),
        variable=messages.VariableType(name="2026-11-22T01:02:03.456789Z"),
    )
    assert b'"2026-11-22T01:02:03.456789Z"' in encode(text)
    with pytest.raises(ValueError, match="a time without a zone"):
        encode(messages.HeartbeatResponse(current_time=at.replace(tzinfo=None)))


def test_vendors_keep_their_custom_data() -> None:
    text = b'{"customData":{"vendorId":"a","deep":{"er":[1,null]}}}'
    assert encode(decode_request(V201, "Heartbeat", text, strict=True)[0]) == text


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"), max_size=5)
    | st.just("\0"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3) | st.just("\0"), inner, max_size=4),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None, database=None, derandomize=True)
@given(
    data=ANYTHING, place=st.sampled_from(["data", "vendorId", "unknown"]), inside=st.booleans(), strict=st.booleans()
)
def test_what_decodes_has_no_nul_and_no_integer_outside_int64(
    data: Any, place: str, inside: bool, strict: bool
) -> None:
    payload: dict[str, Any] = {"vendorId": "a", "customData": {"vendorId": "a"}}
    (payload["customData"] if inside else payload)[place] = data
    try:
        message, findings = decode_request(V201, "DataTransfer", json.dumps(payload), strict=strict)
    except Refused:
        return
    assert not strict or findings == ()
    for leaf in leaves(msgspec.to_builtins(message)):
        assert not isinstance(leaf, str) or "\0" not in leaf
        assert not isinstance(leaf, int) or INT64_MIN <= leaf <= INT64_MAX


def leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from leaves(item)
    else:
        yield value
