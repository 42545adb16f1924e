"""The roots of a station brought to what they should be: listed, installed, listed again, and only then deleted."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Annotated, Any, ClassVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from msgspec import Meta

from ohmstead.blocks.command import Ask, Calls, Command, Outcome, Unsupported, given, outcome
from ohmstead.blocks.installing import CSMS_ROOT, IN_16, LONGEST, LONGEST_21, WITH_TLS, Root, in_16, read_hash_data
from ohmstead.blocks.plug_and_charge_16 import by_data
from ohmstead.domain.device_model import Model, Name
from ohmstead.domain.installed import HashData
from ohmstead.domain.root_store import Plan, Wanted, plan
from ohmstead.ocpp.versions import V16, V21
from ohmstead.pki.certificate import UNREADABLE, from_pem, material, to_pem
from ohmstead.store import device_model
from ohmstead.store.db import Db

ENTRIES = Name("SecurityCtrlr", "CertificateEntries")
ENTRIES_16 = Name("", "CertificateStoreMaxLength")
CHECKS = Name("SecurityCtrlr", "AdditionalRootCertificateCheck")
CHECKS_16 = Name("", "AdditionalRootCertificateCheck")


class SetRoots(Command):
    """Let the station trust these roots of one kind (M03 to M05): those that are missing are installed; with
    `remove_others` all others of the kind are deleted, once the station says that it holds all of these; for
    CSMSRootCertificate only where one of them is above what our TLS ports show."""

    actions: ClassVar = ("GetInstalledCertificateIds", "InstallCertificate", "DeleteCertificate")
    waits_offline: ClassVar[bool] = True
    roots: Annotated[list[Annotated[str, Meta(min_length=1, max_length=20_000)]], Meta(min_length=1, max_length=10)]
    """PEM, one certificate each; one signed by another of them counts as vouched for by it."""
    certificate_type: Root = "CSMSRootCertificate"
    remove_others: bool = False

    async def prepare(self, ask: Ask, db: Db) -> None:
        names = [ENTRIES, ENTRIES_16, CHECKS, CHECKS_16]
        ask.known = await device_model.load_some(db, ask.station.tenant_id, ask.station.id, names)

    def to_v16(self, ask: Ask) -> Calls:
        return self._bring_about(ask) if self.certificate_type in IN_16 else by_data(ask, self.to_v2)

    def to_v2(self, ask: Ask) -> Calls:
        if self.certificate_type == "OEMRootCertificate" and ask.version is not V21:
            raise Unsupported(f"OCPP {ask.version.name} has no OEMRootCertificate.")
        return self._bring_about(ask)

    def _bring_about(self, ask: Ask) -> Calls:
        wanted = wanted_roots(self.roots, LONGEST_21 if ask.version is V21 else LONGEST)
        if self.certificate_type == CSMS_ROOT and self.remove_others and (lost := _lost(ask, self.roots)) is not None:
            return Outcome(False, lost)
        installed = yield from self._listed(ask)
        todo = self._plan(ask, wanted, installed)
        if todo.obstacle is not None:
            return Outcome(False, todo.obstacle)
        for root in todo.install:
            answer = yield ask.v.InstallCertificateRequest(certificate_type=self._kind(ask), certificate=root.pem)
            found = outcome(answer)
            if not found.accepted:
                return Outcome(False, f"InstallCertificate of {root.name}: {found.reason}; nothing was deleted.")
        if todo.install:
            installed = yield from self._listed(ask)
        missing = [root.name for root in wanted if not root.is_in(installed)]
        if missing:
            return Outcome(False, f"It accepted {', '.join(missing)} and does not list it; nothing was deleted.")
        for one in todo.delete:
            answer = yield _delete(ask, one)
            if answer.status == "Failed":
                return Outcome(False, f"DeleteCertificate of {one.serial_number}: Failed; all that it needs is there.")
        return Outcome(True, f"{len(todo.install)} installed, {len(todo.delete)} deleted")

    def _plan(self, ask: Ask, wanted: Sequence[Wanted], installed: Sequence[HashData]) -> Plan:
        checks = self.certificate_type == CSMS_ROOT and _checks(ask.known)
        return plan(wanted, installed, remove_others=self.remove_others, slots=_slots(ask.known), checks=checks)

    def _kind(self, ask: Ask) -> str:
        return in_16(self.certificate_type) if ask.version is V16 else self.certificate_type

    def _listed(self, ask: Ask) -> Generator[Any, Any, list[HashData]]:
        """What it holds of the kind, in its own words."""
        kind = self._kind(ask)
        if ask.version is V16:
            answer = yield ask.v.GetInstalledCertificateIdsRequest(certificate_type=kind)
            return [read_hash_data(one) for one in given(answer.certificate_hash_data) or ()]
        answer = yield ask.v.GetInstalledCertificateIdsRequest(certificate_type=[kind])
        return [read_hash_data(one.certificate_hash_data) for one in given(answer.certificate_hash_data_chain) or ()]


def _lost(ask: Ask, roots: Sequence[str]) -> str | None:
    """Why the station would trust us no more if these were the only roots it has; None: it would."""
    if ask.station.security_profile < WITH_TLS:
        return None
    read = [from_pem(pem)[0] for pem in roots]
    for chain in ask.shown:
        if not any(one in read or any(_signed(one, root) for root in read) for one in chain):
            text = f"None of roots is above {chain[-1].subject.rfc4514_string()}, which we show at our TLS ports"
            return f"{text}: without it the station could not connect any more. Nothing was asked of it."
    return None


def _delete(ask: Ask, one: HashData) -> Any:
    """In the very words in which it was listed (M04.FR.07)."""
    data = ask.v.CertificateHashDataType(
        hash_algorithm=one.hash_algorithm, issuer_name_hash=one.issuer_name_hash, issuer_key_hash=one.issuer_key_hash,
        serial_number=one.serial_number,
    )  # fmt: skip
    return ask.v.DeleteCertificateRequest(certificate_hash_data=data)


def wanted_roots(roots: Sequence[str], longest: int = LONGEST_21) -> list[Wanted]:
    """Roots in PEM as `domain.root_store` wants them. Raises Unsupported."""
    read = [_read(pem, longest) for pem in roots]
    found = []
    for one in read:
        signers = [other for other in read if other is not one and _signed(one, other)]
        issuer = one if one.subject == one.issuer or not signers else signers[0]
        found.append(
            Wanted(
                name=one.subject.rfc4514_string(), pem=to_pem([one]), material=material(one, issuer),
                vouched_by=tuple(other.subject.rfc4514_string() for other in signers),
            )
        )  # fmt: skip
    return found


def _read(pem: str, longest: int) -> x509.Certificate:
    try:
        (one,) = from_pem(pem)
    except UNREADABLE:
        raise Unsupported("One of roots is not one certificate in PEM.") from None
    if len(to_pem([one])) > longest:
        raise Unsupported(f"One of roots is longer than the {longest} characters that this version of OCPP takes.")
    return one


def _signed(one: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        one.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _slots(known: Model) -> int | None:
    """How many certificates it can hold, as far as it said."""
    variable = known.variables.get(ENTRIES.key)
    limit = None if variable is None or variable.characteristics is None else variable.characteristics.max_limit
    if limit is not None:
        return int(limit)
    said = known.value(ENTRIES_16)
    return int(said) if said is not None and said.isdecimal() else None


def _checks(known: Model) -> bool:
    return any((known.value(name) or "").lower() == "true" for name in (CHECKS, CHECKS_16))
