"""M03, M04, M05: the certificates that a station trusts: installed, listed, deleted."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

from msgspec import UNSET, Meta, Struct, UnsetType

from ohmstead.blocks import Call, feed_event
from ohmstead.blocks.command import Ask, Calls, Command, Learnt, Outcome, Unsupported, after, given, outcome
from ohmstead.blocks.plug_and_charge_16 import by_data
from ohmstead.domain.installed import Algorithm, HashData, Material
from ohmstead.ocpp.versions import V16, V21
from ohmstead.pki.certificate import UNREADABLE, from_pem, material, to_pem
from ohmstead.store import installed_certificates
from ohmstead.store.bulk import Changed
from ohmstead.store.db import Db
from ohmstead.store.installed_certificates import Installed
from ohmstead.store.sessions import Station

Root = Literal[
    "V2GRootCertificate",
    "MORootCertificate",
    "CSMSRootCertificate",
    "ManufacturerRootCertificate",
    "OEMRootCertificate",
]
Kind = Literal[
    "V2GRootCertificate", "MORootCertificate", "CSMSRootCertificate", "V2GCertificateChain",
    "ManufacturerRootCertificate", "OEMRootCertificate",
]  # fmt: skip
IN_16: dict[Root, str] = {
    "CSMSRootCertificate": "CentralSystemRootCertificate",
    "ManufacturerRootCertificate": "ManufacturerRootCertificate",
}
FROM_16 = {word: name for name, word in IN_16.items()}
KINDS = (
    "V2GRootCertificate", "MORootCertificate", "CSMSRootCertificate", "V2GCertificateChain",
    "ManufacturerRootCertificate", "OEMRootCertificate",
)  # fmt: skip
CSMS_ROOT = "CSMSRootCertificate"
WITH_TLS = 2
"""The lowest security profile in which a station checks our certificate."""
LONGEST, LONGEST_21 = 5500, 10_000
"""Characters of a certificate."""


class InstallCertificate(Command):
    """Let the station trust a root (M05). `certificate` is one certificate in PEM."""

    actions: ClassVar = ("InstallCertificate",)
    waits_offline: ClassVar[bool] = True
    certificate_type: Root
    certificate: Annotated[str, Meta(min_length=1, max_length=20_000)]

    def _pem(self, longest: int) -> str:
        try:
            (one,) = from_pem(self.certificate)
        except UNREADABLE:
            raise Unsupported("certificate is not one certificate in PEM.") from None
        pem = to_pem([one])
        if len(pem) > longest:
            raise Unsupported(f"The certificate has {len(pem)} characters; this version of OCPP takes {longest}.")
        return pem

    def to_v16(self, ask: Ask) -> Calls:
        return self._native_16(ask) if self.certificate_type in IN_16 else by_data(ask, self.to_v2)

    def _native_16(self, ask: Ask) -> Calls:
        pem = self._pem(LONGEST)
        answer = yield ask.v.InstallCertificateRequest(certificate_type=in_16(self.certificate_type), certificate=pem)
        return outcome(answer)

    def to_v2(self, ask: Ask) -> Calls:
        if self.certificate_type == "OEMRootCertificate" and ask.version is not V21:
            raise Unsupported(f"OCPP {ask.version.name} has no OEMRootCertificate.")
        pem = self._pem(LONGEST_21 if ask.version is V21 else LONGEST)
        answer = yield ask.v.InstallCertificateRequest(certificate_type=self.certificate_type, certificate=pem)
        return outcome(answer)


def in_16(kind: str) -> str:
    """The word of 1.6 for a kind of root. Raises Unsupported."""
    if kind not in IN_16:
        raise Unsupported(f"OCPP 1.6 has no {kind}.")
    return IN_16[kind]


class CertificateHash(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Hash data as the station gave it."""

    hash_algorithm: Algorithm
    issuer_name_hash: Annotated[str, Meta(min_length=1, max_length=128)]
    issuer_key_hash: Annotated[str, Meta(min_length=1, max_length=128)]
    serial_number: Annotated[str, Meta(min_length=1, max_length=40)]


class Held(NamedTuple):
    """What the station said that it holds."""

    kind: str | None
    """Of the certificate that is to go; None: it is not known."""
    others: tuple[HashData, ...]
    """Other roots of ours that it trusts."""


class DeleteCertificate(Command):
    """Take a certificate away (M04): `hash_data` as the station reported it (the same algorithm, M04.FR.07). The
    last root above what our TLS ports show stays: without it the station could not connect any more."""

    actions: ClassVar = ("DeleteCertificate",)
    waits_offline: ClassVar[bool] = True
    hash_data: CertificateHash

    async def prepare(self, ask: Ask, db: Db) -> None:
        """Whether the station listed it among those for vehicles: in 1.6 there are other words for these."""
        key = _key(self.hash_data)
        known = await installed_certificates.of_station(db, ask.station.id)
        kind = next((one.certificate_type for one in known if _key(one.hash_data) == key), None)
        roots = (one.hash_data for one in known if one.certificate_type == CSMS_ROOT)
        ask.found = Held(kind, tuple(one for one in roots if _key(one) != key))

    def to_v16(self, ask: Ask) -> Calls:
        kind = None if ask.found is None else ask.found.kind
        return self.to_v2(ask) if kind is None or kind in IN_16 else by_data(ask, self.to_v2)

    def to_v2(self, ask: Ask) -> Calls:
        one = self.hash_data
        if (lost := self._lost(ask)) is not None:
            return Outcome(False, lost)
        data = ask.v.CertificateHashDataType(
            hash_algorithm=one.hash_algorithm, issuer_name_hash=one.issuer_name_hash,
            issuer_key_hash=one.issuer_key_hash, serial_number=one.serial_number,
        )  # fmt: skip
        answer = yield ask.v.DeleteCertificateRequest(certificate_hash_data=data)
        return outcome(answer)

    def _lost(self, ask: Ask) -> str | None:
        """Why the station would trust us no more; None: it would, as far as names tell."""
        held = ask.found or Held(None, ())
        if ask.station.security_profile < WITH_TLS or held.kind not in (None, CSMS_ROOT):
            return None
        for chain in ask.shown:
            names = [one.issuer.public_bytes() for one in chain]
            if _names(self.hash_data, names) and not any(_names(other, names) for other in held.others):
                top = chain[-1].subject.rfc4514_string()
                text = f"The station has no other root above {top}, which our TLS ports show"
                return f"{text}: without it it could not connect any more. Install another one first."
        return None


def _names(one: HashData | CertificateHash, issuers: Sequence[bytes]) -> bool:
    """Whether it is the certificate of one of these issuers, by the name: roots bear their own."""
    digests = (hashlib.new(one.hash_algorithm.lower(), name).hexdigest() for name in issuers)
    return one.issuer_name_hash.lower() in digests


class GetInstalledCertificateIds(Command):
    """Ask what is installed (M03); without `certificate_types` for everything."""

    actions: ClassVar = ("GetInstalledCertificateIds",)
    certificate_types: Annotated[list[Kind], Meta(min_length=1)] | UnsetType = UNSET

    def to_v16(self, ask: Ask) -> Calls:
        kinds: Sequence[Kind] = list(IN_16) if self.certificate_types is UNSET else self.certificate_types
        others = [kind for kind in kinds if kind not in IN_16]
        found = Outcome(True)
        for kind in kinds:
            if kind in IN_16:
                answer = yield ask.v.GetInstalledCertificateIdsRequest(certificate_type=in_16(kind))
                found = _listed(answer)
        if others:
            found = yield from by_data(ask, partial(self._listing, others))
        return found

    def to_v2(self, ask: Ask) -> Calls:
        return self._listing(self.certificate_types, ask)

    @staticmethod
    def _listing(kinds: list[Kind] | UnsetType, ask: Ask) -> Calls:
        answer = yield ask.v.GetInstalledCertificateIdsRequest(certificate_type=kinds)
        return _listed(answer)


def _listed(answer: Any) -> Outcome:
    """NotFound is a good answer: there is none."""
    return Outcome(True, None if answer.status == "Accepted" else "it has none")


def list_after_boot(call: Call, before: Station) -> None:
    """What is installed is asked on our own: once, and again when a boot tells of other firmware."""
    station = call.station
    if station.registration != "accepted" or not call.settings.stations.makes("certificate_inventory"):
        return
    if before.booted_at is None or before.firmware_version != station.firmware_version:
        call.ask("get_installed_certificate_ids")


# ---------------------------------------------------------------------- what the answers teach


@after("GetInstalledCertificateIds")
async def _told(ask: Ask, db: Db, request: Any, answer: Any, now: int) -> Learnt:
    if answer is None or (answer.status == "NotFound" and given(getattr(answer, "status_info", UNSET)) is not None):
        return Learnt()
    if ask.version is V16:
        kinds: tuple[str, ...] = (FROM_16[request.certificate_type],)
        found = [Installed(kinds[0], read_hash_data(one), (), now) for one in given(answer.certificate_hash_data) or ()]
    else:
        kinds = tuple(given(request.certificate_type) or KINDS)
        found = [
            Installed(
                one.certificate_type, read_hash_data(one.certificate_hash_data),
                tuple(read_hash_data(below) for below in given(one.child_certificate_hash_data) or ()), now,
            )
            for one in given(answer.certificate_hash_data_chain) or ()
        ]  # fmt: skip
    return Learnt(installed_certificates.told(ask.station.tenant_id, ask.station.id, kinds, found))


def read_hash_data(one: Any) -> HashData:
    """CertificateHashDataType of any version."""
    return HashData(
        hash_algorithm=one.hash_algorithm, issuer_name_hash=one.issuer_name_hash, issuer_key_hash=one.issuer_key_hash,
        serial_number=one.serial_number,
    )  # fmt: skip


def _key(one: HashData | CertificateHash) -> tuple[str, str, str]:
    return one.issuer_name_hash.lower(), one.issuer_key_hash.lower(), one.serial_number.lower()


@after("InstallCertificate")
async def _installed(ask: Ask, db: Db, request: Any, answer: Any, now: int) -> Learnt:
    """Told in the feed; what the station calls it stands in its own list, and what it will be until then is a guess."""
    if answer is None or answer.status != "Accepted":
        return Learnt()
    station, kind = ask.station, FROM_16.get(request.certificate_type, request.certificate_type)
    data = {"station_id": station.identity, "certificate_type": kind}
    rows: list[Changed] = []
    if (made := _of(request.certificate)) is not None:
        known = await installed_certificates.of_station(db, station.id)
        names = {one.hash_data.hash_algorithm for one in known}
        algorithm: Algorithm = names.pop() if len(names) == 1 else "SHA256"
        one = Installed(kind, made.hashed(algorithm), (), now)
        rows.append(installed_certificates.added(station.tenant_id, station.id, one))
    return Learnt(rows, [feed_event(station, "certificate.root_installed", data, now)])


def _of(pem: str) -> Material | None:
    try:
        one = from_pem(pem)[0]
        return material(one, one) if one.subject == one.issuer else None
    except UNREADABLE:
        return None


@after("DeleteCertificate")
async def _deleted(ask: Ask, db: Db, request: Any, answer: Any, now: int) -> Learnt:
    if answer is None or answer.status not in ("Accepted", "NotFound"):
        return Learnt()
    station, one = ask.station, read_hash_data(request.certificate_hash_data)
    events = []
    if answer.status == "Accepted":
        data = {"station_id": station.identity, "serial_number": one.serial_number}
        events.append(feed_event(station, "certificate.root_deleted", data, now))
    return Learnt([installed_certificates.gone(station.id, one)], events)
