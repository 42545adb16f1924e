"""Files: firmware that operators add, and what stations upload."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Annotated, Any
from urllib.parse import quote

from msgspec import UNSET, Meta, Struct

from ohmstead import runtime
from ohmstead.api.disk import Cut
from ohmstead.api.exchange import Answer, Exchange
from ohmstead.api.paging import PageQuery, page, position
from ohmstead.api.problems import Refused, invalid, not_found
from ohmstead.api.ranges import Unsatisfiable, part_of
from ohmstead.api.resources.stations import wanted
from ohmstead.api.routes import Routes, Stream
from ohmstead.pki.firmware import NotSigned, check_certificate, check_signature
from ohmstead.shapes.common import Page
from ohmstead.shapes.file import File, FileChange, FileKind, FileName, Version50
from ohmstead.store import certificates
from ohmstead.store import files as own
from ohmstead.store.resources import files

routes = Routes("Files")
UPLOAD_SECONDS = 6 * 3600.0
IDLE = 60.0
Row = dict[str, Any]


class FileQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    kind: Annotated[FileKind, Meta(description="file: an operator's; upload: a station's")] | None = None
    name: FileName | None = None
    station_id: str | None = None


class NewFileQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: FileName
    firmware_version: Version50 | None = None


@routes.get("/files", scope="files:read")
async def list_files(exchange: Exchange, query: FileQuery) -> Page[File]:
    """Files, newest first: firmware that operators added, logs that stations uploaded."""
    station = None if query.station_id is None else (await wanted(exchange, query.station_id))["id"]
    found = await files.page(
        exchange.db, exchange.tenant_id, exchange.sites, limit=query.limit, cursor=position(query), kind=query.kind,
        name=query.name, station=station,
    )  # fmt: skip
    return page(found, files.form)


@routes.post(
    "/files",
    scope="files:write",
    status=201,
    gives=File,
    accepts="application/octet-stream",
    streamed=True,
    everywhere=True,
)
async def add_file(exchange: Exchange, query: NewFileQuery) -> Answer:
    """Add a file, its bytes as the body. Its content never changes: another one is another file."""
    assert exchange.blocks is not None
    number, now = await exchange.context.ids.take(), runtime.now()
    most = exchange.context.settings.files.max_file_mb * 1024 * 1024
    disk = exchange.context.disk
    try:
        taken = await disk.receive(number, _blocks(exchange.blocks), most, UPLOAD_SECONDS, IDLE)
    except Cut as cut:
        raise Refused("too-large" if cut.status == 413 else "bad-request", f"The file was not taken: {cut}.") from None
    exchange.digest = f"{taken.sha256} {query.name} {query.firmware_version}"
    one = own.File(
        id=number, tenant_id=exchange.tenant_id, kind="file", name=query.name, station_id=None, procedure_id=None,
        size=taken.size, sha256=taken.sha256, md5=taken.md5, media_type="application/octet-stream",
        firmware_version=query.firmware_version, signature=None, signing_certificate=None, created_at=now,
        changed_at=taken.changed_at,
    )  # fmt: skip
    try:
        async with exchange.transaction() as tx:
            await files.add(tx, one)
            await exchange.audit(tx, "file.add", str(number), {"name": one.name, "sha256": one.sha256})
            row = {name: getattr(one, name) for name in own.File.__struct_fields__}
            return exchange.made(files.form({**row, "identity": None}), Location=f"/api/v1/files/{number}")
    except BaseException:
        disk.remove(number)
        raise


async def _blocks(stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    async for block in stream:
        if block:
            yield block


async def _wanted(exchange: Exchange, id: str) -> Row:
    row = await files.find(exchange.db, exchange.tenant_id, exchange.sites, id)
    if row is None:
        raise not_found("file", id)
    return row


@routes.get("/files/{id}", scope="files:read")
async def show_file(exchange: Exchange, id: str) -> File:
    """What is known of a file."""
    return files.form(await _wanted(exchange, id))


@routes.get("/files/{id}/content", scope="files:read", gives=bytes, media_type="application/octet-stream", also=(206,))
async def show_content(exchange: Exchange, id: str) -> Stream:
    """The bytes of a file, or a part of them (Range)."""
    row = await _wanted(exchange, id)
    disk, size = exchange.context.disk, row["size"]
    if not disk.is_unchanged(row["id"], size, row["changed_at"]):
        raise Refused("gone", "The file is not on the disk as it was taken; it is not given any more.")
    try:
        part = part_of(exchange.headers.get("range"), size)
    except Unsatisfiable:
        raise Refused(
            "range", "The range begins after the end.", headers={"Content-Range": f"bytes */{size}"}
        ) from None
    start, end = part or (0, size)
    headers = {
        "Content-Length": str(end - start), "Accept-Ranges": "bytes", "X-Content-Type-Options": "nosniff",
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(row['name'], safe='')}",
    }  # fmt: skip
    if part is not None:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    return Stream(disk.read(row["id"], start, end), "application/octet-stream", 206 if part else 200, headers)


@routes.patch("/files/{id}", scope="files:write")
async def change_file(exchange: Exchange, id: str, body: FileChange) -> File:
    """Name the firmware's version, or add its signature: checked over the file and back to a manufacturer's root that
    is trusted, and refused (422) where it does not hold."""
    row = await _wanted(exchange, id)
    values = {name: row[name] for name in ("firmware_version", "signature", "signing_certificate")}
    values |= {name: given for name in values if (given := getattr(body, name)) is not UNSET}
    if body.signature is not UNSET or body.signing_certificate is not UNSET:
        if values["signature"] is None or values["signing_certificate"] is None:
            raise invalid("/signature", "signature and signing_certificate belong together")
        await _check(exchange, row, values)
    async with exchange.transaction() as tx:
        await files.change(tx, row["id"], values)
        await exchange.audit(tx, "file.change", id, {"firmware_version": values["firmware_version"],
                                                     "signed": values["signature"] is not None})  # fmt: skip
    return files.form({**row, **values})


async def _check(exchange: Exchange, row: Row, values: Mapping[str, Any]) -> None:
    roots = await certificates.manufacturers(exchange.db, exchange.tenant_id)
    try:
        signer = check_certificate(values["signing_certificate"], roots, runtime.now())
    except NotSigned as error:
        raise invalid("/signing_certificate", str(error)) from None
    try:
        await asyncio.to_thread(check_signature, signer, values["signature"], exchange.context.disk.path(row["id"]))
    except NotSigned as error:
        raise invalid("/signature", str(error)) from None


@routes.delete("/files/{id}", scope="files:write")
async def remove_file(exchange: Exchange, id: str) -> None:
    """Remove a file. A station that was told to fetch it finds nothing."""
    row = await _wanted(exchange, id)
    async with exchange.transaction() as tx:
        await files.remove(tx, row["id"])
        await exchange.audit(tx, "file.remove", id, {"name": row["name"], "sha256": row["sha256"]})
    exchange.context.disk.remove(row["id"])
