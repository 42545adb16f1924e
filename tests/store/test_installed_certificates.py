"""What stations say is installed in them."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from ohmstead.domain.installed import HashData
from ohmstead.store import installed_certificates
from ohmstead.store.db import Db
from ohmstead.store.installed_certificates import Installed

pytestmark = pytest.mark.anyio
DATA = HashData(hash_algorithm="SHA384", issuer_name_hash="aa", issuer_key_hash="bb", serial_number="01")


async def test_told_added_and_gone(db: Db, store: Any) -> None:
    await store.add_stations(db, 1)
    root, chain = Installed("CSMSRootCertificate", DATA, (), 5), Installed("V2GCertificateChain", DATA, (DATA,), 5)
    await db.store([], installed_certificates.told(1, 1, ["CSMSRootCertificate", "V2GCertificateChain"], [root, chain]))
    assert await installed_certificates.of_station(db, 1) == [root, chain]
    more = Installed("CSMSRootCertificate", replace(DATA, serial_number="02"), (), 6)
    await db.store([], [installed_certificates.added(1, 1, more)])
    await db.store([], [installed_certificates.gone(1, DATA)])
    assert await installed_certificates.of_station(db, 1) == [more]
    await db.store([], installed_certificates.told(1, 1, ["CSMSRootCertificate"], []))
    assert await installed_certificates.of_station(db, 1) == []
