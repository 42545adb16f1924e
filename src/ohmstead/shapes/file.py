"""Files: firmware for stations, and what stations uploaded."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

FileKind = Literal["file", "upload"]
FileName = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^/\\\x00-\x1f]+$")]
Version50 = Annotated[str, Meta(min_length=1, max_length=50)]


class File(Struct, frozen=True, kw_only=True):
    """A file; its bytes are at `GET /files/{id}/content`."""

    id: str
    kind: FileKind
    """`file`: an operator's; `upload`: a station's."""
    name: str
    station_id: str | None
    procedure_id: str | None
    size: int
    sha256: str
    md5: str
    """What a local controller checks published firmware by."""
    media_type: str
    firmware_version: str | None
    signed: bool
    """It has a signature that was checked, and can be sent as signed firmware."""
    created_at: datetime


class FileChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The manufacturer's signature (base64) over the file, with the certificate (PEM) of the key that made it; both are
    checked before they are taken."""

    firmware_version: Version50 | UnsetType = UNSET
    signature: Annotated[str, Meta(min_length=1, max_length=800)] | UnsetType = UNSET
    signing_certificate: Annotated[str, Meta(min_length=1, max_length=5500)] | UnsetType = UNSET
