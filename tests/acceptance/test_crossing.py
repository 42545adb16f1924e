"""Strangers walk the whole API with every id of ours: there is nothing to be had, and nothing of ours has changed.

One has all rights in another tenant, one has all rights in ours, but for another site alone.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from ohmstead.settings import Bench
from tests.acceptance.serving import Csms, serving
from tests.acceptance.world import SETTINGS, SOON, Known, furnish, known, operations

pytestmark = pytest.mark.anyio
OURS = re.compile(
    rb"\bCS[12]\b|BENCH|Depot|\btx-[12]\b|04A1B2|Mrs\. Field|platform\.invalid|billing|\bAda\b|NLABCC|NL-ABC"
    rb"|\bt1\b|Van\b"
)
"""What only our tenant knows, and of which nothing belongs to the other site."""
OF_NOBODY = re.compile(r"/api/v1/(health|docs|openapi|asyncapi|pki|vendors|sign-in|pay)\b")
"""What belongs to no tenant."""
OF_ALL_SITES = re.compile(
    r"\w+ /api/v1/(contracts|desired|holders|metrics|statements|tariffs|tenants|vehicles)\b"
    r"|POST /api/v1/(files$|acme/renew)|(POST|DELETE) /api/v1/certificate-authorities\b"
)
"""What belongs to none of the sites by itself."""
NAMED_BY_THEM = {"put_layer", "delete_layer"}
"""An id that they choose: it makes a thing of their own."""
NOTHING = {"data": [], "next_cursor": None}, {"certificates": 0}
"""Answers that say that there is nothing."""
STREAMS = {"stream_events", "stream_stations"}

EVSE = {"station_id": "CS1", "evse_id": 1}
HOUR = {"from": "2031-01-01T17:00:00Z", "to": "2031-01-01T18:00:00Z"}
PRICES = {"unit": "EUR/kWh", "slots": [{**HOUR, "price": 0.3}]}
TARIFF = {"name": "T", "currency": "EUR", "elements": [{"per": "kwh", "price": "0.01"}]}
BODIES: dict[str, Any] = {
    "change_demand_event": {"opt_out": ["CS1"]},
    "change_device_model": {"values": [{"name": "connection.heartbeat_interval", "value": 1}]},
    "change_tariff": TARIFF,
    "compare_with_template": {"values": [{"name": "connection.heartbeat_interval", "value": 1}]},
    "create_circuit": {"name": "theirs", "limit_a": 1},
    "create_command": {"type": "reset", "when": "idle", "if_offline": "queue"},
    "create_exclusion": {"begin": HOUR["from"], "end": HOUR["to"], "cause": "vandalism"},
    "create_limit": {"limit_w": 1},
    "pay": "amount=1.00",
    "put_charging_profile": {
        "evse_id": 1,
        "profile": {
            "purpose": "TxDefaultProfile",
            "stack_level": 1,
            "kind": "Absolute",
            "schedules": [{"unit": "A", "periods": [{"start_s": 0, "limit": 6}]}],
        },
    },
    "put_layer": {"applies_to": {}, "desired": {}},
    "put_limit": {"limit_w": 1},
    "put_prices": PRICES,
    "put_series": {"slots": [{**HOUR, "power_w": 1}]},
    "answer_migration": {"arrived": True},
    "simulate_tariff": {"transaction_id": "1"},
    "upgrade_station": {"security_profile": 2},
    "turn_faults": {"faults": {}},
    "do_step": {"do": "plug", "evse": 1},
}
"""Bodies that are good, for what would refuse an empty one before it looks whose the thing is."""
QUERIES = {"list_variable_history": {"component": "X", "variable": "X"}, "compare_device_models": {"against": "CS2"}}

SCENARIO = """
title = "A boot"

[[step]]
do = "boot"
"""

REFERENCES: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", "stations", {"id": "THEIRS", "security_profile": 1, "site_id": "{site}"}),
    ("POST", "sites", {"name": "theirs", "parent_id": "{site}"}),
    ("POST", "charging-needs", {"station_id": "CS1", "energy_wh": 1, "ready_by": SOON}),
    ("POST", "reservations", {**EVSE, "token": "X", "expires_at": HOUR["to"]}),
    ("POST", "demand-response/events", {"site_ids": ["{site}"], **HOUR, "limit_w": 1}),
    ("POST", "campaigns", {"type": "base_report", "select": {"site_id": "{site}"}, "params": {}}),
    ("POST", "payments", {**EVSE, "reference": "r", "amount": "1.00", "currency": "EUR"}),
    ("POST", "webhooks", {"url": "https://theirs.invalid/", "types": ["*"], "site_ids": ["{site}"]}),
    ("POST", "forwardings", {"name": "x", "url": "wss://theirs.invalid/", "site_ids": ["{site}"]}),
    ("POST", "keys", {"name": "theirs", "scopes": ["stations:read"], "site_ids": ["{site}"]}),
    ("POST", "users", {"name": "Eve", "password": "a long passphrase", "role": "viewer", "site_ids": ["{site}"]}),
    ("POST", "tokens", {"token": "T", "type": "Central", "status": "accepted", "site_ids": ["{site}"]}),
    ("PATCH", "sites/{theirs}", {"parent_id": "{site}"}),
    ("POST", "test-bench/stations", {"id": "BENCH-3", "site_id": "{site}"}),
    ("POST", "test-bench/runs", {"type": "scenario", "id": "BENCH-3", "site_id": "{site}", "scenario": SCENARIO}),
]
"""Things of their own that would take hold of ours."""


@pytest.fixture(scope="module")
async def csms(tmp_path_factory: pytest.TempPathFactory, anyio_backend: str) -> Any:
    bench = Bench(enabled=True, stations=3)
    async with serving(tmp_path_factory.mktemp("data"), more={**SETTINGS, "test_bench": bench}) as one:
        assert await furnish(one) == []
        site = (await one.get("sites"))["data"][0]["id"]
        await one.post("test-bench/stations", {"id": "BENCH-1", "site_id": site, "pause_s": 3600})
        scenario = {"type": "scenario", "id": "BENCH-2", "site_id": site, "scenario": SCENARIO}
        await one.post("test-bench/runs", scenario)
        yield one


class Stranger:
    """A key with all rights elsewhere, and what is known of ours."""

    def __init__(self, csms: Csms, key: str, document: Any, ours: Known, site: str) -> None:
        self.api, self.document, self.ours, self.site = csms.api, document, ours, site
        self.headers = {"Authorization": f"Bearer {key}"}

    async def ask(self, method: str, path: str, operation: Any = None, **more: Any) -> httpx.Response:
        url = self.api.base_url.join(path)
        if operation and (body := operation.get("requestBody")):
            kind = next(iter(body["content"]))
            good = BODIES.get(operation["operationId"], {})
            more["content"] = good if isinstance(good, str) else json.dumps(good)
            return await self.api.request(method, url, headers={**self.headers, "content-type": kind}, **more)
        return await self.api.request(method, url, headers=self.headers, **more)

    def attacks(self) -> Iterator[tuple[str, str, Any]]:
        """Operations on things of ours; what only looks comes first, what deletes last."""
        order = ("GET", "POST", "PUT", "PATCH", "DELETE")
        found = [one for one in operations(self.document) if not OF_NOBODY.match(one[1])]
        yield from sorted(found, key=lambda one: order.index(one[0]))


@pytest.fixture(scope="module", params=["tenant", "site"])
async def stranger(csms: Csms, request: pytest.FixtureRequest) -> Stranger:
    document = await csms.get("openapi.json")
    ours = await known(csms.api, document)
    if request.param == "tenant":
        made = await csms.post("tenants", {"name": "north"})
        north = await csms.api.post(
            "sites", json={"name": "theirs"}, headers={"Authorization": f"Bearer {made['key']}"}
        )
        return Stranger(csms, made["key"], document, ours, north.json()["id"])
    key, site = await limited(csms)
    return Stranger(csms, key, document, ours, site)


async def limited(csms: Csms) -> tuple[str, str]:
    """A key with all rights in a new site of ours, and that site."""
    site = (await csms.post("sites", {"name": "Elsewhere"}))["id"]
    return (await csms.post("keys", {"name": "elsewhere", "scopes": ["admin"], "site_ids": [site]}))["key"], site


async def test_every_id_of_ours_is_unknown_to_them(csms: Csms, stranger: Stranger) -> None:
    before = await _books(csms)
    asked, wrong = 0, []
    for method, path, operation in stranger.attacks():
        if "{" not in path or operation["operationId"] in STREAMS | NAMED_BY_THEM:
            continue
        asked += 1
        query = QUERIES.get(operation["operationId"], {})
        answer = await stranger.ask(method, path.format_map(stranger.ours[path]), operation, params=query)
        if answer.status_code not in (403, 404) and not (answer.status_code == 200 and answer.json() in NOTHING):
            wrong.append(f"{method} {path}: {answer.status_code} {answer.text[:200]}")
    assert not wrong, "\n".join(wrong)
    assert asked > 120
    assert await _books(csms) == before


async def test_what_belongs_to_all_sites_is_refused_to_who_is_limited_to_some(csms: Csms) -> None:
    key, _ = await limited(csms)
    headers, statuses = {"Authorization": f"Bearer {key}"}, {}
    for method, path, operation in operations(await csms.get("openapi.json")):
        if OF_ALL_SITES.match(f"{method} {path}"):
            asked = csms.api.base_url.join(re.sub(r"{\w+}", "1", path))
            statuses[operation["operationId"]] = (await csms.api.request(method, asked, headers=headers)).status_code
    assert len(statuses) == 34
    assert set(statuses.values()) == {403}, statuses


async def test_no_list_and_no_filter_shows_them_anything(csms: Csms, stranger: Stranger) -> None:
    wrong = []
    names = {
        "station_id": "CS1",
        "site_id": "1",
        "token": "04A1B2",
        "transaction_id": "tx-1",
        "q": "CS",
        "group": "field",
    }
    for method, path, operation in stranger.attacks():
        if method != "GET" or "{" in path or operation["operationId"] in STREAMS:
            continue
        taken = {one["name"] for one in operation["parameters"]} & names.keys()
        for query in ({}, *({name: names[name]} for name in sorted(taken))):
            answer = await stranger.ask(method, path, params=query)
            told = answer.content if answer.status_code == 200 else b""  # a refusal repeats what was asked for
            if answer.status_code >= 500 or OURS.search(told):
                wrong.append(f"{path} {query}: {answer.status_code} {answer.text[:200]}")
    assert not wrong, "\n".join(wrong)


async def test_nothing_of_theirs_takes_hold_of_ours(csms: Csms, stranger: Stranger) -> None:
    before = await _books(csms)
    site = stranger.ours["/api/v1/sites/{id}"]["id"]
    wrong = []
    for method, path, body in REFERENCES:
        text = json.dumps(body).replace("{site}", site)
        answer = await stranger.ask(method, path.format(theirs=stranger.site), json=json.loads(text))
        if answer.status_code not in (403, 404, 409, 422):
            wrong.append(f"{method} {path} {text}: {answer.status_code} {answer.text[:200]}")
    assert not wrong, "\n".join(wrong)
    assert await _books(csms) == before


async def test_their_stream_of_events_is_theirs(csms: Csms, stranger: Stranger) -> None:
    headers = {**stranger.headers, "Last-Event-ID": "0"}
    await csms.patch("stations/CS1", {"strictness": "strict"})
    assert (
        await stranger.ask("POST", "webhooks", json={"url": "https://mark.invalid", "types": ["*"]})
    ).status_code == 201
    async with csms.api.stream("GET", "events/stream", headers=headers) as stream, asyncio.timeout(10):
        async for line in stream.aiter_lines():
            assert not OURS.search(line.encode())
            if line.startswith("id:"):
                break


async def _books(csms: Csms) -> Any:
    """Every change of ours is audited, and told in the feed; not what stations do by themselves, and when they left."""
    audit = [one["id"] for one in await csms.all("audit")]
    told = Counter((one["type"], one["subject"]) for one in await csms.feed())
    late = ("ohmstead.station.disconnected", "ohmstead.transaction.sealed")
    return audit, {
        one: many for one, many in told.items() if not str(one[1]).startswith("BENCH") and one[0] not in late
    }
