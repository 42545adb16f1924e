"""Our own OCSP answers, as our own client reads them (`openssl` judges in tests/api/resources/test_revocation.py)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from ohmstead import runtime
from ohmstead.pki import csr
from ohmstead.pki.certificate import from_pem
from ohmstead.pki.inquiry import Inquiry
from ohmstead.pki.local_ca import LocalCa
from ohmstead.pki.responder import LARGEST, Lists, respond
from ohmstead.pki.revocation import malformed
from ohmstead.pki.status import hash_data
from ohmstead.settings import Pki
from ohmstead.store.db import Db

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]


async def test_what_the_books_do_not_have_is_unknown_and_nobody_is_called(db: Db, local_ca: LocalCa) -> None:
    request = csr.generate(common_name="SN1", organization="Ohmstead")[1]
    issued = await local_ca.issue(csr.order(request, common_name="SN1", organization="Ohmstead"))
    hashed = hash_data(from_pem(issued.chain)[0], local_ca.issuing)
    inquiry = Inquiry(Pki(), db, [local_ca])
    told = await inquiry.ocsp(hashed, "http://169.254.169.254/", [])
    assert (told.status.state, told.status.verified) == ("unknown", True)
    await inquiry.close()


async def test_what_is_no_question_about_ours(db: Db, local_ca: LocalCa) -> None:
    for wrong in (b"garbage", b"0" * (LARGEST + 1)):
        assert await respond(db, local_ca, wrong) == malformed()


async def test_a_crl_is_not_made_for_everybody_who_asks(db: Db, local_ca: LocalCa, monkeypatch: Any) -> None:
    clock = runtime.FakeClock()
    monkeypatch.setattr(runtime, "clock", clock)
    lists = Lists()
    told = await asyncio.gather(*(lists.crl(db, local_ca) for _ in range(5)))
    assert len(set(told)) == 1
    clock.advance(61)
    assert await lists.crl(db, local_ca) not in told
