from __future__ import annotations

import pytest

from ohmstead.api.exchange import Answer, Exchange
from ohmstead.api.resources import ROUTES
from ohmstead.api.routes import Routes
from ohmstead.shapes.access import SCOPES
from ohmstead.shapes.health import Health


def test_a_handlers_signature_is_its_contract():
    routes = Routes("Things")

    @routes.post("/things/{id}", scope="admin", status=201, gives=Health)
    async def make(exchange: Exchange, id: str, body: Health) -> Answer: ...

    @routes.delete("/things/{id}", scope="admin")
    async def remove(exchange: Exchange, id: str) -> None: ...

    made, removed = routes.found
    assert (made.method, made.parameters, made.body, made.gives, made.status) == ("POST", ["id"], Health, Health, 201)
    assert (removed.status, removed.gives, removed.body) == (204, None, None)


def test_a_parameter_from_nowhere_is_refused():
    with pytest.raises(TypeError, match="colour"):

        @Routes("Things").get("/things", scope=None)
        async def show(exchange: Exchange, colour: str) -> None: ...


def test_every_scope_is_one_that_a_key_can_have():
    assert {route.scope for route in ROUTES if route.scope} <= set(SCOPES)


def test_no_two_routes_are_the_same():
    places = [(route.method, route.path) for route in ROUTES]
    assert len(places) == len(set(places))
