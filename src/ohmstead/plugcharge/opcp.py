"""A contract pool by the open interface OPCP 1.0 (public on GitHub): OAuth2 client credentials, then one POST; and the
roots that the pool's parties trust.

Deployments differ in their paths, so the path is a setting. The pool answers with a list; for ISO 15118-2 its first
entry is the default contract.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping
from typing import Any, NamedTuple

import httpx
from cryptography import x509

from ohmstead import runtime
from ohmstead.plugcharge.provider import DEADLINE, Reply, Request, hedged, judged
from ohmstead.settings import PlugCharge

NAMESPACES = {"iso15118-2": "urn:iso:15118:2:2013:MsgDef", "iso15118-20": "urn:iso:std:iso:15118:-20:CommonMessages"}
EARLY = 60.0
"""Seconds before its end in which a token is not used any more."""


USES = {"MO": "mo", "OEM": "oem", "V2G": "v2g"}
"""rootType -> what we trust such a root for."""


class NoRoots(Exception):
    """The pool did not say what its roots are; the message says why."""


class PoolRoot(NamedTuple):
    """A root that the pool's parties trust."""

    name: str
    use: str
    """mo, oem or v2g."""
    certificate: x509.Certificate


class Pool:
    """The provider `opcp`."""

    name = "opcp"

    def __init__(self, settings: PlugCharge, client: httpx.AsyncClient | None = None) -> None:
        self._settings = settings
        self._client = client or httpx.AsyncClient(
            timeout=DEADLINE, trust_env=False, verify=runtime.trusted_by_default()
        )
        self._token, self._until = "", 0.0
        self._asking = asyncio.Lock()

    async def answer(self, request: Request) -> Reply:
        return await hedged(lambda: self._once(request))

    async def roots(self, id: str | None = None) -> list[PoolRoot]:
        """All of its roots, or the one of this id. Raises NoRoots."""
        path = self._settings.opcp_roots_path if id is None else f"{self._settings.opcp_roots_path}/{id}"
        url = self._settings.opcp_url.rstrip("/") + path
        try:
            answer = await self._client.get(url, headers={"authorization": f"Bearer {await self._bearer()}"})
            if answer.status_code != 200:
                raise NoRoots(f"The pool answered {answer.status_code}.")
            given = answer.json()
            if id is None:
                return [_root(one) for one in given["RootCertificateCollection"]["rootCertificates"]]
            return [_root(given["RootResponse"])]
        except (httpx.HTTPError, KeyError, TypeError, ValueError) as error:
            raise NoRoots(f"The pool's roots cannot be read: {error!r}") from None

    async def close(self) -> None:
        await self._client.aclose()

    async def _once(self, request: Request) -> Reply:
        answer = await self._post(request)
        if answer.status_code in (401, 403):
            self._until = 0.0
            answer = await self._post(request)
        if answer.status_code == 404:
            return Reply(None, reason="The pool has no contract for this vehicle.")
        if answer.status_code != 200:
            return Reply(None, reason=f"The pool answered {answer.status_code}.")
        return _reply(request, answer.json())

    async def _post(self, request: Request) -> httpx.Response:
        body = {
            "certificateInstallationReq": base64.b64encode(request.exi).decode(),
            "xsdMsgDefNamespace": NAMESPACES[request.schema],
        }
        headers = {"authorization": f"Bearer {await self._bearer()}"}
        url = self._settings.opcp_url.rstrip("/") + self._settings.opcp_path
        return await self._client.post(url, json=body, headers=headers)

    async def _bearer(self) -> str:
        """The access token, fetched once for all who wait."""
        async with self._asking:
            if runtime.monotonic() >= self._until:
                form = {
                    "grant_type": "client_credentials",
                    "client_id": self._settings.opcp_client_id,
                    "client_secret": self._settings.opcp_client_secret,
                }
                answer = await self._client.post(self._settings.opcp_token_url, data=form)
                answer.raise_for_status()
                given = answer.json()
                self._token = str(given["access_token"])
                self._until = runtime.monotonic() + float(given.get("expires_in", 300)) - EARLY
            return self._token


def _root(given: Mapping[str, Any]) -> PoolRoot:
    """Raises KeyError or ValueError."""
    certificate = x509.load_der_x509_certificate(base64.b64decode(given["caCertificate"], validate=True))
    return PoolRoot(str(given["commonName"]), USES[given["rootType"]], certificate)


def _reply(request: Request, given: Any) -> Reply:
    """Raises KeyError, TypeError or ValueError for what is not the answer of a pool."""
    entries = given["CCPResponse"]["emaidContent"]
    message = entries[0]["messageDef"]
    exi = base64.b64decode(message["certificateInstallationRes"], validate=True)
    return judged(request, exi, message.get("emaid"), len(entries) - 1)
