"""Certificates of stations, and the authorities behind them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from ohmstead.shapes.common import Identity, Text255
from ohmstead.shapes.station import Station

CertificateUse = Literal["charging_station", "v2g"]
CertificateState = Literal["issued", "sent", "installed", "seen", "retired", "revoked", "failed"]
RenewalState = Literal[
    "waiting", "offline", "asked", "signing", "installing", "installed", "failed", "manual", "expired"
]
RevocationReason = Literal[
    "unspecified",
    "key_compromise",
    "ca_compromise",
    "affiliation_changed",
    "superseded",
    "cessation_of_operation",
    "privilege_withdrawn",
    "aa_compromise",
]
"""RFC 5280, 5.3.1; a hold, which could be taken back, is not known here."""
RfcReason = Literal[
    "keyCompromise",
    "cACompromise",
    "affiliationChanged",
    "cessationOfOperation",
    "privilegeWithdrawn",
    "aACompromise",
]
_WORDS: dict[str, RevocationReason] = {
    "keyCompromise": "key_compromise",
    "cACompromise": "ca_compromise",
    "affiliationChanged": "affiliation_changed",
    "cessationOfOperation": "cessation_of_operation",
    "privilegeWithdrawn": "privilege_withdrawn",
    "aACompromise": "aa_compromise",
}
AuthorityUse = Literal["station", "csms", "v2g", "mo", "oem", "manufacturer"]
Pem = Annotated[str, Meta(min_length=1, max_length=100_000)]


class CertificateNew(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a station's certificate is made from: its own signing request, or a key that is made here. Or one that it
    has already."""

    csr: Pem | None = None
    """PKCS#10 in PEM."""
    generate_key: bool = False
    certificate: Pem | None = None
    """One that somebody else has issued for it, to be known here: the station's first, then the CAs above it."""


class Certificate(Struct, frozen=True, kw_only=True):
    """A certificate of a station. `serial_number` is lower-case hex without leading zeros."""

    id: str
    station_id: Identity
    use: CertificateUse
    serial_number: str
    sha256: str
    subject: str
    issuer: str
    not_before: datetime
    not_after: datetime
    state: CertificateState
    reason: str | None
    created_at: datetime
    seen_at: datetime | None
    """When a station last came in with it."""
    revoked_at: datetime | None
    revocation_reason: RevocationReason | None
    renewal: Renewal | None = None
    """How its renewal stands; None: its end is far, or it is not in use."""
    passed_on: PassedOn | None = None
    """Whether the external CA that issued it was told of its revocation; None: there is nothing to tell."""
    chain: list[ChainLink] | UnsetType = UNSET
    """Of a single one: from itself up to the root, as far as they are known."""
    station: Station | UnsetType | None = UNSET
    """With `expand=station`; null: it is archived."""


class ChainLink(Struct, frozen=True, kw_only=True):
    """One certificate of a chain; each is issued by the next."""

    subject: str
    issuer: str
    sha256: str
    not_after: datetime


class PassedOn(Struct, frozen=True, kw_only=True):
    """How telling an external CA stands: `waiting` (it is down, or has its pace), `done`, `refused` with its words, or
    `unsupported` by its protocol (EST)."""

    state: Literal["waiting", "done", "refused", "unsupported"]
    reason: str | None


class Renewal(Struct, frozen=True, kw_only=True):
    """How the renewal of a certificate stands, in a word and in a sentence."""

    state: RenewalState
    reason: str


class RenewalCount(Struct, frozen=True, kw_only=True):
    """How many certificates in use stand at one state of their renewal, for one reason."""

    state: RenewalState
    reason: str
    certificates: int


class ExpiryBucket(Struct, frozen=True, kw_only=True):
    """How many certificates in use end in a week at a site; what was not counted by is null."""

    week: date | None
    """Its Monday."""
    site_id: str | None
    """Null: stations without a site."""
    certificates: int
    in_trouble: int
    """Of them those whose renewal stands still: failed, manual or expired."""


class Revoked(Struct, frozen=True, kw_only=True):
    """How many certificates were just revoked."""

    certificates: int


class CertificateHashData(Struct, frozen=True, kw_only=True):
    """How OCPP names an installed certificate."""

    hash_algorithm: Literal["SHA256", "SHA384", "SHA512"]
    issuer_name_hash: str
    issuer_key_hash: str
    serial_number: str


class CertificateMatch(Struct, frozen=True, kw_only=True):
    """An authority that is known here."""

    name: str
    subject: str
    sha256: str


class InstalledCertificate(Struct, frozen=True, kw_only=True):
    """A certificate in a station, as it said; `children` are those below a V2G certificate chain's first."""

    certificate_type: str
    hash_data: CertificateHashData
    children: list[CertificateHashData]
    match: CertificateMatch | None
    updated_at: datetime


class CertificateMade(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A certificate that was just issued; `private_key` only where it was made here, and only this once."""

    id: str
    serial_number: str
    certificate: str
    """PEM: the station's, then the authorities above it without the root."""
    not_after: datetime
    private_key: str | None = None
    """PKCS#8 in PEM."""


class Revocation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`reason` as RFC 5280 writes it, or in snake_case, as it is shown everywhere."""

    reason: RevocationReason | RfcReason = "unspecified"

    @property
    def word(self) -> RevocationReason:
        """The reason in snake_case."""
        return _WORDS.get(self.reason, self.reason)  # type: ignore[arg-type]


class AuthorityNew(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An authority to trust."""

    name: Text255
    certificate: Pem
    uses: Annotated[list[AuthorityUse], Meta(min_length=1)]


class ServerCertificate(Struct, frozen=True, kw_only=True):
    """A certificate that our TLS ports show."""

    subject: str
    issuer: str
    serial_number: str
    sha256: str
    not_before: datetime
    not_after: datetime


class AcmeStanding(Struct, frozen=True, kw_only=True):
    """How it stands with the ACME CA (`acme.directory`; empty: none) of our server certificates."""

    directory: str
    names: list[str]
    certificates: list[ServerCertificate]
    """The newest that came; empty: none yet, and stations are shown a pair by the embedded CA."""
    failures: int
    """In a row, since the last that came."""
    trouble: str | None
    """Why the last order failed."""
    next_at: datetime | None
    """The CA is asked no sooner."""


class PoolNews(Struct, frozen=True, kw_only=True):
    """How many authorities are trusted since, or no more."""

    added: int
    removed: int


class Authority(Struct, frozen=True, kw_only=True):
    """A trusted authority. The embedded one has the id `embedded`: its root is what stations must trust."""

    id: str
    name: str
    subject: str
    certificate: str
    sha256: str
    key_sha256: str
    uses: list[AuthorityUse]
    not_after: datetime
    created_at: datetime | None
