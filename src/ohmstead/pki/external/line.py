"""The line to an external CA: TLS as the settings say, bounded calls, and what its answers mean for a request."""

from __future__ import annotations

import base64
import ssl
from pathlib import Path

import httpx
from cryptography import x509

from ohmstead.issuer_settings import IssuerSettings
from ohmstead.pki.certificate import UNREADABLE, from_pem
from ohmstead.pki.issuer import CannotIssue, IssuerDown
from ohmstead.web.addresses import ANYWHERE
from ohmstead.web.fetching import Limits, Unreached, fetch

LIMITS = Limits(15.0, 256 * 1024)
REFUSALS = frozenset({400, 409, 415, 422})
"""With these it refuses this request; with any other status it cannot be used now, and the request waits."""


class UnusableIssuer(Exception):
    """The settings do not make an issuer; the message says why."""


class Line:
    """To one CA."""

    def __init__(self, settings: IssuerSettings, client: httpx.AsyncClient | None = None) -> None:
        """Raises UnusableIssuer."""
        if not settings.url:
            raise UnusableIssuer(f"kind is {settings.kind}, but url is empty.")
        self._url = settings.url.rstrip("/")
        self._client = client or httpx.AsyncClient(verify=_tls(settings), timeout=LIMITS.patience, trust_env=False)
        self.given = _chain(settings.chain_file)
        """The CAs that the settings name."""

    def url(self, path: str) -> str:
        return self._url + path

    async def call(
        self, method: str, path: str, content: bytes | None = None, headers: dict[str, str] | None = None
    ) -> bytes:
        """The body of a good answer. Raises CannotIssue and IssuerDown."""
        try:
            answer = await fetch(
                self._client, method, self.url(path), ANYWHERE, LIMITS, content=content, headers=headers
            )
        except Unreached as error:
            raise IssuerDown(str(error)) from None
        if answer.status == 200 or (answer.status == 201 and answer.body):
            return answer.body
        text = f"{path} answered {answer.status}: {answer.body[:300].decode(errors='replace').strip()}"
        raise CannotIssue(text) if answer.status in REFUSALS else IssuerDown(text)

    async def close(self) -> None:
        await self._client.aclose()


def basic(user: str, password: str) -> str:
    """The value of the header `authorization`."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def _tls(settings: IssuerSettings) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=settings.trusted_file or None)
        if settings.client_certificate:
            context.load_cert_chain(settings.client_certificate, settings.client_key or None)
    except (OSError, ssl.SSLError) as error:
        raise UnusableIssuer(f"trusted_file, client_certificate or client_key cannot be used: {error}.") from None
    return context


def _chain(file: str) -> list[x509.Certificate]:
    if not file:
        return []
    try:
        return from_pem(Path(file).read_text())
    except (OSError, *UNREADABLE) as error:
        raise UnusableIssuer(f"chain_file {file} cannot be used: {error}.") from None
