"""What a secret is called."""

from __future__ import annotations

import pytest

from ohmstead.secret_names import HINTS, is_secret_name


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("BasicAuthPassword", True),
        (" authorizationKEY ", True),
        ("StationPassword", True),
        ("apnPassword", True),
        ("simPin", True),
        ("G_CardPin", True),
        ("G_Authentication", True),
        ("PUK", True),
        ("SimPuk", True),
        ("WifiPassphrase", True),
        ("VpnPreSharedKey", True),
        ("clientSecret", True),
        ("UseAuthorizationKeyWithoutDecoding", False),
        ("AllowPasswordLogin", False),
        ("AuthorizeRemoteTxRequests", False),
        ("WebSocketPingInterval", False),
        ("MeterPublicKeys", False),
        ("PukeColor", False),
        ("", False),
    ],
)
def test_what_is_a_secret(name: str, secret: bool) -> None:
    assert is_secret_name(name) is secret
    if secret:
        assert any(word in name.lower() for word in HINTS)
