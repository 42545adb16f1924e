"""An Ohmstead in which there is something of everything that the API shows, for tests that walk the whole API."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import websockets

from ohmstead.charging_settings import Payment
from tests.acceptance.serving import Csms, event

SETTINGS = {"payment": Payment(provider="local")}
"""Further sections of the settings, for all to be there."""
Known = dict[str, dict[str, str]]
"""Path of the OpenAPI document -> what may stand for its parameters."""

FIXED = {
    "month": "2025-03", "kind": "not-found", "file": "docs.css", "vendor": "V", "model": "M",
    "name": "connection.heartbeat_interval", "evse": "1", "station": "CS1",
}  # fmt: skip
"""What stands for parameters that no list names."""


SOON = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
_HOUR = {"from": "2030-01-01T17:00:00Z", "to": "2030-01-01T18:00:00Z"}
_BEAT = {"configuration": [{"name": "connection.heartbeat_interval", "value": 300}]}
_THINGS: list[tuple[str, str, Any]] = [
    ("POST", "tokens", {"token": "04A1B2", "type": "ISO14443", "status": "accepted", "group": "field"}),
    ("POST", "tokens", {"token": "NLABCC000000018", "type": "eMAID", "status": "accepted"}),
    ("POST", "holders", {"id": "h1", "name": "Mrs. Field", "group": "field"}),
    (
        "POST", "tariffs",
        {"id": "t1", "name": "T", "currency": "EUR", "elements": [{"per": "kwh", "price": "0.35"}], "default": True},
    ),
    ("POST", "vehicles", {"name": "Van", "tokens": ["04A1B2"], "battery_wh": 60_000}),
    ("POST", "charging-needs", {"station_id": "CS1", "energy_wh": 10_000, "ready_by": SOON}),
    ("POST", "contracts", {"emaid": "NLABCC000000018", "pcid": "ABCDEFGHIJKLMNOPQ"}),
    ("POST", "campaigns", {"type": "base_report", "select": {"q": "CS2"}, "params": {}}),
    ("PUT", "desired/base", {"applies_to": {}, "desired": _BEAT}),
    ("PUT", "stations/CS1/desired", _BEAT),
    ("POST", "webhooks", {"url": "https://platform.invalid/in", "types": ["*"]}),
    ("POST", "forwardings", {"name": "landlord", "url": "wss://csms.invalid/ocpp", "password": "their secret"}),
    ("POST", "keys", {"name": "billing", "scopes": ["transactions:read"]}),
    ("POST", "users", {"name": "Ada", "password": "a long passphrase", "role": "operator"}),
    ("POST", "stations/CS2/certificates", {"generate_key": True}),
    ("POST", "stations/CS2/commands", {"type": "reset", "when": "idle", "if_offline": "queue"}),
    (
        "POST", "stations/CS2/exclusions",
        {"begin": "2025-03-01T00:00:00Z", "end": "2025-03-02T00:00:00Z", "cause": "maintenance"},
    ),
    (
        "POST", "reservations",
        {"station_id": "CS1", "evse_id": 1, "token": "04A1B2", "expires_at": "2030-01-01T00:00:00Z"},
    ),
]  # fmt: skip


def operations(document: Any) -> Iterator[tuple[str, str, Any]]:
    """(method, path, operation) of the whole document."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


async def furnish(csms: Csms) -> list[str]:
    """Make something of everything; what was refused comes back, for whoever wonders why a list is empty."""
    refused: list[str] = []

    async def make(method: str, path: str, body: Any = None, **more: Any) -> Any:
        answer = await csms.api.request(method, path, json=body, **more)
        if answer.status_code >= 300:
            refused.append(f"{method} {path}: {answer.status_code} {answer.text}")
            return {}
        return answer.json() if answer.content else {}

    site = (await make("POST", "sites", {"name": "Depot", "limit_w": 100_000}))["id"]
    await csms.add_station("CS1", site_id=site)
    await csms.add_station("CS2", site_id=site, serial_number="SN2")
    for line in _THINGS:
        await make(*line)
    for method, path, body in (
        (
            "POST",
            f"sites/{site}/circuits",
            {"name": "row", "limit_a": 63, "evses": [{"station_id": "CS1", "evse_id": 1}]},
        ),
        ("POST", f"sites/{site}/limits", {"limit_w": 80_000, "from": "2030-01-01T17:00:00Z"}),
        ("PUT", f"sites/{site}/load", {"load_w": 6_000}),
        ("POST", "site-groups", {"name": "Depots", "site_ids": [site]}),
        ("PUT", f"sites/{site}/series/pv", {"slots": [{**_HOUR, "power_w": 1_000}]}),
        ("POST", "demand-response/events", {"site_ids": [site], **_HOUR, "limit_w": 1}),
    ):
        await make(method, path, body)
    await make(
        "POST",
        "files",
        headers={"content-type": "application/octet-stream"},
        content=b"firmware",
        params={"name": "fw.bin"},
    )
    await _charge(csms)
    return refused


async def _charge(csms: Csms) -> None:
    """A transaction that ended and one that goes on, a payment, a security event, a refused handshake."""
    with contextlib.suppress(websockets.InvalidStatus):
        async with csms.station("CS2", password="not the password"):
            pass
    async with csms.station("CS1", "2.1") as station:
        payment = {"station_id": "CS1", "evse_id": 1, "reference": "r1", "amount": "9.00", "currency": "EUR"}
        await csms.post("payments", payment)
        status = {"timestamp": "2025-03-01T10:00:00Z", "evseId": 1, "connectorId": 1, "connectorStatus": "Faulted"}
        await station.call("StatusNotification", status)
        for transaction in ("tx-1", "tx-2"):
            await station.call("TransactionEvent", event("Started", 0, token="04A1B2", evse=1, transaction=transaction))
            await station.call("TransactionEvent", event("Updated", 1, 60, wh=100, evse=1, transaction=transaction))
        await station.call("TransactionEvent", event("Ended", 2, 120, wh=200, transaction="tx-1"))
        told = {"timestamp": "2025-03-01T10:00:00Z", "type": "InvalidChargingStationCertificate"}
        await station.call("SecurityEventNotification", told)
        await station.raw('[2, "odd", "Heartbeat", {"more": null}]')


async def known(api: httpx.AsyncClient, document: Any) -> Known:
    """For each path with parameters: values that name something, as the lists of the API give them."""
    found: Known = {}
    by_parent: dict[str, str | None] = {}
    for path in sorted(document["paths"], key=lambda one: one.count("/")):
        values: dict[str, str] = {}
        for name in re.findall(r"{(\w+)}", path):
            parent = path.partition("{" + name + "}")[0].rstrip("/")
            if parent not in by_parent:
                is_list = "get" in document["paths"].get(parent, {})
                by_parent[parent] = await _first(api, parent.format_map(values), name) if is_list else None
            values[name] = by_parent[parent] or FIXED.get(name) or "1"
        found[path] = values
    return found


async def _first(api: httpx.AsyncClient, parent: str, name: str) -> str | None:
    answer = await api.get(httpx.URL(str(api.base_url)).join(parent))
    if answer.status_code != 200 or answer.headers["content-type"] != "application/json":
        return None
    rows = answer.json().get("data")
    if not rows or not isinstance(rows, list):
        return None
    return next((str(rows[0][key]) for key in ("id", name) if rows[0].get(key) is not None), None)
