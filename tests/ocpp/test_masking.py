"""Passwords in messages: masked in whatever spelling of JSON, and found in the calls that set them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ohmstead.ocpp.masking import MASK, Password, hide, masked, may_hold_secrets, password_in
from tests.signed import base64url

SECRET = "s3cret-of-CS1"
BASIC = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}
OTHER = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}
PLACES: dict[str, Any] = {
    "ChangeConfiguration": {"key": "AuthorizationKey", "value": SECRET},
    "GetConfiguration": {"configurationKey": [{"key": "AuthorizationKey", "readonly": False, "value": SECRET}]},
    "SetVariables": {"setVariableData": [BASIC | {"attributeValue": SECRET}]},
    "GetVariables": {"getVariableResult": [BASIC | {"attributeStatus": "Accepted", "attributeValue": SECRET}]},
    "NotifyReport": {"reportData": [BASIC | {"variableAttribute": [{"type": "Actual", "value": SECRET}]}]},
    "NotifyEvent": {"eventData": [BASIC | {"actualValue": SECRET}]},
    "SetNetworkProfile": {"connectionData": {"basicAuthPassword": SECRET}},
    "a profile's vpn": {"connectionData": {"vpn": {"user": "u", "password": SECRET}}},
    "a profile's apn": {"connectionData": {"apn": {"apnUserName": "u", "apnPassword": SECRET}}},
    "a name in another case": {"key": "authoriZATIONkey", "value": SECRET},
    "a mixed name": {"setVariableData": [{"variable": {"name": "basicauthPassWord"}, "attributeValue": SECRET}]},
    "a slot's password": {"setVariableData": [{"variable": {"name": "VpnPassword"}, "attributeValue": SECRET}]},
    "a vpn's shared secret": {"connectionData": {"vpn": {"server": "v", "key": SECRET}}},
    "a SIM": {"connectionData": {"apn": {"apn": "internet", "simPin": SECRET}}},
    "a vendor's key": {"configurationKey": [{"key": "WifiPassword", "value": SECRET}, {"key": "PUK", "value": SECRET}]},
    "a vendor's variable": {"setVariableData": [{"variable": {"name": "G_CardPin"}, "attributeValue": SECRET}]},
    "a word of the vocabulary": {"values": [{"name": "security.basic_auth_password", "value": SECRET}]},
    "a vendor's object": {"vendorId": "V", "data": {"wifi": {"ssid": "s", "passphrase": SECRET}}},
    "a list": {"key": "AuthorizationKey", "value": [SECRET, {"value": SECRET}]},
    "a field with a list": {"password": [SECRET]},
}
places = pytest.mark.parametrize("payload", PLACES.values(), ids=PLACES)


def with_secret(value: Any, secret: Any) -> Any:
    """The payload with another secret in its place."""
    if isinstance(value, dict):
        return {name: with_secret(part, secret) for name, part in value.items()}
    if isinstance(value, list):
        return [with_secret(one, secret) for one in value]
    return secret if value == SECRET else value


@places
def test_the_secret_alone_is_masked(payload: Any) -> None:
    frame = [2, "1", "Action", payload]
    assert json.loads(masked(json.dumps(frame))) == with_secret(frame, MASK)
    assert hide(frame) == with_secret(frame, MASK)


@places
def test_a_number_is_a_secret_too(payload: Any) -> None:
    assert json.loads(masked(json.dumps(with_secret(payload, 12345678)))) == with_secret(payload, MASK)


@places
def test_what_is_masked_stays_as_it_is(payload: Any) -> None:
    once = masked(json.dumps(payload))
    assert masked(once) == once


@pytest.mark.parametrize(
    "payload",
    [
        {"key": "HeartbeatInterval", "value": "300"},
        {"key": "AuthorizationKey", "value": None},
        {"key": "AuthorizationKey", "readonly": True},
        {"setVariableData": [OTHER | {"attributeValue": "300"}]},
        {"setVariableResult": [BASIC | {"attributeStatus": "Accepted"}]},
        {"status": "Accepted", "statusInfo": {"reasonCode": "x", "additionalInfo": "password authorizationkey"}},
        {"key": ["AuthorizationKey"], "variable": "Password2", "value": "1"},
        {"text": "Stra\u00dfe", "n": 1.0},
        "password",
        [],
        None,
    ],
)
def test_what_holds_no_secret_is_kept_to_the_letter(payload: Any) -> None:
    text = json.dumps([2, "1", "Action", payload], indent=1)
    assert masked(text) == text


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ('{"ssid":"s","wifiPassword":"s3cret"}', '{"ssid":"s","wifiPassword":"***"}'),
        ('[{"key":"WifiPassword","value":"s3cret"}]', '[{"key":"WifiPassword","value":"***"}]'),
        ('{"inner":"{\\"password\\":\\"s3cret\\"}"}', '{"inner":"{\\"password\\":\\"***\\"}"}'),
        ('{"password":"s3cret', '{"***'),
        ("ftp://user:s3cret@host/log", "ftp://user:***@host/log"),
        (
            "see ftp://user:s3cret@host and http://u:s3cret@h:80/a?b@c",
            "see ftp://user:***@host and http://u:***@h:80/a?b@c",
        ),
        ("https://host:443/a@b", "https://host:443/a@b"),
        ("{no JSON at all}", "{no JSON at all}"),
    ],
)
def test_a_text_that_holds_more(text: str, kept: str) -> None:
    given = {"vendorId": "V", "data": text}
    assert json.loads(masked(json.dumps([2, "1", "DataTransfer", given])))[3] == {"vendorId": "V", "data": kept}
    assert hide(given) == {"vendorId": "V", "data": kept}
    assert masked(masked(text)) == masked(text)


@pytest.mark.parametrize(
    "text", [r'{"a":"ftp:\/\/u:s3cret@h"}', r'{"a":"ftp\u003a//u:s3cret@h"}', r'{"a":"ftp:\u002F/u:s3cret\u0040h"}']
)
def test_a_url_in_any_spelling(text: str) -> None:
    assert "s3cret" not in masked(text)
    assert "s3cret" not in masked(text[:-1])


def test_a_secret_among_others() -> None:
    both = {"setVariableData": [OTHER | {"attributeValue": SECRET}, BASIC | {"attributeValue": SECRET}]}
    values = [one["attributeValue"] for one in json.loads(masked(json.dumps(both)))["setVariableData"]]
    assert values == [SECRET, MASK]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ('[2,"1","X",{"basicAuthPassword":"s3cret', '[2,"1","X",{"basicAuth***'),
        ("Authorization: Basic s3cret", "***"),
        ("my AUTHKEY is s3cret, my password too", "my ***"),
        ('{"a":1,"p\\u0061ssword":"s3cret', '{"a":1,"p***'),
        ('{"n":1e999,"password":"s3cret"}', '{"n":1e999,"***'),
        ("no JSON at all", "no JSON at all"),
        ("Stra\\u00dfe\\u0000", "Stra\\u00dfe\\u0000"),
        ("", ""),
    ],
)
def test_what_cannot_be_read_ends_where_a_secret_may_begin(text: str, kept: str) -> None:
    assert masked(text) == kept


@pytest.mark.parametrize("depth", [100, 1_000, 5_000, 100_000])
def test_the_deepest_message_harms_nobody(depth: int) -> None:
    assert SECRET not in masked("[" * depth + json.dumps({"password": SECRET}) + "]" * depth)


@pytest.mark.parametrize(
    ("text", "worth_reading"),
    [
        ('{"currentTime":"2025-11-24T16:00:00Z"}', False),
        ('[2,"1","Authorize",{"idTag":"A"}]', False),
        ('{"key":"AUTHORIZATIONKEY"}', True),
        ('{"BasicAuthPassWord":1}', True),
        (r'{"\u0070\u0061":1}', True),
        (r'{"\u00fc":1}', False),
    ],
)
def test_nearly_all_messages_need_not_be_read(text: str, worth_reading: bool) -> None:
    assert may_hold_secrets(text) is worth_reading


# ---- any spelling ----

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def spelled(draw: st.DrawFn, value: Any) -> str:
    """`value` as JSON: members in any order, space anywhere, any letter as an escape."""
    space = draw(st.sampled_from(["", " ", "\n\t", "\r\n  "]))
    if isinstance(value, dict):
        members = [
            (draw(spelled(name)), draw(spelled(part))) for name, part in draw(st.permutations(list(value.items())))
        ]
        return space + "{" + ",".join(f"{name}{space}:{part}{space}" for name, part in members) + "}"
    if isinstance(value, list):
        return "[" + space + f"{space},".join(draw(spelled(one)) for one in value) + "]"
    if not isinstance(value, str):
        return json.dumps(value)
    escaped = draw(st.sampled_from([set(), {value[:1]}, set("aeiouAEIOU"), set(value)]))
    how = draw(st.sampled_from(["\\u%04x", "\\u%04X"]))
    letters = [how % ord(one) if one in escaped and ord(one) < 0x10000 else json.dumps(one)[1:-1] for one in value]
    return '"' + "".join(letters) + '"'


@given(st.data(), st.sampled_from(list(PLACES.values())), values)
def test_no_secret_survives_in_any_spelling(data: st.DataObject, payload: Any, beside: Any) -> None:
    text = data.draw(spelled([2, "1", "Action", payload | {"beside": beside}]))
    result = masked(text)
    assert SECRET not in result
    assert SECRET not in json.dumps(json.loads(result))
    assert json.loads(result) == with_secret(json.loads(text), MASK)


@given(st.text(), st.sampled_from(list(PLACES.values())), st.data())
def test_a_message_that_breaks_off_never_fails(text: str, payload: Any, data: st.DataObject) -> None:
    whole = json.dumps(payload)
    broken = whole[: data.draw(st.integers(0, len(whole)))] + text
    assert isinstance(masked(broken), str)


# ---- the password that a call sets ----


def variables(*entries: tuple[str, str, str]) -> dict[str, Any]:
    return {
        "setVariableData": [
            {"component": {"name": component}, "variable": {"name": name}, "attributeValue": value}
            for component, name, value in entries
        ]
    }


@pytest.mark.parametrize(
    ("action", "payload", "found"),
    [
        ("ChangeConfiguration", {"key": "AuthorizationKey", "value": SECRET}, Password(SECRET, False)),
        ("ChangeConfiguration", {"key": "AUTHORIZATIONkey", "value": SECRET}, Password(SECRET, False)),
        ("ChangeConfiguration", {"key": "VendorPassword", "value": SECRET}, None),
        ("SetVariables", variables(("SecurityCtrlr", "BasicAuthPassword", SECRET)), Password(SECRET, False)),
        ("SetVariables", variables(("SecurityCtrlr", "basicauthPassWord", SECRET)), Password(SECRET, False)),
        ("SetVariables", variables(("NetworkConfiguration", "BasicAuthPassword", SECRET)), Password(SECRET, True)),
        ("SetVariables", variables(("networkconfiguration", "BasicAuthPassword", SECRET)), Password(SECRET, True)),
        ("SetVariables", variables(("NetworkConfiguration", "VpnPassword", SECRET)), None),
        (
            "SetVariables",
            variables(
                ("SecurityCtrlr", "BasicAuthPassword", "first"),
                ("SecurityCtrlr", "BasicAuthPassword", SECRET),
                ("OCPPCommCtrlr", "HeartbeatInterval", "300"),
            ),
            Password(SECRET, False),
        ),
        ("SetVariables", variables(("OCPPCommCtrlr", "HeartbeatInterval", "300")), None),
        ("SetNetworkProfile", {"connectionData": {"basicAuthPassword": SECRET}}, Password(SECRET, True)),
        ("SetNetworkProfile", {"connectionData": {"apn": {"apnPassword": SECRET}}}, None),
        ("GetVariables", {"getVariableData": [BASIC]}, None),
        ("DataTransfer", {"basicAuthPassword": SECRET}, None),
        ("Reset", {"type": "Hard"}, None),
    ],
)
def test_the_password_that_a_call_sets(action: str, payload: Any, found: Password | None) -> None:
    assert password_in(action, json.dumps(payload).encode()) == found


def test_no_password_is_left_in_what_was_signed() -> None:
    """A JWS hides its payload from nobody: base64 is no secret."""
    payload = {"setVariableData": [{**BASIC, "attributeValue": SECRET}]}
    flat = {"payload": base64url(json.dumps(payload).encode()), "protected": "e30", "signature": "AA"}
    for frame in ([2, "1", "SetVariables", payload, flat], [2, "1", "SetVariables-Signed", flat]):
        text = masked(json.dumps(frame))
        assert SECRET not in text
        assert flat["payload"] not in text
        assert json.loads(text)[-1] == {**flat, "payload": "***"}
    for unreadable in ("*", "AAAA", 7):
        assert json.loads(masked(json.dumps([3, "1", {**flat, "payload": unreadable}])))[2]["payload"] == "***"
    harmless = json.dumps([2, "1", "Heartbeat-Signed", {**flat, "payload": base64url(b"{}")}])
    assert masked(harmless) == harmless
