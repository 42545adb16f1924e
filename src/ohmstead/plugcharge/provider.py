"""Who answers a vehicle that asks for a contract certificate: the built-in provisioning, or a service over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple, Protocol

import httpx
from cryptography import x509
from cryptography.exceptions import InvalidSignature

from ohmstead import runtime
from ohmstead.plugcharge import provisioning, reading
from ohmstead.plugcharge.contract_ca import ContractCa
from ohmstead.plugcharge.exi import ExiError
from ohmstead.plugcharge.provisioning import INSTALL, Asked
from ohmstead.plugcharge.signatures import BadSignature
from ohmstead.store import contracts
from ohmstead.store.contracts import Contract
from ohmstead.store.db import Db

DEADLINE = 3.5
"""Seconds: a vehicle waits 4.5 s for its answer (ISO 15118-2 V2G2-714), and the way to it takes a part of them."""
HEDGE = 1.2
"""Seconds after which a second try joins the first one."""
AGAIN = 60_000_000
"""Microseconds within which a repeated request asks for the next contract (M01.FR.04-.07)."""


class Request(NamedTuple):
    """What a station relays."""

    tenant_id: int
    schema: str
    """iso15118-2 or iso15118-20."""
    exi: bytes
    prioritized: Sequence[str] = ()
    """eMAIDs that the vehicle wants first, in the form that is compared."""


class Reply(NamedTuple):
    """`exi` None: there is no answer that a vehicle could read; `reason` says why something is refused."""

    exi: bytes | None
    emaid: str | None = None
    reason: str | None = None
    remaining: int = 0
    odd: Sequence[str] = ()


class Provider(Protocol):
    name: str

    async def answer(self, request: Request) -> Reply:
        """The answer to a request. Raises nothing: what cannot be done is a Reply with its reason."""

    async def close(self) -> None: ...


class Builtin:
    """The built-in contract provisioning, for ISO 15118-2."""

    name = "builtin"

    def __init__(self, db: Db, ca: ContractCa) -> None:
        self._db, self.ca = db, ca

    async def answer(self, request: Request) -> Reply:
        try:
            if request.schema != "iso15118-2":
                message = reading.read(request.schema, request.exi)
                if not message.name.endswith("Req"):
                    raise ExiError("the message asks for no certificate")
                odd = message.verify()
                reason = "The built-in provisioning speaks ISO 15118-2 only; a pool is needed for -20."
                return Reply(None, reason=reason, odd=odd)
            asked = provisioning.read(request.exi)
        except ExiError as error:
            return Reply(None, reason=f"The request cannot be read: {error}.")
        except BadSignature as error:
            return Reply(None, reason=f"The request is not signed by its vehicle: {error}.")
        refused = await self._check(request, asked)
        if refused is not None:
            code, reason = refused
            return Reply(provisioning.refuse(asked, code), reason=reason, odd=asked.odd)
        candidates = await self._contracts(request, asked)
        if not candidates:
            reason = f"There is no contract for {asked.name}, or it is over."
            return Reply(provisioning.refuse(asked, "FAILED_NoCertificateAvailable"), reason=reason, odd=asked.odd)
        return await self._issue(request, asked, candidates)

    async def _check(self, request: Request, asked: Asked) -> tuple[str, str] | None:
        """The code and the reason for which this vehicle gets nothing."""
        now, one = runtime.to_datetime(runtime.now()), asked.certificate
        if not one.not_valid_before_utc <= now <= one.not_valid_after_utc:
            return "FAILED_CertificateExpired", f"The certificate of {asked.name} is not valid now."
        if asked.kind == INSTALL:
            trusted = await contracts.authorities(self._db, request.tenant_id, "oem")
            if not any(_signed_by(one, pem) for pem in trusted):
                reason = f"No trusted OEM authority signed the certificate of {asked.name}; add it with the use oem."
                return "FAILED_CertChainError", reason
        elif await contracts.by_serial(self._db, request.tenant_id, f"{one.serial_number:x}") is None:
            return "FAILED_CertChainError", f"The contract certificate of {asked.name} was not issued here."
        return None

    async def _contracts(self, request: Request, asked: Asked) -> list[Contract]:
        now = runtime.now()
        if asked.kind == INSTALL:
            found = await contracts.of_vehicle(self._db, request.tenant_id, asked.name.upper())
        else:
            known = await contracts.by_serial(self._db, request.tenant_id, f"{asked.certificate.serial_number:x}")
            found = [] if known is None else [known[1]]
        wanted = {emaid: place for place, emaid in enumerate(request.prioritized)}
        holding = [one for one in found if one.holds(now)]
        return sorted(holding, key=lambda one: (one.issued_at > now - AGAIN, wanted.get(one.emaid, len(wanted))))

    async def _issue(self, request: Request, asked: Asked, candidates: list[Contract]) -> Reply:
        contract, now = candidates[0], runtime.now()
        given = provisioning.provide(asked, contract.emaid, self.ca, contract.valid_until)
        serial = f"{given.contract.serial_number:x}"
        until = int(given.contract.not_valid_after_utc.timestamp()) * 1_000_000
        async with self._db.transaction() as tx:
            await contracts.issued(tx, request.tenant_id, contract.emaid, serial, until, now)
        remaining = sum(one.issued_at <= now - AGAIN for one in candidates[1:])
        return Reply(given.exi, contract.emaid, remaining=remaining, odd=asked.odd)

    async def close(self) -> None:
        """Nothing is open."""


def _signed_by(certificate: x509.Certificate, pem: str) -> bool:
    try:
        certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(pem.encode()))
    except (InvalidSignature, TypeError, ValueError):
        return False
    return True


class Relay:
    """Any HTTP service that answers EXI with EXI: POST the request, the body of a 200 is the answer."""

    name = "relay"

    def __init__(self, url: str, client: httpx.AsyncClient | None = None) -> None:
        self._url = url
        self._client = client or httpx.AsyncClient(
            timeout=DEADLINE, trust_env=False, verify=runtime.trusted_by_default()
        )

    async def answer(self, request: Request) -> Reply:
        return await hedged(lambda: self._once(request))

    async def _once(self, request: Request) -> Reply:
        headers = {"content-type": "application/exi", "x-iso15118-schema": request.schema}
        answer = await self._client.post(self._url, content=request.exi, headers=headers)
        if answer.status_code != 200:
            return Reply(None, reason=f"{self.name} answered {answer.status_code}")
        return judged(request, answer.content)

    async def close(self) -> None:
        await self._client.aclose()


def judged(request: Request, exi: bytes, emaid: str | None = None, remaining: int = 0) -> Reply:
    """What a service answered: garbage is no answer; one that refuses goes to the vehicle with its reason. What is odd
    about the signatures of both is noted only: it is the service, and the vehicle, that judge them."""
    try:
        answer = reading.read(request.schema, exi)
    except ExiError as error:
        return Reply(None, reason=f"the provider answered something else: {error}")
    if not answer.name.endswith("Res"):
        return Reply(None, reason=f"the provider answered with a {answer.name}")
    reason = None if str(answer.code).startswith("OK") else f"the provider answered {answer.code}"
    odd = _oddities("the request", request.schema, request.exi)
    if reason is None:
        odd += _oddities("the answer", request.schema, exi)
    return Reply(exi, emaid, reason, remaining, odd)


def _oddities(what: str, schema: str, exi: bytes) -> list[str]:
    try:
        return [f"{what}: {one}" for one in reading.read(schema, exi).verify()]
    except (ExiError, BadSignature) as error:
        return [f"{what}: {error}"[:200]]


async def hedged(attempt: Callable[[], Awaitable[Reply]]) -> Reply:
    """The first good answer of two tries, the second of which begins when the first one is slow or failed; a Reply with
    the reason when neither answers in time."""
    running: set[asyncio.Task[Reply]] = {runtime.spawn(_caught(attempt), "provider")}
    last = Reply(None, reason="the provider did not answer in time")
    tries, end = 1, runtime.monotonic() + DEADLINE
    try:
        while running and (left := end - runtime.monotonic()) > 0:
            patience = min(left, HEDGE) if tries == 1 else left
            done, running = await asyncio.wait(running, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                last = task.result()
                if last.exi is not None:
                    return last
            if tries == 1:
                tries = 2
                running.add(runtime.spawn(_caught(attempt), "provider"))
        return last
    finally:
        for task in running:
            task.cancel()


async def _caught(attempt: Callable[[], Awaitable[Reply]]) -> Reply:
    try:
        return await attempt()
    except httpx.HTTPError as error:
        return Reply(None, reason=f"the provider cannot be reached: {type(error).__name__} {error}".strip())
    except (ValueError, LookupError, TypeError) as error:
        return Reply(None, reason=f"the provider answered something else: {error!r}")
