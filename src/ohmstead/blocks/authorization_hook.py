"""C: the platform's word about a token, asked over HTTP within a deadline.

    POST <authorization.hook_url>
    {"station_id": "CS1", "evse_id": 1, "token": "04A1", "token_type": "ISO14443", "known": true, "transaction_id": "7"}

    {"status": "Accepted", "group": "FAMILY", "cache_s": 3600, "limits": {"max_energy_wh": 20000}}

Anything but such an answer in time is no answer, and what then counts is `authorization.hook_fallback`. The request is
signed as Standard Webhooks are. Neither a token nor a PIN is ever logged here.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Annotated, Literal

import httpx
import msgspec
from msgspec import Meta, Struct

from ohmstead import runtime
from ohmstead.charging_settings import Authorization
from ohmstead.domain.tokens import Limits, Verdict

Status = Literal[
    "Accepted", "Blocked", "ConcurrentTx", "Expired", "Invalid", "NoCredit", "NotAllowedTypeEVSE", "NotAtThisLocation",
    "NotAtThisTime", "Unknown",
]  # fmt: skip
MOST_BYTES = 65_536


class Question(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the platform is asked."""

    station_id: str
    token: str
    token_type: str | None = None
    evse_id: int | None = None
    known: bool = False
    """We know the token, and would accept it."""
    transaction_id: str | None = None
    """Our id of the transaction that the token is shown in; absent where it is only asked about."""
    offline: bool = False
    """It happened while the station was offline."""


class Reply(Struct, frozen=True, kw_only=True):
    """What it may answer; fields that are not here are ignored."""

    status: Status
    group: Annotated[str, Meta(min_length=1, max_length=255)] | None = None
    cache_s: Annotated[int, Meta(ge=0, le=31_536_000)] | None = None
    limits: Limits | None = None


_reply = msgspec.json.Decoder(Reply).decode


async def ask(settings: Authorization, question: Question, now: int, transport: object = None) -> Verdict | None:
    """The platform's verdict; None: it gave none in time. `transport` is for tests."""
    body = msgspec.json.encode(question)
    try:
        async with httpx.AsyncClient(
            timeout=settings.hook_timeout,
            verify=runtime.trusted_by_default(),
            trust_env=False,
            transport=transport,  # type: ignore[arg-type]
        ) as client:
            answer = await client.post(settings.hook_url, content=body, headers=_headers(settings, body, now))
        if answer.status_code != 200 or len(answer.content) > MOST_BYTES:
            raise ValueError(f"answered {answer.status_code}")
        reply = _reply(answer.content)
    except (httpx.HTTPError, msgspec.DecodeError, ValueError) as error:
        why = str(error) if isinstance(error, ValueError) else type(error).__name__
        runtime.log.warning("the authorisation hook gave no verdict", station=question.station_id, error=why)
        return None
    until = None if reply.cache_s is None else now + reply.cache_s * 1_000_000
    return Verdict(reply.status, reply.group, until, limits=reply.limits)


def fallback(settings: Authorization, local: Verdict) -> Verdict:
    """What counts where the platform is silent: what we know ourselves, or nothing (fail closed)."""
    return local if settings.hook_fallback == "local" else Verdict("Invalid")


def _headers(settings: Authorization, body: bytes, now: int) -> dict[str, str]:
    """Those of Standard Webhooks, signed if there is a secret."""
    id, second = f"auth_{now:x}", now // 1_000_000
    headers = {"content-type": "application/json", "user-agent": "Ohmstead", "webhook-id": id}
    headers["webhook-timestamp"] = str(second)
    if settings.hook_secret:
        key = base64.b64decode(settings.hook_secret.removeprefix("whsec_"))
        signed = hmac.digest(key, f"{id}.{second}.".encode() + body, hashlib.sha256)
        headers["webhook-signature"] = "v1," + base64.b64encode(signed).decode()
    return headers
