"""Settings as they are declared."""

from __future__ import annotations

import pytest

from ohmstead import settings
from ohmstead.settings import Gateway
from ohmstead.settings_reading import load

KEY = "k" * 32


@pytest.mark.parametrize(
    ("given", "tls", "url"),
    [
        ({}, False, "ws://127.0.0.1:9000/ocpp"),
        ({"public_name": "csms.example", "path": "/o/"}, True, "wss://csms.example:9443/o"),
        ({"tls_bind": "[::1]:1"}, True, "wss://[::1]:1/ocpp"),
        ({"tls_bind": "0.0.0.0:1"}, True, None),
        ({"tls_bind": "0.0.0.0:1", "public_wss_url": "wss://a.example/x/"}, True, "wss://a.example/x"),
        ({"bind": ""}, False, None),
        ({"bind": "127.0.0.1:0"}, False, None),
    ],
)
def test_where_stations_connect(given: dict[str, str], tls: bool, url: str | None) -> None:
    assert Gateway(**given).url(tls) == url


def test_no_password_is_ever_shown() -> None:
    made = load(
        None,
        {
            "OHMSTEAD_DATABASE_URL": "postgresql://me:hush@db/o?password=hush",
            "OHMSTEAD_BUS_URL": "nats://me:hush@a:4222,tls://hush@b:4222",
            "OHMSTEAD_API__BOOTSTRAP_KEY": KEY,
        },
    )
    assert "nats://me:***@a:4222,tls://***@b:4222" in repr(made)
    assert "hush" not in repr(made)
    assert KEY not in repr(made)
    assert "postgresql://me:***@db/o?password=***" in repr(made)


@pytest.mark.parametrize(
    ("bind", "pair"),
    [("127.0.0.1:1", ("127.0.0.1", 1)), ("[::1]:2", ("::1", 2)), (":3", ("", 3)), ("localhost:0", ("localhost", 0))],
)
def test_address(bind: str, pair: tuple[str, int]) -> None:
    assert settings.address(bind) == pair
