"""L01 to L04: updates, publications and their end, asked of stations.

Nothing unsigned goes to a 2.x station, unless it is asked for so; a signature is checked when it is given to the file,
and its certificate once more before it is sent (A00.FR.707).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, ClassVar

from msgspec import UNSET, Meta, Struct, UnsetType

from ohmstead import runtime
from ohmstead.blocks.command import (
    Ask,
    Calls,
    Command,
    Learnt,
    Outcome,
    Unsupported,
    after,
    before,
    given,
    outcome,
    unless_none,
)
from ohmstead.blocks.procedures import answered, asked_for, expectation
from ohmstead.pki.firmware import NotSigned, check_certificate
from ohmstead.store import certificates, files
from ohmstead.store.bulk import Changed
from ohmstead.store.db import Db

WINDOW = 24 * 3600.0
"""Seconds that an update may take: many stations download at night, and install when nobody charges."""

Location = Annotated[str, Meta(min_length=1, max_length=2000, pattern=r"^[A-Za-z][A-Za-z0-9+.\-]*://[^\s#]+$")]
"""A URL without fragment."""
Retries = Annotated[int, Meta(ge=0, le=100)]
Seconds = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Moment = Annotated[datetime, Meta(tz=True)]
Md5 = Annotated[str, Meta(pattern="^[0-9a-fA-F]{32}$")]


class Image(Struct, frozen=True):
    """Firmware as it can be fetched; `signature` None: it is not signed."""

    location: str
    version: str | None = None
    md5: str | None = None
    signature: str | None = None
    certificate: str | None = None


async def image_of(ask: Ask, db: Db, file_id: str | UnsetType, location: str | UnsetType) -> Image:
    """The firmware of a file of ours, or at a URL. Raises Unsupported."""
    if location is not UNSET:
        return Image(location)
    found = await files.of_tenant(db, ask.station.tenant_id, str(file_id))
    if found is None or found.kind != "file":
        raise Unsupported(f"There is no file {file_id}.")
    if ask.links is None:
        raise Unsupported("This process has no file store.")
    link = ask.links.download(found.id, found.name)
    return Image(link, found.firmware_version, found.md5, found.signature, found.signing_certificate)


def _one_of(file_id: Any, location: Any) -> None:
    if (file_id is UNSET) == (location is UNSET):
        raise ValueError("give file_id or location")


class UpdateFirmware(Command):
    """Let the station install firmware: a file of ours (`file_id`), or one at a URL. Signed, unless `signed` is false.
    Confirmed when it says Installed, or comes up with `version`."""

    actions: ClassVar = ("UpdateFirmware", "SignedUpdateFirmware")
    waits_offline: ClassVar[bool] = True
    file_id: str | UnsetType = UNSET
    location: Location | UnsetType = UNSET
    version: Annotated[str, Meta(min_length=1, max_length=50)] | UnsetType = UNSET
    signed: bool | UnsetType = UNSET
    signature: Annotated[str, Meta(min_length=1, max_length=800)] | UnsetType = UNSET
    """With `location`: base64; the file itself is not seen by us, its certificate is checked."""
    signing_certificate: Annotated[str, Meta(min_length=1, max_length=5500)] | UnsetType = UNSET
    retrieve_at: Moment | UnsetType = UNSET
    install_at: Moment | UnsetType = UNSET
    retries: Retries | UnsetType = UNSET
    retry_interval_s: Seconds | UnsetType = UNSET

    def __post_init__(self) -> None:
        _one_of(self.file_id, self.location)
        if (self.signature is UNSET) != (self.signing_certificate is UNSET):
            raise ValueError("signature and signing_certificate belong together")
        if self.signature is not UNSET and self.location is UNSET:
            raise ValueError("the signature of a file of ours belongs to the file: PATCH /files/{id}")

    async def prepare(self, ask: Ask, db: Db) -> None:
        image = await image_of(ask, db, self.file_id, self.location)
        signature = given(self.signature) or image.signature
        certificate = given(self.signing_certificate) or image.certificate
        version = given(self.version) or image.version
        if self.signed is False:
            signature = certificate = None
        elif certificate is not None:
            roots = await certificates.manufacturers(db, ask.station.tenant_id)
            try:
                check_certificate(certificate, roots, runtime.now())
            except NotSigned as error:
                raise Unsupported(str(error)) from None
        elif self.signed is True or ask.version.dialect == "v2":
            raise Unsupported("This firmware has no signature: PATCH /files/{id} gives it one; or say signed: false.")
        ask.found = Image(image.location, version, image.md5, signature, certificate)

    def to_v16(self, ask: Ask) -> Calls:
        image, at = ask.found, self._retrieve_at(ask)
        if image.signature is None:
            if self.install_at is not UNSET:
                raise Unsupported("OCPP 1.6 cannot say when to install firmware that is not signed.")
            yield ask.v.UpdateFirmwareRequest(
                location=image.location, retrieve_date=at, retries=self.retries, retry_interval=self.retry_interval_s
            )
            return Outcome(True, expects=expectation("firmware", ask.command_id), window=WINDOW)
        answer = yield ask.v.SignedUpdateFirmwareRequest(**self._signed(ask, image, at))
        return outcome(answer, expects=expectation("firmware", ask.command_id), window=WINDOW)

    def to_v2(self, ask: Ask) -> Calls:
        answer = yield ask.v.UpdateFirmwareRequest(**self._signed(ask, ask.found, self._retrieve_at(ask)))
        return outcome(answer, expects=expectation("firmware", ask.command_id), window=WINDOW)

    def _signed(self, ask: Ask, image: Image, at: datetime) -> dict[str, Any]:
        firmware = ask.v.FirmwareType(
            location=image.location,
            retrieve_date_time=at,
            install_date_time=self.install_at,
            signing_certificate=unless_none(image.certificate),
            signature=unless_none(image.signature),
        )
        return {
            "request_id": ask.remote_start_id,
            "firmware": firmware,
            "retries": self.retries,
            "retry_interval": self.retry_interval_s,
        }

    def _retrieve_at(self, ask: Ask) -> datetime:
        return runtime.to_datetime(ask.at_once(runtime.now())) if self.retrieve_at is UNSET else self.retrieve_at


class PublishFirmware(Command):
    """Let a local controller fetch firmware and publish it to the stations behind it. Confirmed when it says so."""

    actions: ClassVar = ("PublishFirmware",)
    waits_offline: ClassVar[bool] = True
    file_id: str | UnsetType = UNSET
    location: Location | UnsetType = UNSET
    checksum: Md5 | UnsetType = UNSET
    """MD5 of the file; of a file of ours it is known."""
    retries: Retries | UnsetType = UNSET
    retry_interval_s: Seconds | UnsetType = UNSET

    def __post_init__(self) -> None:
        _one_of(self.file_id, self.location)
        if (self.location is UNSET) != (self.checksum is UNSET):
            raise ValueError("give the checksum with a location, and with a location only")

    async def prepare(self, ask: Ask, db: Db) -> None:
        ask.found = await image_of(ask, db, self.file_id, self.location)

    def to_v2(self, ask: Ask) -> Calls:
        answer = yield ask.v.PublishFirmwareRequest(
            location=ask.found.location,
            checksum=ask.found.md5 if self.checksum is UNSET else self.checksum,
            request_id=ask.remote_start_id,
            retries=self.retries,
            retry_interval=self.retry_interval_s,
        )
        return outcome(answer, expects=expectation("publish_firmware", ask.command_id), window=WINDOW)


class UnpublishFirmware(Command):
    """Let a local controller publish that firmware no more."""

    actions: ClassVar = ("UnpublishFirmware",)
    checksum: Md5

    def to_v2(self, ask: Ask) -> Calls:
        answer = yield ask.v.UnpublishFirmwareRequest(checksum=self.checksum)
        good = answer.status == "Unpublished"
        return Outcome(good, None if good else answer.status)


# ---------------------------------------------------------------------- what these calls begin, raw ones too


@before("UpdateFirmware", "SignedUpdateFirmware")
def update_asked(ask: Ask, req: Any, now: int) -> Sequence[Changed]:
    firmware = getattr(req, "firmware", req)
    wanted: dict[str, Any] = {"location": firmware.location}
    wanted["signed"] = given(getattr(firmware, "signature", UNSET)) is not None
    if isinstance(ask.found, Image) and ask.found.version is not None:
        wanted["version"] = ask.found.version
    return asked_for(ask, "firmware", given(getattr(req, "request_id", UNSET)), wanted, now)


@before("PublishFirmware")
def publication_asked(ask: Ask, req: Any, now: int) -> Sequence[Changed]:
    return asked_for(ask, "publish_firmware", req.request_id, {"location": req.location, "checksum": req.checksum}, now)


@after("UpdateFirmware", "SignedUpdateFirmware", "PublishFirmware")
async def update_answered(ask: Ask, db: Db, req: Any, answer: Any, now: int) -> Learnt:
    return await answered(ask, db, answer, now)
