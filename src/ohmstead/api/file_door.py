"""Where stations bring and fetch files: an ASGI application in front of the API, or on an address of its own.

    GET, HEAD  /files/download/{file}/{secret}/{name}       with ranges
    PUT, POST  /files/upload/{procedure}/{secret}[/{name}]  raw or multipart/form-data (N01: both)

The secret in the path is all that it takes: stations send no API key, and many no password. Nothing here redirects
(N01.FR.26). What does not end is cut.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import unquote

from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from ohmstead import runtime
from ohmstead.api.context import Context
from ohmstead.api.disk import Cut, Received
from ohmstead.api.ranges import Unsatisfiable, part_of
from ohmstead.store import procedures
from ohmstead.store.db import DatabaseGone, Event, encode
from ohmstead.store.files import File, find
from ohmstead.store.resources import files
from ohmstead.store.sessions import load_state

PREFIX = "/files/"
OPEN_FOR = 24 * 3600 * 1_000_000
"""Microseconds after it was asked for in which a log may come."""
MOST_UPLOADS = 5
"""Files that one procedure may bring: stations try again."""
IDLE = 60.0
"""Seconds that an upload may pause."""
OCTETS = "application/octet-stream"
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class FileDoor:
    """The application; everything but files goes to `inner` (None: nothing else is here)."""

    def __init__(self, context: Context, inner: Any = None) -> None:
        self._context, self._inner = context, inner

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (self._inner is None or scope["path"].startswith(PREFIX)):
            await self._serve(scope, receive, send)
        elif self._inner is not None:
            await self._inner(scope, receive, send)

    async def _serve(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        method, steps = scope["method"], [unquote(step) for step in scope["path"].removeprefix(PREFIX).split("/")]
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        try:
            if method in ("GET", "HEAD") and len(steps) == 4 and steps[0] == "download":
                await self._download(steps[1], steps[2], method, headers, send)
            elif method in ("PUT", "POST") and len(steps) >= 3 and steps[0] == "upload":
                name = steps[-1] if len(steps) > 3 and steps[-1] else None
                await self._upload(steps[1], steps[2], name, headers, receive)
                await _say(send, 201, "taken")
            else:
                await _say(send, 404, "there is nothing here")
        except Cut as cut:
            await _say(send, cut.status, str(cut))
        except DatabaseGone as error:
            await _say(send, 503, str(error))
        except Exception as error:
            runtime.log.error("file not served", method=method, error=repr(error), exc_info=error)
            await _say(send, 500, "the log of the server holds what happened")

    # ---- download

    async def _download(self, id: str, secret: str, method: str, headers: Mapping[str, str], send: Send) -> None:
        found = await find(self._context.db, id) if self._context.links.opens("download", id, secret) else None
        if found is None or found.kind != "file":
            raise Cut(404, "there is no such file")
        await self.give(found, method, headers, send)

    async def give(self, file: File, method: str, headers: Mapping[str, str], send: Send) -> None:
        """Send the file, or the part of it that a Range asks for. Raises Cut."""
        disk, size = self._context.disk, file.size
        if not disk.is_unchanged(file.id, size, file.changed_at):  # signed or published was another content
            runtime.log.error("a file changed on disk and is not given", file=file.id, name=file.name)
            raise Cut(410, "the file is not what it was when it was checked")
        etag = f'"{file.sha256}"'
        asked = headers.get("range") if headers.get("if-range", etag) == etag else None
        try:
            part = part_of(asked, size)
        except Unsatisfiable:
            return await _start(send, 416, {"content-range": f"bytes */{size}", "content-length": "0"}, last=True)
        start, end = part or (0, size)
        head = {"content-length": str(end - start), "content-type": file.media_type, "etag": etag,
                "accept-ranges": "bytes", "cache-control": "no-store"}  # fmt: skip
        if part is not None:
            head["content-range"] = f"bytes {start}-{end - 1}/{size}"
        await _start(send, 206 if part else 200, head, last=method == "HEAD")
        if method != "HEAD":
            async for block in disk.read(file.id, start, end):
                await send({"type": "http.response.body", "body": block, "more_body": True})
            await send({"type": "http.response.body", "body": b""})

    # ---- upload

    async def _upload(
        self, id: str, secret: str, name: str | None, headers: Mapping[str, str], receive: Receive
    ) -> None:
        context, limits = self._context, self._context.settings.files
        found = await procedures.owned(context.db, id) if context.links.opens("upload", id, secret) else None
        if found is None or runtime.now() - found.procedure.asked_at > OPEN_FOR:
            raise Cut(404, "nothing is awaited here")
        page = await files.page(context.db, found.tenant_id, None, limit=MOST_UPLOADS, procedure=id)
        if len(page.rows) >= MOST_UPLOADS:
            raise Cut(409, f"{MOST_UPLOADS} files have come here already")
        most = limits.max_upload_mb * 1024 * 1024
        if (length := headers.get("content-length", "")).isdigit() and int(length) > most + 65536:
            raise Cut(413, f"more than {most} bytes are not taken")
        body = _Body(headers, receive)
        number = await context.ids.take()
        taken = await context.disk.receive(number, body.blocks(), most, limits.upload_minutes * 60.0, IDLE)
        named = name or body.name or found.procedure.told.get("filename") or f"{found.procedure.kind}-{id}"
        try:
            await self._keep(number, found, named, body.media_type, taken)
        except BaseException:
            context.disk.remove(number)
            raise

    async def _keep(self, number: int, found: procedures.Owned, name: str, media_type: str, taken: Received) -> None:
        one, now = found.procedure, runtime.now()
        file = File(
            id=number, tenant_id=found.tenant_id, kind="upload", name=_safe(name), station_id=found.station_id,
            procedure_id=one.id, size=taken.size, sha256=taken.sha256, md5=taken.md5, media_type=media_type,
            firmware_version=None, signature=None, signing_certificate=None, created_at=now,
            changed_at=taken.changed_at,
        )  # fmt: skip
        station = (await load_state(self._context.db, found.station_id)).station
        async with self._context.db.transaction() as tx:
            await files.add(tx, file)
            shown = encode(files.form({**_row(file), "identity": station.identity}))
            tx.emit(Event(found.tenant_id, "ohmstead.file.received", station.identity, now, shown))


class _Body:
    """A request's body as blocks of the file that is in it."""

    def __init__(self, headers: Mapping[str, str], receive: Receive) -> None:
        kind, options = parse_options_header(headers.get("content-type", ""))
        self._boundary = options.get("boundary") if kind.lower() == "multipart/form-data" else None
        self._receive = receive
        self.name: str | None = None
        self.media_type = OCTETS if self._boundary else _media_type(kind)

    def blocks(self) -> AsyncIterator[bytes]:
        return self._raw() if self._boundary is None else self._file(self._boundary)

    async def _raw(self) -> AsyncIterator[bytes]:
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise Cut(400, "the connection ended before the file did")
            if message.get("body"):
                yield message["body"]
            if not message.get("more_body"):
                return

    async def _file(self, boundary: str) -> AsyncIterator[bytes]:
        """The first part that is a file; forms may have fields before it."""
        parser, wanted, done = PushMultipartParser(boundary, max_segment_count=20), False, False
        try:
            async for block in self._raw():
                for event in parser.parse(block):
                    if isinstance(event, MultipartSegment):
                        wanted = not done and event.filename is not None
                        if wanted:
                            self.name, self.media_type = event.filename, _media_type(event.content_type or "")
                    elif event is None:
                        done, wanted = done or wanted, False
                    elif wanted and event:
                        yield bytes(event)
            parser.close()
        except MultipartError as error:
            raise Cut(400, f"the form cannot be read: {error}") from None
        if not done:
            raise Cut(400, "there is no file in the form")


def _media_type(text: str) -> str:
    """As it was said, unless it would be shown as a page of ours."""
    kind = text.strip().lower()
    return (
        kind if kind.startswith(("application/", "text/plain")) and len(kind) < 100 and kind.isprintable() else OCTETS
    )


def _safe(name: str) -> str:
    plain = "".join(c for c in name.replace("\\", "/").rpartition("/")[2] if c.isprintable())
    return plain[:200] or "file"


def _row(file: File) -> dict[str, Any]:
    return {name: getattr(file, name) for name in File.__struct_fields__}


async def _start(send: Send, status: int, headers: Mapping[str, str], *, last: bool) -> None:
    pairs = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    if last:
        await send({"type": "http.response.body", "body": b""})


async def _say(send: Send, status: int, text: str) -> None:
    body = f"{text}\n".encode()
    headers = {"content-type": "text/plain; charset=utf-8", "content-length": str(len(body))}
    if status in (408, 413):
        headers["connection"] = "close"
    await _start(send, status, headers, last=False)
    await send({"type": "http.response.body", "body": body})
