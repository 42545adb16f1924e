"""An embedded CA in a temporary folder."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from ohmstead.pki.local_ca import LocalCa, open_ca

SERVER_KEY = bytes(range(32))


@pytest.fixture
def local_ca(tmp_path: Path) -> LocalCa:
    return open_ca(tmp_path / "pki", SERVER_KEY, "Ohmstead", ["localhost", "csms.example.com"])


@pytest.fixture
def openssl() -> str:
    """The command line tool: the independent witness. A machine without it skips, CI fails."""
    path = shutil.which("openssl")
    if path is None:
        missing = pytest.fail if os.environ.get("CI") else pytest.skip
        missing("the openssl command is not installed")
    return str(path)
