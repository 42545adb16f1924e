"""Asks authorities how their certificates stand, over HTTP: by OCSP, by CRL.

The addresses come from stations and from certificates, so they reach public hosts only (`pki.ocsp_allow_private` names
exceptions). Answers are kept until they end, an hour at most, and as long as they hold where the responder is down; who
did not answer is left alone for half a minute. What CAs of ours issued is answered here.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import NamedTuple

import httpx
from cryptography import x509

from ohmstead import runtime
from ohmstead.domain.installed import HashData
from ohmstead.pki.responder import respond
from ohmstead.pki.revocation import Authority
from ohmstead.pki.status import Doubtful, Status, is_issuer, question, read_crl, read_ocsp
from ohmstead.settings import Pki
from ohmstead.store.db import Db
from ohmstead.web.addresses import Reach
from ohmstead.web.fetching import Limits, Unreached, fetch

PATIENCE = 3.0
"""Seconds for one answer: a vehicle waits 4.5 s for what hangs on it."""
OCSP, CRL = Limits(PATIENCE, 16 * 1024), Limits(PATIENCE, 8 * 1024 * 1024)
AT_ONCE = 32
MOST_BYTES = 64 * 1024 * 1024
MOST_KEPT = 10_000
FRESH, AGAIN = 3600_000_000, 30_000_000
"""Microseconds in which an answer is not asked for again, and in which who failed is not."""


class Told(NamedTuple):
    """An OCSP answer in DER, and what it says."""

    der: bytes
    status: Status


class _Kept(NamedTuple):
    body: bytes
    fresh_until: int
    trouble: str | None = None
    """Why there was no (new) answer."""


Judge = Callable[[bytes], Status]


class Inquiry:
    """What one process knows of foreign certificates."""

    def __init__(
        self, settings: Pki, db: Db, own: Sequence[Authority] = (), client: httpx.AsyncClient | None = None
    ) -> None:
        self._reach = Reach(settings.ocsp_allow_private, "pki.ocsp_allow_private")
        self._proxied = bool(settings.ocsp_proxy)
        self._client = client or httpx.AsyncClient(
            timeout=PATIENCE, trust_env=False, proxy=settings.ocsp_proxy or None, verify=runtime.trusted_by_default()
        )
        self._db, self._own = db, own
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._kept: OrderedDict[tuple[str, bytes], _Kept] = OrderedDict()
        self._bytes = 0
        self._asking: dict[tuple[str, bytes], asyncio.Task[bytes | Unreached]] = {}

    async def close(self) -> None:
        await self._client.aclose()

    async def ocsp(self, hashed: HashData, url: str, issuers: Sequence[x509.Certificate]) -> Told:
        """How a certificate stands by the responder of this URL. Raises Unreached and Doubtful."""
        request = question(hashed)
        for one in self._own:
            if is_issuer(one.issuing, hashed):
                der = await respond(self._db, one, request)
                return Told(der, read_ocsp(der, hashed, [one.issuing], runtime.now()))
        return await self._ask(url, request, OCSP, lambda der: read_ocsp(der, hashed, issuers, runtime.now()))

    async def crl(self, hashed: HashData, url: str, issuers: Sequence[x509.Certificate]) -> Status:
        """How a certificate stands by the CRL of this URL. Raises Unreached and Doubtful."""
        told = await self._ask(url, b"", CRL, lambda der: read_crl(der, hashed, issuers, url, runtime.now()))
        return told.status

    async def _ask(self, url: str, request: bytes, limits: Limits, judge: Judge) -> Told:
        key, now = (url, request), runtime.now()
        kept = self._kept.get(key)
        if kept is None or kept.fresh_until <= now:
            kept = await self._renewed(key, limits, judge, kept)
        try:
            return Told(kept.body, await _judged(limits, judge, kept.body))
        except Doubtful:
            if kept.trouble is None:
                raise
            raise Unreached(kept.trouble) from None

    async def _renewed(self, key: tuple[str, bytes], limits: Limits, judge: Judge, old: _Kept | None) -> _Kept:
        """What is answered now; what was answered before, which may still hold, where that is no good."""
        before = b"" if old is None else old.body
        try:
            body = await self._shared(key, limits)
        except Unreached as error:
            return self._keep(key, _Kept(before, runtime.now() + AGAIN, str(error)))
        try:
            status = await _judged(limits, judge, body)
        except Doubtful:
            return self._keep(key, _Kept(before or body, runtime.now() + AGAIN))
        fresh = AGAIN if status.state == "unknown" else FRESH
        return self._keep(key, _Kept(body, min(status.until, runtime.now() + fresh)))

    async def _shared(self, key: tuple[str, bytes], limits: Limits) -> bytes:
        """Who asks for the same at the same time shares one call. Raises Unreached."""
        task = self._asking.get(key)
        if task is None:
            task = self._asking[key] = runtime.spawn(self._fetch(key, limits), "inquiry")
            task.add_done_callback(lambda _: self._asking.pop(key, None))
        try:
            async with asyncio.timeout(PATIENCE):
                found = await asyncio.shield(task)
        except TimeoutError:
            raise Unreached(f"{key[0]} did not answer within {PATIENCE:g} s.") from None
        if isinstance(found, Unreached):
            raise Unreached(str(found))
        return found

    async def _fetch(self, key: tuple[str, bytes], limits: Limits) -> bytes | Unreached:
        url, request = key
        method, headers = ("POST", {"content-type": "application/ocsp-request"}) if request else ("GET", {})
        try:
            async with self._slots:
                answer = await fetch(
                    self._client, method, url, self._reach, limits,
                    content=request or None, headers=headers, proxied=self._proxied,
                )  # fmt: skip
        except Unreached as error:
            return error
        return answer.body if answer.status == 200 else Unreached(f"{url} answered {answer.status}.")

    def _keep(self, key: tuple[str, bytes], one: _Kept) -> _Kept:
        old = self._kept.pop(key, None)
        self._bytes += len(one.body) - (0 if old is None else len(old.body))
        self._kept[key] = one
        while self._bytes > MOST_BYTES or len(self._kept) > MOST_KEPT:
            _, gone = self._kept.popitem(last=False)
            self._bytes -= len(gone.body)
        return one


async def _judged(limits: Limits, judge: Judge, body: bytes) -> Status:
    """A CRL may be large: it is read beside the event loop. Raises Doubtful."""
    return await asyncio.to_thread(judge, body) if limits is CRL else judge(body)
