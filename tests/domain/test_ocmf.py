from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest

from ohmstead.domain.ocmf import Unreadable, parse, public_key

PAYLOAD = (
    '{"FV":"1.0","GI":"G","PG":"T12","MS":"M1","RD":[{"TM":"2025-03-01T11:00:00,000+0100 S","TX":"B","RV":1.5,'
    '"RI":"1-b:1.8.0","RU":"kWh","ST":"G"},'
    '{"TM":"2025-03-01T12:00:00,000+0100 S","TX":"E","RV":2500,"RU":"Wh","ST":"E"}]}'
)


def test_what_it_says_and_what_is_signed() -> None:
    one = parse(f'OCMF|{PAYLOAD}|{{"SD":"30ff"}}')
    assert one.signed == PAYLOAD.encode()
    assert (one.algorithm, one.signature, one.meter_serial, one.pagination) == (
        "ECDSA-secp256r1-SHA256", b"\x30\xff", "M1", "T12",
    )  # fmt: skip
    begin, end = one.readings
    assert (begin.at, begin.kind, begin.value, begin.unit) == (
        datetime(2025, 3, 1, 10, tzinfo=UTC),
        "begin",
        1500,
        "Wh",
    )
    assert (end.kind, end.value, end.identifier, end.good) == ("end", 2500, "1-b:1.8.0", False)


def test_a_signature_in_base64_and_a_pipe_in_the_payload() -> None:
    one = parse('OCMF|{"MS":"a|b"}|{"SA":"X","SE":"base64","SD":"MP8="}')
    assert (one.signature, one.meter_serial, one.readings) == (b"\x30\xff", "a|b", ())


@pytest.mark.parametrize(
    "text", ["", "OCMF", "XXXX|{}|{}", "OCMF|{}|{}", 'OCMF|{]|{"SD":"00"}', 'OCMF|{"RD":[{"RV":"x"}]}|{"SD":"00"}']
)
def test_what_it_is_not(text: str) -> None:
    with pytest.raises(Unreadable):
        parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "oca:base16:asn1:3059abcd",
        base64.b64encode(b"oca:base16:asn1:3059abcd").decode(),
        "oca:base64:asn1:MFmrzQ==",
        "3059abcd",
        "MFmrzQ==",
    ],
)
def test_keys_as_stations_write_them(text: str) -> None:
    assert public_key(text) == bytes.fromhex("3059abcd")


def test_what_is_no_key() -> None:
    with pytest.raises(Unreadable):
        public_key("not a key!")
