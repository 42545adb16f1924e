from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from ohmstead.simulator.keys import Keys, Own, context

CHAIN = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"


def test_what_was_given_last_comes_first(tmp_path: Path) -> None:
    cert, key = tmp_path / "born.pem", tmp_path / "born.key"
    cert.write_text(CHAIN)
    key.write_text("born\n")
    keys = Keys(cert=cert, key=key, folder=tmp_path / "kept")
    assert keys.own("CS1") == Own("born\n", CHAIN)
    keys.keep("CS1", Own("given\n", CHAIN))
    assert keys.own("CS1") == Own("given\n", CHAIN)
    assert (tmp_path / "kept" / "CS1.pem").stat().st_mode & 0o777 == 0o600
    assert keys.own("CS2") == Own("born\n", CHAIN)


def test_nothing_at_all() -> None:
    Keys().keep("CS1", Own("", CHAIN))
    assert Keys().own("CS1") is None
    with pytest.raises(ssl.SSLError):
        context([], Own("no key", CHAIN))
