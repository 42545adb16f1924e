"""The paths of the API, one module per resource."""

from __future__ import annotations

from ohmstead.api.resources import (
    alerts,
    certificates,
    commands,
    credentials,
    device_changes,
    device_models,
    docs,
    events,
    health,
    keys,
    messages,
    monitors,
    reconciliations,
    sites,
    stations,
    stations_import,
    streams,
    tariffs,
    timeline,
    tokens,
    transactions,
    vendors,
    version_changes,
    webhooks,
)
from ohmstead.api.routes import Route

_MODULES = (
    health,
    stations,
    stations_import,
    version_changes,
    certificates,
    commands,
    credentials,
    device_models,
    device_changes,
    tokens,
    transactions,
    reconciliations,
    tariffs,
    sites,
    messages,
    vendors,
    alerts,
    monitors,
    streams,
    timeline,
    events,
    webhooks,
    keys,
    docs,
)
ROUTES: tuple[Route, ...] = tuple(route for module in _MODULES for route in module.routes.found)
