"""The HTTP API: every convention once, around every handler.

In this order: find the caller, count the request, check the scope, read query and body, give a repeat its first answer,
run the handler, answer. Whatever goes wrong on the way, in the framework too, becomes a problem document.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from functools import cache
from typing import Any
from urllib.parse import unquote

import msgspec
from litestar import Litestar, Request, Response
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream as LitestarStream

from ohmstead import runtime, tracing
from ohmstead.api import bodies, problems
from ohmstead.api.auth import Caller
from ohmstead.api.challenge_door import ChallengeDoor
from ohmstead.api.context import Context
from ohmstead.api.exchange import Answer, Exchange, Repeated
from ohmstead.api.file_door import FileDoor
from ohmstead.api.problems import Refused
from ohmstead.api.resources import ROUTES
from ohmstead.api.routes import Route, Stream
from ohmstead.api.signed_in import caller_of
from ohmstead.store.db import DatabaseGone
from ohmstead.store.tables.meta import DEFAULT_TENANT

PREFIX = "/api/v1"
MAX_BODY = 10 * 1024 * 1024
UNSAID = ("", "text/plain", "application/x-www-form-urlencoded")
"""Content types that say nothing: `curl -d` and others send them with any body."""
NOBODY = Caller("none", "nobody", DEFAULT_TENANT, frozenset())

EVENTS = "text/event-stream"
LOOK_AGAIN = 10.0
"""Seconds after which a stream asks again whether its key still counts."""

CONTEXT = "ohmstead.context"
"""Under this name an ASGI scope holds the server's `Context`."""

SLASH = "\ue02f"
"""Stands for a slash in a name while the path is taken apart: a character for private use."""

Asked = Request[Any, Any, Any]
ASGIApplication = Callable[[dict[str, Any], Any, Any], Awaitable[None]]


def create_app(context: Context) -> ASGIApplication:
    """The ASGI application of one server; everything lies below /api/v1."""

    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        scope[CONTEXT] = context
        _keep_slashes(scope)
        await _framework()(scope, receive, send)  # type: ignore[arg-type]

    _framework()  # what is wrong with the routes shows at the start
    return app


def _keep_slashes(scope: dict[str, Any]) -> None:
    """A %2F is part of a name, no border of steps: models and tokens have it."""
    raw: bytes = scope.get("raw_path") or b""
    if b"%2f" in raw.lower():
        steps = (unquote(step).replace("/", SLASH) for step in raw.decode("latin-1").split("/"))
        scope["path"] = "/".join(steps)


@cache
def _framework() -> Litestar:
    """Every path and what handles it, the same for all servers of a process: it takes a tenth of a second to make."""
    of_path: dict[str, dict[str, Route]] = {}
    for route in ROUTES:
        of_path.setdefault(_path(route), {})[route.method] = route
    return Litestar(
        [_handler(path, of_method) for path, of_method in of_path.items()],
        path=PREFIX,
        openapi_config=None,
        logging_config=None,
        request_max_body_size=MAX_BODY,
        exception_handlers={HTTPException: _framework_refused, Exception: _framework_refused},
        debug=False,
    )


def create_site(context: Context) -> ASGIApplication:
    """The API, and before it the doors for files and challenges of ACME, unless they have addresses of their own."""
    inner = create_app(context)
    if not context.settings.files.bind:
        inner = FileDoor(context, inner)
    asked = context.settings.acme.directory and not context.settings.acme.http_bind
    return ChallengeDoor(context, inner) if asked else inner


def _handler(path: str, of_method: dict[str, Route]) -> HTTPRouteHandler:
    async def handle(request: Asked) -> Response[Any]:
        return await _serve(of_method[request.method], request.scope[CONTEXT], request)  # type: ignore[literal-required]

    methods = [route.method for route in of_method.values()]
    # 200 is what the framework asks for; the status that counts is in the response
    most = None if any(route.streamed for route in of_method.values()) else MAX_BODY
    return HTTPRouteHandler(path, http_method=methods, status_code=200, name=path, request_max_body_size=most)(handle)


def _path(route: Route) -> str:
    """The path as the framework writes it."""
    path = route.path
    for name in route.parameters:
        path = path.replace(f"{{{name}}}", f"{{{name}:str}}")
    return path


async def _serve(route: Route, context: Context, request: Asked) -> Response[Any]:
    request_id = new_request_id()
    with tracing.span(f"{route.method} {route.path}", request.headers, request_id=request_id):
        return await _answered(route, context, request, request_id)


async def _answered(route: Route, context: Context, request: Asked, request_id: str) -> Response[Any]:
    headers, caller = {"X-Request-Id": request_id}, NOBODY
    try:
        if route.scope is not None:
            caller = await caller_of(context, request.headers, route.method)
            _count(context, caller, headers)
            caller.must(route.scope)
            if route.everywhere:
                caller.must_be_everywhere()
        body, blocks = (b"", request.stream()) if route.streamed else (await request.body(), None)
        path = request.url.path.replace(SLASH, "/")
        exchange = Exchange(context, caller, request_id, route.method, path, request.headers, body, blocks)
        answer = await _run(route, exchange, request)
    except Exception as error:
        answer = _refusal(error, request_id)
    if isinstance(answer, Stream):
        frames = answer.frames
        if caller is not NOBODY and answer.media_type == EVENTS:
            frames = _while_allowed(context, request, caller, frames)
        stream_headers = {**headers, "Cache-Control": "no-store", "X-Accel-Buffering": "no", **answer.headers}
        return LitestarStream(frames, media_type=answer.media_type, headers=stream_headers, status_code=answer.status)
    return Response(
        answer.body,
        status_code=answer.status,
        headers={**headers, "Cache-Control": "no-store", **answer.headers},
        media_type=answer.media_type,
    )


async def _while_allowed(
    context: Context, request: Asked, caller: Caller, frames: AsyncIterator[bytes]
) -> AsyncIterator[bytes]:
    """The frames, as long as who asked may still do what they might then: a stream goes on for days."""
    looked = runtime.monotonic()
    async with aclosing(frames):  # type: ignore[type-var]
        async for frame in frames:
            yield frame
            if runtime.monotonic() - looked >= LOOK_AGAIN:
                try:
                    if await caller_of(context, request.headers, request.method) != caller:
                        return  # it begins anew, and sees what it may see now
                except Refused:
                    return
                looked = runtime.monotonic()


def _count(context: Context, caller: Caller, headers: dict[str, str]) -> None:
    taken = context.limiter.take(caller.key_id)
    headers.update(taken.headers())
    if not taken.allowed:
        detail = f"The {caller.kind} {caller.name!r} makes too many requests; wait {taken.reset_s} s."
        raise Refused("too-many-requests", detail, headers={"Retry-After": str(taken.reset_s)})


async def _run(route: Route, exchange: Exchange, request: Asked) -> Answer | Stream:
    arguments: dict[str, Any] = {"exchange": exchange}
    arguments |= {name: part.replace(SLASH, "/") for name, part in request.path_params.items()}
    arguments |= _query(route, request)
    if not route.matched:
        exchange.match_nothing()
    key = exchange.idempotency_key
    if key is None:
        return await _call(route, exchange, arguments)
    async with exchange.context.turns.take(f"{exchange.tenant_id}:{key}"):
        # whether a body that is streamed is the same is known only when it was read, in its transaction
        first = None if route.streamed else await exchange.first_answer()
        if first is None:
            try:
                answer = await _call(route, exchange, arguments)
                if exchange.unkept and isinstance(answer, Answer):
                    await exchange.settle(answer)
                return answer
            except Repeated:  # a twin on another node was faster
                first = await exchange.first_answer()
        if first is None:
            raise Refused("conflict", "The first request with this Idempotency-Key is still at work; try again.")
        return first


async def _call(route: Route, exchange: Exchange, arguments: dict[str, Any]) -> Answer | Stream:
    if route.body is not None:
        arguments["body"] = _body(route, exchange)
    result = await route.handler(**arguments)
    if isinstance(result, (Answer, Stream)):
        return result
    if result is None:
        return Answer(status=route.status)
    return Answer(msgspec.json.encode(result), route.status)


def _query(route: Route, request: Asked) -> dict[str, Any]:
    given: dict[str, Any] = {}
    lists = bodies.lists(route.query) if route.query is not None else ()
    for name, value in request.query_params.multi_items():
        if name in lists:
            given.setdefault(name, []).append(value)
        elif name in given:
            raise problems.invalid(f"/{name}", "was given more than once", "query")
        else:
            given[name] = value
    if route.query is not None:
        return {"query": bodies.decode_query(route.query, given)}
    if given:
        raise problems.invalid(f"/{next(iter(given))}", "this path takes no query parameters", "query")
    return {}


def _body(route: Route, exchange: Exchange) -> Any:
    sent = exchange.headers.get("content-type", "").partition(";")[0].strip().lower()
    if sent not in (route.accepts, *UNSAID) and not (sent.endswith("+json") and route.accepts.endswith("json")):
        raise Refused("unsupported-media-type", f"This path takes {route.accepts}, not {sent}.")
    return exchange.body if route.body is bytes else bodies.decode(route.body, exchange.body)


def _refusal(error: Exception, request_id: str) -> Answer:
    """The problem document of whatever was raised."""
    if isinstance(error, HTTPException):
        error = problems.of_status(error.status_code, error.detail or "The request was refused.")
    elif isinstance(error, DatabaseGone):
        error = Refused("unavailable", str(error), headers={"Retry-After": "1"})
    elif not isinstance(error, Refused):
        runtime.log.error("request failed", request_id=request_id, error=repr(error), exc_info=error)
        detail = "The log holds what happened under this request_id; nothing was changed."
        error = Refused("internal", detail)
    return Answer(error.body(request_id), error.status, error.headers, problems.MEDIA_TYPE)


def _framework_refused(request: Asked, error: Exception) -> Response[bytes]:
    """Unknown paths and methods, and what else happens before a handler."""
    request_id = new_request_id()
    if isinstance(error, HTTPException) and error.status_code == 404:
        error = Refused("not-found", f"There is no path {request.url.path}; {PREFIX}/docs lists all.")
    elif isinstance(error, HTTPException) and error.status_code == 405:
        allow = {key: value for key, value in (error.headers or {}).items() if key.lower() == "allow"}
        error = Refused("method-not-allowed", f"{request.url.path} does not take {request.method}.", headers=allow)
    answer = _refusal(error, request_id)
    headers = {"X-Request-Id": request_id, **answer.headers}
    return Response(answer.body, status_code=answer.status, headers=headers, media_type=answer.media_type)


def new_request_id() -> str:
    return f"req_{secrets.token_hex(8)}"
