"""One request and what its handler may do: who calls, the database, the answer.

A handler that changes something does it in `async with exchange.transaction() as tx:` and makes its answer inside it,
so that the answer to a POST with an `Idempotency-Key` is stored with what it tells of.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec

from ohmstead import runtime
from ohmstead.api.auth import Caller
from ohmstead.api.context import Context
from ohmstead.api.problems import Refused
from ohmstead.store import secrets
from ohmstead.store.bulk import Changed
from ohmstead.store.db import Db, Row, Tx
from ohmstead.store.resources import audit, idempotency
from ohmstead.store.statement import Statement

SEALED = "ohmstead-sealed"


class Repeated(Exception):
    """Another request with this Idempotency-Key was first; its answer is stored."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A response of which the body is bytes already; a secret one is never stored in clear."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str = "application/json"
    secret: bool = False


class Unaudited(Exception):
    """A change that nobody would know who made is not made: a mistake of ours."""


class _Watched:
    """A transaction that knows whether anything was written in it."""

    def __init__(self, tx: Tx) -> None:
        self._tx, self.wrote = tx, False
        self.fetch, self.emit, self.ring = tx.fetch, tx.emit, tx.ring

    async def fetch_each(self, changes: Sequence[Changed]) -> list[list[Row]]:
        self.wrote = True
        return await self._tx.fetch_each(changes)

    async def execute(self, statement: Statement, **arguments: Any) -> None:
        self.wrote = True
        await self._tx.execute(statement, **arguments)

    async def execute_all(self, changes: Sequence[Changed]) -> None:
        self.wrote = True
        await self._tx.execute_all(changes)


@dataclass(slots=True)
class Exchange:
    """A request on its way to its answer."""

    context: Context
    caller: Caller
    request_id: str
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    blocks: AsyncIterator[bytes] | None = None
    """The body of a route that is streamed."""
    digest: str = ""
    """Of the body of a route that is streamed, once it was read."""
    answer: Answer | None = None
    unkept: bool = False
    """What was asked under an Idempotency-Key is committed, and the answer to keep with it is still to come."""
    _audit_id: int = 0
    _audited: bool = False

    @property
    def db(self) -> Db:
        return self.context.db

    @property
    def tenant_id(self) -> int:
        return self.caller.tenant_id

    @property
    def sites(self) -> tuple[int, ...] | None:
        return self.caller.sites

    @property
    def idempotency_key(self) -> str | None:
        """The key under which the answer is kept, apart for every API key. Raises Refused when it is not usable."""
        given = self.headers.get("idempotency-key")
        if given is None or self.method != "POST":
            return None
        if not 1 <= len(given) <= 255:
            raise Refused("bad-request", "Idempotency-Key takes 1 to 255 characters.")
        return f"{self.caller.key_id}:{given}"

    @property
    def fingerprint(self) -> str:
        """What makes two requests the same: method, path and body."""
        return hashlib.sha256(f"{self.method} {self.path}\n{self.digest}".encode() + self.body).hexdigest()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Tx]:
        """A database transaction that also stores the answer made in it, and that ends well only if what was changed
        in it was audited in it. Raises Repeated.

        Numbers are taken before it: on SQLite the counter waits for the transaction in flight.
        """
        key = self.idempotency_key
        self._audit_id, self._audited = await self.context.ids.take(), False
        async with self.db.transaction() as tx:
            if key and not await idempotency.take(tx, self.tenant_id, key, self.fingerprint, runtime.now()):
                raise Repeated
            watched = _Watched(tx)
            yield watched
            if watched.wrote and not self._audited:
                raise Unaudited(f"{self.method} {self.path}")
            if key:
                self.unkept = self.answer is None
                if self.answer is not None:
                    await self._keep(tx, key, self.answer)

    async def settle(self, answer: Answer) -> None:
        """Replace the stored answer by the one that is given after waiting."""
        self.answer, self.unkept = answer, False
        if key := self.idempotency_key:
            async with self.db.transaction() as tx:
                await self._keep(tx, key, answer)

    async def _keep(self, tx: Tx, key: str, answer: Answer) -> None:
        headers, body = dict(answer.headers), answer.body.decode()
        if answer.secret:
            headers[SEALED], body = "1", secrets.seal(self.context.server_key, body)
        await idempotency.keep(tx, self.tenant_id, key, answer.status, headers, body)

    async def first_answer(self) -> Answer | None:
        """The answer to an earlier request with the same Idempotency-Key. Raises Refused when that one was another."""
        key = self.idempotency_key
        kept = await idempotency.find(self.db, self.tenant_id, key, runtime.now()) if key else None
        if kept is None:
            return None
        if kept.fingerprint != self.fingerprint:
            detail = "This Idempotency-Key was used for another request; take a new one."
            raise Refused("invalid", detail)
        headers, body = dict(kept.headers), kept.body
        if headers.pop(SEALED, None):
            body = secrets.unseal(self.context.server_key, body)
        headers["Idempotent-Replayed"] = "true"
        return Answer(body.encode(), kept.status or 200, headers)

    def made(self, value: Any, *, status: int = 201, secret: bool = False, **headers: str) -> Answer:
        """The answer with `value` as JSON; header names with `_` for `-`. It becomes the stored one."""
        names = {name.replace("_", "-"): text for name, text in headers.items()}
        body = b"" if value is None else msgspec.json.encode(value)
        self.answer = Answer(body, status, names, secret=secret)
        return self.answer

    async def audit(self, tx: Tx, action: str, subject: str, detail: Any = None) -> None:
        """Write down, once in a transaction, who did what to what; `detail` must hold no secret."""
        self._audited = True
        await audit.add(tx, self.tenant_id, self._audit_id, runtime.now(), self.caller.actor, action, subject, detail)

    def match(self, version: int) -> None:
        """Raises Refused (412) unless `If-Match` is absent, `*`, or names this version."""
        wanted = self.headers.get("if-match")
        if wanted and wanted.strip() != "*" and etag(version) not in [one.strip() for one in wanted.split(",")]:
            detail = f"It is at version {etag(version)} now; read it again and decide anew."
            raise Refused("precondition-failed", detail, headers={"ETag": etag(version)})

    def match_nothing(self) -> None:
        """Raises Refused (412) for an `If-Match` where nothing has a version: to overlook it would be to change what
        was not meant."""
        if self.method != "GET" and self.headers.get("if-match", "*").strip() != "*":
            raise Refused("precondition-failed", "What this changes has no ETag; send it without If-Match.")


def etag(version: int) -> str:
    return f'"{version}"'
