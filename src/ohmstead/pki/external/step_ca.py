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
from ohmstead.pki.issuer import Issued, Order

PATH = "/1.0/sign"
LIFE = 300
"""Seconds for which a token is good."""


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
        answer = await post(self._line, self._path, {"csr": order.pem, "ott": self._token(order)})
        above = answer.get("certChain")
        found = certificates(answer.get("crt"), answer.get("ca"), *(above if isinstance(above, list) else ()))
        return judge(order, [*found, *self._line.given], self.name)

    def _token(self, order: Order) -> str:
        second = runtime.now() // 1_000_000
        claims = {
            "iss": self._provisioner, "aud": self._line.url(PATH), "sub": order.common_name, "jti": token_hex(16),
            "sans": [order.common_name], "iat": second, "nbf": second - 60, "exp": second + LIFE,
        }  # fmt: skip
        header = {"alg": "ES256", "typ": "JWT", "kid": self._jwk.get("kid") or self._key.thumbprint()}
        return jwt.encode(header, claims, self._key)

    async def close(self) -> None:
        await self._line.close()
