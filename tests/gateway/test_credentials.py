"""What a station proves itself by."""

from __future__ import annotations

import base64

import pytest

from ohmstead.gateway.credentials import Denied, certificate, fits, password
from ohmstead.gateway.handshake import Request
from ohmstead.store.sessions import Passwords, find_station
from tests.playbook import TENANT, Playbook

PASSWORDS = Passwords(b"k" * 32)


def request(authorization: str | None = None, subprotocol: str = "ocpp2.0.1") -> Request:
    headers = {"sec-websocket-protocol": subprotocol}
    return Request("GET", "/ocpp/CS1", headers if authorization is None else headers | {"authorization": authorization})


def basic(user: bytes, secret: bytes) -> str:
    return "Basic " + base64.b64encode(user + b":" + secret).decode()


def test_the_password_of_this_identity() -> None:
    assert password(request(basic(b"CS1", b"a:b")), "CS1") == b"a:b"


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        (None, "no_credentials"),
        ("Bearer x", "no_credentials"),
        ("Basic ???", "bad_credentials"),
        ("Basic " + base64.b64encode(b"CS1").decode(), "bad_credentials"),
        (basic(b"CS2", b"pw"), "wrong_user"),
    ],
)
def test_no_password(authorization: str | None, code: str) -> None:
    with pytest.raises(Denied) as denied:
        password(request(authorization), "CS1")
    assert (denied.value.status, denied.value.code, denied.value.said) == (401, code, "Unauthorized.")


@pytest.mark.parametrize(
    ("key", "given", "subprotocol", "good"),
    [
        ("pässword", "pässword".encode(), "ocpp2.1", True),
        ("pw", b"wrong", "ocpp1.6", False),
        ("0aFF", b"\x0a\xff", "ocpp1.6", False),  # a key of mixed case is text only
        ("0aff", b"\x0a\xff", "ocpp1.6", True),
        ("0AFF", b"\x0a\xff", "ocpp1.6", True),
        ("0aff", b"0aff", "ocpp1.6", True),
        ("0aff", b"\x0a\xff", "ocpp2.0.1", False),  # only 1.6 sends the bytes that its key spells
    ],
)
def test_the_rule_follows_the_version(key: str, given: bytes, subprotocol: str, good: bool) -> None:
    stored = PASSWORDS.hash("CS1", key.encode())
    assert fits(PASSWORDS, request(subprotocol=subprotocol), "CS1", given, stored) is good


@pytest.mark.anyio
async def test_profile_3_without_a_certificate(book: Playbook) -> None:
    await book.add_station(security_profile=3)
    station = await find_station(book.db, TENANT, "CS1")
    assert station is not None
    with pytest.raises(Denied) as denied:
        await certificate(book.node, None, request(), station)
    assert (denied.value.status, denied.value.code) == (403, "no_certificate")
