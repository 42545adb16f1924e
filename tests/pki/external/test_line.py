"""Settings that make no line; what answers mean is in test_est.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from ohmstead.issuer_settings import IssuerSettings
from ohmstead.pki.external.line import Line, UnusableIssuer


@pytest.mark.parametrize("key", ["url", "trusted_file", "client_certificate", "chain_file"])
def test_what_cannot_be_used(key: str, tmp_path: Path) -> None:
    (tmp_path / "nonsense").write_text("nonsense")
    values = {"url": "http://x", key: "" if key == "url" else str(tmp_path / "nonsense")}
    with pytest.raises(UnusableIssuer, match=key):
        Line(IssuerSettings(kind="est", **values))  # type: ignore[arg-type]
