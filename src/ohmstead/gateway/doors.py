"""The ports for stations: plain, TLS, TLS that never asks for a client certificate, and old TLS for 1.6. One admission
for all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ohmstead.gateway.listener import Listener

if TYPE_CHECKING:
    import ssl

    from ohmstead.gateway.admission import Admission
    from ohmstead.gateway.trusted import Trusted
    from ohmstead.settings import Gateway

PLAIN, TLS, TLS_BASIC, TLS_LEGACY = "plain", "tls", "tls_basic", "tls_legacy"
WITH_TLS = frozenset({TLS, TLS_BASIC, TLS_LEGACY})


def binds(gateway: Gateway) -> dict[str, str]:
    """The ports that are open, and where."""
    given = {
        PLAIN: gateway.bind,
        TLS: gateway.tls_bind,
        TLS_BASIC: gateway.tls_basic_bind,
        TLS_LEGACY: gateway.tls_legacy_bind,
    }
    return {name: bind for name, bind in given.items() if bind}


def listener(name: str, admission: Admission, max_message: int, trusted: Trusted | None) -> Listener:
    """The listener of a port; those with TLS need `trusted`, which also changes their contexts later."""
    made = Listener(admission.decide, name=name, max_message=max_message, on_refused=admission.refused)
    if name == PLAIN:
        return made
    assert trusted is not None

    def changed(context: ssl.SSLContext) -> None:
        made.hall.ssl_context = context

    made.hall.ssl_context = trusted.asking(changed) if name == TLS else trusted.not_asking(legacy=name == TLS_LEGACY)
    return made
