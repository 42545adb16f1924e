"""Which ports there are."""

from __future__ import annotations

import ssl
from types import SimpleNamespace
from typing import Any

import pytest

from ohmstead.gateway.doors import binds, listener
from ohmstead.settings import Gateway

pytestmark = pytest.mark.anyio


def test_an_empty_address_closes_a_port() -> None:
    assert binds(Gateway(bind="", tls_bind="")) == {}
    assert binds(Gateway()) == {"plain": "127.0.0.1:9000", "tls": "127.0.0.1:9443"}
    assert binds(Gateway(bind="", tls_bind="", tls_basic_bind=":9444")) == {"tls_basic": ":9444"}


async def test_each_port_has_its_context() -> None:
    admission: Any = SimpleNamespace(decide=None, refused=None)
    asking, not_asking, later, old = (ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) for _ in range(4))
    told: list[Any] = []

    def ask(changed: Any) -> ssl.SSLContext:
        told.append(changed)
        return asking

    trusted: Any = SimpleNamespace(asking=ask, not_asking=lambda legacy: old if legacy else not_asking)
    plain, tls, basic = (listener(name, admission, 4096, trusted).hall for name in ("plain", "tls", "tls_basic"))
    assert (plain.ssl_context, tls.ssl_context, basic.ssl_context) == (None, asking, not_asking)
    told[0](later)
    assert (tls.ssl_context, basic.ssl_context) == (later, not_asking)
