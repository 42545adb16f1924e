"""Calls to a VTN of OpenADR 3: a token, programs, events, our VEN, reports. Bounded in time, size and pages."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

import httpx
import msgspec

from ohmstead import runtime
from ohmstead.energy_settings import OpenAdr
from ohmstead.web.addresses import ANYWHERE
from ohmstead.web.fetching import Fetched, Limits, Unreached, fetch

LIMITS = Limits(patience=15.0, largest=4 << 20)
PAGE, MOST_PAGES = 50, 20
EARLY = 30.0
"""Seconds before its end in which a token is not used any more."""


class Refused(Exception):
    """The VTN answered, but not as asked."""

    def __init__(self, status: int, what: str) -> None:
        super().__init__(f"the VTN answered {status} to {what}")
        self.status = status


class Vtn:
    """The VTN of the settings. Every call raises Unreached or Refused."""

    def __init__(self, settings: OpenAdr) -> None:
        self._settings = settings
        self._token, self._until = "", 0.0

    async def pages(self, path: str, **query: str) -> list[Any]:
        """All objects of a list; a list that is too long to be read whole is refused, never cut."""
        found: list[Any] = []
        for _ in range(MOST_PAGES):
            told = urlencode({**query, "skip": str(len(found)), "limit": str(PAGE)})
            page = _decoded(await self._call("GET", f"{path}?{told}"), path, list)
            found += page
            if len(page) < PAGE:
                return found
        raise Refused(200, f"GET {path} with more than {PAGE * MOST_PAGES} objects")

    async def post(self, path: str, body: Any) -> Any:
        return _decoded(await self._call("POST", path, msgspec.json.encode(body)), path, dict)

    async def register(self) -> None:
        """See to it that the VTN knows our VEN."""
        name = self._settings.ven_name
        if any(isinstance(one, dict) and one.get("venName") == name for one in await self.pages("/vens", venName=name)):
            return
        kind = {"objectType": "VEN_VEN_REQUEST"} if self._settings.version == "3.1" else {}
        try:
            await self.post("/vens", {**kind, "venName": name})
        except Refused as error:
            if error.status != 409:  # somebody else made it meanwhile
                raise

    async def _call(self, method: str, path: str, content: bytes | None = None) -> Fetched:
        answer = await self._once(method, path, content)
        if answer.status == 401 and self._until:
            self._until = 0.0  # the token was withdrawn
            answer = await self._once(method, path, content)
        if not 200 <= answer.status < 300:
            raise Refused(answer.status, f"{method} {path.partition('?')[0]}")
        return answer

    async def _once(self, method: str, path: str, content: bytes | None) -> Fetched:
        token = await self._bearer()
        headers = {"authorization": f"Bearer {token}"} if token else {}
        if content is not None:
            headers["content-type"] = "application/json"
        return await self._fetch(method, self._settings.url.rstrip("/") + path, content, headers)

    async def _bearer(self) -> str:
        given = self._settings
        if given.token or not given.client_id:
            return given.token
        if runtime.monotonic() >= self._until:
            form = {
                "grant_type": "client_credentials",
                "client_id": given.client_id,
                "client_secret": given.client_secret,
                **({"scope": given.scope} if given.scope else {}),
            }
            url = given.token_url or given.url.rstrip("/") + "/auth/token"
            headers = {"content-type": "application/x-www-form-urlencoded"}
            answer = await self._fetch("POST", url, urlencode(form, quote_via=quote).encode(), headers)
            if answer.status != 200:
                raise Refused(answer.status, "our request for a token")
            said = _decoded(answer, "a token", dict)
            self._token = str(said.get("access_token", ""))
            lasts = said.get("expires_in")
            self._until = runtime.monotonic() + (lasts if isinstance(lasts, int | float) else 300) - EARLY
        return self._token

    async def _fetch(self, method: str, url: str, content: bytes | None, headers: dict[str, str]) -> Fetched:
        async with httpx.AsyncClient(
            timeout=LIMITS.patience, trust_env=False, verify=runtime.trusted_by_default()
        ) as client:
            return await fetch(client, method, url, ANYWHERE, LIMITS, content=content, headers=headers)


def _decoded(answer: Fetched, what: str, kind: type) -> Any:
    try:
        return msgspec.json.decode(answer.body, type=kind)
    except msgspec.DecodeError as error:
        raise Unreached(f"the VTN's answer to {what} cannot be read: {error}.") from None
