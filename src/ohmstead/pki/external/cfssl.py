"""CFSSL: `cfssl serve`, with or without an authentication key (then requests are signed)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

import msgspec
from cryptography import x509

from ohmstead.issuer_settings import IssuerSettings
from ohmstead.pki.certificate import UNREADABLE, from_pem
from ohmstead.pki.external.json_line import certificates, post
from ohmstead.pki.external.judging import Above
from ohmstead.pki.external.line import Line, UnusableIssuer
from ohmstead.pki.issuer import CannotIssue, Issued, Order, ToRevoke

PATH = "/api/v1/cfssl/"


class Cfssl:
    """An issuer by the API of cfssl."""

    name = "cfssl"

    def __init__(self, settings: IssuerSettings, line: Line) -> None:
        """Raises UnusableIssuer."""
        self._line, self._profile, self._path = line, settings.profile, settings.path or PATH
        try:
            self._key = bytes.fromhex(settings.secret)
        except ValueError:
            raise UnusableIssuer("secret is no key of cfssl: it must be hex.") from None
        self._above = Above(self._authorities, line.given)

    async def issue(self, order: Order) -> Issued:
        subject = {"CN": order.common_name, "names": [{"O": order.organization}]}
        asked = {"certificate_request": order.pem, "hosts": [], "subject": subject, "profile": self._profile}
        result = await (self._signed("authsign", asked) if self._key else self._post("sign", asked))
        return await self._above.judge(order, certificates(result.get("certificate")), self.name)

    async def revoke(self, one: ToRevoke) -> None:
        """Only a `cfssl serve` with a database (-db-config) can. It knows a certificate by the key of its CA, too; some
        builds (1.2.0 of Debian) keep none, so what is not found is looked for without."""
        asked = {"serial": str(int(one.serial_number, 16)), "reason": one.reason.replace("_", "")}
        try:
            await self._post("revoke", asked | {"authority_key_id": _authority_key(one.chain)})
        except CannotIssue as cannot:
            if "not found" not in str(cannot):
                raise
            await self._post("revoke", asked | {"authority_key_id": ""})

    async def _signed(self, action: str, asked: dict[str, Any]) -> dict[str, Any]:
        text = msgspec.json.encode(asked)
        token = hmac.digest(self._key, text, hashlib.sha256)
        return await self._post(
            action, {"token": base64.b64encode(token).decode(), "request": base64.b64encode(text).decode()}
        )

    async def _authorities(self) -> list[x509.Certificate]:
        result = await self._post("info", {"label": "", "profile": self._profile})
        return certificates(result.get("certificate"))

    async def _post(self, action: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = await post(self._line, self._path + action, body)
        result = answer.get("result")
        if not answer.get("success") or not isinstance(result, dict):
            raise CannotIssue(f"cfssl answered {action} with {answer.get('errors')!r}.")
        return result

    async def close(self) -> None:
        await self._line.close()


def _authority_key(chain: str) -> str:
    """Hex; empty where the certificate does not name it. Raises CannotIssue."""
    try:
        found = from_pem(chain)[0].extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    except x509.ExtensionNotFound:
        return ""
    except UNREADABLE as error:
        raise CannotIssue(f"The certificate cannot be read: {error}.") from None
    return (found.key_identifier or b"").hex()
