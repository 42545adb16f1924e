"""Which CA signs, by the settings."""

from __future__ import annotations

from typing import Any

import pytest

from ohmstead.issuer_settings import IssuerSettings
from ohmstead.pki.external.line import UnusableIssuer
from ohmstead.pki.external.opening import close_issuers, open_issuers
from ohmstead.settings import Settings


@pytest.mark.anyio
async def test_what_the_settings_choose() -> None:
    embedded: Any = type("Embedded", (), {"name": "embedded"})()

    def opened(**issuer: Any) -> dict[str, str]:
        found = open_issuers(Settings(issuer=IssuerSettings(**issuer)), embedded)
        return {use: one.name for use, one in found.items()}

    assert opened() == {"charging_station": "embedded"}
    assert opened(kind="none") == {}
    for kind in ("est", "cfssl", "vault"):
        assert opened(kind=kind, url="http://x") == {"charging_station": kind}
    with pytest.raises(UnusableIssuer, match=r"\[issuer\] kind is est, but url is empty"):
        opened(kind="est")
    await close_issuers(open_issuers(Settings(issuer=IssuerSettings(kind="est", url="http://x")), None))
    assert open_issuers(Settings(), None) == {}
