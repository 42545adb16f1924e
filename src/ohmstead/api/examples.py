"""Examples of bodies, shown in OpenAPI by operation. A test sends each of them, in this order, to an empty Ohmstead."""

from __future__ import annotations

from typing import Any

EXAMPLES: dict[str, dict[str, Any]] = {
    "create_site": {"name": "Depot North", "time_zone": "Europe/Amsterdam", "limit_w": 100_000},
    "create_station": {"id": "CS1", "security_profile": "basic", "site_id": "1"},
    "create_token": {"token": "04A1B2C3D4", "type": "ISO14443", "holder": "Van 7"},
    "create_circuit": {
        "name": "row A",
        "limit_a": 63,
        "evses": [{"station_id": "CS1", "evse_id": 1, "priority": 2}],
    },
    "put_limit": {"limit_w": 50_000, "ramp_s": 60, "name": "grid event 4711"},
    "create_limit": {"limit_w": 80_000, "from": "2030-01-01T17:00:00Z", "to": "2030-01-01T19:00:00Z"},
    "put_load": {"load_w": 6_000},
    "plan": {"everyone_charges": True},
    "create_tariff": {
        "id": "standard",
        "name": "Standard",
        "currency": "EUR",
        "tax_percent": "21",
        "elements": [{"per": "kwh", "price": "0.35"}, {"per": "session", "price": "0.50"}],
    },
    "create_command": {"type": "reset", "when": "idle", "if_offline": "queue"},
    "create_webhook": {"url": "https://platform.example/ohmstead", "types": ["ohmstead.transaction.*"]},
    "create_forwarding": {
        "name": "Landlord",
        "url": "wss://csms.example/ocpp",
        "station_ids": ["CS1"],
        "password": "secret of CS1 there",
        "commands": ["RemoteStartTransaction", "RequestStartTransaction"],
    },
    "create_key": {"name": "billing", "scopes": ["transactions:read"], "expires_at": "2099-01-01T00:00:00Z"},
    "create_user": {"name": "Ada", "password": "a long passphrase", "role": "operator"},
    "change_station": {"registration": "accepted", "strictness": "strict"},
    "change_token": {"status": "blocked"},
    "change_site": {"limit_w": 120_000},
}
"""Operation -> body."""
PATHS = {"id": "1", "token": "04A1B2C3D4", "create_command": "CS1", "change_station": "CS1"}
"""What stands in the paths of the examples: by operation, else by parameter."""
