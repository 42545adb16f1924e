"""Who may charge, who may call the API and use the console, and what they did."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, Text, UniqueConstraint

from ohmstead.store.tables.meta import Big, identifier, metadata, tenant

tokens = Table(
    "tokens",
    metadata,
    identifier(),
    tenant(),
    Column("token", Text, nullable=False),
    Column("token_key", Text, nullable=False),  # folded case: an identifierString is compared without it
    Column("type", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("group_token", Text),
    Column("expires_at", Big),
    Column("holder", Text),
    Column("tariff_id", Text),
    Column("limits", Text),
    Column("credit_micro", Big),  # prepaid, in millionths of the currency
    Column("concurrent", Integer),
    Column("cache_s", Integer),
    Column("site_ids", Text),
    Column("evses", Text),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("created_at", Big, nullable=False),
    UniqueConstraint("tenant_id", "token_key", "type"),
)

keys = Table(
    "keys",
    metadata,
    Column("id", Text, primary_key=True),
    tenant(),
    Column("name", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("site_ids", Text),
    Column("created_at", Big, nullable=False),
    Column("expires_at", Big),
    Column("revoked_at", Big),
    UniqueConstraint("tenant_id", "hash"),
)

users = Table(
    "users",
    metadata,
    Column("id", Text, primary_key=True),
    tenant(),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False),  # folded case: people do not remember how they wrote it
    Column("password_hash", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("site_ids", Text),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("created_at", Big, nullable=False),
    Column("issuer", Text),  # of the OpenID Connect provider that speaks for them, and who they are there
    Column("subject", Text),
    UniqueConstraint("tenant_id", "name_key"),
    Index(None, "issuer", "subject", "tenant_id", unique=True),
)

# One row for each browser that is signed in, as a user or with an API key, and for each link that still may do so.
sign_ins = Table(
    "sign_ins",
    metadata,
    Column("hash", Text, primary_key=True),  # of the cookie or of the link
    tenant(),
    Column("kind", Text, nullable=False),  # session or link
    Column("user_id", Text),
    Column("key_hash", Text),
    Column("created_at", Big, nullable=False),
    Column("expires_at", Big, nullable=False),
    Index(None, "expires_at"),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("tenant_id", Integer, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("status", Integer),
    Column("headers", Text),
    Column("body", Text),
    Column("at", Big, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    identifier(),
    tenant(),
    Column("at", Big, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", Text),
    Index(None, "tenant_id", "at"),
)
