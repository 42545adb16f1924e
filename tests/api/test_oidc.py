"""ID tokens that must not be believed; a real provider is asked in tests/acceptance/test_single_sign_on.py."""

from __future__ import annotations

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

from ohmstead import runtime
from ohmstead.api.oidc import Provider, UnusableProvider, open_provider
from ohmstead.api.problems import Refused
from ohmstead.oidc_settings import Oidc
from ohmstead.settings import Settings

pytestmark = pytest.mark.anyio
ISSUER = "https://login.test"
OURS, OTHER = (ECKey.generate_key("P-256", {"kid": "one"}, auto_kid=False) for _ in range(2))


@pytest.fixture
def provider():
    one = Provider(Oidc(issuer=ISSUER, client_id="us"), "https://here.test/callback")
    one._keys, one._keys_at = {"one": OURS}, runtime.monotonic()
    return one


def token(key=OURS, header=None, **changed):
    now = runtime.now() // 1_000_000
    claims = {"iss": ISSUER, "aud": "us", "sub": "ann", "nonce": "n", "iat": now, "exp": now + 300} | changed
    claims = {name: value for name, value in claims.items() if value is not None}
    header = {"alg": "ES256", "kid": "one"} | (header or {})
    return jwt.encode(header, claims, key, algorithms=[header["alg"]])


async def test_a_good_token_is_believed(provider):
    assert (await provider.verified(token(), "n"))["sub"] == "ann"
    assert await provider.verified(token(aud=["us", "them"], azp="us"), "n")


@pytest.mark.parametrize(
    "changed",
    [
        {"nonce": "other"},
        {"nonce": None},
        {"iss": "https://evil.test"},
        {"iss": None},
        {"aud": "them"},
        {"aud": None},
        {"aud": ["us", "them"]},
        {"azp": "them"},
        {"exp": 1_000_000_000},
        {"exp": None},
        {"iat": 9_000_000_000},
        {"iat": None},
        {"sub": None},
        {"sub": "x" * 300},
        {"key": OTHER},
    ],
)
async def test_no_other_is(provider, changed):
    with pytest.raises(Refused) as refused:
        await provider.verified(token(**changed), "n")
    assert refused.value.status == 401


async def test_no_shared_secret_no_algorithm_no_text(provider):
    shared = token(OctKey.import_key("s" * 32), {"alg": "HS256"})
    unsigned = token().split(".")
    for bad in (shared, f"eyJhbGciOiJub25lIiwia2lkIjoib25lIn0.{unsigned[1]}.", "", "a.b.c", "…", "W10.e30.x"):
        with pytest.raises(Refused) as refused:
            await provider.verified(bad, "n")
        assert refused.value.status == 401, bad


def test_settings_that_cannot_be_used():
    assert open_provider(Settings().oidc, "http://x") is None
    for bad in (
        Oidc(issuer=ISSUER),
        Oidc(issuer="http://login.test", client_id="us"),
        Oidc(issuer=ISSUER, client_id="us", trusted_file="/nowhere"),
    ):
        with pytest.raises(UnusableProvider):
            open_provider(bad, "http://x")
