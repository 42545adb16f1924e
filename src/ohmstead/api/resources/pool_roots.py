"""Roots that a contract pool (OPCP) vouches for: fetched when asked, and when the pool tells of news."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from typing import Any, Literal

import msgspec
from msgspec import Struct

from ohmstead import runtime
from ohmstead.api.exchange import Answer, Exchange
from ohmstead.api.problems import Refused, invalid, not_found
from ohmstead.api.resources.certificates import authority_news
from ohmstead.api.routes import Routes
from ohmstead.pki.certificate import UNREADABLE, describe, to_pem
from ohmstead.pki.trust import Trust, Unfit
from ohmstead.plugcharge.opcp import USES, NoRoots, Pool, PoolRoot
from ohmstead.shapes.certificate import PoolNews
from ohmstead.store.db import Tx
from ohmstead.store.resources import audit, certificates

routes = Routes("Certificates")
SIGNATURES = ("x-hubject-signature", "x-operator-signature", "payload-signature")
"""Headers in which the pool puts the HMAC of the body, by its own documents."""
MOST = 1000
"""Authorities of a tenant that are compared with the pool's; an ecosystem has some dozens of roots."""


class _Root(Struct, frozen=True, kw_only=True, rename="camel"):
    root_certificate_id: str
    fingerprint: str = msgspec.field(default="", name="fingerprintSHA256")


class _News(Struct, frozen=True, kw_only=True, rename="camel"):
    """What the pool tells; other events than these are none of ours."""

    event_type: Literal["root.cert.added", "root.cert.expired", "root.cert.revoked"]
    payload: _Root


@routes.post("/certificate-authorities/sync", scope="certificates:write", gives=PoolNews, everywhere=True)
async def sync_roots(exchange: Exchange) -> Answer:
    """Trust every root that the pool (`plugcharge.provider = "opcp"`) lists and that is not trusted yet, for contracts,
    vehicle makers or V2G, as the pool says. None is removed."""
    unknown = await _unknown(exchange, await _of_pool(exchange, None))
    numbers = [await exchange.context.ids.take() for _ in unknown]
    async with exchange.transaction() as tx:
        await _trust(exchange, tx, unknown, numbers)
        await exchange.audit(tx, "authority.sync", "pool", {"added": [one.name for one in unknown]})
        return exchange.made(PoolNews(added=len(unknown), removed=0), status=200)


@routes.post("/plug-and-charge/pool-events", scope=None, gives=PoolNews, accepts="application/json")
async def take_pool_event(exchange: Exchange, body: bytes) -> Answer:
    """The pool's webhook: a root was added, has expired or was revoked. The body's HMAC-SHA256 must be by
    `plugcharge.opcp_webhook_secret`; a root that was added is fetched from the pool itself."""
    secret = exchange.context.settings.plugcharge.opcp_webhook_secret
    if not secret:
        raise not_found("webhook", "pool-events")
    if not _signed(exchange, secret, body):
        raise Refused("unauthorized", "The signature of the body is missing or wrong.")
    try:
        news = msgspec.json.decode(body, type=_News)
    except msgspec.MsgspecError as error:
        raise invalid("", str(error)) from None
    if news.event_type == "root.cert.added":
        return await _added(exchange, news.payload.root_certificate_id)
    return await _ended(exchange, news)


async def _added(exchange: Exchange, id: str) -> Answer:
    unknown = await _unknown(exchange, await _of_pool(exchange, id))
    numbers = [await exchange.context.ids.take() for _ in range(len(unknown) + 1)]
    async with exchange.db.transaction() as tx:
        await _trust(exchange, tx, unknown, numbers[1:])
        await _audit(exchange, tx, numbers[0], "authority.add", id)
    return exchange.made(PoolNews(added=len(unknown), removed=0), status=200)


async def _ended(exchange: Exchange, news: _News) -> Answer:
    """Trusted no more. An authority that an operator also trusts for stations stays: the pool decides over vehicles,
    and could lock out a fleet."""
    same = [one for one in await _known(exchange) if one["sha256"] == news.payload.fingerprint.lower()]
    gone = [one for one in same if set(msgspec.json.decode(one["uses"])) <= set(USES.values())]
    number, now = await exchange.context.ids.take(), runtime.now()
    async with exchange.db.transaction() as tx:
        for one in gone:
            await certificates.remove_authority(tx, exchange.tenant_id, one["id"], now)
            tx.emit(authority_news(exchange, "removed", one["name"], one["sha256"], now))
        if gone:
            await _audit(exchange, tx, number, "authority.remove", gone[0]["name"])
    return exchange.made(PoolNews(added=0, removed=len(gone)), status=200)


async def _audit(exchange: Exchange, tx: Tx, number: int, action: str, subject: str) -> None:
    await audit.add(tx, exchange.tenant_id, number, runtime.now(), "pool", action, subject, {"by": "webhook"})


def _signed(exchange: Exchange, secret: str, body: bytes) -> bool:
    wanted = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    said = (exchange.headers.get(name, "").removeprefix("sha256=").lower() for name in SIGNATURES)
    return any(hmac.compare_digest(one.encode(), wanted.encode()) for one in said)


async def _of_pool(exchange: Exchange, id: str | None) -> list[PoolRoot]:
    """Raises Refused."""
    settings = exchange.context.settings.plugcharge
    if settings.provider != "opcp":
        raise Refused("conflict", 'No pool is set up here (plugcharge.provider = "opcp").')
    pool = Pool(settings)
    try:
        return await pool.roots(id)
    except NoRoots as error:
        raise Refused("unavailable", str(error)) from None
    finally:
        await pool.close()


async def _known(exchange: Exchange) -> Sequence[Any]:
    return (await certificates.authorities(exchange.db, exchange.tenant_id, limit=MOST, cursor=None)).rows


async def _unknown(exchange: Exchange, roots: Sequence[PoolRoot]) -> list[PoolRoot]:
    """Those of the roots that are fit, still valid and not trusted yet."""
    known, now = {one["sha256"] for one in await _known(exchange)}, runtime.now()
    found = {}
    for root in roots:
        try:
            Trust([root.certificate])
            one = describe(root.certificate)
        except (Unfit, *UNREADABLE) as error:
            runtime.log.warning("root of the pool is not fit", name=root.name, error=str(error))
            continue
        if one.sha256 not in known and one.not_after > now:
            found[one.sha256] = root
    return list(found.values())


async def _trust(exchange: Exchange, tx: Tx, roots: Sequence[PoolRoot], numbers: Sequence[int]) -> None:
    now = runtime.now()
    for root, number in zip(roots, numbers, strict=True):
        one, pem = describe(root.certificate), to_pem([root.certificate])
        await certificates.add_authority(
            tx, exchange.tenant_id, number, one, name=root.name, pem=pem, uses=[root.use], now=now
        )
        tx.emit(authority_news(exchange, "added", root.name, one.sha256, now))
