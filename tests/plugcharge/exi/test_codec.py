"""Messages and fragments, byte for byte as another codec writes them (vectors.json says which), and what is refused."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ohmstead.plugcharge.exi import SCHEMAS, ExiError, codec
from ohmstead.plugcharge.exi.codec import LARGEST

VECTORS = json.loads((Path(__file__).parent / "vectors.json").read_text())
DOCUMENTS = [pytest.param(one, id=one["what"]) for one in VECTORS["documents"]]
FRAGMENTS = [pytest.param(one, id=one["name"]) for one in VECTORS["fragments"]]
SECOND = SCHEMAS["iso15118-2"]


@pytest.mark.parametrize("vector", DOCUMENTS)
def test_documents_are_those_of_another_codec(vector: dict[str, Any]) -> None:
    schema, data = SCHEMAS[vector["schema"]], base64.b64decode(vector["exi"])
    assert schema.encode(vector["message"]) == data
    assert schema.decode(data) == vector["message"]


@pytest.mark.parametrize("vector", FRAGMENTS)
def test_fragments_are_those_of_another_codec(vector: dict[str, Any]) -> None:
    assert SCHEMAS[vector["schema"]].fragment(vector["name"], vector["value"]) == base64.b64decode(vector["exi"])


def test_the_public_vector_of_an_emaid() -> None:
    """The relaxed grammar (EXI 8.5.3), which several stacks overlook: EVerest/cbexigen#60 has the right bytes."""
    value = {"Id": "id4", "value": "DEABCC123ABC56"}
    right = "80EC0202B4B21A40041111505090D0CC4C8CD05090CD4DBD3D00"
    assert SECOND.fragment("eMAID", value).hex().upper() == right
    other = SECOND.fragment_as_typed("eMAID", "CertificateInstallationRes", value)
    assert other != SECOND.fragment("eMAID", value)
    assert other[:2] == bytes.fromhex(right)[:2]


def test_an_empty_session_id_and_a_serial_number_of_160_bits() -> None:
    message = json.loads(json.dumps(VECTORS["documents"][0]["message"]))
    roots = message["V2G_Message"]["Body"]["CertificateInstallationReq"]["ListOfRootCertificateIDs"]
    roots["RootCertificateID"][0]["X509SerialNumber"] = 2**160 - 1
    message["V2G_Message"]["Header"]["SessionID"] = ""
    assert SECOND.decode(SECOND.encode(message)) == message


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda body: body.pop("OEMProvisioningCert"), "expected OEMProvisioningCert"),
        (lambda body: body.update(Other=1), "given Other"),
        (lambda body: body.update(OEMProvisioningCert="???"), "OEMProvisioningCert: "),
        (lambda body: body.update(OEMProvisioningCert=5), "is no text"),
        (lambda body: body.update(ListOfRootCertificateIDs="x"), "has members"),
        (lambda body: body["ListOfRootCertificateIDs"]["RootCertificateID"][0].update(X509SerialNumber="5"), "integer"),
    ],
)
def test_what_does_not_fit_is_named(change: Any, said: str) -> None:
    message = json.loads(json.dumps(VECTORS["documents"][0]["message"]))
    change(message["V2G_Message"]["Body"]["CertificateInstallationReq"])
    with pytest.raises(ExiError, match=said):
        SECOND.encode(message)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "too early"),
        (b"$EXI\x80", "no EXI message with default options"),
        (b"\x80", "too early"),
        (b"\x80\x00\x00", "none of those"),
        (b"\x80" + bytes(LARGEST), "are allowed"),
    ],
)
def test_what_is_no_message(data: bytes, said: str) -> None:
    with pytest.raises(ExiError, match=said):
        SECOND.decode(data)


def test_a_number_out_of_its_range_is_no_message(monkeypatch: pytest.MonkeyPatch) -> None:
    """RetryCounter is an xs:short, which EXI writes like any integer: an hour of mutated messages found some that were
    read and could not be written."""
    message = json.loads(json.dumps(VECTORS["documents"][3]["message"]))
    message["V2G_Message"]["Body"]["CertificateUpdateRes"]["RetryCounter"] = 40_000
    with monkeypatch.context() as patch:
        patch.setattr(codec, "_within", lambda kind, value: True)
        data = SECOND.encode(message)
    with pytest.raises(ExiError, match="RetryCounter is out of range"):
        SECOND.decode(data)


def test_other_messages_and_fragments_are_not_for_us() -> None:
    with pytest.raises(ExiError, match="none of the messages"):
        SECOND.encode({"SessionSetupReq": {}})
    with pytest.raises(ExiError, match="one root"):
        SECOND.encode({})
    with pytest.raises(ExiError, match="no fragment"):
        SECOND.fragment("EVSEID", "x")
    with pytest.raises(ExiError, match="a text and perhaps an Id"):
        SECOND.fragment("eMAID", {"Id": "id4"})


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(VECTORS["documents"]), st.data())
def test_whatever_comes_in_is_read_or_refused(vector: dict[str, Any], data: st.DataObject) -> None:
    """Bytes changed, cut, repeated and put in: never anything but a message or ExiError."""
    raw = bytearray(base64.b64decode(vector["exi"]))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw) - 1))
        how = data.draw(st.integers(0, 3))
        if how == 0:
            raw[at] = data.draw(st.integers(0, 255))
        elif how == 1:
            del raw[at + 1 :]
        elif how == 2:
            raw[at:at] = raw[at : at + data.draw(st.integers(1, 40))]
        else:
            raw[at:at] = data.draw(st.binary(min_size=1, max_size=20))
    for schema in (SCHEMAS["iso15118-2"], SCHEMAS["iso15118-20"]):
        try:
            message = schema.decode(bytes(raw))
        except ExiError:
            continue
        assert len(message) == 1
