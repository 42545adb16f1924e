"""Routes: a handler's signature says what it takes and gives, and OpenAPI is written from the same.

    routes = Routes("Tokens")

    @routes.get("/tokens/{token}", scope="tokens:read")
    async def show(exchange: Exchange, token: str, query: TypeQuery) -> Token: ...

Parameters: `exchange`; `query` (a struct of query parameters); `body` (a struct, or bytes for what is not JSON); all
others are parts of the path. The result is a struct (JSON), None (204), an `Answer`, or a `Stream`.
"""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

Method = Literal["GET", "POST", "PATCH", "PUT", "DELETE"]
Handler = Callable[..., Awaitable[Any]]
H = TypeVar("H", bound=Handler)


@dataclass(frozen=True, slots=True)
class Stream:
    """Server-sent events: the response goes on until the client leaves or the process stops. Of another media type:
    bytes of a known length."""

    frames: AsyncIterator[bytes]
    media_type: str = "text/event-stream"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one path. `scope` None: no key is needed."""

    method: Method
    path: str
    scope: str | None
    handler: Handler
    tag: str
    status: int
    gives: Any
    """The type of the answer's body, for OpenAPI; several in a tuple: one of them; None: there is none."""
    query: Any
    body: Any
    accepts: str
    """Media type of the body."""
    also: tuple[int, ...]
    """Further statuses with the same body."""
    media_type: str
    with_etag: bool
    takes: Callable[[], tuple[Any, ...]] | None
    """The types of the body, where it is one of several; asked when all blocks are loaded."""
    streamed: bool = False
    """The body is not read before the handler runs: `exchange.blocks` are its bytes."""
    files: tuple[str, ...] = ()
    """Media types of the files that the answer may be instead."""
    matched: bool = False
    """`If-Match` counts: the handler calls `exchange.match`."""
    everywhere: bool = False
    """It is about what belongs to no site: refused to whoever is limited to sites."""

    @property
    def parameters(self) -> list[str]:
        """Names of the path's parameters."""
        return re.findall(r"{(\w+)}", self.path)


@dataclass(frozen=True, slots=True)
class Routes:
    """The routes of one resource."""

    tag: str
    found: list[Route] = field(default_factory=list)

    def add(
        self,
        method: Method,
        path: str,
        *,
        scope: str | None,
        status: int = 200,
        gives: Any = None,
        accepts: str = "application/json",
        also: tuple[int, ...] = (),
        media_type: str = "application/json",
        with_etag: bool = False,
        takes: Callable[[], tuple[Any, ...]] | None = None,
        streamed: bool = False,
        files: tuple[str, ...] = (),
        matched: bool = False,
        everywhere: bool = False,
    ) -> Callable[[H], H]:
        """Make the decorated function the handler of `method path`; `gives` where its annotation is an `Answer`."""

        def register(handler: H) -> H:
            hints = typing.get_type_hints(handler, include_extras=True)
            parts = set(re.findall(r"{(\w+)}", path))
            unknown = inspect.signature(handler).parameters.keys() - parts - {"exchange", "query", "body"}
            if unknown:
                raise TypeError(f"{handler.__qualname__}: {unknown} is neither in the path nor query or body")
            shown = gives if gives is not None else hints["return"]
            self.found.append(
                Route(
                    method,
                    path,
                    scope,
                    handler,
                    self.tag,
                    204 if shown is type(None) else status,
                    None if shown is type(None) else shown,
                    hints.get("query"),
                    hints.get("body"),
                    accepts,
                    also,
                    media_type,
                    with_etag,
                    takes,
                    streamed,
                    files,
                    matched,
                    everywhere,
                )
            )
            return handler

        return register

    def get(self, path: str, *, scope: str | None, **options: Any) -> Callable[[H], H]:
        return self.add("GET", path, scope=scope, **options)

    def post(self, path: str, *, scope: str | None, **options: Any) -> Callable[[H], H]:
        return self.add("POST", path, scope=scope, **options)

    def put(self, path: str, *, scope: str | None, **options: Any) -> Callable[[H], H]:
        return self.add("PUT", path, scope=scope, **options)

    def patch(self, path: str, *, scope: str | None, **options: Any) -> Callable[[H], H]:
        return self.add("PATCH", path, scope=scope, **options)

    def delete(self, path: str, *, scope: str | None, **options: Any) -> Callable[[H], H]:
        return self.add("DELETE", path, scope=scope, **options)
