"""The paths of the API, one module per resource."""

from __future__ import annotations

from ohmstead.api.resources import health, keys
from ohmstead.api.routes import Route

ROUTES: tuple[Route, ...] = tuple(route for module in (health, keys) for route in module.routes.found)
