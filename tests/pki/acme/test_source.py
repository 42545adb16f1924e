from __future__ import annotations

import pytest

from ohmstead import runtime
from ohmstead.pki.acme.keeping import Kept, Standing
from ohmstead.pki.acme.source import FromAcme
from ohmstead.pki.local_ca import LocalCa
from ohmstead.pki.server_certificates import Issued, ServerCertificates
from ohmstead.runtime import FakeClock
from ohmstead.store import acme, secrets
from ohmstead.store.db import Db, encode
from tests.pki.making import ca, station

pytestmark = pytest.mark.anyio
KEY, CA = b"k" * 32, ca("Public CA")


async def keep(db: Db, *, key: bytes = KEY, pem: str | None = None) -> str:
    """Something new; its serial number."""
    made = station(CA, "csms.example")
    pairs = (made.key_pem + made.pem if pem is None else pem,)
    text = secrets.seal(key, encode(Kept("https://ca/dir", ("csms.example",), pairs)))
    await acme.put(db, acme.CERTIFICATES, text, runtime.now())
    return f"{made.x509.serial_number:x}"


async def test_what_came_is_used_until_more_comes(
    memory: Db, local_ca: LocalCa, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = FakeClock(runtime.now())
    monkeypatch.setattr(runtime, "clock", clock)
    source = FromAcme(memory, KEY, Issued(local_ca, "Ohmstead", ""))
    ours = ServerCertificates(source)
    assert len(ours.certificates()) == 2  # of the embedded CA
    clock.advance(11 * 3600)
    assert await ours.renew_if_due()  # they must not end while the first one is awaited
    first = await keep(memory)
    assert await ours.renew_if_due()
    assert [one.serial_number for one in ours.certificates()] == [first]
    clock.advance(11 * 3600)
    assert not await ours.renew_if_due()
    await keep(memory, key=b"x" * 32)
    await acme.put(memory, acme.STANDING, encode(Standing(failures=3)), runtime.now())
    assert not await ours.renew_if_due()  # sealed by somebody else
    assert ours.failures == 3
    clock.advance(1)
    await keep(memory, pem="half of a ")
    assert not await ours.renew_if_due()
    clock.advance(1)
    second = await keep(memory)
    assert await ours.renew_if_due()
    assert [one.serial_number for one in ours.certificates()] == [second]
