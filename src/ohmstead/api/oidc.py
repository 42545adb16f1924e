"""An OpenID Connect provider: where people sign in, and how its word is verified (OpenID Connect Core 1.0, 3.1).

Authorization code with PKCE (RFC 7636), and nothing else. What counts is the ID token: signed by a key of the provider
with an algorithm of `ALGORITHMS`, made by this issuer, for us, for this very sign-in (nonce), and not expired.
"""

from __future__ import annotations

import base64
import hashlib
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import httpx
import msgspec
from joserfc import jwk, jwt
from joserfc.errors import JoseError

from ohmstead import runtime
from ohmstead.api.problems import Refused
from ohmstead.oidc_settings import Oidc
from ohmstead.web.addresses import ANYWHERE
from ohmstead.web.fetching import Limits, Unreached, fetch

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
"""With the provider's public key alone: none of a shared secret, and never `none`."""
LIMITS = Limits(patience=5.0, largest=1 << 20)
LEEWAY_S = 60
"""How far its clock and ours may differ."""
FRESH_S = 3600.0
"""How long what the provider tells of itself is believed."""
AGAIN_S = 10.0
"""Keys are asked for again no sooner, however many tokens name a key that is not known."""
LONGEST_SUBJECT = 255
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class UnusableProvider(Exception):
    """The settings are not enough to sign anybody in; the message says why."""


class Provider:
    """The provider of the settings; `redirect_uri` is where it sends browsers back to."""

    def __init__(self, settings: Oidc, redirect_uri: str) -> None:
        """Raises UnusableProvider."""
        self.settings, self.redirect_uri = settings, redirect_uri
        if not settings.client_id:
            raise UnusableProvider("oidc.issuer is set, but oidc.client_id is empty.")
        self._must_be_private(settings.issuer)
        self._tls = _trusted(settings.trusted_file)
        self._metadata: Mapping[str, Any] = {}
        self._metadata_at = self._keys_at = -FRESH_S
        self._keys: dict[str, jwk.Key] = {}

    async def address(self, state: str, nonce: str, verifier: str) -> str:
        """Where a browser goes to sign in. Raises Refused (502)."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": f"openid {self.settings.scopes}".strip(),
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        endpoint = await self._endpoint("authorization_endpoint")
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}"

    async def check_issuer(self, given: str | None) -> None:
        """That an answer is of this provider (RFC 9207), where it says so or must. Raises Refused (401, 502)."""
        must = (await self._discovered()).get("authorization_response_iss_parameter_supported") is True
        if given != self.settings.issuer and (must or given is not None):
            raise Refused("unauthorized", "The answer came from another provider than was asked.")

    async def claims(self, code: str, nonce: str, verifier: str) -> dict[str, Any]:
        """The verified claims of who signed in. Raises Refused (401, 502)."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": verifier,
        }
        headers = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
        supported = (await self._discovered()).get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        if self.settings.client_secret and "client_secret_basic" in supported:
            headers["authorization"] = _basic(self.settings.client_id, self.settings.client_secret)
        else:
            form["client_id"] = self.settings.client_id
            if self.settings.client_secret:
                form["client_secret"] = self.settings.client_secret
        endpoint = await self._endpoint("token_endpoint")
        status, answer = await self._call("POST", endpoint, urlencode(form).encode(), headers)
        token = answer.get("id_token")
        if status != 200 or not isinstance(token, str):
            runtime.log.warning("the sign-in provider gave no ID token", status=status, error=answer.get("error"))
            raise Refused("unauthorized", "The provider does not confirm this sign-in; begin again.")
        return await self.verified(token, nonce)

    async def verified(self, token: str, nonce: str) -> dict[str, Any]:
        """The claims of an ID token. Raises Refused (401) for any that is not for us and for now, and Refused (502)."""
        try:
            read = jwt.decode(token, await self._key_of(token), algorithms=ALGORITHMS)
            registry = jwt.JWTClaimsRegistry(
                now=runtime.now() // 1_000_000,
                leeway=LEEWAY_S,
                iss={"essential": True, "value": self.settings.issuer},
                aud={"essential": True, "value": self.settings.client_id},
                nonce={"essential": True, "value": nonce},
                sub={"essential": True},
                exp={"essential": True},
                iat={"essential": True},
            )
            registry.validate(read.claims)
        except (JoseError, ValueError, TypeError) as error:
            raise _untrue(str(error)) from None
        claims: dict[str, Any] = dict(read.claims)
        parties = claims.get("azp", self.settings.client_id if not _is_for_several(claims) else None)
        if parties != self.settings.client_id or len(claims["sub"]) > LONGEST_SUBJECT:
            raise _untrue("azp or sub")
        return claims

    async def _key_of(self, token: str) -> jwk.Key:
        """The provider's key that a token names; its only one, where it names none. Raises ValueError, Refused."""
        header = msgspec.json.decode(base64.urlsafe_b64decode(token.partition(".")[0] + "=="))
        kid = header.get("kid") if isinstance(header, dict) else None
        for patience in (FRESH_S, AGAIN_S):
            await self._fetch_keys(patience)
            if kid is None and len(self._keys) == 1:
                return next(iter(self._keys.values()))
            if isinstance(kid, str) and kid in self._keys:
                return self._keys[kid]
        raise ValueError("no key of the provider is the token's")

    async def _fetch_keys(self, older_than: float) -> None:
        if runtime.monotonic() - self._keys_at < older_than:
            return
        status, answer = await self._call("GET", await self._endpoint("jwks_uri"))
        given = answer.get("keys")
        if status != 200 or not isinstance(given, list):
            raise _away(f"Its keys cannot be read (status {status}).")
        self._keys, self._keys_at = _usable(given), runtime.monotonic()

    async def _endpoint(self, name: str) -> str:
        url = (await self._discovered()).get(name)
        if not isinstance(url, str):
            raise _away(f"It does not tell its {name}.")
        try:
            self._must_be_private(url)
        except UnusableProvider as error:
            raise _away(str(error)) from None
        return url

    async def _discovered(self) -> Mapping[str, Any]:
        """What the provider tells of itself (OpenID Connect Discovery 1.0)."""
        if runtime.monotonic() - self._metadata_at >= FRESH_S:
            issuer = self.settings.issuer
            status, answer = await self._call("GET", issuer.rstrip("/") + "/.well-known/openid-configuration")
            if status != 200:
                raise _away(f"Its configuration cannot be read (status {status}).")
            if answer.get("issuer") != issuer:
                raise _away(f"It calls itself {answer.get('issuer')!r}, and oidc.issuer is {issuer!r}.")
            self._metadata, self._metadata_at = answer, runtime.monotonic()
        return self._metadata

    async def _call(
        self, method: str, url: str, content: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, Any]]:
        """Status and JSON object of an answer. Raises Refused (502)."""
        async with httpx.AsyncClient(trust_env=False, verify=self._tls or runtime.trusted_by_default()) as client:
            try:
                answer = await fetch(client, method, url, ANYWHERE, LIMITS, content=content, headers=headers)
                return answer.status, msgspec.json.decode(answer.body, type=dict[str, Any])
            except Unreached as error:
                raise _away(str(error)) from None
            except msgspec.MsgspecError:
                raise _away(f"{url} answers no JSON object.") from None

    def _must_be_private(self, url: str) -> None:
        """By TLS, or not over any wire. Raises UnusableProvider."""
        parts = urlsplit(url)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
            raise UnusableProvider(f"{url} must be https.")


def open_provider(settings: Oidc, public_url: str) -> Provider | None:
    """None where people sign in here alone. Raises UnusableProvider."""
    if not settings.issuer:
        return None
    home = (settings.public_url or public_url).rstrip("/")
    return Provider(settings, f"{home}/api/v1/sign-in/oidc/callback")


def _is_for_several(claims: Mapping[str, Any]) -> bool:
    return isinstance(claims["aud"], list) and len(claims["aud"]) > 1


def _usable(given: list[Any]) -> dict[str, jwk.Key]:
    """Keys for signatures by their names; one that cannot be read makes the others no worse."""
    found: dict[str, jwk.Key] = {}
    for one in given:
        if isinstance(one, dict) and one.get("kty") in ("RSA", "EC") and one.get("use", "sig") == "sig":
            try:
                found[str(one.get("kid", ""))] = jwk.import_key(one)
            except (JoseError, ValueError, TypeError, KeyError):
                continue
    return found


def _basic(user: str, secret: str) -> str:
    """RFC 6749, 2.3.1: each part is encoded by itself."""
    return "Basic " + base64.b64encode(f"{quote(user, safe='')}:{quote(secret, safe='')}".encode()).decode()


def _trusted(file: str) -> ssl.SSLContext | None:
    try:
        return ssl.create_default_context(cafile=file) if file else None
    except (OSError, ssl.SSLError) as error:
        raise UnusableProvider(f"oidc.trusted_file cannot be used: {error}.") from None


def _untrue(why: str) -> Refused:
    runtime.log.warning("an ID token is refused", reason=why)
    return Refused("unauthorized", "The provider's ID token is not valid for this sign-in; the log says why.")


def _away(why: str) -> Refused:
    runtime.log.warning("the sign-in provider cannot be used", reason=why)
    return Refused("provider-away", "The sign-in provider cannot be used now; the log says why.")
