"""Certificates of stations, and the authorities that are trusted beside the embedded one."""

from __future__ import annotations

from sqlalchemy import Column, Index, PrimaryKeyConstraint, Table, Text, UniqueConstraint, text

from ohmstead.store.tables.meta import Big, identifier, metadata, tenant

# One row for each certificate that we issued, or that a station came in with. It is told by the key of its CA and its
# serial number: the bits around a signature can be changed without breaking it, so a fingerprint names no certificate.
certificates = Table(
    "certificates",
    metadata,
    identifier(),
    tenant(),
    Column("station_id", Big, nullable=False),
    Column("use", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("issuer", Text, nullable=False),
    Column("authority_key", Text, nullable=False),
    Column("serial_number", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("not_before", Big, nullable=False),
    Column("not_after", Big, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("chain", Text),  # PEM, the station's first: its key also checks what it signed
    Column("csr_sha256", Text),
    Column("issued_by", Text),
    Column("created_at", Big, nullable=False),
    Column("seen_at", Big),
    Column("revoked_at", Big),
    Column("revocation_reason", Text),
    Column("spoke_at", Big),  # when its station first said something through it: from then on the former are refused
    Column("retired_at", Big),
    Column("secc", Text, nullable=False, server_default=text("''")),  # whom it is for: `subject` of its signing request
    UniqueConstraint("tenant_id", "authority_key", "serial_number"),
    Index(None, "serial_number"),
    Index(None, "station_id"),
    Index(None, "tenant_id", "not_after"),
)

_WAITING = text("state = 'waiting'")
_FOR_A_SECC = text("subject <> ''")

# What stations ask to be signed, one row for each request of which a certificate is to come. `certificate_type` and
# `request_id` go back to the station as they came. `due_at`: when it is tried (again); meanwhile nobody else does.
# `subject`: empty, or the SECC (V2GCertificate:DE*ABC*E1) that it is for.
signing_requests = Table(
    "signing_requests",
    metadata,
    identifier(),
    tenant(),
    Column("station_id", Big, nullable=False),
    Column("use", Text, nullable=False),
    Column("certificate_type", Text),
    Column("request_id", Big),
    Column("csr", Text, nullable=False),
    Column("csr_sha256", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Big, nullable=False),
    Column("due_at", Big, nullable=False),
    Column("reason", Text),
    Column("certificate_id", Big),
    Column("created_at", Big, nullable=False),
    Column("updated_at", Big, nullable=False),
    Column("subject", Text, nullable=False, server_default=text("''")),
    Index(None, "station_id", "id"),
    Index("ix_signing_requests_subject", "tenant_id", "subject", sqlite_where=_FOR_A_SECC,
          postgresql_where=_FOR_A_SECC),
    Index("ix_signing_requests_waiting", "due_at", sqlite_where=_WAITING, postgresql_where=_WAITING),
)  # fmt: skip

# How the renewal of a certificate stands: one row for each that came near its end. `warned`: the days before the end of
# which people were told last.
renewals = Table(
    "renewals",
    metadata,
    Column("certificate_id", Big, primary_key=True, autoincrement=False),
    tenant(),
    Column("station_id", Big, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("attempts", Big, nullable=False),
    Column("asked_at", Big),
    Column("due_at", Big, nullable=False),
    Column("warned", Big),
    Column("updated_at", Big, nullable=False),
)

# Revoked certificates of external CAs, one row for each that its CA is (or was) to be told. `due_at`: when it is tried
# (again), or was last.
external_revocations = Table(
    "external_revocations",
    metadata,
    Column("certificate_id", Big, primary_key=True, autoincrement=False),
    tenant(),
    Column("issued_by", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Big, nullable=False),
    Column("due_at", Big, nullable=False),
    Column("reason", Text),
    Index("ix_external_revocations_waiting", "due_at", sqlite_where=_WAITING, postgresql_where=_WAITING),
)

# What a station says is installed in it. `chain`: the hash data of those below a V2G certificate chain's first (JSON).
installed_certificates = Table(
    "installed_certificates",
    metadata,
    tenant(),
    Column("station_id", Big, nullable=False),
    Column("certificate_type", Text, nullable=False),
    Column("hash_algorithm", Text, nullable=False),
    Column("issuer_name_hash", Text, nullable=False),
    Column("issuer_key_hash", Text, nullable=False),
    Column("serial_number", Text, nullable=False),
    Column("chain", Text, nullable=False),
    Column("updated_at", Big, nullable=False),
    PrimaryKeyConstraint(
        "station_id", "certificate_type", "hash_algorithm", "issuer_name_hash", "issuer_key_hash", "serial_number"
    ),
)

# Signed messages that are handled once, with our answer: those that carry no date, by which the rules would know a
# repeat, and whose signature is never the same twice (ES256).
signed_once = Table(
    "signed_once",
    metadata,
    tenant(),
    Column("station_id", Big, nullable=False),
    Column("digest", Text, nullable=False),
    Column("message_id", Text, nullable=False),
    Column("at", Big, nullable=False),
    Column("answer", Text, nullable=False),
    PrimaryKeyConstraint("tenant_id", "station_id", "digest"),
    Index(None, "at"),
)

certificate_authorities = Table(
    "certificate_authorities",
    metadata,
    identifier(),
    tenant(),
    Column("name", Text, nullable=False),
    Column("certificate", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("key_sha256", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("uses", Text, nullable=False),
    Column("not_after", Big, nullable=False),
    Column("created_at", Big, nullable=False),
    Column("removed_at", Big),
    Index(None, "tenant_id", "id"),
)
