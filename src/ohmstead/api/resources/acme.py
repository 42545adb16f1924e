"""Our own server certificates by ACME: how they stand, and new ones now."""

from __future__ import annotations

from ohmstead import runtime
from ohmstead.api.exchange import Exchange
from ohmstead.api.problems import Refused
from ohmstead.api.routes import Routes
from ohmstead.domain.certificates import Certificate
from ohmstead.pki.acme.keeping import kept, standing, want
from ohmstead.shapes.certificate import AcmeStanding, ServerCertificate

routes = Routes("Certificates")


@routes.get("/acme", scope="certificates:read")
async def show_acme(exchange: Exchange) -> AcmeStanding:
    """How it stands with the ACME CA of the server certificates, of all tenants together: for the first one alone."""
    exchange.caller.must_be_first()
    return await _standing(exchange)


async def _standing(exchange: Exchange) -> AcmeStanding:
    context, settings = exchange.context, exchange.context.settings
    have, how = await kept(context.db, context.server_key), await standing(context.db)
    return AcmeStanding(
        directory=settings.acme.directory,
        names=list(settings.acme_names),
        certificates=[_shown(one) for one in (have.certificates() if have else ())],
        failures=how.failures,
        trouble=how.trouble or None,
        next_at=runtime.to_datetime(how.next_at) if how.next_at else None,
    )


@routes.post("/acme/renew", scope="certificates:write", status=202, everywhere=True)
async def renew_server_certificates(exchange: Exchange) -> AcmeStanding:
    """Order new server certificates now, also while the pause after a failure lasts."""
    exchange.caller.must_be_first()
    if not exchange.context.settings.acme.directory:
        raise Refused("conflict", "Server certificates do not come by ACME here (acme.directory).")
    async with exchange.transaction() as tx:
        await want(tx, runtime.now())
        await exchange.audit(tx, "acme.renew", "server certificates")
    return await _standing(exchange)


def _shown(one: Certificate) -> ServerCertificate:
    return ServerCertificate(
        subject=one.subject, issuer=one.issuer, serial_number=one.serial_number, sha256=one.sha256,
        not_before=runtime.to_datetime(one.not_before), not_after=runtime.to_datetime(one.not_after),
    )  # fmt: skip
