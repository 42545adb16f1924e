"""One call of the API without any I/O: what is sent, how the answer is read, and whether to try again.

Both clients drive the same three: a `Call`, its `Attempts`, and `read`.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar
from urllib.parse import quote

import httpx
import msgspec
from msgspec import UNSET, UnsetType

from ohmstead import runtime
from ohmstead.client.errors import NotFound, NotOhmstead, OhmsteadError, Unreachable, refusal

T = TypeVar("T")
AGAIN = frozenset({429, 502, 503, 504})
"""Statuses after which the same is asked again: too many requests, and nobody there to answer."""
LONGEST_PAUSE_S = 30.0
JSON = "application/json"


@dataclass(frozen=True, kw_only=True)
class Call(Generic[T]):
    """One request. `gives` is the type of its answer: a shape, `Any` for plain JSON, bytes, or None for none."""

    method: str
    path: tuple[str, ...]
    """Its parts below /api/v1, not quoted yet."""
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Any = UNSET
    """JSON, or bytes as they stand."""
    gives: Any = Any
    content_type: str = JSON
    if_match: str | None = None
    idempotency_key: str | None = None
    """Null: every POST gets one of its own, so that it is safe to repeat."""

    @property
    def where(self) -> str:
        return "/".join(quote(part, safe="") for part in self.path)

    def request(self, http: httpx.Client | httpx.AsyncClient) -> httpx.Request:
        """The request as it goes out, the same for each attempt."""
        headers = {}
        if self.method == "POST":
            headers["Idempotency-Key"] = self.idempotency_key or secrets.token_hex(16)
        if self.if_match is not None:
            headers["If-Match"] = self.if_match
        content = None
        if self.body is not UNSET:
            headers["Content-Type"] = self.content_type
            content = self.body if isinstance(self.body, bytes) else msgspec.json.encode(self.body)
        wait = float(self.query.get("wait") or 0)
        timeout = httpx.Timeout(http.timeout.connect, read=(http.timeout.read or 0) + wait)
        return http.build_request(
            self.method, self.where, params=_query(self.query), headers=headers, content=content, timeout=timeout
        )

    def read(self, answer: httpx.Response) -> T:
        """What an answer says. Raises OhmsteadError."""
        if answer.status_code >= 400:
            raise refusal(answer.status_code, answer.content, str(answer.url))
        if self.gives is None or not answer.content:
            return None  # type: ignore[return-value]
        if self.gives in (bytes, str):
            return answer.content if self.gives is bytes else answer.text  # type: ignore[return-value]
        try:
            return msgspec.json.decode(answer.content, type=self.gives)  # type: ignore[no-any-return]
        except msgspec.DecodeError as error:
            raise NotOhmstead(f"{answer.url} answered what Ohmstead does not: {error}") from None


def given(**fields: Any) -> dict[str, Any]:
    """The fields that were given: those that are UNSET stay away. A name in Python's way with Python's own words has
    `_` behind it."""
    return {name.removesuffix("_"): value for name, value in fields.items() if not isinstance(value, UnsetType)}


def _query(fields: Mapping[str, Any]) -> dict[str, str | list[str]]:
    shown = {name: _word(value) for name, value in fields.items() if value is not None}
    return {name: value for name, value in shown.items() if value != []}


def _word(value: Any) -> str | list[str]:
    if isinstance(value, (list, tuple)):
        return [str(_word(one)) for one in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value).lower() if isinstance(value, bool) else str(value)


class Attempts:
    """The attempts at one call: how long to pause after each, until the answer is final or they are used up."""

    def __init__(self, call: Call[Any], retries: int) -> None:
        self._call, self._left, self._made = call, retries, 0
        self._patient = call.path[:1] != ("health",)

    def pause_after_silence(self, error: httpx.TransportError, base: object) -> float:
        """Seconds until the next attempt. Raises Unreachable when there is none."""
        if not self._may_go_on():
            raise Unreachable(f"{base} does not answer: {error or type(error).__name__}") from error
        return self._back_off()

    def pause_after(self, answer: httpx.Response) -> float | None:
        """Seconds until the next attempt; None: this answer is final."""
        if answer.status_code not in AGAIN or not self._may_go_on():
            return None
        asked = answer.headers.get("retry-after", "")
        return min(float(asked), LONGEST_PAUSE_S) if asked.isdecimal() else self._back_off()

    def is_done_already(self, error: OhmsteadError) -> bool:
        """Whether this refusal only says that an earlier attempt, of which the answer was lost, took the thing away."""
        return isinstance(error, NotFound) and self._call.method == "DELETE" and self._made > 0

    def _may_go_on(self) -> bool:
        return self._patient and self._made < self._left

    def _back_off(self) -> float:
        self._made += 1
        return float(min(0.2 * 2**self._made, LONGEST_PAUSE_S) * runtime.rng.uniform(0.5, 1.0))
