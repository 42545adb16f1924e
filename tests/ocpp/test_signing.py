"""Signed messages against an implementation of JWS that is not ours: both ways, and everything that can be wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from jwcrypto import jws
from msgspec import Raw

from ohmstead.ocpp import signing
from ohmstead.ocpp.codec import Finding
from ohmstead.ocpp.signing import CALL, CALLRESULT, SEND, Kind, SigningKey, Unfit
from tests.pki.making import RSA_KEY, Made, name
from tests.signed import BOOT, base64url, header, read, sign, signed, with_header

EC = Made(name("CS1"))
OTHER = Made(name("CS2"))
RSA = Made(name("CS1"), key=RSA_KEY)
SIGNERS = {"ES256": EC, "RS256": RSA, "RS384": RSA}
GOOD = signed(EC, "BootNotification", BOOT)
VERIFIED = signing.public_key(EC.pem)

algorithms = pytest.mark.parametrize("algorithm", SIGNERS)
kinds = pytest.mark.parametrize("kind", [CALL, CALLRESULT, SEND])
payloads = st.dictionaries(st.text(), st.one_of(st.text(), st.integers(), st.lists(st.booleans()), st.none()))


def opened(flat: Any, action: str = "BootNotification", kind: Kind = CALL) -> signing.Opened:
    return signing.open_(Raw(json.dumps(flat).encode()), action, kind)


def refusal(flat: Any, action: str = "BootNotification", kind: Kind = CALL) -> tuple[str, str]:
    with pytest.raises(Unfit) as unfit:
        opened(flat, action, kind)
    assert len(unfit.value.text) <= 255
    return unfit.value.code, unfit.value.error


@algorithms
@kinds
def test_what_the_witness_signs_is_opened(algorithm: str, kind: Kind) -> None:
    made = SIGNERS[algorithm]
    one = opened(signed(made, "Heartbeat", {"a": "\u00fc"}, kind, algorithm), "Heartbeat", kind)
    assert json.loads(bytes(one.payload)) == {"a": "\u00fc"}
    assert (one.algorithm, one.thumbprint, one.findings) == (algorithm, thumbprint_hex(made), ())
    assert one.signed_by(signing.public_key(made.pem))
    assert not one.signed_by(signing.public_key(OTHER.pem))


def thumbprint_hex(made: Made) -> str:
    from cryptography.hazmat.primitives.hashes import SHA256

    return made.x509.fingerprint(SHA256()).hex()


@algorithms
@kinds
def test_what_we_sign_the_witness_reads(algorithm: str, kind: Kind) -> None:
    made = SIGNERS[algorithm]
    flat = json.loads(SigningKey(made.key_pem, made.pem, algorithm=algorithm).sign("Reset", kind, b'{"type":"Idle"}'))
    assert read(made.pem, flat) == ({"type": "Idle"}, header(made, "Reset", kind, algorithm))
    assert flat.keys() == {"payload", "protected", "signature"}
    with pytest.raises(jws.InvalidJWSSignature):
        read(OTHER.pem, flat)


@given(payloads)
def test_any_payload_there_and_back(payload: dict[str, Any]) -> None:
    one = opened(signed(EC, "DataTransfer", payload), "DataTransfer")
    assert json.loads(bytes(one.payload)) == payload
    assert one.signed_by(VERIFIED)
    ours = json.loads(SigningKey(EC.key_pem, EC.pem).sign("DataTransfer", CALL, json.dumps(payload).encode()))
    assert read(EC.pem, ours)[0] == payload


@given(st.sampled_from(["payload", "protected", "signature"]), st.integers(0, 80), st.sampled_from("AZaz09-_"))
def test_a_changed_character_is_noticed(member: str, place: int, character: str) -> None:
    text = GOOD[member]
    place %= len(text) - 1  # the last one holds bits that mean nothing
    changed = {**GOOD, member: text[:place] + character + text[place + 1 :]}
    try:
        one = opened(changed)
    except Unfit:
        assert changed != GOOD
    else:
        assert one.signed_by(VERIFIED) == (changed == GOOD)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(json_values)
def test_no_header_breaks_it(value: Any) -> None:
    for flat in (
        value,
        {**GOOD, "protected": base64url(json.dumps(value).encode())},
        {**GOOD, "payload": value},
        with_header(GOOD, alg=value),
        with_header(GOOD, OCPPMessageTypedId=value),
        with_header(GOOD, OCPPAction=value),
    ):
        try:
            one = opened(flat)
        except Unfit:
            continue
        assert not one.signed_by(VERIFIED) or flat == GOOD


def test_another_algorithm_is_refused() -> None:
    for algorithm in ("none", "HS256", "ES384", "RS512", "PS256", "es256", "", None, 2, ["ES256"]):
        assert refusal(with_header(GOOD, alg=algorithm)) == ("signed_algorithm", "SecurityError")
    unsigned = {**with_header(GOOD, alg="none"), "signature": ""}
    assert refusal(unsigned)[0] == "signed_algorithm"


def test_an_algorithm_that_is_not_of_the_key() -> None:
    """The signature of a P-256 key under the header of RSA, and the other way round."""
    assert not opened(with_header(GOOD, alg="RS256")).signed_by(VERIFIED)
    rsa = signed(RSA, "BootNotification", BOOT, algorithm="RS256")
    assert not opened(with_header(rsa, alg="RS384")).signed_by(signing.public_key(RSA.pem))
    assert not opened(with_header(rsa, alg="ES256")).signed_by(signing.public_key(RSA.pem))


def test_the_header_must_be_that_of_the_frame() -> None:
    assert refusal(GOOD, "Heartbeat") == ("signed_action", "SecurityError")
    assert refusal(with_header(GOOD, OCPPAction=None))[0] == "signed_action"
    assert refusal(GOOD, kind=SEND) == ("signed_type", "SecurityError")
    for kind in (3, "3", True, None, "BootNotification", [2]):
        assert refusal(with_header(GOOD, OCPPMessageTypedId=kind))[0] == "signed_type"


def test_extensions_are_refused() -> None:
    assert refusal(with_header(GOOD, crit=["b64"], b64=False)) == ("signed_extension", "SecurityError")
    assert refusal(with_header(GOOD, b64=False))[0] == "signed_extension"
    assert refusal(with_header(GOOD, crit=[]))[0] == "signed_extension"


def test_what_is_no_jws() -> None:
    for flat in (
        {}, [], None, "x", {"payload": "e30"}, {**GOOD, "signature": None}, {**GOOD, "payload": "*"},
        {**GOOD, "payload": "e"}, {**GOOD, "protected": "e3"}, {**GOOD, "protected": ""}, BOOT,
        sign(EC, "[1]", header(EC, "BootNotification")), sign(EC, "no json", header(EC, "BootNotification")),
    ):  # fmt: skip
        assert refusal(flat) == ("signed_form", "FormatViolation"), flat


def test_what_is_odd_is_taken_and_said() -> None:
    protected = header(EC, "BootNotification")
    padded = {name: text + "=" * (-len(text) % 4) for name, text in GOOD.items()}
    assert json.loads(bytes(opened(padded).payload)) == BOOT
    for changes, finding in (
        ({"OCPPMessageTypedId": "2"}, None),
        ({"OCPPAction": "BootNotification-Signed"}, "signed_action_with_suffix"),
        ({"x5t#S256": None}, "signed_without_thumbprint"),
        ({"OCPPMessageTypedId": None, "OCPPMessageTypeId": 2}, "signed_type_spelled_otherwise"),
    ):
        members = {k: v for k, v in (protected | changes).items() if v is not None}
        one = opened(sign(EC, BOOT, members))
        assert [found.code for found in one.findings] == ([finding] if finding else [])
        assert all(isinstance(found, Finding) for found in one.findings)
        assert one.signed_by(VERIFIED)


def test_keys_inside_of_a_message_are_not_looked_at() -> None:
    x5c = base64url(OTHER.der)
    one = opened(sign(OTHER, BOOT, header(EC, "BootNotification") | {"x5c": [x5c], "jku": "http://localhost/keys"}))
    assert not one.signed_by(VERIFIED)
    outside = {**GOOD, "header": {"alg": "none", "OCPPAction": "Reset"}}
    assert opened(outside).signed_by(VERIFIED)
    assert refusal(outside, "Reset")[0] == "signed_action"


def test_a_thumbprint_that_is_none() -> None:
    for given_ in ("", "AAAA", "*", 7, "A" * 44):
        assert refusal(with_header(GOOD, **{"x5t#S256": given_}))[0] == "signed_thumbprint"


def test_which_answers_look_signed() -> None:
    assert signing.looks_signed(Raw(json.dumps(GOOD).encode()))
    for plain in (b'{"status":"Accepted"}', b'{"data":"\\"protected\\""}', b'{"protected":1}', b'["protected"]'):
        assert not signing.looks_signed(Raw(plain))
    assert not signing.looks_signed(Raw(b'{"protected":' + b"[" * 100_000))


def test_keys_that_sign_no_messages() -> None:
    p384 = Made(name("CS1"), key=ec.generate_private_key(ec.SECP384R1()))
    with pytest.raises(ValueError, match="P-256"):
        signing.public_key(p384.pem)
    with pytest.raises(ValueError, match="P-256"):
        SigningKey(p384.key_pem, p384.pem)
    with pytest.raises(ValueError, match="ES256"):
        SigningKey(EC.key_pem, EC.pem, algorithm="RS256")


def test_in_the_books_it_is_a_plain_frame_with_its_jws_behind_it() -> None:
    one = opened(GOOD)
    text = signing.kept(CALL, "1", "BootNotification", one.payload, Raw(json.dumps(GOOD).encode()))
    assert json.loads(text) == [2, "1", "BootNotification", BOOT, GOOD]
    assert json.loads(bytes(signing.payload_of(text))) == BOOT
    assert json.loads(bytes(signing.payload_of('[2,"1","Heartbeat",{"a":1}]'))) == {"a": 1}
    answer = signing.kept(CALLRESULT, "1", None, b'{"a":1}', json.dumps(GOOD).encode())
    assert json.loads(answer) == [3, "1", {"a": 1}, GOOD]
    assert bytes(signing.answer_of(answer)) == bytes(signing.answer_of('[3,"1",{"a":1}]')) == b'{"a":1}'
