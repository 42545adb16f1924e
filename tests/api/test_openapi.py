from __future__ import annotations

import json
from pathlib import Path

import pytest

from ohmstead import blocks
from ohmstead.api.examples import EXAMPLES, PATHS
from ohmstead.api.openapi import document
from ohmstead.api.resources import ROUTES
from ohmstead.blocks.command import COMMANDS

blocks.discover()
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def api():
    return json.loads(json.dumps(document(ROUTES)))


def test_the_committed_document_is_what_the_routes_say(api):
    committed = json.loads((ROOT / "docs/reference/openapi.json").read_text())
    assert committed == api, "run `make docs`"


def test_every_route_is_in_it(api):
    for route in ROUTES:
        operation = api["paths"][f"/api/v1{route.path}"][route.method.lower()]
        assert operation["summary"], f"{route.method} {route.path} has no docstring"
        assert {"4XX", "5XX", str(route.status)} <= operation["responses"].keys()
        assert (operation.get("security") == []) is (route.scope is None)
    identifiers = [one["operationId"] for methods in api["paths"].values() for one in methods.values()]
    assert len(identifiers) == len(set(identifiers))


def test_every_reference_leads_somewhere(api):
    def references(part):
        if isinstance(part, dict):
            yield from ([part["$ref"]] if "$ref" in part else [])
            for value in part.values():
                yield from references(value)
        elif isinstance(part, list):
            for value in part:
                yield from references(value)

    for reference in set(references(api)):
        found = api
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]


def test_commands_are_told_apart_by_their_type(api):
    body = api["paths"]["/api/v1/stations/{id}/commands"]["post"]["requestBody"]["content"]["application/json"]
    typed, raw = body["schema"]["anyOf"]
    assert typed["discriminator"]["propertyName"] == "type"
    assert set(typed["discriminator"]["mapping"]) == set(COMMANDS)
    assert raw == {"$ref": "#/components/schemas/RawCommand"}


def test_query_parameters_are_parameters(api):
    parameters = api["paths"]["/api/v1/transactions"]["get"]["parameters"]
    assert {"limit", "cursor", "from", "to", "incomplete"} <= {one["name"] for one in parameters}
    assert not any("null" in json.dumps(one["schema"]) for one in parameters)
    assert "TransactionQuery" not in api["components"]["schemas"]


@pytest.mark.anyio
async def test_the_examples_do_what_they_show(client, api):
    operations = {one["operationId"]: (path, method, one) for path, methods in api["paths"].items()
                  for method, one in methods.items()}  # fmt: skip
    for name, example in EXAMPLES.items():
        path, method, operation = operations[name]
        assert operation["requestBody"]["content"]["application/json"]["example"] == example
        filled = path.format_map(PATHS | ({"id": PATHS[name]} if name in PATHS else {}))
        answer = await client.request(method, f"http://ohmstead.test{filled}", json=example)
        assert str(answer.status_code) in operation["responses"], (name, answer.text)
