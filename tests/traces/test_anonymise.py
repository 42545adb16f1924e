from __future__ import annotations

import json
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ohmstead.traces import reading
from ohmstead.traces.anonymise import Anonymiser, secrets_left
from ohmstead.traces.lint import lint
from ohmstead.traces.reading import Trace
from ohmstead.traces.record import Record
from ohmstead.traces.vocabulary import words
from tests.traces.test_reading import FRAMES

KEY = b"k" * 32
SENSITIVE = [
    ("Authorize", "idTag"),
    ("Authorize", "idToken"),
    ("Authorize", "parentIdTag"),
    ("BootNotification", "serialNumber"),
    ("BootNotification", "chargePointSerialNumber"),
    ("BootNotification", "meterSerialNumber"),
    ("BootNotification", "iccid"),
    ("BootNotification", "imsi"),
    ("UpdateFirmware", "location"),
    ("GetDiagnostics", "location"),
    ("SignCertificate", "csr"),
    ("CertificateSigned", "certificateChain"),
    ("Get15118EVCertificate", "exiRequest"),
    ("DataTransfer", "data"),
    ("StatusNotification", "info"),
    ("NotifyCustomerInformation", "data"),
    ("SetDisplayMessage", "content"),
    ("Authorize", "latitude"),
    ("VendorThing", "whatever"),
]
KNOWN = (
    "unreadable characters " + " ".join(words().any_value | words().fields | words().actions | words().codes).lower()
)
LETTERS = string.ascii_letters + string.digits + "-_:/@.\u00e4\u0130\u6f22"
secret = st.text(LETTERS, min_size=6, max_size=40).filter(lambda text: text.lower() not in KNOWN)
"""Any text that is no word of OCPP or of ours, nor part of one."""


def records(*payloads: tuple[str, object], identity: str = "CS1") -> list[Record]:
    frames = [json.dumps([2, str(number), action, payload]) for number, (action, payload) in enumerate(payloads)]
    return [Record(line=1, at=0, identity=identity, version="2.0.1", text=text) for text in frames]


def anonymised(given: list[Record], key: bytes = KEY) -> list[Record]:
    return Anonymiser(key).trace(Trace("x", given))


def payload(record: Record) -> dict:
    return json.loads(record.text)[3]


@settings(max_examples=300, deadline=None)
@given(
    text=secret,
    where=st.sampled_from(SENSITIVE),
    around=st.text(string.ascii_letters + " ", max_size=8),
    depth=st.integers(0, 5),
)
def test_nothing_leaks(text, where, around, depth):
    """Whatever is hidden in one place is nowhere else: neither in other fields, nor within texts, keys or ids."""
    action, field = where
    hidden: object = {field: text}
    for _ in range(depth):
        hidden = {"customData": {"vendorId": "V", "x": [hidden]}}
    given = records(
        (action, hidden),
        ("BootNotification", {"chargingStation": {"model": f"{around}{text.upper()}{around}", "vendorName": text}}),
        ("SetVariables", {"setVariableData": [{"variable": {"name": text}, "attributeValue": around + text}]}),
        ("DataTransfer", {"vendorId": text, "messageId": text, text: {text: text}}),
        ("TransactionEvent", {"transactionInfo": {"transactionId": text}, "meterValue": [{"timestamp": text}]}),
    )
    given.append(Record(line=1, identity=text, connection=text, text=f"}} unreadable {text}"))
    given.append(Record(line=1, identity=text, text=json.dumps([4, text, text, text, {"a": text}])))
    given.append(Record(line=1, identity=text, kind="closed", text=text, version=text))
    assert secrets_left(given, [text]) == [text]
    found = anonymised(given)
    assert secrets_left(found, [text]) == []
    assert all(text != one.version for one in found)


@settings(max_examples=100, deadline=None)
@given(secret, st.sampled_from(SENSITIVE))
def test_the_same_stays_the_same_and_another_key_tells_nothing(text, where):
    action, field = where
    given = records((action, {field: text}), (action, {field: text.swapcase()}), (action, {field: text + "x"}))
    one, two, three = (payload(record) for record in anonymised(given))
    if text.swapcase().lower() == text.lower():
        assert one == two
    assert one != three
    assert [record.text for record in anonymised(given)] == [record.text for record in anonymised(given)]
    assert payload(anonymised(given, b"l" * 32)[0]) != one


def test_numbers_about_somebody_go_and_others_stay():
    given = {"idTag": 1234567, "meterStart": 42, "customData": {"vendorId": "V", "latitude": 52.520008, "height": 34}}
    (found,) = (payload(one) for one in anonymised(records(("StartTransaction", given))))
    assert found["meterStart"] == 42
    assert found["idTag"] != 1234567
    assert "52.52" not in json.dumps(found)
    assert "34" not in json.dumps(found).replace(found["idTag"], "")[:20]


def test_settings_stay_readable_unless_they_are_about_somebody():
    def variable(name: str, value: str) -> dict:
        return {"component": {"name": "Ctrlr"}, "variable": {"name": name}, "attributeValue": value}

    kept = [("HeartbeatInterval", "300"), ("Enabled", "true"), ("TxUpdatedMeasurands", "Voltage,Power.Active.Import")]
    gone = [("ICCID", "8949123"), ("Identity", "12345"), ("VendorText", "Room 5"), ("SerialNumber", "77777777")]
    data = {"setVariableData": [variable(name, value) for name, value in kept + gone]}
    found = payload(anonymised(records(("SetVariables", data)))[0])["setVariableData"]
    assert [one["variable"]["name"] for one in found] == [name for name, _ in kept + gone]
    values = [one["attributeValue"] for one in found]
    assert values[:3] == [value for _, value in kept]
    assert not {value for _, value in gone} & set(values)
    old = {"configurationKey": [{"key": "AuthorizationKey", "readonly": False, "value": "geheim-geheim-geheim"}]}
    answer = Record(line=1, text=json.dumps([3, "1", old]))
    assert json.loads(anonymised([answer])[0].text)[2]["configurationKey"][0] == {
        "key": "AuthorizationKey",
        "readonly": False,
        "value": "***",
    }


def test_urls_lose_host_path_and_password():
    given = {"location": "ftp://user:pass@files.example/fw.bin", "retrieveDate": "2026-01-01T00:00:00Z"}
    found = payload(anonymised(records(("UpdateFirmware", given)))[0])
    assert found["location"].startswith("https://u-")
    assert found["retrieveDate"] == given["retrieveDate"]
    assert "example" not in found["location"]


def test_a_short_key_is_refused():
    with pytest.raises(ValueError, match="16 bytes"):
        Anonymiser(b"short")


@pytest.mark.parametrize("path", sorted(FRAMES.glob("*.jsonl")), ids=lambda path: path.stem)
def test_a_recording_without_people_is_still_the_same_conversation(path):
    """Schemas, ids and books agree as before; tokens, serials and the station's name are gone."""
    trace = reading.read(path)
    found = Trace("x", Anonymiser(KEY).trace(trace))
    assert {one.code for one in lint(found).findings} == {one.code for one in lint(trace).findings} - {"secret"}
    gone = ["TAG001", "TAG002", "DEADBEEF", *{one.identity for one in trace.records}]
    assert secrets_left(found.records, gone) == []
