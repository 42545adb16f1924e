"""Which answers of other authorities are believed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cryptography.x509 import ocsp
from msgspec.structs import replace

from ohmstead.domain.certificates import DAY
from ohmstead.pki.status import Doubtful, Status, hash_data, is_issuer, question, read_crl, read_ocsp
from tests.pki.answering import GOOD, REVOKED, UNKNOWN, answer, crl, responder
from tests.pki.making import NOW, RSA_KEY, Made, ca, station

HOUR = DAY // 24
CA, OTHER = ca("Issuer"), ca("Issuer")
ONE, TWO = station(CA), station(CA)
HASHED = hash_data(ONE.x509, CA.x509)
RSA_CA = ca("RSA", key=RSA_KEY)
URL = "http://crl.example/a"


def test_the_question_is_about_the_certificate() -> None:
    asked = ocsp.load_der_ocsp_request(question(HASHED))
    assert (asked.serial_number, asked.issuer_key_hash.hex()) == (ONE.x509.serial_number, HASHED.issuer_key_hash)
    assert is_issuer(CA.x509, HASHED)
    assert not is_issuer(OTHER.x509, HASHED)
    for wrong in ({"issuer_key_hash": "00"}, {"serial_number": "xyz"}, {"issuer_name_hash": "not hex"}):
        with pytest.raises(Doubtful, match="no hash data"):
            question(replace(HASHED, **wrong))


@pytest.mark.parametrize(("said", "state"), [(GOOD, "good"), (REVOKED, "revoked"), (UNKNOWN, "unknown")])
def test_what_the_issuer_says(said: ocsp.OCSPCertStatus, state: str) -> None:
    until = (NOW // 1_000_000) * 1_000_000 + 12 * HOUR
    assert read_ocsp(answer(ONE, said), HASHED, [OTHER.x509, CA.x509], NOW) == Status(state, until, True)
    capitals = replace(HASHED, serial_number="0" + HASHED.serial_number.upper())
    assert read_ocsp(answer(ONE, said), capitals, [CA.x509], NOW).state == state


def test_who_may_speak_for_the_issuer() -> None:
    named = responder(CA)
    assert read_ocsp(answer(ONE, signer=named, with_certificates=True), HASHED, [CA.x509], NOW).verified
    brought = answer(ONE, signer=CA, with_certificates=True)
    assert read_ocsp(brought, HASHED, [], NOW).verified  # its name and key have the hashes that were asked for
    assert not read_ocsp(answer(ONE), HASHED, [], NOW).verified
    by_rsa = station(RSA_CA)
    assert read_ocsp(answer(by_rsa), hash_data(by_rsa.x509, RSA_CA.x509), [RSA_CA.x509], NOW).verified


@pytest.mark.parametrize(
    ("der", "why"),
    [
        (lambda: b"garbage", "cannot be read"),
        (lambda: bytes.fromhex("30030a0103"), "TRY_LATER"),
        (lambda: answer(TWO), "another certificate"),
        (lambda: answer(ONE, made=NOW - 2 * DAY), "too old"),
        (lambda: answer(ONE, made=NOW - 2 * DAY, hours=None), "too old"),
        (lambda: answer(ONE, made=NOW + DAY), "future"),
        (lambda: answer(ONE, signer=OTHER, with_certificates=True), "not signed"),
        (lambda: answer(ONE, signer=TWO, with_certificates=True), "not signed"),  # no responder, though of that CA
        (lambda: answer(ONE, signer=responder(CA, ends=NOW - 1), with_certificates=True), "not signed"),
        (lambda: answer(ONE, signer=responder(OTHER), with_certificates=True), "not signed"),
    ],
)  # fmt: skip
def test_answers_that_say_nothing(der: Callable[[], bytes], why: str) -> None:
    with pytest.raises(Doubtful, match=why):
        read_ocsp(der(), HASHED, [CA.x509], NOW)


def test_what_a_crl_says() -> None:
    assert read_crl(crl(CA, TWO), HASHED, [OTHER.x509, CA.x509], URL, NOW).state == "good"
    assert read_crl(crl(CA, TWO, ONE, part=URL), HASHED, [CA.x509], URL, NOW).state == "revoked"


@pytest.mark.parametrize(
    ("der", "issuers", "why"),
    [
        (lambda: b"garbage", [CA], "cannot be read"),
        (lambda: crl(CA), [OTHER], "known here"),
        (lambda: crl(CA), [], "known here"),
        (lambda: crl(CA, signer=OTHER), [CA], "not signed"),
        (lambda: crl(CA, made=NOW - 2 * DAY), [CA], "too old"),
        (lambda: crl(CA, made=NOW + DAY), [CA], "future"),
        (lambda: crl(CA, part="http://crl.example/b"), [CA], "another distribution point"),
    ],
)
def test_crls_that_say_nothing(der: Callable[[], bytes], issuers: list[Made], why: str) -> None:
    with pytest.raises(Doubtful, match=why):
        read_crl(der(), HASHED, [one.x509 for one in issuers], URL, NOW)
