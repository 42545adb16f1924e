"""The real cfssl, where it is installed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pki.external import servers


@pytest.fixture(scope="module")
def cfssl_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where its database is: certs.db."""
    return tmp_path_factory.mktemp("cfssl")


@pytest.fixture(scope="module")
def cfssl_url(cfssl_folder: Path) -> Iterator[str]:
    """Its URL. A machine without it skips, CI fails."""
    if not servers.has_cfssl():
        missing = pytest.fail if os.environ.get("CI") else pytest.skip
        missing("cfssl is not installed (Debian: golang-cfssl)")
    with servers.cfssl(cfssl_folder) as url:
        yield url
