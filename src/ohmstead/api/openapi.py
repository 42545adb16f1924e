"""The OpenAPI 3.1 document, written from the routes: what a handler takes and gives is what it says.

`python -m ohmstead.api.openapi > docs/reference/openapi.json` writes the committed copy, with which a test compares.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec

import ohmstead
from ohmstead.api.examples import EXAMPLES
from ohmstead.api.problems import KINDS, MEDIA_TYPE
from ohmstead.api.routes import Route
from ohmstead.shapes.problem import Problem

REFERENCE = "#/components/schemas/{name}"
Json = dict[str, Any]
EVERYWHERE = "Refused (403) to whoever is limited to sites: it belongs to all of them."


@cache
def document(routes: tuple[Route, ...]) -> Json:
    """The whole document; the command types are those of the blocks that are loaded by now."""
    types = [Problem, *(one for route in routes for one in _types(route))]
    kinds = list({id(one): one for one in types}.values())
    schemas, components = msgspec.json.schema_components(kinds, ref_template=REFERENCE)
    schema_of = {id(kind): schema for kind, schema in zip(kinds, schemas, strict=True)}
    paths: dict[str, Json] = {}
    for route in routes:
        operation = _operation(route, schema_of, components)
        paths.setdefault(f"/api/v1{route.path}", {})[route.method.lower()] = operation
    queries = {id(route.query) for route in routes if route.query is not None}
    for kind in kinds:
        if id(kind) in queries:
            components.pop(kind.__name__, None)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Ohmstead", "version": ohmstead.__version__, "description": __doc__.partition(":")[0] + "."},
        "servers": [{"url": "/"}],
        "security": [{"key": []}],
        "tags": [{"name": tag} for tag in dict.fromkeys(route.tag for route in routes)],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "an API key"}},
            "responses": {
                "Problem": {
                    "description": "What, where, why, what next (RFC 9457)",
                    "content": {MEDIA_TYPE: {"schema": schema_of[id(Problem)]}},
                }
            },
        },
        "x-problems": [{"kind": kind, "status": status, "title": title} for kind, (status, title) in KINDS.items()],
    }


_PLAIN: dict[Any, Json] = {str: {"type": "string"}, bytes: {"type": "string", "format": "binary"}}


def _types(route: Route) -> list[Any]:
    candidates = [*_given(route), route.query, route.body, *_bodies(route)]
    return [one for one in candidates if one not in (None, str, bytes)]


def _given(route: Route) -> tuple[Any, ...]:
    """The types of an answer, of which it is one."""
    return route.gives if isinstance(route.gives, tuple) else (route.gives,)


def _bodies(route: Route) -> tuple[Any, ...]:
    """The types of a body that is more than one struct."""
    return route.takes() if route.takes is not None else ()


def _operation(route: Route, schema_of: Mapping[int, Json], components: Mapping[str, Json]) -> Json:
    text = inspect.getdoc(route.handler) or ""
    summary, _, rest = text.partition("\n")
    operation: Json = {
        "operationId": route.handler.__name__,
        "tags": [route.tag],
        "summary": summary.strip(),
        "parameters": _parameters(route, components),
        "responses": _responses(route, schema_of),
    }
    if rest.strip():
        operation["description"] = rest.strip()
    if route.everywhere:
        operation["description"] = f"{rest.strip()}\n\n{EVERYWHERE}".strip()
    if route.scope is None:
        operation["security"] = []
    else:
        operation["x-scope"] = route.scope
    if route.streamed:
        operation["requestBody"] = {"required": True, "content": {route.accepts: {"schema": _PLAIN[bytes]}}}
    if route.body is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {route.accepts: {"schema": _body_schema(route, schema_of)}},
        }
    if (example := EXAMPLES.get(route.handler.__name__)) is not None:
        operation["requestBody"]["content"][route.accepts]["example"] = example
    return operation


def _body_schema(route: Route, schema_of: Mapping[int, Json]) -> Json:
    several = _bodies(route)
    if several:
        typed = [schema_of[id(one)] for one in several if one.__struct_config__.tag]
        others = [schema_of[id(one)] for one in several if not one.__struct_config__.tag]
        names = {one.__struct_config__.tag: schema_of[id(one)]["$ref"] for one in several if one.__struct_config__.tag}
        return {"anyOf": [{"oneOf": typed, "discriminator": {"propertyName": "type", "mapping": names}}, *others]}
    return {"type": "string"} if route.body is bytes else schema_of[id(route.body)]


def _parameters(route: Route, components: Mapping[str, Json]) -> list[Json]:
    found: list[Json] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in route.parameters
    ]
    if route.query is not None:
        struct = components[route.query.__name__]
        for name, schema in struct["properties"].items():
            required = name in struct.get("required", ())
            found.append({"name": name, "in": "query", "required": required, "schema": _without_null(schema)})
    if route.method == "POST":
        text = "the same key and body get the first answer again, for 24 hours"
        found.append(_header("Idempotency-Key", text, minLength=1, maxLength=255))
    if route.matched:
        found.append(_header("If-Match", "the ETag that was read; 412 when it is another by now"))
    return found


def _without_null(schema: Json) -> Json:
    """A query parameter is there or not; it is never null."""
    schema = dict(schema)
    if "anyOf" in schema:
        others = [one for one in schema.pop("anyOf") if one != {"type": "null"}]
        schema |= others[0] if len(others) == 1 else {"anyOf": others}
    if schema.get("default", 0) is None:
        del schema["default"]
    if "enum" in schema:
        schema["enum"] = [value for value in schema["enum"] if value is not None]
    return schema


def _header(name: str, text: str, **bounds: int) -> Json:
    schema = {"type": "string", **bounds}
    return {"name": name, "in": "header", "required": False, "description": text, "schema": schema}


def _responses(route: Route, schema_of: Mapping[int, Json]) -> Json:
    good: Json = {"description": "Done" if route.gives is None else "The answer"}
    if route.gives is not None:
        kinds = [_PLAIN.get(one) or schema_of[id(one)] for one in _given(route)]
        schema = kinds[0] if len(kinds) == 1 else {"anyOf": kinds}
        good["content"] = {route.media_type: {"schema": schema}} | {
            one: {"schema": _PLAIN[bytes]} for one in route.files
        }
    headers = {name: {"schema": {"type": "string"}} for name in (["ETag"] if route.with_etag else [])}
    if route.status in (201, 202):
        headers["Location"] = {"schema": {"type": "string"}}
    if headers:
        good["headers"] = headers
    problem = {"$ref": "#/components/responses/Problem"}
    return {
        str(route.status): good,
        **{str(status): good for status in route.also},
        "4XX": problem,
        "5XX": problem,
    }


def main() -> None:
    """Print the document of all routes."""
    from ohmstead import blocks
    from ohmstead.api.resources import ROUTES

    blocks.discover()
    print(json.dumps(document(ROUTES), indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
