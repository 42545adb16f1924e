"""ACME (RFC 8555), as much of it as an order takes: an account, an order, its challenges, the certificate."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import ipaddress
import ssl
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Literal

import httpx
import msgspec
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OctKey
from msgspec import Struct

from ohmstead.acme_settings import AcmeSettings

PATIENCE, AT_MOST = 15.0, 180.0
"""Seconds for one call, and for a whole order."""
LOOK_EVERY, LONGEST_PAUSE = 1.0, 15.0
"""Seconds between two looks whether the CA is done; what it asks for itself is kept to, up to the other."""
NONCES = 10
"""Tries with another nonce: a CA may refuse any (RFC 8555, 6.5)."""
Kind = Literal["http-01", "dns-01"]
_PENDING = ("pending", "processing")
_ERROR = "urn:ietf:params:acme:error:"
_registry = jws.JWSRegistry(algorithms=["ES256", "HS256"], strict_check_header=False)


class NoCertificate(Exception):
    """The CA does not give one, or does not answer; the message says why. `again_after`: seconds that it wants."""

    def __init__(self, text: str, again_after: float = 0.0) -> None:
        super().__init__(text)
        self.again_after = again_after


class Challenge(Struct, frozen=True):
    """What the CA looks at to see that a name is ours."""

    type: Kind
    name: str
    token: str
    authorization: str
    """The key authorization (8.1): at http-01 what is answered, at dns-01 its digest is the record."""

    @property
    def record(self) -> str:
        """The text of the TXT record of `_acme-challenge.<name>` (8.4)."""
        return _base64(hashlib.sha256(self.authorization.encode()).digest())


class Account(Struct, frozen=True):
    """Ours at one CA; `key` is a private key in PEM."""

    directory: str
    key: str
    url: str = ""
    """Empty: it is not made yet."""


Prove = Callable[[Challenge], AbstractAsyncContextManager[None]]
"""Makes a challenge answerable as long as the context is open. Raises NoCertificate."""


def new_account(directory: str) -> Account:
    pem = ECKey.generate_key("P-256", private=True).as_pem(private=True)
    return Account(directory, pem.decode())


class Acme:
    """Talks with the CA of one directory, for one account; an `async with`, which closes its connections."""

    def __init__(self, settings: AcmeSettings, account: Account) -> None:
        """Raises NoCertificate where `trusted_file` cannot be used."""
        self._settings, self.account = settings, account
        self._key = ECKey.import_key(account.key)
        try:
            tls = ssl.create_default_context(cafile=settings.trusted_file or None)
        except (OSError, ssl.SSLError) as error:
            raise NoCertificate(f"acme.trusted_file cannot be used: {error}.") from None
        headers = {"user-agent": "Ohmstead"}
        self._http = httpx.AsyncClient(verify=tls, timeout=PATIENCE, trust_env=False, headers=headers)
        self._directory: dict[str, Any] = {}
        self._nonce = ""

    async def __aenter__(self) -> Acme:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def enter(self) -> Account:
        """Make the account, or find the one of this key; it is the account from now on. Raises NoCertificate."""
        self._directory = _json(await self._call("GET", self._settings.directory))
        terms = self._directory.get("meta", {}).get("termsOfService")
        if terms and not self._settings.accept_terms:
            raise NoCertificate(f"The CA's terms must be agreed to: read {terms} and set acme.accept_terms = true.")
        if not self.account.url:
            asked: dict[str, Any] = {"termsOfServiceAgreed": self._settings.accept_terms}
            if self._settings.contact:
                asked["contact"] = [self._settings.contact]
            if self._settings.account_id:
                asked["externalAccountBinding"] = self._binding()
            answer = await self._post(self._url("newAccount"), asked)
            self.account = msgspec.structs.replace(self.account, url=answer.headers.get("location", ""))
        return self.account

    async def order(self, names: tuple[str, ...], request: bytes, prove: Prove) -> str:
        """The certificate for a request (DER) with these names, and the CAs above it, PEM. Raises NoCertificate."""
        try:
            async with asyncio.timeout(AT_MOST):
                made = await self._post(self._url("newOrder"), {"identifiers": [_identifier(one) for one in names]})
                order, url = _json(made), made.headers.get("location", "")
                for authorization in order["authorizations"]:
                    await self._authorize(authorization, prove)
                await self._post(order["finalize"], {"csr": _base64(request)})
                done = await self._settled(url, _PENDING)
                if done["status"] != "valid":
                    raise NoCertificate(f"The order ended {done['status']}: {_why(done)}")
                return (await self._post(done["certificate"], None)).text
        except TimeoutError:
            raise NoCertificate(f"The order was not done within {AT_MOST:g} s.") from None
        except KeyError as missing:
            raise NoCertificate(f"What the CA answers has no {missing}.") from None

    async def _authorize(self, url: str, prove: Prove) -> None:
        found = _json(await self._post(url, None))
        if found["status"] == "valid":  # shown not long ago
            return
        name: str = found["identifier"]["value"]
        wanted: Kind = "dns-01" if self._settings.dns_program else "http-01"
        offered = {one["type"]: one for one in found["challenges"]}
        if wanted not in offered:
            raise NoCertificate(f"The CA offers no {wanted} for {name}, only {', '.join(offered)}.")
        token = offered[wanted]["token"]
        challenge = Challenge(wanted, name, token, f"{token}.{self._key.thumbprint()}")
        async with prove(challenge):
            await self._post(offered[wanted]["url"], {})
            done = await self._settled(url, _PENDING)
        if done["status"] != "valid":
            failed = next((one for one in done["challenges"] if one.get("error")), done)
            raise NoCertificate(f"The CA could not see that {name} is ours, by {wanted}: {_why(failed)}")

    async def _settled(self, url: str, while_: tuple[str, ...]) -> dict[str, Any]:
        """What lies at `url`, once it has come to its end."""
        while True:
            answer = await self._post(url, None)
            found = _json(answer)
            if found["status"] not in while_:
                return found
            await asyncio.sleep(min(_seconds(answer) or LOOK_EVERY, LONGEST_PAUSE))

    # ---- one call

    def _url(self, of: str) -> str:
        url = self._directory.get(of)
        if not isinstance(url, str):
            raise NoCertificate(f"{self._settings.directory} is no directory of ACME: it has no {of}.")
        return url

    def _binding(self) -> Any:
        """That the account belongs to one that the CA knows (7.3.4)."""
        header = {"alg": "HS256", "kid": self._settings.account_id, "url": self._url("newAccount")}
        try:
            secret = OctKey.import_key(base64.urlsafe_b64decode(self._settings.account_key + "=="))
            return _signed(header, msgspec.json.encode(self._key.as_dict(private=False)), secret)
        except (ValueError, JoseError) as error:
            raise NoCertificate(f"acme.account_key is no key in base64url: {error}.") from None

    async def _post(self, url: str, body: Any) -> httpx.Response:
        """A signed call (6.2); `body` None reads (POST-as-GET)."""
        content = b"" if body is None else msgspec.json.encode(body)
        for _ in range(NONCES):
            nonce, self._nonce = self._nonce or await self._new_nonce(), ""
            who = {"kid": self.account.url} if self.account.url else {"jwk": self._key.as_dict(private=False)}
            signed = _signed({"alg": "ES256", "nonce": nonce, "url": url, **who}, content, self._key)
            answer = await self._call("POST", url, signed, refused=(400,))
            if answer.status_code != 400:
                return answer
            if _problem(answer).get("type") != f"{_ERROR}badNonce":
                break
        raise _refusal(url, answer)

    async def _new_nonce(self) -> str:
        return str((await self._call("HEAD", self._url("newNonce"))).headers.get("replay-nonce", ""))

    async def _call(self, method: str, url: str, body: Any = None, refused: tuple[int, ...] = ()) -> httpx.Response:
        content = None if body is None else msgspec.json.encode(body)
        headers = {} if body is None else {"content-type": "application/jose+json"}
        try:
            async with asyncio.timeout(PATIENCE):
                answer = await self._http.request(method, url, content=content, headers=headers)
        except TimeoutError:
            raise NoCertificate(f"{url} did not answer within {PATIENCE:g} s.") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise NoCertificate(f"{url} cannot be called: {type(error).__name__} {error}".rstrip(" .") + ".") from None
        self._nonce = answer.headers.get("replay-nonce", "")
        if answer.is_success or answer.status_code in refused:
            return answer
        raise _refusal(url, answer)


def _signed(header: dict[str, Any], payload: bytes, key: Any) -> Any:
    return jws.serialize_json({"protected": header}, payload, key, registry=_registry)


def _identifier(name: str) -> dict[str, str]:
    """A name as the CA is told it (8738 for addresses)."""
    try:
        return {"type": "ip", "value": str(ipaddress.ip_address(name))}
    except ValueError:
        return {"type": "dns", "value": name}


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        return msgspec.json.decode(answer.content, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise NoCertificate(f"{answer.url} answered no JSON object: {error}.") from None


def _problem(answer: httpx.Response) -> dict[str, Any]:
    try:
        return msgspec.json.decode(answer.content, type=dict[str, Any])
    except msgspec.DecodeError:
        return {"detail": answer.text[:300]}


def _refusal(url: str, answer: httpx.Response) -> NoCertificate:
    said = _problem(answer)
    kind = str(said.get("type", "")).removeprefix(_ERROR)
    text = f"{url} answered {answer.status_code} {kind}: {said.get('detail', '')}".strip()
    return NoCertificate(text, _seconds(answer))


def _why(of: dict[str, Any]) -> str:
    error = of.get("error") or {}
    return str(error.get("detail") or error or "it does not say why.")


def _seconds(answer: httpx.Response) -> float:
    """Of its Retry-After; 0 where there is none, or one that is a date."""
    given = answer.headers.get("retry-after", "")
    return float(given) if given.isdigit() else 0.0
