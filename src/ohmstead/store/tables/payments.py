"""Ad hoc payments, and what the QR codes of stations are checked by."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, Text, UniqueConstraint, text

from ohmstead.store.tables.meta import Big, metadata, tenant

_OPEN = text("state = 'authorized' OR state = 'charging' OR state = 'pending'")

# One row for each payment; `reference` is what the payment service calls it, and the DirectPayment token (C24.FR.01).
payments = Table(
    "payments",
    metadata,
    Column("id", Text, primary_key=True),
    tenant(),
    Column("station_id", Big, nullable=False),
    Column("evse_id", Big),
    Column("provider", Text, nullable=False),  # terminal: the station's own
    Column("reference", Text, nullable=False),
    Column("reference_key", Text, nullable=False),
    Column("state", Text, nullable=False),  # pending, authorized, charging, settled, cancelled, failed
    Column("amount", Text),  # what was reserved
    Column("currency", Text),
    Column("transaction", Big),
    Column("settled_amount", Text),
    Column("settled_at", Big),
    Column("vat_number", Text),
    Column("receipt_url", Text),
    Column("reason", Text),
    Column("created_at", Big, nullable=False),
    Column("updated_at", Big, nullable=False),
    UniqueConstraint("tenant_id", "station_id", "reference_key"),
    Index("ix_payments_open", "updated_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
)

# One row for each station that shows QR codes; the secret is sealed under the server key. What is `next_` was sent to
# the station and counts beside the present one until the first of its passwords comes.
web_payments = Table(
    "web_payments",
    metadata,
    Column("station_id", Big, primary_key=True, autoincrement=False),
    tenant(),
    Column("secret", Text, nullable=False),
    Column("validity_s", Integer, nullable=False),
    Column("length", Integer, nullable=False),
    Column("updated_at", Big, nullable=False),
    Column("next_secret", Text),
    Column("next_validity_s", Integer),
    Column("next_length", Integer),
)
