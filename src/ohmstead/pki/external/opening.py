"""Which CA the settings choose."""

from __future__ import annotations

from collections.abc import Callable

from ohmstead.issuer_settings import IssuerSettings
from ohmstead.pki.external.cfssl import Cfssl
from ohmstead.pki.external.est import Est
from ohmstead.pki.external.line import Line, UnusableIssuer
from ohmstead.pki.external.pace import Paced
from ohmstead.pki.external.step_ca import StepCa
from ohmstead.pki.external.vault import Vault
from ohmstead.pki.issuer import Closes, Issuer, Issuers
from ohmstead.settings import Settings

_KINDS: dict[str, Callable[[IssuerSettings, Line], Issuer]] = {
    "est": Est,
    "cfssl": Cfssl,
    "step_ca": StepCa,
    "vault": Vault,
}


def open_issuers(settings: Settings, embedded: Issuer | None, embedded_v2g: Issuer | None = None) -> Issuers:
    """By the use of a certificate; what nobody signs is left out. Raises UnusableIssuer."""
    opened = {
        "charging_station": _open("issuer", settings.issuer, embedded),
        "v2g": _open("v2g_issuer", settings.v2g_issuer, embedded_v2g),
    }
    return {use: issuer for use, issuer in opened.items() if issuer is not None}


async def close_issuers(issuers: Issuers) -> None:
    for issuer in issuers.values():
        if isinstance(issuer, Closes):
            await issuer.close()


def _open(section: str, settings: IssuerSettings, embedded: Issuer | None) -> Issuer | None:
    if settings.kind == "none":
        return None
    if settings.kind == "embedded":
        return embedded
    try:
        return Paced(_KINDS[settings.kind](settings, Line(settings)), settings.per_minute)
    except UnusableIssuer as error:
        raise UnusableIssuer(f"[{section}] {error}") from None
