"""All tables. Migrations, statement text and the tests of both databases are made from them.

Small rows, because rows are what durability costs: integer keys handed out in blocks (`store/ids.py`), times as integer
microseconds, no booleans, no JSON types (text), each frame stored once. Every table carries `tenant_id`, and so does
every unique index. Hot tables have no foreign keys: the one writer per station keeps them right.
"""

from __future__ import annotations

from ohmstead.store.tables.access import audit, idempotency, keys, sign_ins, tokens, users
from ohmstead.store.tables.acme import acme
from ohmstead.store.tables.alerts import alerts
from ohmstead.store.tables.campaigns import campaign_stations, campaigns
from ohmstead.store.tables.certificates import (
    certificate_authorities,
    certificates,
    external_revocations,
    installed_certificates,
    renewals,
    signed_once,
    signing_requests,
)
from ohmstead.store.tables.charging import charging_profiles, der_controls, external_limits, profile_reports
from ohmstead.store.tables.contracts import contract_certificates, contracts
from ohmstead.store.tables.demand_events import demand_events
from ohmstead.store.tables.desired import desired_layers, station_drift
from ohmstead.store.tables.device_model import (
    custom_components,
    device_history,
    device_models,
    device_report_parts,
    device_reports,
    device_values,
    terms,
    word_values,
)
from ohmstead.store.tables.energy import (
    circuits,
    evse_accounts,
    leases,
    site_groups,
    site_limits,
    site_loads,
    site_samples,
    site_series,
)
from ohmstead.store.tables.files import files
from ohmstead.store.tables.fleet import (
    connectors,
    findings,
    nodes,
    refusals,
    security_events,
    sessions,
    sites,
    stations,
)
from ohmstead.store.tables.forwardings import forwarded_transactions, forwarding_links, forwardings
from ohmstead.store.tables.holders import holders
from ohmstead.store.tables.ledger import commands, commits, feed, ledger, messages, outbox, transactions
from ohmstead.store.tables.local_lists import local_lists
from ohmstead.store.tables.meta import counters, metadata, tenants
from ohmstead.store.tables.monitors import monitor_reports, monitoring, monitors
from ohmstead.store.tables.openadr import openadr_events
from ohmstead.store.tables.payments import payments, web_payments
from ohmstead.store.tables.planning import charging_needs, site_plans, site_prices, vehicles
from ohmstead.store.tables.procedures import battery_swaps, display_messages, procedures
from ohmstead.store.tables.publications import publications
from ohmstead.store.tables.reconciliation import reconciliations, records
from ohmstead.store.tables.reservations import reservation_bills, reservations
from ohmstead.store.tables.rollups import energy_hours
from ohmstead.store.tables.streams import event_streams, stream_values
from ohmstead.store.tables.tariffs import bills, charges, station_tariffs, tariffs
from ohmstead.store.tables.uptime import availability, exclusions
from ohmstead.store.tables.version_changes import version_changes
from ohmstead.store.tables.webhooks import deliveries, webhooks

__all__ = [
    "acme",
    "alerts",
    "audit",
    "availability",
    "battery_swaps",
    "bills",
    "campaign_stations",
    "campaigns",
    "certificate_authorities",
    "certificates",
    "charges",
    "charging_needs",
    "charging_profiles",
    "circuits",
    "commands",
    "commits",
    "connectors",
    "contract_certificates",
    "contracts",
    "counters",
    "custom_components",
    "deliveries",
    "demand_events",
    "der_controls",
    "desired_layers",
    "device_history",
    "device_models",
    "device_report_parts",
    "device_reports",
    "device_values",
    "display_messages",
    "energy_hours",
    "event_streams",
    "evse_accounts",
    "exclusions",
    "external_limits",
    "external_revocations",
    "feed",
    "files",
    "findings",
    "forwarded_transactions",
    "forwarding_links",
    "forwardings",
    "holders",
    "idempotency",
    "installed_certificates",
    "keys",
    "leases",
    "ledger",
    "local_lists",
    "messages",
    "metadata",
    "monitor_reports",
    "monitoring",
    "monitors",
    "nodes",
    "openadr_events",
    "outbox",
    "payments",
    "procedures",
    "profile_reports",
    "publications",
    "reconciliations",
    "records",
    "refusals",
    "renewals",
    "reservation_bills",
    "reservations",
    "security_events",
    "sessions",
    "sign_ins",
    "signed_once",
    "signing_requests",
    "site_groups",
    "site_limits",
    "site_loads",
    "site_plans",
    "site_prices",
    "site_samples",
    "site_series",
    "sites",
    "station_drift",
    "station_tariffs",
    "stations",
    "stream_values",
    "tariffs",
    "tenants",
    "terms",
    "tokens",
    "transactions",
    "users",
    "vehicles",
    "version_changes",
    "web_payments",
    "webhooks",
    "word_values",
]
