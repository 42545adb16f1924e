from __future__ import annotations

import pytest

from ohmstead.api.signed_in import COOKIE, ROLES, cookie_of, set_cookie
from ohmstead.shapes.access import SCOPES


@pytest.mark.parametrize(
    ("header", "cookie"),
    [
        (None, None),
        ("", None),
        (f"{COOKIE}=abc", "abc"),
        (f"a=1; {COOKIE}=abc; b=2", "abc"),
        (f"{COOKIE}=", None),
        ("a=1", None),
        ("=;;\x00", None),
    ],
)
def test_which_cookie_is_ours(header, cookie):
    assert cookie_of({} if header is None else {"cookie": header}) == cookie


def test_scripts_cannot_read_it_and_other_sites_cannot_send_it():
    header = set_cookie("abc", 60, secure=True)
    assert header == f"{COOKIE}=abc; Path=/; HttpOnly; SameSite=Strict; Max-Age=60; Secure"
    assert "Secure" not in set_cookie("abc", 60, secure=False)


def test_what_each_role_may():
    assert ROLES["viewer"] < ROLES["operator"] <= set(SCOPES)
    assert not [scope for scope in ROLES["viewer"] if scope.endswith(":write")]
    assert {"commands:write", "audit:read"} <= ROLES["operator"]
    assert not ROLES["operator"] & {"admin", "keys:read", "keys:write", "users:read", "users:write", "webhooks:write"}
