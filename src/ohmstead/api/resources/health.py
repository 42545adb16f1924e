"""Whether this process lives and can work, and its metrics."""

from __future__ import annotations

import msgspec

import ohmstead
from ohmstead.api.exchange import Answer, Exchange
from ohmstead.api.routes import Routes
from ohmstead.shapes.health import Health

routes = Routes("Health")


@routes.get("/health/live", scope=None)
async def health_live(exchange: Exchange) -> Health:
    """This process runs and answers."""
    return Health(status="ok", version=ohmstead.__version__, reasons=[])


@routes.get("/health/ready", scope=None, gives=Health, also=(503,))
async def health_ready(exchange: Exchange) -> Answer:
    """This process can do its work; 503 with the reasons while it cannot."""
    reasons = await exchange.context.not_ready()
    health = Health(status="not_ready" if reasons else "ok", version=ohmstead.__version__, reasons=reasons)
    return Answer(msgspec.json.encode(health), 503 if reasons else 200)


@routes.get("/metrics", scope="metrics:read", gives=str, media_type="text/plain", everywhere=True)
async def metrics(exchange: Exchange) -> Answer:
    """Metrics in the text format of Prometheus, of all tenants together: for the first one alone."""
    exchange.caller.must_be_first()
    from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest

    return Answer(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST.partition("; charset")[0])
