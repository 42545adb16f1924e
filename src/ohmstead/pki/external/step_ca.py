"""step-ca, by a JWK provisioner (`profile` is its name): each request carries a token for this one name."""

from __future__ import annotations

import json
from pathlib import Path
from secrets import token_hex
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from ohmstead import runtime
from ohmstead.issuer_settings import IssuerSettings
from ohmstead.pki.external.json_line import certificates, post
from ohmstead.pki.external.judging import judge
from ohmstead.pki.external.line import Line, UnusableIssuer
from ohmstead.pki.issuer import CannotIssue, Issued, IssuerDown, Order, ToRevoke

PATH, REVOKE = "/1.0/sign", "/1.0/revoke"
LIFE = 300
"""Seconds for which a token is good."""
REASONS = {
    "unspecified": 0, "key_compromise": 1, "ca_compromise": 2, "affiliation_changed": 3, "superseded": 4,
    "cessation_of_operation": 5, "privilege_withdrawn": 9, "aa_compromise": 10,
}  # fmt: skip
"""RFC 5280, 5.3.1."""


class StepCa:
    """An issuer by the API of step-ca."""

    name = "step_ca"

    def __init__(self, settings: IssuerSettings, line: Line) -> None:
        """Raises UnusableIssuer."""
        self._line, self._provisioner, self._path = line, settings.profile, settings.path or PATH
        try:
            self._jwk: dict[str, Any] = json.loads(Path(settings.key_file).read_text())
            self._key = ECKey.import_key(self._jwk)
        except (OSError, ValueError, TypeError, JoseError) as error:
            raise UnusableIssuer(f"key_file holds no private JWK: {error}.") from None
        if not settings.profile:
            raise UnusableIssuer("profile is empty: it must name a JWK provisioner.")

    async def issue(self, order: Order) -> Issued:
        answer = await post(self._line, self._path, {"csr": order.pem, "ott": self._token(PATH, order.common_name)})
        above = answer.get("certChain")
        found = certificates(answer.get("crt"), answer.get("ca"), *(above if isinstance(above, list) else ()))
        return judge(order, [*found, *self._line.given], self.name)

    async def revoke(self, one: ToRevoke) -> None:
        """Passively: step-ca gives it out no more, and has it in its CRL where it keeps one."""
        serial = str(int(one.serial_number, 16))
        body = {"serial": serial, "reasonCode": REASONS[one.reason], "reason": one.reason, "passive": True}
        path = self._path.replace("/sign", "/revoke")
        try:
            await post(self._line, path, body | {"ott": self._token(REVOKE, serial)})
        except (CannotIssue, IssuerDown) as said:  # 400, or 403 of older ones
            if "already revoked" not in str(said):
                raise

    def _token(self, path: str, name: str) -> str:
        second = runtime.now() // 1_000_000
        claims = {
            "iss": self._provisioner, "aud": self._line.url(path), "sub": name, "jti": token_hex(16),
            "sans": [name], "iat": second, "nbf": second - 60, "exp": second + LIFE,
        }  # fmt: skip
        header = {"alg": "ES256", "typ": "JWT", "kid": self._jwk.get("kid") or self._key.thumbprint()}
        return jwt.encode(header, claims, self._key)

    async def close(self) -> None:
        await self._line.close()
